"""Names, nets and directions: what a name is, or whether it is anything."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from signoff.diagnostics.mutate.code import WORD, Code
from signoff.diagnostics.mutate.mutation import Mutation, Mutator, one
from signoff.diagnostics.mutate.slips import slips
from signoff.verifiers.finding import Category


def misspelt_name(code: Code) -> Iterator[Mutation]:
    """A use of a signal with a slip in its name, where no other name is meant by that."""
    for node in code.of("hierarchical_identifier"):
        name = code.words(node)
        if name.isidentifier():
            for slip in slips(name):
                if slip not in code.known:
                    yield one(code.start(node), code.end(node), slip)


def dropped_declaration(code: Code) -> Iterator[Mutation]:
    """The declaration of one signal goes; each use of it is a place where that shows."""
    for node in code.of("data_declaration", "net_declaration"):
        entries = code.below(node, "variable_decl_assignment", "net_decl_assignment")
        if len(entries) == 1 and len(entries[0].children) == 1:
            also = tuple(_uses(code, code.words(entries[0]), node))
            if also:
                yield one(*code.stretch(node), "", also)


def register_as_net(code: Code) -> Iterator[Mutation]:
    """A `reg` or `logic` that a process assigns is declared as a wire."""
    assigned = _assigned(code)
    for node in code.of("data_declaration"):
        kind = next(iter(code.below(node, "integer_vector_type")), None)
        names = [code.words(entry) for entry in code.below(node, "variable_decl_assignment")]
        also = tuple(place for name in names for place in assigned.get(name, ()))
        if kind is not None and code.words(kind) in ("reg", "logic") and also:
            yield one(code.start(kind), code.end(kind), "wire", also)


def output_without_reg(code: Code) -> Iterator[Mutation]:
    """An `output reg` that a process assigns loses its `reg`."""
    assigned = _assigned(code)
    for node in code.of("ansi_port_declaration"):
        kind = next(iter(code.below(node, "integer_vector_type")), None)
        if kind is None or code.words(kind) != "reg" or not code.words(node).startswith("output"):
            continue
        also = tuple(place for name in _ports(code, node) for place in assigned.get(name, ()))
        if also:
            yield one(len(code.text[: code.start(kind)].rstrip()), code.end(kind), "", also)


def driven_input(code: Code) -> Iterator[Mutation]:
    """An output that is assigned in the module is declared as an input."""
    drivers = _drivers(code)
    for node in code.of("ansi_port_declaration"):
        direction = next(iter(code.below(node, "output")), None)
        also = tuple(place for name in _ports(code, node) for place in drivers.get(name, ()))
        if direction is not None and also and not code.below(node, "integer_vector_type"):
            yield one(code.start(direction), code.end(direction), "input", also)


def _ports(code: Code, node: Any) -> list[str]:
    """The names of a port declaration, those that inherit its head included."""
    names = [code.words(child) for child in node.named_children if child.type == "simple_identifier"]
    following = node.next_named_sibling
    while following is not None and len(following.named_children) == 1 and following.type == node.type:
        names.append(code.words(following))
        following = following.next_named_sibling
    return names


def _assigned(code: Code) -> dict[str, list[int]]:
    """Where processes assign each name: the offsets of the left-hand sides."""
    found: dict[str, list[int]] = {}
    for node in code.of("variable_lvalue"):
        found.setdefault(WORD.findall(code.words(node))[:1][0], []).append(code.start(node))
    return found


def _drivers(code: Code) -> dict[str, list[int]]:
    found = _assigned(code)
    for node in code.of("net_lvalue"):
        found.setdefault(WORD.findall(code.words(node))[:1][0], []).append(code.start(node))
    return found


def _uses(code: Code, name: str, declaration: Any) -> Iterator[int]:
    """Where a name is used in the module of its declaration; nothing where another module declares it, too."""
    module = code.above(declaration, "module_declaration")
    if module is None or name.partition(" ")[0] != name:
        return
    for use in code.below(module, "hierarchical_identifier", "net_lvalue", "variable_lvalue"):
        if WORD.findall(code.words(use))[:1] == [name]:
            yield code.start(use)


MUTATORS = (
    Mutator("misspelt-name", Category.TYPE, misspelt_name),
    Mutator("dropped-declaration", Category.TYPE, dropped_declaration),
    Mutator("register-as-net", Category.TYPE, register_as_net),
    Mutator("output-without-reg", Category.TYPE, output_without_reg),
    Mutator("driven-input", Category.TYPE, driven_input),
)
