"""Verilator's warnings against the text they are about: those that are no fault where they stand are left out.

A reading by keywords, not by grammar: where it cannot tell, the warning stays.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from signoff.verifiers.finding import Finding
from signoff.verifiers.hdl.foreign import without_foreign
from signoff.verifiers.hdl.overlay import SourceLines
from signoff.verifiers.hdl.verilator_codes import DELAY, NEEDS_TIMING
from signoff.verifiers.hdl.verilator_harmless import HARMLESS

NOT_CODE = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|\(\*.*?\*\)", re.DOTALL)
# What begins a process, a subroutine or an item beside them: an always block ends where the next one begins.
OPENER = re.compile(
    r"\b(initial|final|always_comb|always_ff|always_latch|always\s*@|always|task|function|assign|generate|endgenerate"
    r"|genvar|module|endmodule|interface|endinterface|wire|localparam)(?!\w)"
)
HARDWARE = re.compile(r"always_|always\s*@")
MODULE = re.compile(r"\b(?:end)?(?:module|interface|program|package)\b")
# The variable in front of an "=", with its selects (of one level of nesting) and members.
TARGET = re.compile(r"([A-Za-z_][\w$]*)\s*(?:\[[^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*\]\s*|\.\s*[A-Za-z_]\w*\s*)*$")
TARGET_LENGTH = 300
# About what synthesis makes of a block: of a testbench it makes nothing.
OF_HARDWARE = frozenset({"BLKSEQ", "COMBDLY", "LATCH", "MULTIDRIVEN", "SYNCASYNCNET", "WIDTHEXPAND"})
NAMED = re.compile(r"module\s+(?:automatic\s+|static\s+)?[A-Za-z_]\w*\s*")
PARENTHESIS = re.compile(r"[()]")
NO_PORTS = re.compile(r"(?:\(\s*\)\s*)?;")
DECLARATION = re.compile(r"\b(reg|logic|bit|integer|int|byte|shortint|longint|var|time)\b[^;=]*$")
PORT = re.compile(r"\b(input|output|inout|ref)\b")


def in_place(findings: Iterable[Finding], lines: SourceLines) -> tuple[Finding, ...]:
    """The findings without those that the text around them explains."""
    return tuple(
        finding
        for finding in without_foreign(findings, lines.text, tell=False)
        if finding.code not in NEEDS_TIMING
        and not EXPLAINED.get(finding.code, _never)(finding, lines)
        and not (finding.code in OF_HARDWARE and _in_testbench(finding, lines))
    )


def _never(finding: Finding, lines: SourceLines) -> bool:
    return False


def _in_testbench(finding: Finding, lines: SourceLines) -> bool:
    """True in a module without ports."""
    file = _read(lines.text(finding.path))
    offset = lines.index(finding.path).offset(finding.span.start_line, finding.span.start_column)
    name = NAMED.match(file.code, file.module_around(offset)[0])
    if name is None:
        return False
    start = name.end()
    if file.code.startswith("#", start):
        start = _after_parentheses(file.code, start + 1)
    while file.code[start : start + 1].isspace():
        start += 1
    return NO_PORTS.match(file.code, start) is not None


def _after_parentheses(code: str, start: int) -> int:
    """Where the first group of parentheses from `start` on ends."""
    depth = 0
    for match in PARENTHESIS.finditer(code, start):
        depth += 1 if match[0] == "(" else -1
        if depth == 0:
            return match.end()
    return len(code)


def _delay_of_a_testbench(finding: Finding, lines: SourceLines) -> bool:
    """#2 outside an always block that waits for events: a clock generator (always #5), an initial block, a task."""
    return HARDWARE.match(_opener(finding.path, finding.span.start_line, finding.span.start_column, lines)) is None


def _in_latch(finding: Finding, lines: SourceLines) -> bool:
    """<= in always_latch, as every clock gate has it: it is how a latch is described."""
    opener = _opener(finding.path, finding.span.start_line, finding.span.start_column, lines)
    return opener == "always_latch"


def _driven_apart(finding: Finding, lines: SourceLines) -> bool:
    """Several drivers that are one: a subroutine's writes are its caller's; a memory may have two clocked ports."""
    if "different clocking" in finding.message:
        declared = lines(finding.path, finding.span.start_line)[finding.span.end_column :]
        return declared.lstrip().startswith("[")
    places = [(finding.path, finding.span), *((related.path, related.span) for related in finding.related)]
    openers = (_opener(path, span.start_line, span.start_column, lines) for path, span in places)
    return not {"function", "task"}.isdisjoint(openers)


def _temporary(finding: Finding, lines: SourceLines) -> bool:
    """= in a clocked block, to a variable that only this block knows: an intermediate value, not a register's."""
    file = _read(lines.text(finding.path))
    offset = lines.index(finding.path).offset(finding.span.start_line, finding.span.start_column)
    target = TARGET.search(file.code, max(offset - TARGET_LENGTH, 0), offset)
    start = file.opened_at(offset)
    return target is not None and start is not None and _known_only_within(file, start, target[1])


@lru_cache(maxsize=256)
def _known_only_within(file: _File, start: int, name: str) -> bool:
    """True where a variable is declared in the module but used in no other block than the one at `start`."""
    end = next((place for place, _ in file.openers if place > start), len(file.code))
    first, last = file.module_around(start)
    uses = re.compile(rf"(?<![\w$.]){re.escape(name)}(?![\w$])")
    elsewhere = [*uses.finditer(file.code, first, start), *uses.finditer(file.code, end, last)]
    return bool(elsewhere) and all(_declares(file.code, match.start()) for match in elsewhere)


def _declares(code: str, offset: int) -> bool:
    """True where a name at `offset` is being declared, as no port."""
    statement = code[max(code.rfind(mark, 0, offset) for mark in (";", "(", ")", "begin")) + 1 : offset]
    return DECLARATION.search(statement) is not None and PORT.search(statement) is None


def _opener(path: str, line: int, column: int, lines: SourceLines) -> str:
    """The keyword that begins the process or subroutine around a place, "" where there is none."""
    file = _read(lines.text(path))
    start = file.opened_at(lines.index(path).offset(line, column))
    return dict(file.openers).get(start, "") if start is not None else ""


@dataclass(frozen=True, eq=False)
class _File:
    """A text with comments, strings and attributes blanked, every place kept; its (offset, opener)s; module borders."""

    code: str
    openers: tuple[tuple[int, str], ...]
    borders: tuple[int, ...]

    def module_around(self, offset: int) -> tuple[int, int]:
        """Where the module around a place begins and ends."""
        number = bisect_right(self.borders, offset)
        end = self.borders[number] if number < len(self.borders) else len(self.code)
        return self.borders[number - 1] if number else 0, end

    def opened_at(self, offset: int) -> int | None:
        """Where the last opener up to `offset` begins."""
        number = bisect_right(self.openers, offset, key=lambda opener: opener[0])
        return self.openers[number - 1][0] if number else None


@lru_cache(maxsize=8)
def _read(text: str) -> _File:
    code = NOT_CODE.sub(lambda match: re.sub(r"[^\r\n]", " ", match[0]), text)
    openers = tuple((match.start(), match[1]) for match in OPENER.finditer(code))
    return _File(code, openers, tuple(match.start() for match in MODULE.finditer(code)))


EXPLAINED: dict[str, Callable[[Finding, SourceLines], bool]] = {
    **HARMLESS,
    DELAY: _delay_of_a_testbench,
    "COMBDLY": _in_latch,
    "MULTIDRIVEN": _driven_apart,
    "BLKSEQ": _temporary,
}
