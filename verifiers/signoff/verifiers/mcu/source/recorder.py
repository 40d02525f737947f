"""What a function's text says is noted here, in its order and with the conditions around it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tree_sitter import Node

from signoff.verifiers.finding import Span
from signoff.verifiers.mcu.source.facts import (
    Body,
    Call,
    FieldWrite,
    Local,
    Loop,
    Operand,
    Reference,
    RegisterAccess,
    Where,
)
from signoff.verifiers.mcu.source.names import Names

DEEPEST = 200
DEEPEST_EXPANSION = 8


class Recorder:
    """Notes items. `place` turns a node into its span; within a macro's expansion all is at the macro's place."""

    def __init__(self, names: Names, place: Callable[[Node], Span], known: set[str]) -> None:
        self.names = names
        self.place = place
        self.known = known  # parameters and locals
        self.calls: list[Call] = []
        self.registers: list[RegisterAccess] = []
        self.references: list[Reference] = []
        self.fields: list[FieldWrite] = []
        self.locals: list[Local] = []
        self.loops: list[Loop] = []
        self.jumps = False
        self.depth = 0
        self.branch: tuple[int, ...] = ()
        self.around: tuple[int, ...] = ()
        self.polls = -1
        self.aliases: dict[str, str] = {}
        self._order = 0
        self._branches = 0
        self._fixed: Span | None = None
        self.expanding = 0

    def body(self, broken: bool, names: frozenset[str]) -> Body:
        """All that was read."""
        return Body(
            tuple(self.calls),
            tuple(self.registers),
            tuple(self.references),
            tuple(self.fields),
            tuple(self.locals),
            tuple(self.loops),
            self.jumps,
            broken,
            names,
        )

    def where(self, node: Node) -> Where:
        """The next place in the order."""
        self._order += 1
        span = self.place(node) if self._fixed is None else self._fixed
        return Where(span, self._order, self.branch, self.around, self.polls)

    @contextmanager
    def branching(self) -> Iterator[None]:
        """What is read inside is executed under a condition."""
        self._branches += 1
        self.branch, outer = (*self.branch, self._branches), self.branch
        try:
            yield
        finally:
            self.branch = outer

    @contextmanager
    def standing_at(self, node: Node) -> Iterator[None]:
        """What is read inside is a macro's expansion, which stands where the macro does."""
        outer, self._fixed = self._fixed, self._fixed or self.place(node)
        self.expanding += 1
        try:
            yield
        finally:
            self._fixed = outer
            self.expanding -= 1

    def operand(self, node: Node) -> Operand:
        """An expression as an operand."""
        return self.names.operand(node)

    def statement(self, node: Node) -> None:
        """Read a statement (see Statements)."""
        raise NotImplementedError

    def read(self, node: Node) -> None:
        """Read an expression whose value is used (see Expressions)."""
        raise NotImplementedError
