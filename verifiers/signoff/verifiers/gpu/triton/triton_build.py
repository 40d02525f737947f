"""Triton's own functions, made of a module's text without running any of it.

Of each function only the head is compiled to Python code, with an empty body and values that we have evaluated as
defaults: Triton reads the body from the text. What a kernel may refer to is put into its namespace one by one.
"""

from __future__ import annotations

import ast
import copy
import importlib
import itertools
import linecache
from types import ModuleType
from typing import Any

import triton
import triton.language as tl

from signoff.verifiers.gpu.triton import triton_guard, triton_parse, triton_values
from signoff.verifiers.gpu.triton.triton_extract import Constexpr, Dtype, Function, Module, environment, stored
from signoff.verifiers.gpu.triton.triton_modules import Binding, Modules
from signoff.verifiers.gpu.triton.triton_use import names_in
from signoff.verifiers.gpu.triton.triton_values import dotted

PLAIN = (int, float, bool, str, type(None), tuple)
# `from __future__ import annotations`: what stands there is not evaluated.
ANNOTATIONS_AS_TEXT = importlib.import_module("__future__").annotations.compiler_flag
_numbers = itertools.count()


class Unbuildable(Exception):
    """A function that cannot be handed to Triton; the text says why."""


class Builder:
    """Builds the functions of one check. close() forgets their texts."""

    def __init__(self, modules: Modules, guard: triton_guard.Guard) -> None:
        self.modules = modules
        self._guard = guard
        self.built: dict[int, tuple[Function, Any]] = {}
        self.doubtful: set[str] = set()
        self._spaces: dict[int, dict[str, Any]] = {}
        self._files: dict[str, str] = {}

    def close(self) -> None:
        """Take the texts out of Python's cache of source lines."""
        for name in self._files.values():
            linecache.cache.pop(name, None)

    def function(self, function: Function, module: Module) -> Any:
        """Triton's JITFunction of a function, with all that it refers to. Raises Unbuildable."""
        key = id(function.node)
        if key not in self.built:
            reason = triton_guard.refusal(function.node)
            if reason:
                raise Unbuildable(f"{function.name} is not compiled: {reason}")
            space = self._space(function, module)
            made = self._make(function, module, space)
            self.built[key] = function, made
            if not function.outer:
                space[function.name] = made
            self._fill(function, module, space)
        return self.built[key][1]

    def of_source(self, source: Any) -> Function | None:
        """The function whose text this is: the very object that an error of Triton's carries."""
        return next((function for function, made in self.built.values() if made.src is source), None)

    def _space(self, function: Function, module: Module) -> dict[str, Any]:
        key = id(function.outer[-1]) if function.outer else id(module)
        if key not in self._spaces:
            self._spaces[key] = {"__builtins__": {}, "__name__": f"signoff_{len(self._spaces)}"}
        return self._spaces[key]

    def _fill(self, function: Function, module: Module, space: dict[str, Any]) -> None:
        hidden = {name for outer in function.outer for name in _scope(outer)}
        for name in sorted(names_in(function.node)):
            if name in space and not isinstance(space[name], ModuleType):
                continue
            if name in hidden:
                self._neighbour(name, function, module, space)
                continue
            binding = self.modules.lookup(module, name)
            if binding is not None and binding.namespace is not None:
                self._namespace(name, binding.namespace, function, space)
            elif binding is not None:
                self._bind(name, binding, space)

    def _namespace(self, name: str, module: Module, function: Function, space: dict[str, Any]) -> None:
        """A module of the workspace: an object that holds what the function uses of it."""
        made = space.setdefault(name, ModuleType(triton_guard.OURS))
        for node in ast.walk(function.node):
            if not isinstance(node, ast.Attribute) or dotted(node) != f"{name}.{node.attr}":
                continue
            binding = self.modules.lookup(module, node.attr)
            if binding is not None and binding.namespace is None and node.attr not in vars(made):
                self._bind(node.attr, binding, vars(made))

    def _neighbour(self, name: str, function: Function, module: Module, space: dict[str, Any]) -> None:
        """A jit function that is defined beside this one, inside the same function."""
        found = [item for item in module.functions if item.name == name and item.outer == function.outer]
        if len(found) == 1 and found[0] is not function:
            space[name] = self.function(found[0], module)

    def _bind(self, name: str, binding: Binding, space: dict[str, Any]) -> None:
        if binding.doubtful:
            self.doubtful.add(name)
        if binding.triton:
            found = next((item for item in map(_of_triton, binding.triton) if item is not None), None)
            if found is not None and self._guard.may_bind(found):
                space[name] = found
        elif binding.function is not None and binding.module is not None:
            try:
                space[name] = self.function(binding.function, binding.module)
            except Unbuildable:
                if triton_guard.refusal(binding.function.node):
                    raise
        elif isinstance(binding.value, (Constexpr, Dtype, *PLAIN)):
            space[name] = real(binding.value)

    def _make(self, function: Function, module: Module, space: dict[str, Any]) -> Any:
        file = self._file(module)
        names = {**environment(module.triton_names()), **module.constants}
        head = copy.copy(function.node)
        head.decorator_list, head.returns, head.body = [], None, [ast.copy_location(ast.Pass(), function.node)]
        defaults = {name: self._default(name, node, names, function) for name, node in function.defaults.items()}
        head.args = _with_defaults(function.node.args)
        scope: dict[str, Any] = {f"default_{name}": value for name, value in defaults.items()}
        tree = ast.fix_missing_locations(ast.Module([head], []))
        code = compile(tree, file, "exec", ANNOTATIONS_AS_TEXT, dont_inherit=True)
        made: dict[str, Any] = {}
        exec(code, {**scope, "__builtins__": {}, "__name__": space["__name__"]}, made)
        python = made[function.name]
        python = type(python)(python.__code__, space, python.__name__, python.__defaults__)
        python.__kwdefaults__ = made[function.name].__kwdefaults__
        python.__annotations__ = self._annotations(made[function.name].__annotations__, function, names)
        python.__module__ = space["__name__"]
        return _jitted(python, function)

    def _default(self, name: str, node: ast.expr, names: dict[str, Any], function: Function) -> Any:
        value = triton_values.known(node, names, default=Unbuildable)
        if value is Unbuildable or not isinstance(value, (Constexpr, Dtype, *PLAIN)):
            raise Unbuildable(f"the default of {name} in {function.name} cannot be followed")
        return real(value)

    def _annotations(self, found: dict[str, Any], function: Function, names: dict[str, Any]) -> dict[str, Any]:
        for parameter in function.parameters:
            value = triton_values.known(parameter.annotation, names)
            if isinstance(value, Dtype):
                found[parameter.arg] = real(value)
            elif isinstance(value, str):
                found[parameter.arg] = value
        return found

    def _file(self, module: Module) -> str:
        if module.path not in self._files:
            name = f"<signoff kernels {next(_numbers)}>"
            self._files[module.path] = name
            linecache.cache[name] = len(module.text), None, triton_parse.lines(module.text), name
        return self._files[module.path]


