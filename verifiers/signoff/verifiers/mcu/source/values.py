"""Values of constant expressions, and the trees of small texts that macros make."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, lru_cache

import tree_sitter_c
from tree_sitter import Language, Node, Parser, Tree

# What a name's value is; None where it has none that is certain.
Lookup = Callable[[str], int | None]

# Widths in bits of the types that casts name, on a 32-bit Arm (AAPCS, 5.1).
WIDTHS = {"uint8_t": 8, "uint16_t": 16, "uint32_t": 32, "uint64_t": 64, "unsigned": 32, "u8": 8, "u16": 16, "u32": 32}
WORD = (1 << 32) - 1
LARGEST_SHIFT = 63
LONGEST = 4000
DEEPEST = 40


@cache
def c_parser() -> Parser:
    """The parser of C."""
    return Parser(Language(tree_sitter_c.language()))


@lru_cache(maxsize=2048)
def snippet(text: str) -> Tree | None:
    """The tree of statements that a macro stands for, in a function of their own; None where they are none."""
    if len(text) > LONGEST:
        return None
    tree = c_parser().parse(f"void f(void) {{{text};}}".encode("utf-8", "replace"))
    return None if tree.root_node.has_error else tree


@lru_cache(maxsize=4096)
def expression(text: str) -> Node | None:
    """The node of one expression; None where the text is none."""
    tree = snippet(text)
    body = tree.root_node.child(0).child_by_field_name("body") if tree and tree.root_node.child(0) else None
    statements = [one for one in body.named_children if one.type == "expression_statement"] if body else []
    if body is None or len(statements) != 1 or len(body.named_children) != 1 or not statements[0].named_children:
        return None
    return statements[0].named_children[0]


def constant(text: str, lookup: Lookup) -> int | None:
    """The value of an expression in C's text; None where it is not certain."""
    node = expression(text)
    return value(node, lookup) if node is not None else None


def from_macros(macros: Mapping[str, str], known: Lookup) -> Lookup:
    """A lookup by the bodies of macros (SourceFacts.macros), else by `known`."""

    def look(name: str, depth: int = 0) -> int | None:
        body = macros.get(name)
        if body is None or depth > DEEPEST:
            return known(name)
        return constant(body, lambda inner: look(inner, depth + 1))

    return look


def value(node: Node, lookup: Lookup, depth: int = 0) -> int | None:
    """The value of an expression's node. Never raises: what cannot be computed is None."""
    if depth > DEEPEST:
        return None
    compute = KINDS.get(node.type)
    return compute(node, lookup, depth + 1) if compute else None


def _number(node: Node, lookup: Lookup, depth: int) -> int | None:
    return number(_text(node))


@lru_cache(maxsize=4096)
def number(text: str) -> int | None:
    """The value of an integer literal."""
    bare = text.replace("'", "").rstrip("uUlL")
    try:
        return int(bare, 8) if len(bare) > 1 and bare[0] == "0" and bare.isdigit() else int(bare, 0)
    except ValueError:
        return None


def _name(node: Node, lookup: Lookup, depth: int) -> int | None:
    return lookup(_text(node))


def _inner(node: Node, lookup: Lookup, depth: int) -> int | None:
    inner = [one for one in node.named_children if one.type != "comment"]
    return value(inner[0], lookup, depth) if len(inner) == 1 else None


def _cast(node: Node, lookup: Lookup, depth: int) -> int | None:
    inner, kind = node.child_by_field_name("value"), node.child_by_field_name("type")
    result = value(inner, lookup, depth) if inner is not None else None
    if result is None or kind is None:
        return None
    width = WIDTHS.get(_text(kind).replace("const", "").strip())
    return result & ((1 << width) - 1) if width else result


def _unary(node: Node, lookup: Lookup, depth: int) -> int | None:
    sign, inner = node.child_by_field_name("operator"), node.child_by_field_name("argument")
    result = value(inner, lookup, depth) if inner is not None else None
    if result is None or sign is None:
        return None
    # ~ of what 32 bits hold stays in them: registers are that wide.
    return {"-": -result, "+": result, "!": int(not result), "~": ~result & WORD}.get(_text(sign))


def _binary(node: Node, lookup: Lookup, depth: int) -> int | None:
    sign = node.child_by_field_name("operator")
    sides = [node.child_by_field_name(name) for name in ("left", "right")]
    values = [value(one, lookup, depth) if one is not None else None for one in sides]
    left, right = values
    if sign is None or left is None or right is None:
        return None
    return combine(_text(sign), left, right)


def combine(sign: str, left: int, right: int) -> int | None:
    """The result of a binary operator; None where C leaves it open or 32 bits do not hold it."""
    if sign in ("<<", ">>"):
        if not 0 <= right <= LARGEST_SHIFT:
            return None
        return left << right if sign == "<<" else left >> right
    if sign in ("/", "%"):
        if right == 0 or left < 0 or right < 0:
            return None
        return left // right if sign == "/" else left % right
    simple = OPERATORS.get(sign)
    return int(simple(left, right)) if simple else None


OPERATORS: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "|": lambda a, b: a | b,
    "&": lambda a, b: a & b,
    "^": lambda a, b: a ^ b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
    "&&": lambda a, b: bool(a) and bool(b),
    "||": lambda a, b: bool(a) or bool(b),
}

KINDS: dict[str, Callable[[Node, Lookup, int], int | None]] = {
    "number_literal": _number,
    "identifier": _name,
    "parenthesized_expression": _inner,
    "cast_expression": _cast,
    "unary_expression": _unary,
    "binary_expression": _binary,
}


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")
