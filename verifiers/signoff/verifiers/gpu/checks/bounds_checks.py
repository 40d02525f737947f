"""__launch_bounds__ against the launches of its kernel and against the hardware."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from signoff.verifiers.finding import Category, Finding, Severity
from signoff.verifiers.gpu.checks.launch_site import TOOL, Fault, Site, architectures, error, most
from signoff.verifiers.gpu.facts import Bounds, Kernel, UnitFacts
from signoff.verifiers.gpu.hardware.targets import Verdict, failing
from signoff.verifiers.project import Project


def block_over_bounds(site: Site) -> Iterator[Finding]:
    """A block larger than what every kernel of that name was compiled for."""
    bounds = [_threads(kernel.bounds, site) for kernel in site.kernels if kernel.bounds is not None]
    known = [value for value in bounds if value]
    if not known or len(known) < len(site.kernels) or site.threads <= max(known):
        return
    threads, limit = site.threads, max(known)
    message = (
        f"A block of {threads} threads, but {site.launch.kernel} is compiled for at most {limit} "
        f"(__launch_bounds__): the launch fails"
    )
    data = (("axis", "block"), ("value", str(threads)), ("limit", str(limit)))
    fault = Fault("LaunchBoundsExceeded", Category.LAUNCH_GEOMETRY, message, error(site.asked), data)
    yield site.finding(fault, site.launch.block_span)


def _threads(bounds: Bounds, site: Site) -> int | None:
    """The threads that the launched instance is compiled for: a template's argument counts where it is a number."""
    given = site.launch.template_arguments
    if bounds.max_threads is not None or bounds.parameter is None or bounds.parameter >= len(given):
        return bounds.max_threads
    argument = given[bounds.parameter]
    return int(argument) if argument.isdecimal() and not argument.startswith("0") else None


def kernel_bounds(unit: UnitFacts, project: Project, path: str) -> Iterator[Finding]:
    """Launch bounds of the document's kernels that the hardware cannot keep."""
    for kernel in unit.kernels:
        if kernel.bounds is None or kernel.path not in ("", path):
            continue
        finding = _bounds(kernel, kernel.bounds, project, path)
        if finding is not None:
            yield finding


def _bounds(kernel: Kernel, bounds: Bounds, project: Project, path: str) -> Finding | None:
    threads, blocks = bounds.max_threads or 0, bounds.min_blocks or 0
    if verdict := failing(project, lambda one: threads > one.threads_per_block):
        limit = most(verdict, lambda one: one.threads_per_block)
        message = f"__launch_bounds__ of {threads} threads, but a block has at most {limit} {verdict.where}"
        return _finding(kernel, bounds, message, verdict, path, threads, limit)
    if verdict := failing(project, lambda one: threads * blocks > one.threads_per_sm):
        if verdict.severity is not Severity.ERROR:
            return None  # minimum blocks are a wish, often tuned for one of several targets
        limit = most(verdict, lambda one: one.threads_per_sm)
        message = (
            f"__launch_bounds__ asks for {blocks} blocks of {threads} threads on a multiprocessor, which holds at most "
            f"{limit} threads {verdict.where}: the minimum of blocks is ignored"
        )
        return _finding(kernel, bounds, message, verdict, path, threads * blocks, limit)
    return None


def _finding(
    kernel: Kernel, bounds: Bounds, message: str, verdict: Verdict, path: str, value: int, limit: int
) -> Finding:
    """A warning: the compiler takes such bounds and the kernel runs, only not as they promise."""
    verdict = replace(verdict, severity=Severity.WARNING)
    data = (("kernel", kernel.name), ("value", str(value)), ("limit", str(limit)), architectures(verdict))
    code, category = "LaunchBoundsTooLarge", Category.LAUNCH_GEOMETRY
    return Finding(path, bounds.span, verdict.severity, code, message, TOOL, category, data=data)
