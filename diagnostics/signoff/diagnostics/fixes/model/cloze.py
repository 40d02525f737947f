"""Cloze: what is at the faulty place is masked, and a model that fills in writes it anew, as in a completion.

A small model can do that which cannot follow an instruction: it need only go on with the code before and against the
code behind. Above the line it reads what the tool says.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import AsyncGenerator, Iterable, Sequence
from dataclasses import replace

from signoff.completion import prompt
from signoff.completion.budget import limits
from signoff.completion.model.protocol import Model, ModelUnavailable, Request
from signoff.completion.passage import ContextSource, Passage
from signoff.completion.reader import below
from signoff.completion.stream import Drafts
from signoff.completion.window import CHARACTERS
from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.model import facts, ground
from signoff.diagnostics.fixes.model.blanks import Blank, blank, variants
from signoff.diagnostics.fixes.model.ground import Piece
from signoff.diagnostics.fixes.model.masks import masks
from signoff.diagnostics.fixes.model.reach import overreach
from signoff.diagnostics.fixes.proposer import Cost, Fault
from signoff.diagnostics.fixes.verdict import Refusal

log = logging.getLogger(__name__)

NAME = "cloze"
# First the likeliest text of every mask, then several others of each.
TEMPERATURE, DRAWS = 0.5, 3
# Characters of a text; a server that does not keep to the tokens pours out more.
LONGEST = 4_000


class Cloze:
    """Has `model` fill in the faulty place. `sources` know facts of it: declarations, ports, prototypes."""

    name = NAME
    cost = Cost.MODEL

    def __init__(self, model: Model, sources: Sequence[ContextSource] = ()) -> None:
        self._model = model
        self._sources = tuple(sources)

    def concerned(self, fault: Fault) -> bool:
        """Whether a model may be asked about such a fault."""
        return ground.mendable(fault)

    async def propose(self, fault: Fault) -> AsyncGenerator[FixCandidate, Refusal | None]:
        """What the model writes, each text once. Once one of them is proven it is asked no more."""
        try:
            seen = {fault.snapshot.text}
            blanks = [one for mask in await asyncio.to_thread(masks, fault) if (one := blank(fault, mask))]
            asked = [(one, await self._request(fault, one)) for one in blanks]
            for temperature, draws in ((0.0, 1), (TEMPERATURE, DRAWS)):
                for place, request in asked:
                    texts = await self._texts(place, replace(request, temperature=temperature), draws)
                    proven = False
                    for ways in variants(texts, place, fault.snapshot.text):
                        for candidate in self._fresh(fault, ways, seen):
                            if (yield candidate) is None:
                                proven = True
                                break
                    if proven:
                        return
        except ModelUnavailable as error:
            log.info("nothing is filled in: %s", error)

    def _fresh(self, fault: Fault, ways: Iterable[Piece], seen: set[str]) -> list[FixCandidate]:
        """The candidates of one of the model's texts, without those that were proposed before."""
        found, whole = [], fault.snapshot.text
        for piece in ways:
            mended = whole[: piece.start] + piece.text + whole[piece.end :]
            if mended not in seen and not overreach(fault, [piece]):
                found += [one] if (one := ground.candidate(fault, [piece], NAME, self._name, 1)) else []
            seen.add(mended)
        return found

    @property
    def _name(self) -> str:
        return self._model.description.name

    async def _texts(self, blank: Blank, request: Request, draws: int) -> list[str]:
        """What the model writes there, what it writes most often first."""
        together = max(min(draws, self._model.description.candidates), 1)
        drawn: list[str] = []
        for seed in range(0, draws, together):
            drawn += await self._drawn(replace(request, seed=seed + 1, n=min(together, draws - seed)), blank)
        return [text for text, _ in Counter(filter(None, drawn)).most_common()]

    async def _drawn(self, request: Request, blank: Blank) -> list[str]:
        drafts, room = Drafts(blank.hole, request.n), LONGEST * request.n
        async with contextlib.aclosing(self._model.stream(request)) as pieces:  # type: ignore[type-var]
            async for piece in pieces:
                room -= len(piece.text)
                if room < 0:
                    break
                drafts.take(piece)
                if drafts.settled:
                    break
        drafts.end(whole=False)
        return drafts.texts

    async def _request(self, fault: Fault, blank: Blank) -> Request:
        """The request for one text; what is said nearest to the place comes last."""
        known, tokens = self._model.description, blank.tokens
        masked = replace(fault.snapshot, text=blank.hole.prefix + blank.hole.suffix)
        found = await facts.known(self._sources, fault, masked, blank.hole)
        room = int(limits(known, tokens).passages * CHARACTERS)
        passages = (*reversed(facts.within(found, room)), _told(fault))
        path = below(fault.project.root, fault.snapshot.path)
        return prompt.build(blank.hole, known, passages, max_tokens=tokens, path=path)


def _told(fault: Fault) -> Passage:
    """What the tool says, as a comment above the line.

    The wrong line itself is not told: where it is, a 0.5B model writes it again (right in 1 of 10 faults, else in 3).
    """
    return Passage("", f"ERROR: {facts.brief(fault.finding.message)}", why="the finding", near=True)
