"""What slang knows about the expressions at one place: plain data for completions that need no model."""

from __future__ import annotations

from dataclasses import dataclass, field

from signoff.verifiers.hdl.facts import NameFacts, ParameterFacts, PortFacts, ScopeFacts, SymbolKind


@dataclass(frozen=True, slots=True)
class Described:
    """An expression (`state`, `bus.req`, `u_fifo`, `my_pkg`) and what stands behind it.

    `members` are a structure's fields, an enumeration's values, the signals of an interface or what a package declares.
    `enumeration`: the members are an enumeration's values. `qualifier` is what has to stand before them at the place
    ("state_pkg::", "" where they are seen as they are). `ports` and `parameters` are those of an instance, with the
    values and widths that they have there, or of a module with its defaults.
    """

    expression: str
    kind: SymbolKind
    type: str = ""
    width: int = 0
    enumeration: bool = False
    members: tuple[NameFacts, ...] = ()
    qualifier: str = ""
    ports: tuple[PortFacts, ...] = ()
    parameters: tuple[ParameterFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class PlaceFacts:
    """The scope at a place (its `modules` empty), and those of the expressions asked about that slang knows."""

    scope: ScopeFacts = field(default_factory=ScopeFacts)
    described: tuple[Described, ...] = ()

    def of(self, expression: str) -> Described | None:
        """What is known of one expression."""
        return next((one for one in self.described if one.expression == expression), None)
