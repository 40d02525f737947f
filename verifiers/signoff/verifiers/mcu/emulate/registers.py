"""The registers of an emulated part's peripherals: what was written is read again, with the rules of behaviour.toml."""

from __future__ import annotations

from collections.abc import Callable

from signoff.verifiers.mcu.emulate.behaviour import rules_of
from signoff.verifiers.mcu.parts.part import Part

WORD = 0xFFFFFFFF
# How often something is asked for, before it counts as the loop that a run hangs in.
Reads = dict[int, int]


class Registers:
    """Words by address. `prints` gets (port, byte) of what is sent, `touched` (address, word) after each write."""

    def __init__(self, part: Part, prints: Callable[[str, int], None], touched: Callable[[int, int], None]) -> None:
        self._rules = rules_of(part)
        self._words: dict[int, int] = {}
        self._resets = {
            peripheral.base + register.offset: register.reset
            for peripheral in part.peripherals.values()
            for register in peripheral.registers
            if register.reset and register.offset % 4 == 0
        }
        self._prints = prints
        self._touched = touched
        self._random = 0x2545F491
        rng = part.peripheral("RNG")
        data = rng.register("DR") if rng else None
        self._noise = rng.base + data.offset if rng and data else -1

    @property
    def levels(self) -> dict[int, tuple[int, str]]:
        """Registers with bits that hold an interrupt up as long as they are set: (bits, peripheral)."""
        return self._rules.level

    def word(self, address: int) -> int:
        """What a register holds, without side effects."""
        return self._words.get(address, self._resets.get(address, 0))

    def set_word(self, address: int, value: int) -> None:
        """Have a register hold a value, as hardware does."""
        self._words[address] = value & WORD

    def read(self, address: int, size: int) -> int:
        """What the firmware reads."""
        base = address & ~3
        value = self.word(base)
        sets, clears = self._rules.ready.get(base, (0, 0))
        value = (value | sets) & ~clears
        if base == self._noise:
            self._random = value = (self._random * 1664525 + 1013904223) & WORD
        for target, mask in self._rules.read.get(base, ()):
            self._words[target] = self.word(target) & ~mask
        return value >> 8 * (address & 3) & (1 << 8 * size) - 1

    def answers(self, address: int) -> bool:
        """Whether a register reads as ready by a rule: where its clock is off, the hardware would not."""
        return bool(self._rules.ready.get(address & ~3, (0, 0))[0])

    def changes(self, address: int, size: int, value: int) -> bool:
        """Whether a write makes a difference: not where the register holds the value, nor where flags are cleared."""
        base, shift = address & ~3, 8 * (address & 3)
        if base in self._rules.acknowledges:
            return False
        mask = (1 << 8 * size) - 1
        return base in self._rules.prints or self.word(base) >> shift & mask != value & mask

    def write(self, address: int, size: int, value: int) -> None:
        """What the firmware writes."""
        base, shift = address & ~3, 8 * (address & 3)
        mask = (1 << 8 * size) - 1 << shift
        rules, before = self._rules, self.word(base)
        written = value << shift & mask
        if base in rules.prints:
            self._prints(rules.prints[base], value & 0xFF)
        elif base in rules.cleared_by_zero:
            self._words[base] = before & (written | ~mask & WORD)
        elif base in rules.cleared_by_one:
            self._words[base] = before & ~written
        else:
            self._words[base] = before & ~mask & WORD | written
        self._effects(base, written)
        self._touched(base, self._words.get(base, before))

    def _effects(self, base: int, written: int) -> None:
        rules = self._rules
        for target, low, width, shown in rules.follows.get(base, ()):
            bits = (self.word(base) >> low & width) << shown
            self._words[target] = self.word(target) & ~(width << shown) | bits
        for needed, target, sets, clears in rules.write.get(base, ()):
            if not needed or written & needed:
                self._words[target] = (self.word(target) | sets) & ~clears
