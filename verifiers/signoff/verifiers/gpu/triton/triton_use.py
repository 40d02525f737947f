"""How a kernel uses its parameters: which are pointers, to what, and which constexprs are flags, types or names.

What is told from use alone is a guess, and is marked as one by triton_signature. Standard library only (triton_data).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from signoff.verifiers.gpu.triton.triton_extract import Function
from signoff.verifiers.gpu.triton.triton_values import dotted

# Operations whose first argument (or the keyword) is an address.
ADDRESS = {
    **dict.fromkeys(("load", "store", "advance", "make_tensor_descriptor", "make_block_ptr"), ("pointer", "base")),
    **{f"atomic_{name}": ("pointer",) for name in ("add", "and", "cas", "max", "min", "or", "xchg", "xor")},
    "_experimental_make_tensor_descriptor": ("base",),
}
# Operations that hand their first argument on.
PASSING = {"to", "cast", "broadcast_to", "multiple_of", "max_contiguous", "max_constancy", "advance", "make_block_ptr"}
SHAPES = {"arange", "zeros", "full", "static_range", "reshape", "broadcast_to", "view", "make_block_ptr"}
TYPE_KEYWORDS = {"dtype", "out_dtype", "acc_dtype"}
FLOAT_NAME = re.compile(r"(^|_)(eps|epsilon|scale|alpha|beta|gamma|lr|decay|prob|softcap|temperature|dropout_p|p)($|_)")
DEEPEST = 6
# Members of a tensor descriptor, which the host makes and hands in.
DESCRIPTOR = frozenset(("load", "store", "gather", "scatter", "shape", "strides", "block_shape", "atomic_add"))
TAKES_DESCRIPTOR = frozenset(
    (
        *("load_tensor_descriptor", "store_tensor_descriptor", "_experimental_descriptor_load"),
        *("_experimental_descriptor_store", "_experimental_reinterpret_tensor_descriptor"),
    )
)


@dataclass
class Use:
    """What one function does with its parameters. `strings` are the literals that a parameter is compared with."""

    pointers: set[str] = field(default_factory=set)
    indices: set[str] = field(default_factory=set)
    masks: set[str] = field(default_factory=set)
    flags: set[str] = field(default_factory=set)
    types: set[str] = field(default_factory=set)
    shapes: set[str] = field(default_factory=set)
    unrolled: set[str] = field(default_factory=set)
    called: set[str] = field(default_factory=set)
    objects: set[str] = field(default_factory=set)
    strings: dict[str, list[str]] = field(default_factory=dict)
    arithmetic: set[str] = field(default_factory=set)


Find = Callable[[str], "Function | None"]


def analyse(function: Function, find: Find, depth: int = 0) -> Use:
    """The use of `function`'s parameters; `find` knows the other jit functions that it may call, by name."""
    return _Reader(function, find, depth).read()


def assignments(node: ast.AST) -> dict[str, list[ast.expr]]:
    """Every expression that is assigned to each local name, augmented ones as sums."""
    found: dict[str, list[ast.expr]] = {}
    for item in ast.walk(node):
        if isinstance(item, ast.Assign):
            for target in item.targets:
                _assign(target, item.value, found)
        elif isinstance(item, (ast.AnnAssign, ast.AugAssign, ast.NamedExpr)) and item.value is not None:
            _assign(item.target, item.value, found)
        elif isinstance(item, ast.For):
            _assign(item.target, item.iter, found)
    return found


def _assign(target: ast.expr, value: ast.expr, found: dict[str, list[ast.expr]]) -> None:
    if isinstance(target, ast.Name):
        found.setdefault(target.id, []).append(value)
    elif isinstance(target, (ast.Tuple, ast.List)):
        pairs = value.elts if isinstance(value, ast.Tuple) and len(value.elts) == len(target.elts) else None
        for number, item in enumerate(target.elts):
            _assign(item, pairs[number] if pairs else value, found)


def names_in(node: ast.AST) -> set[str]:
    """The names that an expression reads."""
    return {item.id for item in ast.walk(node) if isinstance(item, ast.Name)}


