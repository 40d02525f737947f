"""Where kernels are launched, `kernel[grid](...)`, and what is known there of each argument.

Standard library only (triton_data).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from signoff.verifiers.gpu.triton import triton_values
from signoff.verifiers.gpu.triton.triton_extract import Function, Module, environment, stored
from signoff.verifiers.gpu.triton.triton_use import assignments
from signoff.verifiers.gpu.triton.triton_values import Unknown, dotted

TORCH_TYPES = {
    **dict.fromkeys(("float16", "half"), "fp16"),
    "bfloat16": "bf16",
    **dict.fromkeys(("float32", "float"), "fp32"),
    **dict.fromkeys(("float64", "double"), "fp64"),
    "int8": "i8",
    **dict.fromkeys(("int16", "short"), "i16"),
    **dict.fromkeys(("int32", "int"), "i32"),
    **dict.fromkeys(("int64", "long"), "i64"),
    "uint8": "u8",
    "bool": "i1",
    "float8_e4m3fn": "fp8e4nv",
    "float8_e5m2": "fp8e5",
}
# Functions of torch that make a tensor of 32-bit floats unless told otherwise.
FACTORIES = {"empty", "zeros", "ones", "rand", "randn", "empty_strided"}
SAME = {
    *("contiguous", "view", "reshape", "transpose", "t", "clone", "detach", "cuda", "flatten", "squeeze", "unsqueeze"),
    *("permute", "expand", "requires_grad_", "view_as", "zero_"),
}
CASTS = {
    "half": "fp16",
    "bfloat16": "bf16",
    "float": "fp32",
    "double": "fp64",
    "int": "i32",
    "long": "i64",
    "bool": "i1",
}
COUNTS = {"stride", "size", "numel", "dim", "element_size", "cdiv", "next_power_of_2", "len", "int", "nelement"}
DEEPEST = 8


@dataclass(frozen=True)
class Known:
    """An argument whose value is known."""

    value: Any


@dataclass(frozen=True)
class Typed:
    """An argument of which only Triton's type is known: "*fp16", "i32"; "*" is a pointer to something."""

    type: str


Argument = Known | Typed | None


@dataclass
class Site:
    """One launch. `grid` is the expression in brackets; `open` is True where * or ** hides some arguments.

    `outer` are the functions and classes around it, outermost first.
    """

    kernel: str
    call: ast.Call
    grid: ast.expr | None
    outer: tuple[ast.AST, ...] = ()
    arguments: list[ast.expr] = field(default_factory=list)
    keywords: dict[str, ast.keyword] = field(default_factory=dict)
    open: bool = False
    conditional: bool = False

    @property
    def function(self) -> ast.AST | None:
        """The function that launches."""
        return self.outer[-1] if self.outer else None

    def target(self, functions: list[Function]) -> list[Function]:
        """The kernels that the name may mean here: those of the innermost scope that has any."""
        seen = [item for item in functions if item.name == self.kernel and item.outer == self.outer[: len(item.outer)]]
        deepest = max((len(item.outer) for item in seen), default=0)
        return [item for item in seen if len(item.outer) == deepest]


def sites(module: Module) -> list[Site]:
    """Every launch in the file of something that is called like one of its kernels."""
    names = {item.name for item in module.functions}
    return [site for statement in module.body for site in _sites(statement, (), False, names)]


def _sites(node: ast.AST, outer: tuple[ast.AST, ...], conditional: bool, names: set[str]) -> Iterator[Site]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        outer, conditional = (*outer, node), False
    elif isinstance(node, (ast.If, ast.IfExp, ast.For, ast.While, ast.Try, ast.ExceptHandler)):
        conditional = True
    elif isinstance(node, ast.Call):
        site = _site(node, outer, names)
        if site is not None:
            site.conditional = conditional
            yield site
    for child in ast.iter_child_nodes(node):
        yield from _sites(child, outer, conditional, names)


def _site(node: ast.Call, outer: tuple[ast.AST, ...], names: set[str]) -> Site | None:
    if not isinstance(node.func, ast.Subscript) or not isinstance(node.func.value, ast.Name):
        return None
    if node.func.value.id not in names:
        return None
    site = Site(node.func.value.id, node, node.func.slice, outer)
    for item in node.args:
        if isinstance(item, ast.Starred):
            site.open = True
            break
        site.arguments.append(item)
    site.open = site.open or any(item.arg is None for item in node.keywords)
    site.keywords = {item.arg: item for item in node.keywords if item.arg}
    return site


def bound(site: Site, function: Function) -> dict[str, ast.expr]:
    """The expression given for each parameter; keywords that are no parameters are left out."""
    names = [item.arg for item in function.parameters]
    given: dict[str, ast.expr] = dict(zip(names, site.arguments, strict=False))
    return given | {name: item.value for name, item in site.keywords.items() if name in names}


