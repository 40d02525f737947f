"""What kernels take as machine code, and launches that the hardware cannot have."""

from __future__ import annotations

import time

import pytest
from triton_helpers import HEAD, needs_triton, project, snapshot

from signoff.verifiers.finding import Category, Severity, Status
from signoff.verifiers.gpu.triton.triton import Triton
from signoff.verifiers.gpu.triton.triton_data import Compiled, Job
from signoff.verifiers.gpu.triton.triton_limits import shared_findings
from signoff.verifiers.gpu.triton.triton_order import Verdicts
from signoff.verifiers.gpu.triton.triton_resources import TritonResources, targets
from signoff.verifiers.workers import WorkerPool

MATMUL = """
{above}@triton.jit
def matmul(a_ptr, b_ptr, c_ptr, K, lda, ldb, ldc, M: tl.constexpr, N: tl.constexpr, STEP: tl.constexpr):
    rows, columns, depth = tl.arange(0, M), tl.arange(0, N), tl.arange(0, STEP)
    a = a_ptr + rows[:, None] * lda + depth[None, :]
    b = b_ptr + depth[:, None] * ldb + columns[None, :]
    total = tl.zeros((M, N), dtype=tl.float32)
    for k in range(0, tl.cdiv(K, STEP)):
        total = tl.dot(tl.load(a), tl.load(b), total)
        a += STEP
        b += STEP * ldb
    tl.store(c_ptr + rows[:, None] * ldc + columns[None, :], total)


def launch(a{kind}, b{kind}, c: torch.Tensor, k: int):
    {cast}
    matmul[(1, 1)](a, b, c, k, a.stride(0), b.stride(0), c.stride(0), M=16, N=16, STEP=256, num_warps=8{more})
"""
HALF = "a, b, c = a.to(torch.float16), b.to(torch.float16), c.to(torch.float32)"


def matmul(stages: int, cast: str = HALF, above: str = "") -> str:
    return HEAD + MATMUL.format(above=above, kind=": torch.Tensor", cast=cast, more=f", num_stages={stages}")


@pytest.fixture
async def pool():
    pool = WorkerPool()
    yield pool
    await pool.close()


@pytest.mark.tool
@needs_triton
async def test_costs_of_a_kernel(pool):
    text = HEAD + (
        "# signoff: x_ptr: *fp32, BLOCK: 1024\n@triton.jit\ndef kernel(x_ptr, BLOCK: tl.constexpr):\n"
        "    x = tl.load(x_ptr + tl.arange(0, BLOCK))\n    tl.store(x_ptr, tl.sum(x))\n"
    )
    outcome = await TritonResources(pool).run(snapshot(text), project("/w", "sm_90"))
    (cost,) = outcome.facts["kernels"]
    assert (cost.kernel, cost.architecture, cost.instance, cost.threads) == (
        "kernel",
        "sm_90",
        "kernel (BLOCK=1024)",
        128,
    )
    assert 8 <= cost.registers <= 64 and cost.spill_stores == 0
    # One partial sum a warp.
    assert cost.dynamic_shared == 16
    assert outcome.judged and not outcome.findings


@pytest.mark.tool
@needs_triton
async def test_more_shared_memory_than_there_is(pool):
    resources = TritonResources(pool)
    # Two tiles of 8 KiB for each stage but one that is in flight.
    outcome = await resources.run(snapshot(matmul(12)), project("/w", "sm_80", "sm_86"))
    (finding,) = outcome.findings
    assert (finding.code, finding.severity, finding.category) == (
        "SharedMemoryLimit",
        Severity.ERROR,
        Category.SHARED_MEMORY,
    )
    needed = int(dict(finding.data)["value"])
    assert 11 * 16384 <= needed <= 12 * 16384 and f"needs {needed} bytes" in finding.message
    assert (
        matmul(12).splitlines()[finding.span.start_line][finding.span.start_column : finding.span.end_column]
        == "matmul"
    )
    (finding,) = (await resources.run(snapshot(matmul(8)), project("/w", "sm_80", "sm_86"))).findings
    assert (finding.severity, dict(finding.data)["architectures"]) == (Severity.WARNING, "sm_86")
    assert not (await resources.run(snapshot(matmul(3)), project("/w", "sm_80", "sm_86"))).findings


@pytest.mark.tool
@needs_triton
async def test_what_elements_nobody_knows_may_take_says_nothing(pool):
    outcome = await TritonResources(pool).run(snapshot(matmul(8, cast="pass")), project("/w", "sm_80"))
    assert not outcome.findings
    # As it would with the 32-bit floats that were guessed.
    (cost,) = outcome.facts["kernels"]
    assert cost.dynamic_shared > 166912


@pytest.mark.tool
@needs_triton
async def test_sizes_that_nobody_knows_are_not_compiled(pool):
    text = (
        HEAD + "@triton.jit\ndef kernel(x_ptr, BLOCK: tl.constexpr):\n    tl.store(x_ptr + tl.arange(0, BLOCK), 1.0)\n"
    )
    outcome = await TritonResources(pool).run(snapshot(text), project())
    assert outcome.facts["kernels"] == () and not outcome.complete
    assert "# signoff: BLOCK: 1024" in outcome.message