class _Reader:
    def __init__(self, function: Function, find: Find, depth: int) -> None:
        self._function = function
        self._find = find
        self._depth = depth
        self._parameters = {item.arg for item in function.parameters}
        self._locals = assignments(function.node)
        self._use = Use()

    def read(self) -> Use:
        for node in ast.walk(self._function.node):
            if isinstance(node, ast.Call):
                self._call(node)
            elif isinstance(node, (ast.If, ast.IfExp, ast.While)):
                self._truth(node.test)
            elif isinstance(node, ast.BoolOp):
                for part in node.values:
                    self._truth(part)
            elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
                self._truth(node.operand)
            elif isinstance(node, ast.Compare):
                self._compare(node)
            elif isinstance(node, (ast.Attribute, ast.Subscript, ast.Starred)):
                self._member(node)
            elif isinstance(node, ast.BinOp):
                self._use.arithmetic |= {item.id for item in (node.left, node.right) if isinstance(item, ast.Name)}
        return self._use

    def _member(self, node: ast.Attribute | ast.Subscript | ast.Starred) -> None:
        """What only descriptors and tuples are used for. A pointer or a number has a type, and can be cast."""
        owner = node.value
        if not isinstance(owner, ast.Name) or (isinstance(node, ast.Attribute) and node.attr not in DESCRIPTOR):
            return
        if not (isinstance(node, ast.Subscript) and _adds_axes(node.slice)):
            self._use.objects.add(owner.id)

    def _call(self, node: ast.Call) -> None:
        name = dotted(node.func).rpartition(".")[2] or (node.func.attr if isinstance(node.func, ast.Attribute) else "")
        keywords = {item.arg: item.value for item in node.keywords if item.arg}
        if isinstance(node.func, ast.Name):
            if node.func.id in self._parameters:
                self._use.called.add(node.func.id)
            self._helper(node, keywords)
        if name in TAKES_DESCRIPTOR and node.args and isinstance(node.args[0], ast.Name):
            self._use.objects.add(node.args[0].id)
        for word in ADDRESS.get(name, ()):
            value = keywords.get(word) or (node.args[0] if node.args else None)
            if value is not None and not _is_method(node, name):
                self._address(value, name, keywords)
        if name in ("to", "cast", "zeros", "full", "bitcast"):
            self._use.types |= {item.id for item in node.args if isinstance(item, ast.Name)} - self._shape_names(node)
        for word, value in keywords.items():
            if word in TYPE_KEYWORDS and isinstance(value, ast.Name):
                self._use.types.add(value.id)
        if name in SHAPES:
            parts = [*node.args, *keywords.values()]
            names = {item for part in parts for item in names_in(part)} & self._parameters
            (self._use.unrolled if name == "static_range" else self._use.shapes).update(names)

    def _shape_names(self, node: ast.Call) -> set[str]:
        return names_in(node.args[0]) if node.args and isinstance(node.args[0], (ast.Tuple, ast.List)) else set()

    def _helper(self, node: ast.Call, keywords: dict[str, ast.expr]) -> None:
        """What a helper does with its parameters is done to ours that are handed to it."""
        assert isinstance(node.func, ast.Name)
        helper = self._find(node.func.id) if node.func.id not in self._parameters else None
        if helper is None or self._depth >= DEEPEST or helper is self._function:
            return
        inner = analyse(helper, self._find, self._depth + 1)
        given = dict(zip((item.arg for item in helper.parameters), node.args, strict=False)) | keywords
        for name, value in given.items():
            if name in inner.pointers:
                self._address(value, "", {})
            if isinstance(value, ast.Name):
                self._inherit(value.id, name, inner)

    def _inherit(self, own: str, name: str, inner: Use) -> None:
        for kind in ("flags", "types", "shapes", "unrolled", "called", "objects", "arithmetic"):
            if name in getattr(inner, kind):
                getattr(self._use, kind).add(own)
        self._use.strings.setdefault(own, []).extend(inner.strings.get(name, ()))

    def _address(self, value: ast.expr, name: str, keywords: dict[str, ast.expr]) -> None:
        pointer = self._base(value, set())
        if pointer:
            self._use.pointers |= {pointer, *self._alternatives(value)}
        for source in self._loaded(self._offsets(value, set()), set()):
            if source != pointer:
                self._use.indices.add(source)
        if name in ("load", "store") and isinstance(keywords.get("mask"), ast.Name):
            self._use.masks |= set(self._loaded([keywords["mask"]], set()))

    def _alternatives(self, node: ast.expr) -> set[str]:
        """Every parameter that a local name, which an address is computed from, is given in one branch or another."""
        found = set()
        for name in names_in(node) - self._parameters:
            for value in self._locals.get(name, ()):
                if isinstance(value, ast.Name) and value.id in self._parameters and _like_pointer(value.id):
                    found.add(value.id)
        return found

    def _base(self, node: ast.AST, seen: set[str]) -> str:
        """The parameter that an address is computed from."""
        if isinstance(node, ast.Name):
            if node.id in self._parameters:
                return node.id
            if node.id in seen:
                return ""
            seen.add(node.id)
            return next((found for value in self._locals.get(node.id, ()) if (found := self._base(value, seen))), "")
        if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub)):
            sides = [found for side in (node.left, node.right) if (found := self._base(side, seen))]
            return next((item for item in sides if _like_pointer(item)), sides[0] if sides else "")
        if isinstance(node, ast.IfExp):
            return self._base(node.body, seen) or self._base(node.orelse, seen)
        if isinstance(node, ast.Call):
            return self._passed(node, seen)
        return ""

    def _passed(self, node: ast.Call, seen: set[str]) -> str:
        if isinstance(node.func, ast.Attribute) and node.func.attr == "to":
            return self._base(node.func.value, seen)
        if dotted(node.func).rpartition(".")[2] not in PASSING:
            return ""
        base = next((item.value for item in node.keywords if item.arg == "base"), None)
        first = base or (node.args[0] if node.args else None)
        return self._base(first, seen) if first is not None else ""

    def _offsets(self, node: ast.AST, seen: set[str]) -> Iterator[ast.AST]:
        """The parts of an address beside its base, those of local names among them."""
        yield node
        for name in names_in(node) - seen - self._parameters:
            seen.add(name)
            for value in self._locals.get(name, ()):
                yield from self._offsets(value, seen)

    def _loaded(self, nodes: list[ast.AST] | Iterator[ast.AST], seen: set[str]) -> Iterator[str]:
        """The pointers that the values in these expressions were loaded through."""
        for node in nodes:
            for item in ast.walk(node):
                if isinstance(item, ast.Call) and dotted(item.func).rpartition(".")[2] == "load" and item.args:
                    source = self._base(item.args[0], set())
                    if source:
                        yield source
                elif isinstance(item, ast.Name) and item.id not in seen:
                    seen.add(item.id)
                    yield from self._loaded(list(self._locals.get(item.id, ())), seen)

    def _truth(self, node: ast.expr) -> None:
        if isinstance(node, ast.Name):
            self._use.flags.add(node.id)

    def _compare(self, node: ast.Compare) -> None:
        parts = [node.left, *node.comparators]
        names = [item.id for item in parts if isinstance(item, ast.Name)]
        texts = [item.value for item in parts if isinstance(item, ast.Constant) and isinstance(item.value, str)]
        for name in names:
            self._use.strings.setdefault(name, []).extend(texts)
            if not texts and not any(isinstance(op, (ast.Is, ast.IsNot)) for op in node.ops):
                self._use.arithmetic.add(name)


def _is_method(node: ast.Call, name: str) -> bool:
    """desc.load(...) of a descriptor: what it is called on is no module's name."""
    return name in ("load", "store") and isinstance(node.func, ast.Attribute) and "." not in dotted(node.func)


def _adds_axes(node: ast.expr) -> bool:
    """x[:, None]: what is done to a tensor."""
    parts = node.elts if isinstance(node, ast.Tuple) else [node]
    return all(isinstance(item, ast.Slice) or (isinstance(item, ast.Constant) and item.value is None) for item in parts)


def _like_pointer(name: str) -> bool:
    return "ptr" in name.lower() or (len(name) <= 2 and name.isupper())
