"""Yosys' dumps, cost reports and logs, read: golden samples in the words of Yosys 0.70."""

from __future__ import annotations

from pathlib import Path

import pytest

from signoff.verifiers.hdl import rtlil, yosys_facts, yosys_report
from signoff.verifiers.hdl.overlay import SourceLines, Sources
from signoff.verifiers.hdl.yosys_names import GUEST_FOLDER, Names

STATE = r"""
attribute \src "/p/a.v:1.1-9.10"
module \latch
  attribute \src "/p/a.v:2.3-2.27"
  cell $dlatch $auto$proc_dlatch.cc:559:proc_dlatch$45
    parameter \WIDTH 4
    connect \EN \en
    connect \Q \q
  end
end
module $paramod\fifo\W=s32'00000000000000000000000000001000
  attribute \src "/p/a.v:5.3-5.9"
  cell $dff $procdff$1
    parameter \WIDTH 6
    connect \Q { \a [1:0] \b }
  end
  cell $sdffe $procdff$2
    connect \Q \c [0]
  end
end
"""
NETS = r"""
module \latch
  attribute \src "/p/a.v:1.20-1.22"
  wire input 1 \en
  wire width 4 output 3 \q
  wire inout 4 \bus
  wire width 4 $hidden
  memory width 8 size 16 offset 0 \m
  connect \q [0] \en
  connect \q [0] \bus
  connect \q [1] \bus
  connect $hidden \q
end
"""
TREE = r"""
module \top
  cell $paramod\fifo\W=s32'1000 \f
    connect \x \y
  end
end
"""


def test_registers() -> None:
    latch, dff, sdffe = rtlil.registers(STATE)
    assert (latch.module, latch.latch, latch.width, latch.nets, latch.src) == (
        "\\latch",
        True,
        4,
        ("q",),
        "/p/a.v:2.3-2.27",
    )
    assert (dff.latch, dff.width, dff.nets) == (False, 6, ("a", "b"))
    assert (sdffe.width, sdffe.nets, sdffe.src) == (1, ("c",), "")
    assert rtlil.registers("") == () == rtlil.registers("garbage\n  end\n\xff")


def test_declared_nets() -> None:
    row = rtlil.declared(NETS)["\\latch"]
    assert row.src == {"en": "/p/a.v:1.20-1.22", "q": "", "bus": ""}
    assert (row.inouts, row.memories, row.assigned_twice) == ({"bus"}, {"m": 128}, ("q",))


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("\\fifo", "fifo"),
        ("$paramod\\fifo\\W=s32'1000", "fifo"),
        ("$paramod$0123abc\\fifo", "fifo"),
        ("\\fifo$top.u_fifo", "fifo"),
        ("$add", "$add"),
    ],
)
def test_module_names(name: str, plain: str) -> None:
    assert rtlil.module_name(name) == plain


def test_only_what_the_design_uses_counts() -> None:
    children = {
        "\\top": {"$paramod\\fifo\\W=8", "vendor"},
        "\\fifo": {"\\ram"},
        "$paramod\\fifo\\W=8": set(),
        "\\ram": set(),
    }
    assert rtlil.asked_for(children) == {"\\top", "$paramod\\fifo\\W=8"}
    assert rtlil.asked_for({"\\a": {"\\b"}, "\\b": {"\\a"}}) == {"\\a", "\\b"}
    assert rtlil.instances(TREE) == {"\\top": {"$paramod\\fifo\\W=s32'1000"}}


def test_costs_count_bits_of_registers_and_the_largest_variant() -> None:
    report = """{"modules": {
      "\\\\m": {"num_cells": 2, "num_cells_by_type": {"$dff_8": 2, "$sdffce_1": 3, "$add_32": 1, "sub": 4}},
      "$paramod\\\\v\\\\W=1": {"num_cells": 1, "num_cells_by_type": {"$dlatch_2": 1}},
      "$paramod\\\\v\\\\W=2": {"num_cells": 9, "num_cells_by_type": {"$dlatch_7": 9}}}}"""
    rows = yosys_facts.costs(report, {"\\m": ["$paramod\\v\\W=1", "$paramod\\v\\W=2"]})
    facts = yosys_facts.modules(rows, (), {})
    assert (facts["m"]["flip_flops"], facts["m"]["cells"], facts["m"]["variants"]) == (19, 10, 1)
    assert (facts["v"]["latches"], facts["v"]["variants"]) == (63, 2)
    assert facts["m"]["cell_types"] == {"$dff": 2, "$sdffce": 3, "$add": 1, "sub": 4}


