"""What the user asked not to be told: Verilator's lint_off pragmas and .vlt waivers, honoured for every tool.

A finding of slang or Yosys for the fault that a pragma names is silenced like Verilator's own; which codes those
are stands in pragmas.toml.
"""

from __future__ import annotations

import fnmatch
import re
import tomllib
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path

from signoff.verifiers.finding import Finding, Severity

_PRAGMA = re.compile(r"/[/*]\s*verilator\s+(lint_off|lint_on|lint_save|lint_restore)\b[ \t]*([\w, \t]*)")
_WAIVER = re.compile(r"^[ \t]*lint_off\b([^\n]*)", re.MULTILINE)
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_OPTION = re.compile(r'-(rule|msg|file|lines|match|contents|scope)\s+(?:"((?:\\.|[^"\\])*)"|(\S+))')
_QUOTED = re.compile(r"'([^']+)'")
ALL = "*"


@dataclass(frozen=True, slots=True)
class Waiver:
    """One lint_off line of a .vlt file. `lines` are numbered from 1, as Verilator does; None: all."""

    rule: str
    file: str = "*"
    lines: tuple[int, int] | None = None
    match: str = ""


@dataclass(frozen=True, slots=True)
class _Silence:
    """From `start` (line, column) on, these rules are off in a file."""

    start: tuple[int, int]
    rules: frozenset[str]


def suppress(findings: Iterable[Finding], texts: Mapping[str, str], waivers: Iterable[str]) -> list[Finding]:
    """The findings that no pragma in `texts` (by path) and no waiver file (paths) silences.

    Errors are never silenced by a pragma of another tool: only warnings are lint.
    """
    rules = [rule for path in waivers for rule in _read_waivers(path)]
    silences = {path: pragmas(text) for path, text in texts.items() if "lint_off" in text}
    if not rules and not silences:
        return list(findings)
    return [
        finding
        for finding in findings
        if finding.severity is Severity.ERROR
        or not (_is_off(finding, silences.get(finding.path, ())) or any(_waives(rule, finding) for rule in rules))
    ]


@lru_cache(maxsize=64)
def pragmas(text: str) -> tuple[_Silence, ...]:
    """What is off from which place on, in order."""
    line = place = 0
    now: frozenset[str] = frozenset()
    saved: list[frozenset[str]] = []
    result = []
    for match in _PRAGMA.finditer(text):
        names = _expand(re.split(r"[\s,]+", match[2].strip()))
        if match[1] == "lint_off":
            now |= names
        elif match[1] == "lint_on":
            now -= names
        elif match[1] == "lint_save":
            saved.append(now)
        elif saved:
            now = saved.pop()
        # Counting is ten times faster than an index of all lines, and this runs at every keystroke.
        line += _line_ends(text, place, match.start())
        place = match.start()
        line_start = max(text.rfind("\n", 0, place), text.rfind("\r", 0, place)) + 1
        result.append(_Silence((line, place - line_start), now))
    return tuple(result)


def _line_ends(text: str, start: int, end: int) -> int:
    return text.count("\n", start, end) + text.count("\r", start, end) - text.count("\r\n", start, end)


def parse_waivers(text: str) -> tuple[Waiver, ...]:
    """The lint_off lines of a .vlt file; those that hang on a file's contents or a scope are left out."""
    plain = _COMMENT.sub(lambda match: "\n" * match[0].count("\n"), text)
    return tuple(waiver for match in _WAIVER.finditer(plain) if (waiver := _waiver(match[1])) is not None)


def _waiver(arguments: str) -> Waiver | None:
    options = {match[1]: match[2] if match[2] is not None else match[3] for match in _OPTION.finditer(arguments)}
    if "contents" in options or "scope" in options:
        return None
    rule = options.get("rule") or options.get("msg") or ALL
    first, _, last = options.get("lines", "").partition("-")
    lines = (int(first), int(last or first)) if first.isdigit() and (last or first).isdigit() else None
    return Waiver(rule.upper(), options.get("file", "*"), lines, options.get("match", ""))


def _read_waivers(path: str) -> tuple[Waiver, ...]:
    try:
        stamp = Path(path).stat().st_mtime_ns
    except OSError:
        return ()
    return _cached_waivers(path, stamp)


@lru_cache(maxsize=64)
def _cached_waivers(path: str, stamp: int) -> tuple[Waiver, ...]:
    del stamp  # it is the part of the key that tells an edited file from the one read before
    try:
        return parse_waivers(Path(path).read_text("utf-8", "replace"))
    except OSError:
        return ()


def _waives(waiver: Waiver, finding: Finding) -> bool:
    if waiver.rule != ALL and not _rules_of(finding.code) & _expand([waiver.rule]):
        return False
    if not (fnmatch.fnmatchcase(finding.path, waiver.file) or fnmatch.fnmatchcase(finding.path, "*/" + waiver.file)):
        return False
    if waiver.lines is not None and not waiver.lines[0] <= finding.span.start_line + 1 <= waiver.lines[1]:
        return False
    return not waiver.match or _matches(waiver.match, finding)


def _matches(pattern: str, finding: Finding) -> bool:
    """True where the message fits. The pattern is in Verilator's words: for another tool the quoted names decide."""
    if fnmatch.fnmatchcase(finding.message, pattern):
        return True
    names = [name for name in _QUOTED.findall(pattern) if name.strip("*")]
    if finding.tool == "verilator" or not names:
        return finding.tool != "verilator" and not names and not pattern.strip("*")
    words = set(re.findall(r"[\w.$]+", finding.message)) | {value for _, value in finding.data}
    return all(any(fnmatch.fnmatchcase(word, name) for word in words) for name in names)


def _is_off(finding: Finding, silences: tuple[_Silence, ...]) -> bool:
    place = (finding.span.start_line, finding.span.start_column)
    index = bisect_right(silences, place, key=lambda silence: silence.start) - 1
    return index >= 0 and bool(silences[index].rules & _rules_of(finding.code))


@cache
def _table() -> tuple[dict[str, frozenset[str]], dict[str, frozenset[str]]]:
    """(Verilator names of each code, members of each group name)."""
    raw = tomllib.loads((resources.files(__package__) / "pragmas.toml").read_text("utf-8"))
    names: dict[str, set[str]] = {}
    for name, codes in raw["codes"].items():
        for code in codes:
            names.setdefault(code, set()).add(name)
    groups = {group: frozenset(members) for group, members in raw["groups"].items()}
    return {code: frozenset(found) for code, found in names.items()}, groups


@cache
def _rules_of(code: str) -> frozenset[str]:
    return _table()[0].get(code, frozenset()) | {code.upper()}


def _expand(names: Iterable[str]) -> frozenset[str]:
    groups = _table()[1]
    upper = [name.upper() for name in names if name]
    return frozenset(upper) | {member for name in upper for member in groups.get(name, ())}
