"""What the hardware allows, a compute capability: limits.csv, where every row names its source."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from importlib import resources
from typing import Any

# The spellings of nvcc, CMake and torch: "80", "sm_80", "compute_80", "8.0", "90a", "sm_100f", "80-real", "8.6+PTX".
SPELLING = re.compile(
    r"(?:(?:sm|compute|lto)_?)?(?:(?P<whole>\d{2,3})|(?P<major>\d{1,2})\.(?P<minor>\d))[af]?(?:-real|-virtual|\+ptx)?",
    re.IGNORECASE,
)
TEXTS = frozenset({"sm", "notes", "source"})


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one compute capability. Sizes are in bytes, extents in blocks (grid) or threads (block).

    grid_x ... block_z: the largest extent of each dimension. threads_per_sm, warps_per_sm, blocks_per_sm, regs_per_sm,
    smem_per_sm: what one multiprocessor holds at a time; registers have 32 bits. smem_per_block_default is what a
    block may have of shared memory, static and dynamic together, without cudaFuncSetAttribute, smem_per_block_optin
    with it; smem_reserved_per_block is what the driver takes of smem_per_sm for every block. cluster_portable_max and
    cluster_nonportable_max: blocks of a cluster, 1 where there are no clusters. const_mem: __constant__ variables.
    register_unit: registers are given to a warp in multiples of it; smem_unit: shared memory to a block likewise.
    subpartitions: parts of a multiprocessor that registers are shared out to; subpartitions_launch: the number of parts
    that a launch is checked with. `notes` say what is unverified, `source` where the row is from.
    """

    sm: str
    grid_x: int
    grid_y: int
    grid_z: int
    block_x: int
    block_y: int
    block_z: int
    threads_per_block: int
    threads_per_sm: int
    warps_per_sm: int
    blocks_per_sm: int
    regs_per_sm: int
    regs_per_block: int
    regs_per_thread: int
    smem_per_sm: int
    smem_per_block_default: int
    smem_per_block_optin: int
    smem_reserved_per_block: int
    cluster_portable_max: int
    cluster_nonportable_max: int
    const_mem: int
    resident_grids: int
    warp_size: int
    register_unit: int
    subpartitions: int
    subpartitions_launch: int
    smem_unit: int
    notes: str
    source: str


def _read() -> dict[str, Limits]:
    text = (resources.files("signoff.verifiers.gpu.hardware") / "limits.csv").read_text("utf-8")
    names = [one.name for one in fields(Limits)]
    table: dict[str, Limits] = {}
    for row in csv.DictReader(text.splitlines()):
        cells: dict[str, Any] = {name: row[name] if name in TEXTS else int(row[name]) for name in names}
        table[row["sm"]] = Limits(**cells)
    return table


_TABLE = _read()
# Every architecture of the table ("sm_50"), ascending.
ARCHITECTURES: tuple[str, ...] = tuple(sorted(_TABLE, key=lambda sm: int(sm.removeprefix("sm_"))))


def limits(sm: str) -> Limits:
    """The limits of an architecture such as "sm_80". Raises KeyError where the table has none such."""
    return _TABLE[sm]


def least(limit: Callable[[Limits], int]) -> int:
    """What every architecture of the table allows."""
    return min(map(limit, _TABLE.values()))


def known(names: tuple[str, ...]) -> tuple[str, ...]:
    """Those of `names` ("sm_80") that the table has, ascending, each once."""
    return tuple(sm for sm in ARCHITECTURES if sm in names)


def normal(name: str) -> str | None:
    """An architecture in any spelling ("80", "8.0", "compute_80", "90a", "80-real") as "sm_80"; None for nonsense.

    What comes back need not be in ARCHITECTURES: GPUs older and newer than the table are spelled the same.
    """
    match = SPELLING.fullmatch(name.strip())
    if match is None:
        return None
    return f"sm_{match['whole'] or match['major'] + match['minor']}"
