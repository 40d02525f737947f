"""Whether two designs are the same: pairs known to be, pairs known to differ, what cannot be told. With real Yosys."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from signoff.verifiers.hdl.equivalence import Equivalence, Verdict, equivalent
from signoff.verifiers.hdl.yosys import Yosys
from signoff.verifiers.project import Project
from signoff.verifiers.settings import VerifierSettings
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.workers import WorkerPool

pytestmark = [pytest.mark.tool, pytest.mark.asyncio(loop_scope="module")]

DESIGN = """\
module top (input clk, input rst, input en, input [3:0] a, b, output reg [3:0] q, output [3:0] z,
            output reg [1:0] s, output reg y, output [3:0] n);
    reg [3:0] m [0:3];
    assign z = a + b;
    part #(.W(4)) inner (.d(a), .n(n));
    always @(posedge clk) if (rst) q <= 4'd5; else if (en) q <= q + a;
    always @* begin if (en) y = a[0]; else y = b[0]; end
    always @(posedge clk or posedge rst)
        if (rst) s <= 2'd0;
        else case (s)
            2'd0: s <= en ? 2'd1 : 2'd0;
            2'd1: s <= 2'd2;
            2'd2: s <= a[0] ? 2'd3 : 2'd0;
            default: s <= 2'd0;
        endcase
endmodule

