"""Values of Python expressions, read and never run: literals, module constants, arithmetic, a few pure functions.

What cannot be followed is UNKNOWN; nothing here raises for what a user wrote. Standard library only (triton_data).
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any


class Unknown(Exception):
    """The expression cannot be evaluated."""


# Beyond these a value is no constant of a kernel, and computing it may take forever.
LARGEST = 1 << 128
LONGEST = 4096
MOST_ITEMS = 256
BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
}
COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
}
UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: operator.not_,
    ast.Invert: operator.invert,
}
NUMBERS = (int, float)


def cdiv(x: int, y: int) -> int:
    """Division rounded up."""
    return -(-x // y)


def next_power_of_2(n: int) -> int:
    """The smallest power of two that is not below `n`."""
    return 1 << max(int(n) - 1, 0).bit_length()


PURE: dict[str, Callable[..., Any]] = {
    "min": min,
    "max": max,
    "int": int,
    "float": float,
    "bool": bool,
    "abs": abs,
    "len": len,
    "round": round,
    "cdiv": cdiv,
    "next_power_of_2": next_power_of_2,
    "math.log2": math.log2,
    "math.log": math.log,
    "math.sqrt": math.sqrt,
    "math.ceil": math.ceil,
    "math.floor": math.floor,
}
MATH = {"math.pi": math.pi, "math.e": math.e, "math.inf": math.inf, "math.nan": math.nan}


def dotted(node: ast.AST) -> str:
    """ "a.b.c" of a chain of names; "" where it is something else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join((node.id, *reversed(parts)))


def evaluate(node: ast.AST | None, names: Mapping[str, Any]) -> Any:
    """The value of an expression where `names` are known. Raises Unknown."""
    try:
        value = _evaluate(node, names)
    except (ArithmeticError, TypeError, ValueError, RecursionError, AttributeError, LookupError) as error:
        raise Unknown from error
    if isinstance(value, int) and abs(value) > LARGEST:
        raise Unknown
    return value


def known(node: ast.AST | None, names: Mapping[str, Any], default: Any = None) -> Any:
    """evaluate(), with `default` for what is unknown."""
    try:
        return evaluate(node, names)
    except Unknown:
        return default


def _evaluate(node: ast.AST | None, names: Mapping[str, Any]) -> Any:
    handler = HANDLERS.get(type(node)) if node is not None else None
    if handler is None:
        raise Unknown
    return handler(node, names)


def _name(node: ast.Name, names: Mapping[str, Any]) -> Any:
    if node.id not in names:
        raise Unknown
    return names[node.id]


def _attribute(node: ast.Attribute, names: Mapping[str, Any]) -> Any:
    name = dotted(node)
    if name in MATH:
        return MATH[name]
    if name in names:
        return names[name]
    raise Unknown


def _binary(node: ast.BinOp, names: Mapping[str, Any]) -> Any:
    left, right = _evaluate(node.left, names), _evaluate(node.right, names)
    if isinstance(node.op, ast.Pow):
        if not isinstance(left, NUMBERS) or not isinstance(right, NUMBERS) or abs(right) > 256 or abs(left) > LARGEST:
            raise Unknown
        return left**right
    if isinstance(node.op, ast.LShift) and (not isinstance(right, int) or right > 128):
        raise Unknown
    if not isinstance(left, NUMBERS) or not isinstance(right, NUMBERS):
        return _joined(node, left, right)
    return BINARY[type(node.op)](left, right)


def _joined(node: ast.BinOp, left: Any, right: Any) -> Any:
    if isinstance(node.op, ast.Add) and type(left) is type(right) and isinstance(left, (list, tuple, str)):
        if len(left) + len(right) > LONGEST:
            raise Unknown
        return left + right
    raise Unknown


def _unary(node: ast.UnaryOp, names: Mapping[str, Any]) -> Any:
    return UNARY[type(node.op)](_evaluate(node.operand, names))


