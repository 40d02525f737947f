"""What `signoff fix` does beyond mending: lists, explains, refactors, one code alone; with the real tools."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from test_fix_command import FAULTY, LATCH, fix

pytestmark = [pytest.mark.tool, pytest.mark.timeout(300)]

TWO = b"""module top (input wire clk, input wire [3:0] a, output reg [3:0] q, output wire y);
    assign y = a[0]
    always @(posedge clk) q = a;
endmodule
"""
OPERATOR = b"module top (input wire [3:0] a, output wire y);\n    assign y = a =< 4'd3;\nendmodule\n"
CLOCKED = b"""module top (input logic clk, input logic [3:0] a, output logic [3:0] q);
    always @(posedge clk) q <= a;
endmodule
"""


def test_the_list_says_what_is_proven_and_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "top.v").write_bytes(FAULTY)
    done = fix("--list", "top.v", cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    lines = done.stdout.decode().splitlines()
    assert lines[0].startswith("top.v:5:") or lines[0].startswith("top.v:4:"), lines
    assert "missing-semicolon]" in lines[0]
    assert lines[1].startswith("  * Insert ';' (accepted by slang, Verilator)")
    assert (tmp_path / "top.v").read_bytes() == FAULTY


def test_the_list_as_json_carries_kinds_and_evidence(tmp_path: Path) -> None:
    (tmp_path / "top.v").write_bytes(LATCH)
    done = fix("--list", "--format", "json", "top.v", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    (latch,) = [one for one in document["findings"] if one["category"] == "latch"]
    (one, *_) = latch["fixes"]
    assert (one["kind"], one["proposer"], one["proof"], one["preferred"]) == (
        "latch",
        "rules",
        "accepted by tools",
        False,
    )
    assert one["behaviour"] and one["versions"]["slang"] and set(one["tools"]) == {"slang", "verilator"}
    assert one["edits"][0]["text"].strip() == "q = 0;"


def test_one_code_alone(tmp_path: Path) -> None:
    (tmp_path / "top.v").write_bytes(TWO)
    shown = fix("--only", "ExpectedToken", "--behaviour", "top.v", cwd=tmp_path).stdout
    assert b"+    assign y = a[0];" in shown and b"+    always" not in shown
    assert fix("--only", "NoSuchCode", "top.v", cwd=tmp_path).stdout == b""


def test_what_is_found_by_trying_is_applied_only_where_that_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "top.v").write_bytes(OPERATOR)
    assert fix("top.v", cwd=tmp_path).stdout == b""
    tried = fix("--list", "--try", "top.v", cwd=tmp_path).stdout
    assert b"proposed by" in tried


def test_an_explanation_has_the_facts_first(tmp_path: Path) -> None:
    (tmp_path / "top.v").write_bytes(FAULTY)
    done = fix("--explain", "top.v", cwd=tmp_path)
    text = done.stdout.decode()
    assert text.startswith("# ExpectedToken: expected ';'") and "## Kind: Missing semicolon" in text
    assert "**slang " in text and "proven fix" in text and "model" not in text


def test_a_refactoring_is_written_with_its_proof(tmp_path: Path) -> None:
    (tmp_path / "top.sv").write_bytes(CLOCKED)
    done = fix("--refactor", "always", "--apply", "top.sv", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "top.sv").read_bytes() == CLOCKED.replace(b"always @", b"always_ff @")
    assert b"Turn 'always' into 'always_ff' (equivalent; accepted by slang, Verilator, Yosys)" in done.stderr


def test_a_refactoring_is_listed(tmp_path: Path) -> None:
    (tmp_path / "top.sv").write_bytes(CLOCKED)
    done = fix("--refactor", "always", "--list", "--format", "json", "top.sv", cwd=tmp_path)
    (found,) = json.loads(done.stdout)["findings"]
    assert found["code"] == "refactor.always" and found["fixes"][0]["proof"] == "equivalent"
    assert (tmp_path / "top.sv").read_bytes() == CLOCKED


def test_nothing_is_written_where_one_file_cannot_be(tmp_path: Path) -> None:
    """--apply is all or nothing: the first file is mended, the second is gone by then."""
    (tmp_path / "a.v").write_bytes(FAULTY)
    assert fix("--apply", "a.v", "absent.v", cwd=tmp_path).returncode == 2
    assert (tmp_path / "a.v").read_bytes() == FAULTY


def test_options_that_do_not_go_together(tmp_path: Path) -> None:
    (tmp_path / "a.v").write_bytes(FAULTY)
    assert fix("--explain", "--refactor", "always", "a.v", cwd=tmp_path).returncode == 2
    assert fix("--refactor", "everything", "a.v", cwd=tmp_path).returncode == 2
    assert fix("--url", "http://127.0.0.1:9", "a.v", cwd=tmp_path).returncode == 2
