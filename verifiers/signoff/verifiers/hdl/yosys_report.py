"""What Yosys' messages and registers say about the code, as findings: pure functions."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass

from signoff.verifiers.finding import Finding, Related, Severity, Span
from signoff.verifiers.hdl.columns import characters, place
from signoff.verifiers.hdl.rtlil import PLACE, Nets, Register, module_name
from signoff.verifiers.hdl.verilator_sarif import Lines

TOOL = "yosys"
LATCH, LOOPS = "LatchInferred", "CombinationalLoop"
CONFLICT = re.compile(r"multiple conflicting drivers for (\S+?)\.\\?(\S+?)(?: \[\d+\])?:$")
LOOP = re.compile(r"found logic loop in module (\S+?):$")
DRIVER = re.compile(r"(?:port \S+ of cell (?P<cell>\S+) \((?P<kind>\S+)\)|module input (?P<input>\S+?)\[\d+\])$")
SOURCE = re.compile(r"^(?P<wire>wire )?.*?source: (?P<src>\S.*:\d+\.\d+(?:-\d+\.\d+)?)")
CELL_PLACE = re.compile(r"\$([^$]+):(\d+)\$")
ALWAYS_COMB_LATCH = re.compile(r"ERROR: Latch inferred for signal `(\S+?)\.\\(\S+)' from always_comb process")
PROCESS_PLACE = re.compile(r"\$proc\$(.+):(\d+)\$\d+'")
NOT_CONSTANT = "is not constant!"
# What makes a latch on purpose says so.
CONSTANT_INDEX = re.compile(r"[\s\d:+-]*")
INTENDED = re.compile(r"\balways_latch\b")


Blocks = Iterable[tuple[str, list[str]]]
"""Each unindented line of a log with the indented ones below it."""


@dataclass(frozen=True, slots=True)
class Source:
    """How Yosys' places lead to the user's text: `path` turns its file names, `line` gives lines (from 0)."""

    path: Callable[[str], str]
    line: Lines

    def span(self, src: str) -> tuple[str, Span] | None:
        """The place of a `src` attribute ("/a/b.v:3.5-3.9", from 1); None where it is in no file of the user's."""
        match = PLACE.match(src)
        if match is None:
            return None
        path, first = self.path(match["path"]), int(match["line"]) - 1
        last = int(match["end_line"] or match["line"]) - 1
        if not (text := self.line(path, first)):
            return None
        if not match["end_column"]:
            return path, place(text, "", first, int(match["column"]) - 1, 0)
        begin = characters(text, int(match["column"]) - 1)
        end = characters(self.line(path, last), int(match["end_column"]) - 1)
        return path, Span(first, begin, last, max(end, begin + 1) if last == first else end)

    def text(self, path: str, span: Span) -> str:
        """The lines that a span touches."""
        return "\n".join(self.line(path, number) for number in range(span.start_line, span.end_line + 1))

    def whole_line(self, name: str, number: int) -> tuple[str, Span] | None:
        """The first token of line `number` (from 1) of a file as Yosys names it."""
        path = self.path(name)
        text = self.line(path, number - 1)
        return (path, place(text, "", number - 1, 0, 0)) if text else None


def findings(log: str, registers: Iterable[Register], nets: dict[str, Nets], source: Source) -> tuple[Finding, ...]:
    """All findings of one run about the modules in `nets`, each once, whatever the parameters of the module."""
    rows = tuple(register for register in registers if register.module in nets)
    blocks = [(head, body) for head, body in _blocks(log) if _about(head, nets)]
    found = (*_latches(rows, nets, source), *_comb_latches(log, source), *_loads(log, rows, source))
    return tuple(dict.fromkeys((*found, *_conflicts(blocks, rows, nets, source), *_loops(blocks, source))))


def joined(parts: Iterable[tuple[Finding, ...]]) -> tuple[Finding, ...]:
    """The findings of one or two runs over the same text, each once.

    Slang's front end makes a loop of what the other one calls a latch: of the two, the latch is told.
    """
    first, *others = parts
    found = tuple(dict.fromkeys((*first, *(finding for part in others for finding in part))))
    latches = {finding.path for finding in first if finding.code == LATCH} if others else set()
    return tuple(finding for finding in found if finding.code != LOOPS or finding.path not in latches)


def _latches(rows: Iterable[Register], nets: dict[str, Nets], source: Source) -> Iterator[Finding]:
    for row in rows:
        at = source.span(row.src)
        if not row.latch or at is None or INTENDED.search(source.line(at[0], at[1].start_line)):
            continue
        path, block = at
        # The keyword of the block: the block itself may be long.
        span = place(source.line(path, block.start_line), "", block.start_line, block.start_column, 0)
        for net in row.nets:
            if _indexed(net, source.text(path, block)):
                continue
            yield _latch(path, span, net, _declaration(row.module, net, nets, source))


def _indexed(net: str, block: str) -> bool:
    """True where bits of a net are assigned by a computed index: Yosys cannot tell then that all bits are reached."""
    for match in re.finditer(rf"(?<![\w$.]){re.escape(net)}\s*\[([^\]]*)\]\s*<?=(?!=)", block):
        if not CONSTANT_INDEX.fullmatch(match[1]):
            return True
    return False


