"""Instances of modules that are not there, and ports that are connected wrongly."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from signoff.diagnostics.mutate.code import Code
from signoff.diagnostics.mutate.mutation import Mutation, Mutator, one
from signoff.diagnostics.mutate.slips import slips
from signoff.verifiers.finding import Category


def misspelt_module(code: Code) -> Iterator[Mutation]:
    """An instance of a module with a slip in its name."""
    for node in code.of("module_instantiation"):
        name = node.named_children[0]
        for slip in slips(code.words(name)):
            yield one(code.start(name), code.end(name), slip)


def misspelt_port(code: Code) -> Iterator[Mutation]:
    """A named connection of a port that the module does not have."""
    for _, name in _connections(code):
        for slip in slips(code.words(name)):
            yield one(code.start(name), code.end(name), slip)


def dropped_connection(code: Code) -> Iterator[Mutation]:
    """A named connection less; the instance itself is where that shows."""
    for node, _ in _connections(code):
        before, after = node.prev_sibling, node.next_sibling
        instance = code.above(node, "hierarchical_instance")
        if instance is None or not _connected(code, node):
            continue
        also = (code.start(instance),)
        if before is not None and before.type == ",":
            yield one(code.start(before), code.end(node), "", also)
        elif after is not None and after.type == ",":
            yield one(code.start(node), code.end(after), "", also)


def doubled_connection(code: Code) -> Iterator[Mutation]:
    """A port connected twice, the second time in place of its neighbour."""
    for node, name in _connections(code):
        neighbour = node.next_named_sibling
        if neighbour is not None and neighbour.type == "named_port_connection":
            other = _port_name(neighbour)
            if other is not None and code.words(other) != code.words(name):
                yield one(code.start(other), code.end(other), code.words(name), (code.start(name),))


def misspelt_parameter(code: Code) -> Iterator[Mutation]:
    """A value for a parameter that the module does not have."""
    for node in code.of("named_parameter_assignment"):
        name = next((child for child in node.named_children if child.type == "simple_identifier"), None)
        for slip in slips(code.words(name)) if name is not None else ():
            yield one(code.start(name), code.end(name), slip)


def _connections(code: Code) -> Iterator[tuple[Any, Any]]:
    for node in code.of("named_port_connection"):
        name = _port_name(node)
        if name is not None:
            yield node, name


def _port_name(node: Any) -> Any:
    return next((child for child in node.named_children if child.type == "simple_identifier"), None)


def _connected(code: Code, node: Any) -> bool:
    """Whether something is connected: an empty `.port()` says the same as nothing."""
    return bool(code.below(node, "expression"))


MUTATORS = (
    Mutator("misspelt-module", Category.UNDEFINED_MODULE, misspelt_module),
    Mutator("misspelt-port", Category.MODULE_CONNECTION, misspelt_port),
    Mutator("dropped-connection", Category.MODULE_CONNECTION, dropped_connection),
    Mutator("doubled-connection", Category.MODULE_CONNECTION, doubled_connection),
    Mutator("misspelt-parameter", Category.MODULE_CONNECTION, misspelt_parameter),
)
