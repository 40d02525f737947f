"""All who propose fixes, in one explicit tuple. A new proposer is one file and one line here.

Those that ask a language model are built with it (see with_model): they come last, and only where the user wants them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from signoff.diagnostics.fixes.proposer import Proposer
from signoff.diagnostics.fixes.rules import Rules
from signoff.diagnostics.fixes.templates.templates import Templates
from signoff.diagnostics.fixes.tools.clang_tidy import ClangTidyFixes
from signoff.diagnostics.fixes.tools.gcc import GccFixits
from signoff.diagnostics.fixes.tools.slang import SlangHints
from signoff.diagnostics.fixes.tools.verible import VeribleFixes
from signoff.diagnostics.fixes.tools.verilator import VerilatorHints

if TYPE_CHECKING:
    # What talks to models need not be loaded to ask those who do not.
    from signoff.completion.model.protocol import Model
    from signoff.completion.passage import ContextSource

PROPOSERS: tuple[Proposer, ...] = (
    Rules(),
    SlangHints(),
    VerilatorHints(),
    GccFixits(),
    VeribleFixes(),
    ClangTidyFixes(),
    Templates(),
)


def with_model(model: Model, sources: Sequence[ContextSource] = ()) -> tuple[Proposer, ...]:
    """Those that ask this model; they cost Cost.MODEL. `sources` know facts of a place: declarations, ports.

    A model on this machine is small: filling a gap suits it better than following an instruction, and is faster.
    """
    from signoff.diagnostics.fixes.model.cloze import Cloze
    from signoff.diagnostics.fixes.model.instruction import Instruction

    cloze, instruction = Cloze(model, sources), Instruction(model, sources)
    return (cloze, instruction) if model.description.local else (instruction, cloze)
