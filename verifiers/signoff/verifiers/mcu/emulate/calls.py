"""From a stopped processor to the calls that led there, by the debug data's call frame information."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from signoff.verifiers.mcu.emulate.elf_image import ElfImage

MAX_CALLS = 24
SP, LR = 13, 14
# What a handler finds in LR in place of a return address (Armv7-M, B1.5.8).
EXC_RETURN = 0xFFFFFF00
Memory = Callable[[int, int], bytes]
# (start, end, frame description) of each function.
Tables = list[tuple[int, int, Any]]


async def call_chain(image: ElfImage, registers: Sequence[int], memory: Memory) -> tuple[int, ...]:
    """return_addresses() in a thread of its own, as a large image takes a while to read."""
    return await asyncio.to_thread(return_addresses, image, registers, memory)


def return_addresses(image: ElfImage, registers: Sequence[int], memory: Memory) -> tuple[int, ...]:
    """The addresses of the calls that led to where `registers` (r0 to r15) stand, innermost first.

    Follows the debug data's call frame information; ends where there is none, or where an exception was taken.
    """
    try:
        tables = _frame_tables(image.path)
    except Exception:  # garbage in debug data must not cost the run its result; without it there is no chain
        return ()
    values = dict(enumerate(registers))
    chain: list[int] = []
    place = values[15]
    while len(chain) < MAX_CALLS:
        caller = _unwound(tables, place, values, memory, first=not chain)
        if caller is None or caller >= EXC_RETURN or not image.function_at(caller - 2):
            break
        # The instruction before the return address is the call; 2 bytes back is always inside it.
        place = (caller & ~1) - 2
        chain.append(place)
    return tuple(chain)


def _unwound(tables: Tables, place: int, values: dict[int, int], memory: Memory, *, first: bool) -> int | None:
    """Put `values` to what they were at the call of the function that holds `place`; returns the return address."""
    row = _row(tables, place)
    if row is None:
        # Assembler code and library functions without frame data: only a leaf can be left by its link register.
        return values.pop(LR, None) if first else None
    rule = row["cfa"]
    if rule.reg is None or rule.reg not in values:
        return None
    frame = values[rule.reg] + rule.offset
    for number, saved in row.items():
        if isinstance(number, int) and saved.type == "OFFSET":
            raw = memory(frame + saved.arg, 4)
            if len(raw) != 4:
                return None
            values[number] = int.from_bytes(raw, "little")
    values[SP] = frame
    return values.pop(LR, None)


def _row(tables: Tables, place: int) -> dict[Any, Any] | None:
    for start, end, entry in tables:
        if start <= place < end:
            found: dict[Any, Any] | None = None
            for row in entry.get_decoded().table:
                if row["pc"] > place:
                    break
                found = row
            return found
    return None


def _frame_tables(path: str) -> Tables:
    from elftools.dwarf.callframe import FDE
    from elftools.elf.elffile import ELFFile

    with Path(path).open("rb") as file:
        elf = ELFFile(file)
        if not elf.has_dwarf_info():
            return []
        info = elf.get_dwarf_info()
        entries = info.CFI_entries() if info.has_CFI() else []
        return [
            (entry["initial_location"], entry["initial_location"] + entry["address_range"], entry)
            for entry in entries
            if isinstance(entry, FDE)
        ]
