"""What Verilator says of designs that work is left out where no value can be lost; its kin about real faults stay."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from signoff.verifiers import tools
from signoff.verifiers.hdl.overlay import Sources
from signoff.verifiers.hdl.verilator import Verilator, arguments
from signoff.verifiers.project import Project
from signoff.verifiers.settings import VerifierSettings, VerilatorSettings
from signoff.verifiers.snapshot import Snapshot

pytestmark = [
    pytest.mark.tool,
    pytest.mark.skipif(not tools.verilator(VerifierSettings()).argv, reason="Verilator is not installed"),
]

SUB = "\nmodule sub(input a, output b, input bit c); assign b = a & c; endmodule\n"
OLD = "\nmodule sub(a, b, c); input a; output b; input c; assign b = a & c; endmodule\n"


async def said(folder: Path, text: str) -> list[str]:
    path = folder / "a.sv"
    path.write_text(text, "utf-8")
    project = Project(root=str(folder), declared=True, files=(str(path),))
    outcome = await Verilator().run(Snapshot(path.as_uri(), str(path), "systemverilog", 1, text), project)
    assert outcome.ran, outcome.message
    return sorted({finding.code for finding in outcome.findings})


def module(body: str, ports: str = "input clk, input [3:0] a, output logic [3:0] y") -> str:
    return f"module m({ports});\n  {body}\nendmodule\n"


HARMLESS = {
    "a constant that fits": module("sub u(.a(a[0]), .b(y[0]), .c(1));") + SUB,
    "a short constant": module("assign y = 1'b1;"),
    "a comparison with an integer": module("parameter int N = 9; assign y[0] = a < N;"),
    "an integer as a condition": module("parameter int N = 9; assign y = N ? a : 4'd0;"),
    "a sum with room for the carry": module("assign y = a[2:0] + a[3];"),
    "a testbench's own processes": "module tb #(parameter N = (1)) ();\n  reg clk, n, f;\n"
    "  always @(posedge clk) n = ~n; always @(posedge clk or negedge n) f <= 1;\n"
    "  always @(posedge clk) if (n) f <= 0;\nendmodule\n",
    "a vector as a condition": module("assign y = a ? 4'd1 : 4'd2;"),
    "an open output": module("sub u(.a(a[0]), .c(1'b1));") + SUB,
    "an open output, declared below the list": module("sub u(.a(a[0]), .c(1'b1));") + OLD,
    "a loop over none": module("parameter int unsigned N = 0; always_comb for (int unsigned i = 0; i < N; i++) y = a;"),
    "bit after bit": module("always_comb begin y[0] = a[0]; for (int i = 1; i < 4; i++) y[i] = y[i-1] | a[i]; end"),
    "a reset in an assertion": module(
        "always_ff @(posedge clk or negedge r) if (!r) y <= 0; else y <= a;\n"
        "  assert property (@(posedge clk) disable iff (!r) a != 3);",
        "input clk, r, input [3:0] a, output logic [3:0] y",
    ),
    "a testbench": "module tb;\n  time t = 10 * 0.5ns; reg clk, r;\n  always #t clk = ~clk;\n"
    "  initial begin clk = 0; @(posedge clk); r <= $urandom; #(t*2) $finish; end\nendmodule\n",
}
FAULTS = {
    "WIDTHTRUNC": [module("assign y = 5'h1f;"), module("assign y = {a, a};"), module("assign y[0] = a && clk;")],
    "WIDTHEXPAND": [module("assign y = a[1:0];"), module("wire [2:0] b = a[2:0]; assign y[0] = a == b;")],
    "PINMISSING": [module("sub u(.a(a[0]), .b(y[0]));") + SUB, module("sub u(.a(a[0]), .b(y[0]));") + OLD],
    "UNSIGNED": [module("assign y[0] = a < 0;"), module("assign y[0] = a >= 4'd0;"), module("assign y[0] = 0 > a;")],
    "REALCVT": [module("assign y = 2.5;")],
    "SYNCASYNCNET": [
        module(
            "always_ff @(posedge clk or negedge r) if (!r) y <= 0; else y <= a;\n"
            "  always_ff @(posedge clk) z <= r & a[0];",
            "input clk, r, input [3:0] a, output logic [3:0] y, output logic z",
        )
    ],
}


@pytest.mark.parametrize("what", HARMLESS)
def test_what_can_lose_nothing_is_not_told(tmp_path: Path, what: str) -> None:
    assert asyncio.run(said(tmp_path, HARMLESS[what])) == []


@pytest.mark.parametrize(("code", "text"), [(code, text) for code, texts in FAULTS.items() for text in texts])
def test_what_may_be_a_fault_stays(tmp_path: Path, code: str, text: str) -> None:
    assert code in asyncio.run(said(tmp_path, text))


def test_unrolling_is_limited_unless_the_user_says_otherwise() -> None:
    settings = VerifierSettings(verilator=VerilatorSettings(arguments=("--unroll-stmts", "30000")))
    words = arguments(Project(root="/p", settings=settings), Sources(), "--no-timing", sarif=False)
    given = [words[place + 1] for place, word in enumerate(words) if word == "--unroll-stmts"]
    assert given == ["3000", "30000"]
