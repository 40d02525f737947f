"""One Python file with its kernels, as all of Triton's stages look at it. Only in the engine's process."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from signoff.verifiers.gpu.triton import triton_guard
from signoff.verifiers.gpu.triton.triton_build import Unbuildable
from signoff.verifiers.gpu.triton.triton_calls import Site, sites
from signoff.verifiers.gpu.triton.triton_data import Source
from signoff.verifiers.gpu.triton.triton_extract import Function
from signoff.verifiers.gpu.triton.triton_modules import Modules
from signoff.verifiers.gpu.triton.triton_signature import Unguessable, Variant, variants
from signoff.verifiers.gpu.triton.triton_use import Use, analyse, names_in

P = ParamSpec("P")
Result = TypeVar("Result")


class Skipped(Exception):
    """Nothing can be said of a kernel; the text says why."""


class Subject:
    """One file with its kernels, as both stages look at it."""

    def __init__(self, source: Source) -> None:
        self.modules = Modules(source)
        self.module = self.modules.first
        self.sites: dict[int, list[Site]] = {}
        for site in sites(self.module):
            for function in site.target(self.module.functions):
                self.sites.setdefault(id(function.node), []).append(site)

    def find(self, name: str) -> Function | None:
        """A jit function that the file may call by this name."""
        binding = self.modules.lookup(self.module, name)
        return binding.function if binding is not None else None

    def roots(self) -> list[tuple[Function, Use]]:
        """The kernels: what is launched here, and what nothing here calls, returns nothing and works on pointers."""
        called = {name for item in self.module.functions for name in names_in(item.node) if name != item.name}
        found = []
        for function in self.module.functions:
            launched = id(function.node) in self.sites
            if not launched and (function.name in called or _returns(function.node)):
                continue
            use = analyse(function, self.find)
            if launched or use.pointers:
                found.append((function, use))
        return found

    def launches(self, function: Function) -> list[Site]:
        """Where the file launches a kernel."""
        return self.sites.get(id(function.node), [])

    def variants(self, function: Function, use: Use) -> tuple[Variant, ...]:
        """The ways to compile it. Raises Skipped."""
        try:
            return variants(function, self.module, use, self.launches(function))
        except Unguessable as error:
            raise Skipped(str(error)) from error


def _returns(node: ast.FunctionDef) -> bool:
    return any(isinstance(item, ast.Return) and item.value is not None for item in ast.walk(node))


def guarded(step: Callable[P, Result], *args: P.args, **kwargs: P.kwargs) -> Result:
    """The step's result. Raises Skipped for a kernel that must not, or cannot, be handed to Triton."""
    try:
        return step(*args, **kwargs)
    except (Unbuildable, triton_guard.Refused) as error:
        raise Skipped(str(error)) from error
