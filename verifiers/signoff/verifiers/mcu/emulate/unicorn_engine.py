"""The watching run in its worker process, beside machine.py: Unicorn is GPL-2 and stays in a process of its own.

Called in steps, so that output is shown as it comes and a cancelled run ends at once.
"""

from __future__ import annotations

import time

from signoff.verifiers.mcu.emulate.calls import return_addresses
from signoff.verifiers.mcu.emulate.elf_image import ElfImage
from signoff.verifiers.mcu.emulate.emulation import STEADY
from signoff.verifiers.mcu.emulate.machine import Machine
from signoff.verifiers.mcu.emulate.watch_report import Met, Report, Step
from signoff.verifiers.mcu.parts.part import Part

SP, LR, PC = 13, 14, 15
# A run that has used no further register for so long will use none.
STEADY_SECONDS = 2.0
# A register that this share of all accesses of a step went to is what the program waits for.
WAITING_SHARE, WAITING_READS = 0.9, 10_000


class UnicornEngine:
    """The engine class of workers.py: load(), then step() until it says how it ended, then report()."""

    def __init__(self) -> None:
        self._machine: Machine | None = None
        self._known = 0
        self._since = 0.0
        self._before: dict[int, int] = {}
        self._waits_for = 0

    def load(self, image: ElfImage, part: Part) -> None:
        """Put an image into a part, at its reset."""
        self._machine = Machine(image, part)
        self._since = time.monotonic()

    def step(self, seconds: float) -> Step:
        """Run for so long."""
        machine = self._loaded()
        machine.run(time.monotonic() + seconds)
        output, machine.output = machine.output, []
        return Step(_joined(output), machine.ended or self._steady(machine))

    def report(self) -> Report:
        """What the run met."""
        machine = self._loaded()
        image = machine.image
        accesses = tuple(
            (access, _chain(image, access.registers, access.stack)) for access in machine.bus.watch.accesses()
        )
        trouble = tuple(
            Met(
                met.kind,
                met.text,
                (met.place,) if met.place else _chain(image, met.registers, met.stack),
                met.exception,
            )
            for met in machine.trouble
        )
        where = _chain(image, machine.registers(), machine.stack())
        return Report(accesses, trouble, where, self._waits_for, machine.external, machine.cycles)

    def _steady(self, machine: Machine) -> str:
        used, now = machine.bus.used, time.monotonic()
        fresh = {address: count - self._before.get(address, 0) for address, count in used.items()}
        self._before = dict(used)
        busiest = max(fresh, key=lambda address: fresh[address], default=0)
        share = fresh.get(busiest, 0)
        waiting = share > max(WAITING_READS, WAITING_SHARE * sum(fresh.values()))
        self._waits_for = busiest if waiting else 0
        if len(used) != self._known:
            self._known, self._since = len(used), now
        return STEADY if now - self._since > STEADY_SECONDS else ""

    def _loaded(self) -> Machine:
        if self._machine is None:
            raise RuntimeError("load() comes first")
        return self._machine


def _joined(output: list[tuple[str, int]]) -> tuple[tuple[str, bytes], ...]:
    """Bytes of the same port that follow each other as one."""
    joined: list[tuple[str, bytearray]] = []
    for port, byte in output:
        if not joined or joined[-1][0] != port:
            joined.append((port, bytearray()))
        joined[-1][1].append(byte)
    return tuple((port, bytes(data)) for port, data in joined)


def _chain(image: ElfImage, registers: tuple[int, ...], stack: bytes) -> tuple[int, ...]:
    if not registers:
        return ()
    place, bottom = registers[PC] & ~1, registers[SP]

    def memory(address: int, size: int) -> bytes:
        return stack[address - bottom : address - bottom + size] if address >= bottom else b""

    if image.function_at(place) is None:
        if image.function_at(registers[LR] - 2) is None:
            return ()
        place = (registers[LR] & ~1) - 2
    return (place, *return_addresses(image, (*registers[:PC], place), memory))
