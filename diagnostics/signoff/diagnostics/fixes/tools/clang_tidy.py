"""clang-tidy's fixes, of those faults that gcc reports: it reads the unsaved text with the build's flags."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncGenerator, Hashable, Iterator
from dataclasses import replace

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.proposer import Cost, Fault
from signoff.diagnostics.fixes.source import newline_of
from signoff.diagnostics.fixes.tools import clang_run
from signoff.diagnostics.fixes.tools.clang_fixes import TidyFix
from signoff.diagnostics.fixes.tools.remedy import AS_READ, DOUBT, LONGEST, SILENCES, Remedy
from signoff.diagnostics.fixes.verdict import Refusal
from signoff.verifiers.mcu.facts import C_LANGUAGES, GCC
from signoff.verifiers.text import LINE_END

NAME = "clang-tidy"
GCC_TOOL = "arm-none-eabi-gcc"
# So many texts' fixes are kept: several faults of one text are one run, which takes up to a second.
KEPT = 4
# clang's words for what changes the value that is computed, with the order that it is and what comes of it.
MEANINGS = (
    ("use '==' to turn this assignment", "Compare with '=='", "it no longer assigns"),
    ("to evaluate the comparison first", "Negate the whole comparison", "another value is computed"),
    ("to evaluate the bitwise operator first", "Negate the whole expression", "another value is computed"),
    ("to evaluate it first", "Evaluate as it looks", "another value is computed"),
    ("initialize the variable", "Initialize the variable", "it has a value from the start"),
    ("is not initialized", "Initialize the variable", "it has a value from the start"),
    ("potentially unintended semicolon", "Remove the ';'", "the statement after it becomes the body"),
)


class ClangTidyFixes:
    """What clang-tidy would change on the faulty line, where the build says how the file is compiled."""

    name = NAME
    cost = Cost.TOOL

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, tuple[TidyFix, ...]] = OrderedDict()

    def concerned(self, fault: Fault) -> bool:
        """Whether the compiler has reported the fault, of a file that a build has."""
        snapshot, told = fault.snapshot, fault.finding.tool in (GCC, GCC_TOOL)
        known = fault.project.unit is not None and fault.project.image is not None
        return told and known and snapshot.language in C_LANGUAGES and len(snapshot.text) <= LONGEST

    async def propose(self, fault: Fault) -> AsyncGenerator[FixCandidate, Refusal | None]:
        """The fixes of the fault's line, in clang-tidy's order."""
        for candidate in candidates(fault, await self._fixes(fault)):
            yield candidate

    async def _fixes(self, fault: Fault) -> tuple[TidyFix, ...]:
        key = (fault.snapshot, fault.project)
        if key not in self._kept:
            self._kept[key] = await clang_run.asked(fault)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return self._kept[key]


def candidates(fault: Fault, fixes: tuple[TidyFix, ...]) -> Iterator[FixCandidate]:
    """Those of the fixes that lie on the fault's line, or stand at it, and may be about such a fault."""
    remedy = Remedy(fault, NAME)
    newline = newline_of(remedy.text)
    only = clang_run.table()["only"]
    line = fault.finding.span.start_line
    for fix in fixes:
        near = line == fix.line or any(edit.span.start_line <= line <= edit.span.end_line for edit in fix.edits)
        fits = fault.finding.code in only.get(fix.check, (fault.finding.code,))
        if near and fits and not remedy.doubtful(fix.edits):
            edits = [replace(edit, text=LINE_END.sub(newline, edit.text)) for edit in fix.edits]
            title, behaviour = meaning(fix.said)
            yield remedy.candidate(fix.check, edits, title, behaviour=behaviour)


def meaning(said: str) -> tuple[str, str]:
    """(title, behaviour) of a fix by clang's words for it; both "" where it only corrects what cannot be meant."""
    known = next(((title, behaviour) for words, title, behaviour in MEANINGS if words in said), ("", ""))
    if SILENCES in said and not known[0]:
        return AS_READ if "parentheses around" in said else "", DOUBT
    return known
