"""Launches of Triton kernels, read without compiling: arguments that are missing, and extents that are literals.

Standard library only (triton_data).
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator

from signoff.verifiers.gpu.triton.triton_calls import Host, Site, bound
from signoff.verifiers.gpu.triton.triton_data import Extent, Fault
from signoff.verifiers.gpu.triton.triton_extract import Function, Module
from signoff.verifiers.gpu.triton.triton_places import Places
from signoff.verifiers.gpu.triton.triton_tuning import Tuning, tuning
from signoff.verifiers.gpu.triton.triton_values import Unknown

# Other makers' Tritons have launch options of their own: only what looks like a slip is one.
NEAR = 0.8
AXES = ("grid.x", "grid.y", "grid.z")
# Options that every triton.Config sets, if only to their defaults (Config.all_kwargs).
ALWAYS_SET = ("num_warps", "num_stages", "num_ctas")


def faults(site: Site, function: Function, module: Module, places: Places, options: frozenset[str]) -> Iterator[Fault]:
    """Arguments that the kernel lacks or does not have. Nothing where decorators or * may supply or take some."""
    tuned = tuning(function, module)
    if not tuned.closed or function.node.args.vararg is not None:
        return
    names = [item.arg for item in function.parameters]
    if len(site.arguments) > len(names):
        message = f"{function.name} takes {len(names)} arguments, but {len(site.arguments)} are given"
        yield _fault(site.arguments[len(names)], message, function, module, places)
    for name, keyword in site.keywords.items():
        near = difflib.get_close_matches(name, [*names, *options], 1, NEAR) if name not in (*names, *options) else []
        if near:
            message = f"{function.name} has no parameter {name}, and no launch option is called so: is {near[0]} meant?"
            yield _fault(keyword, message, function, module, places)
        elif name in names[: len(site.arguments)]:
            yield _fault(keyword, f"{name} of {function.name} is given twice", function, module, places)
    yield from _tuned_twice(site, function, tuned, module, places)
    given = {*bound(site, function), *tuned.supplied, *function.defaults}
    missing = [name for name in names if name not in given]
    if missing and not site.open:
        listed = ", ".join(missing)
        yield _fault(
            site.call.func, f"the launch of {function.name} gives no value for {listed}", function, module, places
        )


def _tuned_twice(site: Site, function: Function, tuned: Tuning, module: Module, places: Places) -> Iterator[Fault]:
    """What @triton.autotune sets and the launch gives, too: its run() raises for that."""
    if not tuned.autotuned or tuned.pruned:
        return
    owned = {name for config in tuned.configs for name in config.values} | set(ALWAYS_SET)
    given: dict[str, ast.AST] = {name: node for name, node in bound(site, function).items() if name in owned}
    given |= {name: node for name, node in site.keywords.items() if name in owned}
    for name, node in given.items():
        message = (
            f"{name} is set by the configurations of @triton.autotune: a launch that gives it, too, raises an error"
        )
        yield _fault(node, message, function, module, places)


def _fault(node: ast.AST, message: str, function: Function, module: Module, places: Places) -> Fault:
    line, low, end, high = places.of(node)
    if isinstance(node, ast.keyword) and node.arg:
        high = low + len(node.arg)
    elif isinstance(node, ast.Subscript):
        high = low + len(function.name)
    data = (("kernel", function.name),)
    return Fault(module.path, (line, low, end, high), "TritonArgument", message, function.name, (), data)


def extents(site: Site, module: Module, places: Places) -> Iterator[Extent]:
    """The grid's extents and num_warps, where they are known."""
    host = Host(module, site.function)
    for axis, node in zip(AXES, _axes(site, host), strict=False):
        yield from _extent(axis, node, host, site, places)
    if "num_warps" in site.keywords:
        yield from _extent("num_warps", site.keywords["num_warps"].value, host, site, places)


def _axes(site: Site, host: Host) -> list[ast.expr]:
    grid = host.expression(site.grid)
    if isinstance(grid, ast.Lambda):
        grid = grid.body
    return list(grid.elts) if isinstance(grid, ast.Tuple) else []


def _extent(axis: str, node: ast.expr, host: Host, site: Site, places: Places) -> Iterator[Extent]:
    try:
        value = host.value(node)
    except Unknown:
        return
    if type(value) is int:
        yield Extent(site.kernel, axis, value, places.of(node), site.conditional)