module part #(parameter W = 8) (input [W-1:0] d, output [W-1:0] n);
    generate if (W > 4) begin : wide assign n = ~d; end else begin : narrow assign n = d ^ {W{1'b1}}; end endgenerate
`ifdef NEVER
    assign n = d;
`endif
endmodule
"""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def yosys() -> AsyncIterator[Yosys]:
    pool = WorkerPool()
    yield Yosys(pool)
    await pool.close()


async def compared(yosys: Yosys, before: str, after: str, **project: object) -> Equivalence:
    path = "/design/top.v"
    snapshot = Snapshot(f"file://{path}", path, "verilog", 1, before)
    design = replace(Project("/design", declared=True, files=(path,)), **project)  # type: ignore[arg-type]
    return await equivalent(snapshot, replace(snapshot, text=after), design, yosys, seconds=60.0, cycles=4)


def edited(old: str, new: str) -> str:
    assert DESIGN.count(old) == 1, old
    return DESIGN.replace(old, new)


SAME = {
    "operands swapped": ("a + b;", "b + a;"),
    "multiplexer as gates": ("if (en) y = a[0]; else y = b[0];", "y = (en & a[0]) | (~en & b[0]);"),
    "width made explicit": ("q <= q + a", "q <= q + {1'b0, a}"),
    "blocking, read nowhere else": ("q <= q + a", "q = q + a"),
    "order of the cases": ("2'd1: s <= 2'd2;", "2'b01: s <= 2'd2;"),
    "inversion": ("assign n = d ^ {W{1'b1}};", "assign n = ~d;"),
    "a comment": ("assign z", "/* sum */ assign z"),
}


@pytest.mark.parametrize("name", SAME)
async def test_what_is_the_same_is_proven(name: str, yosys: Yosys) -> None:
    found = await compared(yosys, DESIGN, edited(*SAME[name]))
    assert found.verdict is Verdict.EQUIVALENT, found.why
    assert "Yosys" in found.version


DIFFERENT = {
    "operator swapped": ("a + b;", "a - b;"),
    "operator of a condition": ("if (en) y", "if (!en) y"),
    "reset value": ("q <= 4'd5", "q <= 4'd4"),
    "asynchronous reset value": ("if (rst) s <= 2'd0", "if (rst) s <= 2'd1"),
    "reset made asynchronous": ("always @(posedge clk) if", "always @(posedge clk or posedge rst) if"),
    "edge": ("always @(posedge clk) if", "always @(negedge clk) if"),
    "one state transition": ("2'd1: s <= 2'd2", "2'd1: s <= 2'd3"),
    "latch added": ("else y = b[0]; end", "end"),
    "enable lost": ("else if (en) q", "else q"),
    "of one instance's parameters": ("d ^ {W{1'b1}}", "d ^ {W{1'b0}}"),
}


@pytest.mark.parametrize("name", DIFFERENT)
async def test_what_differs_is_never_called_equivalent(name: str, yosys: Yosys) -> None:
    found = await compared(yosys, DESIGN, edited(*DIFFERENT[name]))
    assert found.verdict in (Verdict.DIFFERENT, Verdict.UNPROVEN)
    assert found.why


UNSUPPORTED = {
    "combinational loop": ("assign z = a + b;", "wire w; assign w = ~w & en; assign z = a + b + w;"),
    "two drivers": ("assign z = a + b;", "assign z = a + b; assign z = a - b;"),
    "constant driver beside another": ("assign z = a + b;", "assign z = a + b; assign z = 4'd0;"),
    "floating": ("y = a[0]; else y = b[0]", "y = a[0]; else y = 1'bz"),
    "undefined": ("default: s <= 2'd0", "default: s <= 2'bxx"),
    "value at power-up": ("assign z", "initial s = 2'd2; assign z"),
    "does not parse": ("assign z = a + b;", "assign z = a + ;"),
    "module renamed": ("module part", "module parts"),
    "port added": ("output [3:0] n);", "output [3:0] n, output more);"),
    "switched off by a macro": ("assign n = d;\n`endif", "assign n = ~d;\n`endif"),
    "switched off by parameters": ("wide assign n = ~d;", "wide assign n = d;"),
    "another register": ("assign z = a + b;", "reg [3:0] c; always @(posedge clk) c <= a; assign z = c + b;"),
}


@pytest.mark.parametrize("name", UNSUPPORTED)
async def test_what_cannot_be_told_is_not_proven(name: str, yosys: Yosys) -> None:
    old, new = UNSUPPORTED[name]
    before = edited("parameter W = 8", "parameter W = 3") if "parameters" in name else DESIGN
    found = await compared(yosys, before, before.replace(old, new, 1))
    assert before.count(old) == 1
    assert found.verdict in (Verdict.UNPROVEN, Verdict.DIFFERENT)
    assert found.why


async def test_a_proof_says_for_which_parameters_it_speaks(yosys: Yosys) -> None:
    whole = await compared(yosys, DESIGN, edited("a + b;", "b + a;"))
    part = await compared(yosys, DESIGN, edited("assign n = ~d;", "assign n = d ^ {W{1'b1}};"))
    assert whole.scope == ""
    assert part.verdict is Verdict.EQUIVALENT
    assert "parameters" in part.scope


COUNTER = """\
module top (input clk, input rst, output wrap);
    reg [2:0] count;
    always @(posedge clk) if (rst) count <= 0; else count <= count + 1;
    assign wrap = count == 3'd{end};
endmodule
"""
RING = """\
module top (input clk, input rst, output wrap);
    reg [7:0] ring;
    always @(posedge clk) if (rst) ring <= 8'd1; else ring <= {{ring[6:0], ring[7]}};
    assign wrap = ring[{end}];
endmodule
"""


async def test_other_registers_are_proven_for_some_cycles_and_it_says_so(yosys: Yosys) -> None:
    found = await compared(yosys, COUNTER.format(end=7), RING.format(end=7))
    assert (found.verdict, found.cycles) == (Verdict.BOUNDED, 4)
    late = await compared(yosys, COUNTER.format(end=2), RING.format(end=1))
    assert late.verdict is Verdict.DIFFERENT


async def test_a_register_of_another_name_is_proven_by_induction(yosys: Yosys) -> None:
    ports, body = "input clk, rst, d, output y", "reg p; always @(posedge clk) p <= !rst & d; assign y = ~p;"
    before = f"module top ({ports}); {body} endmodule\n"
    after = before.replace(" p;", " r;").replace("p <=", "r <=").replace("~p", "~r")
    found = await compared(yosys, before, after)
    assert found.verdict is Verdict.EQUIVALENT, found.why


async def test_outputs_that_never_have_a_value_prove_nothing(yosys: Yosys) -> None:
    before = "module top (input clk, output y); reg p; always @(posedge clk) p <= ~p; assign y = p; endmodule\n"
    after = "module top (input clk, output y); reg r; always @(posedge clk) r <= r; assign y = r; endmodule\n"
    found = await compared(yosys, before, after)
    assert found.verdict is Verdict.UNPROVEN


async def test_values_at_power_up_count(yosys: Yosys) -> None:
    text = "module top (input clk, en, output reg q = 0); always @(posedge clk) if (en) q <= q; endmodule\n"
    found = await compared(yosys, text, text.replace("q = 0", "q = 1"))
    assert found.verdict is Verdict.DIFFERENT


async def test_memories_and_unknown_modules_are_cut(yosys: Yosys) -> None:
    text = """\
module top (input clk, we, input [1:0] at, input [3:0] d, output [3:0] q, output lock);
    reg [3:0] m [0:3];
    wire [3:0] sum = d + 4'd1;
    always @(posedge clk) if (we) m[at] <= sum;
    assign q = m[at];
    pll one (.in(clk), .out(lock), .tune(sum));
endmodule
"""
    assert (await compared(yosys, text, text.replace("d + 4'd1", "4'd1 + d"))).verdict is Verdict.EQUIVALENT
    for old, new in (("d + 4'd1", "d + 4'd2"), ("if (we) m", "m"), (".tune(sum)", ".tune(d)"), ("[0:3]", "[0:2]")):
        assert (await compared(yosys, text, text.replace(old, new))).verdict not in (
            Verdict.EQUIVALENT,
            Verdict.BOUNDED,
        )


async def test_a_lost_check_is_no_equivalence(yosys: Yosys) -> None:
    text = DESIGN.replace("assign z", "always @(posedge clk) assert (q != 9);\n    assign z", 1)
    assert (await compared(yosys, text, DESIGN)).verdict not in (Verdict.EQUIVALENT, Verdict.BOUNDED)
    weaker = text.replace("q != 9", "q != 9 || en")
    assert (await compared(yosys, text, weaker)).verdict not in (Verdict.EQUIVALENT, Verdict.BOUNDED)
    assert (await compared(yosys, text, text.replace("q != 9", "9 != q"))).verdict is Verdict.EQUIVALENT


async def test_a_proof_that_takes_too_long_is_none(yosys: Yosys) -> None:
    text = "module top (input [31:0] a, b, c, output [63:0] y); assign y = a * (b + c); endmodule\n"
    snapshot = Snapshot("file:///design/top.v", "/design/top.v", "verilog", 1, text)
    other = replace(snapshot, text=text.replace("a * (b + c)", "a * b + a * c"))
    found = await equivalent(snapshot, other, Project("/design", files=(snapshot.path,)), yosys, seconds=3.0)
    assert found.verdict is Verdict.UNPROVEN


async def test_it_can_be_cancelled(yosys: Yosys) -> None:
    task = asyncio.ensure_future(compared(yosys, DESIGN, edited("a + b;", "b + a;")))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await compared(yosys, DESIGN, edited("a + b;", "b + a;"))).verdict is Verdict.EQUIVALENT


@pytest.mark.parametrize("body", ["exit 1", "kill -9 $$", "exit 0"])
async def test_a_yosys_that_fails_proves_nothing(body: str, tmp_path: Path) -> None:
    program = tmp_path / "yosys"
    program.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo "Yosys 99.1" && exit 0\n{body}\n')
    program.chmod(0o755)
    settings = VerifierSettings()
    settings = replace(settings, yosys=replace(settings.yosys, path=str(program)))
    pool = WorkerPool()
    found = await compared(Yosys(pool), DESIGN, edited("a + b;", "b + a;"), settings=settings)
    await pool.close()
    assert found.verdict is Verdict.UNPROVEN and found.why
