"""Whether a design behaves the same before and after an edit: proven by Yosys for ever, for some cycles, or not at all.

First register by register (correspondence.py), which says nothing but yes or "not proven". Where that does not succeed,
the changed modules are unrolled from power-up: by induction, else for a bounded number of cycles. Whatever cannot be
read, compared or finished in time is "not proven". What is compared is the hardware that Yosys makes of the text: to it
delays and sensitivity lists mean nothing.
"""

from __future__ import annotations

import asyncio
import enum
import json
import re
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from typing import Any

from signoff.verifiers import tools
from signoff.verifiers.hdl import equivalence_places as places
from signoff.verifiers.hdl import equivalence_script as scripts
from signoff.verifiers.hdl import yosys_script
from signoff.verifiers.hdl.correspondence import Open, correspond
from signoff.verifiers.hdl.netlist import EFFECTS, Unsupported, circuit
from signoff.verifiers.hdl.overlay import lay_out
from signoff.verifiers.hdl.yosys import MODULE, Yosys, complaint
from signoff.verifiers.hdl.yosys_names import PLAIN, Names
from signoff.verifiers.hunks import hunks
from signoff.verifiers.project import Project
from signoff.verifiers.run import ToolMissing, scratch_folder
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.workers import EngineError, WorkerCrashed, WorkerTimeout

# A process of its own: the synthesis check on save must not wait for a proof.
KEY = "yosys equivalence"
# Seconds for one run of Yosys, and clock cycles of the bounded proof (each takes two steps of its clock).
SECONDS = 60.0
CYCLES = 8
# Bytes; a netlist larger than this is not taken apart here.
LARGEST = 64 * 1024 * 1024
CHECKS = re.compile(r"assert|assume|cover|restrict|expect|property|initial", re.IGNORECASE)
FAILURES = (EngineError, WorkerCrashed, WorkerTimeout, TimeoutError, OSError, ToolMissing, yosys_script.UnusableName)


class Verdict(enum.StrEnum):
    """What came of a proof. Only DIFFERENT says that the two are not the same."""

    EQUIVALENT = "equivalent"
    BOUNDED = "equivalent for a number of cycles"
    UNPROVEN = "not proven"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Equivalence:
    """The result: `why` it was not proven, for a person; `scope` is of which parameters a proof speaks ("" where there
    are none), `cycles` how far a BOUNDED one goes; the `modules` that were changed, Yosys' version, wall time (s)."""

    verdict: Verdict
    why: str = ""
    scope: str = ""
    cycles: int = 0
    modules: tuple[str, ...] = ()
    version: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Way:
    """How a design is read: the front end, and the modules to begin with (none: all)."""

    front_end: str
    tops: tuple[str, ...]


@dataclass(slots=True)
class _Side:
    """The design on one side of the edit: its sources, as Yosys sees them, in a folder of its own."""

    snapshot: Snapshot
    names: Names


