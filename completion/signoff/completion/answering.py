"""One question answered: from what is known, from a request on its way, or by asking the model; judged and ranked."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass

from signoff.completion import prompt, silence
from signoff.completion.cache import Entry, Known, Reach, Ticket
from signoff.completion.cadence import pause
from signoff.completion.check import LATE, Checked
from signoff.completion.context import Hole, hole_at
from signoff.completion.flight import Flight
from signoff.completion.flow import Flow, Offer, Question, bare
from signoff.completion.landing import Landing, Superseded
from signoff.completion.model.protocol import (
    Description,
    Model,
    ModelChanged,
    ModelUnavailable,
    PromptTooLong,
    Request,
)
from signoff.completion.place import Since, line_ended, moved, place_at, span_of
from signoff.completion.rank import rank
from signoff.completion.suggestion import Suggestion, Verdict
from signoff.completion.verdicts import Judging, digest
from signoff.verifiers.finding import Span

# Who types and has waited so long, in seconds, is not made to wait for a second answer of the model.
AGAIN_WITHIN = 1.5
# Seconds before a pause ends in which what matters at the place is gathered: it mostly takes less.
AHEAD = 0.05
# A model whose first token comes so soon, in seconds, has ended before a tool that was asked in advance.
SOON = 0.03
# Characters that a token has at most on average, for how far into the document a model reads.
TOKEN_CHARACTERS = 4


@dataclass(frozen=True, slots=True)
class _Judged:
    checked: Checked
    ticket: Ticket
    span: Span


class Answering:
    """Answers one question. run() may be cancelled at any point; the model's work may go on for the next question."""

    def __init__(self, flow: Flow, question: Question) -> None:
        self._flow = flow
        self._settings = flow.settings
        self._question = question
        self._snapshot = question.snapshot
        self._judges = flow.judges(question.snapshot, question.project)
        self._place = place_at(question.snapshot, question.line, question.column)
        self._found: list[_Judged] = []
        self._hole: Hole | None = None
        # Whether all that the model would say is there; where it is not, nothing found means nothing.
        self._whole = True
        # When it began to wait for the model.
        self._begun: float | None = None

    async def run(self) -> tuple[Offer, ...]:
        """What can be offered, best first; nothing, and no model is asked, where nothing could be."""
        if not self._judges and self._settings.show == "verified":
            flow, question = self._flow, self._question
            flow.silence = silence.without_judges(flow.verifiers, question.snapshot, question.project)
            return ()
        with contextlib.suppress(Superseded):
            if await self._remembered():
                return self._offers()
            try:
                if await self._on_its_way() or await self._ask():
                    self._remember()
                    self._tell()
            except ModelUnavailable:
                self._flow.silence = ""  # the status says so
        return self._offers()

    def _tell(self) -> None:
        """Note why nothing is shown, where it is so."""
        if self._whole and not self._question.prefetch and not self._offers():
            self._flow.silence = silence.of_texts([one.checked for one in self._found], self._snapshot)

    async def _remembered(self) -> bool:
        """Look into the cache; whether that answers the question."""
        hit = self._flow.cache.get(self._snapshot.uri, self._place)
        if hit is None or (not self._question.automatic and not hit.entry.several and not hit.rests):
            return False
        if not hit.rests:
            here = hit.entry.document == digest(self._place.prefix, self._place.suffix)
            self._flow.tally.hits += here
            return here
        hole = moved(hit.entry.hole, self._place, hit.since)
        with contextlib.closing(self._judging(hole)) as judging:
            checked = await judging.check_all([one.text for one in hit.rests])
        if self._question.automatic and not any(map(self._will_do, checked)) and any(map(_is_late, checked)):
            return True  # another text would be judged no sooner; these are being judged, for the next key
        rows = zip(checked, hit.rests, strict=True)
        self._found = [_Judged(one, known.ticket, span_of(self._place, hit.since)) for one, known in rows]
        if not self._offers():
            # The document is another one elsewhere: what was accepted then is not any more.
            self._found = []
            return False
        self._flow.tally.hits += 1
        return self._question.automatic or hit.entry.several

    async def _on_its_way(self) -> bool:
        """Wait for a request that what was typed agrees with; whether that answers the question."""
        found = self._flow.flights.agreeing(self._snapshot.uri, self._place)
        if found is None or self._found:
            return False
        flight, since = found
        self._flow.tally.kept += 1
        self._begun = time.monotonic()
        hole = moved(flight.hole, self._place, since)
        with contextlib.closing(self._judging(hole)) as judging:
            if not await self._land(flight, since, judging):
                return False
        self._hole = hole
        return self._question.automatic and self._good() > 0

    async def _ask(self) -> bool:
        """Ask the model, as often as the question is worth; whether it was asked."""
        hole = hole_at(self._snapshot, self._question.line, self._question.column)
        if hole is None or (self._question.automatic and line_ended(hole.line_prefix, hole.line_suffix, hole.language)):
            return False
        self._hole = hole
        model = await self._flow.keeper.open(automatic=self._question.automatic)
        await self._pause(model.description, hole)
        self._whole, begun = True, self._begun or time.monotonic()
        if time.monotonic() - begun >= self._settings.timeout:
            return False
        with contextlib.closing(self._judging(hole)) as judging:
            for count, temperature, seed in self._rounds(model.description):
                await self._round(hole, judging, begun + self._settings.timeout, count, temperature, seed)
                if not self._worth_another(time.monotonic() - begun):
                    break
        return True

    def _worth_another(self, spent: float) -> bool:
        """Whether another request may bring what the ones before, which took so many seconds, have not."""
        if not self._question.automatic:
            return spent < self._settings.timeout
        late = any(_is_late(one.checked) for one in self._found)
        return self._whole and not late and not self._good() and spent < min(AGAIN_WITHIN, self._settings.timeout)

    async def _round(
        self, hole: Hole, judging: Judging, until: float, count: int, temperature: float, seed: int
    ) -> None:
        """One request, cut off at `until`; sent once more where it was too long or the server has another model now."""
        for attempt in (1, 2):
            try:
                model = await self._flow.keeper.open(automatic=self._question.automatic)
                request = await self._request(model, hole, count, temperature, seed)
                if self._question.prefetch and self._flow.flights.has(self._snapshot.uri):
                    raise Superseded
                ticket = Ticket(model.description.name, self._question.prefetch)
                flight = Flight(self._snapshot.uri, hole, count, ticket)
                pieces, local = model.stream(request), model.description.local
                left = max(until - time.monotonic(), 0.0)
                self._flow.flights.start(flight, pieces, left, alone=local)
                self._flow.tally.sent(ticket)
                if self._judges:
                    judging.prepare(soon=0 < self._flow.keeper.health.latency < SOON)
                await self._land(flight, Since(), judging)
                return
            except (PromptTooLong, ModelChanged):
                if attempt == 2:
                    raise

    async def _request(self, model: Model, hole: Hole, count: int, temperature: float, seed: int) -> Request:
        known, wanted, flow = model.description, self._settings, self._flow
        reach = Reach(known.budget.prefix * TOKEN_CHARACTERS, known.budget.suffix * TOKEN_CHARACTERS)
        flow.cache.reach = reach
        around = await flow.reader.read(
            self._snapshot,
            self._question.project,
            hole,
            known,
            max_tokens=wanted.max_tokens,
            count=model.count_tokens,
        )
        return prompt.build(
            hole,
            known,
            around.passages,
            max_tokens=wanted.max_tokens,
            temperature=temperature,
            seed=seed,
            n=count,
            path=around.path,
            read=around.window,
        )

    def _rounds(self, known: Description) -> Iterator[tuple[int, float, int]]:
        """(candidates, temperature, seed) of the requests that the question is worth.

        The likeliest text is asked for alone. Others are drawn: one more where it was refused, or as many as are
        wanted on an explicit request, in one request where the server can.
        """
        wanted, drawn, most = self._settings.candidates, self._settings.temperature, max(known.candidates, 1)
        several, known_already = wanted > 1 and drawn > 0, bool(self._found)
        if not known_already and (self._question.automatic or most == 1 or not several):
            yield 1, 0.0, 0
            known_already = True
        left = (wanted - known_already) * several
        if self._question.automatic:
            left = min(left, most, 1 if known.local else 2)
        for seed, start in enumerate(range(0, left, most), 1):
            yield min(left - start, most), drawn, seed

    async def _pause(self, known: Description, hole: Hole) -> None:
        """Wait for the end of the burst of keys."""
        if not self._question.automatic or self._question.prefetch or self._found:
            return
        seconds = self._settings.debounce
        if seconds < 0:
            latency = self._flow.keeper.health.latency
            seconds = pause(self._flow.cadence, hole.prefix[-1:], latency=latency, local=known.local)
        left = self._question.at + seconds - time.monotonic()
        if left > AHEAD:
            await asyncio.sleep(left - AHEAD)
        if left > 0:
            wanted = self._settings.max_tokens
            self._flow.reader.ahead(self._snapshot, self._question.project, hole, known, max_tokens=wanted)
            await asyncio.sleep(min(left, AHEAD))

    async def _land(self, flight: Flight, since: Since, judging: Judging) -> bool:
        """Take what a request comes to; whether that is anything. Raises as Landing.run()."""
        enough = self._will_do if self._question.automatic else None
        checked = await Landing(self._flow.flights, flight, since, judging, enough).run()
        self._whole = self._whole and flight.whole
        span = span_of(self._place, since)
        self._found += [_Judged(one, flight.ticket, span) for one in checked if one.text]
        return bool(checked)

    def _will_do(self, checked: Checked) -> bool:
        return checked.accepted or (not self._judges and bool(checked.text))

    def _good(self) -> int:
        return sum(self._will_do(one.checked) for one in self._found)

    def _judging(self, hole: Hole) -> Judging:
        question = self._question
        return Judging(self._flow.verdicts, self._judges, question.snapshot, question.project, hole, self._settings)

    def _remember(self) -> None:
        """Keep what is offered, also that it is nothing where that is sure, for the same place."""
        texts = tuple(Known(one.suggestion.text, one.ticket) for one in self._offers())
        sure = self._whole and all(one.checked.refused or one.checked.tools for one in self._found)
        if self._hole is None or not (texts or sure):
            return
        document = b"" if texts else digest(self._place.prefix, self._place.suffix)
        entry = Entry(texts, bare(self._hole), self._whole and not self._question.automatic, document)
        self._flow.cache.put(self._snapshot.uri, self._hole.prefix, self._hole.suffix, entry)

    def _offers(self) -> tuple[Offer, ...]:
        rows: dict[str, _Judged] = {}
        for row in self._found:
            rows.setdefault(row.checked.text, row)
        # Where nobody can judge, and the user wants to see it nevertheless, the model's own order counts.
        show = self._settings.show if self._judges else "verified-first"
        ranked = rank((one.checked for one in self._found), show=show)
        return tuple(_offer(one, rows[one.text]) for one in ranked)


def _offer(checked: Checked, row: _Judged) -> Offer:
    return Offer(Suggestion(checked.text, row.span, _verdict(checked), row.ticket.model), row.ticket)


def _verdict(checked: Checked) -> Verdict:
    """What is proven of a text, in the tools' own words."""
    refused = tuple(f"{one.tool}: {one.message}" for one in checked.refused)
    return Verdict(
        checked.tools,
        checked.not_run,
        checked.seconds,
        refused,
        checked.cut,
        checked.reason,
        checked.leaves,
        checked.under,
    )


def _is_late(checked: Checked) -> bool:
    """Whether a tool has yet to say what it thinks of a text that nobody has refused."""
    return not checked.tools and not checked.refused and any(reason == LATE for _, reason in checked.not_run)
