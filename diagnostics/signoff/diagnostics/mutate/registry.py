"""All mutators. A new one is a function in a file of its family, and a line of that file's table."""

from __future__ import annotations

from signoff.diagnostics.mutate import clike
from signoff.diagnostics.mutate.code import VERILOG
from signoff.diagnostics.mutate.gpu import kernels, launches, triton
from signoff.diagnostics.mutate.hdl import (
    drivers,
    instances,
    latches,
    logic,
    names,
    punctuation,
    resets,
    states,
    timing,
    widths,
    words,
)
from signoff.diagnostics.mutate.mcu import clocks, images, interrupts, pins
from signoff.diagnostics.mutate.mutation import Mutator
from signoff.verifiers.finding import Category
from signoff.verifiers.gpu.facts import CUDA_LANGUAGES, PYTHON
from signoff.verifiers.mcu.facts import C_LANGUAGES

HDL: tuple[Mutator, ...] = (
    *punctuation.MUTATORS,
    *words.MUTATORS,
    *widths.MUTATORS,
    *names.MUTATORS,
    *instances.MUTATORS,
    *timing.MUTATORS,
    *resets.MUTATORS,
    *states.MUTATORS,
    *drivers.MUTATORS,
    *logic.MUTATORS,
    *latches.MUTATORS,
)

CUDA: tuple[Mutator, ...] = (
    *clike.mutators(Category.GPU_SYNTAX, Category.GPU_NAME, Category.GPU_TYPE),
    *launches.MUTATORS,
    *kernels.MUTATORS,
)
TRITON: tuple[Mutator, ...] = triton.MUTATORS
FIRMWARE: tuple[Mutator, ...] = (
    *clike.mutators(Category.C_SYNTAX, Category.C_NAME, Category.C_TYPE),
    *images.MUTATORS,
    *interrupts.MUTATORS,
    *clocks.MUTATORS,
    *pins.MUTATORS,
)


def mutators(language: str) -> tuple[Mutator, ...]:
    """The mutators of a language, () where it has none."""
    if language in VERILOG:
        return HDL
    if language in CUDA_LANGUAGES:
        return CUDA
    if language == PYTHON:
        return TRITON
    return FIRMWARE if language in C_LANGUAGES else ()
