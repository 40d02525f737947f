"""Whether a command line compiles for an Arm microcontroller: by its compiler's name, else by what it is told."""

from __future__ import annotations

import re
from collections.abc import Sequence

# Compilers whose own dialect gcc knows: what they accept, it accepts.
_GNU = re.compile(r"(?:arm-(?:none|zephyr|\w*)-?eabi\w*-)(?:gcc|g\+\+|c\+\+|cpp|clang|as)(?:-[\d.]+)?")
# Those of Arm (armclang, armcc) and of IAR have words of their own.
_FOREIGN = re.compile(r"armclang|armcc|armcpp|iccarm")
_CORTEX_M = re.compile(r"-m(?:cpu|tune)=cortex-m\w+(?:\+\w+)*|-march=armv(?:6s?-m|7e?-?m|8(?:\.\d)?-m)[\w.+]*|-mthumb")
# What runs under an operating system is none, though it may well be Thumb code.
_HOSTED = re.compile(r"linux|android|darwin|win32|mingw")
_TARGET = re.compile(r"(?:thumb\w*|arm\w*)-(?:none|unknown|arm|\w+)-(?:none-)?eabi\w*")
# What a file must hold to be worth parsing: one word of any of the above.
HINTS = re.compile(rb"-eabi|cortex-m|-mthumb|armclang|armcc|iccarm|armv[678][a-z.-]*m\b", re.IGNORECASE)


def program(compiler: str) -> str:
    """The compiler's name without its folder and ".exe", in small letters."""
    return re.split(r"[/\\]", compiler)[-1].lower().removesuffix(".exe")


def is_firmware(compiler: str, arguments: Sequence[str]) -> bool:
    """Whether a command compiles for an Arm microcontroller."""
    name = program(compiler)
    if _GNU.fullmatch(name) or _FOREIGN.fullmatch(name):
        return True
    if _HOSTED.search(name):
        return False
    return any(_CORTEX_M.fullmatch(word) for word in arguments) or _is_target(arguments)


def names_core(flags: Sequence[str]) -> bool:
    """Whether flags say for which core to compile: without, gcc compiles for one of the nineties."""
    return any(word.startswith(("-mcpu=", "-march=")) or word == "-mthumb" for word in flags) or _is_target(flags)


def is_foreign(compiler: str) -> bool:
    """Whether a compiler speaks a dialect that gcc does not."""
    return _FOREIGN.fullmatch(program(compiler)) is not None


def _is_target(arguments: Sequence[str]) -> bool:
    """clang --target=thumbv7em-none-eabi, also as two words."""
    for place, word in enumerate(arguments):
        name, equals, value = word.partition("=")
        if name in ("--target", "-target"):
            value = value if equals else (arguments[place + 1] if place + 1 < len(arguments) else "")
            if _TARGET.fullmatch(value.lower()):
                return True
    return False
