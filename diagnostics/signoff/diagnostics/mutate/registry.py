"""All mutators. A new one is a function in a file of its family, and a line of that file's table."""

from __future__ import annotations

from signoff.diagnostics.mutate.code import VERILOG
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
from signoff.diagnostics.mutate.mutation import Mutator

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


def mutators(language: str) -> tuple[Mutator, ...]:
    """The mutators of a language, () where it has none."""
    return HDL if language in VERILOG else ()
