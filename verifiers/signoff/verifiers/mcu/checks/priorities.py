"""Priorities: a handler that calls the kernel may not be more urgent than the kernel can hold back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from signoff.verifiers.finding import Category, Finding, Related, Severity
from signoff.verifiers.mcu.checks.check import TOOL
from signoff.verifiers.mcu.checks.handlers_context import Contexts, asks, contexts
from signoff.verifiers.mcu.checks.priorities_limit import Limit, syscall_limit
from signoff.verifiers.mcu.checks.priorities_settings import Priorities, Setting, priorities
from signoff.verifiers.mcu.checks.tables import table
from signoff.verifiers.mcu.parts.part import Part
from signoff.verifiers.mcu.source.facts import Call, Function, ImageFacts
from signoff.verifiers.project import Project

_KERNEL_ENDS = ("FromISR", "FROM_ISR")


def too_urgent(image: ImageFacts, path: str, part: Part | None, project: Project) -> Iterator[Finding]:
    """InterruptPriority at what sets the priority, or enables the interrupt that is never given one."""
    limit = syscall_limit(image, part)
    known = priorities(image, part)
    if limit is None or not known.grouped:
        return
    context = contexts(image, part)
    for handler, (caller, kernel_call) in _kernel_calls(context).items():
        why = Related(caller.path, caller.place(kernel_call), f"{handler} calls {kernel_call.callee} here")
        if known.settings.get(handler):
            for setting in known.settings[handler]:
                if setting.function.path == path and setting.level is not None and setting.level < limit.level:
                    yield _set_too_urgent(setting, limit, kernel_call, why)
        elif image.complete and not known.open:
            yield from _never_set(known, handler, path, limit, kernel_call, why)


def _kernel_calls(context: Contexts) -> Mapping[str, tuple[Function, Call]]:
    """For each handler the first call of the kernel that it reaches."""
    found: dict[str, tuple[Function, Call]] = {}
    for function in context.functions:
        reaches = context.within(function)
        calls = [call for call in function.body.calls if _is_kernels(call)] if reaches and not asks(function) else ()
        for call in calls:
            for handler in reaches:
                found.setdefault(handler, (function, call))
    return {handler: what for handler, what in found.items() if handler not in table("handlers_names")["cmsis"]["core"]}


def _is_kernels(call: Call) -> bool:
    facts = table("handlers_calls")["kernel"]
    if call.pointer or call.callee in facts["harmless"]:
        return False
    return call.callee.endswith(_KERNEL_ENDS) or call.callee in facts["functions"]


def _set_too_urgent(setting: Setting, limit: Limit, call: Call, why: Related) -> Finding:
    return Finding(
        setting.function.path,
        setting.function.place(setting.call),
        Severity.ERROR,
        "InterruptPriority",
        f"{setting.handler} calls {call.callee}, so its priority may not be more urgent than {limit.level} "
        f"({limit.macro}): {setting.level} is.",
        TOOL,
        Category.INTERRUPT,
        related=(why,),
        data=(("name", setting.handler), ("priority", str(setting.level)), ("limit", str(limit.level))),
    )


def _never_set(known: Priorities, handler: str, path: str, limit: Limit, call: Call, why: Related) -> Iterator[Finding]:
    function, enable = known.enabled.get(handler, (None, None))
    if function is None or enable is None or function.path != path or limit.level == 0:
        return
    yield Finding(
        path,
        function.place(enable),
        Severity.ERROR,
        "InterruptPriority",
        f"{handler} calls {call.callee}, but its interrupt is enabled with priority 0, as nothing sets one: it may not "
        f"be more urgent than {limit.level} ({limit.macro}).",
        TOOL,
        Category.INTERRUPT,
        related=(why,),
        data=(("name", handler), ("priority", "0"), ("limit", str(limit.level))),
    )
