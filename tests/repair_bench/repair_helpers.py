"""Verifiers and proposers of the tests' own making, for the bench of repairs."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from signoff.diagnostics.fixes.candidate import FixCandidate, replacement
from signoff.diagnostics.fixes.proposer import Cost, Fault
from signoff.diagnostics.fixes.verdict import Refusal
from signoff.diagnostics.mutate.mutation import Mutant, Mutator, mutant, one
from signoff.verifiers.finding import Category, Finding, Outcome, Severity
from signoff.verifiers.project import Project
from signoff.verifiers.settings import VerifierSettings
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import LineIndex
from signoff.verifiers.verifier import Availability, Speed

PATH = "/project/top.v"
CLEAN = "module top(input a, output b);\n  wire c;\n  assign c = a;\n  assign b = c;\nendmodule\n"


def snapshot(text: str = CLEAN) -> Snapshot:
    return Snapshot(f"file://{PATH}", PATH, "verilog", 1, text)


def project_of(path: str) -> Project:
    return Project("/project", declared=True, files=(path,))


def fault(old: str, new: str, category: Category = Category.TYPE, silent: bool = False) -> Mutant:
    mutator = Mutator("wrong-word", category, lambda code: iter(()), silent=silent)
    start = CLEAN.index(old)
    return mutant(snapshot(), mutator, one(start, start + len(old), new))


def about(
    pattern: str, category: Category, code: str = "Wrong", severity: Severity = Severity.ERROR
) -> Callable[[str], Iterator[Finding]]:
    """A finding at each place that the pattern matches."""

    def says(text: str) -> Iterator[Finding]:
        index = LineIndex(text)
        for found in re.finditer(pattern, text):
            span = index.span(found.start(), found.end())
            yield Finding(PATH, span, severity, code, f"'{found[0]}' is wrong", "slang", category)

    return says


@dataclass
class Words:
    """A verifier that says what it is told to of a text."""

    says: Callable[[str], Iterable[Finding]]
    name: str = "slang"
    speed: Speed = Speed.INSTANT
    languages: frozenset[str] = frozenset({"verilog"})
    texts: list[str] = field(default_factory=list)

    def available(self, settings: VerifierSettings) -> Availability:
        return Availability(True)

    async def run(self, snapshot: Snapshot, project: Project) -> Outcome:
        assert [buffer.text for buffer in project.buffers if buffer.path == snapshot.path] == [snapshot.text]
        self.texts.append(snapshot.text)
        return Outcome(self.name, findings=tuple(self.says(snapshot.text)))


@dataclass
class Puts:
    """A proposer that puts words, one after the other, in place of what the finding is about."""

    words: tuple[str, ...]
    name: str = "puts"
    cost: Cost = Cost.FREE

    def concerned(self, fault: Fault) -> bool:
        return True

    async def propose(self, fault: Fault) -> AsyncGenerator[FixCandidate, Refusal | None]:
        index = LineIndex(fault.snapshot.text)
        start, end = index.offsets(fault.finding.span)
        for word in self.words:
            edit: Any = replacement(index, start, end, word)
            yield FixCandidate(f"Put {word}", (edit,), self.name, fault.finding)