def test_variants_are_sets_of_parameters_not_instances() -> None:
    row = '{"num_cells": 1, "num_cells_by_type": {"$dff_%d": 1}}'
    names = {"\\\\top": 1, "\\\\v$top.a": 8, "\\\\v$top.b": 8, "\\\\v$top.c": 4, "\\\\w": 8, "$paramod\\\\w\\\\W=4": 4}
    report = '{"modules": {' + ", ".join(f'"{name}": {row % width}' for name, width in names.items()) + "}}"
    used = ["\\v$top.a", "\\v$top.b", "\\v$top.c", "\\w", "$paramod\\w\\W=4"]
    facts = yosys_facts.modules(yosys_facts.costs(report, {"\\top": used}), (), {})
    assert {name: row["variants"] for name, row in facts.items()} == {"top": 1, "v": 2, "w": 2}


@pytest.mark.parametrize("report", ["", "{", "[]", "null", '{"modules": 3}', '{"modules": {"a": 1}}'])
def test_a_cost_report_that_is_none(report: str) -> None:
    with pytest.raises(ValueError):
        yosys_facts.costs(report, {})


SOURCE = yosys_report.Source(
    lambda name: name, SourceLines({"/p/a.v": "line one\n  always @* if (e) q = 1;\n" + "x\n" * 9})
)


def test_a_latch_by_its_register_once_for_all_parameters() -> None:
    rows = rtlil.registers(STATE)
    found = yosys_report.findings("", (*rows, *rows), {"\\latch": rtlil.Nets()}, SOURCE)
    assert [(one.code, one.span.start_line, one.span.start_column, one.span.end_column) for one in found] == [
        ("LatchInferred", 1, 2, 8)
    ]


def test_no_latch_is_claimed_behind_a_computed_index_or_on_purpose() -> None:
    for text in ("  always @* q[i+1] = d;", "  always_latch if (e) q = 1;"):
        source = yosys_report.Source(lambda name: name, SourceLines({"/p/a.v": f"\n{text}\n"}))
        assert yosys_report.findings("", rtlil.registers(STATE), {"\\latch": rtlil.Nets()}, source) == ()


def test_tri_state_and_bidirectional_nets_are_shared_on_purpose() -> None:
    conflict = "Warning: multiple conflicting drivers for latch.\\q:\n    {}\n    {}\n"
    nets = {"\\latch": rtlil.Nets({"q": "/p/a.v:1.1-1.3"}, inouts={"bus"})}
    inside = "port Q[0] of cell $procdff$1 ($dff)"
    for other, count in (
        ("port Q[0] of cell $procdff$2 ($dff)", 1),
        ("module input bus[0]", 0),
        ("port Y[0] of cell $t ($tribuf)", 0),
    ):
        found = yosys_report.findings(conflict.format(inside, other), (), nets, SOURCE)
        assert [one.code for one in found] == ["ConflictingDrivers"] * count


def test_a_log_of_any_kind() -> None:
    log = "\n    indented first\nWarning: multiple conflicting drivers for :\n"
    log += "found logic loop in module x:\n  cell source: y\n\xff"
    assert yosys_report.findings(log, (), {}, SOURCE) == ()


@pytest.mark.parametrize("native", [False, True])
def test_names_that_scripts_cannot_carry(tmp_path: Path, native: bool) -> None:
    work, folder = tmp_path / "work", tmp_path / "with blank"
    work.mkdir()
    folder.mkdir()
    (folder / "plain.v").write_text("x")
    (folder / "odd;name.v").write_text("y")
    names = Names(Sources(originals={f"{folder}/plain.v": "/user/plain.v"}), work, native)
    seen = names.file_seen(f"{folder}/plain.v")
    assert " " not in seen and names.original(seen) == "/user/plain.v"
    assert seen.startswith(str(work) if native else GUEST_FOLDER)
    assert names.folder_seen(str(folder)) == seen.rpartition("/")[0] and len(names.mounts) == 1
    odd = names.file_seen(f"{folder}/odd;name.v")
    assert ";" not in odd and names.original(odd) == f"{folder}/odd;name.v"
    assert names.file_seen("/a/b.v") == "/a/b.v" and names.original("a/b.v") == "/a/b.v"
