"""What the index reads out of one file's text."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.verifiers.hdl.index import extract


def test_units_and_their_uses() -> None:
    facts = extract(
        """
        // module commented_out; endmodule
        /* module also_out(); */
        package types_pkg; typedef enum {A} e; endpackage : types_pkg
        interface bus_if (input logic clk); modport master (input clk); endinterface
        module automatic top import types_pkg::*, other_pkg::thing; #(parameter int W = deep_pkg::W) (
            bus_if.master bus, input logic a, bus2_if b2);
          initial $display("module in_string; u u1(x);");
          fifo #(.DEPTH(4), .W((2+3)*W)) u_fifo (.clk(a), .d({a, b[1:0]})), u_second (.clk(a));
          plain u_plain (a, b);
          arr u_arr [3:0] (.x(a));
          generate if (W > 3) begin : g_wide wide u_wide (); end else narrow u_narrow (); endgenerate
          unpacked \\escaped+name (a);
          assign y = fun(a) + other (b);
          always @(posedge a) task_call(a, b);
          nand g1 (y, a, b);
        endmodule
        class helper extends base_pkg::base; endclass
        primitive udp (o, i); output o; input i; table 0 : 1; endtable endprimitive
        """
    )
    assert facts.modules == ("top", "udp")
    assert facts.interfaces == ("bus_if",)
    assert facts.packages == ("types_pkg",)
    assert facts.classes == ("helper",)
    assert facts.instances == ("arr", "fifo", "narrow", "plain", "unpacked", "wide")
    assert facts.imports == ("other_pkg", "types_pkg")
    assert facts.scopes == ("base_pkg", "deep_pkg")
    assert {"bus_if", "bus2_if"} <= set(facts.port_types)
    assert facts.optional == ()


def test_what_only_looks_like_an_instance() -> None:
    facts = extract(
        """
        module m;
          typedef class later;
          virtual interface bus_if handle;
          function automatic my_t convert (input a); return other(a); endfunction
          function pkg::t scoped(a); endfunction
          task do_it (input a); endtask
          extern function void proto(int a);
          covergroup cg (int a); endgroup
          property p (a); a; endproperty
          assert property (p(a));
          foo.method (a);
          obj = new (a);
        endmodule
        """
    )
    assert facts.instances == ()
    assert facts.modules == ("m",)
    assert facts.interfaces == ()


def test_macros_and_includes_and_conditions() -> None:
    facts = extract(
        """
        `ifndef GUARD
        `define GUARD
        `include "a/defs.vh"
        // `include "not_this.vh"
        `include <sys.vh>
        `define DOUBLE(x) \\
            `INNER(x) ``x inner u_in_body (x);
        module m; `OUTER(1)
        `ifdef SIM
          import sim_pkg::*;
          `include "sim.vh"
          sim_only u_sim (a); both u_both (a);
        `elsif FPGA
          fpga_only u_fpga (a);
        `else
          both u_both (a);
        `endif
        endmodule
        `endif
        """
    )
    assert facts.includes == ("a/defs.vh", "sys.vh", "sim.vh")
    assert facts.macros == ("DOUBLE", "GUARD")
    assert facts.macros_used == ("OUTER",)
    assert facts.instances == ("both", "fpga_only", "sim_only")
    assert facts.optional == ("fpga_only", "sim.vh", "sim_only", "sim_pkg")


def test_after_ifndef_every_other_branch_is_left_out() -> None:
    facts = extract("module m; `ifndef A a u(); `elsif B b u(); `else c u(); `endif d u(); endmodule")
    assert facts.optional == ("b", "c")


def test_bind_names_what_it_binds_and_says_so() -> None:
    facts = extract("bind target checker_m u_check (.a(a));")
    assert facts.instances == ("checker_m", "target")
    assert facts.binds


PIECES = [*'`"/*\\\n ();:#[]{}.,azm', "module ", "`ifdef ", "`endif ", "`else ", "import ", "a::"]


@given(st.lists(st.sampled_from(PIECES)).map("".join))
def test_extract_takes_anything(text: str) -> None:
    extract(text)


@pytest.mark.parametrize(
    "text",
    [
        "/*" * 300_000,
        '"\\' * 300_000,
        "(" * 300_000,
        "`ifdef A x u(); `endif " * 8_000,
        "a " * 300_000,
        "a::" * 200_000,
    ],
    ids=["comments", "strings", "brackets", "conditions", "words", "scopes"],
)
def test_no_text_takes_long(text: str) -> None:
    start = time.process_time()
    extract(text)
    assert time.process_time() - start < 5.0
