"""Documents and places of GPU code, without a server."""

from __future__ import annotations

import pytest

from signoff.lsp_server.documents import Documents
from signoff.lsp_server.gpu_places import in_configuration, inside, term_at, triton_kernels
from signoff.verifiers.finding import Span
from signoff.verifiers.gpu.facts import Form, Launch
from signoff.verifiers.gpu.strings.triggers import concerns, has_gpu_code
from signoff.verifiers.text import LineIndex


@pytest.mark.parametrize(
    ("name", "said", "language"),
    [
        ("a.cu", "cuda-cpp", "cuda-cpp"),
        ("a.cu", "cuda", "cuda-cpp"),
        ("a.cuh", "cpp", "cuda-cpp"),
        ("a.h", "cuda", "cuda-cpp"),
        ("a.h", "cpp", "cpp"),
        ("a.py", "python", "python"),
        ("A.CU", "c", "cuda-cpp"),
        ("a.sv", "systemverilog", "systemverilog"),
    ],
)
def test_the_language_is_the_clients_or_the_endings(name: str, said: str, language: str) -> None:
    assert Documents().open(f"file:///w/{name}", f"/w/{name}", said, 1, "").language == language


def test_open_documents_stand_in_for_files_only_among_their_own_kind() -> None:
    documents = Documents()
    for name, language in (("m.v", "verilog"), ("k.cu", "cuda"), ("k.py", "python"), ("k.h", "cpp")):
        documents.open(f"file:///w/{name}", f"/w/{name}", language, 1, "")

    def seen(language: str) -> set[str]:
        return {snapshot.path[3:] for snapshot in documents.snapshots(language)}

    assert seen("verilog") == {"m.v", "k.h"}
    assert seen("cuda-cpp") == {"k.cu", "k.h"}
    assert seen("python") == {"k.cu", "k.py", "k.h"}, "strings of CUDA may include headers"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("import triton\n", True),
        ("def f():\n    from triton.language import dot\n", True),
        ("k = RawKernel('__global__ void k() {}', 'k')", True),
        ("from vllm.triton_utils import tl, triton\n", True),
        ("from .utils import (triton, tl)\n", True),
        ("from .compat import *\n\n@triton.jit\ndef k(x): ...\n", True),
        ("import tritonclient\n", False),
        ("from server import triton_client\n", False),
        ("from torch import nn  # not triton\n", False),
        ("# as triton does\n", False),
        ("load_inline(name)\n", False),
        ("", False),
    ],
)
def test_python_concerns_us_only_with_gpu_code(text: str, wanted: bool) -> None:
    assert has_gpu_code(text) is wanted
    assert concerns("python", text) is wanted and concerns("cuda-cpp", text)


LINE = "    scale<<<dim3(1, 70000), 256, 0, stream>>>(x, n);"


def spot(word: str, offset: int = 0) -> tuple[int, int]:
    return 0, LINE.index(word) + offset


def part(word: str) -> Span:
    return Span(*spot(word), *spot(word, len(word)))


def test_a_launchs_configuration_ends_before_its_arguments() -> None:
    launch = Launch(
        Form.CHEVRON,
        Span(0, 4, 0, len(LINE) - 1),
        "scale",
        part("scale"),
        grid_span=part("dim3(1, 70000)"),
        block_span=part("256"),
        shared_span=Span(*spot("0, stream"), *spot("0, stream", 1)),
    )
    for word in ("<<<", "70000", "256", "0, stream"):
        assert in_configuration(spot(word), launch), word
    assert not in_configuration(spot("x, n"), launch)
    assert not in_configuration((1, 0), launch)
    assert inside(spot("scale"), launch.kernel_span) and not inside(spot("dim3"), launch.kernel_span)


def test_a_call_that_launches_is_told_at_its_name_and_its_extents() -> None:
    line = "    cudaLaunchKernel((void *)k, grid, block, args, 0, s);"
    whole, grid = Span(0, 4, 0, len(line) - 1), line.index("grid")
    launch = Launch(Form.RUNTIME, whole, "k", Span(0, 29, 0, 30), grid_span=Span(0, grid, 0, grid + 4))
    assert in_configuration((0, 10), launch) and in_configuration((0, grid + 1), launch)
    assert not in_configuration((0, line.index("args")), launch)


@pytest.mark.parametrize(
    ("line", "word", "term"),
    [
        ("int i = blockIdx.x * 2;", "blockIdx", "blockIdx"),
        ("int i = blockIdx.x * 2;", ".x", "blockIdx"),
        ("extern  __shared__ float s[];", "extern", "extern __shared__"),
        ("extern  __shared__ float s[];", "__shared__", "extern __shared__"),
        ("__shared__ float s[4];", "__shared__", "__shared__"),
        ("a = 1;", "=", ""),
    ],
)
def test_the_term_under_a_position(line: str, word: str, term: str) -> None:
    assert term_at(LineIndex(line), (0, line.index(word) + 1), in_cuda=True) == term


@pytest.mark.parametrize(
    ("line", "word", "term"),
    [
        ("x = tl.arange(0, B)", "arange", "tl.arange"),
        ("x = triton.language.dot(a, b)", "dot", "tl.dot"),
        ("k[grid](x, num_warps=4)", "num_warps", "num_warps"),
        ("y = np.arange(3)", "arange", ""),
    ],
)
def test_the_triton_term_under_a_position(line: str, word: str, term: str) -> None:
    assert term_at(LineIndex(line), (0, line.index(word)), in_cuda=False) == term


def test_triton_kernels_are_found_in_half_typed_python() -> None:
    text = (
        "@triton.jit\ndef a(x):\n  pass\n\n"
        "@triton.autotune(\n    configs=[],\n    key=['n'],\n)\n@triton.jit\ndef b(x, n: tl.constexpr\n\n"
        "@triton.jit(debug=True)\ndef c(\ndef plain(x): pass\n@functools.cache\ndef d(): pass\n"
    )
    found = list(triton_kernels(LineIndex(text)))
    assert [name for name, _ in found] == ["a", "b", "c"]
    for name, span in found:
        first, last = LineIndex(text).offsets(span)
        assert text[first:last] == name