def _scope(outer: ast.AST) -> set[str]:
    """The names of an enclosing function: what it assigns, and its parameters."""
    names = {name for item in getattr(outer, "body", ()) for name in stored(item)}
    arguments = getattr(outer, "args", None)
    if isinstance(arguments, ast.arguments):
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        names |= {item.arg for item in every}
        names |= {item.arg for item in (arguments.vararg, arguments.kwarg) if item}
    return names if not isinstance(outer, ast.ClassDef) else set()


def _with_defaults(arguments: ast.arguments) -> ast.arguments:
    """The parameters, each default replaced by the name of a value that we supply."""
    made = copy.copy(arguments)
    plain = [*arguments.posonlyargs, *arguments.args]
    count = len(arguments.defaults)
    made.defaults = [ast.Name(f"default_{item.arg}", ast.Load()) for item in plain[len(plain) - count :]]
    pairs = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    made.kw_defaults = [ast.Name(f"default_{item.arg}", ast.Load()) if value else None for item, value in pairs]
    return made


def _jitted(python: Any, function: Function) -> Any:
    options = {name: value for name, value in function.options.items() if name == "noinline" and value is True}
    try:
        return triton.jit(python, **options) if not options else triton.jit(**options)(python)
    except (TypeError, ValueError, SyntaxError, OSError, AttributeError) as error:
        raise Unbuildable(f"{function.name} cannot be read: {error}") from error


def real(value: Any) -> Any:
    """Triton's own object for a value of triton_extract."""
    if isinstance(value, Constexpr):
        return tl.constexpr(real(value.value))
    if isinstance(value, Dtype):
        return getattr(tl, value.name)
    if isinstance(value, tuple):
        return tuple(real(item) for item in value)
    return value


def _of_triton(name: str) -> Any:
    """The object of a dotted name within Triton; None where this Triton has none, or it is not made for kernels."""
    if name in ("triton", "triton.language"):
        return triton if name == "triton" else tl
    parent, _, last = name.rpartition(".")
    if not name.startswith("triton.language.") and not (parent == "triton" and last in triton_guard.ROOT):
        return None
    try:
        return importlib.import_module(name)
    except ImportError:
        pass
    try:
        return getattr(importlib.import_module(parent), last, None)
    except ImportError:
        return None
