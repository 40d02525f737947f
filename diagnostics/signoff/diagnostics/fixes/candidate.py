"""What a rule proposes: an edit that may mend one finding, not yet proven."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from signoff.verifiers.finding import Finding
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import Edit, LineIndex


@dataclass(frozen=True, slots=True)
class FixCandidate:
    """Edits of the finding's own document that may remove `finding`. `title` is an order, without evidence.

    `rule` names the file of the rule. `behaviour` says what the edit changes in the hardware where that
    is more than the finding asks for ("" where it is not), and is shown with the fix. `replaces` are the tokens that
    the edit puts others in place of (GPU code): the guard against loss lets no other go, and never a call or statement.
    """

    title: str
    edits: tuple[Edit, ...]
    rule: str
    finding: Finding
    behaviour: str = ""
    parsed: bool = False
    declares: str = ""
    replaces: tuple[str, ...] = ()


Rule = Callable[[Finding, Snapshot, Project, LineIndex], Iterable[FixCandidate]]


def replacement(index: LineIndex, start: int, end: int, text: str) -> Edit:
    """The edit that puts `text` in place of the offsets from `start` up to `end`."""
    return Edit(index.span(start, end), text)
