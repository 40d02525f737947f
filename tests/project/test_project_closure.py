"""The guess at a design: what a file needs, in order, and which of several candidates is meant."""

import os

from signoff.verifiers.hdl.closure import Closure, closure, in_order, reachable
from signoff.verifiers.hdl.index import extract
from signoff.verifiers.hdl.workspace_index import WorkspaceIndex, is_stand_in, nearest


def index_of(**texts: str) -> WorkspaceIndex:
    """An index of files under /w, whose names are given as rtl__top_sv for /w/rtl/top.sv."""
    index = WorkspaceIndex()
    for name, text in texts.items():
        stem, _, ending = name.replace("__", os.sep).rpartition("_")
        index.set(f"/w/{stem}.{ending}", extract(text))
    return index


def need(index: WorkspaceIndex, *start: str, optional: bool = True) -> Closure:
    return closure(index, [f"/w/{path}" for path in start], optional=optional)


def names(paths: tuple[str, ...]) -> list[str]:
    return [path.removeprefix("/w/") for path in paths]


def test_packages_come_before_their_users_at_any_depth() -> None:
    index = index_of(
        top_sv="module top import b_pkg::*; (); leaf u_leaf (); endmodule",
        leaf_sv="module leaf; localparam int X = c_pkg::X; endmodule",
        b_pkg_sv="package b_pkg; import a_pkg::*; endpackage",
        a_pkg_sv="package a_pkg; endpackage",
        c_pkg_sv="package c_pkg; localparam int X = a_pkg::Y; endpackage",
    )
    found = need(index, "top.sv")
    assert names(found.files) == ["a_pkg.sv", "b_pkg.sv", "top.sv", "c_pkg.sv", "leaf.sv"]
    assert found.missing == ()


def test_what_is_found_nowhere_is_named() -> None:
    index = index_of(
        top_sv='`include "gone.vh"\nmodule top import no_pkg::*; (); vendor_pll u_pll (); initial `SAY; endmodule',
    )
    assert set(need(index, "top.sv").missing) == {"gone.vh", "no_pkg", "vendor_pll", "`SAY"}


def test_what_stands_under_an_ifdef_is_taken_where_it_is_there_and_never_missed() -> None:
    index = index_of(
        top_sv='module top; `ifdef SIM `include "gone.vh"\n model u_model (); absent u_absent (); `endif endmodule',
        model_sv="module model; endmodule",
    )
    found = need(index, "top.sv")
    assert names(found.files) == ["top.sv", "model.sv"]
    assert found.missing == ()
    assert names(need(index, "top.sv", optional=False).files) == ["top.sv"]


def test_users_and_testbenches_are_not_drawn_in() -> None:
    index = index_of(
        rtl__alu_sv="module alu; add u_add (); endmodule",
        rtl__add_sv="module add; endmodule",
        rtl__top_sv="module top; alu u_alu (); endmodule",
        tb__alu_tb_sv="module alu_tb; alu dut (); endmodule",
    )
    assert names(need(index, "rtl/alu.sv").files) == ["rtl/alu.sv", "rtl/add.sv"]


def test_of_several_definitions_the_same_folder_then_the_design_then_the_nearest() -> None:
    ram = "module ram; endmodule"
    index = index_of(a__top_sv="module top; ram u (); endmodule", a__ram_sv=ram, b__ram_sv=ram)
    assert names(need(index, "a/top.sv").files) == ["a/top.sv", "a/ram.sv"]
    index = index_of(a__x__top_sv="module top; ram u (); endmodule", a__sim__ram_sv=ram, b__c__ram_sv=ram)
    assert names(need(index, "a/x/top.sv").files) == ["a/x/top.sv", "b/c/ram.sv"]
    index = index_of(a__x__top_sv="module top; ram u (); endmodule", a__y__ram_sv=ram, b__c__ram_sv=ram)
    assert names(need(index, "a/x/top.sv").files) == ["a/x/top.sv", "a/y/ram.sv"]


def test_nothing_is_defined_twice() -> None:
    index = index_of(
        top_sv="module top; fifo u_f (); ram u_r (); endmodule",
        fifo_sv="module fifo; endmodule module ram; endmodule",
        near__ram_sv="module ram; endmodule module top; endmodule",
    )
    assert names(need(index, "top.sv").files) == ["top.sv", "fifo.sv"]


