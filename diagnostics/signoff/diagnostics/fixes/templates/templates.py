"""The proposer of repair templates: what every family drafts for a fault, the likeliest first, within a bound."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.proposer import Cost, Fault
from signoff.diagnostics.fixes.templates import families
from signoff.diagnostics.fixes.templates.place import NAME, Draft, Place
from signoff.diagnostics.fixes.verdict import Refusal
from signoff.diagnostics.taxonomy import is_syntax
from signoff.verifiers.finding import Severity
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
    """At most CANDIDATES for a fault, the likeliest first."""
    if len(fault.snapshot.text) > LONGEST or _hidden(fault):
        return ()
    drafts = sorted(_drafts(Place(fault)), key=lambda draft: draft.odds)
    seen: dict[str, FixCandidate] = {}
    for draft in drafts:
        if draft.candidate.edits and (text := _result(fault, draft.candidate)) != fault.snapshot.text:
            seen.setdefault(text, draft.candidate)
        if len(seen) == CANDIDATES:
            break
    return tuple(seen.values())


def _hidden(fault: Fault) -> bool:
    """Whether the finding is a warning of a text that does not even parse: it may be a mere consequence of that."""
    if fault.finding.severity is Severity.ERROR:
        return False
    found = (one for outcome in fault.known.values() for one in outcome.findings if one.path == fault.snapshot.path)
    return any(one.severity is Severity.ERROR and is_syntax(one) for one in found)


def _drafts(place: Place) -> Iterator[Draft]:
    for family in families.of(place.snapshot.language).get(place.code, ()):
        yield from family(place)


def _result(fault: Fault, candidate: FixCandidate) -> str:
    try:
        return apply_edits(fault.snapshot.text, candidate.edits)
    except ValueError:
        return fault.snapshot.text
