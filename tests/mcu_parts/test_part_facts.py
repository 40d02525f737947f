"""Our tables: consistent in themselves, and equal to what was read off the reference manual by hand."""

from __future__ import annotations

import itertools
import re
import time
from collections import Counter

import pytest

from signoff.verifiers.mcu.parts.library import find
from signoff.verifiers.mcu.parts.own import own_part
from signoff.verifiers.mcu.parts.part import Field, Part, Register

MEMBERS = ("405", "407", "415", "417")
# A group of bits and its single ones have both a macro (CAN_FM1R_FBM and FBM0): nested, not overlapping.
MODES = re.compile(r"CCMR[12]|CFSR|RASR|GUSBCFG|FPCCR|DHCSR")


def part(member: str = "407") -> Part:
    return own_part("stm32f4", member)


# (peripheral, register, address, field, bits) as RM0090 and PM0214 have them, typed from there.
BY_HAND = (
    ("RCC", "AHB1ENR", 0x40023830, "GPIOAEN", "0"),
    ("RCC", "APB1ENR", 0x40023840, "TIM12EN", "6"),
    ("RCC", "APB2ENR", 0x40023844, "USART1EN", "4"),
    ("RCC", "PLLCFGR", 0x40023804, "PLLN", "14:6"),
    ("RCC", "PLLCFGR", 0x40023804, "PLLQ", "27:24"),
    ("RCC", "CFGR", 0x40023808, "PPRE1", "12:10"),
    ("FLASH", "ACR", 0x40023C00, "LATENCY", "2:0"),
    ("PWR", "CR", 0x40007000, "VOS", "14"),
    ("GPIOB", "MODER", 0x40020400, "MODER14", "29:28"),
    ("GPIOB", "AFRH", 0x40020424, "AFSEL14", "27:24"),
    ("TIM12", "CCR1", 0x40001834, "CCR1", "15:0"),
    ("TIM2", "CCR1", 0x40000034, "CCR1", "31:0"),
    ("TIM1", "BDTR", 0x40010044, "MOE", "15"),
    ("USART2", "SR", 0x40004400, "RXNE", "5"),
    ("USART1", "BRR", 0x40011008, "DIV_Mantissa", "15:4"),
    ("SPI1", "CR1", 0x40013000, "BR", "5:3"),
    ("I2C1", "CR2", 0x40005404, "FREQ", "5:0"),
    ("ADC1", "CR2", 0x40012008, "SWSTART", "30"),
    ("DMA2_Stream7", "CR", 0x400264B8, "CHSEL", "27:25"),
    ("DMA1", "LIFCR", 0x40026008, "CTCIF0", "5"),
    ("EXTI", "PR", 0x40013C14, "PR13", "13"),
    ("SYSCFG", "EXTICR4", 0x40013814, "EXTI13", "7:4"),
    ("USB_OTG_FS", "GCCFG", 0x50000038, "PWRDWN", "16"),
    ("SysTick", "CTRL", 0xE000E010, "CLKSOURCE", "2"),
    ("SCB", "AIRCR", 0xE000ED0C, "PRIGROUP", "10:8"),
    ("DWT", "CTRL", 0xE0001000, "CYCCNTENA", "0"),
)


@pytest.mark.parametrize(("peripheral", "register", "address", "field", "bits"), BY_HAND)
def test_facts_read_off_the_manual(peripheral: str, register: str, address: int, field: str, bits: str) -> None:
    of = part().peripheral(peripheral)
    assert of is not None
    found = of.register(register)
    assert found is not None
    assert of.base + found.offset == address
    one = found.field(field)
    assert one is not None
    assert one.range == bits
    assert part().at(address) == (of, found)


