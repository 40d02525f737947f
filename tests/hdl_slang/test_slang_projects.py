"""A project of many files: what one leaves to the next, what is parsed again, and what is looked up."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from slang_helpers import codes, snapshot

from signoff.verifiers.hdl.slang_engine import SlangEngine

pytestmark = pytest.mark.tool

LEAF = "module leaf(input a, output y); assign y = a; endmodule\n"


def test_macros_of_earlier_files_hold_in_later_ones(check):
    first = {"first.sv": "`define WIDTH 8\n`define WORD [`WIDTH-1:0]\n"}
    assert check("module m(input `WORD a, output `WORD y); assign y = a; endmodule\n", first) == []


def test_a_macro_put_together_from_pieces_is_found(check):
    first = {"first.sv": "`define get_red 1\n`define get(name) `get_``name\n"}
    assert check("module m(output y); assign y = `get(red); endmodule\n", first) == []


def test_an_undefined_macro_is_gone(check):
    first = {"first.sv": "`define ONE 1\n", "second.sv": "`undef ONE\n"}
    assert "UnknownDirective" in codes(check("module m(output y); assign y = `ONE; endmodule\n", first))


def test_a_switch_of_an_earlier_file_decides_later(check):
    text = "module m(output y);\n`ifdef FORMAL\n  assign y = nowhere;\n`endif\nendmodule\n"
    assert check(text, {"first.sv": "// `define FORMAL\n/* `define FORMAL */\n"}) == []
    assert codes(check(text, {"first.sv": "`define FORMAL\n"})) == ["UndeclaredIdentifier"]
    assert codes(check(text, defines=("FORMAL=1",))) == ["UndeclaredIdentifier"]


def test_a_guarded_header_is_read_by_every_file_that_needs_it(check):
    header = "`ifndef TYPES\n`define TYPES\n`define W 4\n`define INC(x) ((x) + 4'd1)\n`endif\n"
    text = '`include "types.vh"\nmodule m(input [`W-1:0] a, output [`W-1:0] y); assign y = `INC(a); endmodule\n'
    other = '`include "types.vh"\nmodule other(input [`W-1:0] a); endmodule\n'
    assert check(text, {"types.vh": header, "other.sv": other}) == []


def test_declarations_outside_modules_hold_in_later_files(check):
    first = {"first.sv": "typedef logic [7:0] word;\npackage p; localparam OFFSET = 3; endpackage\nimport p::*;\n"}
    assert check("module m(input word a, output word y); assign y = a + OFFSET[7:0]; endmodule\n", first) == []


def test_findings_of_joined_files_stay_in_their_own(check, tmp_path):
    first = {"first.sv": "typedef logic [7:0] word;\n"}
    text = "module m(input word a);\n  wire w = nowhere;\nendmodule\n"
    findings = check(text, first)
    assert [(item.code, Path(item.path).name, item.span.start_line) for item in findings] == [
        ("UndeclaredIdentifier", "focus.sv", 1)
    ]


def test_only_the_edited_file_is_parsed_again(engine: SlangEngine, project, tmp_path):
    made = project({"leaf.sv": LEAF * 1, "top.sv": "module top(input a, output y); leaf u(a, y); endmodule\n"})
    top = tmp_path / "top.sv"
    engine.check(snapshot(top, top.read_text()), made)
    state = engine._loader._state
    before = {path: id(unit.tree) for path, unit in state.units.items()}
    edited = top.read_text() + "// edited\n"
    assert engine.check(snapshot(top, edited, 2), made) == []
    assert engine._loader._state is state
    after = {path: id(unit.tree) for path, unit in state.units.items()}
    assert [path for path in before if before[path] != after[path]] == [str(top)]


def test_files_of_another_guess_are_not_parsed_again(engine, project, tmp_path):
    made = project({"one.sv": LEAF, "two.sv": LEAF.replace("leaf", "other")}, declared=False)
    first, second = (replace(made, files=(path,)) for path in made.files)
    for _ in range(3):
        for each in (first, second):
            assert engine.check(snapshot(each.files[0], Path(each.files[0]).read_text()), each) == []
    assert engine._loader._state.assigned == 2 * len(LEAF) + 1


def test_an_open_buffer_stands_in_for_its_file(engine, project, tmp_path):
    made = project({"leaf.sv": LEAF, "top.sv": ""})
    top = snapshot(tmp_path / "top.sv", "module top(input a, output y); leaf u(.a(a), .z(y)); endmodule\n")
    assert "PortDoesNotExist" in codes(engine.check(top, made))
    unsaved = snapshot(tmp_path / "leaf.sv", LEAF.replace("y", "z"))
    assert engine.check(top, replace(made, buffers=(unsaved,))) == []
    assert "PortDoesNotExist" in codes(engine.check(top, made))


def test_an_open_header_stands_in_for_its_file(engine, project, tmp_path):
    made = project({"width.vh": "`define WIDTH 4\n", "top.sv": ""})
    top = snapshot(
        tmp_path / "top.sv",
        '`include "width.vh"\nmodule m(input [`WIDTH-1:0] a, output y); assign y = a[6]; endmodule\n',
    )
    assert codes(engine.check(top, made)) == ["IndexOOB"]
    unsaved = snapshot(tmp_path / "width.vh", "`define WIDTH 8\n")
    assert engine.check(top, replace(made, buffers=(unsaved,))) == []
    assert engine.check(top, replace(made, buffers=(unsaved,))) == []
    assert codes(engine.check(top, made)) == ["IndexOOB"]


def test_a_change_on_disk_is_seen(engine, project, tmp_path):
    made = project({"width.vh": "`define WIDTH 4\n", "leaf.sv": LEAF, "top.sv": ""})
    text = '`include "width.vh"\nmodule top(input [`WIDTH-1:0] a, output y); leaf u(a[6], y); endmodule\n'
    top = snapshot(tmp_path / "top.sv", text)
    assert codes(engine.check(top, made)) == ["IndexOOB"]
    (tmp_path / "width.vh").write_text("`define WIDTH 8 // wider\n")
    os.utime(tmp_path / "width.vh", ns=(1, 1))
    assert engine.check(top, made) == []
    (tmp_path / "leaf.sv").write_text(LEAF.replace("leaf(", "renamed("))
    assert codes(engine.check(top, made)) == ["UnknownModule"]


def test_a_header_that_appears_is_seen(engine, project, tmp_path):
    made = project({"top.sv": ""}, include_dirs=(str(tmp_path / "include"),))
    top = snapshot(tmp_path / "top.sv", '`include "width.vh"\nmodule m(input [`WIDTH-1:0] a); endmodule\n')
    assert "CouldNotOpenIncludeFile" in codes(engine.check(top, made))
    (tmp_path / "include").mkdir()
    (tmp_path / "include" / "width.vh").write_text("`define WIDTH 8\n")
    assert engine.check(top, made) == []


def test_modules_are_looked_up_in_libraries(check, tmp_path):
    cells = tmp_path / "cells"
    cells.mkdir()
    (cells / "leaf.v").write_text("module leaf(input a, output y); inner u(a, y); wire junk = nowhere; endmodule\n")
    (tmp_path / "library.v").write_text(
        "module unused(input a); endmodule\n`celldefine\nmodule inner(input a, output y); endmodule\n"
    )
    text = "module top(input a, output y); leaf u(a, y); endmodule\n"
    libraries = {"library_dirs": (str(cells),), "library_files": (str(tmp_path / "library.v"),)}
    assert "UnknownModule" in codes(check(text))
    assert check(text, **libraries) == []


def test_with_a_declared_top_only_its_hierarchy_and_the_file_in_focus_count(check):
    fault = "module {} #(parameter N = 4)(input [3:0] a, output y); assign y = a[N]; endmodule\n"
    others = {"aside.sv": fault.format("aside"), "top.sv": "module top; endmodule\n"}
    assert len(check(fault.format("focus"), others, top=("top",))) == 1
    assert len(check(fault.format("focus"), others)) == 2


UNREACHED = "module {name}(input clk, output reg q); always @(posedge clk) q <= {value}; endmodule\n"
CONDITION = "module top #(parameter D = {on}) (input clk, output q); if (D) begin : g leaf u(clk, q); end endmodule\n"


@pytest.mark.parametrize("top", [(), ("top",), ("absent",)])
def test_a_module_under_a_false_condition_is_judged_alike_every_time(engine, tmp_path, top):
    from signoff.verifiers.project import Project

    other = tmp_path / "top.v"
    project = Project(root=str(tmp_path), declared=True, files=(str(other), str(tmp_path / "leaf.v")), top=top)
    bad, good = (UNREACHED.format(name="leaf", value=value) for value in ("nowhere", "1'b0"))

    def said(text: str) -> list[str]:
        return codes(engine.check(snapshot(tmp_path / "leaf.v", text), project))

    for on in (0, 1, 0):
        other.write_text(CONDITION.format(on=on))
        for text in (bad, bad, good, good, bad, bad, bad):
            assert said(text) == (["UndeclaredIdentifier"] if text is bad else []), (on, text)


def test_tops_do_not_depend_on_what_was_there_before(engine, tmp_path):
    from signoff.verifiers.project import Project

    (tmp_path / "top.v").write_text("module top; endmodule\n")
    project = Project(root=str(tmp_path), declared=True, files=(str(tmp_path / "top.v"),), top=("top",))
    inner = "module b #(parameter N = 4)(input [3:0] a, output y); assign y = a[N]; endmodule\n"
    within = "module a(input [3:0] i, output y); b #(.N(1)) u(i, y); endmodule\n"
    around = "module a(input [3:0] i, output y); assign y = i[0]; endmodule\n"
    for text in (inner + within, inner + within, inner + around, inner + within, around + inner):
        fresh = SlangEngine().check(snapshot(tmp_path / "f.v", text), project)
        assert codes(engine.check(snapshot(tmp_path / "f.v", text), project)) == codes(fresh)
        assert len(fresh) == (0 if text.endswith(within) else 1)


def test_a_top_that_is_not_there_does_not_blind(check):
    assert codes(check("module m; wire a = nowhere; endmodule\n", top=("absent",))) == ["UndeclaredIdentifier"]


def test_strictness_is_a_setting(check):
    from signoff.verifiers.settings import SlangSettings, VerifierSettings

    text = "module m(input [3:0] a, output y); assign y = a[4]; endmodule\n"
    lenient = check(text)
    strict = check(text, settings=VerifierSettings(slang=SlangSettings(strict=True)))
    assert [item.severity for item in lenient] > [item.severity for item in strict]


def test_many_edits_do_not_grow_the_state(engine, tmp_path, monkeypatch):
    from signoff.verifiers.hdl import slang_sources
    from signoff.verifiers.project import Project

    monkeypatch.setattr(slang_sources, "REBUILD_BYTES", 2000)
    project = Project(root=str(tmp_path), declared=True)
    states = set()
    for number in range(60):
        text = f"module m(output y);\n  assign y = nowhere;\nendmodule // {number:060d}\n"
        assert codes(engine.check(snapshot(tmp_path / "m.sv", text, number), project)) == ["UndeclaredIdentifier"]
        states.add(engine._loader._state.serial)
        assert engine._loader._state.assigned < 2600
    assert len(states) > 2


def test_a_black_box_is_not_missed_and_any_other_module_is(check):
    text = "module top(input c); BUFG b(.I(c)); BUFX x(.I(c)); endmodule\n"
    assert codes(check(text)) == ["UnknownModule", "UnknownModule"]
    assert [dict(one.data)["arg0"] for one in check(text, missing=("BUFG",))] == ["BUFX"]


def test_the_two_stages_find_together_what_one_check_finds(project, tmp_path: Path):
    text = (
        "module top(input a, b, output reg y, output reg z);\n"
        "  always @(a) y = a & b;\n  always @(posedge a) z <= nowhere;\nendmodule\n"
    )
    shot, made = snapshot(tmp_path / "top.v", text), project({"top.v": text})
    engine = SlangEngine()
    whole = engine.check(shot, made)
    halves = engine.elaborate(shot, made), engine.analyse(shot, made)
    assert [codes(half) for half in halves] == [["UndeclaredIdentifier"], ["IncompleteSensitivityList"]]
    assert [*halves[0], *halves[1]] == whole
    newer = replace(shot, text=text.replace("nowhere", "b"), version=2)
    assert codes(engine.analyse(newer, made)) == ["IncompleteSensitivityList"], "the kept design is not of this text"
    assert engine.elaborate(newer, made) == []


def test_documents_open_side_by_side_do_not_hide_each_other(project, tmp_path: Path):
    texts = {"one.v": LEAF, "two.v": LEAF.replace("leaf", "other"), "part.v": "assign y = a;\n"}
    shots = {name: snapshot(tmp_path / name, text) for name, text in texts.items()}
    declared = project(texts)
    buffers = tuple(shots.values())
    first, second = (replace(declared, files=(str(tmp_path / name),), buffers=buffers) for name in ("one.v", "two.v"))
    engine = SlangEngine()
    for _ in range(2):
        engine.check(shots["two.v"], second)
        facts = engine.symbol(shots["one.v"], first, 0, LEAF.index("leaf"))
        assert facts is not None and facts.name == "leaf"


def test_an_open_document_that_is_included_is_read_from_the_editor(project, tmp_path: Path):
    text = 'module m(input a, output y);\n`include "part.v"\nendmodule\n'
    made = project({"m.v": text, "part.v": "assign y = a;\n"})
    part = snapshot(tmp_path / "part.v", "assign y = nowhere;\n")
    made = replace(made, files=(str(tmp_path / "m.v"),), buffers=(part,))
    found = SlangEngine().check(snapshot(tmp_path / "m.v", text), made)
    assert codes(found) == ["UndeclaredIdentifier"] and found[0].path == part.path


def test_editing_one_of_two_open_documents_reads_no_other_file_anew(project, tmp_path: Path):
    texts = {"one.v": LEAF, "two.v": LEAF.replace("leaf", "other")}
    made = project(texts)
    engine = SlangEngine()
    serials = set()
    for version in range(1, 4):
        shots = [snapshot(tmp_path / name, text + "\n" * version, version) for name, text in texts.items()]
        for shot in shots:
            engine.check(shot, replace(made, files=(shot.path,), buffers=tuple(shots)))
            serials.add(engine._loader._state.serial)
    assert len(serials) == 1
