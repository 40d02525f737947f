"""Tables of a TOML file that people write: values of the right type, paths that exist, and a word on what is wrong."""

from __future__ import annotations

import difflib
import glob
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from typing import Any

from signoff.verifiers.finding import Finding, Severity, Span
from signoff.verifiers.hdl.design import absolute, line_span, problem, read_text
from signoff.verifiers.text import LineIndex

GLOB = re.compile(r"[*?\[]")
STRINGS = "a string or a list of strings"


class Tables:
    """What readers of signoff.toml share. `expected` says in words what a key's value must be.

    `findings` gathers what is wrong, each at its key; nothing is raised.
    """

    expected: Mapping[str, str] = {}

    def __init__(self, path: str) -> None:
        self.path, self.folder = path, os.path.dirname(path)
        self.name = os.path.basename(path)
        self.text = ""
        self.findings: list[Finding] = []

    def _load(self) -> dict[str, Any]:
        try:
            self.text = read_text(self.path)
            return tomllib.loads(self.text)
        except OSError as error:
            self._say(Span(0, 0, 0, 0), "ManifestUnreadable", f"{self.name} cannot be read: {error.strerror}.")
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            match = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
            line = int(match[1]) - 1 if match else max(0, self.text.rstrip().count("\n"))
            reason = re.sub(r"\s*\(at .*\)$", "", str(error))
            self._say(line_span(self.text, line), "ManifestSyntax", f"{self.name} is not valid TOML here: {reason}.")
        return {}

    def _paths(self, entry: Mapping[str, Any], key: str, section: str) -> tuple[str, ...]:
        """The files that the patterns name, in their order; a pattern after "!" takes files away again."""
        found: dict[str, None] = {}
        for pattern in self._strings(entry, key, section):
            matches = self._expand(pattern.removeprefix("!"), key, section)
            if pattern.startswith("!"):
                for path in matches:
                    found.pop(path, None)
            else:
                if not matches:
                    self._missing(pattern, key, section)
                found.update(dict.fromkeys(matches))
        return tuple(found)

    def _expand(self, pattern: str, key: str, section: str) -> list[str]:
        path = absolute(os.path.expandvars(pattern), self.folder)
        if os.path.isfile(path):
            return [path]
        return (
            sorted(one for one in glob.iglob(path, recursive=True) if os.path.isfile(one)) if GLOB.search(path) else []
        )

    def _existing(
        self, entry: Mapping[str, Any], key: str, section: str, exists: Callable[[str], bool]
    ) -> tuple[str, ...]:
        paths = tuple(absolute(path, self.folder) for path in self._strings(entry, key, section))
        for path, written in zip(paths, self._strings(entry, key, section, quiet=True), strict=True):
            if not exists(path):
                self._missing(written, key, section)
        return tuple(path for path in paths if exists(path))

    def _missing(self, pattern: str, key: str, section: str) -> None:
        message = f'Nothing is found for "{pattern}" of {key}, looked for in {self.folder}.'
        self._say(self._place(key, section, pattern), "ManifestMissing", message, Severity.WARNING)

    def _defines(self, entry: Mapping[str, Any], section: str) -> tuple[str, ...]:
        value = entry.get("defines", [])
        if isinstance(value, dict):
            items = [(name, one) for name, one in value.items() if one is not False]
            return tuple(name if one is True or one == "" else f"{name}={one}" for name, one in items)
        return self._strings(entry, "defines", section)

    def _string(self, entry: Mapping[str, Any], key: str, section: str) -> str:
        value = entry.get(key, "")
        if isinstance(value, str):
            return value
        self._wrong(key, section, self.expected[key])
        return ""

    def _strings(self, entry: Mapping[str, Any], key: str, section: str, *, quiet: bool = False) -> tuple[str, ...]:
        value = entry.get(key, [])
        if isinstance(value, str):
            return (value,)
        if isinstance(value, list) and all(isinstance(one, str) for one in value):
            return tuple(value)
        if not quiet:
            self._wrong(key, section, self.expected[key])
        return ()

    def _unknown(self, table: Mapping[str, Any], known: tuple[str, ...], section: str) -> None:
        for key in table:
            if key not in known:
                near = difflib.get_close_matches(key, known, 1)
                hint = f'did you mean "{near[0]}"?' if near else f"known here: {', '.join(known)}."
                self._say(
                    self._place(key, section),
                    "ManifestUnknownKey",
                    f'"{key}" is no key of {self.name}: {hint}',
                    Severity.WARNING,
                )

    def _wrong(self, key: str, section: str, expected: str) -> None:
        self._say(self._place(key, section), "ManifestType", f'"{key}" must be {expected}; it is passed over.')

    def _say(self, span: Span, code: str, message: str, severity: Severity = Severity.ERROR) -> None:
        self.findings.append(problem(self.path, span, code, message, severity))

    def _place(self, key: str, section: str, value: str = "") -> Span:
        return find_key(self.text, key, section, value)


def find_key(text: str, key: str, section: str = "", value: str = "") -> Span:
    """Where a key stands in a TOML text, which tomllib does not tell: within `section` (for the n-th [[design]]
    "design.n"), from the key on at the quoted `value` where given. The section's head, else line 0, if not found.
    """
    index = LineIndex(text)
    start, end = _section(index, section)
    written = re.compile(rf'^\s*(?:\[+\s*)?(?:"{re.escape(key)}"|{re.escape(key)})\s*(?:[=.\]])')
    for line in range(start, end):
        if written.match(index.line(line)):
            return _value_span(text, index, line, end, value) if value else line_span(text, line)
    return line_span(text, max(0, start - 1))


def _section(index: LineIndex, section: str) -> tuple[int, int]:
    lines = range(len(index.starts))
    if not section:
        return 0, len(lines)
    name, _, number = section.partition(".")
    head = re.compile(rf"^\s*\[+\s*{re.escape(name)}\s*\]+")
    heads = [line for line in lines if head.match(index.line(line))]
    wanted = int(number or 0)
    start = heads[wanted] + 1 if wanted < len(heads) else 0
    others = (line for line in lines if line >= start and re.match(r"^\s*\[+\s*[\w\"]", index.line(line)))
    return start, next((line for line in others if not index.line(line).lstrip().startswith(f"[{name}.")), len(lines))


def _value_span(text: str, index: LineIndex, line: int, end: int, value: str) -> Span:
    for number in range(line, end):
        column = index.line(number).find(value)
        if column >= 0:
            return Span(number, column, number, column + len(value))
    return line_span(text, line)
