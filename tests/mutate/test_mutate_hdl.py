"""Every fault of Verilog: it is where it should be, it differs, and the text parses, or not, as it should."""

from __future__ import annotations

import pytest
from mutate_helpers import changed, document, mutants, sample, sound_ones

from signoff.diagnostics.mutate.mutation import Mutator
from signoff.diagnostics.mutate.registry import HDL
from signoff.verifiers.finding import GPU_CATEGORIES, MCU_CATEGORIES, Category

MACHINE = sample("machine.sv")
BY_NAME = {mutator.name: mutator for mutator in HDL}
# A change that each way of going wrong must be able to make of the sample: the lines before, and after.
EXPECTED = {
    "dropped-semicolon": ("state <= following;", "state <= following"),
    "dropped-end": ("endcase", ""),
    "dropped-begin": ("RUN: begin", "RUN:"),
    "dropped-closing-bracket": ("assign ready = (state == DONE);", "assign ready = (state == DONE;"),
    "dropped-opening-bracket": ("chosen = a[3:0];", "chosen = a3:0];"),
    "misspelt-keyword": ("endcase", "endase"),
    "foreign-keyword": ("end else if (state == DONE) begin", "end elsif (state == DONE) begin"),
    "foreign-digit": ("chosen = 4'b0001;", "chosen = 4'b0002;"),
    "lost-digits": ("chosen = 4'b0001;", "chosen = 4'b;"),
    "oversized-literal": ("total <= 8'd0;", "total <= 8'd256;"),
    "declared-width": ("reg [7:0] held;", "reg [6:0] held;"),
    "selected-width": ("chosen = a[3:0];", "chosen = a[2:0];"),
    "concatenated-width": (
        "assign mixed = {a[7:4], b[3:0]} & ~(child_result ^ 8'h0f);",
        "assign mixed = {a[7:4]} & ~(child_result ^ 8'h0f);",
    ),
    "literal-width": ("total <= 8'd0;", "total <= 12'd0;"),
    "index-past-the-end": ("if (!state[0]) begin", "if (!state[2]) begin"),
    "range-past-the-end": ("chosen = a[3:0];", "chosen = a[10:7];"),
    "reversed-range": ("chosen = a[3:0];", "chosen = a[0:3];"),
    "misspelt-name": ("held <= sum;", "held <= suum;"),
    "dropped-declaration": ("reg [7:0] held;", ""),
    "register-as-net": ("reg [7:0] held;", "wire [7:0] held;"),
    "output-without-reg": ("output reg [7:0] total,", "output [7:0] total,"),
    "driven-input": ("output wire ready", "input wire ready"),
    "misspelt-module": ("child #(", "chld #("),
    "misspelt-port": (".data(sum),", ".daa(sum),"),
    "dropped-connection": (".data(sum), .result(child_result)", ".data(sum)"),
    "doubled-connection": (".data(sum),", ".enable(sum),"),
    "misspelt-parameter": (".WIDTH(8)", ".WITH(8)"),
    "dropped-event": ("always @(a or b or state) begin", "always @(a or b) begin"),
    "listed-star": ("always @(*) begin", "always @(state) begin"),
    "no-event": ("always @* begin", "always begin"),
    "blocking-in-clocked": ("held <= sum;", "held = sum;"),
    "nonblocking-in-combinational": ("following = state;", "following <= state;"),
    "inverted-reset": ("if (!rst_n) begin", "if (rst_n) begin"),
    "dropped-reset-edge": ("always @(posedge clk or negedge rst_n) begin", "always @(posedge clk) begin"),
    "other-reset-edge": (
        "always @(posedge clk or negedge rst_n) begin",
        "always @(posedge clk or posedge rst_n) begin",
    ),
    "dropped-reset": ("held <= 8'd0;", ""),
    "reset-to-signal": ("held <= 8'd0;", "held <= sum;"),
    "dropped-state": ("DONE: following = IDLE;", ""),
    "dropped-default": ("default: following = IDLE;", ""),
    "doubled-label": ("DONE: following = IDLE;", "RUN: following = IDLE;"),
    "wrong-next-state": ("DONE: following = IDLE;", "DONE: following = RUN;"),
    "second-assign": ("", "assign ready = ~((state == DONE));"),
    "second-process": ("", "always @(posedge clk) state <= 1'b0;"),
    "delay-in-process": ("held <= sum;", "#10 held <= sum;"),
    "both-edges": ("always @(posedge clk) begin", "always @(posedge clk or negedge clk) begin"),
    "wait-in-process": ("following = state;", "wait (start) following = state;"),
    "wrong-operation": ("total <= total + 8'd1;", "total <= total - 8'd1;"),
    "wrong-constant": ("chosen = b[3:0] << 1;", "chosen = b[3:0] << 2;"),
    "swapped-arms": ("assign result = enable ? data : 8'h00;", "assign result = enable ? 8'h00 : data;"),
    "wrong-gate": (
        "assign mixed = {a[7:4], b[3:0]} & ~(child_result ^ 8'h0f);",
        "assign mixed = {a[7:4], b[3:0]} & ~(child_result & 8'h0f);",
    ),
    "lost-inverter": (
        "assign mixed = {a[7:4], b[3:0]} & ~(child_result ^ 8'h0f);",
        "assign mixed = {a[7:4], b[3:0]} & (child_result ^ 8'h0f);",
    ),
    "assignment-in-condition": ("end else if (state == DONE) begin", "end else if (state = DONE) begin"),
    "wrong-relation": ("end else if (state == DONE) begin", "end else if (state != DONE) begin"),
    "lost-negation": ("if (!state[0]) begin", "if (state[0]) begin"),
    "bitwise-connective": (
        "end else if (start && (total != 8'hff)) begin",
        "end else if (start & (total != 8'hff)) begin",
    ),
    "lost-parentheses": (
        "if (total[3] == a[0] & (b & a) == 8'h01) following = DONE;",
        "if (total[3] == a[0] & b & a == 8'h01) following = DONE;",
    ),
    "dropped-else": ("else following = IDLE;", ""),
    "dropped-preset": ("following = state;", ""),
    "dropped-assignment": ("inner = start;", ""),
}


