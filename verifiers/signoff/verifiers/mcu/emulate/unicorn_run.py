"""Runs a linked image in Unicorn, which watches every access to a peripheral: is its clock on?

Unicorn is GPL-2 and comes with the extra `mcu`; it is only ever imported in a worker process.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

from signoff.verifiers.extras import install
from signoff.verifiers.finding import Category, Finding, Severity
from signoff.verifiers.mcu.emulate.elf_image import ElfImage
from signoff.verifiers.mcu.emulate.emulation import (
    FAULT,
    OUTPUT_LIMIT,
    TIME_LIMIT,
    UNICORN,
    Emulation,
    Fault,
    Frame,
    not_run,
)
from signoff.verifiers.mcu.emulate.fault_status import missing_handler
from signoff.verifiers.mcu.emulate.frames import frames_of
from signoff.verifiers.mcu.emulate.places import Places, chain_frames, fault, finding, finding_of
from signoff.verifiers.mcu.emulate.uart_text import UartText
from signoff.verifiers.mcu.emulate.watch import Access
from signoff.verifiers.mcu.emulate.watch_report import Met, Report, Step
from signoff.verifiers.mcu.parts import library
from signoff.verifiers.mcu.parts.part import Part, Region
from signoff.verifiers.project import Project
from signoff.verifiers.workers import Engine, EngineError, EngineMissing, WorkerCrashed, WorkerPool, WorkerTimeout

CODE = "UnclockedPeripheral"
ENGINE_TARGET = "signoff.verifiers.mcu.emulate.unicorn_engine:UnicornEngine"
STEP_SECONDS = 0.1
# A step is short; this is for a machine that is busy with something else, and for an engine that hangs.
ANSWER_SECONDS = 30.0
CATEGORIES = {
    "MissingHandler": Category.VECTOR_TABLE,
    "PendingFlag": Category.INTERRUPT,
    "BusFault": Category.MEMORY_REGION,
    "WriteToFlash": Category.MEMORY_REGION,
}


async def run_unicorn(
    image: ElfImage,
    project: Project,
    addr2line: str,
    on_output: Callable[[str], None],
    memory: Sequence[tuple[str, int, int]] = (),
) -> Emulation:
    """Run an image until it ends, faults, does nothing new, or the time is over. Cancelling ends the process.

    `memory` are the linker's regions, for parts of which only a file of registers is known.
    """
    settings = project.settings
    part = await asyncio.to_thread(library.for_project, project)
    if part is None:
        return not_run(UNICORN, "nothing is known of the part: set mcu.part (STM32F405/407/415/417) or mcu.svd")
    if find_spec("unicorn") is None:
        return not_run(UNICORN, f"Unicorn is not installed: {install('mcu')}")
    pool = WorkerPool()
    text = UartText(on_output)
    start = time.monotonic()
    try:
        call = _Caller(pool, Engine(ENGINE_TARGET, memory_limit_mb=settings.memory_limit_mb))
        await call("load", image, with_memory(part, memory, image.table))
        ended, first = await _steps(call, text, settings.emulator.seconds)
        report: Report = await call("report")
    except EngineMissing as error:
        return not_run(UNICORN, f"{_last_line(error)}: {install('mcu')}")
    except (EngineError, WorkerCrashed, WorkerTimeout) as error:
        return not_run(UNICORN, f"the run failed: {_last_line(error)}")
    finally:
        await pool.close()
    chains = [chain for _, chain in report.accesses] + [met.chain for met in report.trouble] + [report.where]
    places = await frames_of(addr2line, image.path, {address for chain in chains for address in chain})
    accesses = [_finding(access, chain_frames(chain, places), project) for access, chain in report.accesses]
    faults = tuple(_fault(met, places, project, part) for met in report.trouble)
    severity = Severity.WARNING if report.external else Severity.ERROR
    found = [finding_of(one, UNICORN, project, CATEGORIES.get(one.kind, Category.OTHER), severity) for one in faults]
    return Emulation(
        UNICORN,
        text.finish(),
        faults,
        _distinct(one for one in (*accesses, *found) if one is not None),
        ended,
        time.monotonic() - start,
        tuple(_notes(report, ended, places, part)),
        first_output=first,
    )


def with_memory(part: Part, memory: Sequence[tuple[str, int, int]], table: int) -> Part:
    """The part with the linker's memory where its facts tell of none: what holds the vector table is flash."""
    if any(region.kind == "flash" for region in part.regions):
        return part
    found = (Region(name, origin, size) for name, origin, size in memory)
    regions = tuple(replace(one, kind="flash") if one.holds(table) else one for one in found)
    return replace(part, regions=(*part.regions, *regions))


