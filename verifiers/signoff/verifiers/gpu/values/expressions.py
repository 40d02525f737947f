"""What is evaluated: a node of the tree, its text, and the call in which it stands."""

from __future__ import annotations

from dataclasses import dataclass, field

from tree_sitter import Node

from signoff.verifiers.gpu.values.source import Source
from signoff.verifiers.gpu.values.types import Type


@dataclass(eq=False, slots=True)
class Frame:
    """A function that is evaluated for one call: what its parameters are."""

    function: Node
    source: Source
    bindings: dict[str, Expression] = field(default_factory=dict)
    types: dict[str, Type] = field(default_factory=dict)
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Expression:
    """A node to evaluate, its source, and the call in which it stands."""

    node: Node
    source: Source
    frame: Frame | None = None

    def part(self, node: Node) -> Expression:
        """A node inside of this one."""
        return Expression(node, self.source, self.frame)

    def side(self, name: str) -> Expression | None:
        """The part in a field of the grammar: left, right, argument, condition ..."""
        node = self.node.child_by_field_name(name)
        return self.part(node) if node is not None else None

    @property
    def sign(self) -> str:
        """The operator of a unary or binary expression."""
        node = self.node.child_by_field_name("operator")
        return self.source.of(node) if node is not None else ""

    @property
    def text(self) -> str:
        """What stands there."""
        return self.source.of(self.node)
