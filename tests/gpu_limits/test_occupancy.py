from __future__ import annotations

import itertools
import random
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from nvidia_headers import header

from signoff.verifiers.gpu.hardware.limits import ARCHITECTURES, limits
from signoff.verifiers.gpu.hardware.occupancy import BLOCK_SIZES, Occupancy, occupancy, registers_left, suggest

HEADERS = header("cuda_occupancy.h")
ORACLE = Path(__file__).with_name("occupancy_oracle.cpp")
FACTORS = {0x01: "threads", 0x02: "registers", 0x04: "shared memory", 0x08: "blocks"}
BARRIERS = 0x10
KIB = 1024
THREADS = (1, 32, 33, 96, 128, 250, 384, 1024, 1025)
REGISTERS = (0, 8, 32, 33, 64, 100, 168, 255)
STATIC = (0, 1, 4 * KIB, 33 * KIB, 48 * KIB)
DYNAMIC = (0, 100, 16 * KIB, 47 * KIB, 96 * KIB, 200 * KIB)
RANDOM_CASES = 6000

Case = tuple[str, int, int, int, int]


def _cases() -> list[Case]:
    grid = list(itertools.product(ARCHITECTURES, THREADS, REGISTERS, STATIC, DYNAMIC))
    rng = random.Random(3)
    for _ in range(RANDOM_CASES):
        sm = rng.choice(ARCHITECTURES)
        # Around what the hardware can give, where rounding decides.
        dynamic = max(0, limits(sm).smem_per_block_optin // rng.randint(1, 12) + rng.randint(-600, 600))
        grid.append((sm, rng.randint(1, 1024), rng.randint(0, 255), rng.choice((0, rng.randint(0, 2000))), dynamic))
    return grid


def _line(case: Case) -> str:
    sm, *numbers = case
    of = limits(sm)
    capability = int(sm.removeprefix("sm_"))
    device = (
        *(capability // 10, capability % 10, of.threads_per_block, of.threads_per_sm, of.regs_per_block),
        *(of.regs_per_sm, of.warp_size, of.smem_per_block_default, of.smem_per_sm, of.smem_per_block_optin),
        of.smem_reserved_per_block,
    )
    return " ".join(map(str, (*device, *numbers)))


def _ask(source: Path, cases: list[Case], folder: Path) -> list[tuple[int, int, int]]:
    program = folder / "oracle"
    subprocess.run(["g++", "-O1", "-I", str(source.parent), "-o", str(program), str(ORACLE)], check=True, timeout=100)
    text = "\n".join(map(_line, cases))
    answer = subprocess.run([str(program)], input=text, capture_output=True, text=True, check=True, timeout=60)
    return [(int(a), int(b), int(c)) for a, b, c in (line.split() for line in answer.stdout.splitlines())]


def _ours(case: Case) -> Occupancy:
    sm, threads, registers, static, dynamic = case
    return occupancy(limits(sm), threads=threads, registers=registers, static_shared=static, dynamic_shared=dynamic)


@pytest.mark.tool
@pytest.mark.parametrize("source", HEADERS or [None], ids=lambda path: path.parts[-4] if path else "none")
def test_equals_nvidias_calculation(source: Path | None, tmp_path: Path) -> None:
    """The newest cuda_occupancy.h, and the older one that Triton brings (it does not know the newest GPUs)."""
    if source is None or shutil.which("g++") is None:
        pytest.skip("needs g++ and NVIDIA's cuda_occupancy.h (nvidia-cuda-runtime)")
    cases = _cases()
    answers = _ask(source, cases, tmp_path)
    assert len(answers) == len(cases)
    unknown = {case[0] for case, (error, _, _) in zip(cases, answers, strict=True) if error}
    assert unknown <= {"sm_107"}, f"{source} refuses {unknown}"
    compared = 0
    for case, (error, blocks, factors) in zip(cases, answers, strict=True):
        if error:
            continue
        ours = _ours(case)
        assert ours.blocks_per_sm == blocks, (case, ours, blocks)
        assert set(ours.limited_by) == {name for bit, name in FACTORS.items() if factors & bit}, (case, ours, factors)
        # The one barrier that every block has never limits by itself: we need not name it.
        assert not factors & BARRIERS or "blocks" in ours.limited_by or blocks == 0, case
        compared += 1
    assert compared > len(cases) * 0.9
    assert {blocks for _, blocks, _ in answers} >= set(range(9)), "the cases must reach many different answers"


def test_a_known_case() -> None:
    """40 registers are given out as 1280 a warp: 12 warps a quarter of an A100's multiprocessor, so 6 blocks of 8."""
    found = occupancy(limits("sm_80"), threads=256, registers=40, static_shared=0, dynamic_shared=0)
    assert found == Occupancy(6, 48, 64, 0.75, ("registers",))


def test_what_cannot_run_has_no_blocks() -> None:
    a100 = limits("sm_80")
    assert occupancy(a100, threads=1025, registers=16, static_shared=0, dynamic_shared=0).limited_by == ("threads",)
    assert occupancy(a100, threads=1024, registers=168, static_shared=0, dynamic_shared=0).blocks_per_sm == 0
    assert occupancy(a100, threads=32, registers=256, static_shared=0, dynamic_shared=0).limited_by == ("registers",)
    enough = a100.smem_per_block_optin
    assert occupancy(a100, threads=32, registers=16, static_shared=0, dynamic_shared=enough).blocks_per_sm == 1
    too_much = occupancy(a100, threads=32, registers=16, static_shared=1, dynamic_shared=enough)
    assert (too_much.blocks_per_sm, too_much.fraction, too_much.limited_by) == (0, 0.0, ("shared memory",))


@pytest.mark.parametrize(
    ("threads", "registers", "static", "dynamic"), [(0, 1, 0, 0), (-32, 1, 0, 0), (32, -1, 0, 0), (32, 1, 0, -1)]
)
def test_nonsense_is_refused(threads: int, registers: int, static: int, dynamic: int) -> None:
    with pytest.raises(ValueError, match="no such block"):
        occupancy(limits("sm_80"), threads=threads, registers=registers, static_shared=static, dynamic_shared=dynamic)


def test_table_of_block_sizes() -> None:
    rows = suggest(limits("sm_90"), registers=32, static_shared=0, dynamic_shared=0)
    assert tuple(size for size, _ in rows) == BLOCK_SIZES
    assert dict(rows)[256] == Occupancy(8, 64, 64, 1.0, ("threads", "registers"))
    assert dict(rows)[32].limited_by == ("blocks",)


NVCC = next(iter(header("../bin/nvcc")), None) or shutil.which("nvcc")


@pytest.mark.tool
@pytest.mark.parametrize(("threads", "blocks"), [(1024, 1), (320, 1), (256, 4)])
def test_launch_bounds_leave_what_ptxas_keeps_to(threads: int, blocks: int, tmp_path: Path) -> None:
    if NVCC is None:
        pytest.skip("needs nvcc")
    bounds = (f"-DTHREADS={threads}", f"-DBLOCKS={blocks}")
    source = str(Path(__file__).with_name("registers.cu"))
    command = [str(NVCC), "-cubin", "-arch=sm_80", "-Xptxas", "-v", *bounds, "-o", str(tmp_path / "cubin"), source]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    used = re.search(r"Used (\d+) registers", done.stdout + done.stderr)
    assert used is not None
    assert int(used[1]) == registers_left(limits("sm_80"), threads=threads, blocks=blocks)


def test_more_blocks_than_fit_leave_nothing() -> None:
    assert registers_left(limits("sm_80"), threads=1024, blocks=3) == 0
    assert registers_left(limits("sm_80"), threads=2048) == 0
    assert registers_left(limits("sm_53"), threads=1024) == 32
