"""The interrupt controller and SysTick of an emulated Cortex-M: which exception is due. No emulator is known here.

Exceptions are counted as the core does: 15 is SysTick, 16 + n interrupt n.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any

from signoff.verifiers.mcu.emulate.timers import LONGEST, NEVER, SHORTEST
from signoff.verifiers.mcu.parts.part import PRIORITY_FIELD_BITS

HARD_FAULT, SVCALL, PENDSV, SYSTICK, FIRST_INTERRUPT, MAX_EXCEPTION = 3, 11, 14, 15, 16, 16 + 240
FIRST_CONFIGURABLE = 4
# Of a priority of thread mode: below every exception's.
THREAD_PRIORITY = 256


@cache
def table() -> dict[str, Any]:
    """Addresses and bits of the core's own registers; see core_registers.toml."""
    return tomllib.loads(resources.files(__package__).joinpath("core_registers.toml").read_text(encoding="utf-8"))


class Core:
    """State of one processor. `now` in its methods is the count of instructions so far."""

    def __init__(self, vectors: int, priority_bits: int | None) -> None:
        self._at: dict[str, int] = {name: value for name, value in table().items() if isinstance(value, int)}
        self._names = {value: name for name, value in self._at.items()}
        self.vectors = vectors
        self.active: list[int] = []
        self.reset_asked = False
        self._enabled: set[int] = set()
        self._pending: set[int] = set()
        self._priorities = bytearray(MAX_EXCEPTION)
        # The lower bits of a priority are not there, and read as 0: operating systems ask how many there are.
        self._kept = 0xFF << PRIORITY_FIELD_BITS - (priority_bits or PRIORITY_FIELD_BITS) & 0xFF
        self._control, self._reload, self._ticked, self._started = 0, 0, False, 0
        self._words: dict[int, int] = {}

    def pend(self, exception: int) -> None:
        """An exception is asked for."""
        self._pending.add(exception)

    def due(self, now: int, primask: int, basepri: int, faultmask: int) -> int:
        """The exception to be taken now; 0 where there is none."""
        self._tick(now)
        if not self._pending or faultmask:
            return 0
        limit = min((self._priority(number) for number in self.active), default=THREAD_PRIORITY)
        if primask:
            limit = min(limit, 0)
        elif basepri:
            limit = min(limit, basepri)
        ready = [number for number in self._pending if number < FIRST_INTERRUPT or number in self._enabled]
        best = min(ready, key=lambda number: (self._priority(number), number), default=0)
        return best if best and self._priority(best) < limit else 0

    @property
    def asked(self) -> bool:
        """Whether any exception waits that would be taken were it not for masks and priorities."""
        return any(number < FIRST_INTERRUPT or number in self._enabled for number in self._pending)

    def enter(self, exception: int) -> None:
        """The exception is taken."""
        self._pending.discard(exception)
        self.active.append(exception)

    def leave(self) -> None:
        """The handler that runs now returns."""
        if self.active:
            self.active.pop()

    def next_event(self, now: int) -> int:
        """When SysTick's next interrupt comes; NEVER where it does not run."""
        bits = table()["SYST_CSR_bits"]
        wanted = bits["ENABLE"] | bits["TICKINT"]
        return self._started + self._period() if self._control & wanted == wanted else NEVER

    def read(self, address: int, size: int, now: int) -> int:
        """What the firmware reads of the system control space."""
        base = address & ~3
        name = self._names.get(base, "")
        if name == "SYST_CSR":
            self._tick(now)
            value = self._control | (table()["SYST_CSR_bits"]["COUNTFLAG"] if self._ticked else 0)
            self._ticked = False
        elif name == "SYST_RVR":
            value = self._reload
        elif name == "SYST_CVR":
            gone = (now - self._started) % self._period()
            value = self._reload - gone * self._reload // self._period()
        elif name == "CYCCNT":
            value = now & 0xFFFFFFFF
        elif name == "VTOR":
            value = self.vectors
        elif name == "ICSR":
            value = self.active[-1] if self.active else 0
        elif name == "AIRCR":
            value = self._words.get(base, 0) & 0xFFFF | table()["AIRCR_bits"]["VECTKEYSTAT"]
        elif self._at["NVIC_IPR"] <= base < self._at["NVIC_IPR"] + MAX_EXCEPTION - FIRST_INTERRUPT:
            value = int.from_bytes(self._priorities[FIRST_INTERRUPT + base - self._at["NVIC_IPR"] :][:4], "little")
        elif self._at["NVIC_ISER"] <= base < self._at["NVIC_ICPR"] + 0x20:
            value = self._bits(base)
        else:
            value = self._words.get(base, 0)
        return value >> 8 * (address & 3) & (1 << 8 * size) - 1

    def write(self, address: int, size: int, value: int, now: int) -> None:
        """What the firmware writes to the system control space."""
        at, base = self._at, address & ~3
        if at["NVIC_IPR"] <= address < at["NVIC_IPR"] + MAX_EXCEPTION - FIRST_INTERRUPT:
            self._set_priorities(FIRST_INTERRUPT + address - at["NVIC_IPR"], size, value)
        elif at["SHPR1"] <= address < at["SHPR1"] + 12:
            self._set_priorities(FIRST_CONFIGURABLE + address - at["SHPR1"], size, value)
        elif at["NVIC_ISER"] <= base < at["NVIC_ICPR"] + 0x20:
            self._set_bits(base, value << 8 * (address & 3))
        elif base == at["STIR"]:
            self.pend(FIRST_INTERRUPT + (value & 0xFF))
        elif base == at["ICSR"]:
            self._control_state(value)
        elif base == at["VTOR"]:
            self.vectors = value
        elif base == at["AIRCR"] and value & table()["AIRCR_bits"]["SYSRESETREQ"]:
            self.reset_asked = True
        elif base in (at["SYST_CSR"], at["SYST_RVR"], at["SYST_CVR"]):
            self._systick(base, value, now)
        shift = 8 * (address & 3)
        mask = (1 << 8 * size) - 1 << shift
        self._words[base] = self._words.get(base, 0) & ~mask | value << shift & mask

    def _systick(self, base: int, value: int, now: int) -> None:
        if base == self._at["SYST_RVR"]:
            self._reload = value & 0xFFFFFF
            return
        if base == self._at["SYST_CSR"]:
            if value & ~self._control & table()["SYST_CSR_bits"]["ENABLE"]:
                self._started = now
            self._control = value & 7
            return
        self._started, self._ticked = now, False

    def _tick(self, now: int) -> None:
        bits = table()["SYST_CSR_bits"]
        if self._control & bits["ENABLE"] and now - self._started >= self._period():
            self._started = now - (now - self._started) % self._period()
            self._ticked = True
            if self._control & bits["TICKINT"]:
                self.pend(SYSTICK)

    def _period(self) -> int:
        return min(max(self._reload + 1, SHORTEST), LONGEST)

    def _priority(self, exception: int) -> int:
        if exception < FIRST_CONFIGURABLE:
            return exception - FIRST_CONFIGURABLE
        return self._priorities[exception]

    def _set_priorities(self, first: int, size: int, value: int) -> None:
        kept = bytes(byte & self._kept for byte in value.to_bytes(size, "little"))
        self._priorities[first : first + size] = kept

    def _control_state(self, value: int) -> None:
        bits = table()["ICSR_bits"]
        for name, exception in (("PENDSTSET", SYSTICK), ("PENDSVSET", PENDSV)):
            if value & bits[name]:
                self.pend(exception)
        for name, exception in (("PENDSTCLR", SYSTICK), ("PENDSVCLR", PENDSV)):
            if value & bits[name]:
                self._pending.discard(exception)

    def _bits(self, base: int) -> int:
        chosen = self._enabled if base < self._at["NVIC_ISPR"] else self._pending
        first = FIRST_INTERRUPT + base % 0x80 * 8
        return sum(1 << number - first for number in chosen if first <= number < first + 32)

    def _set_bits(self, base: int, value: int) -> None:
        first = FIRST_INTERRUPT + base % 0x80 * 8
        numbers = {first + bit for bit in range(32) if value >> bit & 1}
        at = self._at
        if base < at["NVIC_ICER"]:
            self._enabled |= numbers
        elif base < at["NVIC_ISPR"]:
            self._enabled -= numbers
        elif base < at["NVIC_ICPR"]:
            self._pending |= numbers
        else:
            self._pending -= numbers
