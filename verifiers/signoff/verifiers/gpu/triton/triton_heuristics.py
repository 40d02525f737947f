"""What @triton.heuristics computes, where its functions are plain expressions. Standard library only (triton_data)."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Any

from signoff.verifiers.gpu.triton import triton_values
from signoff.verifiers.gpu.triton.triton_extract import Function, Module, environment, is_triton
from signoff.verifiers.gpu.triton.triton_values import Unknown


class Something:
    """An argument that is there, and of which nothing else is known: it is not None, and all else is unknown."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        raise Unknown

    def __bool__(self) -> bool:
        raise Unknown


def lambdas(function: Function, module: Module) -> Iterator[tuple[str, ast.Lambda]]:
    """(parameter, function) of each heuristic that is a lambda."""
    names = module.triton_names()
    for decorator in function.decorators:
        if not isinstance(decorator, ast.Call) or not is_triton(decorator.func, "triton.heuristics", names):
            continue
        given = [*decorator.args, *(item.value for item in decorator.keywords if item.arg == "values")]
        table = given[0] if given else None
        for key, value in zip(table.keys, table.values, strict=True) if isinstance(table, ast.Dict) else ():
            if isinstance(key, ast.Constant) and isinstance(key.value, str) and isinstance(value, ast.Lambda):
                yield key.value, value


def computed(
    function: Function, module: Module, types: Mapping[str, str], constants: Mapping[str, Any]
) -> dict[str, Any]:
    """The constexprs that the heuristics make of the arguments, as far as these tell."""
    arguments = {name: constants.get(name) if kind == "constexpr" else Something() for name, kind in types.items()}
    scope = {**environment(module.triton_names()), **module.constants}
    found: dict[str, Any] = {}
    for name, one in lambdas(function, module):
        parameters = one.args.args
        if len(parameters) != 1:
            continue
        try:
            found[name] = triton_values.evaluate(one.body, {**scope, parameters[0].arg: {**arguments, **found}})
        except Unknown:
            continue
    return found
