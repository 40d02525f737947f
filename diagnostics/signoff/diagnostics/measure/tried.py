"""One injected fault and what came of it: what was said of it, and what was made of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from signoff.diagnostics.measure.sameness import Same
from signoff.diagnostics.mutate.mutation import Mutant
from signoff.verifiers.finding import Finding
from signoff.verifiers.text import Edit

NEAR_LINES = 1
# A testbench tells that a repair is right, as a person would take it; that a fault is none it does not tell.
PROVEN = frozenset({Same.TEXT, Same.EQUIVALENT, Same.MACHINE_CODE})
RIGHT = PROVEN | {Same.TESTED}


@dataclass(frozen=True, slots=True)
class Repair:
    """The fix that one proposer would have offered first. `same`: what is known of the mended text beside the clean one
    (apart from blanks and comments); `others`: the same of the fixes that would have been offered beside it.
    `seconds` is the wall time of the search, `judging` that of the proof alone.
    """

    title: str
    rule: str
    level: str
    tools: tuple[str, ...]
    seconds: float
    judging: float = 0.0
    edits: tuple[Edit, ...] = ()
    same: Same = Same.UNKNOWN
    others: tuple[Same, ...] = ()

    @property
    def right(self) -> bool:
        """Whether the mended text is proven to mean what the clean one does, or passes its testbench."""
        return self.same in RIGHT

    @property
    def wrong(self) -> bool:
        """Whether it is proven to mean something else."""
        return self.same is Same.DIFFERENT

    @property
    def all_right(self) -> bool:
        """Whether every fix that would have been offered is right."""
        return all(one in RIGHT for one in (self.same, *self.others))


@dataclass(frozen=True, slots=True)
class Trial:
    """One fault and what came of it. `found`: what is newly reported, merged, the gravest first, those of the document
    before others. `asked`: the proposers that it concerns, in their order; `repairs`: by proposer, only where a fix was
    proven. `control`: what got through of the deletions."""

    mutant: Mutant
    found: tuple[Finding, ...]
    repairs: dict[str, Repair] = field(default_factory=dict)
    control: Repair | None = None
    asked: tuple[str, ...] = ()

    @property
    def detected(self) -> bool:
        """Whether any verifier reports something new."""
        return bool(self.found)

    @property
    def classified(self) -> bool:
        """Whether the first finding is of the fault's kind."""
        return self.detected and self.found[0].category is self.mutant.category

    @property
    def located(self) -> bool:
        """Whether the first finding is at most a line away from the fault."""
        return self.detected and _near(self.found[0], self.mutant)

    @property
    def located_by_any(self) -> bool:
        """Whether one of the findings is."""
        return any(_near(one, self.mutant) for one in self.found)

    @property
    def offered(self) -> Repair | None:
        """The repair of the first proposer, in the order in which they are asked, that has one."""
        return next((self.repairs[name] for name in self.asked if name in self.repairs), None)


def _near(finding: Finding, mutant: Mutant) -> bool:
    if finding.path != mutant.faulty.path:
        return False
    return any(abs(finding.span.start_line - line) <= NEAR_LINES for line in mutant.lines)
