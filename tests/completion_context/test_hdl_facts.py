"""Declarations of other files for a model, from slang's syntax trees."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from completion_holes import snapshot as at_mark

from signoff.completion.context import hole_at
from signoff.completion.facts.hdl import HdlFacts
from signoff.completion.passage import Passage
from signoff.verifiers.hdl.declared import DeclaredFacts
from signoff.verifiers.hdl.slang import LANGUAGES, Slang
from signoff.verifiers.hdl.slang_engine import SlangEngine
from signoff.verifiers.project import Project
from signoff.verifiers.workers import WorkerPool

FILES = {
    "rtl/state_pkg.sv": """package state_pkg;
  // What the machine does.
  typedef enum logic [1:0] {IDLE, LOAD, DONE} state_e;
  typedef logic [7:0] byte_t;
  typedef struct packed { byte_t data; logic last; } beat_t;
  parameter int DEPTH = 16;
  function automatic byte_t swap(input byte_t value, input logic how);
    return value;
  endfunction
endpackage
""",
    "rtl/uart_tx.sv": """module uart_tx import state_pkg::*; #(
  parameter int CLKS = 87, // clocks a bit
  localparam int HALF = CLKS / 2
) (
  input  logic       clk,
  input  logic       rst,
  input  byte_t      data, // what is sent
  output logic       busy, done
);
endmodule
""",
    "rtl/old.v": """module old_style(a, b);
  parameter W = 4;
  input [W-1:0] a;
  output reg b;
endmodule
""",
    "rtl/bus_if.sv": """interface bus_if(input logic clk);
  logic [31:0] addr;
  logic valid;
  modport master(output addr, valid);
endinterface
""",
    "rtl/macros.svh": """`define WIDTH 24
`define ASSERT(name, prop) \\
  assert property (prop); // checked
""",
}

TOP = "rtl/top.sv"
HEAD = "module top import state_pkg::*; (input logic clk);"

Ask = Callable[..., Awaitable[tuple[Passage, ...]]]


class InProcess:
    """slang's engine without its process."""

    languages = LANGUAGES

    def __init__(self) -> None:
        self.engine = SlangEngine()

    async def declared(self, *question: Any) -> DeclaredFacts:
        return self.engine.declared(*question)


