"""What a model gets to read beside the document: facts of other files, and who gathers them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from signoff.completion.context import Hole
    from signoff.verifiers.project import Project
    from signoff.verifiers.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Passage:
    """Text of another place, in the document's own language.

    `path` is the file's name below the workspace's root, with /, as repo-level prompts name it ("" for what
    stands in no one file). `exact`: a fact that the toolchain vouches for (a port list, a prototype), not a
    region that is only similar. `why` says for a person what it is ("ports of uart_tx"). The more `weight`,
    the later it is dropped where the model's budget does not hold all. `near`: it is about the very statement at
    the cursor and goes with it; it then stands right above the cursor's line, as comments, so that what the
    model's server has read of the document before stays good.
    """

    path: str
    text: str
    exact: bool = True
    why: str = ""
    weight: float = 1.0
    near: bool = False


class ContextSource(Protocol):
    """Gathers passages for a hole. One a language, or one for all."""

    languages: frozenset[str]

    async def gather(self, snapshot: Snapshot, project: Project, hole: Hole) -> tuple[Passage, ...]:
        """The passages that matter here, most exact first; () where none do. Never raises.

        Equal surroundings give equal bytes in an equal order: a keystroke inside a name must not reshuffle
        them, as the model's server would have to read its prompt anew.
        """
