"""The texts on GPU code as they are shown: golden/*.md, written anew where GOLDEN=write is in the environment."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from gpu_texts import (
    ATTENTION,
    ATTENTION_COSTS,
    ATTENTION_LAUNCH,
    KIB,
    NAMED,
    SCALE_COSTS,
    UNNAMED,
    cost,
    kernel,
    launch,
)

from signoff.diagnostics.explain.gpu import (
    kernel_hover,
    launch_hover,
    lens_title,
    term_hover,
    triton_hover,
    triton_lens_title,
)
from signoff.verifiers.gpu.facts import Extent, Form, Launch

GOLDEN = Path(__file__).parent / "golden"
SAMPLES: dict[str, Callable[[], str | None]] = {
    "kernel": lambda: kernel_hover(ATTENTION, ATTENTION_COSTS, (ATTENTION_LAUNCH, launch()), NAMED),
    "kernel_not_compiled": lambda: kernel_hover(ATTENTION, None, (), UNNAMED),
    "kernel_instances": lambda: kernel_hover(kernel(templated=True), SCALE_COSTS, (), NAMED),
    "launch": lambda: launch_hover(ATTENTION_LAUNCH, ATTENTION, ATTENTION_COSTS, NAMED),
    "launch_unknown": lambda: launch_hover(
        Launch(Form.EXTENDED, ATTENTION_LAUNCH.span, "", ATTENTION_LAUNCH.span, cluster=Extent(2, 1, 1)),
        None,
        None,
        UNNAMED,
    ),
    "launch_template": lambda: launch_hover(
        launch(threads=1024, template_arguments=("float", "4")), kernel(templated=True), SCALE_COSTS, NAMED
    ),
    "term_dim3": lambda: term_hover("dim3", NAMED),
    "term_extern_shared": lambda: term_hover("extern __shared__", NAMED),
    "term_launch_bounds_all": lambda: term_hover("__launch_bounds__", UNNAMED),
    "triton": lambda: triton_hover(
        "matmul",
        (
            cost("sm_86", 128, "matmul", dynamic_shared=104 * KIB, threads=128),
            cost("sm_80", 128, "matmul", dynamic_shared=104 * KIB, threads=128),
        ),
        NAMED,
    ),
    "lenses": lambda: "\n".join(
        (
            lens_title(ATTENTION, ATTENTION_COSTS, (ATTENTION_LAUNCH,), NAMED),
            lens_title(kernel(templated=True), SCALE_COSTS, (), NAMED),
            triton_lens_title("matmul", (cost("sm_80", 64, "matmul", dynamic_shared=32 * KIB, threads=128),), NAMED),
            triton_lens_title("matmul", (cost("sm_86", 64, "matmul", dynamic_shared=104 * KIB, threads=128),), NAMED),
        )
    ),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_golden(name: str) -> None:
    text = SAMPLES[name]()
    assert text is not None
    file = GOLDEN / f"{name}.md"
    if os.environ.get("GOLDEN") == "write":
        file.write_text(text + "\n", "utf-8")
    assert text + "\n" == file.read_text("utf-8")


def test_every_golden_file_is_compared() -> None:
    assert {file.stem for file in GOLDEN.iterdir()} == set(SAMPLES)
