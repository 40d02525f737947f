"""From what cmsis-svd read to a Part."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from signoff.verifiers.mcu.parts.part import Enable, Field, Interrupt, Part, Peripheral, Register

ACCESS = {
    "read-write": "rw",
    "read-only": "r",
    "write-only": "w",
    "writeOnce": "w",
    "read-writeOnce": "rw",
}
# What writing does to a field where it is not simply stored.
MODIFIED = {"oneToClear": "rc_w1", "zeroToClear": "rc_w0", "oneToSet": "rs", "zeroToSet": "rs"}
# The registers of ST's clock controller that let a peripheral's clock run: AHB1ENR, APB1LENR, IOPENR, APB1ENR1.
ENABLES = re.compile(r"(?P<bus>(?:AHB|APB|IOP)\d*)[LH]?ENR\d*")
TEXT_LIMIT = 240
RESERVED = re.compile(r"\s*reserved\w*\s*", re.IGNORECASE)
TRAILING = re.compile(r"\d+$")


def convert(device: Any, source: str) -> Part:
    """The part that a parsed device is; `source` names the file."""
    peripherals = [_peripheral(one) for one in device.get_peripherals()]
    clocked = _clocked(peripherals)
    bits = getattr(device.cpu, "nvic_prio_bits", None) if device.cpu else None
    return Part(
        device.name or source,
        source=source,
        core=_core(device.cpu),
        priority_bits=bits or None,
        peripherals={one.name: one for one in clocked},
        interrupts=tuple(_interrupts(device.get_peripherals())),
    )


def _core(cpu: Any) -> str:
    """ "CM4" as "Cortex-M4"; "" where the file says nothing."""
    name = str(getattr(getattr(cpu, "name", None), "value", "") or "")
    return re.sub(r"^CM(\d)", r"Cortex-M\1", name) if name.startswith("CM") else ""


def _peripheral(of: Any) -> Peripheral:
    registers = tuple(sorted(map(_register, of.get_registers()), key=lambda one: one.offset))
    blocks = [block.offset + block.size for block in of.address_blocks or () if block.size]
    ends = [one.offset + one.bits // 8 for one in registers]
    raised = dict.fromkeys(_bare(one.name) for one in of.interrupts or () if one.name)
    group = of.group_name or TRAILING.sub("", of.name)
    return Peripheral(
        of.name,
        of.base_address,
        max((*blocks, *ends), default=0),
        group,
        registers=registers,
        interrupts=tuple(raised),
        text=_text(of.description),
    )


def _register(of: Any) -> Register:
    fields = sorted(filter(None, map(_field, of.get_fields())), key=lambda one: one.lsb)
    access = _access(of)
    width = of.size or 32
    return Register(
        of.name, of.address_offset, width, of.reset_value, access, tuple(fields), text=_text(of.description)
    )


def _field(of: Any) -> Field | None:
    if of.bit_offset is None or not of.bit_width or RESERVED.fullmatch(of.name or ""):
        return None
    return Field(of.name, of.bit_offset, of.bit_width, _access(of), _text(of.description))


def _access(of: Any) -> str:
    modified = getattr(of.modified_write_values, "value", None)
    if modified in MODIFIED:
        return MODIFIED[modified]
    if getattr(of.read_action, "value", None) == "clear":
        return "rc_r"
    return ACCESS.get(getattr(of.access, "value", ""), "")


def _text(description: str | None) -> str:
    return " ".join((description or "").split())[:TEXT_LIMIT]


def _bare(name: str) -> str:
    """Vendors end names in different ways: DCMI_IRQ, TIM2_IRQn, TIM2."""
    return re.sub(r"_(?:IRQn|IRQ|IRQHandler|Interrupt)$", "", name)


def _interrupts(peripherals: Iterable[Any]) -> Iterator[Interrupt]:
    """Each number once, ascending; the names of handlers are nowhere in an SVD file."""
    found: dict[int, list[Any]] = {}
    for peripheral in peripherals:
        for one in peripheral.interrupts or ():
            if one.name and one.value is not None:
                found.setdefault(one.value, []).append(one)
    for number, same in sorted(found.items()):
        names = tuple(dict.fromkeys(_bare(one.name) for one in same))
        yield Interrupt(names[0], number, "", _text(same[0].description), names[1:])


def _clocked(peripherals: list[Peripheral]) -> list[Peripheral]:
    """With the bits of ST's clock controller: only where one bit alone has just the peripheral's name."""
    bits: dict[str, list[Enable]] = {}
    for controller in (one for one in peripherals if one.name == "RCC"):
        for register in controller.registers:
            if bus := ENABLES.fullmatch(register.name):
                for field in register.fields:
                    macro = f"RCC_{register.name}_{field.name}"
                    bits.setdefault(field.name, []).append(Enable(register.name, field.lsb, macro, bus["bus"]))
    single = {name: found[0] for name, found in bits.items() if len(found) == 1}
    return [_with_enable(one, single.get(f"{one.name}EN")) for one in peripherals]


def _with_enable(peripheral: Peripheral, enable: Enable | None) -> Peripheral:
    return replace(peripheral, enable=enable, bus=enable.bus) if enable else peripheral
