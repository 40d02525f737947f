"""Watches a run for accesses to peripherals whose clock is off. Pure bookkeeping: no emulator is known here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from signoff.verifiers.mcu.parts.part import Enable, Part, Peripheral

# So many places are told; firmware with more has one fault that all of them share.
MAX_ACCESSES = 200
# A register that is read this often is waited for.
POLLED = 100


@dataclass(frozen=True, slots=True)
class Access:
    """One place that used a peripheral whose clock was off.

    `address` is the register's, `place` the instruction's. `registers` (r0 to r15) and `stack` (its bytes from the
    stack pointer up) are as they were, for the chain of calls.
    """

    peripheral: str
    register: str
    enable: Enable
    address: int
    place: int
    write: bool
    registers: tuple[int, ...] = ()
    stack: bytes = b""


@dataclass(frozen=True, slots=True)
class _Gate:
    """Which bit must be set before a peripheral may be used; `address` is that of the enable register."""

    peripheral: Peripheral
    enable: Enable
    address: int
    mask: int


class ClockWatch:
    """Decides for each access. `word` reads a register of the emulated part without side effects."""

    def __init__(self, part: Part, word: Callable[[int], int]) -> None:
        self._part = part
        self._word = word
        self._gates: dict[int, _Gate | None] = {}
        self._controller = part.peripheral("RCC")
        self._accesses: dict[tuple[int, str], Access] = {}
        self._lost: set[str] = set()
        self._reads: dict[int, int] = {}

    def off(self, address: int) -> _Gate | None:
        """The gate of the peripheral at an address where its clock is off; None where it runs or nothing is known."""
        key = address & ~3
        if key not in self._gates:
            self._gates[key] = self._gate(address)
        gate = self._gates[key]
        return None if gate is None or self._word(gate.address) & gate.mask else gate

    def note(
        self, gate: _Gate, address: int, place: int, *, write: bool, registers: tuple[int, ...], stack: bytes
    ) -> None:
        """Keep an access for the report."""
        found = self._part.at(address)
        register = found[1].name if found and found[1] else f"0x{address - gate.peripheral.base:02X}"
        access = Access(gate.peripheral.name, register, gate.enable, address, place, write, registers, stack)
        self._accesses[place, gate.peripheral.name] = access

    def known(self, place: int, gate: _Gate) -> bool:
        """Whether that place's use of that peripheral was told, or enough others were."""
        return (place, gate.peripheral.name) in self._accesses or len(self._accesses) >= MAX_ACCESSES

    def weigh(self, gate: _Gate, address: int, *, write: bool, changes: bool) -> None:
        """Note whether an access makes a difference: drivers put peripherals that are off into their reset state."""
        if not write:
            self._reads[address] = self._reads.get(address, 0) + 1
        if changes or self._reads.get(address, 0) >= POLLED:
            self._lost.add(gate.peripheral.name)

    def accesses(self) -> tuple[Access, ...]:
        """The accesses to peripherals of which any made a difference."""
        return tuple(access for access in self._accesses.values() if access.peripheral in self._lost)

    def _gate(self, address: int) -> _Gate | None:
        found = self._part.at(address)
        if found is None or self._controller is None:
            return None
        enable = found[0].enable
        register = self._controller.register(enable.register) if enable else None
        if enable is None or register is None:
            return None
        return _Gate(found[0], enable, self._controller.base + register.offset, 1 << enable.bit)
