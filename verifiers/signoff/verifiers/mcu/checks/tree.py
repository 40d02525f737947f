"""Check 11: a PLL out of its range, a bus too fast, flash read with too few wait states."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from signoff.verifiers.finding import Category, Finding, Related, Severity, Span
from signoff.verifiers.mcu.checks.check import TOOL
from signoff.verifiers.mcu.checks.tree_hal import hal_trees
from signoff.verifiers.mcu.checks.tree_model import Tree, Value
from signoff.verifiers.mcu.checks.tree_registers import register_trees
from signoff.verifiers.mcu.parts.part import Clocks, Part
from signoff.verifiers.mcu.source.facts import ImageFacts
from signoff.verifiers.project import Project

RANGE, LATENCY = "ClockRange", "FlashLatency"
MEGA = 1_000_000


@dataclass(slots=True)
class _Told:
    """The findings on one tree; each value is blamed once."""

    path: str
    findings: list[Finding] = field(default_factory=list)
    blamed: set[Span] = field(default_factory=set)

    def add(self, code: str, value: Value, message: str, data: tuple[tuple[str, str], ...] = ()) -> None:
        """Tell of a value, unless something was told of it."""
        if value.span in self.blamed:
            return
        self.blamed.add(value.span)
        self.findings.append(
            Finding(self.path, value.span, Severity.WARNING, code, message, TOOL, Category.CLOCK_TREE, data=data)
        )


def clock_tree(image: ImageFacts, path: str, part: Part | None, project: Project) -> Iterable[Finding]:
    """Clock settings that the part does not allow, of those that constants give in one function."""
    source = image.sources.get(path)
    if part is None or source is None or not part.clocks.sysclk_max:
        return
    for function in source.functions:
        for tree in (*hal_trees(function, source, part), *register_trees(function, source, part, image)):
            yield from _judged(tree, part.clocks, path)


def _judged(tree: Tree, limits: Clocks, path: str) -> Iterator[Finding]:
    told = _Told(path)
    _pll(tree, limits, told)
    _buses(tree, limits, told)
    yield from told.findings
    if not told.findings:
        yield from _latency(tree, limits, path)


def _pll(tree: Tree, limits: Clocks, told: _Told) -> None:
    for name, value, allowed in (("PLLM", tree.m, limits.pll_m), ("PLLN", tree.n, limits.pll_n)):
        if value is not None and not allowed[0] <= value.value <= allowed[1]:
            told.add(RANGE, value, f"{name} is {value.value}; {allowed[0]} to {allowed[1]} are allowed.")
    if tree.p is not None and tree.p.value not in limits.pll_p:
        choice = ", ".join(map(str, limits.pll_p))
        told.add(RANGE, tree.p, f"PLLP is {tree.p.value}; {choice} are allowed.")
    vco_in, vco_out = tree.vco_in, tree.vco_out
    if vco_in is not None and tree.m is not None and not _within(vco_in, limits.vco_in):
        told.add(
            RANGE,
            tree.m,
            f"The PLL's input is {_hz(tree.source)} / {tree.m.value} = {_hz(vco_in)}; it works from "
            f"{_hz(limits.vco_in[0])} to {_hz(limits.vco_in[1])}.",
        )
    elif vco_out is not None and tree.n is not None and not _within(vco_out, limits.vco_out):
        told.add(
            RANGE,
            tree.n,
            f"The PLL's oscillator would run at {_hz(vco_in)} * {tree.n.value} = {_hz(vco_out)}; it works from "
            f"{_hz(limits.vco_out[0])} to {_hz(limits.vco_out[1])}.",
        )


def _buses(tree: Tree, limits: Clocks, told: _Told) -> None:
    if told.findings:
        return  # the other frequencies follow from the wrong one
    system = tree.system
    if system is not None and tree.blame is not None and system > limits.sysclk_max:
        told.add(RANGE, tree.blame, f"SYSCLK is {_hz(system)}; at most {_hz(limits.sysclk_max)} are allowed.")
        return
    hclk = tree.hclk
    for name, divider, most in (("APB1", tree.apb1, limits.apb1_max), ("APB2", tree.apb2, limits.apb2_max)):
        if hclk is None or divider is None or not most or hclk <= most * divider.value:
            continue
        least = next((one for one in DIVIDERS if hclk <= most * one), None)
        advice = f": divide by {least}" if least else ""
        message = f"{name} runs at {_hz(hclk)} / {divider.value} = {_hz(hclk / divider.value)}; "
        told.add(
            RANGE,
            divider,
            f"{message}at most {_hz(most)} are allowed{advice}.",
            (("bus", name), ("divider", str(least or ""))),
        )


# What the prescalers of both buses divide by (RM0090, 7.3.3).
DIVIDERS = (1, 2, 4, 8, 16)


def _latency(tree: Tree, limits: Clocks, path: str) -> Iterator[Finding]:
    hclk, given = tree.hclk, tree.latency
    needed = limits.wait_states(int(hclk)) if hclk is not None else None
    if given is None or needed is None or given.value >= needed:
        return
    message = (
        f"At {_hz(hclk)} the flash needs {needed} wait states (2.7 to 3.6 V), not {given.value}: "
        "instructions are read wrong."
    )
    related = (Related(path, tree.blame.span, f"SYSCLK is {_hz(tree.system)}"),) if tree.blame is not None else ()
    yield Finding(
        path,
        given.span,
        Severity.ERROR,
        LATENCY,
        message,
        TOOL,
        Category.CLOCK_TREE,
        "",
        related,
        (("latency", str(needed)),),
    )


def _within(value: float, allowed: tuple[int, int]) -> bool:
    return allowed[0] <= value <= allowed[1] or not allowed[1]


def _hz(value: float | None) -> str:
    return f"{round((value or 0) / MEGA, 3):g} MHz"
