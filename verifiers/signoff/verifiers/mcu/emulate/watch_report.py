"""What the worker of the watching run answers: plain data, so that the server need not import Unicorn to read it."""

from __future__ import annotations

from dataclasses import dataclass

from signoff.verifiers.mcu.emulate.watch import Access


@dataclass(frozen=True, slots=True)
class Step:
    """What a step gave: (port, bytes) in their order, and how the run ended ("": it goes on)."""

    output: tuple[tuple[str, bytes], ...] = ()
    ended: str = ""


@dataclass(frozen=True, slots=True)
class Met:
    """One thing that went wrong, with the calls that led there (code addresses, innermost first)."""

    kind: str
    text: str
    chain: tuple[int, ...] = ()
    exception: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """What the run met: accesses to peripherals without clock, with their chains; trouble; where it was at the end.

    `waits_for` is the address of a register that the program asked again and again at the end; 0: none. `external` is
    where memory outside of the chip was first used; 0: it was not.
    """

    accesses: tuple[tuple[Access, tuple[int, ...]], ...] = ()
    trouble: tuple[Met, ...] = ()
    where: tuple[int, ...] = ()
    waits_for: int = 0
    external: int = 0
    instructions: int = 0
