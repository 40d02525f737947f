"""A test that needs a tool may be skipped on a developer's machine, never in CI."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CASES = """
import pytest

@pytest.mark.tool
def test_in_the_body():
    pytest.skip("no such tool")

@pytest.mark.model
@pytest.mark.skipif(True, reason="no model")
def test_by_a_mark():
    pass

@pytest.mark.tool
@pytest.mark.gpu
def test_of_a_gpu():
    pytest.skip("no GPU")

@pytest.mark.tool
@pytest.mark.xfail
def test_known_to_fail():
    assert False

def test_of_no_tool():
    pytest.skip("for its own reasons")
"""


def outcomes(folder: Path, ci: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("CI", ci)
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    shutil.copy(Path(__file__).parent / "conftest.py", folder)
    (folder / "test_cases.py").write_text(CASES)
    marks = "\n".join(f" {name}: a mark" for name in ("tool", "model", "vscode", "gpu"))
    (folder / "pytest.ini").write_text(f"[pytest]\nmarkers =\n{marks}\n")
    argv = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder)]
    return subprocess.run(argv, capture_output=True, text=True, cwd=folder, timeout=60).stdout


def test_a_skipped_tool_test_fails_in_ci(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = outcomes(tmp_path, "true", monkeypatch)
    assert "1 failed, 2 skipped, 1 xfailed, 1 error" in said
    assert "test_in_the_body is marked tool and may not be skipped where CI=true: Skipped: no such tool" in said


def test_elsewhere_it_is_only_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "4 skipped, 1 xfailed" in outcomes(tmp_path, "", monkeypatch)
