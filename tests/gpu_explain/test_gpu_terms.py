from __future__ import annotations

import dataclasses

import pytest
from gpu_texts import NAMED, UNNAMED

from signoff.diagnostics.explain.gpu import term_hover
from signoff.diagnostics.explain.gpu_terms import DERIVED, PLACEHOLDER, terms
from signoff.verifiers.gpu.hardware.limits import Limits
from signoff.verifiers.project import Project

# fmt: off
WORDS = (
    "dim3", "gridDim", "blockDim", "blockIdx", "threadIdx", "warpSize", "__shared__", "__launch_bounds__",
    "__global__", "__constant__", "__syncthreads", "__syncwarp", "__shfl_sync", "__shfl_up_sync", "__shfl_down_sync",
    "__shfl_xor_sync", "__ballot_sync", "__any_sync", "__all_sync", "__activemask", "__cluster_dims__",
    "cudaFuncSetAttribute", "cudaLaunchCooperativeKernel", "tl.arange", "tl.dot", "num_warps", "num_stages",
)
# fmt: on


@pytest.mark.parametrize("word", [*WORDS, "extern __shared__"])
def test_every_term_has_a_text(word: str) -> None:
    for project in (NAMED, UNNAMED, Project(root="/w", architectures=("sm_75",))):
        text = term_hover(word, project)
        assert text is not None
        assert "{" not in text
        assert "](https://" in text


@pytest.mark.parametrize("word", sorted(terms()))
def test_placeholders_are_limits(word: str) -> None:
    fields = {one.name for one in dataclasses.fields(Limits) if one.type == "int"} | set(DERIVED)
    term = terms()[word]
    found = [match["field"] for match in PLACEHOLDER.finditer(term.text)]
    assert set(found) <= fields
    assert term.text.count("{") == len(found)
    assert found, "a text must say the target's number"


def test_other_words_have_none() -> None:
    assert term_hover("cudaMalloc", NAMED) is None
    assert term_hover("", NAMED) is None


def test_the_target_decides_the_numbers() -> None:
    hopper = term_hover(
        "extern __shared__", Project(root="/w", architectures=("sm_90",), architectures_origin="settings")
    )
    pascal = term_hover("extern __shared__", Project(root="/w", architectures=("sm_61",)))
    assert hopper is not None
    assert pascal is not None
    assert "at most 227 KiB." in hopper
    assert "For sm_90 (settings)." in hopper
    assert "at most 48 KiB." in pascal
    assert "For sm_61." in pascal
