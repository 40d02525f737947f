"""Hints: what runs, and yet is slow, hides an error or may hang. Only what is certain; off by one setting."""

from __future__ import annotations

from collections.abc import Iterator

from signoff.verifiers.finding import Category, Finding, Severity
from signoff.verifiers.gpu.checks.geometry_checks import geometry
from signoff.verifiers.gpu.checks.hints_banks import conflicts
from signoff.verifiers.gpu.checks.hints_barriers import divergent
from signoff.verifiers.gpu.checks.hints_errors import unchecked
from signoff.verifiers.gpu.checks.launch_site import TOOL, sites, unique
from signoff.verifiers.gpu.facts import UnitFacts
from signoff.verifiers.gpu.hardware.limits import ARCHITECTURES, limits
from signoff.verifiers.gpu.values.memo import Memo
from signoff.verifiers.project import Project

IDLE_SHARE = 16


def hints(memo: Memo, facts: UnitFacts, project: Project, path: str) -> tuple[Finding, ...]:
    """All hints on the document at `path`. `memo` stands at the document's text."""
    found = [
        *part_warps(facts, project, path),
        *unchecked(memo, facts, path),
        *divergent(memo, facts, path),
        *conflicts(memo, facts, path),
    ]
    return unique(found)


def part_warps(facts: UnitFacts, project: Project, path: str) -> Iterator[Finding]:
    """Blocks that leave lanes of their last warp idle.

    A block of one thread is meant to be serial, a grid whose threads would all fit in one block loses nothing, and
    one in IDLE_SHARE lanes is too little to speak of (255 or 1000 threads).
    """
    hardware = limits(ARCHITECTURES[-1])  # both are the same for every architecture there is
    warp, small = hardware.warp_size, hardware.threads_per_block
    for site in sites(facts, project, path):
        launch, threads = site.launch, site.launch.block.volume
        whole = launch.grid.volume is None or launch.grid.volume * (threads or 0) > small
        if not threads or threads == 1 or threads % warp == 0 or not whole or geometry(site):
            continue
        warps = -(-threads // warp)
        idle = warps * warp - threads
        if idle * IDLE_SHARE < warps * warp:
            continue
        message = (
            f"A block of {threads} threads takes {warps} warp{'s' if warps > 1 else ''} of {warp}: "
            f"{idle} lanes of each block stay idle"
        )
        data = (("kernel", launch.kernel), ("value", str(threads)), ("warp", str(warp)))
        span = launch.block_span or launch.span
        category = Category.LAUNCH_GEOMETRY
        yield Finding(path, span, Severity.HINT, "WarpMultiple", message, TOOL, category, data=data)
