"""`signoff check` and project files: whose problems are shown, and how grave they are."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.tool

CLEAN = "module clean(input wire a, output wire b);\n    assign b = a;\nendmodule\n"
FAULTY = CLEAN.replace("= a;", "= a")


def check(*paths: str, cwd: Path) -> tuple[int, list[tuple[Any, ...]], str]:
    """(exit status, (path, line, severity, code) of each finding, standard error)."""
    argv = [sys.executable, "-m", "signoff.lsp_server", "check", *paths, "--format", "json"]
    done = subprocess.run(argv, cwd=cwd, capture_output=True, encoding="utf-8", timeout=100, check=False)
    assert "Traceback" not in done.stderr
    found = json.loads(done.stdout)["findings"] if done.stdout else []
    keys = ("path", "line", "severity", "code")
    return done.returncode, [tuple(one[key] for key in keys) for one in found], done.stderr


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "clean.v").write_text(CLEAN)
    return tmp_path


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("gone.v", "FileListMissing"),
        ("+incdir+gone", "FileListMissing"),
        ("$NOWHERE_SET/x.v", "FileListVariable"),
        ("-f gone.f", "FileListMissing"),
    ],
)
def test_what_a_named_list_lacks_is_an_error(root: Path, line: str, code: str) -> None:
    (root / "some.f").write_text(f"clean.v\n{line}\n")
    status, found, _ = check("some.f", cwd=root)
    assert (status, found) == (1, [("some.f", 2, "error", code)])


def test_what_a_list_within_a_named_list_lacks_is_an_error(root: Path) -> None:
    (root / "lists").mkdir()
    (root / "lists" / "inner.f").write_text("gone.v\n")
    (root / "some.f").write_text("clean.v\n-f lists/inner.f\n")
    assert check("some.f", cwd=root)[:2] == (1, [("lists/inner.f", 1, "error", "FileListMissing")])


def test_a_named_list_of_which_nothing_is_there_says_so(root: Path) -> None:
    (root / "some.f").write_text("gone.v\n")
    assert check("some.f", cwd=root)[:2] == (1, [("some.f", 1, "error", "FileListMissing")])


def test_a_list_that_lies_about_is_no_fault_of_the_files(root: Path) -> None:
    (root / "some.f").write_text("clean.v\ngone.v\n")
    assert check("clean.v", cwd=root)[:2] == (0, [])


def test_problems_of_a_project_file_elsewhere_are_not_shown(root: Path) -> None:
    (root / "bad").mkdir()
    (root / "bad" / "signoff.toml").write_text("[[design]\n")
    assert check("clean.v", cwd=root) == (0, [], "")
    status, found, _ = check(".", cwd=root)
    assert (status, [one[0] for one in found]) == (1, ["bad/signoff.toml"]), "the folder was asked about"


def test_problems_of_the_project_file_above_a_file_are_shown(root: Path) -> None:
    (root / "rtl").mkdir()
    (root / "rtl" / "inner.v").write_text(CLEAN)
    (root / "signoff.toml").write_text("[[design]\n")
    status, found, _ = check("rtl/inner.v", cwd=root)
    assert (status, found) == (1, [("signoff.toml", 1, "error", "ManifestSyntax")])


def test_a_named_project_file_that_is_no_toml_tells_where(root: Path) -> None:
    (root / "sub").mkdir()
    (root / "sub" / "signoff.toml").write_text("[[design]\n")
    status, found, said = check("sub/signoff.toml", cwd=root)
    assert (status, found, said) == (1, [("sub/signoff.toml", 1, "error", "ManifestSyntax")], "")


def test_a_named_project_file_that_declares_nothing_is_trouble(root: Path) -> None:
    (root / "signoff.toml").write_text("[verilator]\nenabled = true\n")
    status, found, said = check("signoff.toml", cwd=root)
    assert (status, found) == (2, [])
    assert "declares no project" in said


def test_a_path_that_is_not_there_leaves_the_others_their_report(root: Path) -> None:
    (root / "faulty.v").write_text(FAULTY)
    (root / "empty").mkdir()
    status, found, said = check("faulty.v", "nowhere.v", "empty", cwd=root)
    assert status == 2
    assert [one[0] for one in found] == ["faulty.v"]
    assert "nowhere.v: no such file or folder" in said
    assert "empty: no Verilog" in said


def test_only_paths_that_are_not_there_are_all_named(root: Path) -> None:
    status, found, said = check("nowhere.v", "nor/here.v", cwd=root)
    assert (status, found) == (2, [])
    assert said.count("no such file or folder") == 2
