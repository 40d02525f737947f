"""The guard for GPU code: deleting the launch would silence every check, so nothing may be lost by a fix."""

from __future__ import annotations

import pytest
from gpu_fix_helpers import PATH, document
from hypothesis import given, settings
from hypothesis import strategies as st

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.gpu.guard import losses
from signoff.diagnostics.fixes.gpu.tokens import scan
from signoff.diagnostics.fixes.verdict import Refusal
from signoff.diagnostics.prove import judge
from signoff.verifiers.finding import Finding, Outcome, Severity, Span
from signoff.verifiers.text import Edit, LineIndex, apply_edits

TEXT = """\
#define CHECK(call) do { if ((call) != cudaSuccess) std::abort(); } while (0)
// Kept.
__global__ void add(const float *in, float *out, int n)
{
    __shared__ float tile[256];
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    tile[threadIdx.x] = in[i];
    __syncthreads();
    if (i < n) out[i] = sqrtf(tile[threadIdx.x]);
}
void run(const float *in, float *out, int n)
{
    dim3 grid(1, 70000);
    add<<<grid, 256>>>(in, out, n);
    CHECK(cudaGetLastError());
    if (n == 0) { printf("none"); return; }
}
"""
FINDING = Finding(PATH, Span(13, 4, 13, 8), Severity.ERROR, "GridTooLarge", "gridDim.y is 70000", "signoff")


def lost(old: str, new: str, *replaces: str) -> tuple[str, ...]:
    assert old in TEXT
    candidate = FixCandidate("Change it", (), "test", FINDING, replaces=replaces)
    return losses(TEXT, TEXT.replace(old, new, 1), candidate, "cuda-cpp")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("    add<<<grid, 256>>>(in, out, n);\n", "", id="launch"),
        pytest.param("    __syncthreads();\n", "", id="barrier"),
        pytest.param("    CHECK(cudaGetLastError());\n", "", id="error check"),
        pytest.param("CHECK(cudaGetLastError());", "cudaGetLastError();", id="checking macro"),
        pytest.param(", int n)\n{\n    __sh", ")\n{\n    __sh", id="parameter"),
        pytest.param("(in, out, n);\n    CH", "(in, out);\n    CH", id="argument"),
        pytest.param("__global__ ", "", id="qualifier"),
        pytest.param("sqrtf(tile[threadIdx.x])", "tile[threadIdx.x]", id="call"),
        pytest.param("if (i < n) ", "", id="condition"),
        pytest.param("i < n", "i <= n", id="operator"),
        pytest.param("70000", "1", id="number"),
        pytest.param("    add<<<", "    // add<<<", id="commented out"),
        pytest.param("    add<<<", "    if (false) return; add<<<", id="jumped over"),
        pytest.param("    add<<<", "#if 0\n    add<<<", id="switched off"),
        pytest.param("    add<<<", "    /* add<<<", id="comment left open"),
        pytest.param("// Kept.\n", "", id="comment"),
        pytest.param('"none"', '"some"', id="string"),
        pytest.param(" return; }", " }", id="jump"),
        pytest.param("std::abort()", "0", id="body of a macro"),
    ],
)
def test_losses_are_seen(old: str, new: str) -> None:
    assert lost(old, new)


@pytest.mark.parametrize(
    ("old", "new", "replaces"),
    [
        pytest.param(
            "    add<<<grid, 256>>>(in, out, n);\n",
            "",
            ("add", "grid", "256", "in", "out", "n", ";", "<<<", ">>>"),
            id="launch",
        ),
        pytest.param("    __syncthreads();\n", "", ("__syncthreads", ";"), id="barrier"),
        pytest.param("CHECK(cudaGetLastError())", "(cudaGetLastError())", ("CHECK",), id="check"),
        pytest.param("sqrtf(tile[threadIdx.x])", "tile[threadIdx.x] + 0", ("sqrtf",), id="call"),
        pytest.param("__shared__ float", "static float", ("__shared__",), id="qualifier"),
        pytest.param("1, 70000", "70000", ("1",), id="too little in its place"),
    ],
)
def test_no_rule_can_declare_these_away(old: str, new: str, replaces: tuple[str, ...]) -> None:
    assert lost(old, new, *replaces)


@pytest.mark.parametrize(
    ("old", "new", "replaces"),
    [
        pytest.param("1, 70000", "70000, 1", (), id="exchanged"),
        pytest.param("blockIdx.x", "blockIdx.y", ("x",), id="member"),
        pytest.param("    add<<<", "    cudaFuncSetAttribute(add, A, n);\n    add<<<", (), id="call added"),
        pytest.param("tile[256]", "tile[256 + 1]", (), id="padding"),
        pytest.param("if (i < n)", "for (; i < n; i += 1)", ("if",), id="loop"),
        pytest.param("grid, 256", "grid, 128", ("256",), id="number"),
    ],
)
def test_what_is_declared_and_replaced_passes(old: str, new: str, replaces: tuple[str, ...]) -> None:
    assert lost(old, new, *replaces) == ()


class Silent:
    """A tool that reports the launch for as long as it is there."""

    name, languages, speed = "launch", frozenset({"cuda-cpp"}), 0

    async def run(self, snapshot, project):  # type: ignore[no-untyped-def]
        return Outcome("signoff", findings=(FINDING,) if "<<<" in snapshot.text else ())


async def test_the_control_that_deletes_the_launch_is_refused() -> None:
    start = TEXT.index("    add<<<")
    span = LineIndex(TEXT).span(start, TEXT.index("\n", start) + 1)
    everything = tuple({token.text for token in scan(TEXT)})
    control = FixCandidate("Delete it", (Edit(span, ""),), "test", FINDING, replaces=everything)
    result = await judge(control, *document(TEXT), (Silent(),))  # type: ignore[arg-type]
    assert isinstance(result, Refusal)
    assert "drops a launch" in result.reason


@settings(deadline=None)
@given(st.data())
def test_whatever_is_deleted_is_a_loss(data: st.DataObject) -> None:
    """Any run of tokens that holds more than commas and round brackets cannot go unnoticed."""
    tokens = scan(TEXT)
    first = data.draw(st.integers(0, len(tokens) - 1))
    last = data.draw(st.integers(first, min(first + 12, len(tokens) - 1)))
    gone = [token for token in tokens[first : last + 1] if token.text not in ",()"]
    edit = Edit(LineIndex(TEXT).span(tokens[first].start, tokens[last].end), " ")
    after = apply_edits(TEXT, [edit])
    assert bool(losses(TEXT, after, FixCandidate("", (), "", FINDING), "cuda-cpp")) or not gone


PYTHON = """\
import triton.language as tl

def kernel(x, n: tl.constexpr):
    i = tl.arrange(0, n)
    tl.store(x + i, i)
"""


def test_python_has_tokens_of_its_own() -> None:
    finding = Finding("/k.py", Span(3, 8, 3, 18), Severity.ERROR, "TritonAttribute", "no attribute 'arrange'", "triton")
    candidate = FixCandidate("", (), "spelling", finding, replaces=("arrange",))
    assert losses(PYTHON, PYTHON.replace("arrange", "arange"), candidate, "python") == ()
    assert losses(PYTHON, PYTHON.replace("    tl.store(x + i, i)\n", ""), candidate, "python")
    assert losses(PYTHON, PYTHON.replace("    tl.store", "    # tl.store"), candidate, "python")
    assert losses(PYTHON, PYTHON.replace("tl.arrange(0, n)", "n"), candidate, "python")
