"""Where the linker script puts an input section: as much of the script as that takes."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from functools import lru_cache

from signoff.verifiers.mcu.source.values import constant

COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
MEMORY = re.compile(r"\bMEMORY\s*\{(.*?)\}", re.DOTALL)
REGION = re.compile(r"(\w+)\s*(?:\([^)]*\))?\s*:\s*(?:ORIGIN|org|o)\s*=\s*([^,]+),", re.IGNORECASE)
OUTPUT = re.compile(r"([.\w]+)\s*(?:\(\w*\))?\s*:[^{};]*\{([^{}]*)\}\s*>\s*(\w+)", re.DOTALL)
INPUT = re.compile(r"\*?[\w.*]*\(\s*([^()]*(?:SORT\([^)]*\)[^()]*)*)\)")


@lru_cache(maxsize=64)
def _layout(script: str) -> tuple[tuple[tuple[str, ...], int], ...]:
    """(patterns of input sections, address of their region) of each output section."""
    text = COMMENT.sub(" ", script)
    memory = MEMORY.search(text)
    origins: dict[str, int] = {}
    for match in REGION.finditer(memory[1]) if memory else ():
        origin = constant(match[2].strip(), lambda name: None)
        if origin is not None:
            origins[match[1]] = origin
    return tuple(
        (tuple(word for one in INPUT.findall(match[2]) for word in one.replace("SORT(", " ").split()), origin)
        for match in OUTPUT.finditer(text)
        if (origin := origins.get(match[3])) is not None
    )


def address_of(section: str, scripts: tuple[str, ...]) -> int | None:
    """The beginning of the memory region that the scripts put an input section into; None where they do not say."""
    for script in scripts:
        for patterns, origin in _layout(script):
            if any(fnmatchcase(section, pattern) for pattern in patterns):
                return origin
    return None
