"""Whether a completion breaks its file: every tool of the language, the slow ones too, against the original text."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

from signoff.completion.judges import PARTIAL
from signoff.completion.measure.holes import Region
from signoff.verifiers.compare import new_findings
from signoff.verifiers.finding import Outcome, Severity
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import Edit, LineIndex
from signoff.verifiers.verifier import Verifier


class Judge:
    """Judges by `verifiers`, which should be more than those that completion itself asks. Keeps what it learned of
    each original."""

    def __init__(self, verifiers: Sequence[Verifier], project_of: Callable[[str], Project]) -> None:
        self._verifiers = tuple(verifiers)
        self._project_of = project_of
        self._originals: dict[str, list[tuple[str, Outcome]]] = {}
        self._lock = asyncio.Lock()

    async def new_errors(self, snapshot: Snapshot, region: Region, text: str) -> tuple[str, ...] | None:
        """Errors that the original (`snapshot`) does not have, once `text` stands in place of the region, as
        "tool: message"; None where no tool could judge the file."""
        project = self._project_of(snapshot.path)
        async with self._lock:
            if snapshot.path not in self._originals:
                self._originals[snapshot.path] = await self._run(snapshot, project)
        changed = replace(snapshot, text=snapshot.text[: region.start] + text + snapshot.text[region.end :])
        edit = Edit(LineIndex(snapshot.text).span(region.start, region.end), text)
        after = await self._run(changed, project)
        told, judged = list[str](), False
        for (name, old), (_, new) in zip(self._originals[snapshot.path], after, strict=True):
            if not (old.judged and new.judged):
                continue
            # Checks of launches and registers can say that a text breaks the file, but not that it does not.
            judged |= name not in PARTIAL
            fresh = new_findings(old.findings, new.findings, [edit], snapshot.text, path=snapshot.path)
            told += [f"{new.tool}: {one.message}" for one in fresh if one.severity is Severity.ERROR]
        return tuple(told) if judged or told else None

    async def _run(self, snapshot: Snapshot, project: Project) -> list[tuple[str, Outcome]]:
        others = tuple(one for one in project.buffers if one.path != snapshot.path)
        project = replace(project, buffers=(*others, snapshot))
        mine = [
            one
            for one in self._verifiers
            if snapshot.language in one.languages and one.available(project.settings).available
        ]
        outcomes = await asyncio.gather(*(one.run(snapshot, project) for one in mine))
        return [(one.name, outcome) for one, outcome in zip(mine, outcomes, strict=True)]