def test_the_opened_file_wins_over_another_that_defines_the_same() -> None:
    index = index_of(
        old__core_sv="module core; alu u (); endmodule",
        new__core_sv="module core; endmodule",
        new__alu_sv="module alu; core u_loop (); endmodule",
    )
    assert names(need(index, "old/core.sv").files) == ["old/core.sv", "new/alu.sv"]


def test_includes_bring_folders_and_what_the_header_uses() -> None:
    index = index_of(
        rtl__top_sv='`include "sub/defs.svh"\nmodule top; endmodule',
        inc__sub__defs_svh='`include "more.svh"\nimport h_pkg::*;',
        inc__sub__more_svh="",
        other__h_pkg_sv="package h_pkg; endpackage",
    )
    found = need(index, "rtl/top.sv")
    assert names(found.files) == ["other/h_pkg.sv", "rtl/top.sv"]
    assert names(found.include_dirs) == ["inc"]
    assert set(names(found.headers)) == {"inc/sub/defs.svh", "inc/sub/more.svh"}


def test_includes_and_instances_that_loop_end() -> None:
    index = index_of(
        a_sv='`include "x.svh"\nmodule a; b u (); endmodule',
        b_sv="module b; a u (); endmodule",
        x_svh='`include "y.svh"',
        y_svh='`include "x.svh"',
        p_sv="package p; import q::*; endpackage",
        q_sv="package q; import p::*; endpackage",
    )
    assert names(need(index, "a.sv").files) == ["a.sv", "b.sv"]
    assert set(names(need(index, "p.sv").files)) == {"p.sv", "q.sv"}


def test_a_file_of_macros_that_no_include_brings_comes_first() -> None:
    index = index_of(
        rtl__top_v="module top; reg [`WIDTH-1:0] r; endmodule",
        rtl__defines_v="`define WIDTH 8\n`define OTHER `UNKNOWN_BUT_UNUSED",
    )
    found = need(index, "rtl/top.v")
    assert names(found.files) == ["rtl/defines.v", "rtl/top.v"]
    assert found.missing == ()


def test_interfaces_of_ports_are_found() -> None:
    index = index_of(
        top_sv="module top (bus_if.master m, plain_if p, input my_t x); endmodule",
        bus_if_sv="interface bus_if; endinterface",
        plain_if_sv="interface plain_if; endinterface",
    )
    found = need(index, "top.sv")
    assert set(names(found.files)) == {"top.sv", "bus_if.sv", "plain_if.sv"}
    assert found.missing == ()


def test_ordering_keeps_the_order_given_except_for_packages() -> None:
    index = index_of(
        b_sv="module b import p::*; (); endmodule",
        a_sv="module a; endmodule",
        p_sv="package p; endpackage",
        d_sv="`define D",
    )
    files = [f"/w/{name}" for name in ("b.sv", "a.sv", "d.sv", "p.sv")]
    assert names(in_order(index, files)) == ["d.sv", "p.sv", "b.sv", "a.sv"]


def test_what_the_top_reaches() -> None:
    index = index_of(
        top_sv="module top import p::*; (); a u (); endmodule",
        a_sv="module a; endmodule",
        p_sv="package p; endpackage",
        lone_sv="module lone; endmodule",
        check_sv="bind a checks u ();",
        checks_sv="module checks; endmodule",
    )
    files = list(index.paths())
    assert set(names(tuple(reachable(index, files, ["top"])))) == {
        "top.sv",
        "a.sv",
        "p.sv",
        "check.sv",
        "checks.sv",
    }


def test_an_index_forgets_and_replaces() -> None:
    index = index_of(a_sv="module a; endmodule")
    index.set("/w/a.sv", extract("module b; endmodule"))
    assert index.units("a") == ()
    assert index.units("b") == ("/w/a.sv",)
    index.discard("/w/a.sv")
    assert index.units("b") == ()
    assert len(index) == 0
    assert not index._where


def test_stand_ins_and_nearness() -> None:
    assert is_stand_in("/ip/tb/fifo.sv")
    assert is_stand_in("/ip/rtl/fifo_tb.sv")
    assert not is_stand_in("/ip/rtl/tbird.sv")
    assert not is_stand_in("/rtl/attest.sv")
    assert nearest(["/w/b/x.sv", "/w/a/c/x.sv", "/w/a/x.sv"], "/w/a/y.sv") == ["/w/a/x.sv", "/w/a/c/x.sv", "/w/b/x.sv"]
