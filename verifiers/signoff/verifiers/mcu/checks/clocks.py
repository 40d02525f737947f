"""Check 1: a peripheral is used while its clock is off. Silent where anything unseen may have enabled it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from signoff.verifiers.finding import Category, Finding, Related, Severity
from signoff.verifiers.mcu.checks.check import TOOL
from signoff.verifiers.mcu.checks.clocks_digest import digests
from signoff.verifiers.mcu.checks.clocks_enabled import enabled
from signoff.verifiers.mcu.checks.clocks_order import Run, run_of
from signoff.verifiers.mcu.checks.clocks_reach import callable_names
from signoff.verifiers.mcu.checks.clocks_used import Handles, Use, uses
from signoff.verifiers.mcu.parts.part import Enable, Part
from signoff.verifiers.mcu.source.facts import ImageFacts
from signoff.verifiers.project import Project

CODE = "UnclockedPeripheral"
# The power controller's settings are the same without its clock as before it was enabled: nothing stops working.
MILD = frozenset(("PWR",))


def unclocked(image: ImageFacts, path: str, part: Part | None, project: Project) -> Iterable[Finding]:
    """Uses of peripherals whose clock nothing enables, or only what runs later."""
    source = image.sources.get(path)
    if part is None or source is None or not image.closed:
        return
    handles = Handles(image, part)
    found = [use for function in source.functions for use in uses(function, image, part, handles)]
    found.sort(key=lambda use: (use.function.span, use.item.where.order))
    if not found:
        return
    functions = callable_names(image)
    every, able = enabled(image, part), enabled(image, part, functions)
    seen: set[str] = set()
    for use in found:
        bit = use.enable.register, use.enable.bit
        # What nothing calls yet may be half written: there, all that anything could enable counts.
        may_be = (able if use.function.name in functions else every).may_be(bit)
        if use.peripheral.name not in seen and not may_be:
            seen.add(use.peripheral.name)
            yield _never(use, _uncalled(use, image, part) if every.may_be(bit) else ())
    yield from _too_early([use for use in found if use.peripheral.name not in seen], image, part, functions)


def _too_early(found: list[Use], image: ImageFacts, part: Part, functions: frozenset[str]) -> Iterator[Finding]:
    run: Run | None = None
    told: set[str] = set()
    for use in found:
        if use.reads_only or use.peripheral.name in told:
            continue
        run = run or run_of(image, part, functions)
        later = run.enabled_later(use)
        if later is not None:
            told.add(use.peripheral.name)
            function, act = later
            place = Related(function.path, function.place(act), f"{use.peripheral.name}'s clock is enabled only here")
            yield _finding(
                use,
                Severity.WARNING,
                f"{use.peripheral.name} is set up before its clock is enabled: what is written now is lost.",
                (place,),
            )


def _uncalled(use: Use, image: ImageFacts, part: Part) -> tuple[Related, ...]:
    """The functions that would enable the clock if something called them."""
    bit = use.enable.register, use.enable.bit
    found = (one for digest in digests(image, part) for one, spoken, _ in digest.functions if bit in spoken.bits)
    return tuple(
        Related(one.path, one.name_span, f"{one.name} enables it, but nothing calls {one.name}") for one in found
    )[:MOST_RELATED]


MOST_RELATED = 3


def _never(use: Use, related: tuple[Related, ...]) -> Finding:
    name = use.peripheral.name
    severity = Severity.WARNING if name in MILD else Severity.ERROR
    effect = "writes to it are lost and it reads as 0"
    return _finding(use, severity, f"Nothing enables {name}'s clock: {effect}. {where(name, use.enable)}", related)


def where(name: str, enable: Enable) -> str:
    """Where the clock of a peripheral is enabled, as a sentence."""
    return f"{name} hangs on {enable.bus}: RCC->{enable.register} bit {enable.bit} ({enable.macro})."


def _finding(use: Use, severity: Severity, message: str, related: tuple[Related, ...]) -> Finding:
    enable = use.enable
    data = (
        ("peripheral", use.peripheral.name),
        ("register", enable.register),
        ("macro", enable.macro),
        ("bit", str(enable.bit)),
        ("bus", enable.bus),
        ("style", use.style),
        ("function", use.function.name),
    )
    span = use.function.place(use.item)
    return Finding(use.function.path, span, severity, CODE, message, TOOL, Category.CLOCK_ENABLE, "", related, data)
