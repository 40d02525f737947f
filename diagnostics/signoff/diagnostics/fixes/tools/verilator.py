"""Verilator's own hints: what its messages suggest in place of a name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.proposer import Fault
from signoff.diagnostics.fixes.tools.hints import Hints
from signoff.diagnostics.fixes.tools.remedy import Remedy
from signoff.verifiers.finding import Finding

TOOL = "verilator"
# Pin not found: 'data_inn'; Suggested alternative: 'data_in'
# Non-standard system function '$psprintf'; suggest use standard '$sformatf' (IEEE 1800-2023 21.3.3)
SUGGESTED = re.compile(r"'(?P<wrong>[^'\s]+)'; (?:Suggested alternative: |suggest use standard )'(?P<right>[^'\s]+)'")


class VerilatorHints(Hints):
    """What Verilator has suggested at the place of the fault."""

    name = TOOL

    def hinted(self, fault: Fault) -> Iterator[FixCandidate]:
        """The candidates of all of Verilator's suggestions at the place of a fault."""
        remedy = Remedy(fault, TOOL)
        for finding in remedy.said(TOOL):
            match = SUGGESTED.search(finding.message)
            number = _place(remedy, finding, match["wrong"]) if match else None
            if match and number is not None:
                yield remedy.candidate(finding.code, [remedy.swap(number, match["right"])])


def _place(remedy: Remedy, finding: Finding, wrong: str) -> int | None:
    """The token of the name that is wrong, on the finding's line at or behind where Verilator stood."""
    end = remedy.index.line_end(finding.span.start_line)
    for number in range(remedy.spot(finding), len(remedy.src.tokens)):
        token = remedy.src.token(number)
        if token.start >= end:
            return None
        if token.text == wrong:
            return number
    return None