class Host:
    """What is known of expressions in the host code around a launch."""

    def __init__(self, module: Module, function: ast.AST | None) -> None:
        self._names: dict[str, Any] = {**environment(module.triton_names()), **module.constants}
        self._assigned = assignments(function) if function is not None else {}
        self._straight = _straight(function)
        self._parameters: dict[str, ast.expr | None] = {}
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            arguments = function.args
            every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
            self._parameters = {item.arg: item.annotation for item in every}
        self._hide()

    def _hide(self) -> None:
        """Names of the function's own stand before the module's; those assigned once have their value."""
        for name in (*self._assigned, *self._parameters):
            self._names.pop(name, None)
        for name, values in self._assigned.items():
            if len(values) == 1 and name not in self._parameters:
                try:
                    self._names[name] = triton_values.evaluate(values[0], self._names)
                except Unknown:
                    continue

    def value(self, node: ast.AST | None) -> Any:
        """The value of an expression. Raises Unknown."""
        return triton_values.evaluate(node, self._names)

    def known(self, node: ast.AST | None) -> Any:
        """The value of an expression, None where it is not known."""
        return triton_values.known(node, self._names)

    def expression(self, node: ast.expr | None) -> ast.expr | None:
        """What a name was assigned, where that happened once; any other expression as it is."""
        if isinstance(node, ast.Name) and node.id not in self._parameters:
            values = self._assigned.get(node.id, [])
            return values[0] if len(values) == 1 else node
        return node

    def argument(self, node: ast.expr, depth: int = 0) -> Argument:
        """What is known of one argument."""
        try:
            return Known(self.value(node))
        except Unknown:
            pass
        name = dotted(node)
        if name.startswith("torch.") and name[6:] in TORCH_TYPES:
            return None
        return None if depth > DEEPEST else self._typed(node, depth + 1)

    def _typed(self, node: ast.expr, depth: int) -> Argument:
        if isinstance(node, ast.Name):
            return self._name(node, depth)
        if isinstance(node, ast.Call):
            return self._call(node, depth)
        if isinstance(node, ast.Attribute) and node.attr in ("T", "mT", "data"):
            return self.argument(node.value, depth)
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Attribute) and node.value.attr == "shape":
            return Typed("i32")
        if isinstance(node, ast.IfExp):
            return _common([self.argument(node.body, depth), self.argument(node.orelse, depth)])
        if isinstance(node, ast.BinOp):
            return self._sum(node, depth)
        return None

    def _name(self, node: ast.Name, depth: int) -> Argument:
        name = node.id
        values = [value for value in self._assigned.get(name, []) if value.lineno < node.lineno]
        # The last assignment that is certainly reached hides all that stand before it, the parameter's value, too.
        last = max((line for line in self._straight.get(name, ()) if line < node.lineno), default=0)
        values = [value for value in values if value.lineno >= last]
        if name in self._parameters and not last:
            found = _annotated(self._parameters[name])
            return found if not values else _common([found, *(self.argument(value, depth) for value in values)])
        if any(isinstance(value, ast.Attribute) and value.attr == "shape" for value in values):
            return Typed("i32")
        return _common([self.argument(value, depth) for value in values])

    def _call(self, node: ast.Call, depth: int) -> Argument:
        short = node.func.attr if isinstance(node.func, ast.Attribute) else dotted(node.func)
        if short in COUNTS and not (short == "int" and isinstance(node.func, ast.Attribute)):
            return Typed("i32")
        wanted = next((item.value for item in node.keywords if item.arg == "dtype"), None)
        if dotted(node.func).startswith("torch."):
            return self._tensor(short, node, wanted, depth)
        if not isinstance(node.func, ast.Attribute):
            return None
        owner = self.argument(node.func.value, depth)
        if not isinstance(owner, Typed) or not owner.type.startswith("*"):
            return None
        if short in CASTS:
            return Typed(f"*{CASTS[short]}")
        if short == "to":
            return self._cast(owner, wanted or (node.args[0] if node.args else None))
        return owner if short in SAME else None

    def _cast(self, owner: Typed, wanted: ast.expr | None) -> Typed:
        name = dotted(wanted) if wanted is not None else ""
        if name.startswith("torch."):
            return Typed(f"*{TORCH_TYPES[name[6:]]}") if name[6:] in TORCH_TYPES else Typed("*")
        return owner if isinstance(wanted, ast.Constant) else Typed("*")

    def _tensor(self, short: str, node: ast.Call, wanted: ast.expr | None, depth: int) -> Argument:
        if wanted is not None:
            return Typed(f"*{TORCH_TYPES.get(dotted(wanted).removeprefix('torch.'), '')}")
        if short in FACTORIES:
            return Typed("*fp32")
        if short.endswith("_like") and node.args:
            return self.argument(node.args[0], depth)
        return Typed("*") if short in ("full", "tensor", "arange", "randint", "cat", "stack") else None

    def _sum(self, node: ast.BinOp, depth: int) -> Argument:
        sides = [self.argument(node.left, depth), self.argument(node.right, depth)]
        kinds = {"i32" if isinstance(item, Known) and type(item.value) is int else _type(item) for item in sides}
        if isinstance(node.op, ast.Div):
            return Typed("fp32") if kinds <= {"i32", "fp32"} else None
        return Typed(kinds.pop()) if kinds in ({"i32"}, {"fp32"}) else None


def _straight(function: ast.AST | None) -> dict[str, list[int]]:
    """The lines of the assignments to each name that are no part of a loop or a branch."""
    found: dict[str, list[int]] = {}
    for statement in getattr(function, "body", ()):
        if isinstance(statement, (ast.Assign, ast.AnnAssign)) and statement.value is not None:
            for name in stored(statement):
                found.setdefault(name, []).append(statement.value.lineno)
    return found


def _type(item: Argument) -> str:
    return item.type if isinstance(item, Typed) else ""


def _annotated(annotation: ast.expr | None) -> Argument:
    name = dotted(annotation) if annotation is not None else ""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        name = annotation.value
    if name.rpartition(".")[2] == "Tensor":
        return Typed("*")
    found = {"int": "i32", "float": "fp32", "bool": "i1"}.get(name)
    return Typed(found) if found else None


def _common(items: list[Argument]) -> Argument:
    """What holds for all of them, None where they differ or nothing is known of one."""
    first = items[0] if items else None
    if all(item == first for item in items):
        return first
    types = {_type(item) for item in items}
    return Typed("*") if all(item.startswith("*") for item in types) else None
