"""gcc's own fix-its, those of its notes among them: a header to include, a spelling, parentheses.

What the rules make of the fix-it of a message itself (corrections.py, names.py) comes before; notes have none of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from typing import Any

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.mcu.names import UNKNOWN
from signoff.diagnostics.fixes.proposer import Cost, Fault
from signoff.diagnostics.fixes.tools.remedy import AS_READ, DOUBT, LONGEST, SILENCES, Remedy
from signoff.diagnostics.fixes.verdict import Refusal
from signoff.verifiers.display import display
from signoff.verifiers.finding import Severity, Span
from signoff.verifiers.mcu.facts import C_LANGUAGES, GCC
from signoff.verifiers.text import Edit

INCLUDE = re.compile(r"^[ \t]*#[ \t]*include\b", re.MULTILINE)


class GccFixits:
    """The fix-its that gcc has given with the fault. Nothing is run: gcc has spoken already."""

    name = GCC
    cost = Cost.FREE

    def concerned(self, fault: Fault) -> bool:
        """Whether the fault came with a fix-it."""
        c_code = fault.snapshot.language in C_LANGUAGES and len(fault.snapshot.text) <= LONGEST
        return c_code and any(key in ("fixits", "note_fixits") for key, _ in fault.finding.data)

    async def propose(self, fault: Fault) -> AsyncGenerator[FixCandidate, Refusal | None]:
        """The message's own fix-it, then those of its notes."""
        for candidate in offered(fault):
            yield candidate


def offered(fault: Fault) -> Iterator[FixCandidate]:
    """The candidates of the fix-its of a message and its notes."""
    data = dict(fault.finding.data)
    remedy = Remedy(fault, display(GCC))
    groups = [("", _read(data.get("fixits")))]
    groups += [(str(one.get("message", "")), one.get("edits") or []) for one in _read(data.get("note_fixits"))]
    for said, fixits in groups:
        edits = list(_edits(fixits, fault.snapshot.path))
        if any(INCLUDE.search(edit.text) for edit in edits) and _header_missing(fault):
            continue
        if edits and len(edits) == len(fixits) and not remedy.doubtful(edits):
            title, behaviour = (AS_READ, DOUBT) if SILENCES in said else ("", "")
            yield remedy.candidate(fault.finding.code, edits, title, behaviour=behaviour)


def _header_missing(fault: Fault) -> bool:
    """Whether a header of the project's own seems to be what is missing: names that gcc has no idea about.

    It brings those of the C library that it needs; which one that is, includes.py finds out.
    """
    told = (one for outcome in fault.known.values() for one in outcome.findings if one.path == fault.snapshot.path)
    for one in told:
        known = any(key in ("fixits", "note_fixits") for key, _ in one.data)
        known = known or any("is defined in header" in note.message for note in one.related)
        if one.severity is Severity.ERROR and UNKNOWN.search(one.message) and not known:
            return True
    return False


def _edits(fixits: Sequence[Mapping[str, Any]], path: str) -> Iterator[Edit]:
    """Those of the document; one in another file leaves the whole out."""
    for one in fixits:
        if one.get("path") == path:
            span = Span(one["start_line"], one["start_column"], one["end_line"], one["end_column"])
            yield Edit(span, str(one["text"]))


def _read(text: str | None) -> list[dict[str, Any]]:
    found = json.loads(text or "[]")
    return [one for one in found if isinstance(one, dict)]
