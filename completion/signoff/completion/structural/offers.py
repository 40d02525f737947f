"""All structural completions at a cursor: asked of every kind at once, judged, within what an editor waits."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from signoff.completion.structural.gathering import Gathering, alike
from signoff.completion.structural.judge import Judge, Judges, Offer, is_late
from signoff.completion.structural.kind import NotKnownYet, StructuralKind
from signoff.completion.structural.place import Place, place_at
from signoff.completion.structural.proposal import Proposal, lines
from signoff.completion.suggestion import Verdict
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot

log = logging.getLogger(__name__)

# A list of completions is waited for; what is not known or not judged by then is there at the next key.
WAIT_SECONDS = 0.15
MOST = 40


@dataclass(frozen=True, slots=True)
class Offers:
    """What may be shown, best first. `complete` is False where more may come: the editor is to ask again."""

    items: tuple[Offer, ...] = ()
    complete: bool = True


@dataclass(frozen=True, slots=True)
class _Found:
    """What the kinds propose; `partial`: one of them is still reading what it needs."""

    proposals: tuple[Proposal, ...]
    partial: bool


class Structural:
    """Asks the kinds. `verifiers` judge what they propose, as far as they know the language."""

    def __init__(self, kinds: Sequence[StructuralKind], verifiers: Judges) -> None:
        self._kinds = tuple(kinds)
        self._judge = Judge(verifiers)
        self._found: Gathering[_Found] = Gathering()
        self._told: set[type] = set()

    async def offers(
        self,
        snapshot: Snapshot,
        project: Project,
        line: int,
        column: int,
        *,
        wait: float = WAIT_SECONDS,
        era: object = None,
    ) -> Offers:
        """What fits at (line, column), judged within `wait` seconds. What takes longer goes on.

        `era`: what is found out in one says nothing in another (before and after the workspace is read).
        """
        until = asyncio.get_running_loop().time() + wait
        place = place_at(snapshot, line, column)
        wanted = [kind for kind in self._kinds if snapshot.language in kind.languages and kind.wants(place)]
        if not wanted or not place.takes_names:
            return Offers()
        key = snapshot.text, place.offset, alike(project, snapshot.uri), era
        found = await self._found.answer(snapshot.uri, key, lambda: self._find(wanted, place, project), until=until)
        if found is None:
            return Offers(complete=False)
        tasks = {one: self._judge.start(place, project, one) for one in found.proposals if one.judged}
        if tasks:
            await asyncio.wait(tasks.values(), timeout=max(until - asyncio.get_running_loop().time(), 0.0))
        complete = not found.partial and all(task.done() and not is_late(task) for task in tasks.values())
        offers = (_offer(one, tasks.get(one)) for one in found.proposals)
        return Offers(tuple(offer for offer in offers if offer is not None), complete)

    async def close(self) -> None:
        """End what is still being asked and judged."""
        await self._found.close()
        await self._judge.close()

    async def _find(self, kinds: Sequence[StructuralKind], place: Place, project: Project) -> _Found:
        """What the kinds propose. Judging it begins at once, also where nobody waits any longer."""
        found = await asyncio.gather(*(self._propose(kind, place, project) for kind in kinds))
        proposals = tuple(one for some, _ in found for one in some)[:MOST]
        for one in proposals:
            if one.judged:
                self._judge.start(place, project, one)
        return _Found(proposals, any(partial for _, partial in found))

    async def _propose(self, kind: StructuralKind, place: Place, project: Project) -> tuple[list[Proposal], bool]:
        """(what a kind proposes, whether there may be more in a moment)."""
        partial = False
        found: Sequence[Proposal]
        try:
            found = await kind.propose(place, project)
        except NotKnownYet as so_far:
            found, partial = so_far.found, True
        except Exception as error:  # one kind that fails must not cost the user the others
            if type(kind) not in self._told:
                self._told.add(type(kind))
                log.error("completion of %s failed", type(kind).__name__, exc_info=error)
            return [], False
        return [_with_line_ends(one, place.newline) for one in found], partial


def _offer(proposal: Proposal, task: asyncio.Task[Offer | None] | None) -> Offer | None:
    if task is None:
        return Offer(proposal, Verdict(()))
    if not task.done() or task.cancelled() or is_late(task):
        return None
    if (error := task.exception()) is not None:
        log.error("a structural completion could not be judged", exc_info=error)
        return None
    return task.result()


def _with_line_ends(proposal: Proposal, newline: str) -> Proposal:
    if newline == "\n":
        return proposal
    plainer = _with_line_ends(proposal.plainer, newline) if proposal.plainer is not None else None
    return replace(proposal, body=lines(proposal.body, newline), plainer=plainer)
