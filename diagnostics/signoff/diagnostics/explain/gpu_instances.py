"""Which instance of a kernel template a launch means."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from signoff.diagnostics.explain.gpu_text import costs_of
from signoff.verifiers.gpu.facts import KernelCost, Launch

NUMBER = re.compile(r"(?:\(\w[\w ]*\))?(-?\d+)(?:[uU]?[lL]{0,2}|[lL]{1,2}[uU])")
TRUTH = {"true": "1", "false": "0"}
# Types that have one name: what else a launch writes may be an alias or a constant.
BUILTIN = frozenset({"float", "double", "int", "char", "short", "long", "bool", "unsigned int", "unsigned char"})
SPELLINGS = {"unsigned": "unsigned int", "uint32_t": "unsigned int", "int32_t": "int", "uint8_t": "unsigned char"}


def instances(launch: Launch, costs: Sequence[KernelCost]) -> list[KernelCost]:
    """The costs of the instances that a launch can mean; of all the kernel's instances where none fits."""
    own = costs_of(launch.kernel, costs) if launch.kernel else []
    fitting = [cost for cost in own if _fits(launch.template_arguments, _arguments(cost))]
    return fitting or own


def _fits(launched: Sequence[str], instance: Sequence[str]) -> bool:
    """False where an argument that can only mean one thing differs. Arguments left out are deduced or defaults."""
    pairs = zip(map(_plain, launched), map(_plain, instance), strict=False)
    return all(wanted == given or not _decisive(wanted) for wanted, given in pairs)


def _decisive(argument: str) -> bool:
    return argument in BUILTIN or NUMBER.fullmatch(argument) is not None


def _plain(argument: str) -> str:
    """One spelling of an argument: numbers without suffix or cast, words one space apart."""
    text = " ".join(argument.split())
    text = TRUTH.get(text, SPELLINGS.get(text.removeprefix("std::"), text))
    number = NUMBER.fullmatch(text)
    return number[1] if number else text


def _arguments(cost: KernelCost) -> list[str]:
    """The template arguments of an instance: ["float", "4"] of "scale<float, 4>(float *)"; [] where there are none."""
    after = cost.instance.partition(f"{cost.kernel}<")[2]
    return list(_split(after)) if after else []


def _split(text: str) -> Iterator[str]:
    """The arguments up to the ">" that closes the list."""
    depth, start = 0, 0
    for place, character in enumerate(text):
        if depth == 0 and character in ",>":
            yield text[start:place].strip()
            if character == ">":
                return
            start = place + 1
        depth += {"<": 1, "(": 1, "[": 1, ">": -1, ")": -1, "]": -1}.get(character, 0)
