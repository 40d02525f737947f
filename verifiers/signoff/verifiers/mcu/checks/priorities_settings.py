"""Which priorities an image gives its interrupts, in the part's own steps (0 is the most urgent), where certain."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field

from signoff.verifiers.mcu.checks import handlers_names as names
from signoff.verifiers.mcu.checks.handlers import enabled_by
from signoff.verifiers.mcu.checks.handlers_digest import digests
from signoff.verifiers.mcu.checks.tables import table
from signoff.verifiers.mcu.parts.part import PRIORITY_FIELD_BITS, Part
from signoff.verifiers.mcu.source.facts import Call, FieldWrite, Function, ImageFacts, Operand


@dataclass(frozen=True, slots=True)
class Setting:
    """One call that gives the interrupt of `handler` a priority; `level` is None where it is not certain."""

    function: Function
    call: Call
    handler: str
    level: int | None


@dataclass(frozen=True, slots=True)
class Priorities:
    """All settings by handler, and where each interrupt is enabled (the first place).

    `open`: there are settings of which it is not certain for which interrupt they are, so one without a setting may
    have one. `grouped`: all bits may decide which interrupt comes first, as FreeRTOS wants it (nothing sets another).
    """

    settings: Mapping[str, tuple[Setting, ...]] = field(default_factory=dict)
    enabled: Mapping[str, tuple[Function, Call]] = field(default_factory=dict)
    open: bool = False
    grouped: bool = True

    def level(self, handler: str) -> int | None:
        """The one priority of a handler; None where not certain. One that is enabled and never set has 0."""
        levels = {one.level for one in self.settings.get(handler, ())}
        if not levels:
            return 0 if handler in self.enabled and not self.open else None
        return levels.pop() if len(levels) == 1 else None


def priorities(image: ImageFacts, part: Part | None) -> Priorities:
    """The priorities of an image; asked for again, they are free."""
    global _kept
    if _kept is None or _kept[0]() is not image or _kept[1] is not part:
        _kept = weakref.ref(image), part, _priorities(image, part)
    return _kept[2]


_kept: tuple[weakref.ref[ImageFacts], Part | None, Priorities] | None = None


def _priorities(image: ImageFacts, part: Part | None) -> Priorities:
    bits = priority_bits(image, part)
    found: dict[str, list[Setting]] = {}
    enabled: dict[str, tuple[Function, Call]] = {}
    for one in digests(image):
        for function, call in one.sets:
            setting = _setting(function, call, part, bits)
            found.setdefault(setting.handler, []).append(setting)
        for function, call in one.enables:
            enabled.setdefault(enabled_by(call, part), (function, call))
    enabled.pop("", None)
    opened = "" in found or any(one.writes_priorities for one in digests(image))
    settings = {handler: tuple(all_of) for handler, all_of in found.items() if handler}
    return Priorities(settings, enabled, opened, not _groups_otherwise(image))


def priority_bits(image: ImageFacts, part: Part | None) -> int | None:
    """How many bits of a priority the part has; None where nothing says it."""
    if part is not None and part.priority_bits is not None:
        return part.priority_bits
    for source in image.sources.values():
        value = source.macros.get("__NVIC_PRIO_BITS", "").strip(" ()uUlL")
        if value.isdigit():
            return int(value)
    return None


def _setting(function: Function, call: Call, part: Part | None, bits: int | None) -> Setting:
    facts = table("priorities")
    if call.callee in facts["structure"]["functions"]:
        return _by_structure(function, call, part)
    if len(call.arguments) < 2:
        return Setting(function, call, "", None)
    handler = names.handler_named(call.arguments[0], part)
    level = call.arguments[1].value
    if facts["set"][call.callee] == "shifted":
        level = None if level is None or bits is None else level >> (PRIORITY_FIELD_BITS - bits)
    return Setting(function, call, handler, level)


def _by_structure(function: Function, call: Call, part: Part | None) -> Setting:
    """What StdPeriph's NVIC_Init sets: the members that its structure was given last."""
    facts = table("priorities")["structure"]
    variable = call.arguments[0].resolved.lstrip("& ") if call.arguments else ""
    channel = _last(function, call, variable, facts["channel"])
    priority = _last(function, call, variable, facts["priority"])
    handler = names.handler_named(channel, part) if channel else ""
    return Setting(function, call, handler, priority.value if priority else None)


def _last(function: Function, call: Call, variable: str, member: str) -> Operand | None:
    """What a member was given last on the way to a call; None where another way may give something else."""
    writes = [one for one in function.body.fields if one.variable == variable and one.member == member]
    before: list[FieldWrite] = [one for one in writes if one.where.order < call.where.order]
    if not before or not before[-1].where.dominates(call.where):
        return None
    return before[-1].value


def _groups_otherwise(image: ImageFacts) -> bool:
    """Whether anything may set a grouping that takes bits away from what decides who comes first."""
    whole = table("priorities")["grouping"]["whole"]
    calls = (call for one in digests(image) for call in one.groupings)
    return any(not call.arguments or call.arguments[0].resolved not in whole for call in calls)
