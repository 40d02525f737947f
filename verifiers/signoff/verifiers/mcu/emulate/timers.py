"""The update events of an emulated part's timers, in a compressed time: waiting for a second must not take one."""

from __future__ import annotations

from dataclasses import dataclass

from signoff.verifiers.mcu.emulate.registers import Registers
from signoff.verifiers.mcu.parts.part import Part, Peripheral

# A period takes at most and at least so many instructions: long waits pass quickly, short ones starve nobody.
LONGEST, SHORTEST = 10_000, 1_000
NEVER = 1 << 62


@dataclass(slots=True)
class _Timer:
    """One timer: where its registers are, the bits that matter, the interrupt of its update, and when it started."""

    control: int
    enable: int
    interrupt_enable: int
    interrupt_bit: int
    status: int
    status_bit: int
    counter: int
    prescaler: int
    reload: int
    interrupt: str
    started: int = -1
    period: int = LONGEST


class Timers:
    """All timers that the part's facts describe well enough."""

    def __init__(self, part: Part, registers: Registers) -> None:
        self._registers = registers
        self._timers = [timer for one in part.peripherals.values() if (timer := _timer(one)) is not None]
        self._by_address = {
            address: timer
            for timer in self._timers
            for address in (timer.control, timer.status, timer.counter, timer.reload, timer.prescaler)
        }
        self._running: list[_Timer] = []

    def touched(self, address: int, now: int) -> None:
        """A register was written: a timer may have been started or stopped."""
        timer = self._by_address.get(address)
        if timer is None or address in (timer.status, timer.counter):
            return
        runs = bool(self._registers.word(timer.control) & timer.enable)
        if runs:
            ticks = (self._registers.word(timer.prescaler) + 1) * (self._registers.word(timer.reload) + 1)
            timer.period = min(max(ticks, SHORTEST), LONGEST)
            if timer.started < 0:
                timer.started = now
                self._running.append(timer)
        elif timer.started >= 0:
            timer.started = -1
            self._running.remove(timer)

    def before_read(self, address: int, now: int) -> None:
        """A register is about to be read: bring flags and counter up to date."""
        timer = self._by_address.get(address)
        if timer is None or timer.started < 0:
            return
        self._expire(timer, now)
        if address == timer.counter:
            ticks = self._registers.word(timer.reload) + 1
            self._registers.set_word(address, (now - timer.started) * ticks // timer.period % ticks)

    def pending(self, now: int) -> list[str]:
        """The interrupts that timers hold up now."""
        found = []
        for timer in self._running:
            self._expire(timer, now)
            if self.holds(timer):
                found.append(timer.interrupt)
        return found

    def holds(self, timer: _Timer) -> bool:
        """Whether a timer's update flag is set and its interrupt enabled."""
        flagged = self._registers.word(timer.status) & timer.status_bit
        return bool(flagged and self._registers.word(timer.interrupt_enable) & timer.interrupt_bit)

    def next_event(self, now: int) -> int:
        """When the next update that raises an interrupt comes; NEVER where none does."""
        return min(
            (
                timer.started + timer.period
                for timer in self._running
                if self._registers.word(timer.interrupt_enable) & timer.interrupt_bit
            ),
            default=NEVER,
        )

    def _expire(self, timer: _Timer, now: int) -> None:
        if now - timer.started >= timer.period:
            timer.started = now - (now - timer.started) % timer.period
            self._registers.set_word(timer.status, self._registers.word(timer.status) | timer.status_bit)


def _timer(peripheral: Peripheral) -> _Timer | None:
    names = {one.name: one for one in peripheral.registers}
    if peripheral.group != "TIM" or not {"CR1", "DIER", "SR", "CNT", "PSC", "ARR"} <= set(names):
        return None
    fields = [names[register].field(field) for register, field in (("CR1", "CEN"), ("DIER", "UIE"), ("SR", "UIF"))]
    updates = [one for one in peripheral.interrupts if "UP" in one] or list(peripheral.interrupts)
    if not all(fields) or not updates:
        return None
    run, enable, flag = (one.mask for one in fields if one is not None)
    at = {name: peripheral.base + one.offset for name, one in names.items()}
    return _Timer(
        at["CR1"], run, at["DIER"], enable, at["SR"], flag, at["CNT"], at["PSC"], at["ARR"], interrupt=updates[0]
    )
