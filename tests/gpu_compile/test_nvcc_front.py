"""nvcc's front end, the real one: texts in two parts say what they say in one, and units that lack headers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from signoff.verifiers.finding import Outcome, Severity
from signoff.verifiers.gpu.compile import front_source
from signoff.verifiers.gpu.compile.nvcc_front import NvccFront
from signoff.verifiers.gpu.compile.toolkit import toolkit
from signoff.verifiers.gpu.facts import LINES_READ, WHOLE_FUNCTIONS
from signoff.verifiers.project import CompileUnit, Project
from signoff.verifiers.settings import VerifierSettings
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.workers import WorkerPool

pytestmark = [pytest.mark.tool, pytest.mark.skipif(not toolkit(VerifierSettings()).nvcc, reason="no nvcc")]
PLAIN = """#include <vector>
#define LIMIT 64
__global__ void scale(float *x, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < LIMIT && i < n) x[i] *= 2.0f;
}
int main() {
    std::vector<float> v(LIMIT);
    scale<<<1, LIMIT>>>(v.data(), v.size());
}
"""
LACKING = """#include <torch/extension.h>
#include <cuda_fp16.h>
template <typename T> __device__ T half_of(T v) { return v / T(2); }
__global__ void halve(float *x, int n) {
    if (threadIdx.x < n) x[threadIdx.x] = half_of(x[threadIdx.x]);
}
torch::Tensor run(torch::Tensor x) {
    halve<<<1, 32>>>(x.data_ptr<float>(), 32);
    return x;
}
PYBIND11_MODULE(TORCH_EXTENSION_NAME, m) { m.def("run", &run); }
"""


@pytest.fixture
async def front() -> AsyncIterator[NvccFront]:
    pool = WorkerPool()
    yield NvccFront(pool)
    await pool.close()


async def check(front: NvccFront, root: Path, text: str, name: str = "a.cu") -> Outcome:
    path = root / name
    unit = CompileUnit(str(path), str(root), declared=name.endswith(".cu"))
    return await front.run(Snapshot(path.as_uri(), str(path), "cuda-cpp", 1, text), Project(str(root), unit=unit))


def errors(outcome: Outcome) -> list[tuple[int, str]]:
    return [(one.span.start_line + 1, one.code) for one in outcome.findings if one.severity is Severity.ERROR]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("", "", []),
        ("LIMIT && i", "LIMITS && i", [(5, "UndefinedIdentifier")]),
        ("v.size());", "v.size()", [(10, "Expected")]),
        ("#include <vector>", "#include <vector>\nint bad = ;", [(2, "Expected")]),
        ("#define LIMIT 64", "#ifdef NEVER\n#include <list>\n#endif\n#define LIMIT none", [(8, "UndefinedIdentifier")]),
        ("\n", "\r\n", []),
    ],
)
async def test_two_parts_say_what_one_says(
    front: NvccFront, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, told: list[tuple[int, str]]
) -> None:
    text = PLAIN.replace(old, new) if old else PLAIN
    first = await check(front, tmp_path, text)
    assert errors(first)[: len(told)] == told and bool(errors(first)) == bool(told)
    again = await check(front, tmp_path, text)
    monkeypatch.setattr(front_source, "parted", lambda *_: iter(()))
    whole = await check(front, tmp_path, text)
    assert first.findings == again.findings == whole.findings
    assert first.facts[LINES_READ] == again.facts[LINES_READ] == whole.facts[LINES_READ]
    assert first.judged and again.judged and whole.judged


async def test_an_edit_of_a_header_is_seen(front: NvccFront, tmp_path: Path) -> None:
    text = PLAIN.replace("#define LIMIT 64", '#include "limit.h"')
    (tmp_path / "limit.h").write_text("#define LIMIT 64\n")
    assert errors(await check(front, tmp_path, text)) == []
    (tmp_path / "limit.h").write_text("#define LIMITS 64\n")
    assert [code for _, code in errors(await check(front, tmp_path, text))][:1] == ["UndefinedIdentifier"]


async def test_a_unit_that_lacks_headers_has_functions_that_need_none(front: NvccFront, tmp_path: Path) -> None:
    outcome = await check(front, tmp_path, LACKING)
    assert (outcome.ran, outcome.judged) == (True, False)
    assert "torch/extension.h" in outcome.message and "cuda_fp16.h" not in outcome.message
    assert outcome.facts[WHOLE_FUNCTIONS] == ((2, 2), (3, 5))
    wrong = await check(front, tmp_path, LACKING.replace("half_of(x[", "half_off(x["))
    assert wrong.facts[WHOLE_FUNCTIONS] == ((2, 2),)
    assert (5, "UndefinedIdentifier") in errors(wrong)


async def test_a_header_that_is_asked_for_is_not_made_up(front: NvccFront, tmp_path: Path) -> None:
    text = "#if __has_include(<nowhere.h>)\n#include <nowhere.h>\nint a = ;\n#endif\nint b;\n"
    assert (await check(front, tmp_path, text)).judged


async def test_a_header_without_a_unit_is_read_by_itself(front: NvccFront, tmp_path: Path) -> None:
    text = "#pragma once\n__device__ int one() { return 1; }\n__device__ Missing two() { return one(); }\n"
    outcome = await check(front, tmp_path, text, "a.cuh")
    assert not outcome.judged
    assert outcome.facts[WHOLE_FUNCTIONS] == ((1, 1),)


async def test_nothing_is_left_in_the_folder_of_the_user(front: NvccFront, tmp_path: Path) -> None:
    (tmp_path / "a.cu").write_text(LACKING)
    await check(front, tmp_path, LACKING)
    assert sorted(tmp_path.rglob("*")) == [tmp_path / "a.cu"]  # noqa: ASYNC240
