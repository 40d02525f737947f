"""Verifiers that say what they are told to, when they are told to, for what no real one does on demand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from signoff.completion.check import Checker
from signoff.completion.context import hole_at
from signoff.completion.runs import Runs
from signoff.verifiers.finding import Category, Finding, Outcome, Severity, Status
from signoff.verifiers.project import Project
from signoff.verifiers.settings import VerifierSettings
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import LineIndex
from signoff.verifiers.verifier import Availability, Speed

PROJECT = Project(root="/")
Says = Callable[[str], Outcome]


class Told:
    """A verifier whose run is a function of the text; `gate` holds every run back until it is set."""

    speed = Speed.QUICK

    def __init__(self, says: Says, name: str = "told", language: str = "c") -> None:
        self.name = name
        self.languages = frozenset({language})
        self.says = says
        self.seen: list[str] = []
        self.over: asyncio.Queue[str] = asyncio.Queue()  # the texts of runs that have come to an end
        self.started = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()

    def available(self, settings: VerifierSettings) -> Availability:
        return Availability(True)

    async def run(self, snapshot: Snapshot, project: Project) -> Outcome:
        self.seen.append(snapshot.text)
        self.started.set()
        try:
            await self.gate.wait()
        finally:
            self.over.put_nowait(snapshot.text)
        return self.says(snapshot.text)


def blaming(
    *words: str,
    severity: Severity = Severity.ERROR,
    code: str = "",
    category: Category = Category.OTHER,
    complete: bool = True,
) -> Says:
    """A finding at every occurrence of the words."""

    def says(text: str) -> Outcome:
        index, found = LineIndex(text), []
        for word in words:
            at = text.find(word)
            while at >= 0:
                span = index.span(at, at + len(word))
                found.append(Finding("/m", span, severity, code or word, f"{word}!", "told", category))
                at = text.find(word, at + 1)
        return Outcome("told", Status.FINDINGS, tuple(found), complete=complete)

    return says


def checker(
    text: str, *verifiers: Told, language: str = "c", budget: float = 30.0, runs: Runs | None = None
) -> Checker:
    """For a text with ¦ at the cursor."""
    before, _, after = text.partition("¦")
    document = Snapshot("file:///m", "/m", language, 1, before + after)
    hole = hole_at(document, before.count("\n"), len(before.rpartition("\n")[2]))
    assert hole is not None
    return Checker(verifiers, document, PROJECT, hole, budget=budget, runs=runs)
