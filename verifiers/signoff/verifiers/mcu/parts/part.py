"""A microcontroller: its memories, peripherals, registers, interrupts, pins and clock limits. Plain data.

Addresses and sizes are in bytes, frequencies in Hz. None, "" and () mean "not known": whoever reads them says nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

# Priority bits stand at the top of an 8-bit field (Armv7-M, B1.5.4).
PRIORITY_FIELD_BITS = 8
# Vectors of the core's own exceptions come before those of the peripherals: vector = IRQn + 16 (Armv7-M, B1.5.2).
CORE_VECTORS = 16
VECTOR_BYTES = 4


@dataclass(frozen=True, slots=True)
class Region:
    """One memory. `kind` is "flash", "ram", "ccm", "backup", "otp", "system" or "external"; `dma` whether the
    general DMA controllers reach it."""

    name: str
    origin: int
    size: int
    kind: str = "ram"
    dma: bool = True

    def holds(self, address: int) -> bool:
        """Whether the address lies in the region."""
        return self.origin <= address < self.origin + self.size


@dataclass(frozen=True, slots=True)
class Field:
    """Bits `lsb` to `lsb + width - 1` of a register. `access` is "rw", "r", "w", or one that clears or sets by being
    written or read ("rc_w0", "rc_w1", "rc_r", "rs"); "" where not known. `text` is what the user's SVD file says of it.
    """

    name: str
    lsb: int
    width: int = 1
    access: str = ""
    text: str = ""

    @property
    def mask(self) -> int:
        """The field's bits within the register."""
        return ((1 << self.width) - 1) << self.lsb

    @property
    def range(self) -> str:
        """The bits as people write them: "6", "11:8"."""
        return str(self.lsb) if self.width == 1 else f"{self.lsb + self.width - 1}:{self.lsb}"


@dataclass(frozen=True, slots=True)
class Register:
    """`offset` is from the peripheral's base; `bits` its width; `access` as of a field.

    `member` is how C spells it within the peripheral's structure where that is not its name ("AFR[0]" of AFRL), `macro`
    how the macros of its fields do after the peripheral's group ("SxCR" of a DMA stream's CR: DMA_SxCR_EN).
    """

    name: str
    offset: int
    bits: int = 32
    reset: int | None = None
    access: str = ""
    fields: tuple[Field, ...] = ()
    member: str = ""
    macro: str = ""
    text: str = ""

    def field(self, name: str) -> Field | None:
        """The field of that name."""
        return next((one for one in self.fields if one.name == name), None)


@dataclass(frozen=True, slots=True)
class Enable:
    """The bit of the reset and clock controller that lets a peripheral's clock run (or resets it)."""

    register: str
    bit: int
    macro: str
    bus: str = ""


@dataclass(frozen=True, slots=True)
class Peripheral:
    """One peripheral. `group` is what its registers' macros begin with ("GPIO", "TIM", "USART").

    `enable` is None where no one bit enables it, or none is known; `bus` is "" where not known. `interrupts` are names
    of the part's interrupts. `aliases` are other names of the same base ("DAC1" of "DAC").
    """

    name: str
    base: int
    size: int = 0x400
    group: str = ""
    enable: Enable | None = None
    registers: tuple[Register, ...] = ()
    interrupts: tuple[str, ...] = ()
    bus: str = ""
    reset: Enable | None = None
    aliases: tuple[str, ...] = ()
    text: str = ""

    def register(self, name: str) -> Register | None:
        """The register of that name or C member ("AFRL", "AFR[0]")."""
        return next((one for one in self.registers if name and name in (one.name, one.member)), None)


@dataclass(frozen=True, slots=True)
class Interrupt:
    """One entry of the vector table. `number` is as IRQn: the core's own exceptions are negative (SysTick -1).

    `handler` is the name that the startup file puts into the table; `trigger` says in a few words what raises it.
    `aliases` are other names for the same number.
    """

    name: str
    number: int
    handler: str
    trigger: str = ""
    aliases: tuple[str, ...] = ()

    @property
    def vector(self) -> int:
        """Its place in the vector table, counted from 0 (the initial stack pointer)."""
        return self.number + CORE_VECTORS

    @property
    def offset(self) -> int:
        """Its byte offset within the vector table."""
        return self.vector * VECTOR_BYTES


