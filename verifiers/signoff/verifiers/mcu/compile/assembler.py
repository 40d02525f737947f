"""The assembler complains about lines of its own input; gcc's listing tells which inline assembly they come from."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from signoff.verifiers.mcu.compile.gcc_messages import Diagnostic, Place

# In front of inline assembly gcc writes "@ 26 "main.c" 1", behind it "@ 0 "" 2" (Arm's comment sign is @).
MARK = re.compile(r'^@ (\d+) "((?:[^"\\]|\\.)*)" [12]\s*$')


def in_source(complaints: Iterable[Diagnostic], listing: str, source: str) -> tuple[Diagnostic, ...]:
    """The complaints at the asm statements they come from; those of code that gcc itself wrote are left out."""
    lines = listing.split("\n")
    found = []
    for one in complaints:
        at = _mark(lines, one.places[0].line - 1)
        if at is not None:
            found.append(
                replace(one, message=f"{one.message} (assembler)", places=(replace(at, file=at.file or source),))
            )
    return tuple(found)


def _mark(lines: list[str], number: int) -> Place | None:
    """The mark that a line of the listing is below: None where that ends a statement, or there is none."""
    for place in range(min(number, len(lines) - 1), -1, -1):
        match = MARK.match(lines[place])
        if match:
            inside = int(match[1])
            return Place(match[2].replace("\\\\", "\\"), inside, 0) if inside else None
    return None
