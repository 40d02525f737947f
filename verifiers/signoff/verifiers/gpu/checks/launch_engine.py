"""The launch checks in their worker process: texts become facts, facts become findings; both are kept for a while."""

from __future__ import annotations

import gc
from collections import OrderedDict
from dataclasses import dataclass

from signoff.verifiers.finding import Finding
from signoff.verifiers.gpu.checks.broken_text import sound
from signoff.verifiers.gpu.checks.device_questions import unguarded
from signoff.verifiers.gpu.checks.headers import HeaderStore, Includes, Stamp
from signoff.verifiers.gpu.checks.hints import hints
from signoff.verifiers.gpu.checks.launch_checks import findings
from signoff.verifiers.gpu.checks.unfinished import unfinished
from signoff.verifiers.gpu.facts import UnitFacts
from signoff.verifiers.gpu.values.analyse import Analysis, analyse
from signoff.verifiers.gpu.values.memo import Memo
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot

# Analyses kept: those of the documents that somebody types in, and of the texts that a proof tries.
KEPT = 16

# A document as it is compiled: its path, the macros (defined, undefined), the project's root, the folders for headers.
Document = tuple[str, tuple[str, ...], tuple[str, ...], str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Kept:
    analysis: Analysis
    stamps: dict[str, Stamp]


class LaunchEngine:
    """The engine class of workers.py. One instance serves one project root in one lane."""

    def __init__(self) -> None:
        self._headers = HeaderStore()
        self._kept: OrderedDict[tuple[Document, str], _Kept] = OrderedDict()
        self._memos: OrderedDict[Document, Memo] = OrderedDict()
        gc.freeze()

    def check(self, snapshot: Snapshot, project: Project) -> tuple[tuple[Finding, ...], UnitFacts]:
        """The findings on the document, hints included where they are wanted, and what the text says."""
        analysis = self._analysis(snapshot, project)
        unit = analysis.unit
        judged = sound(unit.main.source, analysis.facts)
        found = findings(unguarded(unit, judged), project, snapshot.path)
        if project.settings.launch.hints:
            found += hints(analysis.memo, judged, project, snapshot.path)
        return (*found, *unfinished(analysis.facts, snapshot.path)), analysis.facts

    def unit(self, snapshot: Snapshot, project: Project) -> UnitFacts:
        """What the text says, without judging it."""
        return self._analysis(snapshot, project).facts

    def _analysis(self, snapshot: Snapshot, project: Project) -> Analysis:
        includes = Includes(project, snapshot.path, self._headers)
        defines, undefines = macros(project)
        document = (snapshot.path, defines, undefines, project.root, includes.folders)
        key = (document, snapshot.text)
        kept = self._kept.pop(key, None)
        if kept is None or not includes.unchanged(kept.stamps):
            memo = self._memo(document)
            analysis = analyse(
                snapshot.text, snapshot.path, defines=defines, undefines=undefines, include=includes, memo=memo
            )
            kept = _Kept(analysis, dict(includes.stamps))
        self._kept[key] = kept
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return kept.analysis

    def _memo(self, document: Document) -> Memo:
        """What earlier texts of a document say, for what an edit leaves as it is."""
        memo = self._memos.pop(document) if document in self._memos else Memo()
        self._memos[document] = memo
        while len(self._memos) > KEPT:
            self._memos.popitem(last=False)
        return memo


def macros(project: Project) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(defines, undefines) that the document is compiled with."""
    unit, own = project.unit, project.settings.cuda.defines
    return (*(unit.defines if unit else ()), *own), unit.undefines if unit else ()
