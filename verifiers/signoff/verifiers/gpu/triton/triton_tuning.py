"""What @triton.autotune and @triton.heuristics supply to a kernel, read from its decorators.

Standard library only (triton_data).
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from signoff.verifiers.gpu.triton import triton_values
from signoff.verifiers.gpu.triton.triton_extract import Function, Module, environment, is_triton
from signoff.verifiers.gpu.triton.triton_values import Unknown, dotted

# Keywords of a launch that are Triton's own.
OPTIONS = ("num_warps", "num_stages", "num_ctas", "maxnreg")
# The parameters of triton.Config after its values.
POSITIONS = ("num_warps", "num_stages", "num_ctas", "maxnreg")
# The arguments of @triton.autotune that list the kernel's parameters by name.
LISTS = (("key", 1), ("reset_to_zero", 3), ("restore_value", 4))


@dataclass(frozen=True)
class Config:
    """One triton.Config: the constexprs that it sets, num_warps and its like; `whole` is False if unknown in part.

    `node` is the call that makes it (of a comprehension's, the same for each), `places` the expression of each option.
    """

    values: dict[str, Any]
    options: dict[str, int]
    whole: bool = True
    node: ast.Call | None = None
    places: dict[str, ast.expr] = field(default_factory=dict)

    @property
    def usable(self) -> dict[str, int]:
        """The options that Triton accepts: with others it compiles nothing at all, whatever the kernel is."""
        return {name: value for name, value in self.options.items() if accepted(name, value)}


@dataclass(frozen=True)
class Tuning:
    """What the decorators between a launch and the kernel supply. `closed` is False where one cannot be followed.

    `pruned`: which of the configurations are tried is computed at run time. `named` are the texts in `key` and its
    like, as (argument, text). `configs` may be fewer than there are where `closed` is False.
    """

    configs: tuple[Config, ...] = ()
    supplied: frozenset[str] = frozenset()
    closed: bool = True
    pruned: bool = False
    named: tuple[tuple[str, ast.Constant], ...] = ()
    autotuned: bool = False


def power_of_two(value: int) -> bool:
    """Whether it is 1, 2, 4 and so on."""
    return value > 0 and not value & (value - 1)


def accepted(name: str, value: int) -> bool:
    """Whether Triton takes such an option: num_warps must be a power of two (its CUDAOptions)."""
    return name != "num_warps" or power_of_two(value)


def tuning(function: Function, module: Module) -> Tuning:
    """Reads autotune and heuristics."""
    names = module.triton_names()
    scope = {**environment(names), **module.constants}
    found = Tuning()
    # Innermost first: what one decorator is told of the kernel hangs on those between.
    for decorator in reversed(function.decorators):
        call = decorator if isinstance(decorator, ast.Call) else None
        if call is not None and is_triton(call.func, "triton.autotune", names):
            found = _autotuned(call, scope, module, found)
        elif call is not None and is_triton(call.func, "triton.heuristics", names):
            found = _computed(call, scope, found)
        else:
            found = replace(found, closed=False)
    return found


def _autotuned(call: ast.Call, scope: dict[str, Any], module: Module, before: Tuning) -> Tuning:
    configs, complete = _configs(argument(call, "configs", 0), scope, module)
    known = all(item.arg for item in call.keywords)
    return Tuning(
        configs,
        before.supplied | {name for item in configs for name in item.values},
        before.closed and complete and known,
        not known or argument(call, "prune_configs_by", 2) is not None,
        tuple(_named(call)) if before.closed else (),
        autotuned=True,
    )


def _computed(call: ast.Call, scope: dict[str, Any], before: Tuning) -> Tuning:
    node = argument(call, "values", 0)
    keys = [triton_values.known(key, scope) for key in node.keys] if isinstance(node, ast.Dict) else [None]
    texts = {key for key in keys if isinstance(key, str)}
    return replace(before, supplied=before.supplied | texts, closed=before.closed and len(texts) == len(keys))


def _named(call: ast.Call) -> Iterable[tuple[str, ast.Constant]]:
    for name, position in LISTS:
        node = argument(call, name, position)
        for item in node.elts if isinstance(node, (ast.List, ast.Tuple)) else ():
            if isinstance(item, ast.Constant) and isinstance(item.value, str):
                yield name, item


def argument(call: ast.Call, name: str, position: int) -> ast.expr | None:
    """The argument of a call that is given by its name or its position."""
    given = next((item.value for item in call.keywords if item.arg == name), None)
    return given if given is not None else (call.args[position] if len(call.args) > position else None)


def _configs(node: ast.expr | None, scope: dict[str, Any], module: Module) -> tuple[tuple[Config, ...], bool]:
    """The configurations, and whether these are all."""
    if isinstance(node, ast.List):
        found = [_configs(item, scope, module) for item in node.elts]
        return tuple(one for items, _ in found for one in items), all(whole for _, whole in found)
    if isinstance(node, ast.ListComp):
        try:
            rounds = list(triton_values.scopes(node.generators, scope))
        except (Unknown, TypeError, ValueError):
            return (), False
        found = [_configs(node.elt, dict(names), module) for names in rounds]
        return tuple(one for items, _ in found for one in items), all(whole for _, whole in found)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _configs(node.left, scope, module), _configs(node.right, scope, module)
        return left[0] + right[0], left[1] and right[1]
    if isinstance(node, ast.Call) and dotted(node.func).rpartition(".")[2] == "Config":
        config = _config(node, scope)
        return ((config,), config.whole)
    return (), False


def _config(node: ast.Call, scope: dict[str, Any]) -> Config:
    values = triton_values.known(argument(node, "kwargs", 0), scope)
    places = {name: node.args[place] for place, name in enumerate(POSITIONS, start=1) if len(node.args) > place}
    places |= {item.arg: item.value for item in node.keywords if item.arg in OPTIONS}
    options = {name: triton_values.known(item, scope) for name, item in places.items()}
    numbers = {name: value for name, value in options.items() if type(value) is int}
    if not isinstance(values, dict):
        return Config({}, numbers, whole=False, node=node, places=places)
    return Config({str(name): value for name, value in values.items()}, numbers, node=node, places=places)


def covering(configs: Iterable[Config], most: int) -> list[Config]:
    """The first configuration, and so many of the others that each value worth a try is in one of them; at most `most`.

    That is, of each constexpr: what is no power of two, which is what Triton refuses, flags and texts, and of the
    powers of two the smallest and the largest, as tiles can be too small for tl.dot and too large for a tensor.
    """
    rest = [item for item in configs if item.whole]
    chosen, rest = rest[:1], rest[1:]
    wanted = _worth([*chosen, *rest]) - {pair for item in chosen for pair in _pairs(item)}
    while wanted and len(chosen) < most:
        best = max(rest, key=lambda item: len(wanted & _pairs(item)))
        chosen.append(best)
        wanted -= _pairs(best)
    return chosen


def _pairs(config: Config) -> set[tuple[str, str]]:
    return {(name, repr(value)) for name, value in config.values.items()}


def _worth(configs: list[Config]) -> set[tuple[str, str]]:
    """(name, value) of what should be tried."""
    found: set[tuple[str, str]] = set()
    powers: dict[str, set[int]] = {}
    for name, value in ((name, value) for item in configs for name, value in item.values.items()):
        if type(value) is int and power_of_two(value):
            powers.setdefault(name, set()).add(value)
        else:
            found.add((name, repr(value)))
    return found | {(name, repr(value)) for name, values in powers.items() for value in (min(values), max(values))}
