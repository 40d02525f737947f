"""A kernel launch: what its configuration evaluates to, beside the limits, and what other block sizes would give."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePath

from signoff.diagnostics.explain.gpu_instances import instances
from signoff.diagnostics.explain.gpu_text import (
    METHOD,
    PENDING,
    Shape,
    by_target,
    heaviest,
    occupancy_cell,
    size,
    targets_text,
)
from signoff.diagnostics.explain.markdown import bullets, code, plural, table
from signoff.verifiers.gpu.facts import Extent, Kernel, KernelCost, Launch
from signoff.verifiers.gpu.hardware.limits import Limits, limits
from signoff.verifiers.gpu.hardware.occupancy import BLOCK_SIZES
from signoff.verifiers.gpu.hardware.targets import judged
from signoff.verifiers.project import Project

UNKNOWN = "?"
NOTES_SHOWN = 6


def launch_hover(launch: Launch, kernel: Kernel | None, costs: Sequence[KernelCost] | None, project: Project) -> str:
    """Markdown for a launch. `kernel` is the one launched where the unit shows it, `costs` the last compilation's."""
    return "\n\n".join(part for part in _parts(launch, kernel, costs, project) if part)


def _parts(
    launch: Launch, kernel: Kernel | None, costs: Sequence[KernelCost] | None, project: Project
) -> Iterator[str]:
    yield _sentence(launch)
    yield _geometry(launch, project)
    yield _shared(launch, kernel, costs, project)
    yield _origins(launch)
    yield _other_sizes(launch, kernel, costs)
    yield targets_text(project)


def _sentence(launch: Launch) -> str:
    arguments = f"<{', '.join(launch.template_arguments)}>" if launch.template_arguments else ""
    name = f" of {code(launch.kernel + arguments)}" if launch.kernel else ""
    kind = "**Cooperative launch**" if launch.cooperative else "**Launch**"
    blocks, threads = launch.grid.volume, launch.block.volume
    parts = [_counted(blocks, "block"), f"{_counted(threads, 'thread')} each"]
    if blocks is not None and threads is not None:
        parts.append(f"{plural(blocks * threads, 'thread')} in all")
    return f"{kind}{name} ({code(launch.form)}): {', '.join(parts)}."


def _counted(number: int | None, noun: str) -> str:
    return f"{UNKNOWN} {noun}s" if number is None else plural(number, noun)


def _geometry(launch: Launch, project: Project) -> str:
    rows = [
        *_extent_rows("Grid (blocks)", launch.grid, project, "grid"),
        *_extent_rows("Block (threads)", launch.block, project, "block"),
    ]
    if launch.cluster is not None:
        rows.append(("Cluster (blocks)", *(_shown(value) for value in _members(launch.cluster)), _cluster(launch)))
        rows.append(("at most", "", "", "", by_target(project, lambda of: of.cluster_portable_max)))
    return table(("", "x", "y", "z", "in all"), rows)


def _extent_rows(title: str, extent: Extent, project: Project, kind: str) -> Iterator[tuple[str, ...]]:
    """What was evaluated, and below it what the hardware allows; what is over it in bold."""
    least = [min(getattr(limits(sm), f"{kind}_{axis}") for sm in judged(project)) for axis in "xyz"]
    cells = [_shown(value, limit) for value, limit in zip(_members(extent), least, strict=True)]
    whole = min(limits(sm).threads_per_block for sm in judged(project)) if kind == "block" else None
    yield title, *cells, _shown(extent.volume, whole)
    allowed = (by_target(project, _axis(kind, axis)) for axis in "xyz")
    yield "at most", *allowed, by_target(project, lambda of: of.threads_per_block) if whole is not None else ""


def _axis(kind: str, axis: str) -> Callable[[Limits], int]:
    return lambda of: int(getattr(of, f"{kind}_{axis}"))


def _members(extent: Extent) -> tuple[int | None, int | None, int | None]:
    return extent.x, extent.y, extent.z


