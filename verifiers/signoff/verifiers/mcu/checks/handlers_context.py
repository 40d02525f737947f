"""Which functions of an image run in interrupt handlers and which outside of them, as far as calls can be followed."""

from __future__ import annotations

import re
import weakref
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from signoff.verifiers.finding import Related
from signoff.verifiers.mcu.checks import handlers_names as names
from signoff.verifiers.mcu.checks.handlers_digest import digest, digests
from signoff.verifiers.mcu.checks.tables import table
from signoff.verifiers.mcu.parts.part import Part
from signoff.verifiers.mcu.source.facts import Call, Function, ImageFacts

# A function of an image: its file and its name.
Key = tuple[str, str]
_GUARD = re.compile(
    r"critical|disable_?irq|disable_?interrupt|int(?:errupt)?s?_?(?:off|lock|disable)|\block|atomic|primask|basepri"
    r"|irq_?(?:save|lock)|cpsid|ldrex|strex|mutex|semaphore",
    re.I,
)


def key(function: Function) -> Key:
    """What a function is known by here."""
    return function.path, function.name


@dataclass(frozen=True, slots=True)
class Reach:
    """How a function is reached from a handler: the calls on the way, the first of them in the handler itself.

    A call by which a vendor's library calls back is the one that enters the library.
    """

    handler: Function
    calls: tuple[tuple[Function, Call], ...] = ()

    def related(self, name: str) -> tuple[Related, ...]:
        """The way as places, for a finding in a function that is not the handler itself."""
        first = (Related(self.handler.path, self.handler.name_span, f"{name} is the handler"),)
        return first + tuple(
            Related(function.path, function.place(call), f"{function.name} calls {call.callee}")
            for function, call in self.calls[:3]
        )


@dataclass(frozen=True)
class Contexts:
    """The handlers of an image and what runs where.

    `handlers` are the functions whose names vectors have, by that name; only those that interrupt the program at any
    time (no faults, no SVC). `reached` says for each function from which of them, by its name in the vector table;
    `functions` are these functions.
    """

    image: ImageFacts
    handlers: Mapping[str, Function] = field(default_factory=dict)
    reached: Mapping[Key, Mapping[str, Reach]] = field(default_factory=dict)
    functions: tuple[Function, ...] = ()

    @cached_property
    def thread(self) -> frozenset[Key]:
        """Functions that certainly run outside of handlers: main, tasks, and what these call."""
        return frozenset(self._closure(self._roots))

    @cached_property
    def thread_roots(self) -> frozenset[Key]:
        """main and the tasks themselves."""
        return frozenset(key(root) for root in self._roots)

    def certain_thread(self, function: Function) -> bool:
        """Whether a function certainly runs outside of handlers."""
        return key(function) in self.thread

    @cached_property
    def repeated(self) -> frozenset[Key]:
        """Functions that main or a task calls again and again: from within a loop that has no end."""
        called: list[Function] = []
        for root in self._roots:
            for call in root.body.calls:
                if any(root.body.loops[loop].forever for loop in call.where.loops):
                    called += self.callees(root, call)
        return frozenset(self._closure(called))

    def within(self, function: Function) -> Mapping[str, Reach]:
        """From which handlers a function is reached; {} where none is known to."""
        return self.reached.get(key(function), {})

    def only_handlers(self, function: Function) -> bool:
        """Whether a function runs in handlers, and as far as is known nowhere else."""
        return bool(self.within(function)) and key(function) not in self.thread

    def callees(self, function: Function, call: Call) -> Iterable[Function]:
        """The functions of the image that a call enters: the one that it names, or those that a library calls back."""
        if call.pointer:
            return
        target = self.image.definition(call.callee, function.path)
        if target is not None:
            yield target
        elif call.callee in _callbacks():
            for name in _callbacks()[call.callee]:
                callback = self.image.definition(name)
                if callback is not None and not callback.weak:
                    yield callback

    @cached_property
    def _roots(self) -> list[Function]:
        found = [self.image.definition("main")]
        for one in digests(self.image):
            found += [self.image.definition(task, function.path) for function, task in one.tasks]
        return [root for root in found if root is not None]

    def _closure(self, start: Iterable[Function]) -> set[Key]:
        known: set[Key] = set()
        waiting = list(start)
        while waiting:
            function = waiting.pop()
            if key(function) in known:
                continue
            known.add(key(function))
            source = self.image.sources.get(function.path)
            called = digest(source).calls.get(function.name, ()) if source else ()
            targets = (self.image.definition(name, function.path) for name in called)
            waiting += [target for target in targets if target is not None]
        return known


def _callbacks() -> Mapping[str, list[str]]:
    dispatchers: dict[str, list[str]] = table("handlers_hal")["dispatchers"]
    return dispatchers


def guarded(function: Function) -> bool:
    """Whether a function does anything that may keep handlers (or other tasks) away while it works."""
    return any(_GUARD.search(call.callee) or _is_masking(call) for call in function.body.calls)


def _is_masking(call: Call) -> bool:
    return call.callee == "asm" and any(_GUARD.search(argument.text) for argument in call.arguments[:1])


def asks(function: Function) -> bool:
    """Whether a function finds out for itself if a handler runs: then what it calls depends on that."""
    words = table("handlers_calls")["asks"]["words"]
    spoken = [call.callee for call in function.body.calls]
    spoken += [argument.text for call in function.body.calls for argument in call.arguments]
    spoken += [access.register for access in function.body.registers if access.peripheral == "SCB"]
    spoken += [reference.name for reference in function.body.references]
    return any(word in text for text in spoken for word in [*words, "ICSR", "VECTACTIVE"])


def contexts(image: ImageFacts, part: Part | None) -> Contexts:
    """The contexts of an image; asked for again, they are free."""
    global _kept
    if _kept is not None and _kept[0]() is image and _kept[1] is part:
        return _kept[2]
    handlers = dict(_handlers(image, part))
    plain = Contexts(image, handlers)
    reached, functions = _reached(plain)
    made = Contexts(image, handlers, reached, functions)
    _kept = weakref.ref(image), part, made
    return made


# The last image's, as all checks ask for the same one after another.
_kept: tuple[weakref.ref[ImageFacts], Part | None, Contexts] | None = None


def _handlers(image: ImageFacts, part: Part | None) -> Iterable[tuple[str, Function]]:
    vectors = names.vector_names(image, part)
    for one in digests(image):
        for name in sorted(vectors & one.linked_names):
            if names.asynchronous(name):
                yield name, one.linked[name]


def _reached(plain: Contexts) -> tuple[Mapping[Key, Mapping[str, Reach]], tuple[Function, ...]]:
    found: dict[Key, dict[str, Reach]] = {}
    functions: dict[Key, Function] = {}
    for name, handler in plain.handlers.items():
        waiting = [(handler, Reach(handler))]
        while waiting:
            function, reach = waiting.pop(0)
            if name in found.setdefault(key(function), {}):
                continue
            found[key(function)][name] = reach
            functions[key(function)] = function
            if asks(function):
                continue
            for call in function.body.calls:
                step = Reach(handler, (*reach.calls, (function, call)))
                waiting += [(callee, step) for callee in plain.callees(function, call)]
    return found, tuple(functions.values())
