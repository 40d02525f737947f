"""Where a program touches a peripheral: by its registers, or through a library's function."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from signoff.verifiers.mcu.checks.clocks_digest import digests
from signoff.verifiers.mcu.checks.tables import table
from signoff.verifiers.mcu.parts.part import Enable, Part, Peripheral
from signoff.verifiers.mcu.source.facts import Access, Call, Function, ImageFacts, RegisterAccess
from signoff.verifiers.mcu.source.vocabulary import is_peripheral


@dataclass(frozen=True, slots=True)
class Use:
    """One access to a peripheral whose clock can be enabled. `style` is the spelling that the program prefers there."""

    function: Function
    item: Call | RegisterAccess
    peripheral: Peripheral
    enable: Enable
    style: str

    @property
    def reads_only(self) -> bool:
        """Whether it only reads."""
        return isinstance(self.item, RegisterAccess) and self.item.access is Access.READ


@cache
def _functions() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    facts = table("clocks")["uses"]
    return re.compile(facts["functions"]), re.compile(facts["except"]), re.compile(facts["inits"])


class Handles:
    """The peripherals of the HAL's handles, where all that assigns a handle agrees on it."""

    def __init__(self, image: ImageFacts, part: Part) -> None:
        # By file and name; handles that several files share, under the file "".
        self._known: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._private: set[tuple[str, str]] = set()
        for path, digest in zip(image.sources, digests(image, part), strict=True):
            self._private.update((path, name) for name in digest.private)
            for name, peripheral in digest.instances:
                self._known[path if name in digest.private else "", name].add(peripheral)

    def peripheral(self, name: str, path: str) -> str:
        """The peripheral of the handle that a name means in a file; "" where it is not certain."""
        found = self._known.get((path if (path, name) in self._private else "", name), set())
        return next(iter(found)) if len(found) == 1 else ""


def uses(function: Function, image: ImageFacts, part: Part, handles: Handles) -> Iterator[Use]:
    """What a function touches, in no order."""
    for access in function.body.registers:
        made = _use(function, access, _accessed(access, part), "cmsis")
        if made is not None and access.access is not Access.ADDRESS:
            yield made
    for call in function.body.calls:
        made = _called(function, call, image, part, handles)
        if made is not None:
            yield made


def _accessed(access: RegisterAccess, part: Part) -> Peripheral | None:
    if access.address is not None:
        found = part.at(access.address)
        return found[0] if found is not None else None
    return part.peripheral(access.peripheral) if access.peripheral else None


def _called(function: Function, call: Call, image: ImageFacts, part: Part, handles: Handles) -> Use | None:
    if not call.arguments or call.pointer or call.callee in image.functions:
        return None
    touching, sparing, init = _functions()
    first = call.arguments[0].resolved
    if init.fullmatch(call.callee) and first.startswith("&"):
        return _use(function, call, part.peripheral(handles.peripheral(first[1:].strip(), function.path)), "hal")
    if not is_peripheral(first) or sparing.fullmatch(call.callee) or not touching.fullmatch(call.callee):
        return None
    return _use(function, call, part.peripheral(first), _style(call.callee))


def _style(callee: str) -> str:
    if callee.startswith("HAL_"):
        return "hal"
    return "ll" if callee.startswith("LL_") else "libopencm3" if callee[0].islower() else "stdperiph"


def _use(function: Function, item: Call | RegisterAccess, peripheral: Peripheral | None, style: str) -> Use | None:
    if peripheral is None or peripheral.enable is None:
        return None
    return Use(function, item, peripheral, peripheral.enable, style)