def _latch(path: str, span: Span, net: str, related: tuple[Related, ...]) -> Finding:
    text = f"Latch inferred for '{net}': not every path through the block assigns it"
    return _warning(path, span, LATCH, text, net, related)


def _comb_latches(log: str, source: Source) -> Iterator[Finding]:
    for line in log.splitlines():
        match, where = ALWAYS_COMB_LATCH.search(line), PROCESS_PLACE.search(line)
        if match and where and (at := source.whole_line(where[1], int(where[2]))):
            yield _latch(*at, match[2], ())


def _loads(log: str, rows: Iterable[Register], source: Source) -> Iterator[Finding]:
    if NOT_CONSTANT not in log:
        return
    for row in rows:
        if row.kind.startswith("$aldff") and row.nets and (at := source.span(row.src)):
            path, span = at
            keyword = place(source.line(path, span.start_line), "", span.start_line, span.start_column, 0)
            text = f"The asynchronous reset of '{row.nets[0]}' loads a value that is not constant"
            yield _warning(path, keyword, "AsyncResetValue", text, row.nets[0])


def _about(head: str, modules: Collection[str]) -> bool:
    """True for a conflict or a loop in one of `modules`."""
    match = CONFLICT.search(head) or LOOP.search(head)
    return match is not None and (match[1] in modules or _escaped(match[1]) in modules)


def _conflicts(blocks: Blocks, rows: Iterable[Register], nets: dict[str, Nets], source: Source) -> Iterator[Finding]:
    by_cell = {(row.module, row.name): row for row in rows}
    for head, body in blocks:
        match = CONFLICT.search(head)
        if match is None:
            continue
        module, net = match[1], match[2]
        drivers = [driver for line in body if (driver := DRIVER.match(line.strip()))]
        # Tri-state buffers and bidirectional ports share a net on purpose.
        shared = nets.get(_key(module, nets), Nets()).inouts
        if len(drivers) < 2 or any(driver["kind"] == "$tribuf" or driver["input"] in shared for driver in drivers):
            continue
        places = [at for driver in drivers if (at := _driver(driver, module, by_cell, source))]
        if not places:  # merged by plain connections: named after the net that was assigned more than once
            net = next(iter(nets.get(_key(module, nets), Nets()).assigned_twice), net)
        declaration = _declaration(_key(module, nets), net, nets, source)
        if not places and not declaration:
            continue
        path, span = min(places) if places else (declaration[0].path, declaration[0].span)
        others = tuple(Related(*at, "another driver") for at in sorted(set(places)) if at != (path, span))
        names = ", ".join(dict.fromkeys(driver["input"] for driver in drivers if driver["input"]))
        text = f"'{net}' has several drivers at once" + (f", among them the inputs {names}" if names else "")
        yield _warning(path, span, "ConflictingDrivers", text, net, (*others, *declaration))


def _driver(
    driver: re.Match[str], module: str, by_cell: dict[tuple[str, str], Register], source: Source
) -> tuple[str, Span] | None:
    cell = driver["cell"]
    if not cell:
        return None
    row = next((by_cell[key] for key in ((module, cell), (f"\\{module}", cell)) if key in by_cell), None)
    at = source.span(row.src) if row else None
    if at is not None:
        return at[0], place(source.line(at[0], at[1].start_line), "", at[1].start_line, at[1].start_column, 0)
    named = CELL_PLACE.search(cell)
    return source.whole_line(named[1], int(named[2])) if named else None


def _loops(blocks: Blocks, source: Source) -> Iterator[Finding]:
    for head, body in blocks:
        match = LOOP.search(head)
        if match is None:
            continue
        steps = [step for line in body if (step := SOURCE.match(line.strip()))]
        # A net of the user's names the loop better than a gate that Yosys made.
        places = [at for step in sorted(steps, key=lambda step: not step["wire"]) if (at := source.span(step["src"]))]
        if places:
            text = f"Combinational loop in module {module_name(_escaped(match[1]))}: the value feeds back into itself"
            others = tuple(Related(*at, "part of the loop") for at in dict.fromkeys(places[1:]))
            yield _warning(*places[0], LOOPS, text, "", others)


def _blocks(log: str) -> Iterator[tuple[str, list[str]]]:
    """Each unindented line with the indented ones below it."""
    head, body = "", list[str]()
    for line in log.splitlines():
        if line.startswith(" "):
            body.append(line)
        else:
            yield head, body
            head, body = line, []
    yield head, body


def _escaped(module: str) -> str:
    return module if module.startswith(("\\", "$")) else f"\\{module}"


def _key(module: str, nets: dict[str, Nets]) -> str:
    return module if module in nets else _escaped(module)


def _declaration(module: str, net: str, nets: dict[str, Nets], source: Source) -> tuple[Related, ...]:
    at = source.span(nets.get(module, Nets()).src.get(net, ""))
    return (Related(*at, f"'{net}' is declared here"),) if at else ()


def _warning(path: str, span: Span, code: str, message: str, net: str, related: tuple[Related, ...] = ()) -> Finding:
    data = (("arg0", net),) if net else ()
    return Finding(path, span, Severity.WARNING, code, message, TOOL, related=related, data=data)
