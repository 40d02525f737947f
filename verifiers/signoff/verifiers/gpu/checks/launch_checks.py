"""Launches against the hardware's limits: which of them fail, where, and why. Pure: facts in, findings out."""

from __future__ import annotations

from collections.abc import Iterator

from signoff.verifiers.finding import Finding
from signoff.verifiers.gpu.checks.bounds_checks import block_over_bounds, kernel_bounds
from signoff.verifiers.gpu.checks.cluster_checks import cluster_findings, cooperative_findings
from signoff.verifiers.gpu.checks.geometry_checks import geometry
from signoff.verifiers.gpu.checks.launch_site import Site, sites, unique
from signoff.verifiers.gpu.checks.shared_checks import shared_findings, static_findings
from signoff.verifiers.gpu.facts import UnitFacts
from signoff.verifiers.project import Project


def findings(unit: UnitFacts, project: Project, path: str) -> tuple[Finding, ...]:
    """Every launch and kernel of the document at `path` that cannot run on the project's targets."""
    found = [*kernel_bounds(unit, project, path), *static_findings(unit, project, path)]
    for site in sites(unit, project, path):
        found += _launch(site)
    return unique(found)


def _launch(site: Site) -> Iterator[Finding]:
    """One fault, one finding: what follows from a dimension that is wrong by itself is not said again."""
    wrong = geometry(site)
    yield from wrong
    if not wrong:
        yield from block_over_bounds(site)
        yield from cluster_findings(site)
        yield from cooperative_findings(site)
    yield from shared_findings(site)
