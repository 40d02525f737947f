"""The contract of a verifier: a tool that looks at one document in its project and says what it found."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Protocol

from signoff.verifiers.finding import Outcome
from signoff.verifiers.project import Project
from signoff.verifiers.settings import VerifierSettings
from signoff.verifiers.snapshot import Snapshot


class Speed(enum.IntEnum):
    """When a verifier runs (docs/architecture.md): the slower it is, the later and the more rarely."""

    INSTANT = 0
    QUICK = 1
    DEEP = 2
    ON_DEMAND = 3


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether a tool can run here; where not, `reason` says why and how to get it, for a person."""

    available: bool
    version: str = ""
    path: str = ""
    reason: str = ""


class NotJudged(Exception):
    """Ends a run that says nothing about the code, from however deep within it; carries the Outcome that says why."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.message)
        self.outcome = outcome


class Verifier(Protocol):
    """One tool. An instance is shared by all documents; run() may be called many times at once.

    Cancelling the task of run() ends the tool's process. run() returns an Outcome for every failure of
    the tool (missing, hung, crashed, garbage) and raises only on a fault of our own.
    """

    @property
    def name(self) -> str:
        """The name a finding is reported under, for example "verilator"."""

    @property
    def languages(self) -> frozenset[str]:
        """LSP language ids it looks at."""

    @property
    def speed(self) -> Speed:
        """Its speed class."""

    def available(self, settings: VerifierSettings) -> Availability:
        """Whether it can run; must be quick after the first call (a version is asked for once)."""

    async def run(self, snapshot: Snapshot, project: Project) -> Outcome:
        """Check `snapshot` as part of `project`. Findings may lie in any file of the project."""


def sees_whole_image(verifier: Verifier) -> bool:
    """Whether a run speaks for a whole firmware image, so that its documents are one group (the linker)."""
    return bool(getattr(verifier, "whole_image", False))


def tool_of(verifier: Verifier) -> str:
    """The tool that a verifier runs, of which it may be one stage ("slang analysis")."""
    return verifier.name.partition(" ")[0]
