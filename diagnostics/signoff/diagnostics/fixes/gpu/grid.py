"""A grid that is too long in y or z: its axis changes places with x, or is folded into x, in launches and kernel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.gpu.arguments import in_kernel
from signoff.diagnostics.fixes.gpu.ground import Ground
from signoff.diagnostics.fixes.gpu.usage import block_number_is_plain, members, only_launched_here, sites
from signoff.verifiers.finding import Span
from signoff.verifiers.gpu.facts import Extent, Kernel, Launch
from signoff.verifiers.gpu.hardware.limits import limits
from signoff.verifiers.gpu.hardware.targets import judged
from signoff.verifiers.text import Edit

AXES = ("x", "y", "z")


@dataclass(frozen=True, slots=True)
class Swap:
    """A kernel whose launches can all be rewritten. `axis` is the one that is too long: 1 (y) or 2 (z)."""

    ground: Ground
    kernel: Kernel
    launches: tuple[Launch, ...]
    axis: int
    limit: int

    @property
    def letter(self) -> str:
        """The axis as a member's name."""
        return AXES[self.axis]


def propose(ground: Ground) -> Iterator[FixCandidate]:
    """Exchange the axis with x; else fold it into x."""
    case = _case(ground)
    if case is not None:
        yield from _exchanged(case)
        yield from _folded(case)


def _case(ground: Ground) -> Swap | None:
    axis, limit, launch = ground.data.get("axis", ""), ground.number("limit"), ground.launch
    if ground.finding.code != "GridTooLarge" or axis not in ("grid.y", "grid.z") or launch is None or limit is None:
        return None
    return swap(ground, launch.kernel, AXES.index(axis[-1]), limit)


def swap(ground: Ground, name: str, axis: int, limit: int) -> Swap | None:
    """The kernel of that name, where it and all its launches can be rewritten."""
    kernel = ground.kernel(name)
    if kernel is None or not only_launched_here(ground, kernel) or not block_number_is_plain(ground, kernel):
        return None
    launches = ground.launches(kernel.name)
    if kernel.cluster or any(one.cluster for one in launches):
        return None
    if not all(constructed(ground, one, axis) for one in sites(launches)):
        return None
    return Swap(ground, kernel, launches, axis, limit)


def constructed(ground: Ground, launch: Launch, axis: int) -> bool:
    """Whether the launch's grid is a dim3 written out once, for it alone, and gives x and the axis."""
    first, second = launch.axes[0], launch.axes[axis]
    if first is None or second is None or launch.grid_span is None:
        return False
    if any(one.kernel != launch.kernel and first in one.axes for one in ground.unit.launches):
        return False
    src = ground.src
    start, end = ground.index.offsets(Span(first.start_line, first.start_column, second.end_line, second.end_column))
    opening, closing = src.before(start), src.from_(end)
    if src.word(opening) not in ("(", "{") or src.word(closing) not in (")", "}", ",") or start >= end:
        return False
    given = ground.text(launch.grid_span).strip()
    return not given.isidentifier() or _only_for_launches(ground, launch, given, start)


def _only_for_launches(ground: Ground, launch: Launch, name: str, start: int) -> bool:
    """Whether a dim3 variable is declared right there and then serves as the grid of this kernel's launches only."""
    src = ground.src
    opening = src.before(start)
    declared = next((n for n in range(opening, max(opening - 4, -1), -1) if src.word(n) == name), None)
    if declared is None:
        return False
    grids = [one.grid_span for one in ground.launches(launch.kernel) if one.grid_span is not None]
    places = {ground.index.offsets(span)[0] for span in grids}
    end = _scope_end(ground, declared)
    uses = [token for token in src.tokens[declared + 1 : end] if token.text == name]
    return bool(uses) and all(token.start in places for token in uses)


def _scope_end(ground: Ground, number: int) -> int:
    """The index of the bracket that closes the block in which a token stands."""
    depth = 0
    for place in range(number, len(ground.src.tokens)):
        depth += {"{": 1, "}": -1}.get(ground.src.word(place), 0)
        if depth < 0:
            return place
    return len(ground.src.tokens)


