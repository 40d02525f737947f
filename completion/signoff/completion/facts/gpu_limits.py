"""What the GPU allows and what kernels were found to take, a comment line each. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from signoff.verifiers.gpu.facts import KernelCost
from signoff.verifiers.gpu.hardware.limits import Limits, limits
from signoff.verifiers.gpu.hardware.targets import judged, listed
from signoff.verifiers.project import Project


def allowed(project: Project) -> str:
    """What every GPU that the code is built for allows a block; where none is named, what every GPU does."""
    targets = judged(project)
    rows = [limits(sm) for sm in targets]
    where = listed(targets) if project.architectures else "every GPU"
    return (
        f"/* {where}: at most {min(row.threads_per_block for row in rows)} threads a block "
        f"({_extents(rows)}), {min(row.smem_per_block_default for row in rows)} bytes of shared memory a block"
        f"{_optin(rows)}, {min(row.regs_per_block for row in rows)} registers a block, "
        f"{min(row.regs_per_thread for row in rows)} a thread, grid.y and grid.z {min(row.grid_y for row in rows)} */"
    )


def _extents(rows: list[Limits]) -> str:
    return ", ".join(
        f"{axis} {min(getattr(row, f'block_{axis}') for row in rows)}" for axis in "xyz"
    )  # a block may be flat, so each of them counts


def _optin(rows: list[Limits]) -> str:
    more = min(row.smem_per_block_optin for row in rows)
    return f" ({more} with cudaFuncSetAttribute)" if more > min(row.smem_per_block_default for row in rows) else ""


def taken(costs: Mapping[str, Iterable[KernelCost]]) -> tuple[tuple[str, str], ...]:
    """(kernel, what the compiler last found it to take), a line for each kernel that was compiled."""
    return tuple((name, _line(name, rows)) for name, found in sorted(costs.items()) if (rows := tuple(found)))


def _line(name: str, rows: tuple[KernelCost, ...]) -> str:
    worst = max(rows, key=lambda row: row.registers)
    spilled = f", {worst.spill_stores} bytes spilled" if worst.spill_stores else ""
    return (
        f"/* {name} on {worst.architecture}: {worst.registers} registers a thread, "
        f"{worst.static_shared} bytes of static shared memory{spilled} */"
    )
