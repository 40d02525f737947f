"""The Triton part of a Python module, read and never run: kernels, constants, imports. Standard library only."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from signoff.verifiers.gpu.triton import triton_parse, triton_values
from signoff.verifiers.gpu.triton.triton_values import Unknown, dotted

# Names under which projects re-export Triton ("from vllm.triton_utils import tl, triton").
USUAL = {"triton": "triton", "tl": "triton.language"}
DTYPES = (
    *("int1", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "bfloat16"),
    *("float32", "float64", "float8e5", "float8e4nv", "float8e4b8", "float8e4b15", "float8e5b16"),
)
Statements = list[ast.stmt] | tuple[ast.stmt, ...]


@dataclass(frozen=True)
class Constexpr:
    """Stands for tl.constexpr(value)."""

    value: Any


@dataclass(frozen=True)
class Dtype:
    """Stands for a type of triton.language, by its name there ("float16")."""

    name: str


@dataclass(frozen=True)
class Import:
    """A name from another module: `attribute` of `module`, or the module itself; `level` counts leading dots."""

    module: str
    attribute: str = ""
    level: int = 0

    @property
    def triton(self) -> str:
        """The dotted name within Triton that it stands for, "" where it is no part of Triton."""
        if not self.level and (self.module == "triton" or self.module.startswith("triton.")):
            return f"{self.module}.{self.attribute}" if self.attribute else self.module
        return USUAL.get(self.attribute, "")


@dataclass
class Function:
    """One function that @triton.jit decorates. `outer` are the functions and classes around it, outermost first.

    `decorators` are those beside jit, outermost first; `options` the literal keywords of jit.
    """

    name: str
    node: ast.FunctionDef
    path: str
    outer: tuple[ast.AST, ...] = ()
    decorators: tuple[ast.expr, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def parameters(self) -> list[ast.arg]:
        """The parameters in the order of Triton's own list."""
        arguments = self.node.args
        star = [arguments.vararg] if arguments.vararg else []
        return [*arguments.posonlyargs, *arguments.args, *star, *arguments.kwonlyargs]

    @property
    def defaults(self) -> dict[str, ast.expr]:
        """The default of each parameter that has one."""
        arguments = self.node.args
        plain = [*arguments.posonlyargs, *arguments.args]
        found = {item.arg: value for item, value in zip(plain[::-1], arguments.defaults[::-1], strict=False)}
        named = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=False)
        found |= {item.arg: value for item, value in named if value}
        return found


@dataclass
class Module:
    """One Python file. `bound` are all names that it binds at its outermost level, followed or not.

    `doubtful` are those bound more than once (for one version of Triton and another): which one counts is a guess.
    """

    path: str
    text: str
    body: tuple[ast.stmt, ...] = ()
    broken: tuple[triton_parse.Broken, ...] = ()
    imports: dict[str, list[Import]] = field(default_factory=dict)
    stars: list[Import] = field(default_factory=list)
    constants: dict[str, Any] = field(default_factory=dict)
    doubtful: set[str] = field(default_factory=set)
    functions: list[Function] = field(default_factory=list)
    bound: set[str] = field(default_factory=set)

    def named(self, name: str) -> Function | None:
        """The kernel or helper of that name at the outermost level; of several the last."""
        return next((item for item in reversed(self.functions) if item.name == name and not item.outer), None)

    def triton_names(self) -> dict[str, list[str]]:
        """What stands for which part of Triton: local name to dotted names, in the order in which they are tried."""
        found = {name: [item.triton for item in items if item.triton] for name, items in self.imports.items()}
        return {name: targets for name, targets in found.items() if targets}


def read(path: str, text: str) -> Module:
    """The model of one file."""
    parsed = triton_parse.parse(text)
    module = Module(path, text, parsed.body, parsed.broken)
    assigned: dict[str, list[ast.expr | None]] = {}
    for statement in outermost(module.body):
        _bind(statement, module, assigned)
    module.functions = list(_functions(module.body, module, ()))
    _constants(module, assigned)
    return module


def outermost(body: Statements) -> Iterator[ast.stmt]:
    """The statements at a module's level, those within if, try and with among them."""
    for statement in body:
        yield statement
        for name in ("body", "orelse", "finalbody"):
            if not isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                yield from outermost(getattr(statement, name, ()))
        for handler in getattr(statement, "handlers", ()):
            yield from outermost(handler.body)