@pytest.mark.parametrize(
    ("peripheral", "register", "reset"),
    [
        ("GPIOA", "MODER", 0xA8000000),
        ("GPIOB", "PUPDR", 0x100),
        ("GPIOC", "MODER", 0),
        ("RCC", "AHB1ENR", 0x00100000),
        ("RCC", "PLLCFGR", 0x24003010),
        ("USART1", "SR", 0xC0),
        ("PWR", "CR", 0x4000),
        ("SPI1", "CRCPR", 7),
        ("IWDG", "RLR", 0xFFF),
        ("SCB", "AIRCR", 0xFA050000),
    ],
)
def test_reset_values(peripheral: str, register: str, reset: int) -> None:
    of = part().peripheral(peripheral)
    found = of.register(register) if of else None
    assert found is not None
    assert found.reset == reset


@pytest.mark.parametrize("member", MEMBERS)
def test_addresses_are_unique(member: str) -> None:
    found = part(member)
    bases = Counter(one.base for one in found.peripherals.values())
    assert [base for base, count in bases.items() if count > 1] == []
    words = Counter(one.base + register.offset for one in found.peripherals.values() for register in one.registers)
    assert [hex(word) for word, count in words.items() if count > 1] == []


@pytest.mark.parametrize("member", MEMBERS)
def test_registers_lie_within_their_peripheral(member: str) -> None:
    for one in part(member).peripherals.values():
        names = [register.name for register in one.registers]
        assert len(set(names)) == len(names)
        for register in one.registers:
            assert register.offset % (register.bits // 8) == 0
            assert register.offset + register.bits // 8 <= one.size, (one.name, register.name)
            assert register.reset is None or register.reset < 1 << register.bits


def _nested(one: Field, other: Field) -> bool:
    return one.mask & other.mask in (one.mask, other.mask)


def _clashes(register: Register) -> list[tuple[str, str]]:
    pairs = itertools.combinations(register.fields, 2)
    return [(one.name, other.name) for one, other in pairs if one.mask & other.mask and not _nested(one, other)]


def test_fields_fit_and_do_not_overlap() -> None:
    for member in MEMBERS:
        for peripheral in part(member).peripherals.values():
            for register in peripheral.registers:
                assert all(one.lsb + one.width <= register.bits for one in register.fields), register
                if not MODES.fullmatch(register.name):
                    assert _clashes(register) == [], (peripheral.name, register.name)


def test_every_macro_of_a_field_is_its_own() -> None:
    for macro, places in part("417").fields.items():
        kinds = {(register.name, one.name) for _, register, one in places}
        assert len({name for _, name in kinds}) == 1, macro


@pytest.mark.parametrize("member", MEMBERS)
def test_each_clock_bit_is_a_field_of_rcc(member: str) -> None:
    found = part(member)
    rcc = found.peripheral("RCC")
    assert rcc is not None
    enabled = [one for one in found.peripherals.values() if one.enable]
    for one in enabled:
        for bit in filter(None, (one.enable, one.reset)):
            register = rcc.register(bit.register)
            assert register is not None
            field = register.field(bit.macro.removeprefix(f"RCC_{bit.register}_"))
            assert field == Field(field.name if field else "", bit.bit, 1, "rw")
            assert bit.register.startswith(one.bus)
    with_a_bit_of_their_own = {one.enable for one in enabled}
    assert len(with_a_bit_of_their_own) == {"405": 52, "407": 54, "415": 54, "417": 56}[member]


def test_the_members_differ_in_what_they_have() -> None:
    has = {member: {"ETH", "DCMI", "CRYP", "HASH"} & set(part(member).peripherals) for member in MEMBERS}
    assert has == {
        "405": set(),
        "407": {"ETH", "DCMI"},
        "415": {"CRYP", "HASH"},
        "417": {"ETH", "DCMI", "CRYP", "HASH"},
    }
    rcc = part("405").peripheral("RCC")
    register = rcc.register("AHB1ENR") if rcc else None
    assert register is not None
    assert register.field("ETHMACEN") is None
    assert part("407").interrupt("ETH_IRQHandler") is not None
    assert part("405").interrupt("ETH_IRQHandler") is None


@pytest.mark.parametrize("member", MEMBERS)
def test_the_vector_table(member: str) -> None:
    found = part(member)
    numbers = [one.number for one in found.interrupts]
    assert numbers == sorted(set(numbers))
    assert {one.handler for one in found.interrupts} == found.handlers
    assert len(found.handlers) == {"405": 88, "407": 91, "415": 89, "417": 92}[member]
    assert all(name.endswith(("_Handler", "_IRQHandler")) for name in found.handlers)
    raised = {name for one in found.peripherals.values() for name in one.interrupts}
    assert raised <= {one.name for one in found.interrupts}
    assert {one.name for one in found.interrupts if one.number >= 0} <= raised


def test_an_interrupt_by_any_of_its_names() -> None:
    for name in ("TIM8_BRK_TIM12", "TIM8_BRK_TIM12_IRQn", "TIM8_BRK_TIM12_IRQHandler"):
        found = part().interrupt(name)
        assert found is not None
        assert (found.number, found.vector, found.offset) == (43, 59, 0xEC)
    systick = part().interrupt("SysTick_Handler")
    assert systick is not None
    assert (systick.number, systick.offset) == (-1, 0x3C)
    assert [one.name for name in ("HASH_RNG_IRQn", "RNG_IRQn") if (one := part().interrupt(name))] == ["RNG", "RNG"]
    assert part().interrupt("TIM2_IRQHandlr") is None


def test_alternate_functions() -> None:
    found = part().alternates
    assert dict(found["PB14"])[9] == "TIM12_CH1"
    assert dict(found["PA2"])[7] == "USART2_TX"
    assert len(found) == 140
    assert all(0 <= af <= 15 for functions in found.values() for af, _ in functions)
    # One peripheral has one number on every pin, save where the manual itself has two.
    numbers: dict[str, set[int]] = {}
    for functions in found.values():
        for af, signals in functions:
            for signal in signals.split("/"):
                numbers.setdefault(signal.partition("_")[0], set()).add(af)
    several = {name for name, of in numbers.items() if len(of) > 1}
    assert several <= {"OTG", "I2S2ext", "I2S3ext", "SPI3", "I2S3"}, several


def test_clocks() -> None:
    clocks = part().clocks
    assert [clocks.wait_states(mhz * 1_000_000) for mhz in (16, 30, 31, 90, 168)] == [0, 0, 1, 2, 5]
    assert clocks.wait_states(169_000_000) is None
    assert (clocks.sysclk_max, clocks.apb1_max, clocks.apb2_max) == (168_000_000, 42_000_000, 84_000_000)
    assert clocks.pll_p == (2, 4, 6, 8)


def test_memories() -> None:
    found = {one.name: one for one in part().regions}
    assert found["CCM"].kind == "ccm"
    assert not found["CCM"].dma
    assert sum(one.size for one in found.values() if one.kind == "ram") == 128 << 10
    ends = sorted((one.origin, one.origin + one.size) for one in found.values())
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(ends))
    assert part().region(0x2001FFFF) == found["SRAM2"]
    assert part().region(0x20020000) is None


def test_addresses_between_and_beside_registers() -> None:
    found = part()
    inner = found.at(0x400264B8 + 2)
    assert inner is not None
    assert inner[0].name == "DMA2_Stream7"
    gap = found.at(0x40020400 + 0x40)
    assert gap is not None
    assert (gap[0].name, gap[1]) == ("GPIOB", None)
    assert found.at(0x40003) is None
    assert found.at(0x5FFFFFFF) is None


def test_older_spellings_lead_to_a_field() -> None:
    found = part("417")
    assert set(found.spellings.values()) <= set(found.fields)
    assert not set(found.spellings) & set(found.fields)


def test_loading_is_quick() -> None:
    own_part.cache_clear()
    own_part("stm32f4", "407")  # the tables of the family are parsed once
    own_part.cache_clear()
    started = time.process_time()
    assert find("STM32F407VG") is not None
    assert time.process_time() - started < 0.1
