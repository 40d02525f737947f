"""All who propose fixes, in one explicit tuple. A new proposer is one file and one line here.

Those that ask a language model are built with it (see with_model): they come last, and only where the user wants them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from signoff.diagnostics.fixes.proposer import Proposer
from signoff.diagnostics.fixes.rules import Rules

if TYPE_CHECKING:
    from signoff.completion.model.protocol import Model

PROPOSERS: tuple[Proposer, ...] = (Rules(),)


def with_model(model: Model) -> tuple[Proposer, ...]:
    """Those that ask this model; they cost Cost.MODEL."""
    return ()
