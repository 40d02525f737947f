"""A grid loses a dimension: an axis is folded into x, in the launches and in the kernel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.gpu.grid import AXES, Swap, dropped, folded, folding, product, swap
from signoff.diagnostics.fixes.gpu.ground import ground
from signoff.diagnostics.fixes.gpu.usage import sites
from signoff.diagnostics.refactor.site import Site
from signoff.verifiers.finding import Category
from signoff.verifiers.gpu.facts import Kernel, UnitFacts
from signoff.verifiers.gpu.hardware.limits import limits
from signoff.verifiers.gpu.hardware.targets import judged

NAME = "flatten-grid"


def propose(site: Site) -> Iterator[FixCandidate]:
    """One candidate a kernel that is asked for, by itself or at a launch: its last axis with an extent of its own."""
    for kernel in unit(site).kernels:
        for axis in (2, 1):
            found = list(_flat(site, kernel, axis))
            yield from found
            if found:
                break


def unit(site: Site) -> UnitFacts:
    """What the launch checks know of the document; nothing where they did not run."""
    outcome = site.known.get("launch")
    facts = outcome.facts.get("unit") if outcome is not None and outcome.ran else None
    return facts if isinstance(facts, UnitFacts) else UnitFacts()


def _flat(site: Site, kernel: Kernel, axis: int) -> Iterator[FixCandidate]:
    launches = [one for one in unit(site).launches if one.kernel == kernel.name]
    spans = [kernel.span, *(one.span for one in launches)]
    place = next((span for span in spans if site.wants(*site.index.offsets(span))), None)
    if place is None or not launches:
        return
    message = f"the grid of '{kernel.name}' has an axis {AXES[axis]}, which can be a part of x"
    notes = [*spans, *(span for one in launches for span in one.axes if span is not None)]
    finding = site.finding(NAME, *site.index.offsets(place), message, Category.LAUNCH_GEOMETRY, notes)
    stand = ground(finding, site.snapshot, site.project, site.index, site.known)
    room = min(limits(sm).grid_x for sm in judged(site.project))
    case = swap(stand, kernel.name, axis, room)
    if case is None or any((one.grid.x, one.grid.y, one.grid.z)[axis] == 1 for one in case.launches):
        return
    known = [product(one.grid, axis) for one in case.launches]
    if any(count > room for count in known) or not (edits := folded(case)):
        return
    more = "" if all(known) else f"right as long as {_products(case)} is at most {room}"
    candidate = stand.candidate(folding(case), edits, NAME, dropped(case), more)
    yield replace(candidate, finding=finding)


def _products(case: Swap) -> str:
    """What becomes the extent of x, as the launches say it."""
    texts = list[str]()
    for launch in sites(case.launches):
        pair = launch.axes[0], launch.axes[case.axis]
        texts.append(" * ".join(" ".join(case.ground.text(one).split()) for one in pair if one is not None))
    return " and ".join(dict.fromkeys(texts))
