"""Which toolkit is used, with toolkits made of scripts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from signoff.verifiers.extras import install
from signoff.verifiers.gpu.compile import toolkit as module
from signoff.verifiers.gpu.compile.toolkit import forget, toolkit
from signoff.verifiers.settings import CudaSettings, VerifierSettings

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the toolkits are shell scripts")
SCRIPT = """#!/bin/sh
case "$*" in
*--version*) echo "Cuda compilation tools, release {version}, V{version}.5" ;;
*--list-gpu-code*) echo sm_90; echo sm_75; echo sm_100 ;;
*--dryrun*) echo '#$ TOP={root}/bin/..' >&2 ;;
esac
"""


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """No toolkit anywhere."""
    for name in ("CUDA_HOME", "CUDA_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setattr(module, "USUAL_FOLDERS", ())
    monkeypatch.setattr(module, "_packages", lambda: iter(()))
    forget()
    yield
    forget()


def make(root: Path, version: str = "12.8", script: str = SCRIPT) -> Path:
    (root / "bin").mkdir(parents=True)
    (root / "include" / "cccl").mkdir(parents=True)
    (root / "include" / "cuda_runtime.h").touch()
    nvcc = root / "bin" / "nvcc"
    nvcc.write_text(script.format(version=version, root=root))
    nvcc.chmod(0o755)
    return root


def configured(path: Path | str) -> VerifierSettings:
    return VerifierSettings(cuda=CudaSettings(toolkit=str(path)))


def test_with_none_the_note_tells_how_to_get_one() -> None:
    found = toolkit(VerifierSettings())
    assert found.nvcc == () and found.nvrtc.path == ""
    assert install("cuda") in found.note and "cuda.toolkit" in found.note and found.warning == ""


def test_the_setting_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_HOME", str(make(tmp_path / "home")))
    root = make(tmp_path / "mine", "13.1")
    found = toolkit(configured(root))
    assert (found.root, found.version, found.origin, found.note) == (str(root), "13.1.5", "cuda.toolkit", "")
    assert found.architectures == ("sm_75", "sm_90", "sm_100")
    assert found.include_dirs == (str(root / "include"), str(root / "include" / "cccl"))


@pytest.mark.parametrize(
    ("place", "said"), [("nothing", "does not exist"), ("empty", "holds no bin/nvcc"), ("mute", "does not tell")]
)
def test_a_setting_that_leads_nowhere_is_said_and_another_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, said: str
) -> None:
    (tmp_path / "empty").mkdir()
    make(tmp_path / "mute", script="#!/bin/sh\nexit 1\n")
    home = make(tmp_path / "home")
    monkeypatch.setenv("CUDA_HOME", str(home))
    found = toolkit(configured(tmp_path / place))
    assert found.root == str(home)
    assert said in found.note and found.note.endswith(f"Using {home} instead.") and found.warning == found.note


@pytest.mark.parametrize("there", [True, False])
def test_a_variable_that_names_no_folder_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool) -> None:
    other = make(tmp_path / "other")
    monkeypatch.setattr(module, "USUAL_FOLDERS", (str(other),))
    monkeypatch.setenv("CUDA_HOME", str(other if there else tmp_path / "gone"))
    found = toolkit(VerifierSettings())
    expected = f"CUDA_HOME names {tmp_path / 'gone'}, which does not exist. Using {other} instead."
    assert (found.root, found.note) == (str(other), "" if there else expected)
    assert toolkit(configured(other)).note == ""


def test_a_relative_setting_is_not_looked_up_in_the_workspace(tmp_path: Path) -> None:
    assert "not an absolute path" in toolkit(configured("cuda")).note


def test_a_script_on_the_path_is_asked_where_its_toolkit_is(tmp_path: Path) -> None:
    root = make(tmp_path / "elsewhere")
    (tmp_path / "path").mkdir()
    wrapper = tmp_path / "path" / "nvcc"
    wrapper.write_text(f'#!/bin/sh\nexec {root}/bin/nvcc "$@"\n')
    wrapper.chmod(0o755)
    found = toolkit(VerifierSettings())
    assert (found.nvcc, found.root, found.origin) == ((str(wrapper),), str(root), "PATH")


def test_a_toolkit_without_nvrtc_is_completed_by_pips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pip = make(tmp_path / "cu13", "13.5")
    (pip / "lib").mkdir()
    (pip / "lib" / "libnvrtc.so.13").touch()
    (pip / "lib" / "libnvrtc-builtins.so.13.5").touch()
    monkeypatch.setattr(module, "_packages", lambda: iter((pip,)))
    monkeypatch.setenv("CUDA_HOME", str(make(tmp_path / "home")))
    found = toolkit(VerifierSettings())
    assert found.root == str(tmp_path / "home")
    assert found.nvrtc.path == str(pip / "lib" / "libnvrtc.so.13")
    assert found.nvrtc.include_dirs[0] == str(pip / "include")


def test_pips_own_is_used_where_there_is_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pip = make(tmp_path / "cu13")
    monkeypatch.setattr(module, "_packages", lambda: iter((pip,)))
    assert toolkit(VerifierSettings()).origin == "pip"