def _bind(statement: ast.stmt, module: Module, assigned: dict[str, list[ast.expr | None]]) -> None:
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        _import(statement, module)
    elif isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        module.bound.add(statement.name)
        assigned.setdefault(statement.name, []).append(None)
    elif (
        isinstance(statement, ast.Assign) and len(statement.targets) == 1 and isinstance(statement.targets[0], ast.Name)
    ):
        assigned.setdefault(statement.targets[0].id, []).append(statement.value)
    elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        assigned.setdefault(statement.target.id, []).append(statement.value)
    else:
        for name in stored(statement):
            assigned.setdefault(name, []).append(None)
    module.bound |= stored(statement)


def stored(node: ast.AST) -> set[str]:
    """Every name that a statement binds, those of its parts among them but for functions' and classes' own."""
    found: set[str] = set()
    waiting = [node]
    while waiting:
        item = waiting.pop()
        if isinstance(item, ast.Name) and isinstance(item.ctx, (ast.Store, ast.Del)):
            found.add(item.id)
        elif isinstance(item, ast.ExceptHandler) and item.name:
            found.add(item.name)
        elif isinstance(item, ast.alias):
            found.add(item.asname or item.name.partition(".")[0])
        elif isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(item.name)
            continue
        elif isinstance(item, ast.Lambda):
            continue
        waiting.extend(ast.iter_child_nodes(item))
    return found


def _import(statement: ast.Import | ast.ImportFrom, module: Module) -> None:
    for name in statement.names:
        if isinstance(statement, ast.Import):
            target = name.name if name.asname else name.name.partition(".")[0]
            local, found = name.asname or target, Import(target)
        else:
            local = name.asname or name.name
            found = Import(statement.module or "", name.name, statement.level)
        if local == "*":
            module.stars.append(found)
        else:
            module.imports.setdefault(local, []).append(found)


def _functions(body: Statements, module: Module, outer: tuple[ast.AST, ...]) -> Iterator[Function]:
    for statement in outermost(body):
        if isinstance(statement, ast.FunctionDef):
            found = jitted(statement, module, outer)
            if found is not None:
                yield found
                continue
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield from _functions(statement.body, module, (*outer, statement))


def jitted(node: ast.FunctionDef, module: Module, outer: tuple[ast.AST, ...]) -> Function | None:
    """The function as Triton's, None where @triton.jit is not among its decorators."""
    names = module.triton_names()
    for decorator in node.decorator_list:
        call = decorator if isinstance(decorator, ast.Call) else None
        if is_triton(call.func if call else decorator, "triton.jit", names):
            rest = tuple(item for item in node.decorator_list if item is not decorator)
            keywords = call.keywords if call else []
            options = {item.arg: triton_values.known(item.value, {}) for item in keywords if item.arg}
            return Function(node.name, node, module.path, outer, rest, options)
    return None


def is_triton(node: ast.AST, wanted: str, names: Mapping[str, list[str]]) -> bool:
    """Whether an expression names a thing of Triton's ("triton.autotune")."""
    return wanted in triton_names(node, names)


def triton_names(node: ast.AST, names: Mapping[str, list[str]]) -> list[str]:
    """What of Triton's an expression may name: dotted names, [] for anything else."""
    first, _, rest = dotted(node).partition(".")
    return [f"{target}.{rest}" if rest else target for target in names.get(first, ())]


def environment(names: Mapping[str, list[str]]) -> dict[str, Any]:
    """What triton_values needs to know of Triton: constexpr and the types, under this module's names for them."""
    found: dict[str, Any] = {}
    known: dict[str, Any] = {"triton.language.constexpr": Constexpr}
    known |= {f"triton.language.{name}": Dtype(name) for name in DTYPES}
    for local, targets in names.items():
        for target in targets:
            for full, value in known.items():
                if full == target:
                    found[local] = value
                elif full.startswith(f"{target}."):
                    found[local + full[len(target) :]] = value
    return found


def _constants(module: Module, assigned: Mapping[str, list[ast.expr | None]]) -> None:
    """Names bound once, to something that can be evaluated. A name that Triton has, too, is Triton's."""
    names = environment(module.triton_names())
    for name, values in assigned.items():
        if len(values) + len(module.imports.get(name, ())) > 1:
            module.doubtful.add(name)
        if name in module.imports:
            continue
        known = [_known(value, {**names, **module.constants}) for value in values]
        found = next((item for item in known if item is not Unknown), Unknown)
        if found is not Unknown:
            module.constants[name] = found


def _known(node: ast.expr | None, names: Mapping[str, Any]) -> Any:
    return Unknown if node is None else triton_values.known(node, names, Unknown)
