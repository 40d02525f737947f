"""@triton.autotune against its kernel: names that the kernel does not have, options that Triton does not take.

Standard library only (triton_data).
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator, Sequence

from signoff.verifiers.gpu.triton.triton_calls import Site, bound
from signoff.verifiers.gpu.triton.triton_data import Extent, Fault
from signoff.verifiers.gpu.triton.triton_extract import Function, Module
from signoff.verifiers.gpu.triton.triton_places import Places
from signoff.verifiers.gpu.triton.triton_sites import NEAR
from signoff.verifiers.gpu.triton.triton_tuning import Config, Tuning, argument, tuning

CODE = "TritonArgument"


class TuningChecks:
    """The checks of one kernel. `options` are the keywords that a launch takes beside the kernel's parameters.

    `strict`: whether this Triton raises for a name in `key` that is no parameter; others pass over it in silence.
    """

    def __init__(self, function: Function, module: Module, places: Places, options: frozenset[str], strict: bool):
        self._function = function
        self._module = module
        self._places = places
        self._options = options
        self._strict = strict
        self._tuned = tuning(function, module)
        self._names = [item.arg for item in function.parameters]

    def faults(self, sites: Sequence[Site]) -> Iterator[Fault]:
        """What is wrong whatever the kernel computes."""
        yield from self._listed()
        if self._function.node.args.vararg is None and not self._tuned.pruned:
            for config in self._tuned.configs:
                misspelt = list(self._misspelt(config))
                yield from misspelt or self._missing(config, sites)

    def extents(self) -> Iterator[Extent]:
        """The num_warps of each configuration. One of several that asks for too many threads is only passed over."""
        if self._tuned.pruned:
            return
        several = len(self._tuned.configs) > 1 or not self._tuned.closed
        for config in self._tuned.configs:
            if "num_warps" in config.options:
                place = self._places.of(config.places["num_warps"])
                yield Extent(self._function.name, "num_warps", config.options["num_warps"], place, several)

    def _listed(self) -> Iterator[Fault]:
        for where, node in self._tuned.named:
            name = str(node.value)
            if name in self._names:
                continue
            does = "Triton raises an error" if self._strict else "Triton passes over it"
            message = f"{where} names {name}, which is no parameter of {self._function.name}: {does}"
            yield self._fault(node, message + self._near(name), warning=not self._strict)

    def _misspelt(self, config: Config) -> Iterator[Fault]:
        for name in config.values:
            if name in self._names or name in self._options:
                continue
            near = self._near(name)
            # Other makers' Tritons have options of their own: only what looks like a slip is one.
            if near:
                yield self._fault(_key(config, name), f"{self._function.name} has no parameter {name}{near}")

    def _missing(self, config: Config, sites: Sequence[Site]) -> Iterator[Fault]:
        """A parameter that other configurations set, and neither this one nor a launch."""
        if not config.whole or not _complete(self._tuned):
            return
        others = {name for item in self._tuned.configs for name in item.values} & set(self._names)
        lacking = sorted(others - set(config.values) - set(self._function.defaults))
        for site in sites:
            names = [name for name in lacking if name not in bound(site, self._function)]
            if names and not site.open and config.node is not None:
                listed = ", ".join(names)
                message = (
                    f"this configuration gives no value for {listed} of {self._function.name}, nor does the launch"
                )
                yield self._fault(config.node, f"{message} in line {site.call.lineno}")
                return

    def _near(self, name: str) -> str:
        near = difflib.get_close_matches(name, self._names, 1, NEAR)
        return f": is {near[0]} meant?" if near else ""

    def _fault(self, node: ast.AST | None, message: str, warning: bool = False) -> Fault:
        place = self._places.of(node or self._function.node)
        data = (("kernel", self._function.name),)
        return Fault(self._module.path, place, CODE, message, self._function.name, (), data, warning)


def _complete(tuned: Tuning) -> bool:
    """Whether nothing but the configurations can supply what they set."""
    return tuned.closed and tuned.supplied <= {name for item in tuned.configs for name in item.values}


def _key(config: Config, name: str) -> ast.AST | None:
    """Where a configuration names a constexpr."""
    table = argument(config.node, "kwargs", 0) if config.node is not None else None
    keys = table.keys if isinstance(table, ast.Dict) else []
    return next((key for key in keys if isinstance(key, ast.Constant) and key.value == name), config.node)
