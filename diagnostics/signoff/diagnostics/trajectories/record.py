"""The format of a trajectory: a fault, what the tools said of it, each attempt to mend it, and the repair, scrubbed.

One is a plain object, a line of JSON Lines. FIELDS is the format's reference: `signoff export --format` prints it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.proposer import Fault
from signoff.diagnostics.fixes.proven import ProvenFix
from signoff.diagnostics.fixes.search import Attempt
from signoff.diagnostics.fixes.verdict import Refusal
from signoff.diagnostics.prove import Proof
from signoff.diagnostics.trajectories.scrub import Scrubber
from signoff.verifiers.finding import Finding, Outcome, Span
from signoff.verifiers.text import LineIndex, apply_edits, difference

FORMAT = "signoff.trajectory/1"
Record = dict[str, Any]

FIELDS: Mapping[str, str] = {
    "format": f'"{FORMAT}"; another number where a reader of this one would misread it',
    "id": "32 hexadecimal digits; equal where everything but time, origin and sample is",
    "time": "when it was recorded, UTC, to the second (ISO 8601)",
    "origin": "editor, or repair (a dataset's sample): what asked for a fix",
    "sample": "the id of the dataset's sample; only of signoff repair",
    "signoff": "version of Signoff",
    "language": "LSP language id: verilog, systemverilog, cuda-cpp, python, c, cpp",
    "file": "name of the file, without its folder",
    "code": "the failing source as it was, scrubbed; lines end as in the file",
    "tools": "what each tool said of the code: tool, status (findings, tool missing, timed out, crashed), message, "
    "complete (whether it saw everything), findings",
    "fault": "the finding that was to be mended",
    "attempts": "each edit that was judged, in this order",
    "attempts[].proposer": "who thought of it: rules, a tool's name, templates, cloze, instruction; model: which model",
    "attempts[].rule": 'which rule or template; "" where there is no such thing',
    "attempts[].round": "of a model: its how-manieth answer; 0 of others",
    "attempts[].title": "what it does, in words",
    "attempts[].edit": "text put in place of a stretch of the code; file where that is another file's",
    "attempts[].verdict": "proven or refused",
    "attempts[].reason": "refused: why, in words",
    "attempts[].findings": "refused: the findings that refuse it, in the text after the edit",
    "attempts[].level": "proven: accepted by tools, equivalent for a number of cycles, equivalent, passes its "
    "testbench",
    "attempts[].tools": "proven: the tools that accept it; versions: of each that tells its own; detail: in words",
    "attempts[].milliseconds": "wall time of the judgement",
    "repair": "the first of the attempts in what Signoff offers or applies; null where none was proven",
    "repair.attempt": "its index in attempts",
    "repair.code": "the source after it; null where it edits another file",
    "repair.ambiguous": "whether the tools accept another of the same kind, so that only a person can choose",
    "repair.behaviour": 'what it changes in the hardware beyond the fault; "" where that is nothing',
    "finding": "in tools, fault and attempts: tool, code, kind (of the taxonomy), severity (1 error, 2 warning, "
    "3 information, 4 hint), message, file, line, column, endLine, endColumn",
    "place": "lines and columns count from 1, columns in Unicode code points; an end is exclusive; columns are null "
    "where scrubbing has changed the line",
}

# Characters of a source and attempts at a fault that are kept.
LONGEST = 400_000
MOST_ATTEMPTS = 200
MOST_FINDINGS = 100


@dataclass(slots=True)
class Trail:
    """The attempts at one fault so far."""

    fault: Fault
    attempts: list[Attempt] = field(default_factory=list)

    @property
    def texts(self) -> Iterable[tuple[str, str]]:
        """(text, language) of every source in it, and of every message ("" for its language)."""
        language = self.fault.snapshot.language
        yield self.fault.snapshot.text, language
        for attempt in self.attempts:
            yield from ((edit.text, language) for edit in attempt.candidate.edits)
        for outcome in self.fault.known.values():
            yield from ((finding.message, "") for finding in outcome.findings[:MOST_FINDINGS])


def record(trail: Trail, fixes: Sequence[ProvenFix], scrubber: Scrubber, about: Mapping[str, str]) -> Record | None:
    """The scrubbed trajectory of a fault. `fixes`: what is offered or applied, the best first; `about`: time, origin,
    sample, signoff.

    None where nothing can be learnt from it: too long, or what was edited is scrubbed away.
    """
    snapshot = trail.fault.snapshot
    if not trail.attempts or len(snapshot.text) > LONGEST:
        return None
    for text, language in trail.texts:
        scrubber.learn(text, language)
    scribe = _Scribe(trail.fault, scrubber)
    attempts = [scribe.attempt(one) for one in trail.attempts[:MOST_ATTEMPTS]]
    if not all(one["edit"] for one in attempts if one["verdict"] == "proven"):
        return None
    told: Record = {
        "language": snapshot.language,
        "file": scrubber.file(snapshot.path),
        "code": scribe.code,
        "tools": [scribe.outcome(one) for _, one in sorted(trail.fault.known.items())],
        "fault": scribe.finding(trail.fault.finding),
        "attempts": attempts,
        "repair": scribe.repair(trail.attempts[:MOST_ATTEMPTS], fixes),
    }
    return {"format": FORMAT, "id": _digest(told), **about, **told}


class _Scribe:
    """Writes down what is said of one state of a document."""

    def __init__(self, fault: Fault, scrubber: Scrubber) -> None:
        self._snapshot = fault.snapshot
        self._scrubber = scrubber
        self.code = scrubber.source(fault.snapshot.text, fault.snapshot.language)
        self._before, self._after = LineIndex(fault.snapshot.text), LineIndex(self.code)

    def outcome(self, outcome: Outcome) -> Record:
        return {
            "tool": outcome.tool,
            "status": str(outcome.status),
            "message": self._scrubber.words(outcome.message),
            "complete": outcome.complete,
            "findings": [self.finding(one) for one in outcome.findings[:MOST_FINDINGS]],
        }

    def finding(self, finding: Finding, *, moved: bool = False) -> Record:
        """`moved`: it is of the text after an edit, where nothing is known of the line."""
        here = finding.path == self._snapshot.path
        return {
            "tool": finding.tool,
            "code": self._scrubber.words(finding.code),
            "kind": str(finding.category),
            "severity": int(finding.severity),
            "message": self._scrubber.words(finding.message),
            "file": self._scrubber.file(finding.path),
            **self._place(finding.span, exact=here and not moved),
        }

    def attempt(self, attempt: Attempt) -> Record:
        candidate, verdict = attempt.candidate, attempt.verdict
        told: Record = {
            "proposer": self._scrubber.words(candidate.proposer),
            "model": self._scrubber.words(candidate.model),
            "rule": self._scrubber.words(candidate.rule),
            "round": candidate.rounds,
            "title": self._scrubber.words(candidate.title),
            "edit": self._edit(candidate),
            "milliseconds": round(attempt.seconds * 1000),
        }
        return {**told, **(self._refused(verdict) if isinstance(verdict, Refusal) else self._proven(verdict))}

    def repair(self, attempts: Sequence[Attempt], fixes: Sequence[ProvenFix]) -> Record | None:
        for fix in fixes:
            for number, attempt in enumerate(attempts):
                if attempt.candidate == fix.candidate and isinstance(attempt.verdict, Proof):
                    return {
                        "attempt": number,
                        "code": self._mended(attempt.candidate),
                        "ambiguous": fix.ambiguous,
                        "behaviour": self._scrubber.words(fix.behaviour),
                    }
        return None

    def _refused(self, refusal: Refusal) -> Record:
        found = [self.finding(one, moved=True) for one in refusal.findings[:MOST_FINDINGS]]
        return {"verdict": "refused", "reason": self._scrubber.words(refusal.reason), "findings": found}

    def _proven(self, proof: Proof) -> Record:
        versions = {name: self._scrubber.words(version) for name, version in proof.versions}
        detail = self._scrubber.words(proof.detail)
        return {
            "verdict": "proven",
            "level": str(proof.level),
            "tools": list(proof.tools),
            "versions": versions,
            "detail": detail,
        }

    def _edit(self, candidate: FixCandidate) -> Record | None:
        """The difference that a candidate makes to the scrubbed text; None where scrubbing leaves none."""
        if candidate.elsewhere is None:
            before, after, file = self.code, self._mended(candidate), ""
        else:
            language = self._snapshot.language
            other = candidate.elsewhere
            before = self._scrubber.source(other.text, language)
            after = self._scrubber.source(apply_edits(other.text, candidate.edits), language)
            file = self._scrubber.file(other.path)
        if after is None or before == after:
            return None
        edit = difference(before, after)
        return {**({"file": file} if file else {}), **_numbers(edit.span), "text": edit.text}

    def _mended(self, candidate: FixCandidate) -> str | None:
        if candidate.elsewhere is not None:
            return None
        return self._scrubber.source(apply_edits(self._snapshot.text, candidate.edits), self._snapshot.language)

    def _place(self, span: Span, *, exact: bool) -> Record:
        numbers: Record = _numbers(span)
        if exact and not (self._same(span.start_line) and self._same(span.end_line)):
            numbers |= {"column": None, "endColumn": None}
        return numbers

    def _same(self, line: int) -> bool:
        """Whether scrubbing has left a line as it was, or at least as long."""
        return len(self._before.line(line)) == len(self._after.line(line))


def _numbers(span: Span) -> Record:
    return {
        "line": span.start_line + 1,
        "column": span.start_column + 1,
        "endLine": span.end_line + 1,
        "endColumn": span.end_column + 1,
    }


def _digest(told: Record) -> str:
    """Equal for equal faults and attempts, however long these took."""
    kept = [{key: value for key, value in one.items() if key != "milliseconds"} for one in told["attempts"]]
    data = json.dumps({**told, "attempts": kept}, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(data.encode("utf-8", errors="surrogatepass")).hexdigest()[:32]
