"""Whether a kernel does the same work whatever its block is: the ways to write that which are certain."""

from __future__ import annotations

import re
from collections.abc import Iterator

from signoff.diagnostics.fixes.gpu.arguments import ASSIGNING
from signoff.diagnostics.fixes.gpu.carried import independent
from signoff.diagnostics.fixes.gpu.ground import Ground
from signoff.diagnostics.fixes.gpu.tokens import CudaSource
from signoff.diagnostics.fixes.gpu.usage import members
from signoff.verifiers.gpu.facts import Kernel

HELPER = re.compile(r"(ceil_?div|div_?up|cdiv|div_?ceil|divide_?round_?up|iDivUp|ceil_?divide|round_?up_?div)$", re.I)
# What ends a loop before its last round.
LEAVING = frozenset(("return", "break", "goto", "throw"))
# Where threads speak to each other, their number matters.
TOGETHER = re.compile(r"__shared__|__sync|__shfl|__ballot|__any|__all|__reduce|__activemask|warpSize|this_thread_block")


def each_for_itself(ground: Ground, kernel: Kernel, axis: str, size: str = "") -> bool:
    """Whether threads know their place on the axis only as the index over the whole grid, and work alone.

    `size` is a constant that the kernel may use for the extent of its block.
    """
    if TOGETHER.search(ground.text(kernel.span)):
        return False
    covered = set[int]()
    for first, last in global_indices(ground, kernel, axis, size):
        covered.update(range(first, last + 1))
    for variable in ("threadIdx", "blockIdx", "blockDim", "gridDim"):
        for number, member in members(ground, kernel, variable):
            if member == axis and number not in covered and not _strides(ground, number, axis):
                return False
    return bool(covered) and _plain(ground, kernel)


def goes_over_the_rest(ground: Ground, kernel: Kernel, axis: str) -> bool:
    """Whether all that the kernel does with its index is a loop over the work in steps of the whole grid."""
    found = [*global_indices(ground, kernel, axis)]
    return bool(found) and all(_is_loop(ground, kernel, axis, first, last) for first, last in found)


def _is_loop(ground: Ground, kernel: Kernel, axis: str, first: int, last: int) -> bool:
    """`for (int i = <index>; i < n; i += <threads of the grid>)`, each round by itself and to the last."""
    src, name = ground.src, ground.src.word(first - 2)
    opening = next((n for n in range(first - 1, first - 6, -1) if src.word(n) == "("), -1)
    end = src.closing(opening) if src.word(opening - 1) == "for" else -1
    around = "".join(src.word(n) for n in range(end - 9, end))
    steps = {f"{name}+=blockDim.{axis}*gridDim.{axis}", f"{name}+=gridDim.{axis}*blockDim.{axis}"}
    if src.word(first - 1) != "=" or [src.word(last + 1), src.word(last + 2)] != [";", name] or around not in steps:
        return False
    stop = src.closing(end + 1) if src.word(end + 1) == "{" else _statement_end(ground, end + 1)
    body = range(end + 1, stop + 1)
    leaves = any(src.word(number) in LEAVING or (src.word(number) == name and _changed(src, number)) for number in body)
    return not leaves and independent(ground, kernel, body)


def _statement_end(ground: Ground, number: int) -> int:
    while number < len(ground.src.tokens) and ground.src.word(number) != ";":
        number = ground.src.closing(number) + 1 if ground.src.word(number) in ("(", "{", "[") else number + 1
    return number


def _changed(src: CudaSource, number: int) -> bool:
    return src.word(number + 1) in ASSIGNING or src.word(number - 1) in ("++", "--", "&")


def _plain(ground: Ground, kernel: Kernel) -> bool:
    """Whether the built-in variables occur only with a member."""
    built_in = ("threadIdx", "blockIdx", "blockDim", "gridDim")
    return all(
        ground.src.word(number + 1) == "."
        for number in ground.range(kernel.span)
        if ground.src.word(number) in built_in
    )


def _strides(ground: Ground, number: int, axis: str) -> bool:
    """Whether a member of blockDim or gridDim is part of `+= blockDim.x * gridDim.x` (either way round)."""
    around = "".join(ground.src.word(n) for n in range(number - 8, number + 6))
    return f"+=blockDim.{axis}*gridDim.{axis}" in around or f"+=gridDim.{axis}*blockDim.{axis}" in around