@dataclass(frozen=True, slots=True)
class Clocks:
    """What the clock tree may run at, in Hz; ranges are (lowest, highest), factors those that may be written.

    `flash_latency` are (highest HCLK, wait states), ascending, at a supply of 2.7 to 3.6 V. `sysclk_by_scale` are
    (voltage scale, highest SYSCLK), `hsi` and `lsi` the internal oscillators. 0 and () mean "not known".
    """

    sysclk_max: int = 0
    hsi: int = 0
    lsi: int = 0
    hse: tuple[int, int] = (0, 0)
    vco_in: tuple[int, int] = (0, 0)
    vco_out: tuple[int, int] = (0, 0)
    pll_m: tuple[int, int] = (0, 0)
    pll_n: tuple[int, int] = (0, 0)
    pll_p: tuple[int, ...] = ()
    pll_q: tuple[int, int] = (0, 0)
    pll48_max: int = 0
    apb1_max: int = 0
    apb2_max: int = 0
    flash_latency: tuple[tuple[int, int], ...] = ()
    sysclk_by_scale: tuple[tuple[int, int], ...] = ()

    def wait_states(self, hclk: int) -> int | None:
        """The fewest flash wait states at `hclk` Hz; None where not known (or where no number suffices)."""
        return next((states for limit, states in self.flash_latency if hclk <= limit), None)


@dataclass(frozen=True, eq=False)
class Part:
    """One microcontroller. `source` says where the facts are from; `alternates` are, for each pin ("PB14"), its
    (alternate function number, signals as "TIM12_CH1") ascending, several signals joined by "/".

    `certain` is False where handlers' names are only derived (from an SVD file): `handlers` is then empty, as nobody
    may judge by it. `spellings` are older names of fields' macros with the present ones ("GPIO_MODER_MODE0":
    "GPIO_MODER_MODER0").
    """

    name: str
    source: str = ""
    core: str = ""
    priority_bits: int | None = None
    regions: tuple[Region, ...] = ()
    peripherals: Mapping[str, Peripheral] = field(default_factory=dict)
    interrupts: tuple[Interrupt, ...] = ()
    alternates: Mapping[str, tuple[tuple[int, str], ...]] = field(default_factory=dict)
    clocks: Clocks = Clocks()
    certain: bool = False
    spellings: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def handlers(self) -> frozenset[str]:
        """The names of all handlers in the vector table; none where they are not certain."""
        return frozenset(one.handler for one in self.interrupts if one.handler) if self.certain else frozenset()

    @cached_property
    def _named(self) -> dict[str, Peripheral]:
        aliases = {alias: one for one in self.peripherals.values() for alias in one.aliases}
        return {**aliases, **self.peripherals}

    @cached_property
    def _ascending(self) -> list[Peripheral]:
        return sorted(self.peripherals.values(), key=lambda one: (one.base, -one.size))

    @cached_property
    def _bases(self) -> list[int]:
        return [one.base for one in self._ascending]

    def peripheral(self, name: str) -> Peripheral | None:
        """The peripheral of that name or alias."""
        return self._named.get(name)

    def interrupt(self, name: str) -> Interrupt | None:
        """The interrupt of that name ("TIM2", with or without "_IRQn") or handler ("TIM2_IRQHandler")."""
        bare = name.removesuffix("_IRQn").removesuffix("_IRQHandler")
        return next((one for one in self.interrupts if bare in (one.name, *one.aliases) or name == one.handler), None)

    def at(self, address: int) -> tuple[Peripheral, Register | None] | None:
        """The peripheral whose registers hold an address, and the register there; the innermost of nested ones.

        The register is None where the address lies between registers. None where no peripheral is known there.
        """
        inside = [one for one in self._below(address) if address < one.base + one.size]
        for one in inside:
            register = _register_at(one, address - one.base)
            if register is not None:
                return one, register
        return (inside[0], None) if inside else None

    @cached_property
    def fields(self) -> Mapping[str, tuple[tuple[Peripheral, Register, Field], ...]]:
        """Where each field's macro (RCC_APB1ENR_TIM12EN, TIM_CR1_CEN) holds: in several peripherals of a kind."""
        found: dict[str, list[tuple[Peripheral, Register, Field]]] = {}
        for peripheral in self.peripherals.values():
            for register in peripheral.registers:
                prefix = f"{peripheral.group}_{register.macro or register.name}_"
                for one in register.fields:
                    found.setdefault(prefix + one.name, []).append((peripheral, register, one))
        return {macro: tuple(places) for macro, places in found.items()}

    def region(self, address: int) -> Region | None:
        """The memory that holds an address."""
        return next((one for one in self.regions if one.holds(address)), None)

    def _below(self, address: int) -> list[Peripheral]:
        return self._ascending[: bisect_right(self._bases, address)][::-1]


def _register_at(peripheral: Peripheral, offset: int) -> Register | None:
    return next((one for one in peripheral.registers if one.offset <= offset < one.offset + one.bits // 8), None)
