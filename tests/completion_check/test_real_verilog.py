"""Verilog candidates before slang: what only a stranger's text is refused for, and what was there but hidden."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from signoff.completion.check import Checked, Checker
from signoff.completion.context import hole_at
from signoff.completion.runs import Runs
from signoff.verifiers.hdl.slang import Slang
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.workers import WorkerPool

pytestmark = pytest.mark.tool

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
OTHERS = """
module leaf(input a, output y); assign y = a; endmodule
module gate(input a, output y); assign y = a ? 1'b1 : 1'bz; endmodule
"""
MODULE = """module m(input a, input b, output w, output [3:0] v, output [1:0] u);
  wire kept;
  assign kept = a;
  leaf u_old(.a(old), .y(u[0]));
  ¦
  assign u[1] = old;
endmodule
"""


@pytest.fixture
async def slang() -> AsyncIterator[Slang]:
    pool = WorkerPool()
    yield Slang(pool, lane="proof", stage="judge")
    await pool.close()


async def judge(slang: Slang, path: Path, before: str, after: str, candidate: str) -> Checked:
    document = Snapshot(path.as_uri(), str(path), "verilog", 1, before + after)
    hole = hole_at(document, before.count("\n"), len(before.rpartition("\n")[2]))
    assert hole is not None
    runs = Runs()
    checker = Checker([slang], document, Project(root=str(path.parent), declared=True), hole, budget=120.0, runs=runs)
    try:
        return await checker.check(candidate)
    finally:
        checker.close()
        await runs.aclose()


@pytest.mark.parametrize(
    ("candidate", "codes"),
    [
        ("assign kept = b;", {"ConflictingDrivers"}),
        ("leaf u_leaf(.a(a), .y(kept));", {"ConflictingDrivers", "OutputPortCoercion"}),
        ("leaf u_one(.a(a), .y(w)), u_two(.a(b), .y(w));", {"ConflictingDrivers"}),
        ("assign a = b;", {"ConflictingDrivers", "InputPortCoercion"}),
        ("assign kept = b ? a : 1'bz;", set()),
        ("gate u_one(.a(a), .y(w)), u_two(.a(b), .y(w));", set()),
        ("assign w = kept;", set()),
        ("assign v[3:2] = {a, b};", set()),
        ("leaf u_leaf(.a(invented), .y(w));", {"ImplicitNet"}),
        ("assign invented = a;", {"ImplicitNet"}),
        ("assign w = invented;", {"UndeclaredIdentifier"}),
        # The file has this name already: it has not been made up.
        ("leaf u_leaf(.a(a), .y(old));", set()),
    ],
)
async def test_made_up_nets_and_second_drivers_are_refused(slang, tmp_path, candidate, codes):
    before, _, after = (MODULE + OTHERS).partition("¦")
    checked = await judge(slang, tmp_path / "m.v", before, after, candidate)
    assert {one.code for one in checked.refused} == codes
    assert checked.accepted == (not codes)


SHIFTS = """module m #(parameter N = 2)(input [1:0] a, output [1:0] y);
  localparam LATE = N + 38;
  ¦
endmodule
"""


@pytest.mark.parametrize(
    ("shift", "accepted"),
    [
        *((f"a >> {amount}", False) for amount in ("40", "(9)", "4'd9", "'h28")),
        *((f"a << {amount}", True) for amount in ("LATE", "(N - 0)", "(N + 38)", "1", "2'd1")),
    ],
)
async def test_a_shift_by_what_parameters_make_of_it_is_no_fault(slang, tmp_path, shift, accepted):
    checked = await judge(slang, tmp_path / "m.v", *SHIFTS.split("¦"), f"assign y = {shift};")
    assert checked.accepted is accepted
    assert {one.code for one in checked.refused} == (set() if accepted else {"ShiftCountOverflow"})


@pytest.mark.parametrize("code", ["ConflictingDrivers", "ImplicitNet"])
def test_a_file_that_has_such_a_warning_is_no_excuse(code):
    from signoff.completion import judges
    from signoff.verifiers.finding import Finding, Outcome, Severity, Span

    def warning(name: str) -> Finding:
        return Finding("/m.v", Span(0, 0, 0, 1), Severity.WARNING, code, f"implicit net '{name}' created", "slang")

    before = Outcome("slang", findings=(warning("there"),))
    usual, named = judges.usual(before), judges.named(before)
    assert judges.refuses(warning("new"), "verilog", usual, named)
    assert judges.refuses(warning("there"), "verilog", usual, named) == (code == "ConflictingDrivers")


async def test_the_author_is_not_told(slang, tmp_path):
    text = "module m(input a, output w); assign w = a; assign fresh = a; assign w = fresh; endmodule\n"
    document = Snapshot((tmp_path / "m.v").as_uri(), str(tmp_path / "m.v"), "verilog", 1, text)
    project = Project(root=str(tmp_path), declared=True)
    said = await slang.run(document, project)
    assert {"ConflictingDrivers", "ImplicitNet"} <= {one.code for one in said.findings}
    live = await Slang(slang._pool).run(document, project)
    assert not {"ConflictingDrivers", "ImplicitNet"} & {one.code for one in live.findings}


@pytest.mark.parametrize(
    ("old", "candidate"),
    [
        ("value - 1'b1;", "value - 1'b1;"),
        ("value + 1'b1;", "value + 1'b1;"),
        # `up`, which the list misses, is named: but the warning was there, hidden by the hole after `else`.
        ("value - 1'b1;", "up ? value : value - 1'b1;"),
    ],
)
async def test_what_the_hole_hid_is_not_new(slang, old, candidate):
    path = EXAMPLES / "counter.v"
    before, found, after = path.read_text(encoding="utf-8").partition(old)
    assert found
    checked = await judge(slang, path, before, after, candidate)
    assert checked.accepted and checked.remaining == 1


@pytest.mark.parametrize(
    ("candidate", "accepted"),
    [
        ("x = a;", True),
        ("x = a; // why", True),
        ("x = a;\n    y = late;\n  end", True),
        ("if (a) begin\n      x = b;\n    end", True),
        ("x = invented;", False),
        ("x = a;\n  end\n  end", False),
    ],
)
async def test_a_block_that_is_still_open_does_not_swallow_what_follows(slang, tmp_path, candidate, accepted):
    before = "module m(input a, input b, output reg x, output reg y);\n  always @* begin\n    "
    after = "\n\n  reg late;\n  always @* late = a;\nendmodule\n"
    checked = await judge(slang, tmp_path / "m.v", before, after, candidate)
    assert (checked.text == candidate and checked.accepted) == accepted, checked


@pytest.mark.parametrize(
    ("candidate", "accepted"),
    [
        ("module a;\nendmodule", True),
        ("`timescale 1ns/1ps\nmodule a(input b, output c);\n  assign c = b;\nendmodule", True),
        ("package p;\n  parameter W = 8;\nendpackage", True),
        ("module a(input b, output c);\n  assign c = d;\nendmodule", False),
    ],
)
async def test_an_empty_file_may_get_a_module(slang, tmp_path, candidate, accepted):
    """No name in it has to be another's, so only the grammar tells whether it is read."""
    checked = await judge(slang, tmp_path / "new.sv", "", "", candidate)
    assert checked.accepted is accepted, checked
