"""`signoff check` where no project is declared: no file asked about is called clean by way of another."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.tool

BROKEN = "module a(input x, output reg y);\n  always @(*) y = x\nendmodule\n"
WHOLE = BROKEN.replace("= x", "= x;")
USER = "module b(input x, output y);\n  a u(.x(x), .y(y));\nendmodule\n"


def findings(*paths: str, cwd: Path) -> tuple[int, list[dict[str, Any]]]:
    argv = [sys.executable, "-m", "signoff.lsp_server", "check", *paths, "--format", "json"]
    done = subprocess.run(argv, cwd=cwd, capture_output=True, encoding="utf-8", timeout=100, check=False)
    assert done.stderr == ""
    return done.returncode, json.loads(done.stdout)["findings"]


@pytest.mark.parametrize("paths", [(".",), ("b.v", "a.v"), ("a.v",)])
def test_a_syntax_error_in_a_file_that_another_brings_in_is_an_error(tmp_path: Path, paths: tuple[str, ...]) -> None:
    (tmp_path / "a.v").write_text(BROKEN)
    (tmp_path / "b.v").write_text(USER)
    status, found = findings(*paths, cwd=tmp_path)
    assert status == 1
    (fault,) = found
    assert (fault["path"], fault["line"], fault["severity"]) == ("a.v", 2, "error")
    assert fault["tools"] == ["slang", "verilator"]


def test_an_error_that_only_slang_sees_is_told_of_every_file(tmp_path: Path) -> None:
    (tmp_path / "signoff.toml").write_text("[verilator]\nenabled = false\n")
    (tmp_path / "a.v").write_text(BROKEN)
    (tmp_path / "b.v").write_text(USER.replace(".y(y));", ".y(y))"))
    (tmp_path / "c.v").write_text(USER.replace("module b", "module c").replace("a u", "b u"))
    status, found = findings(".", cwd=tmp_path)
    assert status == 1
    assert {(fault["path"], fault["line"]) for fault in found} == {("a.v", 2), ("b.v", 2)}


def test_a_file_seen_with_names_missing_is_seen_again_without(tmp_path: Path) -> None:
    """What Verilator says of a.v as part of b.v counts for nothing, as b.v lacks a module."""
    (tmp_path / "a.v").write_text(BROKEN)
    (tmp_path / "b.v").write_text(USER.replace("endmodule", "  nowhere n(x);\nendmodule"))
    status, found = findings(".", cwd=tmp_path)
    assert status == 1
    (fault,) = [one for one in found if one["severity"] == "error"]
    assert (fault["path"], fault["tools"]) == ("a.v", ["slang", "verilator"])


def test_a_fault_in_a_header_below_the_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "h.vh").write_text("function f(input x);\n  f = x\nendfunction\n")
    (tmp_path / "a.v").write_text('module a(input x, output y);\n`include "h.vh"\n  assign y = f(x);\nendmodule\n')
    (tmp_path / "b.v").write_text(USER)
    status, found = findings(".", cwd=tmp_path)
    assert (status, [one["path"] for one in found if one["severity"] == "error"]) == (1, ["h.vh"])


def test_a_whole_design_is_clean(tmp_path: Path) -> None:
    (tmp_path / "a.v").write_text(WHOLE)
    (tmp_path / "b.v").write_text(USER)
    assert findings(".", cwd=tmp_path) == (0, [])