def _compare(node: ast.Compare, names: Mapping[str, Any]) -> bool:
    left = _evaluate(node.left, names)
    for op, right_node in zip(node.ops, node.comparators, strict=True):
        right = _evaluate(right_node, names)
        if isinstance(op, (ast.In, ast.NotIn)):
            holds = (left in right) is isinstance(op, ast.In)
        else:
            holds = COMPARE[type(op)](left, right)
        if not holds:
            return False
        left = right
    return True


def _logical(node: ast.BoolOp, names: Mapping[str, Any]) -> Any:
    stop = isinstance(node.op, ast.Or)
    value: Any = None
    for part in node.values:
        value = _evaluate(part, names)
        if bool(value) is stop:
            return value
    return value


def _choice(node: ast.IfExp, names: Mapping[str, Any]) -> Any:
    return _evaluate(node.body if _evaluate(node.test, names) else node.orelse, names)


def _items(node: ast.List | ast.Tuple, names: Mapping[str, Any]) -> Any:
    values: list[Any] = []
    for item in node.elts:
        if isinstance(item, ast.Starred):
            values.extend(_evaluate(item.value, names))
        else:
            values.append(_evaluate(item, names))
    return values if isinstance(node, ast.List) else tuple(values)


def _dict(node: ast.Dict, names: Mapping[str, Any]) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    for key, value in zip(node.keys, node.values, strict=True):
        if key is None:
            found.update(_evaluate(value, names))
        else:
            found[_evaluate(key, names)] = _evaluate(value, names)
    return found


def _subscript(node: ast.Subscript, names: Mapping[str, Any]) -> Any:
    return _evaluate(node.value, names)[_evaluate(node.slice, names)]


def _call(node: ast.Call, names: Mapping[str, Any]) -> Any:
    name = dotted(node.func)
    short = name.rpartition(".")[2]
    if name in names and callable(names[name]):
        function = names[name]
    elif name in PURE:
        function = PURE[name]
    elif short in ("cdiv", "next_power_of_2"):
        function = PURE[short]
    elif name == "range":
        return _range(node, names)
    else:
        raise Unknown
    arguments = [_evaluate(item, names) for item in node.args]
    keywords = {item.arg: _evaluate(item.value, names) for item in node.keywords if item.arg}
    if len(keywords) < len(node.keywords):
        raise Unknown
    return function(*arguments, **keywords)


def _range(node: ast.Call, names: Mapping[str, Any]) -> list[int]:
    bounds = range(*(_evaluate(item, names) for item in node.args))
    if len(bounds) > MOST_ITEMS:
        raise Unknown
    return list(bounds)


def _comprehension(node: ast.ListComp, names: Mapping[str, Any]) -> list[Any]:
    return [_evaluate(node.elt, scope) for scope in scopes(node.generators, names)]


def scopes(generators: list[ast.comprehension], names: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The names within a comprehension, once for each of its rounds. Raises Unknown."""
    if not generators:
        yield names
        return
    first, *rest = generators
    items = _evaluate(first.iter, names)
    if first.is_async or len(items) > MOST_ITEMS:
        raise Unknown
    for item in items:
        scope = {**names, **_unpacked(first.target, item)}
        if all(_evaluate(test, scope) for test in first.ifs):
            yield from scopes(rest, scope)


def _unpacked(target: ast.AST, value: Any) -> dict[str, Any]:
    if isinstance(target, ast.Name):
        return {target.id: value}
    if isinstance(target, (ast.Tuple, ast.List)) and len(target.elts) == len(value):
        found: dict[str, Any] = {}
        for part, item in zip(target.elts, value, strict=True):
            found.update(_unpacked(part, item))
        return found
    raise Unknown


HANDLERS: dict[type[ast.AST], Callable[[Any, Mapping[str, Any]], Any]] = {
    ast.Constant: lambda node, names: node.value,
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.Compare: _compare,
    ast.BoolOp: _logical,
    ast.IfExp: _choice,
    ast.List: _items,
    ast.Tuple: _items,
    ast.Dict: _dict,
    ast.Subscript: _subscript,
    ast.Call: _call,
    ast.ListComp: _comprehension,
}
