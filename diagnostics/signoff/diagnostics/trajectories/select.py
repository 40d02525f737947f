"""Which trajectories of many are wanted, each once. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from signoff.diagnostics.trajectories.record import Record


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a trajectory must be; empty: anything. `since` and `until` are days (YYYY-MM-DD), both included.

    `proven`: it has a repair; `certain`: one that needs no person: not ambiguous, and no more than the fault changed.
    """

    languages: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    codes: frozenset[str] = frozenset()
    proposers: frozenset[str] = frozenset()
    origins: frozenset[str] = frozenset()
    since: str = ""
    until: str = ""
    proven: bool = False
    certain: bool = False

    def takes(self, record: Record) -> bool:
        """Whether a trajectory is wanted."""
        fault, repair, day = record["fault"], record["repair"], record["time"][:10]
        chosen = (
            (self.languages, record["language"]),
            (self.kinds, fault.get("kind")),
            (self.codes, fault.get("code")),
            (self.origins, record.get("origin")),
        )
        if any(wanted and value not in wanted for wanted, value in chosen):
            return False
        if (self.since and day < self.since) or (self.until and day > self.until):
            return False
        if (self.proven or self.certain) and repair is None:
            return False
        if self.certain and (repair.get("ambiguous") or repair.get("behaviour")):
            return False
        return not self.proposers or _proposer(record) in self.proposers


def _proposer(record: Record) -> str:
    """Who thought of the repair; "" where there is none."""
    repair, attempts = record["repair"], record["attempts"]
    number = repair.get("attempt") if repair is not None else None
    if not isinstance(number, int) or not 0 <= number < len(attempts) or not isinstance(attempts[number], dict):
        return ""
    return str(attempts[number].get("proposer", ""))


def selected(records: Iterable[Record], wanted: Wanted) -> Iterator[Record]:
    """Those that are wanted, in their order, the first of equal ones."""
    seen: set[str] = set()
    for record in records:
        if record["id"] not in seen and wanted.takes(record):
            seen.add(record["id"])
            yield record
