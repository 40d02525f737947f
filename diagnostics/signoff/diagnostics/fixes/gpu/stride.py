"""A grid too long for its axis whose kernel tests an index: the test becomes a grid-stride loop, the grid is capped."""

from __future__ import annotations

from collections.abc import Iterator

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.gpu.arguments import ASSIGNING, INTEGERS
from signoff.diagnostics.fixes.gpu.carried import independent
from signoff.diagnostics.fixes.gpu.coverage import TOGETHER, global_indices
from signoff.diagnostics.fixes.gpu.grid import factor
from signoff.diagnostics.fixes.gpu.ground import Ground
from signoff.diagnostics.fixes.gpu.usage import block_number_is_plain, members, only_launched_here, sites
from signoff.verifiers.gpu.facts import Kernel
from signoff.verifiers.text import Edit

# The largest value of int: the loop's index must be able to pass its end.
INT_MAX = 2**31 - 1
LEAVING = frozenset(("return", "goto", "throw", "asm"))


def propose(ground: Ground) -> Iterator[FixCandidate]:
    """Cap the axis at its limit and have each thread of the kernel go on in steps of the grid."""
    axis, limit, launch = ground.data.get("axis", ""), ground.number("limit"), ground.launch
    if ground.finding.code != "GridTooLarge" or axis not in ("grid.y", "grid.z") or launch is None or limit is None:
        return
    kernel, place = ground.kernel(launch.kernel), launch.axes["xyz".index(axis[-1])]
    if kernel is None or place is None or len(sites(ground.launches(kernel.name))) != 1:
        return
    if not only_launched_here(ground, kernel) or not block_number_is_plain(ground, kernel, threads=True):
        return
    extent = {"y": launch.block.y, "z": launch.block.z}[axis[-1]]
    if extent is None or ((ground.number("value") or 0) + limit) * extent > INT_MAX:
        return
    loop = _loop(ground, kernel, axis[-1])
    if loop is not None:
        count = ground.text(place)
        capped = Edit(place, f"{factor(count)} > {limit} ? {limit} : {factor(count)}")
        title = f"Cap {axis} at {limit} and let '{kernel.name}' go over the rest in a grid-stride loop"
        yield ground.candidate(title, (*loop, capped), "stride", ("if",))


def _loop(ground: Ground, kernel: Kernel, axis: str) -> tuple[Edit, ...] | None:
    """`int i = index; if (i < n) {...}` at the kernel's end as a loop; None where it is anything else."""
    src, inside = ground.src, ground.range(kernel.span)
    found = [*global_indices(ground, kernel, axis)]
    blocks = [number for number, member in members(ground, kernel, "blockIdx") if member == axis]
    if len(blocks) != 1 or len(found) > 1 or any(member == axis for _, member in members(ground, kernel, "gridDim")):
        return None
    first, last = found[0] if found else (blocks[0] - 2, blocks[0])
    step = f"blockDim.{axis} * gridDim.{axis}" if found else f"gridDim.{axis}"
    name = src.word(first - 2)
    # `int i = <index>; if (i < n) {`, the `if` being the last statement.
    if src.word(first - 1) != "=" or src.word(first - 3) not in INTEGERS or src.word(last + 1) != ";":
        return None
    if src.word(first - 4) not in (";", "{", "}") or [src.word(last + n) for n in (2, 3, 4, 5)] != [
        "if",
        "(",
        name,
        "<",
    ]:
        return None
    test_end = src.closing(last + 3)
    body_end = src.closing(test_end + 1)
    if src.word(test_end + 1) != "{" or body_end + 1 != inside.stop - 1 or src.word(body_end + 1) != "}":
        return None
    test = [src.word(n) for n in range(last + 6, test_end)]
    if not _steady(ground, range(test_end + 1, body_end), name) or {"&&", "||", "?", ",", "(", name} & set(test):
        return None
    if not independent(ground, kernel, range(test_end + 1, body_end)):
        return None
    start = src.token(first - 3).start
    text = src.text
    head = f"for ({text[start : src.token(last).end]}; {text[src.token(last + 4).start : src.token(test_end).start]}; "
    span = ground.index.span(start, src.token(test_end).end)
    return (Edit(span, f"{head}{name} += {step})"),)


def _steady(ground: Ground, body: range, name: str) -> bool:
    """Whether a body can run more than once: it neither leaves, nor meets other threads, nor changes the index."""
    src = ground.src
    for number in body:
        word = src.word(number)
        if word in LEAVING or TOGETHER.match(word):
            return False
        if word == name and (src.word(number + 1) in ASSIGNING or src.word(number - 1) in ("++", "--", "&")):
            return False
    return True