def test_every_kind_has_a_fault() -> None:
    kinds = set(Category) - GPU_CATEGORIES - MCU_CATEGORIES - {Category.OTHER}
    assert {mutator.category for mutator in HDL} == kinds
    assert len(kinds) == 20


def test_every_way_has_an_expectation_and_a_name_of_its_own() -> None:
    assert len(BY_NAME) == len(HDL)
    assert set(EXPECTED) == set(BY_NAME)


@pytest.mark.parametrize("mutator", HDL, ids=lambda one: one.name)
def test_the_fault_is_made_and_is_sound(mutator: Mutator) -> None:
    made = sound_ones(MACHINE, mutator)
    assert EXPECTED[mutator.name] in [changed(one) for one in made], [changed(one) for one in made]


@pytest.mark.parametrize("mutator", HDL, ids=lambda one: one.name)
def test_its_lines_are_lines_of_the_faulty_text(mutator: Mutator) -> None:
    for made in mutants(MACHINE, mutator):
        count = made.faulty.text.count("\n") + 1
        assert made.lines
        assert all(0 <= line < count for line in made.lines)
        assert made.faulty.version > MACHINE.version


@pytest.mark.parametrize("mutator", HDL, ids=lambda one: one.name)
@pytest.mark.parametrize("text", ["", "module", "module m(; always @(", "// 𝔸\r\nmodule m; endmodule\r\n", "\ufeff("])
def test_text_that_is_no_design_does_no_harm(mutator: Mutator, text: str) -> None:
    list(mutants(document(text), mutator))


@pytest.mark.parametrize("mutator", HDL, ids=lambda one: one.name)
def test_characters_beyond_ascii_and_windows_lines_move_nothing(mutator: Mutator) -> None:
    text = MACHINE.text.replace("// A small", "// 𝔸 é small").replace("\n", "\r\n")
    plain = [changed(one) for one in mutants(MACHINE, mutator)]
    assert [changed(one) for one in mutants(document(text), mutator)] == plain
