"""Facts that the tests of GPU texts share."""

from __future__ import annotations

from typing import Any

from signoff.verifiers.finding import Span
from signoff.verifiers.gpu.facts import Bounds, Extent, Form, Kernel, KernelCost, Launch, Note, OptIn
from signoff.verifiers.project import Project

SPAN = Span(41, 4, 41, 12)
KIB = 1024
NAMED = Project(root="/w", architectures=("sm_80", "sm_90"), architectures_origin="/w/CMakeLists.txt")
UNNAMED = Project(root="/w")


def kernel(name: str = "scale", **more: Any) -> Kernel:
    return Kernel(name, SPAN, SPAN, **({"parameters": ("x", "n")} | more))


def launch(name: str = "scale", *, grid: Extent | None = None, threads: int | None = 256, **more: Any) -> Launch:
    block = Extent(threads, 1, 1)
    return Launch(
        Form.CHEVRON, SPAN, name, SPAN, grid=grid or Extent(4096, 1, 1), block=block, **({"shared": 0} | more)
    )


def cost(architecture: str = "sm_80", registers: int = 40, name: str = "scale", **more: Any) -> KernelCost:
    return KernelCost(name, architecture, registers, **more)


ATTENTION = kernel(
    "attention",
    parameters=("q", "k", "v", "out"),
    bounds=Bounds(SPAN, 256, 2),
    static_shared=2 * KIB,
    dynamic_shared=True,
)
ATTENTION_COSTS = (
    cost("sm_90", 96, "attention", static_shared=2 * KIB),
    cost("sm_80", 104, "attention", static_shared=2 * KIB, spill_stores=8, spill_loads=16, stack=24),
)
ATTENTION_LAUNCH = launch(
    "attention",
    grid=Extent(8, 70000, 1),
    shared=64 * KIB,
    opt_in=OptIn(SPAN, 64 * KIB),
    notes=(Note("/w/src/attention.cu", SPAN, "ROWS is 70000 here"),),
)
SCALE_COSTS = (
    cost("sm_80", 24, instance="void scale<float, 4>(float *, int)"),
    cost("sm_80", 40, instance="void scale<double, 4>(double *, int)"),
)
