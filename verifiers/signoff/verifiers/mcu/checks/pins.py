"""Check 3: a pin gets an alternate function that it does not have, or none at all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from signoff.verifiers.finding import Category, Finding, Severity, Span
from signoff.verifiers.mcu.checks.check import TOOL, by_function
from signoff.verifiers.mcu.checks.pins_names import (
    EVENTOUT,
    SYSTEM,
    facts,
    functions_of,
    listed,
    number_of,
    peripheral_in,
    pin_names,
    serves,
)
from signoff.verifiers.mcu.checks.pins_registers import chosen
from signoff.verifiers.mcu.checks.pins_settings import settings_at
from signoff.verifiers.mcu.parts.part import Part
from signoff.verifiers.mcu.source.facts import Call, Function, ImageFacts, Operand
from signoff.verifiers.project import Project

CODE = "AlternateFunction"


@dataclass(frozen=True, slots=True)
class Choice:
    """One pin is given an alternate function at a place. `peripheral` is what the program says it is for, "" if not.

    `others` are pins that get the same at the same place.
    """

    path: str
    span: Span
    pin: str
    number: int | None
    peripheral: str = ""
    others: tuple[str, ...] = ()


def alternates(image: ImageFacts, path: str, part: Part | None, project: Project) -> Iterable[Finding]:
    """Pins with an alternate function that is not the one they need."""
    source = image.sources.get(path)
    if part is None or source is None or not part.alternates:
        return
    for function in source.functions:
        seen: set[Span] = set()
        for choice in _choices(function):
            finding = _judged(choice, part)
            if finding is not None and finding.span not in seen:
                seen.add(finding.span)
                yield finding
        yield from _never_chosen(function, part)


@by_function
def _choices(function: Function) -> Iterator[Choice]:
    for call in function.body.calls:
        structure, plain, named = (facts()[kind].get(call.callee) for kind in ("structures", "calls", "named"))
        if structure is not None:
            yield from _by_structure(function, call, structure)
        elif plain is not None:
            yield from _by_call(function, call, plain)
        elif named is not None:
            yield from _by_name(function, call, named)
    for made in chosen(function):
        for pin, number in made.pins.items():
            yield Choice(function.path, function.place(made.access), pin, number)


def _by_structure(function: Function, call: Call, rule: dict[str, Any]) -> Iterator[Choice]:
    variable = _structure(call, rule)
    port = _argument(call, rule["port"])
    if not variable or port is None:
        return
    settings = settings_at(function, variable, call, frozenset(facts()["structures"]))
    mode, pins = settings.operand(rule["mode"]), settings.number(rule["pins"])
    write, chosen_pins = settings.write(rule["alternate"]), settings.write(rule["pins"])
    if mode is None or mode.resolved not in rule["modes"] or pins is None or write is None or chosen_pins is None:
        return
    # Several pins may share one setting of the function, each with its own call: then the pin is what is wrong.
    last = max(write, chosen_pins, key=lambda one: one.where.order)
    names = tuple(pin_names(port.resolved, pins))
    for pin in names:
        yield Choice(function.path, function.place(last), pin, write.value.value, _meant(write.value), names)


def _by_call(function: Function, call: Call, rule: dict[str, Any]) -> Iterator[Choice]:
    port, pins = _argument(call, rule["port"]), _argument(call, rule["pins"])
    alternate = _argument(call, rule["alternate"])
    if port is None or pins is None or pins.value is None or alternate is None:
        return
    names = tuple(pin_names(port.resolved, pins.value))
    for pin in names:
        yield Choice(function.path, function.place(call), pin, alternate.value, _meant(alternate), names)


def _by_name(function: Function, call: Call, rule: dict[str, Any]) -> Iterator[Choice]:
    port, source = _argument(call, rule["port"]), _argument(call, rule["source"])
    alternate = _argument(call, rule["alternate"])
    match = re.fullmatch(facts()["names"]["pin_source"], source.resolved) if source is not None else None
    if port is None or alternate is None or match is None:
        return
    for pin in pin_names(port.resolved, 1 << int(match[1])):
        yield Choice(function.path, function.place(call), pin, None, _meant(alternate))


def _argument(call: Call, number: int) -> Operand | None:
    return call.arguments[number] if number < len(call.arguments) else None


def _structure(call: Call, rule: dict[str, Any]) -> str:
    handed = _argument(call, rule["structure"])
    name = handed.resolved.replace(" ", "") if handed is not None else ""
    return name[1:] if name.startswith("&") and name[1:].isidentifier() else ""


def _meant(operand: Operand) -> str:
    return peripheral_in(operand.resolved) or peripheral_in(operand.text.strip())


def _judged(choice: Choice, part: Part) -> Finding | None:
    """What is wrong with a choice; None where it is right, or nobody can tell."""
    known = functions_of(choice.pin, part)
    if known is None or choice.number in (EVENTOUT, SYSTEM):
        return None
    pin, meant, number = choice.pin, choice.peripheral, choice.number
    right = number_of(pin, meant, part) if meant else None
    if number is not None and number not in known:
        wrong = f"{pin} has no alternate function {number}"
    elif meant and right is None:
        wrong = f"{pin} cannot be a pin of {meant}"
    elif meant and number is not None and not serves(known[number], meant):
        wrong = f"{pin}'s alternate function {number} is {known[number]}, not {meant}"
    else:
        return None
    # A pin too many beside right ones: they work, and it may be set again elsewhere.
    severity = Severity.WARNING if any(_right(one, choice, part) for one in choice.others) else Severity.ERROR
    advice = f"{meant} is alternate function {right} there" if right is not None else f"it can be {listed(pin, part)}"
    return _finding(choice, f"{wrong}: {advice}.", right, severity)


def _right(pin: str, choice: Choice, part: Part) -> bool:
    known = functions_of(pin, part) or {}
    signals = known.get(choice.number or 0, "")
    return bool(signals) and (not choice.peripheral or serves(signals, choice.peripheral))


def _finding(choice: Choice, message: str, right: int | None, severity: Severity) -> Finding:
    data = [("pin", choice.pin), ("peripheral", choice.peripheral)]
    data += [("alternate", str(right))] if right is not None else []
    data += [("number", str(choice.number))] if choice.number is not None else []
    return Finding(
        choice.path,
        choice.span,
        severity,
        CODE,
        message,
        TOOL,
        Category.PIN_FUNCTION,
        data=tuple(one for one in data if one[1]),
    )


def _never_chosen(function: Function, part: Part) -> Iterator[Finding]:
    """A structure whose mode is an alternate function, and in which nothing says which one."""
    for call in function.body.calls:
        rule = facts()["structures"].get(call.callee)
        variable = _structure(call, rule) if rule is not None else ""
        if not variable or rule is None:
            continue
        settings = settings_at(function, variable, call, frozenset(facts()["structures"]))
        mode = settings.operand(rule["mode"])
        if mode is None or mode.resolved not in rule["modes"] or not settings.unset(rule["alternate"]):
            continue
        port, pins = _argument(call, rule["port"]), settings.number(rule["pins"])
        names = pin_names(port.resolved, pins) if port is not None and pins is not None else []
        if settings.zeroed and (not names or any(SYSTEM in (functions_of(one, part) or {SYSTEM: ""}) for one in names)):
            continue  # 0 is the debug port's and the clock output's
        yield _missing(function, call, variable, rule, names, settings.zeroed)


def _missing(
    function: Function, call: Call, variable: str, rule: dict[str, Any], names: list[str], zeroed: bool
) -> Finding:
    who = " and ".join(names) if 0 < len(names) <= MOST_NAMED else "the pins"
    state = "stays 0, which is no peripheral's" if zeroed else "is never set: it is whatever was on the stack"
    message = f"{who} become alternate-function pins, but {variable}.{rule['alternate']} {state}."
    if len(names) == 1:
        message = message.replace("become alternate-function pins", "becomes an alternate-function pin")
    data = (("member", f"{variable}.{rule['alternate']}"), ("pin", names[0] if names else ""))
    span = function.place(call)
    return Finding(function.path, span, Severity.WARNING, CODE, message, TOOL, Category.PIN_FUNCTION, data=data)


MOST_NAMED = 3
