"""What Triton kernels take and are launched with, against what the hardware has. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from signoff.verifiers.finding import Category, Finding, Severity
from signoff.verifiers.gpu.hardware.limits import Limits, limits
from signoff.verifiers.gpu.hardware.targets import Verdict, failing
from signoff.verifiers.gpu.triton.triton_data import Compiled, Extent, Job
from signoff.verifiers.gpu.triton.triton_findings import span
from signoff.verifiers.project import Project

TOOL = "signoff"
GRID = {"grid.x": "grid_x", "grid.y": "grid_y", "grid.z": "grid_z"}
# Threads of a warp on every NVIDIA GPU (CUDA C++ Programming Guide, "SIMT Architecture").
WARP = 32


def launch_findings(extents: Sequence[Extent], project: Project, path: str) -> Iterator[Finding]:
    """Grids and numbers of warps that cannot be launched."""
    for extent in extents:
        found = _warps(extent, project, path) if extent.axis == "num_warps" else _grid(extent, project, path)
        if found is not None:
            yield found


def _grid(extent: Extent, project: Project, path: str) -> Finding | None:
    if extent.value <= 0:
        # Triton launches nothing for an empty grid (an if around the launch in its C code), and negative ones are rare.
        return None
    name = GRID[extent.axis]
    verdict = failing(project, lambda one: extent.value > getattr(one, name))
    if verdict is None:
        return None
    limit = max(getattr(limits(sm), name) for sm in verdict.architectures)
    message = f"{extent.axis} is {extent.value} here, but can be at most {limit} {verdict.where}"
    return _finding(path, extent, "GridTooLarge", message, verdict, limit)


def _warps(extent: Extent, project: Project, path: str) -> Finding | None:
    if extent.value < 1 or extent.value & (extent.value - 1):
        message = f"num_warps is {extent.value} here, but Triton takes only powers of two"
        place, severity = span(extent.place), Severity.ERROR
        data = (("kernel", extent.kernel), ("axis", "num_warps"), ("value", str(extent.value)))
        return Finding(path, place, severity, "TritonValue", message, "triton", Category.LAUNCH_GEOMETRY, data=data)
    threads = extent.value * WARP
    verdict = failing(project, lambda one: threads > one.threads_per_block)
    if verdict is None:
        return None
    limit = max(limits(sm).threads_per_block for sm in verdict.architectures)
    message = (
        f"{extent.value} warps are {threads} threads a block, but a block can have at most {limit} {verdict.where}"
    )
    return _finding(path, extent, "TooManyThreads", message, verdict, limit)


def _finding(path: str, extent: Extent, code: str, message: str, verdict: Verdict, limit: int) -> Finding:
    data = (
        ("kernel", extent.kernel),
        ("axis", extent.axis),
        ("value", str(extent.value)),
        ("limit", str(limit)),
        ("architectures", " ".join(verdict.architectures)),
    )
    severity = Severity.WARNING if extent.conditional else verdict.severity
    return Finding(path, span(extent.place), severity, code, message, TOOL, Category.LAUNCH_GEOMETRY, data=data)


def shared_findings(
    compiled: Sequence[tuple[Job, Mapping[str, Compiled]]], project: Project, path: str
) -> Iterator[Finding]:
    """Kernels that ask for more shared memory than a block can have. `compiled` maps architectures to results.

    Of an autotuned kernel only where all its configurations do: Triton passes over those that do not fit.
    """
    groups: dict[tuple[str, int], list[tuple[Job, Mapping[str, Compiled]]]] = {}
    for job, results in compiled:
        groups.setdefault((job.kernel, job.number - job.tuned[0]), []).append((job, results))
    for group in groups.values():
        if len(group) == group[0][0].tuned[1]:
            yield from _over(group, project, path)


def _over(group: list[tuple[Job, Mapping[str, Compiled]]], project: Project, path: str) -> Iterator[Finding]:
    job, results = min(group, key=lambda item: min((needed(one) for one in item[1].values()), default=0))
    if not job.certain or not results:
        return

    def too_much(one: Limits) -> bool:
        result = results.get(one.sm) if project.architectures else next(iter(results.values()))
        return result is not None and needed(result) > one.smem_per_block_optin > 0

    verdict = failing(project, too_much)
    if verdict is None:
        return
    amount = max(needed(result) for result in results.values())
    limit = max(limits(sm).smem_per_block_optin for sm in verdict.architectures)
    message = (
        f"{job.kernel} needs {amount} bytes of shared memory with {job.label or 'its sizes'}, but a block can have at "
        f"most {limit} {verdict.where}: Triton raises OutOfResources{_because(job, results)}"
    )
    data = (
        ("kernel", job.kernel),
        ("value", str(amount)),
        ("limit", str(limit)),
        ("architectures", " ".join(verdict.architectures)),
    )
    yield Finding(
        path, span(job.place), verdict.severity, "SharedMemoryLimit", message, TOOL, Category.SHARED_MEMORY, data=data
    )


def _because(job: Job, results: Mapping[str, Compiled]) -> str:
    """What dominates: the tiles, times the stages that are in flight."""
    stages = next(iter(results.values())).stages
    return (
        f" (tiles times {stages} stages of the pipeline: fewer stages or smaller tiles need less)" if stages > 1 else ""
    )


def needed(result: Compiled) -> int:
    """The least shared memory, in bytes, that a kernel asks for whatever its elements are."""
    return result.shared if result.narrow is None else min(result.shared, result.narrow)
