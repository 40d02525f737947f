"""The proposer of repair templates: what every family drafts for a fault, the likeliest first, within a bound."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.proposer import Cost, Fault
from signoff.diagnostics.fixes.templates import families
from signoff.diagnostics.fixes.templates.place import NAME, Draft, Place
from signoff.diagnostics.fixes.verdict import Refusal
from signoff.verifiers.text import apply_edits

# Each candidate costs a run of the quick tools, about 10 ms.
CANDIDATES = 24
# Characters: a generated netlist is nothing that a template is about.
LONGEST = 2_000_000


class Templates:
    """Small edits at the faulty place: operators, widths, edges, polarities, defaults, swaps, literals.

    Which of several is meant nobody but a person knows: where more than one is proven, each is ambiguous.
    """

    name = NAME
    cost = Cost.MANY

    def concerned(self, fault: Fault) -> bool:
        """Whether a family knows the finding's code, in its language."""
        found = families.of(fault.snapshot.language).get(fault.finding.code)
        return bool(found) and len(fault.snapshot.text) <= LONGEST

    async def propose(self, fault: Fault) -> AsyncGenerator[FixCandidate, Refusal | None]:
        """The candidates, each text once. What came of those before changes nothing: all are read off the text."""
        for candidate in await asyncio.to_thread(drafted, fault):
            yield candidate


def drafted(fault: Fault) -> tuple[FixCandidate, ...]:
    """At most CANDIDATES for a fault, the likeliest first; a family that fails on a text drafts nothing more of it."""
    if len(fault.snapshot.text) > LONGEST:
        return ()
    drafts = sorted(_drafts(Place(fault)), key=lambda draft: draft.odds)
    seen: dict[str, FixCandidate] = {}
    for draft in drafts:
        if draft.candidate.edits and (text := _result(fault, draft.candidate)) != fault.snapshot.text:
            seen.setdefault(text, draft.candidate)
        if len(seen) == CANDIDATES:
            break
    return tuple(seen.values())


def _drafts(place: Place) -> Iterator[Draft]:
    for family in families.of(place.snapshot.language).get(place.code, ()):
        try:
            yield from family(place)
        except (IndexError, ValueError):
            # Half-typed text: what was meant to stand there does not.
            continue


def _result(fault: Fault, candidate: FixCandidate) -> str:
    try:
        return apply_edits(fault.snapshot.text, candidate.edits)
    except ValueError:
        return fault.snapshot.text
