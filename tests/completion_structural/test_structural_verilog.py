"""Verilog constructs, judged by the real slang."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from structural_places import MARK, Bench, bench, spliced

from signoff.verifiers.hdl.slang import Slang

pytestmark = [pytest.mark.tool, pytest.mark.asyncio(loop_scope="module")]

UART = """module uart_tx #(parameter int WIDTH = 8, parameter int DEPTH = 4) (
  input  logic clk_i,
  input  logic rst_ni,
  input  logic [WIDTH-1:0] data,
  output logic ready
);
  assign ready = rst_ni & clk_i & ^data;
endmodule
"""
TOP = """module top (input logic clk_i, input logic rst_n, input logic [7:0] data, output logic ready);
  localparam int WIDTH = 8;
  {}
endmodule
"""
FSM = """package states; typedef enum logic [1:0] {{PA, PB}} t; endpackage
module fsm (input logic clk, input states::t k, output logic y);
  typedef enum logic [1:0] {{IDLE, RUN, DONE}} state_t;
  typedef struct packed {{logic valid; logic [3:0] code;}} pair_t;
  state_t state, next;
  pair_t pair;
  always_comb begin
    next = state;
    y = pair.valid;
    {}
  end
endmodule
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def verilog(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bench]:
    folder: Path = tmp_path_factory.mktemp("verilog")
    async with bench(folder, Slang, files={"uart_tx.sv": UART}) as made:
        yield made


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            f"uart_tx u_tx ({MARK}",
            "uart_tx u_tx (\n    .clk_i(clk_i),\n    .rst_ni(),\n    .data(data),\n    .ready(ready)\n  );",
        ),
        (
            f"uart_tx u_tx ({MARK});",
            "uart_tx u_tx (\n    .clk_i(clk_i),\n    .rst_ni(),\n    .data(data),\n    .ready(ready)\n  );",
        ),
        (
            f"uart_tx u_tx ({MARK})",
            "uart_tx u_tx (\n    .clk_i(clk_i),\n    .rst_ni(),\n    .data(data),\n    .ready(ready)\n  );",
        ),
        (
            f"uart_tx u_tx (.data(data),\n    {MARK}\n  );",
            "(.data(data),\n    .clk_i(clk_i),\n    .rst_ni(),\n    .ready(ready)\n  );",
        ),
        (
            f"uart_tx u_tx (.data(data),\n    .{MARK}\n  );",
            "(.data(data),\n    .clk_i(clk_i),\n    .rst_ni(),\n    .ready(ready)\n  );",
        ),
        # A wider instance: what has the name has no longer the width.
        (f"uart_tx #(.WIDTH(16)) u_tx ({MARK});", ".data(),"),
        (f"uart_tx #({MARK}) u_tx ();", "#(\n    .WIDTH(WIDTH),\n    .DEPTH(4)\n  ) u_tx ();"),
    ],
)
async def test_ports_and_parameters_of_an_instance(verilog: Bench, line: str, expected: str) -> None:
    text = TOP.format(line)
    first = (await verilog.offers(text))[0]
    assert expected in spliced(text, first)
    assert first.verdict.tools == ("slang",) and first.proposal.asked


async def test_single_ports_behind_a_dot(verilog: Bench) -> None:
    found = await verilog.offers(TOP.format(f"uart_tx u_tx (.data(data), .cl{MARK});"))
    texts = {one.proposal.label: one.proposal.text for one in found}
    assert texts["clk_i"] == "clk_i(clk_i)" and texts["rst_ni"] == "rst_ni()" and "data" not in texts


async def test_a_module_of_another_file_as_a_whole_instance(verilog: Bench) -> None:
    text = TOP.format(f"uart_{MARK}")
    first = (await verilog.offers(text))[0]
    assert ".WIDTH(WIDTH)" in first.proposal.text and ") u_uart_tx (" in first.proposal.text
    assert not first.proposal.asked, "while a word is typed, names come first"
    assert not await verilog.offers(TOP.format(f"assign ready = uart_{MARK}"))


async def test_an_output_that_is_driven_already_stays_free(verilog: Bench) -> None:
    text = TOP.format(f"assign ready = clk_i;\n  uart_tx u_tx ({MARK});")
    first = (await verilog.offers(text))[0]
    assert ".ready()" in first.proposal.text and ".data(data)" in first.proposal.text


@pytest.mark.parametrize(
    ("lines", "expected", "absent"),
    [
        (f"case (state){MARK}", ["IDLE: begin", "RUN: begin", "DONE: begin", "default: begin", "endcase"], []),
        (f"unique case (state)\n      {MARK}\n    endcase", ["IDLE: begin", "DONE: begin"], ["endcase"]),
        (f"case (state)\n      RUN, IDLE: next = DONE;\n      {MARK}\n    endcase", ["DONE: begin"], ["IDLE", "RUN:"]),
        (
            f"case (state)\n      RUN: begin next = DONE; end\n      default: ;\n      D{MARK}\n    endcase",
            ["DONE:"],
            ["default"],
        ),
        (f"case (k){MARK}", ["states::PA: begin", "states::PB: begin"], []),
    ],
)
async def test_a_case_gets_the_values_that_it_lacks(
    verilog: Bench, lines: str, expected: list[str], absent: list[str]
) -> None:
    first = (await verilog.offers(FSM.format(lines)))[0]
    assert all(one in first.proposal.text for one in expected)
    assert not any(one in first.proposal.text for one in absent)
    assert first.verdict.tools == ("slang",)


