"""`signoff fix` on real files with the real tools: the diff, the writing, the exit status."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.tool

FAULTY = (
    b"module top (\n    input  wire a,\n    output wire y\n);\n    wire both = a\n    assign y = both;\nendmodule\n"
)
LATCH = (
    b"module top (input wire c, d, output reg q);\n    always @(*) begin\n        if (c) q = d;\n    end\nendmodule\n"
)


def fix(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[bytes]:
    argv = [sys.executable, "-m", "signoff.lsp_server", "fix", *arguments]
    return subprocess.run(argv, cwd=cwd, capture_output=True, check=False, timeout=60)


def test_the_diff_is_shown_and_nothing_is_written(tmp_path: Path) -> None:
    file = tmp_path / "top.v"
    file.write_bytes(FAULTY)
    done = fix("top.v", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert b"-    wire both = a\n+    wire both = a;\n" in done.stdout
    assert b"accepted by slang, Verilator" in done.stderr
    assert file.read_bytes() == FAULTY
    assert [path.name for path in tmp_path.iterdir()] == ["top.v"]


def test_two_faults_are_mended_and_the_file_keeps_its_ways(tmp_path: Path) -> None:
    """CRLF, bytes that are not UTF-8 and the permissions stay; no other file is left behind."""
    file = tmp_path / "top.v"
    faulty = FAULTY.replace(b"output wire y", b"output wire y // gr\xfcn").replace(b"assign", b"asign")
    file.write_bytes(faulty.replace(b"\n", b"\r\n"))
    file.chmod(0o640)
    done = fix("--apply", "top.v", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    mended = faulty.replace(b"= a\n", b"= a;\n").replace(b"asign", b"assign")
    assert file.read_bytes() == mended.replace(b"\n", b"\r\n")
    assert file.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in tmp_path.iterdir()] == ["top.v"]


def test_a_change_of_behaviour_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "top.v").write_bytes(LATCH)
    done = fix("top.v", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, b"")
    assert b"not applied without --behaviour" in done.stderr
    assert b"+        q = 0;" in fix("--behaviour", "top.v", cwd=tmp_path).stdout


def test_of_several_meanings_none_is_chosen(tmp_path: Path) -> None:
    """Both `a[1] & b` and `a[1 & b]` compile."""
    ambiguous = b"module top (input wire [7:0] a, input wire b, output wire y);\n    assign y = (a[1 & b);\nendmodule\n"
    (tmp_path / "top.v").write_bytes(ambiguous)
    done = fix("--apply", "top.v", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.count(b"one of several ways") == 2
    assert (tmp_path / "top.v").read_bytes() == ambiguous


def test_the_exit_status_tells_what_is_left(tmp_path: Path) -> None:
    (tmp_path / "clean.v").write_bytes(FAULTY.replace(b"= a\n", b"= a;\n"))
    (tmp_path / "lost.v").write_bytes(b"module lost (output wire y);\n    assign y = nowhere & 1'b1;\nendmodule\n")
    assert fix("clean.v", cwd=tmp_path).returncode == 0
    left = fix("lost.v", cwd=tmp_path)
    assert (left.returncode, left.stdout) == (1, b"")
    assert b"UndeclaredIdentifier" in left.stderr
    assert fix("absent.v", cwd=tmp_path).returncode == 2


@pytest.mark.skipif(shutil.which("patch") is None, reason="needs patch")
@pytest.mark.parametrize(("inside", "options"), [(True, ()), (False, ("-d", "/"))])
def test_patch_takes_the_diff(tmp_path: Path, inside: bool, options: tuple[str, ...]) -> None:
    rtl, elsewhere = tmp_path / "rtl", tmp_path / "elsewhere"
    rtl.mkdir()
    elsewhere.mkdir()
    file = rtl / "top.v"
    file.write_bytes(FAULTY)
    cwd = tmp_path if inside else elsewhere
    shown = fix(str(file), cwd=cwd).stdout
    assert b"//" not in shown.splitlines()[0]
    done = subprocess.run(["patch", "-p1", *options], cwd=cwd, input=shown, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout
    assert file.read_bytes() == FAULTY.replace(b"= a\n", b"= a;\n")
