"""Verilog: a clocked block with the clock and reset that the module has elsewhere."""

from __future__ import annotations

import re
from collections.abc import Sequence

from signoff.completion import nesting
from signoff.completion.structural import hdl_clocking
from signoff.completion.structural.hdl_clocking import Clocking
from signoff.completion.structural.hdl_statement import starts_item
from signoff.completion.structural.place import Place
from signoff.completion.structural.proposal import Body, Kind, Proposal, Stop
from signoff.verifiers.hdl.facts import NameFacts
from signoff.verifiers.hdl.slang import Slang
from signoff.verifiers.project import Project

_TYPED = re.compile(r"al\w*")
_WORDS = ("always_ff", "always")


class ClockedBlock:
    """Where `always` is being typed."""

    languages = nesting.VERILOG

    def __init__(self, slang: Slang) -> None:
        self._slang = slang

    def wants(self, place: Place) -> bool:
        """See StructuralKind."""
        typed = _TYPED.fullmatch(place.word) and any(word.startswith(place.word) for word in _WORDS)
        return bool(typed) and place.alone and starts_item(place.before)

    async def propose(self, place: Place, project: Project) -> Sequence[Proposal]:
        """See StructuralKind."""
        code = hdl_clocking.module_text(place.snapshot.text, place.start)
        clocking = hdl_clocking.used(code)
        if clocking is None and code:
            names = (await self._slang.place(place.snapshot, project, *place.position, ())).scope.names
            clocking = hdl_clocking.guessed(one.name for one in names if _is_input(one))
        return () if clocking is None else (_block(place, clocking, _word(place)),)


def _is_input(one: NameFacts) -> bool:
    return one.direction == "input" and one.width == 1


def _word(place: Place) -> str:
    modern = place.snapshot.language == "systemverilog" or "always_ff" in place.snapshot.text
    return "always_ff" if modern or place.word.startswith("always_") else "always"


def _block(place: Place, clocking: Clocking, word: str) -> Proposal:
    inner = place.indent + place.unit
    head = f"{word} @({clocking.events}) begin\n{inner}"
    body: Body = (head, Stop(), f"\n{place.indent}end")
    if clocking.reset:
        deep = inner + place.unit
        other = f"\n{inner}end else begin\n{deep}"
        ending = f"\n{inner}end\n{place.indent}end"
        body = (f"{head}if ({clocking.active}) begin\n{deep}", Stop(), other, Stop(), ending)
    why = (
        "Guessed by the names of the inputs" if clocking.guessed else "As most of this module's clocked blocks have it"
    )
    label = f"{word} @({clocking.events})"
    return Proposal(label, body, place.start, place.offset, Kind.SNIPPET, "clocked block", f"{why}.", filter=word)
