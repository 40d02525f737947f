"""Who may propose a fix: rules, the tools' own fix-its, templates, a model. Whatever is proposed is proven before it is
offered, by the same judge (prove.py)."""

from __future__ import annotations

import enum
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.verdict import Refusal
from signoff.verifiers.finding import Finding, Outcome
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot


class Cost(enum.IntEnum):
    """What asking a proposer takes; the cheaper ones are asked first."""

    FREE = 0  # read off the text and what the tools have said of it
    TOOL = 1  # runs a tool once
    MANY = 2  # proposes many texts, each of which has to be judged
    MODEL = 3  # asks a language model: only where the user wants it, with progress, and cancellable


@dataclass(frozen=True, slots=True)
class Fault:
    """A finding to be mended, in the document that it lies in. `known`: what each verifier, by name, says of that."""

    finding: Finding
    snapshot: Snapshot
    project: Project
    known: Mapping[str, Outcome] = field(default_factory=dict)


class Proposer(Protocol):
    """Proposes fixes of a fault, the likeliest first. One file each, and a line in proposers.py.

    `name` is what a fix's evidence calls it. Stateless, or safe for several faults at once.
    """

    name: str
    cost: Cost

    def concerned(self, fault: Fault) -> bool:
        """Whether it may have anything to say of a fault, by its language and kind. Costs microseconds."""

    def propose(self, fault: Fault) -> AsyncGenerator[FixCandidate, Refusal | None]:
        """Candidates until it has no more. Each yields what came of the one before: why it was refused, None where it
        was proven (or was not judged). Closing the generator ends its work. Raises nothing: one that cannot work
        proposes nothing."""
