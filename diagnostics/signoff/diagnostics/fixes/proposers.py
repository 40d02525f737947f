"""All who propose fixes, in one explicit tuple. A new proposer is one file and one line here.

Those that ask a language model are built with it (see with_model): they come last, and only where the user wants them.
"""

from __future__ import annotations

from signoff.diagnostics.fixes.proposer import Proposer
from signoff.diagnostics.fixes.rules import Rules

PROPOSERS: tuple[Proposer, ...] = (Rules(),)
