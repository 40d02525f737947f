"""DMA streams of an emulated part: a transfer that is switched on is done at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from signoff.verifiers.mcu.emulate.registers import Registers
from signoff.verifiers.mcu.parts.part import Part, Peripheral, Register

# Of the STM32F4's stream configuration register: direction memory to peripheral, memory to memory (RM0090, 10.5.5).
TO_PERIPHERAL, MEMORY_TO_MEMORY = 1, 2
MAX_BYTES = 1 << 16

ReadMemory = Callable[[int, int], bytes]
WriteMemory = Callable[[int, bytes], None]


@dataclass(frozen=True, slots=True)
class _Stream:
    peripheral: Peripheral
    control: Register
    flag: tuple[int, int]
    interrupt: str

    def at(self, name: str) -> int:
        register = self.peripheral.register(name)
        return self.peripheral.base + register.offset if register else -1


class Transfers:
    """The streams that the part's facts describe well enough; see touched()."""

    def __init__(self, part: Part, registers: Registers, read: ReadMemory, write: WriteMemory) -> None:
        self._registers, self._read, self._write = registers, read, write
        found = (_stream(part, one) for one in part.peripherals.values() if "_Stream" in one.name)
        self._streams = {stream.at("CR"): stream for stream in found if stream is not None}

    def touched(self, address: int, value: int) -> str:
        """A register was written: a transfer that it starts is done. Returns the interrupt that this raises, or ""."""
        stream = self._streams.get(address)
        if stream is None or not value & self._mask(stream, "EN"):
            return ""
        direction = self._field(stream, value, "DIR")
        count = self._registers.word(stream.at("NDTR")) << self._field(stream, value, "MSIZE")
        data = self._read(self._registers.word(stream.at("M0AR")), min(count, MAX_BYTES))
        if direction == TO_PERIPHERAL:
            for byte in data:
                self._registers.write(self._registers.word(stream.at("PAR")), 1, byte)
        elif direction == MEMORY_TO_MEMORY:
            self._copy(stream, count)
        self._registers.set_word(address, value & ~self._mask(stream, "EN"))
        self._registers.set_word(stream.at("NDTR"), 0)
        flag, mask = stream.flag
        self._registers.set_word(flag, self._registers.word(flag) | mask)
        return stream.interrupt if value & self._mask(stream, "TCIE") else ""

    def _copy(self, stream: _Stream, count: int) -> None:
        """Memory to memory: the source is in PAR, the target in M0AR."""
        source, target = self._registers.word(stream.at("PAR")), self._registers.word(stream.at("M0AR"))
        self._write(target, self._read(source, min(count, MAX_BYTES)))

    def _mask(self, stream: _Stream, name: str) -> int:
        found = stream.control.field(name)
        return found.mask if found else 0

    def _field(self, stream: _Stream, value: int, name: str) -> int:
        found = stream.control.field(name)
        return (value & found.mask) >> found.lsb if found else 0


def _stream(part: Part, peripheral: Peripheral) -> _Stream | None:
    """A stream, with the transfer-complete flag of its controller."""
    name, _, number = peripheral.name.partition("_Stream")
    controller, control = part.peripheral(name), peripheral.register("CR")
    if controller is None or control is None or not number.isdigit():
        return None
    for register in controller.registers:
        found = register.field(f"TCIF{number}")
        if found is not None:
            flag = (controller.base + register.offset, found.mask)
            return _Stream(peripheral, control, flag, next(iter(peripheral.interrupts), ""))
    return None