def _exchanged(case: Swap) -> Iterator[FixCandidate]:
    """x and the axis change places: right wherever x itself fits the axis, which is said where x is not known."""
    if not all(one.grid.x is None or 0 < one.grid.x <= case.limit for one in case.launches):
        return
    ground, letter = case.ground, case.letter
    unknown = {ground.text(one.axes[0]) for one in case.launches if one.grid.x is None and one.axes[0] is not None}
    edits: list[Edit] = []
    for launch in sites(case.launches):
        first, second = launch.axes[0], launch.axes[case.axis]
        assert first is not None and second is not None
        edits += [Edit(first, ground.text(second)), Edit(second, ground.text(first))]
    for variable in ("blockIdx", "gridDim"):
        for number, member in members(ground, case.kernel, variable):
            if member in ("x", letter):
                edits.append(ground.replace(ground.src.token(number), letter if member == "x" else "x"))
    title = f"Exchange grid.x and grid.{letter} in the launch and in '{case.kernel.name}'"
    more = f"right as long as {' and '.join(sorted(unknown))} is at most {case.limit}" if unknown else ""
    yield ground.candidate(title, edits, "grid", ("x", letter), more)


def _folded(case: Swap) -> Iterator[FixCandidate]:
    """The axis becomes the slow part of x: its blocks are numbered x + axis * width."""
    ground = case.ground
    room = min(limits(sm).grid_x for sm in judged(ground.project))
    if any(product(one.grid, case.axis) not in range(1, room + 1) for one in case.launches):
        return
    if edits := folded(case):
        yield ground.candidate(folding(case), edits, "grid", dropped(case))


def dropped(case: Swap) -> tuple[str, ...]:
    """The tokens that go where an axis is folded."""
    return (case.letter, "gridDim", ".", "x")


def folding(case: Swap) -> str:
    """What folding does, as an order."""
    return f"Fold grid.{case.letter} into grid.x, and take '{case.kernel.name}' its indices from blockIdx.x"


def folded(case: Swap) -> list[Edit]:
    """The edits of launches and kernel that fold the axis into x; none where the kernel does not know x's extent."""
    ground = case.ground
    widths = {in_kernel(ground, case.kernel, launch, launch.axes[0]) for launch in sites(case.launches)}
    width = widths.pop() if len(widths) == 1 else None
    if width is None:
        return []
    edits = [edit for launch in sites(case.launches) for edit in _folded_grid(ground, launch, case.axis)]
    return [*edits, *_unfolded(case, width)]


def product(grid: Extent, axis: int) -> int:
    """The blocks of x and the axis together; 0 where one of the two is not known."""
    long = (grid.x, grid.y, grid.z)[axis]
    return (grid.x or 0) * (long or 0)


def _folded_grid(ground: Ground, launch: Launch, axis: int) -> Sequence[Edit]:
    first, second = launch.axes[0], launch.axes[axis]
    assert first is not None and second is not None
    product = f"{factor(ground.text(first))} * {factor(ground.text(second))}"
    if axis == 1 and launch.axes[2] is not None:
        return Edit(first, product), Edit(second, "1")
    # The comma before the last argument goes with it.
    start, end = ground.index.offsets(second)
    comma = ground.src.token(ground.src.before(start))
    return Edit(first, product), Edit(ground.index.span(comma.start, end), "")


def factor(text: str) -> str:
    """An expression as it can stand in a product."""
    simple = all(letter.isalnum() or letter in "_.:" for letter in text)
    return text if simple else f"({text})"


def _unfolded(case: Swap, width: str) -> Iterator[Edit]:
    src, ground = case.ground.src, case.ground
    new = {
        ("blockIdx", "x"): f"(blockIdx.x % {width})",
        ("blockIdx", case.letter): f"(blockIdx.x / {width})",
        ("gridDim", "x"): f"static_cast<unsigned int>({width})",
        ("gridDim", case.letter): f"(gridDim.x / {width})",
    }
    for variable in ("blockIdx", "gridDim"):
        for number, member in members(ground, case.kernel, variable):
            if (variable, member) in new:
                span = ground.index.span(src.token(number - 2).start, src.token(number).end)
                yield Edit(span, new[variable, member])
