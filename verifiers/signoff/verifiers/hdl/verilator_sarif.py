"""Verilator's SARIF output, read into findings: pure functions `bytes -> tuple[Finding, ...]`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from signoff.verifiers.finding import Finding, Related, Span
from signoff.verifiers.hdl.columns import place
from signoff.verifiers.hdl.verilator_codes import code_of, is_summary, severity_of

# The program writes octal escapes and other JSON of its own (seen in 5.48), and forgets a comma without rules.
ESCAPE = re.compile(rb"\\(?:([0-3][0-7]{2})|(.))", re.DOTALL)
MISSING_COMMA = re.compile(rb'\}(?=[ \t]*"invocations")')
HELP = "https://verilator.org/guide/latest/warnings.html#cmdoption-arg-{code}"
NOTE = re.compile(r"^\.\.\. (note: In instance|For (?:warning|error) description|Use \"|Location |See the manual)")
INSTANCE = re.compile(r"^\.\.\. note: In instance '?([^'\s]+)'?", re.MULTILINE)
TOLD = re.compile(
    r"^\s+(?P<path>\S.*):(?P<line>\d+):(?P<column>\d+): \.\.\. (?P<text>Location.*)\n\s*\d+ \| ?(?P<shown>.*)$",
    re.MULTILINE,
)
HEAD = re.compile(r"\s*```\s*%[\w-]+: (?:.*?):(?P<line>\d+):(?P<column>\d+): ")
# The path of a finding that is about no file at all; Verilator's own names for that are of this form, too.
NOWHERE = "<nowhere>"
QUOTED = re.compile(r"'([^'\s]+)'")

Lines = Callable[[str, int], str]
"""(path, line from 0) -> the text of that line, "" where it is not known."""


class GarbledOutput(ValueError):
    """The tool's output cannot be read."""


@dataclass(frozen=True, slots=True)
class Names:
    """How the tool's file names lead to the user's: `originals` of an overlay, `texts` for columns."""

    originals: dict[str, str]
    line: Lines

    def path(self, uri: str) -> str:
        """The user's path for a file as the tool names it (a file: URI, quoted or not, or a plain path)."""
        name = uri.removeprefix("file://") if uri.startswith("file:///") else uri.removeprefix("file:")
        for candidate in (name, unquote(name)):
            if candidate in self.originals:
                return self.originals[candidate]
        return name


def parse(data: bytes, names: Names) -> tuple[Finding, ...]:
    """The findings of one SARIF file; each is told once, however many instances repeat it. Raises GarbledOutput."""
    try:
        runs = json.loads(repaired(data), strict=False)["runs"]
        results = [result for run in runs for result in run["results"]]
        found = (_finding(result, names) for result in results)
        return tuple(dict.fromkeys(finding for finding in found if finding is not None))
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise GarbledOutput(f"SARIF that cannot be read: {error}") from error


def repaired(data: bytes) -> str:
    """The text with the escapes and commas that JSON asks for."""
    return MISSING_COMMA.sub(b"},", ESCAPE.sub(_escape, data)).decode("utf-8", "replace")


def _escape(match: re.Match[bytes]) -> bytes:
    if match[1]:
        value = int(match[1], 8)
        return b"\\u%04x" % value if value < 0x20 or value in b'"\\' else bytes([value])
    return match[0] if match[2] in b'"\\/bfnrtu' else match[2]


def _finding(result: dict[str, Any], names: Names) -> Finding | None:
    text = str(result["message"]["text"])
    if is_summary(text):
        return None
    places = result.get("locations") or []
    path, span = _place(_corrected(places[0], result), names) if places else (NOWHERE, Span(0, 0, 0, 0))
    named = str(result.get("ruleId") or "")
    code = named or code_of(text)
    return Finding(
        path=path,
        span=span,
        severity=severity_of(code, text, result.get("level") == "error"),
        code=code,
        message=message(text),
        tool="verilator",
        help_url=HELP.format(code=named) if named else "",
        related=_related(result, names),
        data=details(text),
    )


def _corrected(location: dict[str, Any], result: dict[str, Any]) -> dict[str, Any]:
    """The location with the line and column that the message's text tells: the region of a missing include is wrong."""
    told = HEAD.match(str(result["message"].get("markdown", "")))
    physical = location["physicalLocation"]
    region = physical["region"]
    line, column = (int(told["line"]), int(told["column"])) if told else (region["startLine"], region["startColumn"])
    if (line, column) == (region["startLine"], region["startColumn"]):
        return location
    moved = {**region, "startLine": line, "startColumn": column, "endColumn": 0, "snippit": {}}
    return {"physicalLocation": {**physical, "region": moved}}


def _place(location: dict[str, Any], names: Names) -> tuple[str, Span]:
    physical = location["physicalLocation"]
    region = physical["region"]
    path = names.path(str(physical["artifactLocation"]["uri"]))
    line = max(int(region["startLine"]) - 1, 0)
    shown = str(region.get("snippit", {}).get("text", ""))
    start, end = int(region["startColumn"]) - 1, int(region.get("endColumn", 0)) - 1
    return path, place(names.line(path, line), shown, line, start, end)


def _related(result: dict[str, Any], names: Names) -> tuple[Related, ...]:
    found: list[Related] = []
    for location in result.get("relatedLocations") or []:
        text = str(location.get("message", {}).get("text", "")).split("\n")[0].removeprefix("... ").strip()
        path, span = _place(location, names)
        if text:
            found.append(Related(path, span, text))
    return tuple(found) or _told(str(result["message"].get("markdown", "")), names)


def _told(markdown: str, names: Names) -> tuple[Related, ...]:
    """The places that stand only in the message as a person reads it ("/a/b.v:2:30: ... Location of other write")."""
    found: list[Related] = []
    for match in TOLD.finditer(markdown):
        path, line, column = names.path(match["path"]), int(match["line"]) - 1, int(match["column"]) - 1
        found.append(Related(path, place(names.line(path, line), match["shown"], line, column, 0), match["text"]))
    return tuple(found)


def message(text: str) -> str:
    """What a person needs of Verilator's message: its first line and what it suggests."""
    first, *rest = text.split("\n")
    extra = [line.removeprefix("... ") for line in rest if line.startswith("... ") and not NOTE.match(line)]
    return "; ".join([first.strip(), *extra])


def details(text: str) -> tuple[tuple[str, str], ...]:
    """The quoted names of the message as arg0, arg1, ..., and the instance it was found in."""
    names = [(f"arg{number}", name) for number, name in enumerate(QUOTED.findall(text.split("\n")[0]))]
    instance = INSTANCE.search(text)
    return (*names, ("instance", instance[1])) if instance else tuple(names)
