"""Verdicts that still hold: a text typed through gives the very document that the tools have judged already."""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace

from signoff.completion.check import Checked, Checker
from signoff.completion.context import Hole
from signoff.completion.runs import Runs
from signoff.completion.settings import CompletionSettings
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.verifier import Verifier

ENTRIES = 256
# Generations of runs that may still be under way when their files have changed.
FORMER = 3


def digest(*parts: str) -> bytes:
    """What stands for a document, of which equal ones alone have the same."""
    sums = hashlib.sha256(usedforsecurity=False)
    for part in parts:
        sums.update(part.encode("utf-8", "surrogatepass"))
    return sums.digest()


class Verdicts:
    """Keeps what was said of whole documents, each with all that the tools saw beside it.

    `runs` are the runs of the verifiers, some of them under way.
    """

    def __init__(self, entries: int = ENTRIES) -> None:
        self.runs = Runs()
        self._former: list[Runs] = []
        self._limit = entries
        self._known: OrderedDict[tuple[str, bytes], tuple[Project, int, Checked]] = OrderedDict()

    def get(self, uri: str, document: bytes, project: Project, prefix: str) -> Checked | None:
        """The verdict on a spliced document, as one on what of its text is still to come after `prefix`."""
        found = self._known.get((uri, document))
        if found is None or found[0] != project:
            return None
        _, start, checked = found
        typed = prefix[start:] if len(prefix) >= start else None
        if typed is None or not checked.text.startswith(typed) or len(checked.text) <= len(typed):
            return None
        self._known.move_to_end((uri, document))
        return replace(checked, text=checked.text[len(typed) :])

    def put(self, uri: str, document: bytes, project: Project, prefix: str, checked: Checked) -> None:
        """Remember what was said of the document. What no tool has judged is not worth it."""
        if not checked.tools:
            return
        self._known[uri, document] = (project, len(prefix), checked)
        self._known.move_to_end((uri, document))
        while len(self._known) > self._limit:
            self._known.popitem(last=False)

    def outdated(self) -> None:
        """Files on disk have changed: nothing of this holds any more. What is being judged just now is judged on."""
        self._known.clear()
        self._former.append(self.runs)
        for runs in self._former[:-FORMER]:
            runs.close()
        self._former, self.runs = self._former[-FORMER:], Runs()

    def close(self) -> None:
        """Forget everything, and end what is being judged."""
        self.outdated()
        for runs in self._former:
            runs.close()
        self._former.clear()


class Judging:
    """Judges texts for one hole: by what is known already, else by the verifiers, which are started only then.

    Without verifiers nothing is said of any text.
    """

    def __init__(
        self,
        verdicts: Verdicts,
        verifiers: Sequence[Verifier],
        snapshot: Snapshot,
        project: Project,
        hole: Hole,
        settings: CompletionSettings,
    ) -> None:
        self._verdicts = verdicts
        self._settings = settings
        self._verifiers = verifiers
        # Closers that the editor has put in are out of the hole's suffix: they will be replaced.
        whole = len(hole.prefix) + len(hole.suffix) == len(snapshot.text)
        self._snapshot = snapshot if whole else replace(snapshot, text=hole.prefix + hole.suffix)
        self._project = project
        others = tuple(one for one in project.buffers if one.uri != snapshot.uri)
        self._around = replace(project, buffers=others)
        self._hole = hole
        self._checker: Checker | None = None

    def prepare(self, *, soon: bool = False) -> None:
        """Have the document as it stands looked at, while the model is still writing; see Checker.prepare()."""
        self._tools.prepare(soon=soon)

    async def check(self, text: str) -> Checked:
        """The judgement on a text; its own text may be a shorter one that passes."""
        if not self._verifiers:
            return Checked(text)
        uri, hole = self._snapshot.uri, self._hole
        document = digest(hole.prefix, text, hole.suffix)
        known = self._verdicts.get(uri, document, self._around, hole.prefix)
        if known is not None:
            return known
        checked = await self._tools.check(text)
        self._verdicts.put(uri, document, self._around, hole.prefix, checked)
        return checked

    async def check_all(self, texts: Sequence[str]) -> list[Checked]:
        """The judgements on several texts, made side by side."""
        return list(await asyncio.gather(*(self.check(text) for text in texts)))

    def close(self) -> None:
        """Give up what is still running."""
        if self._checker is not None:
            self._checker.close()

    @property
    def _tools(self) -> Checker:
        if self._checker is None:
            self._checker = Checker(
                self._verifiers,
                self._snapshot,
                self._project,
                self._hole,
                budget=self._settings.check_timeout,
                show=self._settings.show,
                runs=self._verdicts.runs,
            )
        return self._checker
