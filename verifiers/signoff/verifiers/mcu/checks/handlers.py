"""Handlers and vectors: a handler that no vector has, an interrupt that is enabled without a handler."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from functools import cached_property, lru_cache

from signoff.verifiers.finding import Category, Finding, Related, Severity
from signoff.verifiers.mcu.checks import handlers_names as names
from signoff.verifiers.mcu.checks.check import REMEMBERED, TOOL
from signoff.verifiers.mcu.checks.handlers_digest import digest, digests, is_called
from signoff.verifiers.mcu.checks.tables import table
from signoff.verifiers.mcu.parts.part import Part
from signoff.verifiers.mcu.source.facts import Call, Function, ImageFacts, SourceFacts
from signoff.verifiers.project import Project

# How alike two names must be for one to be a slip of the other; names of handlers have long parts in common.
_ALIKE = 0.88
_ALIKE_AND_MISSING = 0.75
_NUMBER = re.compile(r"\d+")
_PLACEHOLDER = re.compile(r"[A-Z]x_|[A-Z]x[A-Z]?\w*_IRQHandler")


def unknown_handlers(image: ImageFacts, path: str, part: Part | None, project: Project) -> Iterator[Finding]:
    """UnknownHandler: a function with a handler's name, or nearly one, that nothing calls and no vector has."""
    source = image.sources.get(path)
    known = names.vector_names(image, part)
    if source is None or not known or not image.complete or _registered(image):
        return
    nearest = _Nearest(image, path, part, known)
    for function in source.functions:
        name = names.vector_of(image, function)
        if name not in known and _is_candidate(image, function, name):
            near = nearest.to(name)
            # A header that is not there may define one as the other.
            if near and not (source.missing and near[0].lower() == name.lower()):
                yield _unknown(function, name, near)


def missing_handlers(image: ImageFacts, path: str, part: Part | None, project: Project) -> Iterator[Finding]:
    """MissingHandler: an interrupt is enabled, and the program ends in the default handler when it comes."""
    source = image.sources.get(path)
    if source is None or not image.complete or not image.image.declared or _registered(image):
        return
    known = names.vector_names(image, part)
    for function in source.functions:
        for call in function.body.calls:
            handler = enabled_by(call, part)
            if handler in known and _is_certain(image, part, function, call) and not may_be_defined(image, handler):
                yield _missing(image, function, call, handler)


def _is_certain(image: ImageFacts, part: Part | None, function: Function, call: Call) -> bool:
    """Whether a call that enables an interrupt is certainly made.

    One on a condition is where the condition is the peripheral of a handle, as in ST's MspInit functions, and the image
    has a handle of the interrupt's peripheral.
    """
    used = function.name == "main" or function.name.startswith("HAL_") or is_called(image, function.name)
    if not used or not call.where.branch:
        return used
    interrupt = names.interrupt_of(enabled_by(call, part))
    return any(peripheral in one.instances for one in digests(image) for peripheral in interrupt.split("_"))


def enabled_by(call: Call, part: Part | None) -> str:
    """The handler of the interrupt that a call enables in the NVIC; "" where it does not, or which is not certain."""
    place = table("handlers_names")["enable"].get(call.callee)
    if place is None or place >= len(call.arguments):
        return ""
    return names.handler_named(call.arguments[place], part)


def _registered(image: ImageFacts) -> bool:
    """Whether the program may put handlers into a table itself, or makes their names by macros."""
    functions = table("handlers_names")["registers"]["functions"]
    return any(is_called(image, name) for name in functions) or any(one.pastes for one in digests(image))


def _is_candidate(image: ImageFacts, function: Function, name: str) -> bool:
    form = not function.static and not function.weak and not function.conditional and function.returns == "void"
    return form and not _takes_arguments(function) and not _is_used(image, function.name) and not _is_used(image, name)


def _takes_arguments(function: Function) -> bool:
    return any(parameter != ("void", "") for parameter in function.parameters)


def _is_used(image: ImageFacts, name: str) -> bool:
    """Whether anything calls a function, takes its address or mentions its name."""
    if is_called(image, name) or name in names.startup(image).mentioned:
        return True
    for source in image.sources.values():
        if name not in source.reached:
            continue
        if name in digest(source).uses:
            return True
        if any(name in variable.names for variable in source.variables):
            return True
        if name in _in_macros(source):
            return True
    return any(alias == name for _, alias in names.startup(image).aliases)


def _in_macros(source: SourceFacts) -> frozenset[str]:
    """The words of what a file's macros stand for."""
    kept = source.remembered.get("words of macros")
    if kept is None:
        words = (value.split() for value in source.macros.values())
        kept = source.remembered["words of macros"] = frozenset().union(*words)
    found: frozenset[str] = kept
    return found


