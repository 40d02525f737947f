"""Which Arm toolchain is used, with made-up compilers on a made-up PATH."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from signoff.verifiers.mcu.compile import toolchain as module
from signoff.verifiers.mcu.compile.toolchain import Toolchain, toolchain
from signoff.verifiers.settings import McuSettings, VerifierSettings

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the made-up compilers are shell scripts")

SCRIPT = """#!/bin/sh
case "$1" in
-dumpmachine) echo {machine};;
-dumpfullversion) echo {version};;
-print-file-name=libc.a) echo {library};;
esac
"""


def install(folder: Path, version: str, machine: str = "arm-none-eabi", library: str = "/lib/libc.a") -> Path:
    """A toolchain in `folder`; returns its compiler."""
    (folder / "bin").mkdir(parents=True)
    for name in ("gcc", "g++", "ld", "addr2line"):
        program = folder / "bin" / f"arm-none-eabi-{name}"
        program.write_text(SCRIPT.format(machine=machine, version=version, library=library))
        program.chmod(0o755)
    return folder / "bin" / "arm-none-eabi-gcc"


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    monkeypatch.setattr(module, "_table", lambda: {sys.platform: [f"{tmp_path}/usual/*"], "get": {"linux": "get it"}})
    module.forget()


def find(configured: str = "", named: str = "") -> Toolchain:
    return toolchain(VerifierSettings(mcu=McuSettings(toolchain=configured)), named)


def test_none_is_one_clear_line() -> None:
    found = find()
    assert not found.gcc
    assert found.note == "No arm-none-eabi-gcc was found: get it; or set mcu.toolchain to the folder of one."


def test_the_setting_counts_first(tmp_path: Path) -> None:
    chosen = install(tmp_path / "mine", "10.3.1")
    install(tmp_path / "usual" / "new", "13.2.1")
    for way in (tmp_path / "mine", chosen):
        module.forget()
        found = find(str(way))
        assert (found.gcc, found.version, found.origin) == (str(chosen), "10.3.1", "mcu.toolchain")
    assert found.addr2line == str(chosen.with_name("arm-none-eabi-addr2line"))
    assert found.nm == ""


@pytest.mark.parametrize(("wrong", "why"), [("relative", "is not an absolute path"), ("/nowhere", "does not exist")])
def test_a_setting_that_leads_nowhere_is_told_and_another_is_used(tmp_path: Path, wrong: str, why: str) -> None:
    other = install(tmp_path / "usual" / "one", "12.2.1")
    found = find(wrong)
    assert found.gcc == str(other)
    assert found.note == f"The setting mcu.toolchain names {wrong}, which {why}. Using {other} instead."


def test_a_compiler_for_another_machine_is_none(tmp_path: Path) -> None:
    host = install(tmp_path / "host", "12.2.0", machine="x86_64-linux-gnu")
    assert "is no Arm compiler" in find(str(host)).note


def test_the_path_comes_before_the_usual_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path / "usual" / "new", "14.2.1")
    on_path = install(tmp_path / "path", "10.3.1")
    monkeypatch.setenv("PATH", str(on_path.parent))
    assert find().gcc == str(on_path)


def test_of_several_in_the_usual_places_the_newest(tmp_path: Path) -> None:
    install(tmp_path / "usual" / "a", "9.3.1")
    newest = install(tmp_path / "usual" / "b", "13.2.1")
    install(tmp_path / "usual" / "c", "10.3.1")
    assert find().gcc == str(newest)


def test_the_one_that_the_build_names_where_it_is_among_those_found(tmp_path: Path) -> None:
    old = install(tmp_path / "usual" / "a", "9.3.1")
    install(tmp_path / "usual" / "b", "13.2.1")
    assert find(named=str(old)).gcc == str(old)


def test_one_that_only_the_build_names_is_never_started(tmp_path: Path) -> None:
    trap = install(tmp_path / "workspace", "99.0.0")
    ran = tmp_path / "ran"
    trap.write_text(f"#!/bin/sh\ntouch {ran}\n")
    assert not find(named=str(trap)).gcc
    assert not ran.exists()


def test_one_without_a_c_library_says_so(tmp_path: Path) -> None:
    install(tmp_path / "usual" / "a", "12.2.1", library="libc.a")
    found = find()
    assert found.gcc and not found.library
    assert "has no C library (newlib)" in found.note


def test_one_that_does_not_answer_is_none(tmp_path: Path) -> None:
    broken = install(tmp_path / "usual" / "a", "12.2.1")
    broken.write_text("#!/bin/sh\nexit 1\n")
    assert not find().gcc
