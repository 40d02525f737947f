"""Which modules are tops does not depend on which ones were before, however conditions turn."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from signoff.verifiers.hdl import slang_elaborate
from signoff.verifiers.hdl.slang_design import Loader
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot

pytestmark = pytest.mark.tool

# The top takes b or c; a, which only a false condition names, takes the other one; r is within itself.
DESIGN = """
`define P {p}
module top; if (`P) begin : g b u(); end else begin : h c u(); end if ({a}) begin : k a u(); end endmodule
module a; if (`P) begin : g c u(); end else begin : h b u(); end if ({r}) begin : k r #(2) u(); end endmodule
module b; endmodule
module c; endmodule
module r #(parameter N = 1); if (N > 0) begin : g r #(N - 1) u(); end if ({d}) begin : k d u(); end endmodule
module d; endmodule
"""
STATES = [dict(zip("pard", digits, strict=True)) for digits in itertools.product((0, 1), repeat=4)]


def tops(loader: Loader, path: Path, text: str) -> set[str]:
    project = Project(root=str(path.parent), declared=True, files=(str(path),))
    design = loader.design(Snapshot(path.as_uri(), str(path), "systemverilog", 1, text), project)
    return {instance.name for instance in design.compilation.getRoot().topInstances}


def test_tops_are_those_of_a_fresh_start(tmp_path):
    path, loader = tmp_path / "d.sv", Loader()
    texts = [DESIGN.format(**state) for state in STATES]
    fresh = [tops(Loader(), path, text) for text in texts]
    assert len(set(map(frozenset, fresh))) > 3
    for one, other in itertools.product(range(len(texts)), repeat=2):
        assert tops(loader, path, texts[one]) == fresh[one], STATES[one]
        assert tops(loader, path, texts[other]) == fresh[other], (STATES[one], STATES[other])


def test_a_design_whose_tops_stay_is_elaborated_once(tmp_path, monkeypatch):
    path, loader = tmp_path / "d.sv", Loader()
    text = "module top; if (0) begin : g a u(); end endmodule\nmodule a; endmodule\n"
    tops(loader, path, text)
    done = []
    real = slang_elaborate.elaborate
    monkeypatch.setattr(slang_elaborate, "elaborate", lambda *given: done.append(given[2]) or real(*given))
    assert tops(loader, path, text + "// more\n") == {"top", "a"}
    assert [set(given) for given in done] == [{"top", "a"}]
