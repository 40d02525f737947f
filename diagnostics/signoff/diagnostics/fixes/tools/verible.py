"""Verible's fixes, of those faults that the other tools report: its linter mends a copy of the text, rule by rule."""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import AsyncGenerator, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from signoff.diagnostics.fixes.candidate import FixCandidate, replacement
from signoff.diagnostics.fixes.proposer import Cost, Fault
from signoff.diagnostics.fixes.source import newline_of
from signoff.diagnostics.fixes.tools.remedy import HDL, LONGEST, Remedy
from signoff.diagnostics.fixes.verdict import Refusal
from signoff.verifiers import tools
from signoff.verifiers.hunks import hunks
from signoff.verifiers.run import ToolMissing, run, scratch_folder
from signoff.verifiers.text import Edit, LineIndex, difference, unmarked

NAME = "verible"
SECONDS = 10.0
COPY = "document.sv"
# The linter as it is asked: nothing that lies beside a file is read, and a text that does not parse is mended as well.
ARGUMENTS = (
    *("--ruleset=none", "--rules_config_search=false", "--autofix=inplace"),
    *("--check_syntax=false", "--parse_fatal=false", "--lint_fatal=false"),
)
# A rule may stand so many lines from where another tool has met the fault.
NEAR = 1


@dataclass(frozen=True, slots=True)
class Fix:
    """One rule of the linter that has a fix, and of which findings it may be one."""

    rule: str
    codes: tuple[str, ...]
    title: str
    behaviour: str = ""


@cache
def fixes() -> tuple[Fix, ...]:
    """The rules of verible.toml."""
    text = (resources.files("signoff.diagnostics.fixes.tools") / "verible.toml").read_text("utf-8")
    return tuple(Fix(**{**row, "codes": tuple(row["codes"])}) for row in tomllib.loads(text)["fix"])


class VeribleFixes:
    """What `verible-verilog-lint --autofix` makes of the faulty lines; one run a rule, some 10 ms each."""

    name = NAME
    cost = Cost.TOOL

    def concerned(self, fault: Fault) -> bool:
        """Whether a rule with a fix is about findings of this code."""
        known = any(fault.finding.code in one.codes for one in fixes())
        return known and fault.snapshot.language in HDL and len(fault.snapshot.text) <= LONGEST

    async def propose(self, fault: Fault) -> AsyncGenerator[FixCandidate, Refusal | None]:
        """What each such rule puts right at the fault's lines, the nearest first."""
        tool = await asyncio.to_thread(tools.verible, fault.project.settings)
        for fix in fixes() if tool.argv else ():
            if fault.finding.code in fix.codes:
                text = await mended(tool.argv, fix.rule, fault)
                for candidate in candidates(fault, fix, text):
                    yield candidate


async def mended(argv: Sequence[str], rule: str, fault: Fault) -> str:
    """The whole text after the rule's fixes; "" where the linter could not do it."""
    with scratch_folder(NAME) as folder:
        copy = folder / COPY
        await asyncio.to_thread(copy.write_bytes, unmarked(fault.snapshot.text).encode("utf-8", "replace"))
        try:
            done = await run(
                (*argv, *ARGUMENTS, f"--rules={rule}", COPY),
                cwd=folder,
                timeout=SECONDS,
                memory_limit_mb=fault.project.settings.memory_limit_mb,
            )
        except ToolMissing:
            return ""
        if done.timed_out or done.overflowed or done.returncode:
            return ""
        return (await asyncio.to_thread(copy.read_bytes)).decode("utf-8", "replace")


def candidates(fault: Fault, fix: Fix, text: str) -> list[FixCandidate]:
    """The changes from the document to `text` that are near the fault, each for itself, the nearest first."""
    remedy = Remedy(fault, "Verible")
    span = fault.finding.span
    found: list[tuple[int, FixCandidate]] = []
    for edit in changes(remedy.text, text) if text else ():
        away = max(span.start_line - edit.span.end_line, edit.span.start_line - span.end_line, 0)
        if away <= NEAR:
            found.append((away, remedy.candidate(fix.rule, [edit], fix.title, behaviour=fix.behaviour)))
    return [candidate for _, candidate in sorted(found, key=lambda pair: pair[0])]


def changes(before: str, after: str) -> Iterator[Edit]:
    """What differs, line by line where lines answer to lines: each is a fix of its own."""
    index, newline = LineIndex(before), newline_of(before)
    if after != unmarked(before) and after.rstrip("\r\n") == unmarked(before):
        yield replacement(index, len(before), len(before), newline)
        return
    for hunk in hunks(unmarked(before), after):
        if len(hunk.old) != len(hunk.new):
            yield _smallest(index, hunk.first, hunk.first + len(hunk.old) - 1, newline.join(hunk.new))
            continue
        for line, (old, new) in enumerate(zip(hunk.old, hunk.new, strict=True), hunk.first):
            if old != new:
                yield _smallest(index, line, line, new)


def _smallest(index: LineIndex, first: int, last: int, text: str) -> Edit:
    """The smallest edit that makes these lines, the last one's end not among them, `text`."""
    start, end = index.starts[first], index.line_end(last)
    old = index.text[start:end]
    small = difference(old, text)
    begin, stop = LineIndex(old).offsets(small.span)
    return replacement(index, start + begin, start + stop, small.text)