class _Nearest:
    """The names of vectors that a file's function may mean. What is asked for each function is made once."""

    def __init__(self, image: ImageFacts, path: str, part: Part | None, known: frozenset[str]) -> None:
        self._image, self._path, self._part, self._known = image, path, part, known

    @cached_property
    def _renamed(self) -> tuple[str, ...]:
        """Names that a header's macros make those of vectors."""
        macros = self._image.sources[self._path].macros
        return tuple(one for one, other in macros.items() if other.strip() in self._known)

    @cached_property
    def _missing(self) -> tuple[str, ...]:
        """The handlers whose interrupts are enabled, and that nothing defines."""
        enabled = (enabled_by(call, self._part) for one in digests(self._image) for _, call in one.enables)
        return tuple(one for one in enabled if one in self._known and not may_be_defined(self._image, one))

    def to(self, name: str) -> tuple[str, ...]:
        """The names of vectors that a name is nearly, the nearest first; capitals do not count, but numbers do.

        One with an x for a number is what a header defines in its place: only what is near to such a one is told.
        """
        close = _with_the_same_numbers(name, get_close_matches(name, self._renamed, n=3, cutoff=_ALIKE))
        if close or _PLACEHOLDER.search(name):
            return close
        # One like it whose interrupt is enabled, and that nothing defines, must be meant.
        missing = {one.lower(): one for one in self._missing}
        meant = get_close_matches(name.lower(), missing, n=1, cutoff=_ALIKE_AND_MISSING)
        return tuple(missing[one] for one in meant) or _alike(name, self._known)


@lru_cache(maxsize=REMEMBERED)
def _alike(name: str, known: frozenset[str]) -> tuple[str, ...]:
    folded = {one.lower(): one for one in sorted(known) if one}
    near = [folded[one] for one in get_close_matches(name.lower(), folded, n=6, cutoff=_ALIKE)]
    close = _with_the_same_numbers(name, near)
    return _of_its_peripheral(name, known, close) if close else ()


def _of_its_peripheral(name: str, known: frozenset[str], close: tuple[str, ...]) -> tuple[str, ...]:
    """RTC_IRQHandler is rather RTC_WKUP_IRQHandler than RCC_IRQHandler, though the latter is more like it."""
    own = [one for one in sorted(known) if one.partition("_")[0] == name.partition("_")[0]]
    return _with_the_same_numbers(name, get_close_matches(name, own, n=3, cutoff=0.0)) or close


def _with_the_same_numbers(name: str, near: list[str]) -> tuple[str, ...]:
    return tuple(one for one in near if _NUMBER.findall(one) == _NUMBER.findall(name))


def _unknown(function: Function, name: str, near: tuple[str, ...]) -> Finding:
    meant = f" Is {near[0]} meant?" if near else ""
    shown = name if name == function.name else f"{function.name} ({name})"
    return Finding(
        function.path,
        function.name_span,
        Severity.WARNING,
        "UnknownHandler",
        f"No vector has the name {shown}, and nothing calls it: it never runs.{meant}",
        TOOL,
        Category.VECTOR_TABLE,
        data=(("name", function.name), ("near", " ".join(near))),
    )


def may_be_defined(image: ImageFacts, handler: str) -> bool:
    """Whether anything that is linked may define a handler for good."""
    startup = names.startup(image)
    if handler in image.library or handler in startup.strong or (not image.closed and not names.opencm3(image)):
        return True
    for source in image.sources.values():
        if handler in digest(source).linked:
            return True
        if _is_mentioned(source, handler) and not _is_explained(image, handler, source.path):
            return True
    return False


def _is_mentioned(source: SourceFacts, handler: str) -> bool:
    """Whether a file has a handler's name in its code, itself or by way of a macro that it uses."""
    if handler in source.identifiers or handler not in source.reached:
        return handler in source.identifiers
    renamed = [name for name, value in source.macros.items() if value.strip() == handler]
    return not renamed or any(name in source.identifiers for name in renamed)


def _is_explained(image: ImageFacts, handler: str, path: str) -> bool:
    """Whether a file mentions a handler only where that defines nothing: in a table, a declaration, a weak default.

    In a text that the parser did not understand, any mention may be a definition.
    """
    source = image.sources[path]
    if source.errors:
        return False
    if any(handler in variable.names for variable in source.variables):
        return True
    declared = any(one.name == handler for one in source.declarations)
    weak = any(function.name == handler and function.weak for function in source.functions)
    return declared or weak or any(re.search(rf"\b{handler}\b", pragma) for pragma in source.pragmas)


def _missing(image: ImageFacts, function: Function, call: Call, handler: str) -> Finding:
    near = _near_definitions(image, handler)
    meant = f" {near[0].name} is nearly that name." if near else ""
    return Finding(
        function.path,
        function.place(call),
        Severity.WARNING,
        "MissingHandler",
        f"The interrupt is enabled, but no file defines {handler}: its first request ends the program in the default "
        f"handler.{meant}",
        TOOL,
        Category.VECTOR_TABLE,
        related=tuple(Related(one.path, one.name_span, f"{one.name} is defined here") for one in near),
        data=(("name", handler), ("near", " ".join(one.name for one in near))),
    )


def _near_definitions(image: ImageFacts, handler: str) -> tuple[Function, ...]:
    known = names.startup(image).names
    folded = {one.name.lower(): one for one in image.every() if not one.static and one.name not in known}
    close = get_close_matches(handler.lower(), folded, n=2, cutoff=_ALIKE)
    return tuple(folded[one] for one in close if not _is_used(image, folded[one].name))
