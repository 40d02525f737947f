"""Words and numbers that all texts on GPU code share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from signoff.diagnostics.explain.markdown import plural
from signoff.verifiers.gpu.facts import Kernel, KernelCost, Launch
from signoff.verifiers.gpu.hardware.limits import ARCHITECTURES, Limits, known, limits, normal
from signoff.verifiers.gpu.hardware.occupancy import Occupancy, occupancy
from signoff.verifiers.gpu.hardware.targets import judged, listed
from signoff.verifiers.project import Project

PENDING = "Not compiled yet: nvcc runs on save, or with the command to check deeply."
METHOD = (
    "Registers and spills as ptxas reports them. Occupancy: the share of a multiprocessor's warps that can be "
    "resident, the blocks on it, and what limits them, calculated as NVIDIA's cuda_occupancy.h does."
)
SPILLS = (
    "Spilled registers live in local memory: loads and stores that go through the caches to the GPU's memory. Fewer "
    "live values, a smaller block or other `__launch_bounds__` help."
)
KIB = 1024
# Where no launch says how large a block is.
USUAL_BLOCKS = (128, 256, 512)
SHAPES_SHOWN = 4
# Up to so many targets each is named with its own number; of more the smallest and the largest are.
TARGETS_NAMED = 4


@dataclass(frozen=True, slots=True)
class Shape:
    """A block to calculate with: its threads, and its dynamic shared memory in bytes (None: not known)."""

    threads: int
    dynamic_shared: int | None = 0


def size(count: int) -> str:
    """Bytes as people write them: "48 KiB", "100 B", "1,300 B"."""
    return f"{count // KIB:,} KiB" if count and count % KIB == 0 else f"{count:,} B"


def percent(fraction: float) -> str:
    """ "75 %" """
    return f"{round(fraction * 100, 1):g} %"


def targets_text(project: Project) -> str:
    """For which GPUs the numbers of a text hold, and who said so."""
    if not known(project.architectures):
        named = listed(project.architectures)
        why = f"The limits of {named} are not in the table" if named else "No target GPU is named"
        return f"{why}: the numbers are those of {ARCHITECTURES[0]} to {ARCHITECTURES[-1]}."
    origin = PurePath(project.architectures_origin).name
    return f"For {listed(judged(project))}" + (f" ({origin})." if origin else ".")


def by_target(project: Project, value: Callable[[Limits], int], form: Callable[[int], str] = str) -> str:
    """A limit for the project's targets: "65535", "163 KiB on sm_80, 227 KiB on sm_90", or the range over all."""
    values = [(sm, value(limits(sm))) for sm in judged(project)]
    if len({number for _, number in values}) == 1:
        return form(values[0][1])
    if len(values) <= TARGETS_NAMED:
        numbers = dict.fromkeys(number for _, number in values)
        names = {one: listed([sm for sm, number in values if number == one]) for one in numbers}
        return ", ".join(f"{form(one)} on {sms}" for one, sms in names.items())
    least, most = min(values, key=lambda pair: pair[1]), max(values, key=lambda pair: pair[1])
    return f"{form(least[1])} ({least[0]}) to {form(most[1])} ({most[0]})"


def architecture(cost: KernelCost) -> Limits | None:
    """The limits of the GPU that a cost was measured for ("sm_90a" as "sm_90"); None where the table has none."""
    name = normal(cost.architecture)
    return limits(name) if name in ARCHITECTURES else None


def costs_of(kernel: str, costs: Sequence[KernelCost]) -> list[KernelCost]:
    """The costs of one kernel: by instance, then by architecture from the oldest."""
    return sorted((cost for cost in costs if cost.kernel == kernel), key=lambda cost: (cost.instance, _age(cost)))


def _age(cost: KernelCost) -> int:
    name = normal(cost.architecture)
    return int(name.removeprefix("sm_")) if name else 0


def heaviest(costs: Sequence[KernelCost]) -> list[KernelCost]:
    """For every architecture the instance with the most registers (then shared memory), in the order of `costs`."""
    chosen: dict[str, KernelCost] = {}
    for cost in costs:
        held = chosen.get(cost.architecture)
        if held is None or (cost.registers, cost.static_shared) > (held.registers, held.static_shared):
            chosen[cost.architecture] = cost
    return list(chosen.values())


def shapes(kernel: Kernel, launches: Sequence[Launch]) -> tuple[Shape, ...]:
    """The blocks that the launches of a kernel have, each once; usual sizes where none is known."""
    own = [one for one in launches if one.kernel == kernel.name]
    found = dict.fromkeys(Shape(one.block.volume, one.shared) for one in own if one.block.volume and _legal(one))
    if found:
        return tuple(found)
    bound = kernel.bounds.max_threads if kernel.bounds else None
    usual = [count for count in USUAL_BLOCKS if bound is None or count <= bound] or [bound or USUAL_BLOCKS[0]]
    return tuple(Shape(count, None if kernel.dynamic_shared else 0) for count in usual if count > 0)


def _legal(launch: Launch) -> bool:
    return (launch.block.volume or 0) > 0 and (launch.shared or 0) >= 0


def resident(cost: KernelCost, shape: Shape) -> Occupancy | None:
    """The occupancy of a kernel in blocks of a shape; None on a GPU that the table does not have.

    Dynamic shared memory that is not known counts as none: the answer is then the most that can be.
    """
    of = architecture(cost)
    if of is None:
        return None
    dynamic = shape.dynamic_shared if shape.dynamic_shared is not None else cost.dynamic_shared or 0
    return occupancy(
        of,
        threads=shape.threads,
        registers=cost.registers,
        static_shared=cost.static_shared,
        dynamic_shared=dynamic,
    )


def occupancy_cell(cost: KernelCost, shape: Shape) -> str:
    """ "75 %, 6 blocks (registers)"; "at most 75 %" where dynamic shared memory is not known."""
    found = resident(cost, shape)
    if found is None:
        return "not known"
    if found.blocks_per_sm == 0:
        return f"**cannot run** ({listed(found.limited_by)})"
    if shape.dynamic_shared is None and cost.dynamic_shared is None:
        return f"at most {percent(found.fraction)}"
    return f"{percent(found.fraction)}, {plural(found.blocks_per_sm, 'block')} ({listed(found.limited_by)})"


def occupancy_phrase(held: Occupancy, shape: Shape, *, sure: bool = True) -> str:
    """ "occupancy 75 % at 256 threads (registers)", without markup; `sure` is False where it is only the most."""
    at = f"at {plural(shape.threads, 'thread')}"
    if held.blocks_per_sm == 0:
        return f"cannot run {at} ({listed(held.limited_by)})"
    if not sure:
        return f"occupancy at most {percent(held.fraction)} {at}"
    return f"occupancy {percent(held.fraction)} {at} ({listed(held.limited_by)})"


def spills_cell(cost: KernelCost) -> str:
    """ "none", "16 B stored, 24 B loaded" """
    if not cost.spill_stores and not cost.spill_loads:
        return "none"
    return f"**{size(cost.spill_stores)} stored, {size(cost.spill_loads)} loaded**"


def shared_cell(count: int) -> str:
    """Bytes of shared memory, "none" for 0."""
    return size(count) if count else "none"
