"""Sections, symbols and relocations of 32-bit ELF files, objects and images, straight from their tables.

pyelftools takes some 0.2 s for the symbols of an image, which is more than compiling and linking it again.
Format: System V ABI, chapter 4; "ELF for the Arm Architecture" (ARM IHI 0044).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

MAGIC = b"\x7fELF\x01"
SHT_SYMTAB, SHT_NOBITS, SHT_REL, SHT_RELA = 2, 8, 9, 4
SHF_ALLOC = 0x2
SHN_UNDEF, SHN_ABS, SHN_COMMON = 0, 0xFFF1, 0xFFF2
STT_NOTYPE, STT_OBJECT, STT_FUNC, STT_SECTION, STT_FILE = range(5)
STB_LOCAL, STB_GLOBAL, STB_WEAK = range(3)


@dataclass(frozen=True, slots=True)
class Section:
    """One section; `address` and `size` in bytes, `info` as the section's kind has it."""

    name: str
    kind: int
    flags: int
    address: int
    offset: int
    size: int
    link: int
    info: int

    @property
    def loaded(self) -> bool:
        """Whether it takes room in the part's memory."""
        return bool(self.flags & SHF_ALLOC)


@dataclass(frozen=True, slots=True)
class ElfSymbol:
    """One symbol. `section` is an index of Elf.sections, or one of the SHN_ numbers."""

    name: str
    value: int
    size: int
    kind: int
    binding: int
    section: int


@dataclass(frozen=True, slots=True)
class Elf:
    """What one file holds; empty where it is no 32-bit little-endian ELF file. `order` is that of the bytes."""

    data: bytes = b""
    entry: int = 0
    order: str = "<"
    sections: tuple[Section, ...] = ()
    symbols: tuple[ElfSymbol, ...] = field(default=())

    def relocations(self) -> Iterator[tuple[Section, int, int, ElfSymbol]]:
        """(the section it lies in, offset, type, symbol) of every relocation."""
        for section in self.sections:
            if section.kind not in (SHT_REL, SHT_RELA) or not section.info < len(self.sections):
                continue
            size = 8 if section.kind == SHT_REL else 12
            end = min(section.offset + section.size, len(self.data))
            for at in range(section.offset, end - size + 1, size):
                offset, info = struct.unpack_from(f"{self.order}II", self.data, at)
                if info >> 8 < len(self.symbols):
                    yield self.sections[section.info], offset, info & 0xFF, self.symbols[info >> 8]

    def section_of(self, symbol: ElfSymbol) -> Section | None:
        """The section a symbol lies in; None where it lies in none."""
        return self.sections[symbol.section] if 0 < symbol.section < len(self.sections) else None


def read(data: bytes) -> Elf:
    """The tables of a file; what is damaged is left out. Never raises."""
    try:
        return _read(data)
    except (struct.error, IndexError, ValueError):
        return Elf()


def _read(data: bytes) -> Elf:
    if not data.startswith(MAGIC):
        return Elf()
    order = ">" if data[5:6] == b"\x02" else "<"
    entry, _, table = struct.unpack_from(f"{order}III", data, 24)
    entry_size, count, names_at = struct.unpack_from(f"{order}HHH", data, 46)
    raw = [struct.unpack_from(f"{order}10I", data, table + number * entry_size) for number in range(count)]
    names = _strings(data, raw[names_at]) if names_at < len(raw) else b""
    sections = tuple(
        Section(_text(names, one[0]), one[1], one[2], one[3], one[4], one[5], one[6], one[7]) for one in raw
    )
    symbols = next((one for one in sections if one.kind == SHT_SYMTAB), None)
    if symbols is None or symbols.link >= len(raw):
        return Elf(data, entry, order, sections)
    strings = _strings(data, raw[symbols.link])
    return Elf(data, entry, order, sections, tuple(_symbols(data, symbols, strings, order)))


def _symbols(data: bytes, table: Section, strings: bytes, order: str) -> Iterator[ElfSymbol]:
    size = table.size - table.size % 16
    for name, value, length, info, _, index in struct.iter_unpack(
        f"{order}IIIBBH", data[table.offset : table.offset + size]
    ):
        yield ElfSymbol(_text(strings, name), value, length, info & 15, info >> 4, index)


def _strings(data: bytes, header: tuple[int, ...]) -> bytes:
    return data[header[4] : header[4] + header[5]]


def _text(strings: bytes, at: int) -> str:
    end = strings.find(b"\0", at)
    return strings[at : end if end >= 0 else len(strings)].decode("utf-8", "replace")
