"""What the checks of handlers need of each source, found once: an edit changes one of an image's hundreds of files."""

from __future__ import annotations

import re
import weakref
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from signoff.verifiers.mcu.checks.tables import table
from signoff.verifiers.mcu.checks.vectors import Vectors, read_c
from signoff.verifiers.mcu.source.facts import (
    Access,
    Call,
    Function,
    ImageFacts,
    Reference,
    RegisterAccess,
    SourceFacts,
)

# Sources whose digests are kept: those of the largest images that were seen, twice.
KEPT = 2000
# Macros may be names of names; a handful of steps is more than any header takes.
_STEPS = 5
_TASKS = re.compile(r"xTaskCreate\w*|osThread(?:New|Create|Def)")
_PASTED = re.compile(r"IRQHandler|_isr|_IRQ")


@dataclass(frozen=True, slots=True)
class Digest:
    """One source: functions that other files may mean, by the linker's name for them; names that are called, at all and
    by each function; functions that are made tasks; calls that enable interrupts, set their priorities or group them;
    changes of registers, accesses to variables by name, peripherals of handles, and what it says of vectors.

    `pastes`: macros of it may make names of handlers. `writes_priorities`: it writes them into the NVIC itself.
    """

    linked: Mapping[str, Function]
    linked_names: frozenset[str]
    called: frozenset[str]
    calls: Mapping[str, frozenset[str]]
    tasks: tuple[tuple[Function, str], ...]
    enables: tuple[tuple[Function, Call], ...]
    sets: tuple[tuple[Function, Call], ...]
    groupings: tuple[Call, ...]
    changes: tuple[tuple[Function, RegisterAccess], ...]
    uses: Mapping[str, tuple[tuple[Function, Reference], ...]]
    instances: frozenset[str]
    vectors: Vectors
    pastes: bool
    writes_priorities: bool


def digest(source: SourceFacts) -> Digest:
    """The digest of one source; the same object's is found once."""
    kept = _kept.get(id(source))
    if kept is None or kept[0] is not source:
        kept = source, _digest(source)
    _kept[id(source)] = kept
    _kept.move_to_end(id(source))
    while len(_kept) > KEPT:
        _kept.popitem(last=False)
    return kept[1]


_kept: OrderedDict[int, tuple[SourceFacts, Digest]] = OrderedDict()


def digests(image: ImageFacts) -> tuple[Digest, ...]:
    """Those of all sources of an image; asked for again, they are free."""
    global _last
    if _last is None or _last[0]() is not image:
        _last = weakref.ref(image), tuple(map(digest, image.sources.values()))
    return _last[1]


_last: tuple[weakref.ref[ImageFacts], tuple[Digest, ...]] | None = None


def is_called(image: ImageFacts, name: str) -> bool:
    """Whether any source calls a function of that name."""
    return any(name in one.called for one in digests(image))


def _digest(source: SourceFacts) -> Digest:
    linked = {linker_name(source, one.name): one for one in source.functions if not one.static and not one.weak}
    calls = [(function, call) for function in source.functions for call in function.body.calls]
    registers = [(function, access) for function in source.functions for access in function.body.registers]
    return Digest(
        linked=linked,
        linked_names=frozenset(linked),
        called=frozenset(call.callee for _, call in calls),
        calls={function.name: _called_by(function) for function in source.functions},
        tasks=tuple(_tasks(calls)),
        enables=tuple(one for one in calls if one[1].callee in table("handlers_names")["enable"]),
        sets=tuple(one for one in calls if one[1].callee in _setters()),
        groupings=tuple(call for _, call in calls if call.callee in table("priorities")["grouping"]["functions"]),
        changes=tuple(one for one in registers if one[1].access is Access.MODIFY and one[1].peripheral),
        uses=_uses(source),
        instances=frozenset(_instances(source)),
        vectors=read_c(source),
        pastes=any(_PASTED.search(piece) for piece in source.pasted),
        writes_priorities=any(_writes_priority(access) for _, access in registers),
    )


def linker_name(source: SourceFacts, name: str) -> str:
    """The name that the linker knows a function by: macros may have given it another one."""
    for _ in range(_STEPS):
        other = source.macros.get(name, "").strip()
        if not other.isidentifier():
            return name
        name = other
    return name


def _called_by(function: Function) -> frozenset[str]:
    return frozenset(call.callee for call in function.body.calls if not call.pointer)


@cache
def _setters() -> frozenset[str]:
    facts = table("priorities")
    return frozenset((*facts["set"], *facts["structure"]["functions"]))


def _tasks(calls: Iterable[tuple[Function, Call]]) -> Iterator[tuple[Function, str]]:
    for function, call in calls:
        if call.arguments and _TASKS.fullmatch(call.callee):
            yield from ((function, argument.resolved.lstrip("& ")) for argument in call.arguments)


def _uses(source: SourceFacts) -> Mapping[str, tuple[tuple[Function, Reference], ...]]:
    found: dict[str, list[tuple[Function, Reference]]] = defaultdict(list)
    for function in source.functions:
        for reference in function.body.references:
            found[reference.name].append((function, reference))
    return {name: tuple(uses) for name, uses in found.items()}


def _instances(source: SourceFacts) -> Iterator[str]:
    """The peripherals that handles of ST's HAL are given."""
    for function in source.functions:
        yield from (field.value.resolved for field in function.body.fields if field.member == "Instance")


def _writes_priority(access: RegisterAccess) -> bool:
    return access.peripheral == "NVIC" and access.register in ("IP", "IPR") and access.access is not Access.READ