@pytest.fixture(scope="module")
def design(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The files of FILES on disk."""
    root = tmp_path_factory.mktemp("design")
    for name, text in FILES.items():
        place = root / name
        place.parent.mkdir(exist_ok=True)
        place.write_text(text, "utf-8")
    listed = (*(str(root / name) for name in FILES if not name.endswith(".svh")), str(root / TOP))
    return Project(str(root), files=listed, declared=True)


@pytest.fixture(scope="module")
def slang() -> InProcess:
    return InProcess()


@pytest.fixture
def ask(design: Project, slang: InProcess) -> Ask:
    """ask(body with |, head of the module): the passages there."""
    return lambda body, head=HEAD: gather(cast("Slang", slang), design, body, head)


async def gather(slang: Slang, design: Project, body: str, head: str) -> tuple[Passage, ...]:
    text, line, column = at_mark(f'`include "macros.svh"\n{head}\n{body}\nendmodule\n', "systemverilog")
    document = replace(text, path=f"{design.root}/{TOP}")
    hole = hole_at(document, line, column)
    assert hole is not None
    return await HdlFacts(slang).gather(document, design, hole)


def top(passages: tuple[Passage, ...]) -> list[Passage]:
    """What is near, the heaviest first."""
    return sorted((one for one in passages if one.near), key=lambda one: -one.weight)


async def test_a_half_typed_instance_puts_the_remaining_ports_on_top(design: Project) -> None:
    pool = WorkerPool()
    try:
        found = top(await gather(Slang(pool), design, "  uart_tx u_tx (.clk(clk), .|", HEAD))
    finally:
        await pool.close()
    assert found[0].text == (
        "ports of uart_tx to connect: input logic rst, input byte_t data, output logic busy, output logic done"
    )
    assert found[0].path == "rtl/uart_tx.sv"
    assert "typedef logic [7:0] byte_t;" in [one.text for one in found]


async def test_the_remaining_parameters(ask: Ask) -> None:
    assert top(await ask("  uart_tx #(.|"))[0].text == "parameters of uart_tx to connect: parameter int CLKS = 87"


async def test_the_port_that_is_being_connected_stays_in_the_list(ask: Ask) -> None:
    assert top(await ask("  uart_tx u_tx (.clk(clk), .data(|)"))[0].text == (
        "ports of uart_tx to connect: input logic rst, input byte_t data, output logic busy, output logic done"
    )


async def test_the_ports_of_an_old_module(ask: Ask) -> None:
    assert top(await ask("  old_style u (.|"))[0].text == "ports of old_style to connect: input [W-1:0] a, output reg b"


async def test_a_half_typed_module_name(ask: Ask) -> None:
    found = top(await ask("  uart_|"))
    assert found[0].text == (
        "module uart_tx import state_pkg::*; #(parameter int CLKS = 87, localparam int HALF = CLKS / 2) "
        "(input logic clk, input logic rst, input byte_t data, output logic busy, done);"
    )


async def test_instantiated_modules_stand_for_the_whole_unit(ask: Ask) -> None:
    far = [one for one in await ask("  uart_tx u_tx (.clk(clk));\n  logic x;\n  assign x = |") if not one.near]
    assert [(one.path, one.why) for one in far] == [("rtl/uart_tx.sv", "module uart_tx")]


async def test_an_enumeration_by_what_is_compared_with_it(ask: Ask) -> None:
    found = top(await ask("  state_e state;\n  assign busy = state == |"))
    assert "typedef enum logic [1:0] {IDLE, LOAD, DONE} state_e;" in [one.text for one in found]
    assert "state_e state;" in [one.text for one in found]


async def test_an_enumeration_by_the_case_statement_around(ask: Ask) -> None:
    found = top(await ask("  state_e state;\n  always_comb\n    case (state)\n      |\n    endcase"))
    assert "state_e" in " ".join(one.text for one in found)
    assert "LOAD" in " ".join(one.text for one in found)


async def test_the_fields_of_what_stands_before_the_dot(ask: Ask) -> None:
    texts = [one.text for one in top(await ask("  beat_t beat;\n  assign x = beat.|"))]
    assert texts[:2] == ["beat_t beat;", "typedef struct packed {byte_t data; logic last;} beat_t;"]
    assert "typedef logic [7:0] byte_t;" in texts


async def test_what_a_package_offers(ask: Ask) -> None:
    found = top(await ask("  localparam A = state_pkg::|", head="module top;"))
    assert found[0].text.startswith("state_pkg: state_e, IDLE, LOAD, DONE, byte_t")
    assert "swap" in found[0].text
    texts = [one.text for one in top(await ask("  localparam A = state_pkg::DE|", head="module top;"))]
    assert "parameter int DEPTH = 16;" in texts


async def test_a_function_being_called(ask: Ask) -> None:
    texts = [one.text for one in top(await ask("  assign x = swap(|"))]
    assert texts[0] == "function automatic byte_t swap(input byte_t value, input logic how);"


async def test_an_interface_behind_a_port(ask: Ask) -> None:
    texts = [one.text for one in top(await ask("  assign bus.|", head="module top (bus_if.master bus);"))]
    assert any("modport master(output addr, valid)" in text for text in texts)


async def test_macros_with_their_arguments(ask: Ask) -> None:
    assert top(await ask("  `|"))[0].text == "macros: `WIDTH, `ASSERT(name, prop)"
    texts = [one.text for one in await ask("  logic [`WIDTH-1:0] x;\n  assign x = |")]
    assert "`define WIDTH 24" in texts


async def test_equal_surroundings_give_equal_bytes(ask: Ask) -> None:
    body = "  uart_tx u_tx (.clk(clk));\n  state_e state, next;\n  assign next = "
    far = {tuple(one for one in await ask(f"{body}{typed}|;") if not one.near) for typed in ("", "s", "sta", "state ")}
    assert len(far) == 1


async def test_nothing_is_known_and_nothing_is_said(ask: Ask) -> None:
    assert await ask("  unknown_thing u (.|", head="module top;") == ()


@pytest.mark.parametrize(
    "text", ["|", "module|", "module top(|", "`include |\n", "𝄞 = |\n", "endmodule|\nmodule", '"|']
)
async def test_broken_text_costs_nothing(tmp_path: Path, slang: InProcess, text: str) -> None:
    document, line, column = at_mark(text, "systemverilog")
    hole = hole_at(document, line, column)
    if hole is not None:
        facts = HdlFacts(cast("Slang", slang))
        assert isinstance(await facts.gather(document, Project(str(tmp_path)), hole), tuple)
