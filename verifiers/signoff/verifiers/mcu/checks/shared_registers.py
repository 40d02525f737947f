"""Registers that a handler and the program both change by reading and writing back: at times one change is lost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from signoff.verifiers.finding import Category, Finding, Related, Severity
from signoff.verifiers.mcu.checks.check import TOOL
from signoff.verifiers.mcu.checks.handlers_context import Contexts, contexts, guarded, key
from signoff.verifiers.mcu.checks.handlers_digest import digest, digests
from signoff.verifiers.mcu.parts.part import Part
from signoff.verifiers.mcu.source.facts import Function, ImageFacts, RegisterAccess
from signoff.verifiers.project import Project

# Registers that keep what was written: those of status clear by being written, and a change cannot get lost in them.
_OUTPUT = "ODR"
_CONTROL = frozenset({_OUTPUT, "MODER", "PUPDR", "AFR", "CR1", "CR2", "CR3", "CR", "DIER", "IMR", "CCER", "IER"})

WORD = (1 << 32) - 1

Place = tuple[Function, RegisterAccess]


@dataclass(frozen=True, slots=True)
class _Race:
    inside: Place
    outside: Place
    handler: str
    certain: bool


def shared_registers(image: ImageFacts, path: str, part: Part | None, project: Project) -> Iterator[Finding]:
    """SharedRegister at the change that a handler may interrupt; a hint where both may change the same bits."""
    source = image.sources.get(path)
    if source is None:
        return
    changes = [one for one in digest(source).changes if one[1].register in _CONTROL]
    context = contexts(image, part)
    inside = _changes_in_handlers(context) if changes else ()
    for function, access in changes if inside else ():
        if context.within(function) or not _comes_again(context, function) or _is_guarded(context, function):
            continue
        race = _race(context, (function, access), inside)
        if race and (race.certain or project.settings.part.hints):
            yield _finding(race)


def _changes_in_handlers(context: Contexts) -> tuple[Place, ...]:
    return tuple(
        (function, access)
        for one in digests(context.image)
        for function, access in one.changes
        if access.register in _CONTROL and context.only_handlers(function)
    )


def _is_guarded(context: Contexts, function: Function) -> bool:
    """Whether a function, or anything on the way to it, may keep handlers away."""
    seen, waiting = set[str](), [function]
    while waiting:
        one = waiting.pop()
        if guarded(one):
            return True
        if one.name not in seen:
            seen.add(one.name)
            waiting += _callers(context, one.name)
    return False


def _callers(context: Contexts, name: str) -> Iterator[Function]:
    for source in context.image.sources.values():
        calls = digest(source).calls
        if name in digest(source).called:
            yield from (function for function in source.functions if name in calls[function.name])


def _comes_again(context: Contexts, function: Function) -> bool:
    """Whether a function is certainly run while interrupts come: again and again, not only to begin with."""
    return key(function) in context.repeated or key(function) in context.thread_roots


def _race(context: Contexts, outside: Place, inside: Iterable[Place]) -> _Race | None:
    function, access = outside
    if key(function) in context.thread_roots and not _in_endless_loop(outside):
        return None
    for handler, other in inside:
        same = (other.peripheral, other.register, other.index) == (access.peripheral, access.register, access.index)
        if same and not _harmless(access, other):
            name = next(iter(context.within(handler)))
            return _Race((handler, other), outside, name, _certain(access, other))
    return None


def _in_endless_loop(place: Place) -> bool:
    function, access = place
    return any(function.body.loops[loop].forever for loop in access.where.loops)


def _bits(access: RegisterAccess) -> int | None:
    """The bits that an access may change; None where that is not certain."""
    values = [one.value if one else None for one in (access.value, access.mask)]
    if access.operator == "modify":
        return None if None in values else (values[0] or 0) | (values[1] or 0)
    if access.operator == "&=" and values[0] is not None:
        return ~values[0] & WORD
    return values[0] if access.operator in ("|=", "^=") else None


def _text(access: RegisterAccess) -> str:
    return access.value.resolved.removeprefix("~").strip("() ") if access.value else ""


def _harmless(one: RegisterAccess, other: RegisterAccess) -> bool:
    """Whether both set or clear the same bits: then the one that comes last wins, as without the race.

    What is not certain to be others' bits may be the same where it is written the same.
    """
    if "^=" in (one.operator, other.operator):
        return False
    bits, others = _bits(one), _bits(other)
    return bool(bits & others) if bits is not None and others is not None else _text(one) == _text(other)


def _certain(one: RegisterAccess, other: RegisterAccess) -> bool:
    """Whether the two certainly change different bits of a port's output."""
    bits, others = _bits(one), _bits(other)
    return one.register == _OUTPUT and bits is not None and others is not None and not bits & others


def _finding(race: _Race) -> Finding:
    function, access = race.outside
    handler, other = race.inside
    register = f"{access.peripheral}->{access.register}"
    better = " A write to BSRR changes bits in one go." if access.register == _OUTPUT else ""
    return Finding(
        function.path,
        function.place(access),
        Severity.WARNING if race.certain else Severity.HINT,
        "SharedRegister",
        f"{register} is read, changed and written back here and in {race.handler}: a change that the handler makes in "
        f"between is lost.{better}",
        TOOL,
        Category.SHARED_DATA,
        related=(Related(handler.path, handler.place(other), f"{handler.name} changes it here"),),
        data=(("peripheral", access.peripheral), ("register", access.register), ("handler", race.handler)),
    )
