"""Whether two texts mean the same, as the real Yosys and the real compiler tell."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from signoff.diagnostics.measure.sameness import Same, proving, undecided
from signoff.lsp_server.commands.session import open_session, snapshot_of
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.workers import WorkerPool

FIRMWARE = Path(__file__).parents[2] / "docs" / "examples" / "firmware"
ADDER = """module adder(input clk, input [3:0] a, b, output reg [3:0] sum);
  always @(posedge clk) sum <= a + b;
endmodule
"""

pytestmark = [pytest.mark.tool, pytest.mark.timeout(300)]


async def compared(before: str, after: str, tmp_path: Path) -> Same:
    path = tmp_path / "adder.v"
    path.write_text(before)
    one = Snapshot(path.as_uri(), str(path), "verilog", 0, before)
    project = Project(str(tmp_path), declared=True, files=(str(path),))
    pool = WorkerPool()
    try:
        return await proving(pool, 60.0)(one, replace(one, text=after), project)
    finally:
        await pool.close()


async def test_other_words_for_the_same_hardware(tmp_path: Path) -> None:
    assert await compared(ADDER, ADDER.replace("a + b", "b + a"), tmp_path) is Same.EQUIVALENT


async def test_other_hardware_is_not_the_same(tmp_path: Path) -> None:
    found = await compared(ADDER, ADDER.replace("a + b", "a - b"), tmp_path)
    assert found in (Same.DIFFERENT, Same.UNKNOWN)


async def test_a_text_that_no_tool_reads_is_not_the_same(tmp_path: Path) -> None:
    assert await compared(ADDER, ADDER.replace("endmodule", ""), tmp_path) is Same.UNKNOWN


async def test_a_language_without_a_tool_for_it_is_not_compared() -> None:
    one = Snapshot("", "/x.cu", "cuda-cpp", 0, "int a;")
    assert await proving(WorkerPool(), 1.0)(one, one, Project("/")) is Same.UNKNOWN
    assert await undecided(one, one, Project("/")) is Same.UNKNOWN


@pytest.mark.skipif(not shutil.which("arm-none-eabi-gcc"), reason="needs arm-none-eabi-gcc")
async def test_machine_code_tells_of_c() -> None:
    async with open_session([FIRMWARE]) as session:
        clean = snapshot_of(FIRMWARE / "ticks.c")
        project, compare = session.workspace.project_for(clean.path), proving(session.pool, 30.0)

        async def changed(old: str, new: str) -> Same:
            assert old in clean.text
            return await compare(clean, replace(clean, text=clean.text.replace(old, new)), project)

        assert await changed("ticks++;", "ticks = ticks + 1;") is Same.MACHINE_CODE
        assert await changed("ticks++;", "/* one more */\n    ticks++;") is Same.MACHINE_CODE
        assert await changed("ticks++;", "ticks += 2;") is Same.UNKNOWN
        assert await changed("ticks++;", "ticks++") is Same.UNKNOWN
