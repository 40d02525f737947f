"""What a rule proposes: an edit that may mend one finding, not yet proven."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from signoff.verifiers.finding import Finding
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import Edit, LineIndex


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Another file than the document that an edit is of, and the very text that it was proven on."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class FixCandidate:
    """Edits that may remove `finding`, of its own document unless `elsewhere` names another file.

    `title` is an order, without evidence. `rule` names the file of the rule, `proposer` who proposes (see proposer.py);
    `model` which model where one was asked, and `rounds` how many answers it has given for it. `behaviour` says what
    the edit changes in the hardware where that is more than the finding asks for ("" where it is not), and is shown
    with the fix.
    `replaces` are the tokens that the edit puts others in place of (GPU code, C): the guard against loss lets no other
    go, and never a call or statement.

    `keeps`: the edit claims that the hardware behaves as before, so that this is to be proven, too.

    Firmware: `links` are names that the edit calls or defines, so that the linker must have its say, too; `drops` are
    tokens that go without another in their place. Of an edit `elsewhere` the snapshot stays as it is, and `project` is
    the project after it.
    """

    title: str
    edits: tuple[Edit, ...]
    rule: str
    finding: Finding
    behaviour: str = ""
    parsed: bool = False
    declares: str = ""
    replaces: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    drops: tuple[str, ...] = ()
    elsewhere: Elsewhere | None = None
    project: Project | None = None
    proposer: str = "rules"
    rounds: int = 0
    keeps: bool = False
    model: str = ""


Rule = Callable[[Finding, Snapshot, Project, LineIndex], Iterable[FixCandidate]]


def replacement(index: LineIndex, start: int, end: int, text: str) -> Edit:
    """The edit that puts `text` in place of the offsets from `start` up to `end`."""
    return Edit(index.span(start, end), text)
