"""Designs of which only what is asked for is elaborated answer as whole ones do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from signoff.verifiers.hdl.slang_engine import SlangEngine
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot

pytestmark = pytest.mark.tool
LEAF = "module leaf #(parameter W = 4) (input [W-1:0] d, output q); assign q = ^d; endmodule\n"
TOP = """module top #(parameter N = 2) (input [7:0] a, output [7:0] q);
  localparam HALF = N / 2;
  genvar i;
  generate for (i = 0; i < N; i = i + 1) begin : g
    wire inside;
    leaf #(8) u_leaf (.d(a), .q(q[i]));
    if (i > 5) begin : never
      leaf u_never (.d(a[3:0]), .q());
    end
  end endgenerate
  {}
endmodule
"""


def asked(text: str, root: Path, *, lazy: bool, files: tuple[str, ...]) -> tuple[object, object, bool]:
    """(the place's facts, the names in scope, whether the last design was a lazy one)."""
    engine, path = SlangEngine(), str(root / "top.v")
    snapshot = Snapshot("file://" + path, path, "verilog", 1, text)
    project = Project(str(root), files=files, declared=True)
    if lazy:
        engine.check(replace(snapshot, text=TOP.format("")), project)
    line = text[: text.index("u_here") if "u_here" in text else text.index("HALF")].count("\n")
    place = engine.place(snapshot, project, line, 2, ("u_here", "a", "HALF"))
    names = engine.scope(snapshot, project, line, 2)
    assert engine._kept is not None
    return place, names, engine._kept[1].lazy


@pytest.mark.parametrize(
    "line",
    [
        "leaf #(.W(N)) u_here ();",
        "wire [HALF:0] u_here;",
        "unknown u_here ();",
        "if (N > 9) begin leaf u_here (); end",
        "",
    ],
)
def test_a_lazy_design_answers_as_a_whole_one(tmp_path: Path, line: str) -> None:
    (tmp_path / "leaf.v").write_text(LEAF)
    files = (str(tmp_path / "leaf.v"), str(tmp_path / "top.v"))
    text = TOP.format(line)
    *whole, not_lazy = asked(text, tmp_path, lazy=False, files=files)
    *quick, lazy = asked(text, tmp_path, lazy=True, files=files)
    assert lazy and not not_lazy
    assert quick == whole


@pytest.mark.parametrize("line", ["top u_here (.", "top u_here ();", "top u_a (); top u_here ();"])
def test_a_module_within_itself_has_an_end(tmp_path: Path, line: str) -> None:
    text = TOP.format(line) + "module outer; top u_top (); endmodule\n"
    place, _, lazy = asked(text, tmp_path, lazy=True, files=(str(tmp_path / "top.v"),))
    assert lazy and place.of("a") is not None  # type: ignore[attr-defined]


def test_findings_are_of_whole_designs(tmp_path: Path) -> None:
    engine, path = SlangEngine(), str(tmp_path / "top.v")
    project = Project(str(tmp_path), declared=True)
    good = Snapshot("file://" + path, path, "verilog", 1, "module m(output q); assign q = 1'b1; endmodule\n")
    bad = replace(good, text="module m(output q); assign q = nothing; endmodule\n")
    engine.check(good, project)
    engine.scope(bad, project, 0, 21)
    assert [one.code for one in engine.check(bad, project)] == ["UndeclaredIdentifier"]
