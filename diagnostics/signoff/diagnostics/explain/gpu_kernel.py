"""What a CUDA kernel costs: its hover, and the line above it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from signoff.diagnostics.explain.gpu_text import (
    METHOD,
    PENDING,
    SHAPES_SHOWN,
    SPILLS,
    Shape,
    by_target,
    costs_of,
    heaviest,
    occupancy_cell,
    occupancy_phrase,
    resident,
    shapes,
    shared_cell,
    size,
    spills_cell,
    targets_text,
)
from signoff.diagnostics.explain.markdown import code, plural, table
from signoff.verifiers.gpu.facts import Bounds, Extent, Kernel, KernelCost, Launch
from signoff.verifiers.gpu.hardware.occupancy import registers_left
from signoff.verifiers.project import Project

LENS_ARCHITECTURES = 2


def kernel_hover(
    kernel: Kernel, costs: Sequence[KernelCost] | None, launches: Sequence[Launch], project: Project
) -> str:
    """Markdown for a kernel's name. `costs` are those of the last compilation (None: not compiled yet).

    `launches` may be all those of the unit: the kernel's own are picked out.
    """
    return "\n\n".join(part for part in _parts(kernel, costs, launches, project) if part)


def lens_title(kernel: Kernel, costs: Sequence[KernelCost] | None, launches: Sequence[Launch], project: Project) -> str:
    """One line on what a kernel costs: "sm_80: 32 registers, 4 KiB shared, occupancy 100 % at 256 threads (threads)".

    Of several instances it names the one with the most registers, of several launches the one with the lowest
    occupancy.
    """
    if costs is None:
        return "not compiled yet: nvcc runs on save"
    own = costs_of(kernel.name, costs)
    if not own:
        return "no instance was compiled" if kernel.templated else "not in the last compilation"
    chosen = heaviest(own)
    count = len({cost.instance for cost in own})
    parts = [_lens_part(cost, shapes(kernel, launches)) for cost in chosen[:LENS_ARCHITECTURES]]
    left = len(chosen) - LENS_ARCHITECTURES
    more = ([f"{left} more GPUs"] if left > 1 else ["1 more GPU"] if left == 1 else []) + (
        [f"the largest of {count} instances"] if count > 1 else []
    )
    return " · ".join([*parts, *more])


def _lens_part(cost: KernelCost, of: Sequence[Shape]) -> str:
    said = [plural(cost.registers, "register")]
    if cost.spill_stores or cost.spill_loads:
        said.append(f"{size(cost.spill_stores + cost.spill_loads)} spilled")
    if cost.static_shared:
        said.append(f"{size(cost.static_shared)} shared")
    found = [(held, shape) for shape in of if (held := resident(cost, shape)) is not None]
    if found:
        held, shape = min(found, key=lambda pair: pair[0].fraction)
        said.append(occupancy_phrase(held, shape, sure=shape.dynamic_shared is not None))
    return f"{cost.architecture}: {', '.join(said)}"


def _parts(
    kernel: Kernel, costs: Sequence[KernelCost] | None, launches: Sequence[Launch], project: Project
) -> Iterator[str]:
    yield f"```cpp\n{_declaration(kernel)}\n```"
    own = [one for one in launches if one.kernel == kernel.name]
    yield _sentence(kernel, len(own))
    yield _bounds(kernel.bounds, project)
    if costs is None:
        yield f"{_declared(kernel)}{PENDING}"
        return
    found = costs_of(kernel.name, costs)
    if not found:
        yield _declared(kernel) + _absent(kernel)
        return
    of = shapes(kernel, launches)
    yield _cost_table(found, of[:SHAPES_SHOWN])
    yield SPILLS if any(cost.spill_stores or cost.spill_loads for cost in found) else ""
    left = len(of) - SHAPES_SHOWN
    yield f"Of {len(of)} block sizes the first {SHAPES_SHOWN} are shown." if left > 0 else ""
    yield f"{METHOD} {_unlaunched(launches, kernel)}".rstrip()
    yield targets_text(project) if kernel.bounds else ""


def _declaration(kernel: Kernel) -> str:
    words = ["template <...> __global__" if kernel.templated else "__global__"]
    if kernel.bounds is not None:
        bounds = (kernel.bounds.max_threads, kernel.bounds.min_blocks, kernel.bounds.max_cluster)
        words.append(f"__launch_bounds__({', '.join(_given(bounds))})")
    if kernel.cluster is not None:
        words.append(f"__cluster_dims__({', '.join(_given(_members(kernel.cluster)))})")
    return f"{' '.join(words)} void {kernel.name}({', '.join(kernel.parameters)})"


def _given(values: Sequence[int | None]) -> Iterator[str]:
    """The values up to the last that is known, "?" for one that is not."""
    last = max((place for place, value in enumerate(values) if value is not None), default=0)
    yield from ("?" if value is None else str(value) for value in values[: last + 1])


def _members(extent: Extent) -> tuple[int | None, ...]:
    return extent.x, extent.y, extent.z


def _sentence(kernel: Kernel, launched: int) -> str:
    places = f"launched in {plural(launched, 'place')}" if launched else "no launch of it is seen"
    return f"**Kernel** {code(kernel.name)}, {places}."


def _bounds(bounds: Bounds | None, project: Project) -> str:
    """What __launch_bounds__ leaves a thread, from the same calculation as the occupancy."""
    if bounds is None or not bounds.max_threads or bounds.max_threads < 0:
        return ""
    threads, blocks = bounds.max_threads, max(bounds.min_blocks or 1, 1)
    promise = f"no block has more than {plural(threads, 'thread')}"
    promise += f" and {plural(blocks, 'block')} fit a multiprocessor" if bounds.min_blocks else ""
    cap = by_target(project, lambda of: registers_left(of, threads=threads, blocks=blocks))
    return f"`__launch_bounds__`: {promise}, which leaves a thread at most this many registers: {cap}."


def _declared(kernel: Kernel) -> str:
    """What the text alone says of shared memory."""
    said = [f"{size(kernel.static_shared)} static"] if kernel.static_shared else []
    said += ["dynamic, sized by the launch"] if kernel.dynamic_shared else []
    return f"Shared memory: {' and '.join(said)}. " if said else ""


def _absent(kernel: Kernel) -> str:
    if kernel.templated:
        return f"The last compilation made no instance of {code(kernel.name)}."
    return f"The last compilation reported nothing of {code(kernel.name)}."


def _cost_table(costs: Sequence[KernelCost], of: Sequence[Shape]) -> str:
    several = len({cost.instance for cost in costs}) > 1
    stacked = any(cost.stack for cost in costs)
    head = (*(("Instance",) if several else ()), "GPU", "Registers", "Spills", *(("Stack",) if stacked else ()))
    rows = [
        (
            *((code(cost.instance or cost.kernel),) if several else ()),
            cost.architecture,
            str(cost.registers),
            spills_cell(cost),
            *((shared_cell(cost.stack),) if stacked else ()),
            shared_cell(cost.static_shared),
            *(occupancy_cell(cost, shape) for shape in of),
        )
        for cost in costs
    ]
    return table((*head, "Static shared", *map(_shape_name, of)), rows)


def _shape_name(shape: Shape) -> str:
    dynamic = "? dynamic" if shape.dynamic_shared is None else f"{size(shape.dynamic_shared)} dynamic"
    return f"{plural(shape.threads, 'thread')}" + (f", {dynamic}" if shape.dynamic_shared != 0 else "")


def _unlaunched(launches: Sequence[Launch], kernel: Kernel) -> str:
    known = any(one.kernel == kernel.name and one.block.volume for one in launches)
    return "" if known else "No launch with a known block size is seen: these are usual ones."
