"""What the core's fault status registers say, in words. Pure."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from signoff.verifiers.mcu.parts.part import CORE_VECTORS, Part

# HFSR: the vector could not be read; a breakpoint without a debugger (DDI 0403E, B3.2.16).
VECTOR_READ, DEBUG_EVENT = 1 << 1, 1 << 31
EXCEPTIONS = {
    2: "NMI",
    3: "HardFault",
    4: "MemManage",
    5: "BusFault",
    6: "UsageFault",
    11: "SVCall",
    12: "DebugMonitor",
    14: "PendSV",
    15: "SysTick",
}
LAST_FAULT = 6
# "bkpt 0xab": how C libraries ask a debugger for files and output.
SEMIHOSTING = 0xBEAB
# Reads of the status register's reset value, and of what was cleared, say nothing.
UNKNOWN = "the core does not say why"


@dataclass(frozen=True, slots=True)
class Status:
    """The fault status registers. Names as in the architecture."""

    cfsr: int = 0
    hfsr: int = 0
    mmfar: int = 0
    bfar: int = 0


@dataclass(frozen=True, slots=True)
class Cause:
    """The kind of fault ("BusFault"), what happened, and the address that was accessed where the core knows it."""

    kind: str
    text: str
    address: int | None = None


@cache
def _table() -> dict[str, Any]:
    text = resources.files(__package__).joinpath("fault_status.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def register(name: str) -> int:
    """The address of a fault status register."""
    return int(_table()["registers"][name])


def cause(exception: int, status: Status, instruction: int = 0) -> Cause:
    """Why exception number `exception` was taken; `instruction` is the halfword at the stacked PC."""
    kind = EXCEPTIONS.get(exception, f"exception {exception}")
    if instruction == SEMIHOSTING:
        return Cause(kind, "a semihosting call (bkpt 0xab): it asks a debugger for files or output, which is off here")
    for entry in _table()["cause"]:
        if status.cfsr >> int(entry["bit"]) & 1:
            address = _address(entry, status)
            where = "an address the core does not tell" if address is None else f"0x{address:08x}"
            return Cause(str(entry["kind"]), str(entry["text"]).format(address=where), address)
    if status.hfsr & VECTOR_READ:
        return Cause(kind, "an entry of the vector table could not be read")
    if status.hfsr & DEBUG_EVENT:
        return Cause(kind, "a breakpoint instruction, and no debugger is there")
    return Cause(kind, UNKNOWN)


def missing_handler(exception: int, part: Part | None) -> str:
    """What happened when an exception came that the firmware has no handler of its own for."""
    number = exception - CORE_VECTORS
    found = next((one for one in part.interrupts if one.number == number), None) if part else None
    name = EXCEPTIONS.get(exception, found.name if found else "")
    what = name if number < 0 else f"interrupt {number}{f' ({name})' if name else ''}"
    handler = found.handler if found else "its handler"
    return f"{what} came, and {handler} is written nowhere: the program hangs"


def overflowed(found: Cause, pointer: int) -> Cause:
    """The cause where the stack pointer lies outside of memory."""
    return Cause(found.kind, f"the stack pointer is 0x{pointer:08x}, outside of memory: the stack has overflowed")


def _address(entry: dict[str, Any], status: Status) -> int | None:
    if "address" not in entry or not status.cfsr >> int(entry["valid"]) & 1:
        return None
    return status.bfar if entry["address"] == "BFAR" else status.mmfar
