"""The contract of a part check: a pure function from what an image says to the findings in one of its files."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from functools import wraps
from operator import is_not
from typing import TYPE_CHECKING, TypeVar, TypeVarTuple

from signoff.verifiers.finding import Finding
from signoff.verifiers.mcu.source.facts import Function, ImageFacts
from signoff.verifiers.project import Project

if TYPE_CHECKING:
    from signoff.verifiers.mcu.parts.part import Part

# What findings of the part checks name as their tool.
TOOL = "signoff"

# (the image, the file whose findings are wanted, the part where it is known, the document's project)
Check = Callable[[ImageFacts, str, "Part | None", Project], Iterable[Finding]]

# Functions whose results are remembered: those of a few large files.
REMEMBERED = 4096

_Found = TypeVar("_Found")
_Rest = TypeVarTuple("_Rest")


def by_function(
    find: Callable[[Function, *_Rest], Iterable[_Found]],
) -> Callable[[Function, *_Rest], tuple[_Found, ...]]:
    """What hangs on a function alone, and on the part, found once: a function that an edit leaves alone stays the same
    object.
    """
    kept: OrderedDict[int, tuple[Function, tuple[object, ...], tuple[_Found, ...]]] = OrderedDict()

    @wraps(find)
    def remembered(function: Function, *rest: *_Rest) -> tuple[_Found, ...]:
        known = kept.get(id(function))
        if known is None or known[0] is not function or any(map(is_not, known[1], rest)):
            known = kept[id(function)] = function, rest, tuple(find(function, *rest))
            if len(kept) > REMEMBERED:
                kept.popitem(last=False)
        return known[2]

    return remembered
