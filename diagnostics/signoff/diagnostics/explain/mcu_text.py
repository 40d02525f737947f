"""Numbers and phrases that all texts on microcontrollers share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from signoff.diagnostics.explain.markdown import code
from signoff.verifiers.mcu.parts.part import Enable, Part

KIB = 1024
MHZ = 1_000_000
ENDING = re.compile(r"(?P<stem>\w*?[A-Za-z_])(?:(?P<number>\d+)|(?P<letter>[A-Z]))")
ACCESSES = {
    "rw": "read/write",
    "r": "read only",
    "w": "write only",
    "rc_w0": "cleared by writing 0",
    "rc_w1": "cleared by writing 1",
    "rc_r": "cleared by reading",
    "rs": "set by writing 1",
}


def address(value: int) -> str:
    """ "`0x40001834`" """
    return f"`0x{value:08X}`"


def size(count: int) -> str:
    """Bytes as people write them: "128 KiB", "1,300 B"."""
    return f"{count // KIB:,} KiB" if count and count % KIB == 0 else f"{count:,} B"


def frequency(hertz: int) -> str:
    """ "168 MHz", "0.95 MHz", "32 kHz" """
    if hertz % MHZ and hertz < MHZ // 10:
        return f"{hertz / 1000:g} kHz"
    return f"{hertz / MHZ:g} MHz"


def access(kind: str) -> str:
    """An access in words; "" where it is not known."""
    return ACCESSES.get(kind, kind)


def joined(parts: Iterable[str], by: str = " · ") -> str:
    """The parts that are not empty."""
    return by.join(part for part in parts if part)


def paragraphs(*parts: str) -> str:
    """Markdown paragraphs, empty ones left out."""
    return "\n\n".join(part for part in parts if part)


def runs(names: Sequence[str]) -> str:
    """Names that differ in a number or letter at their end: "TIM1 to TIM5, TIM8"; others one by one."""
    told: list[list[str]] = []
    for name in sorted(names, key=_in_order):
        if told and _follows(told[-1][-1], name):
            told[-1].append(name)
        else:
            told.append([name])
    return ", ".join(f"{run[0]} to {run[-1]}" if len(run) > 2 else ", ".join(run) for run in told)


def _in_order(name: str) -> tuple[str, int]:
    match = ENDING.fullmatch(name)
    if match is None:
        return name, 0
    return match["stem"], int(match["number"]) if match["number"] else ord(match["letter"])


def _follows(one: str, other: str) -> bool:
    (stem, number), (other_stem, other_number) = _in_order(one), _in_order(other)
    return stem == other_stem and other_number == number + 1


def bit_text(enable: Enable) -> str:
    """ "`RCC->APB1ENR` bit 6 (`RCC_APB1ENR_TIM12EN`)" """
    return f"{code(f'RCC->{enable.register}')} bit {enable.bit} ({code(enable.macro)})"


def source(part: Part) -> str:
    """Which part the numbers are of, and who says so."""
    return f"*{part.name}: {part.source}*" if part.source else f"*{part.name}*"


def levels(bits: int) -> int:
    """How many priority levels so many bits make."""
    return int(2**bits)
