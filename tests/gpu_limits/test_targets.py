from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from signoff.verifiers.finding import Severity
from signoff.verifiers.gpu.hardware import targets
from signoff.verifiers.gpu.hardware.limits import ARCHITECTURES, Limits
from signoff.verifiers.gpu.hardware.targets import (
    Verdict,
    capabilities,
    failing,
    installed_gpu,
    judged,
    listed,
    resolve,
)
from signoff.verifiers.project import Project


def project(*architectures: str, origin: str = "CMakeLists.txt") -> Project:
    return Project(root="/w", architectures=architectures, architectures_origin=origin if architectures else "")


def over_64_kib(of: Limits) -> bool:
    return of.smem_per_block_optin < 65537


def over_the_grid(of: Limits) -> bool:
    return of.grid_y < 70000


def test_judged() -> None:
    assert judged(project()) == ARCHITECTURES
    assert judged(project("sm_90", "sm_80")) == ("sm_80", "sm_90")
    assert judged(project("sm_80", "sm_35")) == ("sm_80",)
    assert judged(project("sm_35")) == ARCHITECTURES


def test_nothing_fails() -> None:
    assert failing(project(), lambda _: False) is None
    assert failing(project("sm_80"), lambda _: False) is None


def test_without_targets_only_what_fails_everywhere_is_said() -> None:
    assert failing(project(), over_64_kib) is None
    found = failing(project(), over_the_grid)
    expected = f"on every architecture from {ARCHITECTURES[0]} to {ARCHITECTURES[-1]}"
    assert found == Verdict(ARCHITECTURES, Severity.ERROR, expected)


def test_all_or_some_of_the_targets() -> None:
    some = failing(project("sm_80", "sm_75"), over_64_kib)
    assert some == Verdict(("sm_75",), Severity.WARNING, "on sm_75 but not on sm_80 (CMakeLists.txt)")
    both = failing(project("sm_75", "sm_61"), over_64_kib)
    assert both == Verdict(("sm_61", "sm_75"), Severity.ERROR, "on sm_61 and sm_75 (CMakeLists.txt)")


def test_a_target_out_of_the_table_fails_only_where_everything_does() -> None:
    only_one = failing(project("sm_75", "sm_35"), over_64_kib)
    assert only_one is not None
    assert only_one.severity is Severity.WARNING
    everywhere = failing(project("sm_75", "sm_35"), over_the_grid)
    assert everywhere == Verdict(("sm_75",), Severity.ERROR, "on sm_75 (CMakeLists.txt)")


def test_every_architecture_named_one_by_one() -> None:
    found = failing(project(*ARCHITECTURES), over_64_kib)
    assert found is not None
    assert found.severity is Severity.WARNING


def test_the_origin_is_told_by_its_name() -> None:
    found = failing(project("sm_75", origin="/w/build/compile_commands.json"), over_64_kib)
    assert found is not None
    assert found.where == "on sm_75 (compile_commands.json)"


def test_listed() -> None:
    assert [listed(names) for names in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]


def test_first_source_that_names_any() -> None:
    sources = [("settings", ()), ("signoff.toml", ("fast",)), ("CMakeLists.txt", ("90a", "80-real", "9.0"))]
    assert resolve(sources) == (("sm_90", "sm_80"), "CMakeLists.txt")
    assert resolve(sources[:2]) == ((), "")


def test_what_nvidia_smi_prints() -> None:
    assert capabilities(b"9.0\n9.0\n8.6\n") == ("sm_86", "sm_90")
    assert capabilities(b"Failed to initialize NVML\n[N/A]\n\xff") == ()


@pytest.fixture
def asked_anew() -> Iterator[None]:
    targets._installed.clear()
    yield
    targets._installed.clear()


def _smi(folder: Path, body: str) -> None:
    program = folder / "nvidia-smi"
    program.write_text(f"#!/bin/sh\necho asked >> {folder}/log\n{body}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)


async def test_the_driver_is_asked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked_anew: None) -> None:
    _smi(tmp_path, "echo 12.0; echo 8.9")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert await installed_gpu() == ("sm_89", "sm_120")
    assert await installed_gpu() == ("sm_89", "sm_120")
    assert (tmp_path / "log").read_text() == "asked\n"


async def test_a_driver_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked_anew: None) -> None:
    _smi(tmp_path, "echo 9.0; exit 9")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert await installed_gpu() == ()


async def test_no_driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked_anew: None) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert await installed_gpu() == ()
