"""Requests of peripherals that their handler never ends: it is entered again for ever, and main stands still."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from signoff.verifiers.finding import Category, Finding, Related, Severity
from signoff.verifiers.mcu.checks import handlers_names as names
from signoff.verifiers.mcu.checks.check import TOOL
from signoff.verifiers.mcu.checks.handlers_context import Contexts, Key, contexts, key
from signoff.verifiers.mcu.checks.priorities_settings import priorities
from signoff.verifiers.mcu.checks.shared_variables import variable_named
from signoff.verifiers.mcu.checks.tables import table
from signoff.verifiers.mcu.parts.part import Part
from signoff.verifiers.mcu.source.facts import Access, Call, Function, ImageFacts, RegisterAccess
from signoff.verifiers.project import Project

_VENDORS = ("HAL_", "LL_", "__HAL_")
_FAMILY = re.compile(r"(?:__)?(?:HAL|LL)_([A-Z0-9]+?)(?:EX)?_\w+|([a-z0-9]+)_\w+", re.I)


def never_cleared(image: ImageFacts, path: str, part: Part | None, project: Project) -> Iterator[Finding]:
    """PendingFlag at a handler's name, where its interrupt is enabled and nothing in it may end the request."""
    if not image.complete:
        return
    context = contexts(image, part)
    for name, handler in context.handlers.items():
        if handler.path != path or name not in priorities(image, part).enabled:
            continue
        rule = _rule(names.interrupt_of(name))
        if rule is not None and not _may_clear(context, handler, rule, set()):
            yield _finding(handler, name, rule, priorities(image, part).enabled[name])


def _rule(interrupt: str) -> Mapping[str, Any] | None:
    rules: list[Mapping[str, Any]] = table("flags")["rule"]
    return next((rule for rule in rules if re.fullmatch(rule["interrupts"], interrupt)), None)


def _may_clear(context: Contexts, function: Function, rule: Mapping[str, Any], seen: set[Key]) -> bool:
    """Whether anything in a function, or in what it calls, may end the request: what is not known may."""
    if key(function) in seen:
        return False
    seen.add(key(function))
    body = function.body
    if body.broken or function.conditional or any(loop.forever for loop in body.loops):
        return True
    if any(one.arrow for one in body.fields) or _has_pointers(context, function):
        return True
    if any(_access_clears(access, rule) for access in body.registers):
        return True
    return any(_call_clears(context, function, call, rule, seen) for call in body.calls)


def _has_pointers(context: Contexts, function: Function) -> bool:
    """Whether a function has a pointer at hand by which it may reach any register."""
    named = {reference.name for reference in function.body.references}
    found = (variable_named(context.image, name, function.path) for name in sorted(named))
    return any(one.pointer for one in function.body.locals) or any(one.pointer for one in found if one is not None)


def _access_clears(access: RegisterAccess, rule: Mapping[str, Any]) -> bool:
    if not access.peripheral:
        return True
    if not re.fullmatch(rule["peripherals"], access.peripheral):
        return access.peripheral == "NVIC"
    reads = access.access is Access.READ
    return access.access is Access.ADDRESS or access.register in rule.get("reads" if reads else "writes", ())


def _call_clears(context: Contexts, function: Function, call: Call, rule: Mapping[str, Any], seen: set[Key]) -> bool:
    if call.pointer:
        return True
    own = context.image.definition(call.callee, function.path)
    if own is not None:
        return _may_clear(context, own, rule, seen)
    return not _is_harmless(context, call.callee, rule)


def _is_harmless(context: Contexts, callee: str, rule: Mapping[str, Any]) -> bool:
    """Whether a function outside of the sources that were read certainly ends no request of the rule's peripheral."""
    facts = table("flags")["harmless"]
    if callee in facts["functions"] or callee.endswith(tuple(facts["suffixes"])):
        return True
    family = _FAMILY.fullmatch(callee)
    if not (callee in context.image.library or callee.startswith(_VENDORS) or names.opencm3(context.image)):
        return False
    group = (family[1] or family[2]).upper() if family else ""
    return group in facts["groups"] and group not in rule["groups"]


def _finding(handler: Function, name: str, rule: Mapping[str, Any], enabled: tuple[Function, Call]) -> Finding:
    where, call = enabled
    interrupt = names.interrupt_of(name)
    owner = "EXTI" if interrupt.startswith("EXTI") else interrupt.partition("_")[0]
    return Finding(
        handler.path,
        handler.name_span,
        Severity.WARNING,
        "PendingFlag",
        f"Nothing in {handler.name} ends the interrupt's request ({owner}->{rule['shows']}): it is entered again for "
        "ever, and the program stands still.",
        TOOL,
        Category.INTERRUPT,
        related=(Related(where.path, where.place(call), "the interrupt is enabled here"),),
        data=(("name", handler.name), ("peripheral", owner), ("register", rule["shows"])),
    )
