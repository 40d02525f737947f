"""What a finding means, for a person who asks: facts first, each with its source; a model's words last, and marked."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import PurePath

from signoff.diagnostics.explain.markdown import bullets, code, plural
from signoff.diagnostics.same import same_fault, tool_rank
from signoff.verifiers.display import display
from signoff.verifiers.finding import Finding, Severity
from signoff.verifiers.text import LineIndex

# Lines of the source shown above and below the finding's own, and of a finding over many lines.
AROUND = 2
LINES_SHOWN = 12
LANGUAGES = {"systemverilog": "systemverilog", "verilog": "verilog", "cuda-cpp": "cuda", "python": "python"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A finding with what is known about it. `said` is what every tool said of its file, not merged.

    `versions` are the tools' by name; `facts` the hover of the place (Markdown; "" none); `fixes` the titles of what
    was proven; `words` what a model says of it, and `model` which.
    """

    finding: Finding
    text: str
    language: str
    said: Sequence[Finding] = ()
    versions: Mapping[str, str] | None = None
    facts: str = ""
    fixes: Sequence[str] = ()
    words: str = ""
    model: str = ""


def explained(asked: Asked) -> str:
    """Markdown. What a model says stands under a line that nobody has checked it."""
    return "\n\n".join(part for part in _parts(asked) if part) + "\n"


def _parts(asked: Asked) -> Iterator[str]:
    finding = asked.finding
    yield f"# {finding.code}: {_line(finding.message)}"
    yield _place(asked)
    yield _kind(finding)
    yield f"## What the tools say\n\n{bullets(_words(asked))}"
    yield _related(finding)
    yield f"More: <{finding.help_url}>" if finding.help_url else ""
    yield f"## What is known of this place\n\n{asked.facts}" if asked.facts else ""
    yield _fixes(asked.fixes)
    if asked.words:
        heading = f"## What {asked.model or 'a model'} says"
        yield f"{heading}\n\n*A model's words: no tool has checked them.*\n\n{_quoted(asked.words)}"


def _place(asked: Asked) -> str:
    span = asked.finding.span
    index = LineIndex(asked.text)
    last = min(span.end_line, span.start_line + LINES_SHOWN)
    first = max(span.start_line - AROUND, 0)
    lines = [index.line(line) for line in range(first, min(last + AROUND, len(index.starts) - 1) + 1)]
    fence = "`" * max(3, 1 + max((_backticks(line) for line in lines), default=0))
    language = LANGUAGES.get(asked.language, "c")
    where = f"{PurePath(asked.finding.path).name or 'unsaved'}:{span.start_line + 1}:{span.start_column + 1}"
    return "\n".join((f"{_grave(asked.finding)} at {code(where)}", "", f"{fence}{language}", *lines, fence))


def _grave(finding: Finding) -> str:
    names = {Severity.ERROR: "Error", Severity.WARNING: "Warning", Severity.INFORMATION: "Remark"}
    return names.get(finding.severity, "Hint")


def _kind(finding: Finding) -> str:
    kind = kinds().get(str(finding.category), {})
    title, text = kind.get("title", ""), kind.get("text", "")
    return f"## Kind: {title} ({code(str(finding.category))})\n\n{text}" if title else ""


def _words(asked: Asked) -> Iterator[str]:
    """What each tool says in its own words, each once; the merged finding has those of the first only."""
    alike = [one for one in asked.said if _is_same(one, asked.finding)] or [asked.finding]
    told: dict[tuple[str, str, str], None] = {}
    for one in sorted(alike, key=lambda one: tool_rank(one.tool)):
        told.setdefault((one.tool, one.code, _line(one.message)))
    versions = asked.versions or {}
    for tool, named, message in told:
        version = f" {versions[tool]}" if versions.get(tool) else ""
        yield f"**{display(tool)}{version}** ({code(named)}): {message}"
    silent = [tool for tool in asked.finding.tools if tool not in {tool for tool, _, _ in told}]
    if silent:
        yield f"{', '.join(map(display, silent))}: stumbles over it, too"


def _is_same(one: Finding, finding: Finding) -> bool:
    if one.path != finding.path or (finding.tools and one.tool not in finding.tools):
        return False
    return (one.tool, one.code, one.span) == (finding.tool, finding.code, finding.span) or (
        one.tool != finding.tool and same_fault(finding, one)
    )


def _related(finding: Finding) -> str:
    if not finding.related:
        return ""
    places = (
        f"{code(f'{PurePath(note.path).name}:{note.span.start_line + 1}')}: {_line(note.message)}"
        for note in finding.related
    )
    return f"Other places:\n{bullets(places)}"


def _fixes(titles: Sequence[str]) -> str:
    if not titles:
        return ""
    return f"## {plural(len(titles), 'proven fix', 'proven fixes')}\n\n{bullets(map(_line, titles))}"


def _quoted(text: str) -> str:
    """As a quotation, so that nothing in it can pass for a heading of ours."""
    return "\n".join(f"> {line}" for line in text.strip().splitlines())


def _line(text: str) -> str:
    return " ".join(text.split())


def _backticks(line: str) -> int:
    longest = run = 0
    for char in line:
        run = run + 1 if char == "`" else 0
        longest = max(longest, run)
    return longest


@cache
def kinds() -> dict[str, dict[str, str]]:
    """Title and text of every kind, by its name."""
    raw = tomllib.loads(files(__package__).joinpath("kinds.toml").read_text(encoding="utf-8"))
    return {name: dict(row) for name, row in raw.items()}
