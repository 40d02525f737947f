"""Whether two texts of one document mean the same, as far as a tool can tell."""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Awaitable, Callable
from dataclasses import replace

from signoff.diagnostics.mutate.code import VERILOG
from signoff.verifiers.hdl.equivalence import Verdict, equivalent
from signoff.verifiers.hdl.testbench import Result, named, simulate
from signoff.verifiers.hdl.yosys import Yosys
from signoff.verifiers.mcu.compile.same_code import same_code
from signoff.verifiers.mcu.facts import C_LANGUAGES
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.workers import WorkerPool

# Cycles of a proof from power-up. More take longer than they tell.
CYCLES = 6


class Same(enum.StrEnum):
    """What is known of two texts. BOUNDED: nothing differs for a number of clock cycles, which is no proof. TESTED: the
    project's testbench, which the first passes, is passed by the second, too."""

    TEXT = "text"
    EQUIVALENT = "equivalence"
    MACHINE_CODE = "machine code"
    TESTED = "testbench"
    BOUNDED = "bounded"
    DIFFERENT = "different"
    UNKNOWN = ""


# Raises nothing but CancelledError.
Compare = Callable[[Snapshot, Snapshot, Project], Awaitable[Same]]


async def undecided(_: Snapshot, __: Snapshot, ___: Project) -> Same:
    """The comparison that knows nothing."""
    return Same.UNKNOWN


def proving(pool: WorkerPool, seconds: float) -> Compare:
    """A comparison by Yosys, and by the testbench where a trusted project names one, or for C by the compiler. Yosys
    has so many seconds for it."""
    yosys = Yosys(pool)

    async def compare(one: Snapshot, other: Snapshot, project: Project) -> Same:
        if one.language in C_LANGUAGES:
            return Same.MACHINE_CODE if await same_code(one, other, project) else Same.UNKNOWN
        if one.language not in VERILOG:
            return Same.UNKNOWN
        try:
            async with asyncio.timeout(seconds):
                found = await _hardware(one, other, project, yosys, seconds)
        except TimeoutError:
            found = Same.UNKNOWN
        return found if found in (Same.EQUIVALENT, Same.DIFFERENT) else await _tested(one, other, project) or found

    return compare


async def _tested(one: Snapshot, other: Snapshot, project: Project) -> Same | None:
    """What the project's testbench says; None where there is none, or where it fails the first text, too."""
    if not named(project) or (await simulate(one, project)).result is not Result.PASSED:
        return None
    result = (await simulate(other, project)).result
    return {Result.PASSED: Same.TESTED, Result.FAILED: Same.DIFFERENT}.get(result)


async def _hardware(one: Snapshot, other: Snapshot, project: Project, yosys: Yosys, seconds: float) -> Same:
    others = tuple(buffer for buffer in project.buffers if buffer.path != one.path)
    found = await equivalent(one, other, replace(project, buffers=others), yosys, seconds=seconds, cycles=CYCLES)
    return {
        Verdict.EQUIVALENT: Same.EQUIVALENT,
        Verdict.BOUNDED: Same.BOUNDED,
        Verdict.DIFFERENT: Same.DIFFERENT,
    }.get(found.verdict, Same.UNKNOWN)
