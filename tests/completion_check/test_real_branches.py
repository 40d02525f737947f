"""Candidates in branches that are switched off before the real tools: gcc with -D and -U, slang with `define."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from signoff.completion.check import Checked, Checker
from signoff.completion.context import hole_at
from signoff.completion.runs import Runs
from signoff.verifiers.hdl.slang import Slang
from signoff.verifiers.mcu.compile.gcc import Gcc
from signoff.verifiers.project import CompileUnit, Image, Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.workers import WorkerPool

pytestmark = pytest.mark.tool

CONFIG = """#define USE_TIMERS 0 // or 1
struct callbacks {
  int used;
#if USE_TIMERS == 1
  int late;
#endif
};
#define TICK_16_BITS 0
#define TICK_32_BITS 1
#define TICK_WIDTH TICK_32_BITS
#ifdef FAST
int fast_only(int speed);
#else
int slow_only(int speed);
#endif
"""
C = """#include "config.h"
#include <stdint.h>
struct timer { uint32_t period; };
{condition}
int run(struct timer *timer, int count) {
  {hole}
  return count;
}
#endif
"""
VERILOG = """module m(input clk, input [3:0] d, output reg [3:0] q);
`ifdef {name}
  wire [3:0] next = d ^ 4'd{value};
  always @(posedge clk)
    {hole}
`endif
endmodule
"""


@pytest.fixture
async def pool() -> AsyncIterator[WorkerPool]:
    running = WorkerPool()
    yield running
    await running.close()


async def judge(tool: Gcc | Slang, document: str, path: Path, candidate: str, project: Project) -> Checked:
    before, _, after = document.partition("{hole}")
    language = "c" if path.suffix == ".c" else "verilog"
    snapshot = Snapshot(path.as_uri(), str(path), language, 1, before + after)
    hole = hole_at(snapshot, before.count("\n"), len(before.rpartition("\n")[2]))
    assert hole is not None
    runs = Runs()
    checker = Checker([tool], snapshot, project, hole, budget=120.0, runs=runs)
    try:
        return await checker.check(candidate)
    finally:
        checker.close()
        await runs.aclose()


async def in_c(pool: WorkerPool, folder: Path, condition: str, candidate: str, *defines: str) -> Checked:
    path = folder / "timer.c"
    (folder / "config.h").write_text(CONFIG)
    unit = CompileUnit(str(path), str(folder), include_dirs=(str(folder),), defines=defines, declared=True)
    image = Image("timer", str(folder), declared=True, units=(unit,))
    project = Project(root=str(folder), unit=unit, image=image)
    return await judge(Gcc(pool), C.replace("{condition}", condition), path, candidate, project)


@pytest.mark.parametrize(
    ("condition", "under"),
    [
        ("#if USE_TIMERS == 1", ("USE_TIMERS defined",)),
        ("#if ( USE_TIMERS > 2 )", ("USE_TIMERS = 3",)),
        ("#if ( TICK_WIDTH == TICK_16_BITS )", ("TICK_WIDTH = TICK_16_BITS",)),
        ("#ifndef NDEBUG", ("NDEBUG not defined",)),
        ("#if defined(FAST) && !defined(NDEBUG)", ("FAST defined", "NDEBUG not defined")),
    ],
)
async def test_gcc_judges_what_its_own_flags_leave_out(
    pool: WorkerPool, tmp_path: Path, condition: str, under: tuple[str, ...]
) -> None:
    good = await in_c(pool, tmp_path, condition, "count += (int)timer->period;", "NDEBUG")
    assert good.accepted and good.tools == ("gcc",) and good.under == under, good
    for wrong in ("count += (int)timer->perod;", "count += (int)timer->period +;", "start(timer);", "counts++;"):
        assert (await in_c(pool, tmp_path, condition, wrong, "NDEBUG")).refused, wrong


async def test_headers_are_read_with_the_same_definitions(pool: WorkerPool, tmp_path: Path) -> None:
    assert (await in_c(pool, tmp_path, "#ifdef FAST", "count = fast_only(count);")).accepted
    assert (await in_c(pool, tmp_path, "#ifdef FAST", "count = slow_only(count);")).refused
    assert (await in_c(pool, tmp_path, "#ifndef FAST", "count = slow_only(count);")).under == ()


async def test_a_header_that_defines_it_otherwise_is_read_with_the_value(pool: WorkerPool, tmp_path: Path) -> None:
    late = "count += (int)sizeof ((struct callbacks *)0)->late;"
    good = await in_c(pool, tmp_path, "#if USE_TIMERS == 1", late)
    assert good.accepted and good.under == ("USE_TIMERS defined",)
    assert (await in_c(pool, tmp_path, "#if USE_TIMERS == 0", late)).refused
    assert (await in_c(pool, tmp_path, "#if USE_TIMERS == 2", late)).refused
    assert (tmp_path / "config.h").read_text() == CONFIG


@pytest.mark.parametrize("inside", ["#include <arm_mve.h>", "#error only for another machine", "vector_t state;"])
async def test_a_branch_for_another_machine_is_not_judged(pool: WorkerPool, tmp_path: Path, inside: str) -> None:
    for candidate in ("count++;", "count = vaddvq(state);"):
        found = await in_c(pool, tmp_path, f"#ifdef VECTORS\n{inside}", candidate)
        assert not found.tools and not found.refused, found


@pytest.mark.parametrize("compiler", ["__ICCARM__", "_WIN32", "__ARM_NEON"])
async def test_another_compiler_is_not_pretended(pool: WorkerPool, tmp_path: Path, compiler: str) -> None:
    found = await in_c(pool, tmp_path, f"#ifdef {compiler}", "count++;")
    assert not found.tools and not found.under


async def test_slang_judges_what_its_own_definitions_leave_out(pool: WorkerPool, tmp_path: Path) -> None:
    slang = Slang(pool, lane="proof", stage="judge")
    text = VERILOG.replace("{name}", "EXTRA").replace("{value}", "3")
    project = Project(root=str(tmp_path), declared=True, defines=("OTHER=1",))
    good = await judge(slang, text, tmp_path / "m.v", "q <= next;", project)
    assert good.accepted and good.under == ("EXTRA defined",)
    for wrong in ("q <= nxt;", "q <= next +;", "q <= next", "q[9:2] <= next;"):
        found = await judge(slang, text, tmp_path / "m.v", wrong, project)
        assert not found.accepted or found.text == "q <= next;", (wrong, found)
    here = await judge(slang, text, tmp_path / "m.v", "q <= next;", Project(root=str(tmp_path), defines=("EXTRA",)))
    assert here.accepted and here.under == ()


GENERATE = """module m #(parameter WIDE = 0, parameter W = 4)(input clk, input [W-1:0] d, output reg [7:0] q);
  generate
    if (WIDE) begin : g
      wire [7:0] next = {4'd0, d};
      always @(posedge clk)
        {hole}
    end else begin : h
      wire [7:0] other = {d, 4'd0};
    end
  endgenerate
endmodule
"""


async def test_slang_reads_the_names_in_a_generate_block_that_is_not_made(pool: WorkerPool, tmp_path: Path) -> None:
    slang, project = Slang(pool, lane="proof", stage="judge"), Project(root=str(tmp_path), declared=True)
    good = await judge(slang, GENERATE, tmp_path / "m.v", "q <= next;", project)
    assert good.accepted and good.under == ("WIDE true",), good
    for wrong in ("q <= nxt;", "q <= next +;", "qq <= next;"):
        assert (await judge(slang, GENERATE, tmp_path / "m.v", wrong, project)).refused, wrong
    assert not (await judge(slang, GENERATE, tmp_path / "m.v", "q <= other;", project)).tools
    by_value = await judge(slang, GENERATE, tmp_path / "m.v", "q <= {d[7:4], 4'd0};", project)
    assert not by_value.tools and not by_value.refused, "with another W that is right"
