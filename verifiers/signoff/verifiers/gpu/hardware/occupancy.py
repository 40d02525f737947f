"""How many blocks of a kernel one multiprocessor holds: NVIDIA's own calculation (cuda_occupancy.h of CUDA 13.5).

Releases 13.0 and 13.5 of that header agree here: they differ in the compute capability 10.7, which 13.0 does not know,
and in how much dynamic shared memory is left (not calculated here), from which 13.5 subtracts the reserved part.
Assumed is what a launch that succeeds has: the carve-out by default, which grows to what is asked for, and
cudaFuncSetAttribute called where dynamic shared memory needs it. Named barriers are not counted, as ptxas does not
name them in its log: every block has at least one, and one never limits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from signoff.verifiers.gpu.hardware.limits import Limits

# The block sizes of the small table that hovers show.
BLOCK_SIZES = (32, 64, 128, 192, 256, 384, 512, 768, 1024)


@dataclass(frozen=True, slots=True)
class Occupancy:
    """What one multiprocessor holds of a kernel at a time.

    `blocks_per_sm` is 0 where such a block cannot run at all. `fraction` is active_warps / max_warps, 0.0 to 1.0.
    `limited_by` names what there is no more of for another block: "threads", "registers", "shared memory", "blocks".
    """

    blocks_per_sm: int
    active_warps: int
    max_warps: int
    fraction: float
    limited_by: tuple[str, ...]


def occupancy(limits: Limits, *, threads: int, registers: int, static_shared: int, dynamic_shared: int) -> Occupancy:
    """The occupancy of blocks of `threads` threads with `registers` registers a thread; shared memory in bytes a block.

    Raises ValueError where `threads` is not positive or another number is negative.
    """
    if threads <= 0 or min(registers, static_shared, dynamic_shared) < 0:
        raise ValueError(f"no such block: {threads} threads, {registers} registers, {static_shared}+{dynamic_shared} B")
    warps = _up(threads, limits.warp_size) // limits.warp_size
    blocks = {
        "threads": limits.warps_per_sm // warps if threads <= limits.threads_per_block else 0,
        "registers": _by_registers(limits, warps, registers),
        "shared memory": _by_shared_memory(limits, static_shared + dynamic_shared),
        "blocks": limits.blocks_per_sm,
    }
    possible = {name: count for name, count in blocks.items() if count is not None}
    held = min(possible.values())
    limited_by = tuple(name for name, count in possible.items() if count == held)
    return Occupancy(held, held * warps, limits.warps_per_sm, held * warps / limits.warps_per_sm, limited_by)


def suggest(
    limits: Limits, *, registers: int, static_shared: int, dynamic_shared: int, sizes: Sequence[int] = BLOCK_SIZES
) -> tuple[tuple[int, Occupancy], ...]:
    """(threads a block, occupancy) for the usual block sizes. Dynamic shared memory is taken as the same for each."""
    return tuple(
        (
            size,
            occupancy(
                limits, threads=size, registers=registers, static_shared=static_shared, dynamic_shared=dynamic_shared
            ),
        )
        for size in sizes
    )


def registers_left(limits: Limits, *, threads: int, blocks: int = 1) -> int:
    """The most registers a thread with which `blocks` blocks of `threads` threads are resident; 0 where none are.

    It is what `__launch_bounds__(threads, blocks)` makes ptxas keep to.
    """
    for count in range(limits.regs_per_thread, 0, -1):
        held = occupancy(limits, threads=threads, registers=count, static_shared=0, dynamic_shared=0)
        if held.blocks_per_sm >= blocks:
            return count
    return 0


def _by_registers(limits: Limits, warps: int, registers: int) -> int | None:
    """Blocks that the registers suffice for; None where the kernel takes none."""
    a_warp = _up(registers * limits.warp_size, limits.register_unit)
    if a_warp == 0:
        return None
    # A launch is refused as though each part of the multiprocessor held as many of the block's warps as any.
    if a_warp * _up(warps, limits.subpartitions_launch) > limits.regs_per_block or registers > limits.regs_per_thread:
        return 0
    in_a_part = limits.regs_per_sm // limits.subpartitions // a_warp
    return in_a_part * limits.subpartitions // warps


def _by_shared_memory(limits: Limits, asked: int) -> int | None:
    """Blocks that the shared memory suffices for; None where none is taken, not even by the driver."""
    taken = _up(asked + limits.smem_reserved_per_block, limits.smem_unit)
    if taken == 0:
        return None
    if taken > limits.smem_per_block_optin + limits.smem_reserved_per_block:
        return 0
    return limits.smem_per_sm // taken


def _up(number: int, unit: int) -> int:
    return -(-number // unit) * unit
