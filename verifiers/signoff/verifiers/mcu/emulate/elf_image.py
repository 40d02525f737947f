"""What an emulator needs of a linked image: what is loaded where, the vector table, and the names of functions."""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

# Entries of the vector table (Armv7-M, B1.5.2): the first stack pointer, reset, then the core's exceptions.
RESET, NMI, HARD_FAULT, MEM_MANAGE, BUS_FAULT, USAGE_FAULT = 1, 2, 3, 4, 5, 6
FIRST_INTERRUPT = 16
# Handlers that this many interrupts share are the one for those that nobody wrote a handler for.
SHARED_BY = 4
# A table of vectors is at most as long as the core allows: 16 + 496 entries.
TABLE_BYTES = 512 * 4
VECTOR_SECTIONS = (".isr_vector", ".vectors", ".vector_table", ".isr_vectors")


class NotAnImage(Exception):
    """The file is no 32-bit Arm ELF that could be run; the text says why."""


@dataclass(frozen=True, slots=True)
class Code:
    """One function: `start` and `size` in bytes, without the Thumb bit."""

    start: int
    size: int
    name: str


@dataclass(frozen=True)
class ElfImage:
    """One linked image. `segments` are (load address, bytes); `table` is where its vector table lies."""

    path: str
    segments: tuple[tuple[int, bytes], ...]
    functions: tuple[Code, ...]
    addresses: Mapping[str, int] = field(default_factory=dict)
    table: int = 0

    def function_at(self, address: int) -> Code | None:
        """The function that holds a code address; None where none does."""
        place = bisect_right(self._starts, address & ~1) - 1
        found = self.functions[place] if place >= 0 else None
        return found if found and address & ~1 < found.start + max(found.size, 2) else None

    def follows_call(self, word: int) -> bool:
        """Whether a word is an address that a call returns to: odd, in a function, behind a BL or BLX instruction."""
        if not word & 1 or self.function_at(word - 2) is None:
            return False
        first, second = struct.unpack("<2H", self.read((word & ~1) - 4, 4) or bytes(4))
        return bool((first & 0xF800 == 0xF000 and second & 0xD000 == 0xD000) or second & 0xFF87 == 0x4780)

    def read(self, address: int, size: int) -> bytes:
        """Bytes of the image as it is loaded; fewer where it ends."""
        for start, data in self.segments:
            if start <= address < start + len(data):
                return data[address - start : address - start + size]
        return b""

    def places_of(self, instruction: int) -> list[int]:
        """Where a 16-bit instruction may stand in the image's functions (or data that look like it)."""
        wanted = instruction.to_bytes(2, "little")
        found: list[int] = []
        for start, data in self.segments:
            at = data.find(wanted)
            while at >= 0:
                if at % 2 == 0 and self.function_at(start + at) is not None:
                    found.append(start + at)
                at = data.find(wanted, at + 1)
        return found

    @cached_property
    def vectors(self) -> tuple[int, ...]:
        """The entries of the vector table as they stand there: Thumb bits are kept."""
        raw = self.read(self.table, TABLE_BYTES)
        words = struct.unpack(f"<{len(raw) // 4}I", raw[: len(raw) // 4 * 4])
        starts = {code.start for code in self.functions}
        length = FIRST_INTERRUPT
        while length < len(words) and (words[length] == 0 or (words[length] & ~1 in starts and words[length] & 1)):
            length += 1
        return words[:length]

    @cached_property
    def unhandled(self) -> int:
        """The handler of all interrupts that have none of their own; 0 where there is none such."""
        shared = Counter(entry & ~1 for entry in self.vectors[FIRST_INTERRUPT:] if entry).most_common(1)
        return shared[0][0] if shared and shared[0][1] >= SHARED_BY else 0

    @cached_property
    def _starts(self) -> list[int]:
        return [code.start for code in self.functions]


def load(path: str) -> ElfImage:
    """Read a linked image. Raises NotAnImage."""
    from elftools.common.exceptions import ELFError
    from elftools.elf.elffile import ELFFile

    try:
        with Path(path).open("rb") as file:
            elf = ELFFile(file)
            if elf.elfclass != 32 or elf["e_machine"] != "EM_ARM":
                raise NotAnImage(f"{path} is not for a 32-bit Arm processor")
            segments = tuple(
                (segment["p_paddr"], segment.data())
                for segment in elf.iter_segments()
                if segment["p_type"] == "PT_LOAD" and segment["p_filesz"]
            )
            functions, addresses = _symbols(elf)
            return ElfImage(
                str(Path(path).absolute()), segments, functions, addresses, _table(elf, segments, addresses)
            )
    except (ELFError, OSError, ValueError, KeyError, struct.error) as error:
        raise NotAnImage(f"{path} cannot be read: {error}") from error


def _symbols(elf: object) -> tuple[tuple[Code, ...], dict[str, int]]:
    functions: dict[int, Code] = {}
    addresses: dict[str, int] = {}
    section = elf.get_section_by_name(".symtab")  # type: ignore[attr-defined]  # pyelftools has no types
    for symbol in section.iter_symbols() if section else ():
        if not symbol.name or symbol.name.startswith("$") or symbol["st_shndx"] == "SHN_UNDEF":
            continue
        value, strong = symbol["st_value"], symbol["st_info"]["bind"] == "STB_GLOBAL"
        addresses.setdefault(symbol.name, value)
        if symbol["st_info"]["type"] == "STT_FUNC":
            code = Code(value & ~1, symbol["st_size"], symbol.name)
            # Of several names for one place (weak aliases), the one that is no alias.
            if strong or code.start not in functions:
                functions[code.start] = code
    return tuple(sorted(functions.values(), key=lambda code: code.start)), addresses


def _table(elf: object, segments: tuple[tuple[int, bytes], ...], addresses: Mapping[str, int]) -> int:
    """Where the vector table lies: its section by the usual names, else where the image begins."""
    for name in VECTOR_SECTIONS:
        section = elf.get_section_by_name(name)  # type: ignore[attr-defined]
        if section is not None and section["sh_size"] >= FIRST_INTERRUPT * 4:
            return int(section["sh_addr"])
    if "vector_table" in addresses:  # libopencm3's
        return addresses["vector_table"]
    return min((start for start, _ in segments), default=0)
