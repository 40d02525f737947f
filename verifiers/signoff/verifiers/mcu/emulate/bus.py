"""What an emulated processor reaches beside memory: peripherals, its own control space, bit-band aliases.

Every access to a peripheral passes here, and is watched for clocks that are off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from signoff.verifiers.mcu.emulate.core import FIRST_INTERRUPT, Core, table
from signoff.verifiers.mcu.emulate.fault_status import EXCEPTIONS
from signoff.verifiers.mcu.emulate.registers import Registers
from signoff.verifiers.mcu.emulate.timers import Timers
from signoff.verifiers.mcu.emulate.transfers import Transfers
from signoff.verifiers.mcu.emulate.watch import ClockWatch
from signoff.verifiers.mcu.parts.part import Part

PAGE = 0x1000
# Instructions after which an interrupt whose cause persists comes again: the program gets on in between.
LEVEL_GAP = 500


class Processor(Protocol):
    """What the bus asks of the processor: see machine.py."""

    cycles: int

    def place(self) -> int:
        """The address of the instruction that runs."""

    def registers(self) -> tuple[int, ...]:
        """r0 to r15."""

    def stack(self) -> bytes:
        """The bytes from the stack pointer up."""

    def memory(self, address: int, size: int) -> bytes:
        """Bytes of memory."""

    def set_memory(self, address: int, data: bytes) -> None:
        """Write memory."""

    def yield_soon(self) -> None:
        """Look at what is pending soon."""


class Bus:
    """`prints` gets (port, byte) of what the firmware sends; `used` are the register addresses that it used."""

    def __init__(self, processor: Processor, part: Part, vectors: int, prints: Callable[[str, int], None]) -> None:
        self._processor, self._part = processor, part
        self.core = Core(vectors, part.priority_bits)
        self.registers = Registers(part, prints, self._touched)
        self.watch = ClockWatch(part, self.registers.word)
        self._timers = Timers(part, self.registers)
        self._transfers = Transfers(part, self.registers, processor.memory, processor.set_memory)
        self._vectors = {one.name: one.vector for one in part.interrupts}
        self._level_at = 0
        self.used: dict[int, int] = {}
        self._bits = [
            (one["alias"], one["size"], one["region"]) for one in (table()["peripheral_bits"], table()["ram_bits"])
        ]
        self._system = tuple(table()["windows"]["system"])

    @property
    def windows(self) -> Iterator[tuple[int, int]]:
        """The (first address, size) of all that is not memory."""
        fixed = [tuple(table()["windows"][name]) for name in ("peripherals", "sram_bits", "system")]
        yield from fixed
        pages = {one.base & ~(PAGE - 1) for one in self._part.peripherals.values()}
        for page in sorted(pages):
            if not any(origin <= page < origin + size for origin, size in fixed):
                yield page, PAGE

    def due(self, primask: int, basepri: int, faultmask: int) -> int:
        """The exception to be taken now; 0 where there is none."""
        now = self._processor.cycles
        for name in self._timers.pending(now):
            self._raise(name)
        if now >= self._level_at:
            self._level_at = now + LEVEL_GAP
            for address, (mask, peripheral) in self.registers.levels.items():
                if self.registers.word(address) & mask:
                    self._raise_of(peripheral)
        return self.core.due(now, primask, basepri, faultmask)

    def next_event(self) -> int:
        """When time alone brings the next interrupt."""
        now = self._processor.cycles
        return min(self.core.next_event(now), self._timers.next_event(now))

    def name_of(self, exception: int) -> str:
        """What an exception is called."""
        number = exception - FIRST_INTERRUPT
        found = next((one.handler for one in self._part.interrupts if one.number == number), "")
        return found or EXCEPTIONS.get(exception, f"interrupt {number}")

    def external(self, address: int) -> bool:
        """Whether memory outside of the chip may be there."""
        spans = (table()["windows"][name] for name in ("external_ram", "external_device"))
        return any(origin <= address < origin + size for origin, size in spans)

    def flash_opened(self) -> bool:
        """Whether the flash's control register is set to programming."""
        flash = self._part.peripheral("FLASH")
        control = flash.register("CR") if flash else None
        bit = control.field("PG") if control else None
        if flash is None or control is None or bit is None:
            return True
        return bool(self.registers.word(flash.base + control.offset) & bit.mask)

    def read(self, address: int, size: int) -> int:
        """What the processor reads."""
        if address >= self._system[0]:
            return self.core.read(address, size, self._processor.cycles)
        alias = self._alias(address)
        if alias is not None:
            self._look(alias[0], write=False)
            return self._word(alias[0]) >> alias[1] & 1
        self._look(address, write=False, changes=self.registers.answers(address))
        self._timers.before_read(address & ~3, self._processor.cycles)
        return self.registers.read(address, size)

    def write(self, address: int, size: int, value: int) -> None:
        """What the processor writes."""
        if address >= self._system[0]:
            self.core.write(address, size, value, self._processor.cycles)
            self._processor.yield_soon()
            return
        alias = self._alias(address)
        if alias is None:
            self._look(address, write=True, changes=self.registers.changes(address, size, value))
            self.registers.write(address, size, value)
            return
        word, bit = alias
        self._write_word(word, self._word(word) & ~(1 << bit) | (value & 1) << bit)

    def _word(self, address: int) -> int:
        if self._part.region(address) is not None:
            return int.from_bytes(self._processor.memory(address, 4), "little")
        return self.registers.read(address, 4)

    def _write_word(self, address: int, value: int) -> None:
        if self._part.region(address) is not None:
            self._processor.set_memory(address, value.to_bytes(4, "little"))
        else:
            self.write(address, 4, value)

    def _alias(self, address: int) -> tuple[int, int] | None:
        """The word and bit that a bit-band address stands for."""
        for alias, size, region in self._bits:
            if alias <= address < alias + size:
                bit = address - alias >> 2
                return region + (bit >> 5 << 2), bit & 31
        return None

    def _look(self, address: int, *, write: bool, changes: bool = False) -> None:
        self.used[address & ~3] = self.used.get(address & ~3, 0) + 1
        gate = self.watch.off(address)
        if gate is None:
            return
        self.watch.weigh(gate, address, write=write, changes=changes)
        place = self._processor.place()
        if not self.watch.known(place, gate):
            processor = self._processor
            self.watch.note(gate, address, place, write=write, registers=processor.registers(), stack=processor.stack())

    def _touched(self, address: int, value: int) -> None:
        self._timers.touched(address, self._processor.cycles)
        interrupt = self._transfers.touched(address, value)
        if interrupt:
            self._raise(interrupt)
        if address in self.registers.levels:
            self._processor.yield_soon()

    def _raise(self, name: str) -> None:
        if name in self._vectors:
            self.core.pend(self._vectors[name])
            self._processor.yield_soon()

    def _raise_of(self, peripheral: str) -> None:
        found = self._part.peripheral(peripheral)
        for name in found.interrupts[:1] if found else ():
            self._raise(name)