@pytest.mark.tool
@needs_triton
async def test_a_compilation_that_takes_too_long_is_named(pool):
    start = time.perf_counter()
    text = matmul(4).replace("M=16, N=16, STEP=256, num_warps=8", "M=256, N=256, STEP=1024, num_warps=8")
    outcome = await TritonResources(pool).run(snapshot(text), project("/w", "sm_80", timeout=2.0))
    assert time.perf_counter() - start < 6
    assert "matmul" in outcome.message or outcome.status is Status.TIMED_OUT
    assert not outcome.judged


def job(number: int = 0, tuned: tuple[int, int] = (0, 1), **fields: object) -> Job:
    return Job(
        "kernel", (3, 4, 3, 10), number, "BLOCK=128", **{"certain": True, "typed": True, "tuned": tuned, **fields}
    )


def shared(*items: tuple[Job, int], architectures: tuple[str, ...] = ()) -> list[str]:
    one = [(task, {"sm_80": Compiled(shared=size)}) for task, size in items]
    return [item.severity.name for item in shared_findings(one, project("/w", *architectures), "/w/k.py")]


def test_without_a_target_only_what_fits_no_gpu_is_told():
    assert shared((job(), 200_000)) == []
    assert shared((job(), 240_000)) == ["ERROR"]
    assert shared((job(), 200_000), architectures=("sm_80",)) == ["ERROR"]
    assert shared((job(certain=False), 240_000)) == []


def test_of_an_autotuned_kernel_one_configuration_that_fits_is_enough():
    first, second = job(4, (0, 2)), job(5, (1, 2))
    assert shared((first, 240_000), (second, 1_000)) == []
    assert shared((first, 240_000), (second, 250_000)) == ["ERROR"]
    assert shared((first, 240_000)) == []


def test_what_no_verdict_hangs_on_is_left_where_one_takes_long():
    jobs = [job(number, (number, 2)) for number in (0, 1)] + [job(number, (number - 2, 2)) for number in (2, 3)]
    verdicts = Verdicts()
    assert [item.number for item in verdicts.begin(jobs)] == [0, 2, 1, 3]
    verdicts.add(jobs[0], {"sm_80": Compiled(shared=1_000)}, 10.0)
    assert not verdicts.open(jobs[1]) and verdicts.needless(jobs[1])
    verdicts.add(jobs[2], {"sm_80": Compiled(shared=240_000)}, 10.0)
    assert verdicts.open(jobs[3]) and not verdicts.needless(jobs[3])
    assert list(verdicts.notes()) == ["kernel: 1 more configuration was not compiled, as one took 10 s"]


def test_of_more_configurations_than_are_compiled_there_is_no_verdict():
    jobs = [job(number, (number, 9)) for number in range(4)]
    verdicts = Verdicts()
    verdicts.begin(jobs)
    assert not any(verdicts.open(item) for item in jobs)
    assert not verdicts.needless(jobs[0])


def test_targets_that_triton_can_compile_for():
    assert targets(project()) == ("sm_80",)
    assert targets(project("/w", "sm_60", "sm_90")) == ("sm_90",)
    assert targets(project("/w", "sm_60")) == ()


KERNEL = "@triton.jit\ndef kernel(x_ptr, n):\n    tl.store(x_ptr, n)\n\n\ndef launch(x, n):\n"
LAUNCHES = {
    "kernel[(1, 70000)](x, n)": ("GridTooLarge", "70000"),
    "kernel[lambda meta: (n, 1, 65536)](x, n)": ("GridTooLarge", "65536"),
    "grid = (4, 1 << 17)\n    kernel[grid](x, n)": ("GridTooLarge", "1 << 17"),
    "kernel[(1,)](x, n, num_warps=64)": ("TooManyThreads", "64"),
    "kernel[(1,)](x, n, num_warps=3)": ("TritonValue", "3"),
}


@pytest.mark.tool
@needs_triton
async def test_launches_that_no_gpu_takes(pool):
    for line, (code, said) in LAUNCHES.items():
        text = f"{HEAD}{KERNEL}    {line}\n"
        (finding,) = (await Triton(pool).run(snapshot(text), project())).findings
        span = finding.span
        assert (finding.code, finding.severity) == (code, Severity.ERROR)
        assert text.splitlines()[span.start_line][span.start_column : span.end_column] == said


@pytest.mark.tool
@needs_triton
async def test_launches_that_are_legal_or_unknown(pool):
    lines = (
        "kernel[(1, 65535, 65535)](x, n, num_warps=32)",
        "kernel[(70000,)](x, n)",
        "kernel[(1, n)](x, n)",
        "grid = (1, 70000)\n    grid = (70000, 1)\n    kernel[grid](x, n)",
        "size = 70000\n    if n:\n        size = 7\n    kernel[(1, size)](x, n)",
    )
    for line in lines:
        outcome = await Triton(pool).run(snapshot(f"{HEAD}{KERNEL}    {line}\n"), project())
        assert outcome.judged and not outcome.findings, line
