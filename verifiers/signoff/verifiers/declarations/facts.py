"""What C, C++ and CUDA files declare: plain data, for whoever writes code that uses it."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from signoff.verifiers.pickling import quick


class Kind(enum.StrEnum):
    """What a name is declared as."""

    FUNCTION = "function"
    RECORD = "record"
    ENUM = "enum"
    TYPE = "type"
    VARIABLE = "variable"
    MACRO = "macro"


@quick
@dataclass(frozen=True, slots=True)
class Member:
    """A member of a structure, or an enumerator. `type` is the bare name of its type ("" for none, or unknown).

    `group` is the documentation group that its values are from, as Doxygen's @ref names it ("UART_Word_Length").
    """

    name: str
    type: str = ""
    group: str = ""


@quick
@dataclass(frozen=True, slots=True)
class Declaration:
    """One name and what its file says of it, on one line: no comment, no function's body.

    `type` is the bare name of the type: a variable's, what a function returns, what a typedef stands for. `parameters`
    are the bare types of a function's parameters. `members` are those of a record, or the enumerators. `group` is
    the Doxygen group that it stands in. `line` counts from 0. `tag`: other names of the same thing.
    """

    name: str
    kind: Kind
    text: str
    path: str = ""
    line: int = 0
    type: str = ""
    parameters: tuple[str, ...] = ()
    members: tuple[Member, ...] = ()
    group: str = ""
    tags: tuple[str, ...] = ()

    def member(self, name: str) -> Member | None:
        """The member of a name."""
        return next((one for one in self.members if one.name == name), None)
