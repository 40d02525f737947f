"""Verilog: a testbench around a module: clock, reset, the instance, and an end."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePath

from signoff.completion import nesting
from signoff.completion.structural import hdl_clocking
from signoff.completion.structural.hdl_clocking import Clocking
from signoff.completion.structural.hdl_statement import blanked
from signoff.completion.structural.instance import Library, with_file
from signoff.completion.structural.place import Place
from signoff.completion.structural.proposal import Body, Kind, Proposal, Stop
from signoff.verifiers.hdl.facts import ParameterFacts, PortFacts
from signoff.verifiers.hdl.place_facts import Described
from signoff.verifiers.hdl.slang import Slang
from signoff.verifiers.project import Project
from signoff.verifiers.text import LineIndex

_STEM = re.compile(r"(?:tb|test|testbench)_(?P<after>\w+)|(?P<before>\w+?)_(?:tb|test|testbench)", re.IGNORECASE)
_MODULE = re.compile(r"\bmodule\s+(?:automatic\s+|static\s+)?(\w+)")
_VECTOR = re.compile(r"(?:logic|reg|bit|wire|tri)( signed)?((?:\[-?\d+:-?\d+\])*)(?:\$((?:\[-?\d+:-?\d+\])+))?\Z")
_NAMED = re.compile(r"(?:\w+::)\w+\Z")
_PROBE = "signoff_probe"
MOST = 3
HALF_PERIOD, RESET_CYCLES, RUN_CYCLES = 5, 4, 100


class Testbench:
    """In an empty file, and behind a module where another is being begun."""

    languages = nesting.VERILOG

    def __init__(self, slang: Slang, library: Library) -> None:
        self._slang, self._library = slang, library

    def wants(self, place: Place) -> bool:
        """See StructuralKind."""
        return place.alone and bool(self._modules(place))

    async def propose(self, place: Place, project: Project) -> Sequence[Proposal]:
        """See StructuralKind."""
        found = [await self._of(place, project, module) for module in self._modules(place)]
        return tuple(one for one in found if one is not None)

    def _modules(self, place: Place) -> list[str]:
        """The modules that a testbench may be meant for."""
        if not place.before.strip() and not place.after.strip():
            return self._for_file(place)
        typed = place.word and any(one.startswith(place.word) for one in ("module", "testbench", "tb"))
        if not typed or not blanked(place.before[-2000:]).rstrip().endswith("endmodule"):
            return []
        names = [match[1] for match in _MODULE.finditer(blanked(place.before))]
        return [] if not names or f"tb_{names[-1]}" in names else names[-1:]

    def _for_file(self, place: Place) -> list[str]:
        path = PurePath(place.snapshot.path)
        named = _STEM.fullmatch(path.stem)
        if named is not None:
            wanted = named["after"] or named["before"]
            return [wanted] if wanted in self._library(wanted, str(path)) else []
        found = self._library("", str(path))
        return [name for name, file in found.items() if PurePath(file).parent == path.parent][:MOST]

    async def _of(self, place: Place, project: Project, module: str) -> Proposal | None:
        path = self._library(module, place.snapshot.path).get(module, "")
        probe = f"\nmodule {_PROBE};\n{module} dut ();\nendmodule\n"
        text = place.before + probe
        mended = replace(place.snapshot, text=text)
        project = with_file(project, path)
        line, column = LineIndex(text).position(len(text) - len("endmodule\n"))
        dut = (await self._slang.place(mended, project, line, column, ("dut",))).of("dut")
        if dut is None or dut.type != module or any(port.direction == "interface" for port in dut.ports):
            return None
        return replace(
            _proposal(place, module, dut, self._clocking(place, module, dut)), files=(path,) if path else (), read=True
        )

    def _clocking(self, place: Place, module: str, dut: Described) -> Clocking | None:
        one_bit = [port.name for port in dut.ports if port.direction == "input" and port.width == 1]
        head = re.search(rf"\bmodule\s+{re.escape(module)}\b", place.before)
        known = hdl_clocking.used(hdl_clocking.module_text(place.before, head.end())) if head else None
        seen = known is not None and {known.clock, known.reset or known.clock} <= set(one_bit)
        return known if seen else hdl_clocking.guessed(one_bit)


def _proposal(place: Place, module: str, dut: Described, clocking: Clocking | None) -> Proposal:
    stem = PurePath(place.snapshot.path).stem
    name = stem if not place.before.strip() and _STEM.fullmatch(stem) else f"tb_{module}"
    how = "without a clock" if clocking is None else f"clock {clocking.clock}, reset {clocking.reset or 'none'}"
    guess = ", guessed by their names" if clocking is not None and clocking.guessed else ""
    told = f"A testbench around `{module}`: {how}{guess}. It ends after {RUN_CYCLES} clocks, or 1000 time units."
    return Proposal(
        f"testbench of {module}",
        _body(place, name, module, dut, clocking),
        place.start,
        place.offset,
        Kind.MODULE,
        how + guess,
        told,
        filter=place.word or "module",
        asked=not place.before.strip(),
    )


def _body(place: Place, name: str, module: str, dut: Described, clocking: Clocking | None) -> Body:
    unit = place.unit
    modern = place.snapshot.language == "systemverilog"
    free = [one for one in dut.parameters if not one.local and re.fullmatch(r"-?\d{1,10}", one.value)]
    free = [one for one in free if not _NAMED.search(one.type)]
    head = [f"module {name};"]
    head += [f"{unit}localparam {one.name} = {one.value};" for one in free] + [""] * bool(free)
    head += [f"{unit}{_declared(port, modern)};" for port in dut.ports]
    head += ["", f"{unit}{_instance(module, dut.ports, free, unit)}", ""]
    if clocking is not None:
        first = f"{unit}initial {clocking.clock} = 0;\n"
        head += [f"{first}{unit}always #{HALF_PERIOD} {clocking.clock} = ~{clocking.clock};", ""]
    start, end = _stimulus(dut, clocking, unit)
    lead = "`timescale 1ns / 1ps\n\n" if not place.before.strip() else ""
    return (lead + "\n".join(head) + "\n" + start, Stop(), f"{end}{unit}end\nendmodule\n")


def _stimulus(dut: Described, clocking: Clocking | None, unit: str) -> tuple[str, str]:
    """(the initial block up to where the user goes on, what comes behind that)."""
    two = unit * 2
    held = {clocking.clock, clocking.reset} if clocking is not None else set()
    lines = [f"{unit}initial begin"]
    lines += [
        f"{two}{port.name} = 0;"
        for port in dut.ports
        if port.direction == "input" and port.name not in held and _plain(port)
    ]
    if clocking is not None and clocking.reset:
        on, off = (0, 1) if clocking.low else (1, 0)
        lines += [
            f"{two}{clocking.reset} = {on};",
            f"{two}repeat ({RESET_CYCLES}) @({clocking.edge} {clocking.clock});",
        ]
        lines += [f"{two}{clocking.reset} = {off};"]
    wait = f"repeat ({RUN_CYCLES}) @({clocking.edge} {clocking.clock});" if clocking is not None else "#1000;"
    return "\n".join([*lines, two]), f"\n{two}{wait}\n{two}$finish;\n"


def _plain(port: PortFacts) -> bool:
    found = _VECTOR.match(port.type)
    return found is not None and not found[3]


def _declared(port: PortFacts, modern: bool) -> str:
    found = _VECTOR.match(port.type)
    if port.direction == "inout":
        kind = "wire"
    elif modern:
        kind = "logic"
    else:
        kind = "reg" if port.direction == "input" else "wire"
    if found is not None:
        signed, packed, unpacked = found[1] or "", found[2], found[3] or ""
        return " ".join(filter(None, (kind + signed, packed, port.name, unpacked)))
    if _NAMED.fullmatch(port.type):
        return f"{port.type} {port.name}"
    return f"{kind} [{max(port.width - 1, 0)}:0] {port.name}"


def _instance(module: str, ports: Sequence[PortFacts], free: Sequence[ParameterFacts], unit: str) -> str:
    between = f",\n{unit * 2}"
    settings = between.join(f".{one.name}({one.name})" for one in free)
    listed = between.join(f".{port.name}({port.name})" for port in ports)
    head = f"#(\n{unit * 2}{settings}\n{unit}) " if free else ""
    return f"{module} {head}dut (\n{unit * 2}{listed}\n{unit});" if ports else f"{module} {head}dut ();"
