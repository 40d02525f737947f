"""Calls that a handler must not make: those that wait for what cannot happen meanwhile, and the kernel's for tasks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from signoff.verifiers.finding import Category, Finding, Severity
from signoff.verifiers.mcu.checks.check import TOOL
from signoff.verifiers.mcu.checks.handlers_context import Contexts, Reach, asks, contexts
from signoff.verifiers.mcu.checks.priorities_limit import macro_value
from signoff.verifiers.mcu.checks.priorities_settings import priorities
from signoff.verifiers.mcu.checks.tables import table
from signoff.verifiers.mcu.parts.part import Part
from signoff.verifiers.mcu.source.facts import Call, Function, ImageFacts
from signoff.verifiers.project import Project

_TICK_HANDLER = "SysTick_Handler"


def forbidden_calls(image: ImageFacts, path: str, part: Part | None, project: Project) -> Iterator[Finding]:
    """BlockingInHandler and NotFromIsr in what runs in handlers only."""
    source = image.sources.get(path)
    if source is None:
        return
    context = contexts(image, part)
    for function in source.functions:
        if not context.only_handlers(function) or asks(function):
            continue
        reaches = context.within(function)
        for call in function.body.calls:
            if call.pointer or image.definition(call.callee, path) is not None:
                continue
            found = _judged(context, function, call, reaches, part)
            if found is not None and (found.severity is not Severity.HINT or project.settings.part.hints):
                yield found


def _judged(
    context: Contexts, function: Function, call: Call, reaches: Mapping[str, Reach], part: Part | None
) -> Finding | None:
    facts = table("handlers_calls")
    if call.callee in facts["twins"]:
        return _not_from_isr(function, call, reaches, facts["twins"][call.callee])
    if call.callee in facts["tasks"]["functions"]:
        return _not_from_isr(function, call, reaches, "")
    if call.callee in facts["ticks"]["functions"]:
        return _waits_for_ticks(context.image, function, call, reaches, part)
    if call.callee in facts["transfers"]["functions"]:
        return _waits_for_ever(function, call, reaches, facts["transfers"])
    return None


def _not_from_isr(function: Function, call: Call, reaches: Mapping[str, Reach], twin: str) -> Finding:
    name = next(iter(reaches))
    told = f"in a handler it is {twin}" if twin else "it needs a task that it can switch away"
    message = f"{call.callee} must not be called from {_where(function, name, reaches).rstrip(',')}: {told}."
    data = (("name", call.callee), ("near", twin), ("handler", name))
    return _finding("NotFromIsr", Severity.WARNING, function, call, reaches, message, data)


def _waits_for_ticks(
    image: ImageFacts, function: Function, call: Call, reaches: Mapping[str, Reach], part: Part | None
) -> Finding:
    """For ever where the tick's interrupt is not more urgent than the handler, else as long as it says."""
    tick = _tick_level(image, part)
    levels = {name: 0 if name == _TICK_HANDLER else priorities(image, part).level(name) for name in reaches}
    stuck = [
        name
        for name, level in levels.items()
        if name == _TICK_HANDLER or (level is not None and tick is not None and tick >= level)
    ]
    name = (stuck or list(reaches))[0]
    place = _where(function, name, reaches)
    if not stuck:
        message = f"{call.callee} in {place} keeps the program waiting, for ever if SysTick is not more urgent."
        return _finding("BlockingInHandler", Severity.HINT, function, call, reaches, message, (("name", call.callee),))
    why = "it is the handler that counts the ticks"
    if name != _TICK_HANDLER:
        why = f"SysTick's priority, {tick}, is not more urgent than {levels[name]}, so no tick comes meanwhile"
    message = f"{call.callee} in {place} waits for ever: {why}."
    return _finding("BlockingInHandler", Severity.WARNING, function, call, reaches, message, (("name", call.callee),))


def _tick_level(image: ImageFacts, part: Part | None) -> int | None:
    known = priorities(image, part)
    if known.settings.get(_TICK_HANDLER):
        return known.level(_TICK_HANDLER)
    return macro_value(image, table("handlers_calls")["ticks"]["priority"])


def _waits_for_ever(
    function: Function, call: Call, reaches: Mapping[str, Reach], facts: Mapping[str, Any]
) -> Finding | None:
    timeout = call.arguments[-1] if call.arguments else None
    if timeout is None or not {timeout.text.strip(), timeout.resolved} & set(facts["forever"]):
        return None
    place = _where(function, next(iter(reaches)), reaches)
    message = f"{call.callee} in {place} waits without a limit for what another device sends: the program stands still."
    data = (("name", call.callee),)
    return _finding("BlockingInHandler", Severity.WARNING, function, call, reaches, message, data)


def _where(function: Function, name: str, reaches: Mapping[str, Reach]) -> str:
    """The handler, or what it reaches, within a sentence."""
    return name if not reaches[name].calls else f"{function.name}, which {name} calls,"


def _finding(
    code: str,
    severity: Severity,
    function: Function,
    call: Call,
    reaches: Mapping[str, Reach],
    message: str,
    data: Iterable[tuple[str, str]],
) -> Finding:
    name, reach = next(iter(reaches.items()))
    return Finding(
        function.path,
        function.place(call),
        severity,
        code,
        message,
        TOOL,
        Category.INTERRUPT,
        related=reach.related(name) if reach.calls else (),
        data=tuple(data),
    )
