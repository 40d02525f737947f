"""All structural completions at a cursor: asked of every kind at once, judged, within what an editor waits."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from signoff.completion.structural.judge import Judge, Judges, Offer, is_late
from signoff.completion.structural.kind import StructuralKind
from signoff.completion.structural.place import Place, place_at
from signoff.completion.structural.proposal import Proposal, lines
from signoff.completion.suggestion import Verdict
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot

log = logging.getLogger(__name__)

# A list of completions is waited for; what is not judged by then is there at the next key.
WAIT_SECONDS = 0.15
MOST = 40


@dataclass(frozen=True, slots=True)
class Offers:
    """What may be shown, best first. `complete` is False where more may come: the editor is to ask again."""

    items: tuple[Offer, ...] = ()
    complete: bool = True


class Structural:
    """Asks the kinds. `verifiers` judge what they propose, as far as they know the language."""

    def __init__(self, kinds: Sequence[StructuralKind], verifiers: Judges) -> None:
        self._kinds = tuple(kinds)
        self._judge = Judge(verifiers)
        self._told: set[type] = set()

    async def offers(
        self, snapshot: Snapshot, project: Project, line: int, column: int, *, wait: float = WAIT_SECONDS
    ) -> Offers:
        """What fits at (line, column), judged within `wait` seconds. A judgement that takes longer goes on."""
        place = place_at(snapshot, line, column)
        wanted = [kind for kind in self._kinds if snapshot.language in kind.languages and kind.wants(place)]
        if not wanted or not place.in_code:
            return Offers()
        gathering = asyncio.gather(*(self._propose(kind, place, project) for kind in wanted))
        found = [one for proposals in await gathering for one in proposals][:MOST]
        tasks = {one: self._judge.start(place, project, one) for one in found if one.judged}
        if tasks:
            await asyncio.wait(tasks.values(), timeout=wait)
        complete = all(task.done() and not is_late(task) for task in tasks.values())
        return Offers(tuple(offer for one in found if (offer := _offer(one, tasks.get(one))) is not None), complete)

    async def close(self) -> None:
        """End what is still being judged."""
        await self._judge.close()

    async def _propose(self, kind: StructuralKind, place: Place, project: Project) -> list[Proposal]:
        try:
            found = await kind.propose(place, project)
        except Exception as error:  # one kind that fails must not cost the user the others
            if type(kind) not in self._told:
                self._told.add(type(kind))
                log.error("completion of %s failed", type(kind).__name__, exc_info=error)
            return []
        return [_with_line_ends(one, place.newline) for one in found]


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
