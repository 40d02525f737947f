"""How much an SVD file grows to when its arrays and derived parts are written out: counted before anything is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.etree import _Element

# The largest files of vendors have some 100,000 registers and fields.
ELEMENTS_LIMIT = 400_000
DIM_LIMIT = 65_536
DEPTH_LIMIT = 32
COUNTED = frozenset({"peripheral", "cluster", "register", "field"})
RANGE = re.compile(r"\s*(\d+)\s*-\s*(\d+)\s*")


class SvdError(Exception):
    """The file cannot be used; the text says why in one line."""


def check(root: _Element, name: str) -> None:
    """Raise SvdError where the device has too many registers and fields, or its derivations go in a circle."""
    total = _Count(root, name).of(root)
    if total > ELEMENTS_LIMIT:
        raise SvdError(f"{name} describes more than {ELEMENTS_LIMIT:,} registers and fields: not read")


class _Count:
    """Counts upwards: a name that several elements have stands for the largest of them."""

    def __init__(self, root: _Element, name: str) -> None:
        self._name = name
        self._named: dict[tuple[str, str], list[_Element]] = {}
        self._known: dict[_Element, int] = {}
        self._open: set[_Element] = set()
        for element in root.iter(*COUNTED):
            own = (element.findtext("name") or "").strip()
            self._named.setdefault((str(element.tag), own), []).append(element)

    def of(self, element: _Element) -> int:
        """The element and all within it, its own repetitions counted."""
        if element in self._known:
            return self._known[element]
        if element in self._open or len(self._open) > DEPTH_LIMIT:
            raise SvdError(f"{self._name} derives {element.findtext('name')} from itself, or nests too deep: not read")
        self._open.add(element)
        inner = sum(self.of(child) for child in _children(element))
        inner += max((self.of(base) for base in self._bases(element)), default=0)
        self._open.discard(element)
        self._known[element] = self._times(element) * (1 + inner)
        return self._known[element]

    def _bases(self, element: _Element) -> list[_Element]:
        path = element.get("derivedFrom")
        if not path:
            return []
        found = self._named.get((str(element.tag), path.rpartition(".")[2].strip()), [])
        return [one for one in found if one is not element]

    def _times(self, element: _Element) -> int:
        text = (element.findtext("dim") or "1").strip()
        index = RANGE.fullmatch(element.findtext("dimIndex") or "")
        try:
            times = max(int(text, 0), 1)
        except ValueError:
            times = 1
        spread = int(index[2]) - int(index[1]) + 1 if index else 1
        if max(times, spread) > DIM_LIMIT:
            raise SvdError(f"{self._name} repeats {element.findtext('name')} more than {DIM_LIMIT:,} times: not read")
        return times


def _children(element: _Element) -> Iterable[_Element]:
    for child in element:
        if child.tag in COUNTED:
            yield child
        elif child.tag in ("peripherals", "registers", "fields"):
            yield from (inner for inner in child if inner.tag in COUNTED)
