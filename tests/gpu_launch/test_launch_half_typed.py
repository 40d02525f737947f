"""Launches beside text that does not parse: those that stand whole before it are judged, those behind it are not."""

from __future__ import annotations

import pytest

from signoff.verifiers.gpu.checks.launch_engine import LaunchEngine
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot

HEAD = "__global__ void k(float *x) { x[threadIdx.x] = 0; }\nvoid go(float *x) {\n"
WHOLE, NEXT = "  k<<<1, 2048>>>(x);\n", "  k<<<dim3(1, 70000), 32>>>(x);\n}\n"
BROKEN = {
    "an argument is missing": ("  k<<<, 64>>>(x);\n", ["BlockTooLarge"]),
    "a designator": ("  k<<<{.x = 1, .y = 2}, 64>>>(x);\n", ["BlockTooLarge"]),
    "braces are none": ("  k<<<{1, 2, 3}, {1, 1, 65}>>>(x);\n", ["BlockTooLarge", "BlockTooLarge", "GridTooLarge"]),
}


@pytest.mark.parametrize("name", BROKEN)
def test_beside_a_launch(name: str) -> None:
    line, codes = BROKEN[name]
    text = HEAD + WHOLE + line + NEXT
    found, _ = LaunchEngine().check(Snapshot("file:///w/a.cu", "/w/a.cu", "cuda-cpp", 1, text), Project("/w"))
    assert [item.code for item in found if item.code != "UncheckedLaunch"] == codes
