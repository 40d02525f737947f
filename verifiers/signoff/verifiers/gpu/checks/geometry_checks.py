"""Grid and block dimensions against the hardware's limits."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from signoff.verifiers.finding import Category, Finding
from signoff.verifiers.gpu.checks.launch_site import AXES, Fault, Site, at_least, error, most, unsigned
from signoff.verifiers.gpu.facts import Extent
from signoff.verifiers.gpu.hardware.limits import Limits, least
from signoff.verifiers.gpu.hardware.targets import Verdict

# The limit of each axis, in the order of AXES.
AXIS_LIMITS: tuple[Callable[[Limits], int], ...] = (
    lambda one: one.grid_x,
    lambda one: one.grid_y,
    lambda one: one.grid_z,
    lambda one: one.block_x,
    lambda one: one.block_y,
    lambda one: one.block_z,
)
# What every architecture takes: to see that first spares most launches the look at each.
LEAST = tuple(map(least, AXIS_LIMITS))
LEAST_THREADS = least(lambda one: one.threads_per_block)
# What gridDim.x and blockDim.x are called in messages, and what they count.
SHOWN = {"grid": ("gridDim", "blocks"), "block": ("blockDim", "threads")}


def geometry(site: Site) -> list[Finding]:
    """Dimensions that are zero or over their limit; else a block of too many threads."""
    return [] if _modest(site) else [*_axes(site)] or [*_threads(site)]


def _modest(site: Site) -> bool:
    """Whether the dimensions are what every GPU takes."""
    grid, block = site.launch.grid, site.launch.block
    values = zip((grid.x, grid.y, grid.z, block.x, block.y, block.z), LEAST, strict=True)
    return all(value is None or 0 < value <= limit for value, limit in values) and site.threads <= LEAST_THREADS


def _axes(site: Site) -> Iterator[Finding]:
    grid, block = site.launch.grid, site.launch.block
    values = (grid.x, grid.y, grid.z, block.x, block.y, block.z)
    for axis, given, limit, place in zip(AXES, values, AXIS_LIMITS, site.launch.axes, strict=True):
        value = unsigned(given)
        whole = site.launch.grid_span if axis.startswith("grid") else site.launch.block_span
        fault = None if value is None else _axis(site, axis, value, limit)
        if fault is not None:
            yield site.finding(fault, place, whole)


def _axis(site: Site, axis: str, value: int, limit: Callable[[Limits], int]) -> Fault | None:
    kind, _, letter = axis.partition(".")
    name, unit = SHOWN[kind]
    data = (("axis", axis), ("value", str(value)))
    if value == 0:
        message = f"{name}.{letter} is 0: a launch without {unit} fails"
        return Fault("ZeroDimension", Category.LAUNCH_GEOMETRY, message, error(site.asked), data)
    verdict = site.failing(lambda one: value > limit(one))
    if verdict is None:
        return None
    highest = most(verdict, limit)
    message = f"{name}.{letter} is {value}, but can be at most {highest} {verdict.where}: the launch fails"
    code = "GridTooLarge" if kind == "grid" else "BlockTooLarge"
    more = (("limit", str(highest)), *_swapped(site, axis))
    return Fault(code, Category.LAUNCH_GEOMETRY, message + _advice(more, verdict), verdict, (*data, *more))


def _swapped(site: Site, axis: str) -> tuple[tuple[str, str], ...]:
    """Says so where grid and block look exchanged: the other way round the launch would be legal, with whole warps."""
    grid, block = site.launch.grid, site.launch.block
    if not axis.startswith("block") or block.volume is None or grid.volume is None:
        return ()
    threads = grid.volume
    legal = site.failing(lambda one: not _fits(one, grid=block, block=grid) or threads < one.warp_size) is None
    return (("swapped", "true"),) if legal else ()


def _fits(one: Limits, grid: Extent, block: Extent) -> bool:
    values = zip(AXIS_LIMITS, (grid.x, grid.y, grid.z, block.x, block.y, block.z), strict=True)
    return at_least(block) <= one.threads_per_block and all(0 < (value or 0) <= limit(one) for limit, value in values)


def _advice(data: tuple[tuple[str, str], ...], verdict: Verdict) -> str:
    return " (are grid and block exchanged?)" if ("swapped", "true") in data else ""


def _threads(site: Site) -> Iterator[Finding]:
    threads, block = site.threads, site.launch.block
    verdict = site.failing(lambda one: threads > one.threads_per_block)
    if verdict is None:
        return
    limit = most(verdict, lambda one: one.threads_per_block)
    shape = " x ".join("?" if value is None else str(unsigned(value)) for value in (block.x, block.y, block.z))
    count = str(threads) if block.volume is not None else f"{threads} threads or more"
    message = f"A block of {shape} is {count}"
    message += f"{'' if block.volume is None else ' threads'}, but can be at most {limit} {verdict.where}"
    data = (("axis", "block"), ("value", str(threads)), ("limit", str(limit)), ("block", shape))
    fault = Fault("TooManyThreads", Category.LAUNCH_GEOMETRY, f"{message}: the launch fails", verdict, data)
    yield site.finding(fault, site.launch.block_span)
