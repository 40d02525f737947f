"""Instruction: a model that can be talked to is told of the fault and answers with edits; what the tools say of these
goes back to it, for a few rounds."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

from signoff.completion.context import hole_at
from signoff.completion.model.chat import Chat, Said, Talk, Turn, chatting, whole
from signoff.completion.model.protocol import Description, Model, ModelUnavailable, PromptTooLong
from signoff.completion.passage import ContextSource, Passage
from signoff.completion.window import CHARACTERS
from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.model import blocks, facts, ground, talk
from signoff.diagnostics.fixes.model.excerpt import Excerpt, excerpt
from signoff.diagnostics.fixes.model.reach import overreach
from signoff.diagnostics.fixes.proposer import Cost, Fault
from signoff.diagnostics.fixes.verdict import Refusal
from signoff.verifiers.text import apply_edits

log = logging.getLogger(__name__)

NAME = "instruction"
# On this machine's own processor a round takes from ten seconds to a minute.
ROUNDS, LOCAL_ROUNDS = 3, 2
# A model that was refused and is not let vary says the same again.
TEMPERATURES = (0.0, 0.3, 0.6)
# Tokens of an answer; on this machine's own processor each takes a twentieth of a second or more.
ANSWER, LOCAL_ANSWER = 2048, 320
# Characters of the code that is shown, and of facts beside it.
SHOWN, LOCAL_SHOWN, FACTS = 24_000, 2_400, 4_000
# Tokens that the instruction itself, the tools' words and one refused answer take.
AROUND = 1_200
# Characters of a refused answer that the model is shown again.
RETOLD = 5_000


@dataclass(frozen=True, slots=True)
class _Room:
    """What a model may be shown, in characters, and may answer, in tokens."""

    code: int
    facts: int
    answer: int


class Instruction:
    """Talks to `model`. `sources` know facts of the place: declarations, ports, prototypes.

    A model that cannot be talked to proposes nothing.
    """

    name = NAME
    cost = Cost.MODEL

    def __init__(self, model: Model, sources: Sequence[ContextSource] = ()) -> None:
        self._model = model
        self._sources = tuple(sources)

    def concerned(self, fault: Fault) -> bool:
        """Whether a model may be asked about such a fault."""
        return ground.mendable(fault)

    async def propose(self, fault: Fault) -> AsyncGenerator[FixCandidate, Refusal | None]:
        """One candidate a round at most, until one is proven. An answer that is no edit takes a round, too."""
        try:
            chat = await chatting(self._model)
            room = _room(chat.description)
            shown = await asyncio.to_thread(excerpt, fault, room.code)
            asked = talk.question(fault, shown, await self._facts(fault, room))
            turns: tuple[Turn, ...] = (asked,)
            before: str | None = None
            for number in range(LOCAL_ROUNDS if chat.description.local else ROUNDS):
                said = await _answered(chat, turns, room, number)
                if said.text == before:
                    return  # it was told what is wrong with that, and has nothing else to say
                before = said.text
                made = _candidate(fault, shown, said, chat.description.name, number + 1)
                if isinstance(made, FixCandidate):
                    refusal = yield made
                    if refusal is None:
                        return
                    turns = (asked, *_retold(said, _refused(fault, made, refusal)))
                else:
                    log.info("round %d of %s: %s", number + 1, chat.description.name, made)
                    turns = (asked, *_retold(said, talk.again(made)))
        except PromptTooLong as error:
            log.info("%s cannot be told of a fault: %s", self._model.description.name, error)
        except ModelUnavailable as error:
            log.info("no model is talked to: %s", error)

    async def _facts(self, fault: Fault, room: _Room) -> tuple[Passage, ...]:
        span = fault.finding.span
        hole = hole_at(fault.snapshot, span.end_line, span.end_column)
        if hole is None:
            return ()
        return facts.within(await facts.known(self._sources, fault, fault.snapshot, hole), room.facts)


def _room(known: Description) -> _Room:
    """What fits into the model's context; on this machine's own processor reading much takes too long."""
    answer = LOCAL_ANSWER if known.local else ANSWER
    code = LOCAL_SHOWN if known.local else SHOWN
    if known.context_tokens:
        answer = min(answer, known.context_tokens // 4)
        # Of a refused round the answer is told again.
        left = int((known.context_tokens - 2 * answer - AROUND) * CHARACTERS)
        code = max(min(code, left * 4 // 5), 400)
    return _Room(code, min(FACTS, code // 4), answer)


async def _answered(chat: Chat, turns: Sequence[Turn], room: _Room, number: int) -> Said:
    temperature = TEMPERATURES[min(number, len(TEMPERATURES) - 1)]
    asked = Talk(tuple(turns), room.answer, temperature, number + 1)
    return await whole(chat, asked, blocks.LONGEST + 1)


def _candidate(fault: Fault, shown: Excerpt, said: Said, model: str, rounds: int) -> FixCandidate | str:
    """The candidate that an answer is, or why it is none."""
    try:
        pieces = blocks.pieces(said.text, shown, fault.snapshot.text)
    except blocks.Unusable as error:
        return "The answer was cut off: it is too long." if said.finish in ("length", "cut") else str(error)
    if reason := overreach(fault, pieces):
        return f"The edit {reason}."
    made = ground.candidate(fault, pieces, NAME, model, rounds)
    return made if made is not None else "The edits change nothing."


def _retold(said: Said, refusal: Turn) -> tuple[Turn, ...]:
    """The last answer and why it was refused; those before are left out, so that a talk does not grow."""
    answer = said.text if said.text.strip() and len(said.text) <= RETOLD else "(an answer that was of no use)"
    return Turn("assistant", answer), refusal


def _refused(fault: Fault, made: FixCandidate, refusal: Refusal) -> Turn:
    mended = apply_edits(fault.snapshot.text, made.edits)
    return talk.again(f"With these edits: {refusal.reason}.", refusal, mended)
