"""Thread block clusters and cooperative grids: blocks that must run at the same time."""

from __future__ import annotations

from collections.abc import Iterator

from signoff.verifiers.finding import Category, Finding, Severity
from signoff.verifiers.gpu.checks.launch_site import Fault, Site, at_least, error, most, unsigned
from signoff.verifiers.gpu.facts import Extent
from signoff.verifiers.gpu.hardware.limits import Limits
from signoff.verifiers.gpu.hardware.multiprocessors import multiprocessors
from signoff.verifiers.gpu.hardware.occupancy import occupancy
from signoff.verifiers.gpu.hardware.targets import Verdict


def cluster_findings(site: Site) -> Iterator[Finding]:
    """A cluster of more blocks than the hardware takes, or a grid that is no multiple of its cluster.

    Sizes over the portable maximum, but within what an attribute allows, are not judged: the attribute may be set
    where the unit does not show it.
    """
    cluster = site.cluster
    if cluster is None or at_least(cluster) == 1:
        return
    size = at_least(cluster)
    verdict = site.failing(lambda one: size > one.cluster_nonportable_max)
    if verdict is not None and verdict.severity is Severity.ERROR:
        limit = most(verdict, lambda one: one.cluster_nonportable_max)
        has = "there are no clusters" if limit == 1 else f"a cluster has at most {limit}"
        message = f"A cluster of {size} blocks, but {has} {verdict.where}: the launch fails"
        data = (("axis", "cluster"), ("value", str(size)), ("limit", str(limit)))
        yield site.finding(Fault("ClusterTooLarge", Category.LAUNCH_GEOMETRY, message, verdict, data))
    else:
        yield from _shape(site, cluster)


def _shape(site: Site, cluster: Extent) -> Iterator[Finding]:
    grid = site.launch.grid
    pairs = (("x", grid.x, cluster.x), ("y", grid.y, cluster.y), ("z", grid.z, cluster.z))
    for position, (letter, given, part) in enumerate(pairs):
        blocks = unsigned(given)
        if not blocks or not part or blocks % part == 0:
            continue
        message = f"gridDim.{letter} is {blocks}, no multiple of the cluster's {part} blocks: the launch fails"
        data = (("axis", f"grid.{letter}"), ("value", str(blocks)), ("cluster", str(part)))
        fault = Fault("ClusterShape", Category.LAUNCH_GEOMETRY, message, error(site.asked), data)
        yield site.finding(fault, site.launch.axes[position], site.launch.grid_span)


def cooperative_findings(site: Site) -> Iterator[Finding]:
    """A cooperative grid that not even the largest GPU of each target holds at once, whatever registers it takes."""
    if not site.launch.cooperative:
        return
    verdict = site.failing(lambda one: too_many(one, site, 0, site.static_shared))
    if verdict is not None and verdict.severity is Severity.ERROR:
        limit = most(verdict, lambda one: resident(one, site, 0, site.static_shared) or 0)
        yield cooperative(site, verdict, limit)


def too_many(one: Limits, site: Site, registers: int, static_shared: int) -> bool:
    """Whether the grid has more blocks than can be resident; False where that is not known."""
    held = resident(one, site, registers, static_shared)
    return held is not None and site.blocks > held


def resident(one: Limits, site: Site, registers: int, static_shared: int) -> int | None:
    """Blocks that the largest GPU of an architecture holds at once; None where that is not known, or none fits."""
    count = multiprocessors(one.sm)
    held = occupancy(
        one,
        threads=site.threads,
        registers=registers,
        static_shared=static_shared,
        dynamic_shared=max(site.launch.shared or 0, 0),
    ).blocks_per_sm
    return count * held if count and held else None


def cooperative(site: Site, verdict: Verdict, limit: int, because: str = "") -> Finding:
    """The finding on a cooperative grid of more blocks than the `limit` that can be resident."""
    message = (
        f"A cooperative grid of {site.blocks} blocks, but no GPU holds more than {limit} of them at once "
        f"{verdict.where}{because}: the launch fails"
    )
    data = (("axis", "grid"), ("value", str(site.blocks)), ("limit", str(limit)))
    fault = Fault("CooperativeGridTooLarge", Category.LAUNCH_GEOMETRY, message, verdict, data)
    return site.finding(fault, site.launch.grid_span)
