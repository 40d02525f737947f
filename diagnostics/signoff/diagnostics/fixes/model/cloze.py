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
from dataclasses import dataclass, replace

from signoff.completion import candidates, nesting, prompt
from signoff.completion.budget import limits
from signoff.completion.context import Hole, hole_at
from signoff.completion.model.protocol import Model, ModelUnavailable, Request
from signoff.completion.passage import ContextSource, Passage
from signoff.completion.reader import below
from signoff.completion.stream import Drafts
from signoff.completion.window import CHARACTERS
from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.model import facts, ground
from signoff.diagnostics.fixes.model.masks import Kind, Mask, masks
from signoff.diagnostics.fixes.proposer import Cost, Fault
from signoff.diagnostics.fixes.verdict import Refusal
from signoff.verifiers.text import line_index

log = logging.getLogger(__name__)

NAME = "cloze"
# First the likeliest text of every mask, then several others of each. Both were measured (docs/fixes.md).
TEMPERATURE, DRAWS = 0.5, 3
# Tokens beyond what the masked text takes; and what a statement may take at most.
MORE_TOKENS, MOST_TOKENS = 24, 160
# Characters of a text; a server that does not keep to the tokens pours out more.
LONGEST = 4_000
OPENERS, CLOSERS = frozenset("([{"), frozenset(")]}")


@dataclass(frozen=True, slots=True)
class _Blank:
    """A mask, and the hole that it leaves in the text."""

    mask: Mask
    hole: Hole


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
            blanks = [one for mask in await asyncio.to_thread(masks, fault) if (one := _blank(fault, mask))]
            asked = [(one, await self._request(fault, one)) for one in blanks]
            for temperature, draws in ((0.0, 1), (TEMPERATURE, DRAWS)):
                for blank, request in asked:
                    proven = False
                    texts = await self._texts(blank, replace(request, temperature=temperature), draws)
                    for candidate in self._fresh(fault, blank, texts, seen):
                        proven = (yield candidate) is None or proven
                    if proven:
                        return
        except ModelUnavailable as error:
            log.info("nothing is filled in: %s", error)

    def _fresh(self, fault: Fault, blank: _Blank, texts: Iterable[str], seen: set[str]) -> list[FixCandidate]:
        """The candidates of what the model wrote, without texts that were proposed before."""
        found = []
        for text in texts:
            mask, whole = blank.mask, fault.snapshot.text
            mended = whole[: mask.start] + text + whole[mask.end :]
            piece = ground.Piece(mask.start, mask.end, text)
            if mended not in seen and (one := ground.candidate(fault, [piece], NAME, self._name, 1)) is not None:
                found.append(one)
            seen.add(mended)
        return found

    @property
    def _name(self) -> str:
        return self._model.description.name

    async def _texts(self, blank: _Blank, request: Request, draws: int) -> list[str]:
        """What the model writes there, what it writes most often first."""
        together = max(min(draws, self._model.description.candidates), 1)
        drawn: list[str] = []
        for seed in range(0, draws, together):
            drawn += await self._drawn(replace(request, seed=seed + 1, n=min(together, draws - seed)), blank)
        fitted = [text for raw in drawn if (text := fitting(raw, blank.mask, blank.hole))]
        return [text for text, _ in Counter(fitted).most_common()]

    async def _drawn(self, request: Request, blank: _Blank) -> list[str]:
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

    async def _request(self, fault: Fault, blank: _Blank) -> Request:
        """The request for one text; what is said nearest to the place comes last."""
        known, tokens = self._model.description, _tokens(blank.mask)
        masked = replace(fault.snapshot, text=blank.hole.prefix + blank.hole.suffix)
        found = await facts.known(self._sources, fault, masked, blank.hole)
        room = int(limits(known, tokens).passages * CHARACTERS)
        passages = (*reversed(facts.within(found, room)), _told(fault))
        path = below(fault.project.root, fault.snapshot.path)
        return prompt.build(blank.hole, known, passages, max_tokens=tokens, path=path)


def _tokens(mask: Mask) -> int:
    return min(int((mask.end - mask.start) / 2) + MORE_TOKENS, MOST_TOKENS)


def _blank(fault: Fault, mask: Mask) -> _Blank | None:
    """The hole that a mask leaves; None inside comments and strings, where nothing is filled in."""
    text = fault.snapshot.text
    masked = text[: mask.start] + text[mask.end :]
    line, column = line_index(text).position(mask.start)
    hole = hole_at(replace(fault.snapshot, text=masked), line, column)
    if hole is None:
        return None
    if mask.kind is not Kind.STATEMENT:
        hole = replace(hole, block=False, single=False, statement=False)
    return _Blank(mask, hole)


def _told(fault: Fault) -> Passage:
    """What the tool says, as a comment above the line."""
    return Passage("", f"ERROR: {facts.brief(fault.finding.message)}", why="the finding", near=True)


def fitting(text: str, mask: Mask, hole: Hole) -> str:
    """The text as far as it belongs in the mask: one statement, or up to what stands behind the mask."""
    text = text.strip() if mask.kind is not Kind.GAP else text.rstrip()
    if mask.kind in (Kind.LINE, Kind.STATEMENT):
        ends = candidates.boundaries(text, hole.language)
        return text[: ends[0]] if ends and hole.language not in nesting.PYTHON else text
    return text[: _leaves(text, hole)].rstrip()


def _leaves(text: str, hole: Hole) -> int:
    """Where the text closes what was open before it, or comes to what follows the mask."""
    depth, behind = 0, hole.line_suffix.lstrip()[:1]
    for token in ground.tokens(text, hole.language):
        if token.text in OPENERS:
            depth += 1
        elif token.text in CLOSERS:
            depth -= 1
        if depth < 0 or (depth == 0 and behind in (";", ",") and token.text == behind) or token.kind == "comment":
            return token.start
    return len(text)
