"""Lvalues: `GPIOA->AFR[1]`, `htim.Instance`, `*(volatile uint32_t *)0x40020000`, `GPIO_ODR(GPIOD)`, taken apart."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tree_sitter import Node

# A register as the structures of CMSIS name it.
REGISTER = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*")
# A register as libopencm3 names it with its peripheral as the argument.
ACCESSOR = re.compile(r"[A-Z]+[A-Z0-9]*_([A-Z][A-Z0-9_]*)")
# What gives the register at an address in libopencm3, ESP-like and hand-written headers.
AT_ADDRESS = frozenset({"MMIO8", "MMIO16", "MMIO32", "REG8", "REG16", "REG32", "HWREG", "M8", "M16", "M32", "_REG"})


@dataclass(frozen=True, slots=True)
class Step:
    """One step from a base: an arrow, a dot or an index. `node` is the index."""

    kind: str
    name: str = ""
    node: Node | None = None


@dataclass(frozen=True, slots=True)
class Chain:
    """A base and the steps from it; `starred` where the whole is behind a *."""

    base: Node
    steps: tuple[Step, ...] = ()
    starred: bool = False


def chain(node: Node) -> Chain:
    """An expression taken apart."""
    node = unwrapped(node)
    if node.type == "pointer_expression" and operator(node) == "*":
        argument = node.child_by_field_name("argument")
        if argument is not None:
            inner = chain(argument)
            return Chain(inner.base, inner.steps, True) if not inner.starred else Chain(node)
    steps: list[Step] = []
    while True:
        inner_node = node.child_by_field_name("argument")
        if node.type == "field_expression" and inner_node is not None:
            field = node.child_by_field_name("field")
            steps.append(Step(operator(node) or ".", text(field) if field is not None else ""))
        elif node.type == "subscript_expression" and inner_node is not None:
            steps.append(Step("[", node=_index(node)))
        else:
            break
        node = unwrapped(inner_node)
    if steps and node.type == "pointer_expression" and operator(node) == "*" and steps[-1].kind == ".":
        inner_node = node.child_by_field_name("argument")  # (*port).ODR
        if inner_node is not None:
            steps[-1] = Step("->", steps[-1].name)
            node = unwrapped(inner_node)
    return Chain(node, tuple(reversed(steps)))


def _index(node: Node) -> Node | None:
    """The index of a subscript_expression, in the grammar of C and in that of C++."""
    index = node.child_by_field_name("index")
    if index is not None:
        return index
    indices = node.child_by_field_name("indices")
    return indices.named_children[0] if indices is not None and indices.named_children else None


def unwrapped(node: Node) -> Node:
    """The expression without parentheses and casts."""
    while True:
        if node.type == "parenthesized_expression":
            inner = [one for one in node.named_children if one.type != "comment"]
            if len(inner) != 1:
                return node
            node = inner[0]
        elif node.type == "cast_expression":
            value = node.child_by_field_name("value")
            if value is None:
                return node
            node = value
        else:
            return node


def operator(node: Node) -> str:
    """The operator of an expression."""
    sign = node.child_by_field_name("operator")
    return text(sign) if sign is not None else ""


def text(node: Node) -> str:
    """A node's text."""
    return (node.text or b"").decode("utf-8", "replace")
