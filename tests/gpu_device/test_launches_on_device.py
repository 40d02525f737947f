"""Every launch that is called illegal fails on a real GPU, every other runs; without a GPU, the harness itself."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import programs
import pytest

from signoff.verifiers.finding import Severity
from signoff.verifiers.gpu.checks.launch import Launch
from signoff.verifiers.gpu.compile.nvcc import Nvcc
from signoff.verifiers.gpu.compile.toolkit import toolkit
from signoff.verifiers.gpu.hardware.targets import installed_gpu
from signoff.verifiers.project import CompileUnit, Project
from signoff.verifiers.settings import VerifierSettings
from signoff.verifiers.workers import WorkerPool


@pytest.fixture(scope="session")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tools = toolkit(VerifierSettings())
    if not tools.nvcc or shutil.which("g++") is None or programs.runtime(tools) is None:
        pytest.skip("needs nvcc with its shared runtime library, and g++")
    return programs.recorder(tmp_path_factory.mktemp("log"))


@pytest.fixture
async def gpu() -> str:
    """The architecture of the GPU in this machine."""
    found = await installed_gpu()
    if not found:
        pytest.skip("no GPU in this machine")
    return found[0]


async def illegal(path: Path, architecture: str) -> bool:
    """Whether Signoff calls the program illegal on an architecture."""
    defines = programs.marks(path).get("defines", ())
    unit = CompileUnit(str(path), str(path.parent), defines=defines, architectures=(architecture,), declared=True)
    project = Project(str(path.parent), unit=unit, architectures=(architecture,), architectures_origin="this GPU")
    pool = WorkerPool()
    try:
        outcomes = [await verifier.run(programs.snapshot(path), project) for verifier in (Launch(pool), Nvcc(pool))]
    finally:
        await pool.close()
    ours = [one for outcome in outcomes for one in outcome.findings if one.tool == "signoff"]
    return any(one.severity is Severity.ERROR for one in ours)


@pytest.mark.gpu
@pytest.mark.parametrize("path", programs.cases("illegal") + programs.cases("legal"), ids=lambda path: path.stem)
async def test_a_launch_fails_exactly_where_it_is_said_to(path: Path, gpu: str, log: Path, tmp_path: Path) -> None:
    expected = await illegal(path, gpu)
    try:
        program = programs.build(path, gpu, tmp_path)
    except subprocess.CalledProcessError as error:
        # Too much static shared memory is refused by ptxas already.
        assert expected, error.stderr.decode()
        return
    ran = programs.run(program, log)
    refused = programs.REFUSED.intersection(ran.answers)
    assert bool(refused or (expected and ran.status)) == expected, ran


@pytest.mark.tool
@pytest.mark.parametrize("name", ["transpose_64x32", "extended_launch"])
def test_launches_are_written_down(name: str, log: Path, tmp_path: Path) -> None:
    """Without a driver every launch is answered, too: that it was asked and answered is seen."""
    program = programs.build(programs.CASES / "illegal" / f"{name}.cu", "sm_80", tmp_path)
    ran = programs.run(program, log)
    assert ran.answers and set(ran.answers) != {"cudaSuccess"}
    assert ran.status != 0
