"""The GPUs of this machine and their memory, as nvidia-smi says."""

from __future__ import annotations

import os
from dataclasses import dataclass

from signoff.verifiers.run import ToolMissing, run, scratch_folder
from signoff.verifiers.tools import on_path

QUERY = ("--query-gpu=index,uuid,name,memory.total,memory.free,compute_cap", "--format=csv,noheader,nounits")
# nvidia-smi answers in 0.1 s; a driver that has just been loaded may take seconds.
SECONDS = 15.0
VISIBLE = "CUDA_VISIBLE_DEVICES"


@dataclass(frozen=True, slots=True)
class Gpu:
    """One GPU; `total` and `free` in bytes, `capability` as in 9.0 (0.0: unknown)."""

    index: int
    uuid: str
    name: str
    total: float
    free: float
    capability: float = 0.0


async def find() -> tuple[Gpu, ...]:
    """The GPUs that CUDA_VISIBLE_DEVICES leaves; () where nvidia-smi is not there or finds none."""
    program = on_path("nvidia-smi")
    if not program:
        return ()
    try:
        with scratch_folder("nvidia-smi") as folder:
            done = await run((program, *QUERY), cwd=folder, timeout=SECONDS)
    except ToolMissing:
        return ()
    return visible(parse(done.stdout), os.environ.get(VISIBLE)) if done.returncode == 0 else ()


def parse(output: bytes) -> tuple[Gpu, ...]:
    """The lines of nvidia-smi; one that is not whole (a GPU in an error state says [N/A]) is passed over."""
    found = []
    for line in output.decode(errors="replace").splitlines():
        cells = [cell.strip() for cell in line.split(",")]
        try:
            index, uuid, name, total, free, capability = cells
            mib = 1024.0 * 1024.0
            found.append(Gpu(int(index), uuid, name, float(total) * mib, float(free) * mib, float(capability)))
        except ValueError:
            continue
    return tuple(found)


def visible(gpus: tuple[Gpu, ...], chosen: str | None) -> tuple[Gpu, ...]:
    """Those of CUDA_VISIBLE_DEVICES, in its order: indices or beginnings of UUIDs; all where it is not set."""
    if chosen is None:
        return gpus
    found = []
    for entry in filter(None, (part.strip() for part in chosen.split(","))):
        one = next((gpu for gpu in gpus if entry == str(gpu.index) or gpu.uuid.startswith(entry)), None)
        if one is None:
            break  # CUDA passes over everything from the first entry on that it does not know
        found.append(one)
    return tuple(found)
