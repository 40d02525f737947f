"""What the sources of STM32 firmware spell in their own way (vocabulary.toml), ready for use."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

# The most bits that a name's value may shift: pins have 16, registers 32.
WORD_BITS = 32


@dataclass(frozen=True, slots=True)
class RegisterMacro:
    """A macro that accesses a register: its operator, and which argument is what (-1: it has none)."""

    operator: str
    register: int
    value: int = -1
    mask: int = -1


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """vocabulary.toml with its patterns compiled; see there."""

    qualifiers: frozenset[str]
    constants: frozenset[str]
    weak: frozenset[str]
    blanked: frozenset[str]
    calls: frozenset[str]
    vendor_headers: re.Pattern[str]
    device_header: re.Pattern[str]
    device_bytes: int
    own_header: re.Pattern[str]
    library_units: re.Pattern[str]
    own_unit: re.Pattern[str]
    archives: re.Pattern[str]
    peripherals: re.Pattern[str]
    flat_registers: re.Pattern[str]
    register_macros: dict[str, RegisterMacro]
    kept: re.Pattern[str]
    values: tuple[tuple[re.Pattern[str], str], ...]


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary; read once a process."""
    data = tomllib.loads(files(__package__).joinpath("vocabulary.toml").read_text("utf-8"))
    blanked, headers, units = data["blanked"], data["vendor_headers"], data["library_units"]
    names = data["peripherals"]["names"]
    return Vocabulary(
        qualifiers=frozenset(blanked["qualifiers"]),
        constants=frozenset(blanked["constants"]),
        weak=frozenset(blanked["weak"]),
        blanked=frozenset(word for group in ("qualifiers", "constants", "weak", "others") for word in blanked[group]),
        calls=frozenset(blanked["calls"]),
        vendor_headers=_path_pattern(headers["names"]),
        device_header=_path_pattern([headers["device"]]),
        device_bytes=headers["device_bytes"],
        own_header=_path_pattern([headers["own"]]),
        library_units=_path_pattern(units["names"]),
        own_unit=_path_pattern([units["own"]]),
        archives=re.compile(data["archives"]["known"]),
        peripherals=re.compile(names),
        flat_registers=re.compile(rf"({names})_({'|'.join(data['peripherals']['registers'])})"),
        register_macros={name: _register_macro(row) for name, row in data["register_macros"].items()},
        kept=re.compile("|".join((names, *data["kept"]["names"]))),
        values=tuple((re.compile(one["pattern"]), one["kind"]) for one in data["values"]),
    )


def is_library_unit(path: str) -> bool:
    """Whether a unit is a vendor's, by its name: it is not analysed."""
    words, path = vocabulary(), path.replace("\\", "/")
    return bool(words.library_units.search(path)) and not words.own_unit.search(path)


def is_vendor_header(path: str, size: int) -> bool:
    """Whether a header is a vendor's, by its name and size in bytes: it is not read."""
    words, path = vocabulary(), path.replace("\\", "/")
    if words.own_header.search(path):
        return False
    if words.device_header.search(path):
        return size > words.device_bytes
    return bool(words.vendor_headers.search(path))


@lru_cache(maxsize=8192)
def is_peripheral(name: str) -> bool:
    """Whether a name is that of a peripheral of some STM32."""
    return vocabulary().peripherals.fullmatch(name) is not None


@lru_cache(maxsize=8192)
def is_kept(name: str) -> bool:
    """Whether a name stays as it is when macros are expanded."""
    return vocabulary().kept.fullmatch(name) is not None


@lru_cache(maxsize=8192)
def known_value(name: str) -> int | None:
    """The value that a vendor's name has in every header."""
    for pattern, kind in vocabulary().values:
        match = pattern.fullmatch(name)
        if match and int(match[1]) < WORD_BITS * WORD_BITS:
            number = int(match[1])
            return number if kind == "number" else 1 << number if number < WORD_BITS else None
    return None


def _path_pattern(names: list[str]) -> re.Pattern[str]:
    return re.compile(rf"(?:^|/)(?:{'|'.join(names)})$")


def _register_macro(row: list[Any]) -> RegisterMacro:
    return RegisterMacro(*row)
