"""A proposer of what a tool has suggested in its own messages: nothing is run, it has spoken already."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.proposer import Cost, Fault
from signoff.diagnostics.fixes.tools.remedy import HDL, LONGEST
from signoff.diagnostics.fixes.verdict import Refusal


class Hints:
    """The hints of one tool; a tool has a class of its own, with its `name` and `hinted`."""

    name = ""
    cost = Cost.FREE

    def concerned(self, fault: Fault) -> bool:
        """Whether the tool may have a hint of the document."""
        return fault.snapshot.language in HDL and len(fault.snapshot.text) <= LONGEST

    async def propose(self, fault: Fault) -> AsyncGenerator[FixCandidate, Refusal | None]:
        """What the hints at the fault's place come to."""
        for candidate in self.hinted(fault):
            yield candidate

    def hinted(self, fault: Fault) -> Iterator[FixCandidate]:
        """The candidates of all of the tool's hints at the place of a fault."""
        raise NotImplementedError
