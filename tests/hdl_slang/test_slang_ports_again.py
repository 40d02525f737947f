"""Ports that a module declares again: slang puts the two together, Verilator refuses them, so no completion may."""

from __future__ import annotations

from pathlib import Path

import pytest

from signoff.verifiers.hdl.slang import Slang
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.workers import WorkerPool

pytestmark = pytest.mark.tool
AGAIN = """module m(input wire clk, output wire q, output [3:0] v, p);
  reg q;
  wire [3:0] other, v;
endmodule
"""
OLD = """module m(clk, q);
  input clk;
  output q;
  reg q;
  always @(posedge clk) q <= ~q;
  task t(input a); reg b; b = a; endtask
endmodule
"""


async def found(stage: str, text: str, root: Path) -> list[tuple[str, int]]:
    pool = WorkerPool()
    path = root / "m.v"
    try:
        snapshot = Snapshot(path.as_uri(), str(path), "verilog", 1, text)
        outcome = await Slang(pool, stage=stage).run(snapshot, Project(str(root)))
        return [(one.message, one.span.start_line) for one in outcome.findings if one.code == "PortDeclaredAgain"]
    finally:
        await pool.close()


async def test_a_port_of_the_header_is_not_declared_again(tmp_path: Path) -> None:
    told = await found("judge", AGAIN, tmp_path)
    assert [(message.split("'")[1], line) for message, line in told] == [("q", 1), ("v", 2)]


async def test_ports_of_the_old_style_are(tmp_path: Path) -> None:
    assert not await found("judge", OLD, tmp_path)


async def test_a_users_own_file_is_left_alone(tmp_path: Path) -> None:
    assert not await found("check", AGAIN, tmp_path)
