"""Whether a kernel leaves alone what lies beyond its work's end: the end that the launch has made its grid for."""

from __future__ import annotations

from collections.abc import Iterator

from signoff.diagnostics.fixes.gpu.arguments import INTEGERS, call_arguments, unchanged
from signoff.diagnostics.fixes.gpu.coverage import global_indices
from signoff.diagnostics.fixes.gpu.ground import Ground
from signoff.verifiers.gpu.facts import Kernel, Launch

# A short index would begin anew.
WHOLE = (INTEGERS - {"short"}) | {"auto"}
BELOW = frozenset(("<", ">="))


def tests_its_index(ground: Ground, kernel: Kernel, launch: Launch, axis: str, size: str = "") -> bool:
    """Whether each index is a variable that the kernel compares with an end that stands in the grid's extent.

    Then a grid that covers that end does all the work, however many threads more there are. `size` is a constant that
    the kernel may use for the extent of its block.
    """
    src, found = ground.src, [*global_indices(ground, kernel, axis, size)]
    grid = grid_words(ground, launch, axis)
    for first, _ in found:
        if src.word(first - 1) != "=" or src.word(first - 3) not in WHOLE:
            return False
        ends = [_outside(ground, kernel, launch, end) for end in _ends(ground, kernel, src.word(first - 2))]
        if not any(end and _within(end, grid) for end in ends):
            return False
    return bool(found)


def _ends(ground: Ground, kernel: Kernel, name: str) -> Iterator[list[str]]:
    """The words that the kernel compares an index with, from below."""
    src, inside = ground.src, ground.range(kernel.span)
    for number in inside:
        if src.word(number) == name and src.word(number + 1) in BELOW:
            end = number + 2
            while end < inside.stop and src.word(end) not in (")", "&&", "||", ";", "?", "{", "}"):
                end = src.closing(end) + 1 if src.word(end) == "(" else end + 1
            yield [src.word(n) for n in range(number + 2, end)]


def _outside(ground: Ground, kernel: Kernel, launch: Launch, words: list[str]) -> list[str]:
    """An end as the launch writes it: parameters that keep their values are replaced by their arguments."""
    given = call_arguments(ground, launch)
    if len(given) != len(kernel.parameters):
        return []
    values = dict(zip(kernel.parameters, given, strict=True))
    found: list[str] = []
    for word in words:
        if word in values and not unchanged(ground, kernel, word):
            return []
        found += [token.text for token in values[word]] if word in values else [word]
    return found


def grid_words(ground: Ground, launch: Launch, axis: str) -> list[str]:
    """The words of the grid's extent on an axis; of a variable, those that it was last set to."""
    place = launch.axes["xyz".index(axis)] or (launch.grid_span if axis == "x" else None)
    if place is None:
        return []
    words = [token.text for token in ground.tokens(place)]
    if len(words) != 1 or not words[0].isidentifier():
        return words
    src, found = ground.src, list[str]()
    for number in range(src.from_(ground.index.offsets(launch.span)[0])):
        if src.word(number) == words[0] and src.word(number + 1) == "=":
            end = next((n for n in range(number, len(src.tokens)) if src.word(n) == ";"), number)
            found = [src.word(n) for n in range(number + 2, end)]
    return found


def _within(part: list[str], whole: list[str]) -> bool:
    return any(whole[start : start + len(part)] == part for start in range(len(whole) - len(part) + 1))
