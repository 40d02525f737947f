"""PlatformIO's boards: which part a board has, by its description where that is installed, else by its name."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from glob import glob

from signoff.verifiers.compile_flags import split
from signoff.verifiers.mcu.build.cores import cpu_of, fpu_of
from signoff.verifiers.mcu.build.reading import Unreadable, read_text

LIMIT = 1024 * 1024
# As ST's and most makers' boards are named: nucleo_f401re, disco_f407vg, genericSTM32F407VGT6, blackpill_f411ce.
_IN_NAME = re.compile(r"(?:^|_|stm32)((?:[fghlu]|wb|wl)\d{1,2}\d?[a-z\d]{2,4})(?:_|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Board:
    """What is known of a board: its part, gcc's names of the core and its floating-point unit, and its own flags.

    `origin` is the file that told it, "" where the name did.
    """

    part: str = ""
    cpu: str = ""
    fpu: str = ""
    flags: tuple[str, ...] = ()
    origin: str = ""


def find_board(project: str, name: str, mcu: str = "") -> Board:
    """What is known of a board; `mcu` is the part that the project sets in place of the board's own."""
    name = name.strip()
    for path in _descriptions(project, name) if re.fullmatch(r"[\w.-]+", name) else ():
        board = _described(path, mcu)
        if board is not None:
            return board
    match = _IN_NAME.search(name)
    part = mcu or (f"stm32{match[1].lower()}" if match else "")
    return Board(part, cpu_of(part), fpu_of(part))


def _descriptions(project: str, name: str) -> Iterator[str]:
    """Where a board's description may lie: in the project, or in PlatformIO's own folder."""
    core = os.environ.get("PLATFORMIO_CORE_DIR") or os.path.join(os.path.expanduser("~"), ".platformio")
    yield os.path.join(project, "boards", f"{name}.json")
    yield os.path.join(core, "boards", f"{name}.json")
    yield from sorted(glob(os.path.join(core, "platforms", "*", "boards", f"{name}.json")))


def _described(path: str, mcu: str) -> Board | None:
    try:
        data = json.loads(read_text(path, LIMIT))
        build = data["build"]
        part = mcu or str(build["mcu"])
        flags = build.get("extra_flags", "")
        words = split(flags) if isinstance(flags, str) else [str(one) for one in flags]
        cpu = str(build.get("cpu", "")) or cpu_of(part)
    except (Unreadable, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return Board(part, cpu if cpu.startswith("cortex-m") else "", fpu_of(part), tuple(words), path)
