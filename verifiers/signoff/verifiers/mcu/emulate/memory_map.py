"""The memories of a part in a Unicorn processor, with an image in them, and windows to everything else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from unicorn import UcError
from unicorn import unicorn_const as uc

from signoff.verifiers.mcu.emulate.elf_image import ElfImage
from signoff.verifiers.mcu.parts.part import Part

PAGE = 0x1000
ERASED = b"\xff"
WRITABLE = frozenset({"ram", "ccm"})


def map_part(
    processor: Any,
    part: Part,
    image: ElfImage,
    windows: Iterable[tuple[int, int]],
    read: Callable[..., int],
    write: Callable[..., None],
) -> list[str]:
    """Give the processor its memory and load the image. `windows` are (address, size) that `read` and `write` answer.

    Returns what of the image found no place, a sentence each.
    """
    flash = next((region for region in part.regions if region.kind == "flash"), None)
    for region in part.regions:
        if region.kind != "backup":  # lies among the peripherals
            _map(processor, region.origin, region.size, writable=region.kind in WRITABLE)
    if flash is not None:
        # STM32 parts that boot from their flash show it at address 0 as well (RM0090, 2.4).
        _map(processor, 0, flash.size, writable=False)
    for origin, size in windows:
        processor.mmio_map(origin, size, read, origin, write, origin)
    pieces = list(image.segments)
    if flash is not None:
        pieces += [(address - flash.origin, data) for address, data in image.segments if flash.holds(address)]
    return list(_load(processor, pieces))


def _map(processor: Any, origin: int, size: int, *, writable: bool) -> None:
    start, end = origin & ~(PAGE - 1), (origin + size + PAGE - 1) & ~(PAGE - 1)
    permissions = uc.UC_PROT_ALL if writable else uc.UC_PROT_READ | uc.UC_PROT_EXEC
    try:
        processor.mem_map(start, end - start, permissions)
    except UcError:
        return  # regions that share a page: the first has it
    if not writable:
        processor.mem_write(start, ERASED * (end - start))


def _load(processor: Any, pieces: Iterable[tuple[int, bytes]]) -> Iterator[str]:
    for address, data in pieces:
        try:
            processor.mem_write(address, data)
        except UcError:
            yield f"{len(data)} bytes of the image lie at 0x{address:08x}, where the part has no memory"