def global_indices(ground: Ground, kernel: Kernel, axis: str, size: str = "") -> Iterator[tuple[int, int]]:
    """(first, last) token of every `blockIdx.x * blockDim.x + threadIdx.x` in the kernel, in any order of its parts."""
    block, thread = ("blockIdx", ".", axis), ("threadIdx", ".", axis)
    for extent in (("blockDim", ".", axis), (size,)):
        if extent == ("",):
            continue
        products = ((*block, "*", *extent), (*extent, "*", *block))
        bracketed = tuple(("(", *product, ")") for product in products)
        for product in (*products, *bracketed):
            for pattern in ((*product, "+", *thread), (*thread, "+", *product)):
                yield from _found(ground, kernel, pattern)


def _found(ground: Ground, kernel: Kernel, pattern: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    inside = ground.range(kernel.span)
    words = [ground.src.word(number) for number in inside]
    for number in range(len(words) - len(pattern) + 1):
        if tuple(words[number : number + len(pattern)]) == pattern:
            yield inside.start + number, inside.start + number + len(pattern) - 1


def divisions(ground: Ground, name: str) -> Iterator[range]:
    """The tokens of every ceil-division by `name` (an identifier, or "block.x") in the text."""
    src = ground.src
    parts = re.findall(r"\w+|\.", name)
    for number in range(len(src.tokens)):
        if [src.word(number + n) for n in range(len(parts))] == parts and src.word(number - 1) not in (".", "->"):
            found = _division(ground, number, parts)
            if found is not None:
                yield found


def _division(ground: Ground, number: int, parts: list[str]) -> range | None:
    """The division around the name at a token: `(n + name - 1) / name`, `(n - 1) / name + 1`, `ceil_div(n, name)`."""
    src, behind = ground.src, number + len(parts)
    if src.word(number - 1) == "/":
        if src.word(number - 2) == ")":
            opening = src.opening(number - 2)
            words = [src.word(n) for n in range(opening + 1, number - 2)]
            if _rounds_up(words, parts) or (
                words[-2:] == ["-", "1"] and [src.word(behind), src.word(behind + 1)] == ["+", "1"]
            ):
                return range(opening, behind)
        return None
    if src.word(behind) == ")" and src.word(number - 1) == ",":
        opening = src.opening(behind)
        if HELPER.search(src.word(opening - 1)) and _divides(ground, src.word(opening - 1)):
            return range(opening - 1, behind + 1)
    close = _enclosing_end(ground, number)
    if (
        close is not None
        and src.word(close + 1) == "/"
        and [src.word(close + 2 + n) for n in range(len(parts))] == parts
    ):
        opening = src.opening(close)
        if _rounds_up([src.word(n) for n in range(opening + 1, close)], parts):
            return range(opening, close + 2 + len(parts))
    return None


def _rounds_up(words: list[str], parts: list[str]) -> bool:
    """Whether a dividend is `n + divisor - 1`, in the usual orders."""
    size = len(parts)
    if words[-size - 3 :] == ["+", *parts, "-", "1"] or words[: size + 3] == [*parts, "-", "1", "+"]:
        return True
    return words[-size - 5 :] == ["+", "(", *parts, "-", "1", ")"] or words[-size - 3 :] == ["-", "1", "+", *parts]


def _enclosing_end(ground: Ground, number: int) -> int | None:
    """The index of the bracket that closes around a token, within a few tokens."""
    depth = 0
    for place in range(number, min(number + 40, len(ground.src.tokens))):
        word = ground.src.word(place)
        depth += {"(": 1, ")": -1}.get(word, 0)
        if depth < 0:
            return place
        if word in (";", "{", "}"):
            return None
    return None


def _divides(ground: Ground, name: str) -> bool:
    """Whether a function or macro of the document is a ceil-division by its second parameter."""
    form = r"\(\s*\(?(?P<a>\w+)\)?\s*\+\s*\(?(?P<b>\w+)\)?\s*-\s*1\s*\)\s*/\s*\(?(?P=b)\b"
    for match in re.finditer(
        rf"\b{re.escape(name)}\s*\((?P<first>[^(),]*?)\s*,(?P<second>[^(),]*?)\)", ground.src.text
    ):
        body = re.search(form, ground.src.text[match.end() : match.end() + 120])
        if body and match["first"].split()[-1:] == [body["a"]] and match["second"].split()[-1:] == [body["b"]]:
            return True
    return False
