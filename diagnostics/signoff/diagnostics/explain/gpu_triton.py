"""What a Triton kernel costs: its hover, and the line above it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from signoff.diagnostics.explain.gpu_text import (
    METHOD,
    Shape,
    architecture,
    costs_of,
    occupancy_cell,
    occupancy_phrase,
    resident,
    shared_cell,
    size,
    spills_cell,
    targets_text,
)
from signoff.diagnostics.explain.markdown import code, plural, table
from signoff.verifiers.gpu.facts import KernelCost
from signoff.verifiers.project import Project

PENDING = "Not compiled to machine code yet: that is done on save, or with the command to check deeply."
LENS_ARCHITECTURES = 2
SPILLS = "Registers are spilled to local memory: a smaller tile, more `num_warps` or fewer `num_stages` help."


def triton_hover(name: str, costs: Sequence[KernelCost] | None, project: Project) -> str:
    """Markdown for a @triton.jit kernel. `costs` are those of the last compilation (None: not compiled yet)."""
    return "\n\n".join(part for part in _parts(name, costs, project) if part)


def triton_lens_title(name: str, costs: Sequence[KernelCost] | None, project: Project) -> str:
    """One line: "sm_80: 64 registers, 32 KiB of 163 KiB shared, occupancy 25 % at 4 warps (shared memory)"."""
    if costs is None:
        return "not compiled to machine code yet: that is done on save"
    own = costs_of(name, costs)
    if not own:
        return "not in the last compilation"
    first = list({cost.architecture: cost for cost in reversed(own)}.values())[::-1]
    left = len(own) - min(len(first), LENS_ARCHITECTURES)
    more = [f"{left} more"] if left else []
    return " · ".join([*map(_lens_part, first[:LENS_ARCHITECTURES]), *more])


def _lens_part(cost: KernelCost) -> str:
    said = [plural(cost.registers, "register"), f"{_shared(cost).strip('*')} shared"]
    if cost.spill_stores or cost.spill_loads:
        said.insert(1, f"{size(cost.spill_stores + cost.spill_loads)} spilled")
    if (shape := _shape(cost)) and (held := resident(cost, shape)):
        said.append(occupancy_phrase(held, shape))
    return f"{cost.architecture}: {', '.join(said)}"


def _parts(name: str, costs: Sequence[KernelCost] | None, project: Project) -> Iterator[str]:
    yield f"**Triton kernel** {code(name)}"
    if costs is None:
        yield PENDING
        return
    own = costs_of(name, costs)
    if not own:
        yield f"The last compilation reported nothing of {code(name)}."
        return
    several = len({cost.instance for cost in own}) > 1
    head = ("GPU", "Registers", "Spills", "Shared memory", "Threads", "Occupancy")
    rows = [((code(cost.instance or cost.kernel),) if several else ()) + _row(cost) for cost in own]
    yield table((*(("Instance",) if several else ()), *head), rows)
    yield SPILLS if any(cost.spill_stores or cost.spill_loads for cost in own) else ""
    yield METHOD
    yield targets_text(project)


def _row(cost: KernelCost) -> tuple[str, ...]:
    shape = _shape(cost)
    threads = str(shape.threads) if shape else "not known"
    cell = occupancy_cell(cost, shape) if shape else "not known"
    return cost.architecture, str(cost.registers), spills_cell(cost), _shared(cost), threads, cell


def _shape(cost: KernelCost) -> Shape | None:
    return Shape(cost.threads, cost.dynamic_shared or 0) if cost.threads and cost.threads > 0 else None


def _shared(cost: KernelCost) -> str:
    """What a block takes, beside the most that one may have there; in bold where it is more."""
    taken = cost.static_shared + (cost.dynamic_shared or 0)
    of = architecture(cost)
    if of is None:
        return shared_cell(taken)
    text = f"{shared_cell(taken)} of {size(of.smem_per_block_optin)}"
    return f"**{text}**" if taken > of.smem_per_block_optin else text