def _shown(value: int | None, limit: int | None = None) -> str:
    if value is None:
        return UNKNOWN
    return f"**{value}**" if value <= 0 or (limit is not None and value > limit) else str(value)


def _cluster(launch: Launch) -> str:
    return _shown(launch.cluster.volume if launch.cluster else None)


def _shared(launch: Launch, kernel: Kernel | None, costs: Sequence[KernelCost] | None, project: Project) -> str:
    amounts = (("dynamic", launch.shared), ("static", _static(launch, kernel, costs)))
    said = [f"{kind} not known" if count is None else f"{size(count)} {kind}" for kind, count in amounts if count != 0]
    given = f"Shared memory a block: {', '.join(said) or 'none'}"
    default = by_target(project, lambda of: of.smem_per_block_default, size)
    most = by_target(project, lambda of: of.smem_per_block_optin, size)
    return f"{given}. Allowed together: {default}, with `cudaFuncSetAttribute` {most}.{_raised(launch)}"


def _static(launch: Launch, kernel: Kernel | None, costs: Sequence[KernelCost] | None) -> int | None:
    """What ptxas said, else what the text says; None where neither knows."""
    measured = [cost.static_shared for cost in instances(launch, costs or ())]
    if measured:
        return max(measured)
    return kernel.static_shared if kernel is not None else None


def _raised(launch: Launch) -> str:
    if launch.opt_in is not None:
        amount = "an amount that is not known" if launch.opt_in.bytes is None else size(launch.opt_in.bytes)
        return f" This file raises the kernel's limit of dynamic shared memory to {amount}."
    return " Whether the kernel's limit is raised is not known." if launch.opt_in_unknown and launch.shared != 0 else ""


def _origins(launch: Launch) -> str:
    """Where the values come from."""
    shown = launch.notes[:NOTES_SHOWN]
    return bullets(f"{note.message} ({PurePath(note.path).name}:{note.span.start_line + 1})" for note in shown)


def _other_sizes(launch: Launch, kernel: Kernel | None, costs: Sequence[KernelCost] | None) -> str:
    if not launch.kernel:
        return ""
    if costs is None:
        return f"Occupancy: {PENDING[0].lower()}{PENDING[1:]}"
    chosen = heaviest(instances(launch, costs))
    if not chosen:
        return f"Occupancy: the last compilation reported nothing of {code(launch.kernel)}."
    rows = [_size_row(threads, launch, chosen) for threads in _sizes(launch, kernel)]
    note = _remarks(launch, kernel, costs)
    head = ("Threads a block", *(f"{cost.architecture}, {plural(cost.registers, 'register')}" for cost in chosen))
    return f"{table(head, rows)}\n\n{note}{METHOD}"


def _sizes(launch: Launch, kernel: Kernel | None) -> list[int]:
    """The usual block sizes that the kernel's launch bounds allow, and the launch's own."""
    bound = kernel.bounds.max_threads if kernel is not None and kernel.bounds else None
    usual = {threads for threads in BLOCK_SIZES if bound is None or threads <= bound}
    own = launch.block.volume
    return sorted(usual | ({own} if own is not None and own > 0 else set()))


def _size_row(threads: int, launch: Launch, costs: Sequence[KernelCost]) -> tuple[str, ...]:
    shape = Shape(threads, launch.shared if launch.shared is None or launch.shared >= 0 else None)
    cells = tuple(occupancy_cell(cost, shape) for cost in costs)
    return (f"**{threads}** (this launch)" if threads == launch.block.volume else str(threads), *cells)


def _remarks(launch: Launch, kernel: Kernel | None, costs: Sequence[KernelCost]) -> str:
    several = len({cost.instance for cost in instances(launch, costs)}) > 1
    said = "Of several instances the one with the most registers is shown. " if several else ""
    bounded = kernel is not None and kernel.bounds is not None and (kernel.bounds.max_threads or 0) > 0
    said += "`__launch_bounds__` allows no larger one. " if bounded else ""
    return said + ("With the same dynamic shared memory for every size. " if launch.shared else "")
