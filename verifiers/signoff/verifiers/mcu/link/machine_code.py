"""Stack frames and calls of functions that gcc told nothing of (libraries, assembler), from their machine code.

Encodings: Armv7-M Architecture Reference Manual (DDI 0403), A5 and A7. Only what moves the stack pointer down and what
leaves a function is looked at; every such instruction is counted once, so that a frame is at least as large as it gets.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from signoff.verifiers.mcu.link import elf
from signoff.verifiers.mcu.link.callgraph import INDIRECT, Frame

# Longer functions of libraries are rare (printf has some 4 KiB), and reading them takes time.
MAX_BYTES = 64 * 1024
SP, LR, PC = 13, 14, 15
# Thumb's, as gcc uses it.
FRAME_POINTER = 7
WORD = 4
NOPS = (0xBF00, 0x46C0)


@dataclass(slots=True)
class _Body:
    """What was found in one function so far."""

    bytes: int = 0
    bounded: bool = True
    indirect: bool = False
    ended: bool = False
    popped: int = -1


class MachineCode:
    """The functions of one linked image by name; those that share a name are told apart by their address."""

    def __init__(self, image: elf.Elf) -> None:
        self._image = image
        self._functions = {one.value & ~1: one for one in image.symbols if one.kind == elf.STT_FUNC and one.section}
        shared: dict[str, set[int]] = {}
        for address, one in self._functions.items():
            shared.setdefault(one.name, set()).add(address)
        self._names = {
            address: one.name if len(shared[one.name]) == 1 else f"{one.name}@{address:#x}"
            for address, one in self._functions.items()
        }
        self._addresses = {name: address for address, name in self._names.items()}
        # Several names may stand for one address.
        for one in image.symbols:
            if one.kind == elf.STT_FUNC and one.section and len(shared.get(one.name, ())) < 2:
                self._addresses.setdefault(one.name, one.value & ~1)
        self._starts = sorted(self._functions)
        self._data = sorted(self._literals())

    def frame(self, name: str) -> Frame | None:
        """A function's frame and calls; None where its code cannot be read."""
        address = self._addresses.get(name)
        symbol = self._functions.get(address) if address is not None else None
        if symbol is None or address is None:
            return None
        code = self._code(symbol, address)
        if not code:
            return None
        end = address + len(code)
        body = _Body()
        calls: dict[str, None] = {}
        for at, first, second in self._instructions(code, address):
            target = _look(body, at, first, second)
            if target is not None and not address <= target < end:
                calls[self._names.get(target, INDIRECT)] = None
        if not body.ended:
            calls[self._names.get(end, INDIRECT)] = None
        if body.indirect:
            calls[INDIRECT] = None
        return Frame(name, "", 0, body.bytes, body.bounded, tuple(calls))

    def _code(self, symbol: elf.ElfSymbol, address: int) -> bytes:
        section = self._image.section_of(symbol)
        if section is None or section.kind == elf.SHT_NOBITS:
            return b""
        # Assembler often tells no size: such a function reaches to the next.
        place = bisect_right(self._starts, address)
        following = self._starts[place] if place < len(self._starts) else section.address + section.size
        size = symbol.size or min(following, section.address + section.size) - address
        start = section.offset + address - section.address
        return self._image.data[start : start + size] if 0 < size <= MAX_BYTES else b""

    def _instructions(self, code: bytes, address: int) -> Iterator[tuple[int, int, int]]:
        """(address, first half-word, second or 0) of each instruction; constants among the code are left out."""
        order = "little" if self._image.order == "<" else "big"
        at = 0
        while at + 1 < len(code):
            skip = self._data_end(address + at)
            if skip > address + at:
                at = skip - address
                continue
            first = int.from_bytes(code[at : at + 2], order)  # type: ignore[arg-type]
            wide = first >= 0xE800
            second = int.from_bytes(code[at + 2 : at + 4], order) if wide else 0  # type: ignore[arg-type]
            yield address + at, first, second
            at += 4 if wide else 2

    def _literals(self) -> Iterator[tuple[int, bool]]:
        """Where data and code begin: the mapping symbols $d and $t (AAELF32, 5.5.5)."""
        for one in self._image.symbols:
            if one.name.startswith(("$d", "$t", "$a")):
                yield one.value & ~1, one.name.startswith("$d")

    def _data_end(self, address: int) -> int:
        """Where the data that `address` lies in ends; the address itself where it is code."""
        place = bisect_right(self._data, (address, True)) - 1
        if place < 0 or not self._data[place][1]:
            return address
        following = next((start for start, data in self._data[place + 1 :] if not data), None)
        return following if following is not None else address + MAX_BYTES


