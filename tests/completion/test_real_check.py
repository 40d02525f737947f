"""Candidates before the real slang."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from completion_fakes import PROJECT, FakeModel
from completion_holes import hole, snapshot

from signoff.completion import engine as module
from signoff.completion.check import Checked, Checker
from signoff.completion.engine import CompletionEngine
from signoff.completion.model.protocol import Model
from signoff.completion.settings import CompletionSettings
from signoff.verifiers.hdl.slang import Slang
from signoff.verifiers.workers import WorkerPool

pytestmark = pytest.mark.tool

COUNTER = """module counter(input clk, input rst, input en, output reg [3:0] q);
  always @(posedge clk) begin
    if (rst)
      q <= 4'd0;
    else
      |
  end
endmodule
"""
ASSIGN = "module m(input [3:0] a, b, output [3:0] y);\n  assign y = |\nendmodule\n"
HALF = "module m(input [3:0] a, output [3:0] y);\n  assign y|\nendmodule\n"
LEAF = "module leaf(input a, output y);\n  assign y = a;\nendmodule\n"
INSTANCE = f"{LEAF}module top(input p, output q);\n  leaf u(|);\nendmodule\n"
BROKEN = "module m(input a, output y);\n  wire w\n  assign y = a;\n  |\nendmodule\n"


@pytest.fixture
async def pool() -> AsyncIterator[WorkerPool]:
    running = WorkerPool()
    yield running
    await running.close()


async def judge(pool: WorkerPool, text: str, candidate: str) -> Checked:
    return await Checker([Slang(pool, lane="proof")], snapshot(text)[0], PROJECT, hole(text), budget=60.0).check(
        candidate
    )


@pytest.mark.parametrize(
    ("text", "candidate", "accepted"),
    [
        (COUNTER, "q <= q + 4'd1;", True),
        (COUNTER, "q <= count + 4'd1;", False),
        (COUNTER, "if (en) begin\n        q <= q + 4'd1;\n      end", True),
        (COUNTER, "if (en) begin\n        q <= q + 4'd1;", False),
        (ASSIGN, "a & b;", True),
        (ASSIGN, "a &", False),
        (ASSIGN, "a & c;", False),
        (INSTANCE, ".a(p), .y(q)", True),
        (INSTANCE, ".a(p), .z(q)", False),
        (INSTANCE, ".a(p), .y(q", False),
        # The fault that the cursor's own line has must go, not only move: a procedural `<=` is no continuous one.
        (HALF, " <= a;", False),
        (HALF, " = a;", True),
        (BROKEN, "wire b;", True),
        (BROKEN, "assign c = d;", False),
    ],
)
async def test_slang_judges(pool: WorkerPool, text: str, candidate: str, accepted: bool) -> None:
    checked = await judge(pool, text, candidate)
    assert (checked.accepted and not checked.cut) is accepted, checked
    assert checked.tools == ("slang",) or [row.code for row in checked.refused] == ["Unfinished"]


async def test_a_line_gets_the_semicolon_that_it_lacks_where_slang_then_accepts_it(pool: WorkerPool) -> None:
    assert (await judge(pool, ASSIGN, "a & b")).text == "a & b;"
    assert not (await judge(pool, ASSIGN, "a & c")).accepted
    assert (await judge(pool, ASSIGN.replace("|", "|;"), "a & b")).text == "a & b"


async def test_a_block_is_shortened_to_what_slang_accepts(pool: WorkerPool) -> None:
    text = COUNTER.replace("    else\n      |\n", "    |\n")
    checked = await judge(pool, text, "else q <= q + 4'd1;\n    nonsense <= 1;")
    assert checked.accepted
    assert checked.text == "else q <= q + 4'd1;"


async def test_the_pipeline_with_slang(pool: WorkerPool, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["q <= cnt + 1;", "q <= q + 4'd1;\n  end\nendmodule", "```\nq <= en ? q + 4'd1 : q;\n```"])

    async def open_model(settings: CompletionSettings, pool: WorkerPool) -> Model:
        return FakeModel(lambda request: next(answers))

    monkeypatch.setattr(module, "open_model", open_model)
    engine = CompletionEngine(pool, [Slang(pool, lane="proof")], CompletionSettings(debounce=0.0, check_timeout=30.0))
    document, line, column = snapshot(COUNTER)
    async with asyncio.timeout(30):
        found = await engine.complete(document, PROJECT, line, column, automatic=False)
    await engine.close()
    assert [row.text for row in found] == ["q <= q + 4'd1;", "q <= en ? q + 4'd1 : q;"]
    assert {row.verdict.tools for row in found} == {("slang",)}
