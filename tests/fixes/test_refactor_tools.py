"""Refactorings with the real slang, Verilator and Yosys."""

from __future__ import annotations

import asyncio

import pytest
from fix_helpers import document

from signoff.diagnostics.fixes.mend import Mended
from signoff.diagnostics.fixes.verdict import Refusal
from signoff.diagnostics.prove import Level
from signoff.diagnostics.refactor.offer import Refactor
from signoff.diagnostics.refactor.whole import refactor
from signoff.verifiers import registry
from signoff.verifiers.verifier import Speed, Verifier
from signoff.verifiers.workers import WorkerPool

pytestmark = [pytest.mark.tool, pytest.mark.slow, pytest.mark.timeout(400)]

DESIGN = """module top (
    input  logic       clk,
    input  logic       rst_n,
    input  logic       en,
    input  logic [7:0] d,
    output logic [7:0] q,
    output logic [7:0] last
);
    logic [7:0] sum;

    always @(*) begin
        sum = q + d;
    end

    always @(posedge clk or negedge rst_n) begin
        if (!rst_n) begin
            q <= 8'd0;
        end else if (en) begin
            q    <= sum;
            last <= q;
        end
    end
endmodule
"""
# Another process reads q in the same step: with '=' it may see the new value, to Yosys it never does.
BLOCKING = """module top (input clk, input [3:0] d, output reg [3:0] q, output reg [3:0] r);
    always @(posedge clk) begin
        q = d + 4'd1;
    end
    always @(posedge clk) r <= q;
endmodule
"""
# The loop reads what its last round wrote: non-blocking, it is another circuit.
CARRIED = """module top (input clk, input [3:0] d, output reg [3:0] q);
    integer i;
    initial q = 4'd0;
    always @(posedge clk) begin
        for (i = 1; i < 4; i = i + 1) begin
            q[i] = q[i - 1] ^ d[i];
        end
    end
endmodule
"""


def refactored(text: str, path: str, *names: str) -> Mended:
    async def main() -> Mended:
        pool = WorkerPool()
        try:
            every = registry.build(pool)
            return await refactor(*document(text, path), quick(every), every, names)
        finally:
            await pool.close()

    return asyncio.run(main())


def quick(verifiers: tuple[Verifier, ...]) -> list[Verifier]:
    return [one for one in verifiers if one.speed <= Speed.QUICK]


def test_always_becomes_what_it_is_and_yosys_proves_it() -> None:
    done = refactored(DESIGN, "/design/top.sv", "always")
    assert done.text == DESIGN.replace("always @(*)", "always_comb").replace("always @(pos", "always_ff @(pos")
    assert {fix.proof.level for fix in done.applied} == {Level.EQUIVALENT}
    assert all(fix.title.endswith("accepted by slang, Verilator, Yosys)") for fix in done.applied)
    assert dict(done.applied[0].proof.versions).keys() == {"slang", "verilator", "yosys"}


def test_what_is_reset_is_told_and_not_said_to_be_the_same() -> None:
    done = refactored(DESIGN, "/design/top.sv", "reset")
    assert "            q <= 8'd0;\n            last <= '0;\n" in done.text
    (fix,) = done.applied
    assert "it is 0 after reset" in fix.title and fix.proof.level is Level.ACCEPTED


def test_blocking_assignments_that_may_become_others() -> None:
    done = refactored(BLOCKING, "/design/top.v", "nonblocking")
    assert done.text == BLOCKING.replace("q = d", "q <= d")
    assert done.applied[0].proof.level is Level.EQUIVALENT


def test_a_circuit_that_would_be_another_one_stays() -> None:
    """The tools accept it, and the guard finds nothing lost: only the proof of equivalence sees it."""

    async def main() -> object:
        pool = WorkerPool()
        try:
            every = registry.build(pool)
            work = Refactor(*document(CARRIED, "/design/top.v"), quick(every))
            (fix,) = await work.offers(None)
            return await work.finished(fix, every)
        finally:
            await pool.close()

    result = asyncio.run(main())
    assert isinstance(result, Refusal) and "Yosys shows" in result.reason
    assert refactored(CARRIED, "/design/top.v", "nonblocking").text == CARRIED
