"""What every verifier last said about every file, and for which version of it.

A result counts only for the version that it was computed from. After a keystroke what an instant verifier said
is stale: nothing of it is shown again, and whoever publishes waits for its answer. Of the slower ones, warnings
about untouched lines are carried along until their next run, moved with their lines, so that they don't blink at
every key; their errors are not, nor anything on a line that was touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from signoff.diagnostics.taxonomy import classify
from signoff.verifiers.finding import Finding, Outcome, Severity, Span
from signoff.verifiers.verifier import Speed


@dataclass(frozen=True, slots=True)
class Said:
    """One verifier's findings on one file: of its present version, `carried` from an earlier one, or `stale`."""

    findings: tuple[Finding, ...]
    carried: bool = False
    stale: bool = False


class Store:
    """Findings by file and verifier. Paths are absolute."""

    def __init__(self) -> None:
        self._said: dict[str, dict[str, Said]] = {}
        self._facts: dict[tuple[str, str], Mapping[str, object]] = {}
        self._told: dict[tuple[str, str], set[str]] = {}

    def put(self, tool: str, group: str, paths: Iterable[str], outcome: Outcome) -> set[str]:
        """Take a run's findings for `paths`; a path it says nothing about is clean for it. Returns what changed."""
        by_path: dict[str, list[Finding]] = {path: [] for path in paths}
        for finding in outcome.findings:
            if finding.path in by_path:
                by_path[finding.path].append(classify(finding))
        changed = set()
        for path, findings in by_path.items():
            said = Said(tuple(findings))
            if self._said.setdefault(path, {}).get(tool) != said:
                self._said[path][tool] = said
                changed.add(path)
        self._told[group, tool] = {path for path, findings in by_path.items() if findings}
        if outcome.facts:
            self._facts[group, tool] = outcome.facts
        return changed

    def facts(self, group: str, tool: str) -> Mapping[str, object]:
        """What the tool last learnt about a group of files beside findings; empty before its first run."""
        return self._facts.get((group, tool), {})

    def expect(self, path: str, tools: Iterable[str]) -> None:
        """These instant verifiers are about to look at a file for the first time."""
        for tool in tools:
            self._said.setdefault(path, {}).setdefault(tool, Said((), stale=True))

    def told(self, group: str, tool: str) -> set[str]:
        """The files about which the tool's last run on a group of files said something."""
        return self._told.get((group, tool), set())

    def findings(self, path: str) -> tuple[Finding, ...]:
        """Everything said about a file that may be shown, tool by tool, not merged."""
        said = self._said.get(path, {}).values()
        return tuple(finding for one in said if not one.stale for finding in one.findings)

    def awaits(self, path: str) -> bool:
        """Whether an instant verifier has still to answer for the file's present version."""
        return any(one.stale for one in self._said.get(path, {}).values())

    def knows(self, path: str) -> bool:
        """Whether some verifier has spoken of a file, or is expected to."""
        return path in self._said

    def paths(self) -> tuple[str, ...]:
        """All files about which something was said."""
        return tuple(path for path, said in self._said.items() if any(one.findings for one in said.values()))

    def edited(self, path: str, start: int, end: int, delta: int, speeds: Mapping[str, Speed]) -> None:
        """Lines `start` to `end` of a file were replaced and there are `delta` lines more (or fewer) now.

        `speeds` tells how long each verifier's next answer takes.
        """
        for tool, said in self._said.get(path, {}).items():
            if speeds.get(tool, Speed.QUICK) is Speed.INSTANT:
                self._said[path][tool] = Said(said.findings, stale=True)
            else:
                moved = (_carry(finding, start, end, delta) for finding in said.findings)
                kept = tuple(finding for finding in moved if finding is not None)
                self._said[path][tool] = Said(kept, carried=True)

    def forget(self, path: str) -> None:
        """Drop everything about a file."""
        self._said.pop(path, None)

    def forget_tool(self, tool: str) -> set[str]:
        """Drop everything that a tool said (it was switched off). Returns the files concerned."""
        return {path for path, said in self._said.items() if said.pop(tool, None) is not None}


def _carry(finding: Finding, start: int, end: int, delta: int) -> Finding | None:
    span = finding.span
    if finding.severity is Severity.ERROR or (span.start_line <= end and span.end_line >= start):
        return None
    if span.start_line < start or delta == 0:
        return finding
    moved = Span(span.start_line + delta, span.start_column, span.end_line + delta, span.end_column)
    return replace(finding, span=moved)
