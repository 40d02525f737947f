"""Bad values of [cuda] are told and passed over."""

from __future__ import annotations

from pathlib import Path

import pytest

from signoff.verifiers.gpu.units.sanity import complaints, is_macro
from signoff.verifiers.settings import CudaSettings, VerifierSettings
from signoff.verifiers.workers import WorkerPool
from signoff.verifiers.workspace import WorkspaceModel

KERNEL = "__global__ void k() {}\n"


@pytest.mark.parametrize("good", ["N", "N=", "N=4", "_N1=a b", "F(x)=x+1", "F(x, ...)=g(x, __VA_ARGS__)", "größe=1"])
def test_macros(good: str) -> None:
    assert is_macro(good)


@pytest.mark.parametrize("bad", ["", "N 4", "=3", "-DN", "9A", "N-1", "F(x", "N=1\n#error", "A;B=1"])
def test_no_macros(bad: str) -> None:
    assert not is_macro(bad)
    (told,) = complaints(CudaSettings(defines=(bad, "GOOD=1")))
    assert told.value == bad and "no macro" in told.message and told.passed_over


def test_architectures() -> None:
    names = ("sm_80", "9.0a", "native", "all", "sm_33", "sm_999", "volta")
    told = {one.value: one for one in complaints(CudaSettings(architectures=names))}
    assert set(told) == {"sm_33", "sm_999", "volta"}
    assert not told["sm_33"].passed_over and "are not known (sm_50 to" in told["sm_33"].message
    assert told["volta"].passed_over and "no GPU architecture" in told["volta"].message


async def test_in_signoff_toml_each_stands_at_its_place_and_does_no_harm(tmp_path: Path) -> None:
    lines = ["[cuda]", 'architectures = ["sm_33", "sm_80"]', 'defines = ["OK=1", "N 4",', '  "=3"]']
    (tmp_path / "signoff.toml").write_text("\n".join(lines))
    source = tmp_path / "k.cu"
    source.write_text(KERNEL)
    pool = WorkerPool()
    try:
        workspace = WorkspaceModel(pool, [str(tmp_path)], VerifierSettings())
        await workspace.scan()
    finally:
        await pool.close()
    told = [(one.code, one.severity.name, one.span.start_line) for one in workspace.problems()]
    assert sorted(told) == [
        ("ManifestArchitecture", "WARNING", 1),
        ("ManifestDefine", "ERROR", 2),
        ("ManifestDefine", "ERROR", 3),
    ]
    project = workspace.project_for(str(source))
    assert project.unit is not None and project.unit.defines == project.settings.cuda.defines == ("OK=1",)


async def test_in_the_users_settings_they_are_passed_over_and_told(tmp_path: Path) -> None:
    source = tmp_path / "k.cu"
    source.write_text(KERNEL)
    settings = VerifierSettings(cuda=CudaSettings(architectures=("sm_80",), defines=("N 4", "OK")))
    pool = WorkerPool()
    try:
        workspace = WorkspaceModel(pool, [str(tmp_path)], settings)
        await workspace.scan()
    finally:
        await pool.close()
    (message,) = workspace.messages()
    assert message.startswith('The setting cuda.defines: "N 4" is no macro')
    project = workspace.project_for(str(source))
    assert project.unit is not None and project.unit.defines == project.settings.cuda.defines == ("OK",)