def _look(body: _Body, at: int, first: int, second: int) -> int | None:
    """Note what an instruction does to the stack; where it goes, if that is known from it alone."""
    if first in NOPS:
        return None  # behind a function's end they only fill up
    popped, body.popped = body.popped, -1
    body.ended = False
    if first >= 0xE800:
        return _wide(body, at, first, second)
    if first & 0xFE00 == 0xB400:  # PUSH
        body.bytes += WORD * (first & 0x1FF).bit_count()
    elif first & 0xFF80 == 0xB080:  # SUB SP, #imm
        body.bytes += WORD * (first & 0x7F)
    elif first & 0xFF00 == 0xBD00:  # POP {..., pc}
        body.ended = True
    elif first & 0xFF00 == 0xBC00:  # POP
        body.popped = (first & 0xFF).bit_length() - 1
    elif first & 0xFF87 == 0x4700:  # BX; of what was just taken from the stack: a return
        body.ended = True
        body.indirect |= (first >> 3) & 15 not in (LR, popped)
    elif first & 0xFF87 == 0x4780:  # BLX
        body.indirect = True
    elif first & 0xFC00 == 0x4400:  # ADD, MOV with high registers
        _high(body, first)
    elif first & 0xF800 == 0xE000:  # B
        body.ended = True
        return at + 4 + _signed(first & 0x7FF, 11) * 2
    elif first & 0xF000 == 0xD000 and (first >> 8) & 15 < 14:  # B<c>
        return at + 4 + _signed(first & 0xFF, 8) * 2
    return None


def _high(body: _Body, first: int) -> None:
    target = (first & 7) | (first >> 4 & 8)
    compare = first & 0xFF00 == 0x4500
    if target == PC and not compare:
        body.ended = True
        # MOV PC, LR is a return.
        body.indirect |= (first >> 3) & 15 != LR
    elif target == SP and not compare and (first >> 3) & 15 != FRAME_POINTER:
        # From the frame pointer it is put back to where it was.
        body.bounded = False


def _wide(body: _Body, at: int, first: int, second: int) -> int | None:
    if first & 0xF800 == 0xF000 and second & 0x8000:
        return _branch(body, at, first, second)
    target = second >> 8 & 15
    body.bytes += _lowered(first, second, target)
    if first & 0xFFEF in (0xEBAD, 0xEA4F) and target == SP:  # SUB.W SP, SP, Rm; MOV.W SP, Rm
        body.bounded = False
    elif first == 0xE8BD and second & 0x8000:  # POP.W {..., pc}
        body.ended = True
    elif first & 0xFF70 == 0xF850 and second >> 12 == PC:  # LDR PC; from the stack it is a return
        body.ended = True
        body.indirect |= not (first == 0xF85D and second & 0x0F00 == 0x0B00)
    elif first & 0xFFF0 == 0xE8D0 and second & 0xFFE0 == 0xF000:  # TBB, TBH: goes on in the function
        body.ended = True
    return None


def _lowered(first: int, second: int, target: int) -> int:
    """By how many bytes a wide instruction moves the stack pointer down."""
    if first == 0xE92D:  # STMDB SP!
        return WORD * second.bit_count()
    if first == 0xF84D and second & 0x0F00 == 0x0D00:  # STR [SP, #-imm]!
        return second & 0xFF
    if first == 0xE96D or (first & 0xFFBF == 0xED2D and second & 0x0E00 == 0x0A00):  # STRD [SP, #-imm]!, VPUSH
        return WORD * (second & 0xFF)
    if first & 0xFBEF == 0xF1AD and target == SP:  # SUB.W SP, SP, #const
        return _expanded(first, second)
    return _imm12(first, second) if first & 0xFBFF == 0xF2AD and target == SP else 0  # SUBW SP, SP, #imm12


def _branch(body: _Body, at: int, first: int, second: int) -> int | None:
    sign, one, two = first >> 10 & 1, second >> 13 & 1, second >> 11 & 1
    if second & 0x5000 == 0:  # B<c>.W, or a system instruction
        if first >> 7 & 7 == 7:
            return None
        offset = (sign << 19) | (two << 18) | (one << 17) | ((first & 0x3F) << 11) | (second & 0x7FF)
        return at + 4 + _signed(offset, 20) * 2
    if second & 0x5000 == 0x4000:  # BLX to Arm code, which an M core has not
        body.indirect = True
        return None
    body.ended = second & 0x4000 == 0  # B.W, else BL
    high = ((1 - (one ^ sign)) << 22) | ((1 - (two ^ sign)) << 21)
    offset = (sign << 23) | high | ((first & 0x3FF) << 11) | (second & 0x7FF)
    return at + 4 + _signed(offset, 24) * 2


def _imm12(first: int, second: int) -> int:
    return (first >> 10 & 1) << 11 | (second >> 12 & 7) << 8 | second & 0xFF


def _expanded(first: int, second: int) -> int:
    """ThumbExpandImm (A5.3.2)."""
    value = _imm12(first, second)
    low = value & 0xFF
    if value >> 10 == 0:
        return (low, low << 16 | low, low << 24 | low << 8, low * 0x01010101)[value >> 8 & 3]
    rotation, number = value >> 7, 0x80 | value & 0x7F
    return (number >> rotation | number << (32 - rotation)) & 0xFFFFFFFF


def _signed(value: int, bits: int) -> int:
    return value - (1 << bits) if value >> (bits - 1) else value