@dataclass(slots=True)
class _Proof:
    yosys: Yosys
    project: Project
    gold: _Side
    gate: _Side
    work: Names
    deadline: float
    cycles: int

    @property
    def seconds(self) -> float:
        """What is left of its time; at least what Yosys takes to start. Raises TimeoutError where nothing is."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return max(left, 1.0)

    async def run(self, script: str, names: Names) -> str:
        """Raises Unsupported where Yosys ends in an error, and FAILURES."""
        settings = self.project.settings
        done = await self.yosys.execute(script, names, settings, key=KEY, timeout=self.seconds)
        log = done.stderr.decode("utf-8", "replace")
        if done.status != 0:
            raise Unsupported(complaint(log))
        return log


async def equivalent(
    before: Snapshot, after: Snapshot, project: Project, yosys: Yosys, *, seconds: float = SECONDS, cycles: int = CYCLES
) -> Equivalence:
    """Compare the design with `before` in it to the one with `after`, for at most so many seconds of Yosys.

    EQUIVALENT speaks of the macros as they are defined, and of the parameters that `scope` names. Raises nothing but
    CancelledError.
    """
    start = time.perf_counter()
    tool = await asyncio.to_thread(tools.yosys, project.settings)
    with ExitStack() as stack:
        folders = [stack.enter_context(scratch_folder("equivalence")) for _ in range(3)]
        native = bool(tool.argv)
        try:
            gold, gate = (
                _Side(one, Names(lay_out(*_placed(one, project), folder, quotable=PLAIN), folder, native=native))
                for one, folder in zip((before, after), folders, strict=False)
            )
            work = Names(gold.names.sources, folders[2], native=native)
            result = await _proven(_Proof(yosys, project, gold, gate, work, time.monotonic() + seconds, cycles))
        except Unsupported as error:
            result = Equivalence(Verdict.UNPROVEN, str(error))
        except (TimeoutError, WorkerTimeout):
            result = Equivalence(Verdict.UNPROVEN, f"Yosys gave no answer in {seconds:g} s")
        except FAILURES as error:
            result = Equivalence(Verdict.UNPROVEN, f"Yosys could not run: {str(error).strip().splitlines()[-1:]}")
    return replace(result, version=tool.version, seconds=time.perf_counter() - start)


def _placed(snapshot: Snapshot, project: Project) -> tuple[Snapshot, Project]:
    others = tuple(one for one in project.buffers if one.path != snapshot.path)
    return snapshot, replace(project, buffers=(*others, snapshot))


async def _proven(proof: _Proof) -> Equivalence:
    before, after = proof.gold.snapshot.text, proof.gate.snapshot.text
    edited = places.modules(before, after)
    way, gold = await _read_first(proof)
    gate = await _netlist(proof, proof.gate, way)
    changed, left, why = await asyncio.to_thread(_left, gold, gate)
    found = list(places.probes(before, after))
    if not changed or len(found) > 1:
        for text in found:
            await _must_matter(proof, way, gate, text)
    scope = places.scope(gold, (*edited, *changed), everything=not way.tops)
    if not why and await _combinational(proof, left):
        return Equivalence(Verdict.EQUIVALENT, scope=scope, modules=tuple(changed))
    why = why or dict.fromkeys(left, "the logic before its registers or outputs differs")
    return await _sequential(proof, way, (gold, gate), changed, why)


async def _must_matter(proof: _Proof, way: Way, gate: dict[str, Any], text: str) -> None:
    """Raises Unsupported where a text makes the same netlist, though other names stand at the edited place."""
    with scratch_folder("equivalence") as folder:
        snapshot = replace(proof.gate.snapshot, text=text)
        sources = lay_out(*_placed(snapshot, proof.project), folder, quotable=PLAIN)
        side = _Side(snapshot, Names(sources, folder, native=proof.gate.names.native))
        try:
            made = await _netlist(proof, side, way)
        except Unsupported:
            return
    if not (await asyncio.to_thread(_left, gate, made))[0]:
        raise Unsupported("macros or parameters switch the edited lines off")


def _ways(proof: _Proof) -> list[Way]:
    tops = tuple(dict.fromkeys(MODULE.findall(proof.gold.snapshot.text)))
    ways = [Way(scripts.VERILOG, ()), Way(scripts.SLANG, tops)]
    found = hunks(proof.gold.snapshot.text, proof.gate.snapshot.text)
    if not any(CHECKS.search(line) for hunk in found for line in (*hunk.old, *hunk.new)):
        ways.append(Way(scripts.SLANG_WITHOUT_CHECKS, tops))
    return ways


async def _read_first(proof: _Proof) -> tuple[Way, dict[str, Any]]:
    """The first way in which the design before the edit can be read."""
    said = ""
    for way in _ways(proof):
        try:
            return way, await _netlist(proof, proof.gold, way)
        except Unsupported as error:
            said = said or str(error)
    raise Unsupported(f"the text before the edit: {said}")


async def _netlist(proof: _Proof, side: _Side, way: Way) -> dict[str, Any]:
    """The modules of a side, by Yosys' names."""
    await proof.run(scripts.read(proof.project, side.names, way.tops, way.front_end), side.names)
    path = side.names.folder / scripts.NETLIST
    if path.stat().st_size > LARGEST:
        raise Unsupported("the design is too large to be compared")
    conflict = scripts.CONFLICT.search((side.names.folder / scripts.CHECK).read_text("utf-8", "replace"))
    if conflict:
        raise Unsupported(conflict[1])
    modules = (await asyncio.to_thread(json.loads, path.read_bytes()))["modules"]
    assert isinstance(modules, dict)
    return modules


def _left(gold: dict[str, Any], gate: dict[str, Any]) -> tuple[list[str], dict[str, Open], dict[str, str]]:
    """The modules that differ in structure, what is left to prove of each, and why some cannot be compared so."""
    changed, left, why = list[str](), dict[str, Open](), dict[str, str]()
    for name, module in gold.items():
        try:
            if name not in gate:
                raise Unsupported("the module is gone")
            open_ = correspond(circuit(module), circuit(gate[name]))
        except Unsupported as error:
            why[name] = str(error)
            changed.append(name)
            continue
        if open_.pairs:
            left[name] = open_
            changed.append(name)
    return changed, left, why


