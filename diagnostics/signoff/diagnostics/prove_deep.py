"""What more can be proven of a fix that tools accept: that the hardware behaves as before, that its testbench passes.

Both take seconds, so they follow prove.judge() only for what is about to be offered as preferred, or is asked for.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.verdict import Refusal
from signoff.diagnostics.prove import Level, Proof, spliced
from signoff.verifiers.display import display
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import apply_edits
from signoff.verifiers.verifier import Verifier

if TYPE_CHECKING:
    from signoff.verifiers.hdl.yosys import Yosys

HDL_LANGUAGES = frozenset(("verilog", "systemverilog"))
# Seconds for each of the few runs of Yosys that a proof of equivalence takes.
SECONDS = 60.0


async def strengthen(
    candidate: FixCandidate,
    snapshot: Snapshot,
    project: Project,
    proof: Proof,
    verifiers: Sequence[Verifier],
    *,
    seconds: float = SECONDS,
) -> Proof | Refusal:
    """The proof with what more could be shown, as it was where nothing could; `detail` says what, or why not.

    Level.EQUIVALENT or BOUNDED for an edit that claims to keep behaviour (`keeps`), by the Yosys among `verifiers`;
    Level.TESTED where the project names a testbench in a trusted workspace and the mended design passes it. A Refusal
    where the edit does not keep what it claims to keep, or where a testbench fails that passed before it. Verilog and
    SystemVerilog only, and edits of the document itself.
    """
    if snapshot.language not in HDL_LANGUAGES or candidate.elsewhere is not None:
        return proof
    start = time.perf_counter()
    mended, _ = spliced(snapshot, project, apply_edits(snapshot.text, candidate.edits))
    result: Proof | Refusal = proof
    if candidate.keeps and (yosys := _yosys(verifiers, project)) is not None:
        result = await _equivalent(proof, snapshot, mended, project, yosys, seconds)
    if isinstance(result, Proof):
        result = await _tested(result, snapshot, mended, project)
    if isinstance(result, Refusal):
        return result
    return replace(result, seconds=proof.seconds + time.perf_counter() - start)


def _yosys(verifiers: Sequence[Verifier], project: Project) -> Yosys | None:
    """The Yosys among the verifiers, unless it is switched off."""
    from signoff.verifiers.hdl.yosys import Yosys

    found = next((one for one in verifiers if isinstance(one, Yosys)), None)
    return found if found is not None and project.settings.yosys.enabled else None


async def _equivalent(
    proof: Proof, snapshot: Snapshot, mended: Snapshot, project: Project, yosys: Yosys, seconds: float
) -> Proof | Refusal:
    from signoff.verifiers.hdl.equivalence import Verdict, equivalent

    found = await equivalent(snapshot, mended, project, yosys, seconds=seconds)
    if found.verdict is Verdict.DIFFERENT:
        return Refusal(f"it is said to keep the behaviour, and Yosys shows that {found.why}")
    if found.verdict is Verdict.UNPROVEN:
        return replace(proof, detail=f"{proof.detail}; that it behaves as before is not proven: {found.why}")
    bounded = found.verdict is Verdict.BOUNDED
    cycles = f"{found.cycles} cycles from power-up" if bounded else ""
    scope = ", ".join(filter(None, (cycles, found.scope)))
    level = Level.BOUNDED if bounded else Level.EQUIVALENT
    shown = replace(proof, level=level, scope=scope)
    return _with(shown, f"Yosys: {shown.claim}", "yosys", found.version)


async def _tested(proof: Proof, snapshot: Snapshot, mended: Snapshot, project: Project) -> Proof | Refusal:
    from signoff.verifiers.hdl.testbench import Result, named, simulate

    if not project.trusted or not named(project):
        return proof
    after = await simulate(mended, project)
    if after.result is Result.PASSED:
        equal = proof.level is Level.EQUIVALENT
        shown = proof if equal else replace(proof, level=Level.TESTED, scope="")
        said = " ".join(filter(None, (f"{display(after.tool)}: passes its testbench", after.top)))
        return _with(shown, said, after.tool, after.version)
    if after.result is Result.FAILED and (await simulate(snapshot, project)).result is Result.PASSED:
        return Refusal(f"its testbench passed before, and fails after it: {after.why}")
    return replace(proof, detail=f"{proof.detail}; its testbench says nothing for it: {after.why}")


def _with(proof: Proof, said: str, tool: str, version: str) -> Proof:
    """The proof, with what a further tool has shown."""
    versions = proof.versions if not version or tool in dict(proof.versions) else (*proof.versions, (tool, version))
    tools = proof.tools if tool in proof.tools else (*proof.tools, tool)
    return replace(proof, detail=f"{proof.detail}; {said}", tools=tools, versions=versions)
