"""Our occupancy is what the runtime says of the GPU in this machine, and Triton's kernels run there and match."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import programs
import pytest

from signoff.verifiers.gpu.compile.toolkit import toolkit
from signoff.verifiers.gpu.hardware.limits import limits
from signoff.verifiers.gpu.hardware.occupancy import occupancy
from signoff.verifiers.gpu.hardware.targets import installed_gpu
from signoff.verifiers.settings import VerifierSettings

SOURCE = Path(__file__).with_name("occupancy_on_device.cu")
TRITON = Path(__file__).with_name("triton_on_device.py")


def build(architecture: str, folder: Path) -> Path:
    tools = toolkit(VerifierSettings())
    if not tools.nvcc or programs.runtime(tools) is None:
        pytest.skip("needs nvcc with its shared runtime library")
    return programs.build(SOURCE, architecture, folder)


def output(*argv: str) -> str:
    done = subprocess.run(argv, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.tool
def test_the_program_compiles(tmp_path: Path) -> None:
    assert build("sm_80", tmp_path).exists()


@pytest.mark.gpu
async def test_occupancy_equals_the_runtimes(tmp_path: Path) -> None:
    found = await installed_gpu()
    if not found:
        pytest.skip("no GPU in this machine")
    program = build(found[0], tmp_path)
    rows = [tuple(map(int, line.split())) for line in output(str(program)).splitlines()]
    assert len(rows) > 50
    wrong = [
        (row, ours.blocks_per_sm)
        for row in rows
        for ours in (
            occupancy(limits(found[0]), threads=row[0], dynamic_shared=row[1], registers=row[2], static_shared=row[3]),
        )
        if ours.blocks_per_sm != row[4]
    ]
    assert wrong == []


@pytest.mark.gpu
async def test_triton_kernels_run_and_match() -> None:
    if not await installed_gpu() or importlib.util.find_spec("torch") is None:
        pytest.skip("needs a GPU and PyTorch")
    assert output(sys.executable, str(TRITON)).strip() == "3 kernels match"
