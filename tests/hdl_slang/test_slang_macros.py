"""Which definitions earlier files leave to later ones: pure, without slang."""

from __future__ import annotations

from signoff.verifiers.hdl.slang_macros import carried, defines_design_unit, scan


def leave(*texts: str, headers: dict[str, str] | None = None, predefined: tuple[str, ...] = ()) -> str:
    """What the last file is given of what the others define."""
    files = [(f"/p/{number}.v", scan(text)) for number, text in enumerate(texts)]
    return carried(files, predefined, ("/include",), (headers or {}).get)[files[-1][0]]


def test_only_what_is_mentioned_is_given():
    assert leave("`define A 1\n`define B 2\n", "wire x = `A;") == "`define A 1\n"
    assert leave("`define A 1\n", "wire x;") == ""


def test_what_a_definition_mentions_comes_along_in_order():
    assert leave("`define A 1\n`define B `A + 1\n", "`B") == "`define A 1\n`define B `A + 1\n"


def test_continued_lines_are_kept():
    text = "`define SUM(a, b) \\\n  (a + \\\r\n   b)\nwire y;\n"
    assert leave(text, "`SUM(1, 2)") == "`define SUM(a, b) \\\n  (a + \\\r\n   b)\n"


def test_the_last_definition_counts():
    assert leave("`define A 1\n`define A 2\n", "`A") == "`define A 2\n"
    assert leave("`define A 1\n`undef A\n", "`A") == ""
    assert leave("`define A 1\n`undefineall\n", "`A") == ""


def test_branches_are_followed():
    text = "`ifdef X\n`define A 1\n`elsif Y\n`define A 2\n`else\n`define A 3\n`endif\n"
    assert leave(text, "`A") == "`define A 3\n"
    assert leave(text, "`A", predefined=("Y=1",)) == "`define A 2\n"
    assert leave(text, "`A", predefined=("X", "Y")) == "`define A 1\n"
    assert leave("`ifndef X\n`ifdef Y\n`define A 1\n`endif\n`define B 1\n`endif\n", "`A `B") == "`define B 1\n"


def test_a_definition_may_look_like_a_condition():
    assert leave("`define A 1\n", "`ifdef A\n`endif\n") == "`define A 1\n"


def test_comments_define_nothing():
    assert leave("// `define A 1\n/* `define A 2\n */ // see /* here\n`define B 1\n", "`A `B") == "`define B 1\n"


def test_headers_are_followed_once_a_guard_lets_them():
    header = {"/include/h.vh": "`ifndef H\n`define H\n`define A 1\n`endif\n"}
    assert leave('`include "h.vh"\n', "`A", headers=header) == "`define A 1\n"
    again = leave('`include "h.vh"\n', '`include "h.vh"\nwire x = `A;', headers=header)
    assert again == "`define H\n`define A 1\n"


def test_headers_that_include_each_other_come_to_an_end():
    header = {"/include/h.vh": '`define A 1\n`include "h.vh"\n'}
    assert leave('`include "h.vh"\n', "`A", headers=header) == "`define A 1\n"


def test_stray_conditions_are_harmless():
    assert leave("`endif\n`else\n`elsif X\n`define A 1\n", "`A") == "`define A 1\n"


def test_a_file_that_defines_a_module_is_recognised():
    assert defines_design_unit("module  automatic leaf #(", "leaf")
    assert not defines_design_unit("module leaf2; leaf u();", "leaf")
