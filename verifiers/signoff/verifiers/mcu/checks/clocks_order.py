"""The order in which a program runs from reset: what is certainly executed, and where clocks are enabled on the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from signoff.verifiers.mcu.checks.clocks_acts import Act, act_of_access, act_of_call
from signoff.verifiers.mcu.checks.clocks_digest import digests
from signoff.verifiers.mcu.checks.clocks_enabled import enabled
from signoff.verifiers.mcu.checks.clocks_names import Bit
from signoff.verifiers.mcu.checks.clocks_used import Use
from signoff.verifiers.mcu.checks.tables import table
from signoff.verifiers.mcu.parts.part import Part
from signoff.verifiers.mcu.source.facts import Call, Function, ImageFacts, RegisterAccess
from signoff.verifiers.mcu.source.units import is_cplusplus

# What runs before main in CMSIS's startup files, then main.
ROOTS = ("SystemInit", "main")
DEEPEST = 16
MOST_STEPS = 20_000

Item = Call | RegisterAccess


@dataclass(slots=True)
class Run:
    """What is executed from reset, as far as calls can be followed.

    `at` is the first step of an item (by identity) that is certainly executed; `enables` are the steps that enable
    clocks; `elsewhere` the acts in functions that are not on the way: whoever calls them may do so at any time.
    """

    part: Part
    at: dict[int, int] = field(default_factory=dict)
    enables: list[tuple[int, Function, Item, Act]] = field(default_factory=list)
    elsewhere: list[Act] = field(default_factory=list)
    visited: set[int] = field(default_factory=set)
    known: bool = True
    steps: int = 0

    def enabled_later(self, use: Use) -> tuple[Function, Item] | None:
        """Where the clock that a use needs is enabled, if that is certainly after the use; None otherwise."""
        bit = use.enable.register, use.enable.bit
        step = self.at.get(id(use.item))
        if not self.known or step is None or any(_may(act, bit) for act in self.elsewhere):
            return None
        found = [one for one in self.enables if _may(one[3], bit)]
        if not found or found[0][0] < step or not all(bit in one[3].bits for one in found):
            return None
        return found[0][1], found[0][2]


def _may(act: Act, bit: Bit) -> bool:
    return bit in act.bits or act.register in (bit[0], "*")


def run_of(image: ImageFacts, part: Part, functions: frozenset[str]) -> Run:
    """The run of an image from reset; `functions` are those that may be called at all."""
    run = Run(part)
    if any(is_cplusplus(path) for path in image.sources):
        run.known = False  # constructors run before main
        return run
    for root in ROOTS:
        function = image.definition(root)
        if function is not None:
            _enter(run, image, function, True, 0)
    if image.definition("main") is None or run.steps >= MOST_STEPS or _spoken_in_tables(image, run, functions):
        run.known = False
    for digest in digests(image, part):
        for function, _, found in digest.functions:
            if function.name in functions and id(function) not in run.visited:
                run.elsewhere += found
    return run


def _spoken_in_tables(image: ImageFacts, run: Run, functions: frozenset[str]) -> bool:
    """Whether clocks may be enabled through what no statement names: a table of bits, a register's address."""
    return bool(enabled(image, run.part, functions).registers) or any(one.tabled for one in digests(image, run.part))


def _enter(run: Run, image: ImageFacts, function: Function, certain: bool, depth: int) -> None:
    """Walk through a function once; what is called again was executed before."""
    if id(function) in run.visited or depth > DEEPEST:
        return
    run.visited.add(id(function))
    certain = certain and not function.body.jumps and not function.conditional
    every: list[Item] = [*function.body.calls, *function.body.registers]
    items = sorted(every, key=lambda item: item.where.order)
    for item in items:
        here = certain and not item.where.branch
        if isinstance(item, Call):
            for callee in _called(item, image, function.path):
                _enter(run, image, callee, here, depth + 1)
        run.steps += 1
        if run.steps >= MOST_STEPS:
            return
        if here:
            run.at.setdefault(id(item), run.steps)
        act = act_of_call(item, run.part) if isinstance(item, Call) else act_of_access(item, run.part)
        if act is not None:
            run.enables.append((run.steps, function, item, act))


def _called(call: Call, image: ImageFacts, path: str) -> Iterator[Function]:
    """The functions of the image that a call enters: its callee, or what a library's function calls back."""
    if call.pointer:
        return
    names = table("clocks")["callbacks"].get(call.callee)
    if names is None and call.callee.startswith("HAL_") and call.callee.endswith("_Init"):
        names = [call.callee.removesuffix("_Init") + "_MspInit"]
    for name in (call.callee, *(names or ())):
        function = image.definition(name, path)
        if function is not None:
            yield function
