"""No text and no facts break a rule for GPU code: half-typed, unbalanced, with places that make no sense."""

from __future__ import annotations

import contextlib
import random

from gpu_fix_helpers import PATH, document
from hypothesis import given, settings
from hypothesis import strategies as st

from signoff.diagnostics.fixes.rules import candidates
from signoff.verifiers.finding import Finding, Outcome, Severity, Span
from signoff.verifiers.gpu.facts import Bounds, Extent, Form, Kernel, Launch, OptIn, UnitFacts
from signoff.verifiers.text import LineIndex, apply_edits

WORDS = [
    *("__global__", "void", "k", "k", "int", "const", "float", "n", "i", "dim3", "g", "grid", "block", "threads"),
    *(
        "blockIdx",
        "blockDim",
        "threadIdx",
        "gridDim",
        ".",
        "x",
        "y",
        "if",
        "for",
        "return",
        "__shared__",
        "__launch_bounds__",
    ),
    *(
        "blockIdx.x * blockDim.x + threadIdx.x",
        "k<<<g, 2048>>>(n);",
        "dim3 g(4, 70000);",
        "int i = blockIdx.y;",
        "2048",
    ),
    *(
        "#define N 2048\n",
        "CHECK(cudaFree(n));",
        "[32][32]",
        "<<<",
        ">>>",
        '"',
        "'",
        "/*",
        "*/",
        "//",
        "\\",
        "\n",
        "\n",
    ),
    *"()[]{};,<>=+-*/&:",
]
CODES = [
    *("GridTooLarge", "BlockTooLarge", "TooManyThreads", "SharedMemoryOptIn", "SharedMemoryAttribute"),
    *(
        "LaunchBoundsExceeded",
        "RegistersExceeded",
        "UncheckedLaunch",
        "BankConflict",
        "UndefinedIdentifier",
        "Expected",
    ),
]
MESSAGES = ['identifier "k" is undefined', 'expected a ";"', 'expected a ")"', "module has no attribute 'n'", ""]


def some_facts(chance: random.Random, text: str, finding: Finding) -> UnitFacts:
    index = LineIndex(text)

    def span() -> Span:
        start = chance.randint(0, len(text))
        return index.span(start, min(start + chance.randint(0, 40), len(text)))

    def extent() -> Extent:
        return Extent(*(chance.choice((1, 4, 2048, 70000, None)) for _ in range(3)))

    def launch() -> Launch:
        axes = tuple(chance.choice((span(), finding.span, None)) for _ in range(6))
        raised = chance.choice((None, OptIn(span(), 5, span())))
        return Launch(
            form=chance.choice((Form.CHEVRON, Form.CHEVRON, Form.RUNTIME)),
            span=chance.choice((span(), finding.span)),
            kernel=chance.choice(("k", "k", "")),
            kernel_span=span(),
            grid=extent(),
            block=extent(),
            shared=chance.choice((None, 0, 99)),
            grid_span=chance.choice((span(), None)),
            block_span=chance.choice((span(), None)),
            shared_span=chance.choice((span(), None)),
            axes=axes,
            opt_in=raised,
        )

    bounds = chance.choice((None, Bounds(span(), 256)))
    kernel = Kernel("k", span(), span(), parameters=("n", ""), bounds=bounds, path=chance.choice(("", PATH)))
    return UnitFacts((kernel,), tuple(launch() for _ in range(chance.randint(0, 3))))


@settings(max_examples=400, deadline=None)
@given(st.randoms(use_true_random=False), st.sampled_from(CODES), st.sampled_from(MESSAGES), st.booleans())
def test_no_text_breaks_a_rule(chance: random.Random, code: str, message: str, python: bool) -> None:
    text = " ".join(chance.choices(WORDS, k=chance.randrange(60)))
    path = PATH
    if python:
        path, text = "/kernels/kernel.py", f'import cupy\nkernel = cupy.RawKernel("""{text}""", "k")\n'
    index = LineIndex(text)
    start = chance.randint(0, len(text))
    place = index.span(start, min(start + chance.randint(0, 9), len(text)))
    axis = chance.choice(("grid.y", "grid.z", "block.x", "block"))
    data = (("kernel", "k"), ("axis", axis), ("value", "70000"), ("limit", "65535"), ("array", "n"))
    tool = chance.choice(("signoff", "nvrtc", "triton"))
    finding = Finding(path, place, Severity.ERROR, code, message, tool, data=data)
    known = {"launch": Outcome("signoff", facts={"unit": some_facts(chance, text, finding)})}
    for candidate in candidates(finding, *document(text, path), known):
        assert candidate.title
        # Facts that contradict each other may lead to edits that overlap: the proof refuses them.
        with contextlib.suppress(ValueError):
            apply_edits(text, candidate.edits)