async def _combinational(proof: _Proof, left: dict[str, Open]) -> bool:
    if not left:
        return True
    work = proof.work
    (work.folder / scripts.PAIRS).write_text(await asyncio.to_thread(scripts.pairs, list(left.values())), "utf-8")
    try:
        await proof.run(scripts.combinational(work, left, proof.seconds), work)
    except Unsupported:
        return False
    log = _text(work, scripts.LOG)
    return (work.folder / scripts.PROVEN).exists() and log.count(scripts.SUCCESS) == len(left)


async def _sequential(
    proof: _Proof,
    way: Way,
    netlists: tuple[dict[str, Any], dict[str, Any]],
    changed: Sequence[str],
    why: dict[str, str],
) -> Equivalence:
    """The changed modules from power-up on, each by its outputs: not where there are checks, which have none."""
    reasons = "; ".join(dict.fromkeys(f"{places.plain(name)}: {reason}" for name, reason in why.items()))
    written = set(MODULE.findall(proof.gold.snapshot.text)) & set(MODULE.findall(proof.gate.snapshot.text))
    modules = [module for netlist in netlists for module in places.below(netlist, changed)]
    checks = any(cell["type"] in EFFECTS for module in modules for cell in module["cells"].values())
    if checks or not set(changed) <= written:
        return Equivalence(Verdict.UNPROVEN, reasons, modules=tuple(changed))
    found = []
    for name in changed:
        try:
            found.append(await _unrolled(proof, replace(way, tops=(name,)), name, netlists[0][name]))
        except Unsupported as error:
            found.append(Equivalence(Verdict.UNPROVEN, str(error)))
    worst = max(found, key=lambda one: list(Verdict).index(one.verdict))
    if worst.verdict is Verdict.UNPROVEN:
        return replace(worst, why="; ".join(filter(None, (reasons, worst.why))), modules=tuple(changed))
    cycles = min((one.cycles for one in found if one.cycles), default=0)
    scope = places.scope(netlists[0], changed, everything=False)
    return Equivalence(worst.verdict, worst.why, scope, cycles, tuple(changed))


async def _unrolled(proof: _Proof, way: Way, name: str, module: dict[str, Any]) -> Equivalence:
    work, steps = proof.work, 2 * proof.cycles + 1
    files = []
    for number, side in enumerate((proof.gold, proof.gate)):
        await proof.run(scripts.flatten(proof.project, side.names, name, way.front_end), side.names)
        if conflict := scripts.CONFLICT.search(_text(side.names, scripts.CHECK)):
            raise Unsupported(conflict[1])
        (work.folder / f"{number}.il").write_bytes((side.names.folder / scripts.FLAT).read_bytes())
        files.append(work.report(f"{number}.il"))
    outputs = [port for port, row in module["ports"].items() if row["direction"] == "output"]
    log = await _log(proof, scripts.sequential(work, files[0], files[1], steps, proof.seconds))
    proven = max((int(match[1]) for match in scripts.BASE.finditer(log)), default=0)
    forever = scripts.INDUCTION in log
    if "model found for base case: FAIL!" in log:
        # Later than where they first differ: by then, all outputs may have a value.
        script = scripts.defined(work, files[0], files[1], steps, outputs, differ=True)
        if scripts.FOUND in await _log(proof, script):
            return Equivalence(Verdict.DIFFERENT, f"{name} behaves otherwise within {proof.cycles} cycles")
        return Equivalence(Verdict.UNPROVEN, f"{name} may differ in values that are not defined")
    cycles = proven // 2
    if not cycles and not forever:
        return Equivalence(Verdict.UNPROVEN, f"nothing was shown of {name} in the time that it may take")
    # Where no output ever has a value, it is easily the same.
    script = scripts.defined(work, files[0], files[1], max(proven, 3), outputs, differ=False)
    if scripts.FOUND not in await _log(proof, script):
        return Equivalence(Verdict.UNPROVEN, f"the outputs of {name} have no value in the first {cycles} cycles")
    return Equivalence(Verdict.EQUIVALENT if forever else Verdict.BOUNDED, cycles=0 if forever else cycles)


async def _log(proof: _Proof, script: str) -> str:
    """What a SAT solver said; of one that was ended, as much as it had said by then."""
    (proof.work.folder / scripts.LOG).unlink(missing_ok=True)
    with suppress(TimeoutError, WorkerTimeout):
        await proof.run(script, proof.work)
    return _text(proof.work, scripts.LOG)


def _text(names: Names, name: str) -> str:
    try:
        return (names.folder / name).read_text("utf-8", "replace")
    except OSError:
        return ""
