"""Whether a verifier reads a place at all: a text that it accepts there is spoilt, and it must say so. Pure."""

from __future__ import annotations

from signoff.completion import nesting
from signoff.verifiers.finding import Outcome, Severity

# No language here has this in its grammar, whatever stands around it.
_HDL, _C = " ) ] ; endtable ) ", " @ ) ] @ "


def spoilt(text: str, language: str) -> str:
    """The text with what no compiler that reads it accepts. In front: it may end in a comment."""
    return (_HDL if language in nesting.VERILOG else _C) + text


def noticed(accepted: Outcome, answer: Outcome) -> bool:
    """Whether the verifier says of the spoilt text what it did not say of the one it has accepted."""
    return bool(_errors(answer) - _errors(accepted))


def _errors(outcome: Outcome) -> set[tuple[str, str, int]]:
    errors = (row for row in outcome.findings if row.severity is Severity.ERROR)
    return {(row.path, row.message, row.span.start_line) for row in errors}
