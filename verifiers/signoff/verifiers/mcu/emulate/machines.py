"""What is known of QEMU's machines; see machines.toml."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

TIMER = re.compile(r"timer\[(\d+)\]")
UNKNOWN_PORTS = ("serial 0", "serial 1", "serial 2", "serial 3")


@dataclass(frozen=True, slots=True)
class QemuMachine:
    """One machine: its chip ("" where nothing is known of it), the parts that it stands for, its serial ports."""

    chip: str = ""
    near: tuple[str, ...] = ()
    serials: tuple[str, ...] = UNKNOWN_PORTS


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath("machines.toml").read_text(encoding="utf-8"))


def machine(name: str) -> QemuMachine:
    """The machine of that name."""
    entry = _table().get(name)
    if not isinstance(entry, dict) or "chip" not in entry:
        return QemuMachine()
    return QemuMachine(entry["chip"], tuple(entry["near"]), tuple(entry["serials"]))


def priorities() -> tuple[int, int]:
    """(address of the first interrupt's priority, the bits of it that the part has)."""
    entry = _table()["priorities"]
    return int(entry["first_register"]), 0xFF << 8 - int(entry["bits"]) & 0xFF


def lacking(address: int) -> str:
    """What a part may have at an address where QEMU's machines have nothing; "" where no part has anything."""
    for one in _table()["lacks"]:
        if one["origin"] <= address < one["origin"] + one["size"]:
            return str(one["name"])
    return ""


def device(name: str) -> str:
    """The manual's name of a device that QEMU's log names."""
    timer = TIMER.fullmatch(name)
    return f"TIM{timer[1]}" if timer else str(_table()["devices"].get(name, name))