class _Caller:
    def __init__(self, pool: WorkerPool, engine: Engine) -> None:
        self._pool, self._engine = pool, engine

    async def __call__(self, method: str, *arguments: object) -> Any:
        return await self._pool.call(self._engine, UNICORN, method, *arguments, timeout=ANSWER_SECONDS)


async def _steps(call: _Caller, text: UartText, seconds: float) -> tuple[str, float | None]:
    start = time.monotonic()
    first = None
    while True:
        step: Step = await call("step", STEP_SECONDS)
        for port, data in step.output:
            text.feed(port, data)
        now = time.monotonic() - start
        first = now if first is None and text.size else first
        if step.ended or text.full or now > seconds:
            return step.ended or (OUTPUT_LIMIT if text.full else TIME_LIMIT), first


def _finding(access: Access, frames: tuple[Frame, ...], project: Project) -> Finding | None:
    enable, doing = access.enable, "written" if access.write else "read"
    message = (
        f"{access.peripheral}->{access.register} is {doing} while the clock of {access.peripheral} is off: "
        f"RCC->{enable.register} bit {enable.bit} ({enable.macro}) is not set at this point of the run"
    )
    data = (
        ("peripheral", access.peripheral),
        ("register", enable.register),
        ("bit", str(enable.bit)),
        ("macro", enable.macro),
        ("bus", enable.bus),
    )
    category = Category.CLOCK_ENABLE
    # A read gives 0 and may be meant; what is written is lost.
    severity = Severity.ERROR if access.write else Severity.WARNING
    return finding(CODE, message, frames, project, tool=UNICORN, category=category, severity=severity, data=data)


def _fault(met: Met, places: Places, project: Project, part: Part) -> Fault:
    text = missing_handler(met.exception, part) if met.exception else met.text
    return fault(met.kind, text, chain_frames(met.chain, places), project)


def _distinct(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """One finding a place and peripheral: a read and a write of one statement are one fault, and the write is told."""
    kept: dict[tuple[object, ...], Finding] = {}
    for one in sorted(found, key=lambda one: one.severity):
        kept.setdefault((one.path, one.span.start_line, one.code, one.data), one)
    return tuple(kept.values())


def _notes(report: Report, ended: str, places: Places, part: Part) -> Iterator[str]:
    if report.accesses:
        yield "Peripherals whose clock is off were treated as if it were on, so that the run goes on behind them."
    if report.external:
        yield (
            f"The program used a device or memory outside of the chip (0x{report.external:08x}), in whose place this "
            "run has plain memory: what came after may go otherwise on the board."
        )
    frames = chain_frames(report.where, places)
    where = " < ".join(str(frame) for frame in frames if frame.function)
    if ended == FAULT or not where:
        return
    found = part.at(report.waits_for) if report.waits_for else None
    if found is not None:
        register = f"{found[0].name}->{found[1].name}" if found[1] else found[0].name
        yield f"At the end the program was waiting for {register}, which this run does not change: {where}."
    else:
        yield f"At the end the program was in {where}."


def _last_line(error: Exception) -> str:
    lines = [line for line in str(error).strip().splitlines() if line.strip()]
    return lines[-1].strip() if lines else "no message"