@pytest.mark.parametrize(
    "lines",
    [f"case (pair.code){MARK}", f"case (state)\n      IDLE: next = {MARK}\n    endcase", f"// case (state){MARK}"],
)
async def test_no_values_where_none_are_asked_for(verilog: Bench, lines: str) -> None:
    assert not await verilog.offers(FSM.format(lines))


async def test_members_are_names_that_need_no_run(verilog: Bench) -> None:
    found = await verilog.offers(FSM.format(f"y = pair.{MARK};"))
    assert [one.proposal.text for one in found] == ["valid", "code"] and not found[0].verdict.tools
    found = await verilog.offers(FSM.format(f"y = states::{MARK};"))
    assert {"PA", "PB", "t"} <= {one.proposal.text for one in found}


async def test_a_clocked_block_is_as_the_module_has_it(verilog: Bench) -> None:
    text = (
        "module m (input clk, input rst_b, output reg q);\n  always @(posedge clk or negedge rst_b)\n"
        "    if (!rst_b) q <= 0;\n    else q <= ~q;\n  alw‸\nendmodule\n"
    )
    first = (await verilog.offers(text))[0]
    assert "@(posedge clk or negedge rst_b) begin" in first.proposal.text and "if (!rst_b) begin" in first.proposal.text
    assert not await verilog.offers(text.replace("  alw‸", "  initial begin\n    q = alw‸\n  end"))


@pytest.mark.parametrize("name", ["tb_uart_tx.sv", "uart_tx_tb.sv"])
async def test_an_empty_file_named_as_a_testbench_becomes_one(verilog: Bench, name: str) -> None:
    first = (await verilog.offers(MARK, name))[0]
    assert "rst_ni = 0;" in first.proposal.text and "$finish;" in first.proposal.text, "its reset is low by its name"
    assert "guessed" in first.proposal.detail and first.verdict.tools == ("slang",)


async def test_line_ends_and_unicode_stay_as_they_are(verilog: Bench) -> None:
    text = TOP.format(f"/* 🙂 */ uart_tx u_tx ({MARK});").replace("\n", "\r\n")
    first = (await verilog.offers(text))[0]
    whole = spliced(text, first)
    assert whole.count("\n") == whole.count("\r\n") and "/* 🙂 */ uart_tx u_tx (\r\n" in whole


async def test_the_snippet_has_a_stop_for_each_port_that_is_free(verilog: Bench) -> None:
    first = (await verilog.offers(TOP.format(f"uart_tx u_tx ({MARK});")))[0]
    assert ".rst_ni(${1})" in first.proposal.snippet and first.proposal.snippet.endswith("$0")


GATE = "module m(input clk, input a, output reg q);\n  always @(posedge clk) q <= a;\nendmodule\n\n"


@pytest.mark.parametrize("typed", ["tb", "testb", "module", "mod"])
@pytest.mark.parametrize("after", ["", "\n", "\nmodule other; endmodule\n"])
async def test_a_testbench_behind_a_module(verilog: Bench, typed: str, after: str) -> None:
    text = f"{GATE}{typed}{MARK}{after}"
    (found,) = await verilog.offers(text)
    assert "m dut (" in found.proposal.text and "always #5 clk = ~clk;" in found.proposal.text
    assert found.verdict.tools == ("slang",) and spliced(text, found).count("module tb_m;") == 1


async def test_packages_of_the_folder_are_imported(tmp_path: Path) -> None:
    files = {"traffic_pkg.sv": "package traffic_pkg; typedef logic [1:0] t; endpackage\n"}
    async with bench(tmp_path, Slang, files=files) as made:
        for text in (f"import {MARK}\nmodule t; endmodule\n", f"module t;\n  import tra{MARK}\nendmodule\n"):
            (found,) = await made.offers(text)
            assert found.proposal.text == "traffic_pkg::*;" and found.verdict.tools == ("slang",)
            assert found.proposal.files == (str(tmp_path / "traffic_pkg.sv"),)
        assert not await made.offers(f"module t;\n  import other_{MARK}\nendmodule\n")
        assert not await made.offers(f"module t;\n`ifdef NEVER\n  import tra{MARK}\n`endif\nendmodule\n")


@pytest.mark.parametrize("line", ["uart_{}", "uart_tx u_tx ({});", "always{}"])
@pytest.mark.parametrize("never", ["if (0) begin : g\n  {}\n  end", "`ifdef NEVER\n  {}\n`endif"])
async def test_nothing_where_slang_does_not_look(verilog: Bench, line: str, never: str) -> None:
    text = TOP.format(never.format(line.format(MARK)))
    found = [one for one in await verilog.offers(text) if one.proposal.judged]
    assert not found
