"""All refactorings, in one explicit tuple. A new one is one file and one line here."""

from __future__ import annotations

from signoff.diagnostics.refactor import bounds_check, flatten, nonblocking, processes, reset
from signoff.diagnostics.refactor.site import Refactoring
from signoff.verifiers.gpu.facts import CUDA_LANGUAGES

HDL = frozenset(("verilog", "systemverilog"))

REFACTORINGS: tuple[Refactoring, ...] = (
    Refactoring(
        nonblocking.NAME, "assign registers of a clocked process non-blocking ('<=')", HDL, nonblocking.propose
    ),
    Refactoring(
        processes.NAME,
        "turn 'always' into 'always_ff' or 'always_comb'",
        frozenset(("systemverilog",)),
        processes.propose,
    ),
    Refactoring(reset.NAME, "give registers that are not reset a 0 in their process' reset branch", HDL, reset.propose),
    Refactoring(flatten.NAME, "fold an axis of a grid into x, in launches and kernel", CUDA_LANGUAGES, flatten.propose),
    Refactoring(
        bounds_check.NAME,
        "test a kernel's index against its number of elements",
        CUDA_LANGUAGES,
        bounds_check.propose,
    ),
)
