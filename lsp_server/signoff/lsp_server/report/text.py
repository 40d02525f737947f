"""Findings for a person: one line each, the source line below it, a caret under the place, and a summary."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from signoff.lsp_server.report.result import SEVERITY_NAMES, CheckResult, ToolReport
from signoff.verifiers.display import display
from signoff.verifiers.finding import Finding, Severity, Span
from signoff.verifiers.mcu.facts import LinkedImage
from signoff.verifiers.text import LineIndex

if TYPE_CHECKING:
    from rich.text import Text

STYLES = {
    Severity.ERROR: "bold red",
    Severity.WARNING: "bold yellow",
    Severity.INFORMATION: "bold cyan",
    Severity.HINT: "cyan",
}
# A longer line is cut around the place; generated files have lines of megabytes.
LINE_LIMIT = 160
TAB = "    "


def render(result: CheckResult, *, colour: bool = False) -> str:
    """The whole report, with terminal colours where `colour`."""
    from rich.console import Console
    from rich.text import Text

    out = io.StringIO()
    console = Console(file=out, force_terminal=colour, color_system="standard" if colour else None, soft_wrap=True)
    for finding in result.findings:
        for line in _lines(finding, result):
            console.print(line, highlight=False, markup=False)
    for use in memory_lines(result.images):
        console.print(use, highlight=False, markup=False)
    console.print(Text(summary(result), "bold"), highlight=False)
    return out.getvalue()


def memory_lines(images: Iterable[LinkedImage]) -> Iterator[str]:
    """What each linked image takes of its memory, a line a region."""
    for image in images:
        changes = dict(image.change)
        for region in image.regions:
            share = f"{100 * region.used / region.size:5.1f} %" if region.size else ""
            change = f"  {changes[region.name]:+,} since the last link" if changes.get(region.name) else ""
            taken = f"{region.used:>9,} of {region.size:>9,} bytes {share}"
            yield f"{image.image}: {region.name:<8} {taken}{change}".rstrip()


def summary(result: CheckResult) -> str:
    """One line: what was found, by whom, and how long it took."""
    named = [
        (result.count(severity), name) for severity, name in SEVERITY_NAMES.items() if severity <= Severity.WARNING
    ]
    counts = ", ".join(f"{_plural(number, name)}" for number, name in named if number) or "No errors, no warnings"
    fine = [tool for tool in result.tools if not tool.trouble]
    ran = ", ".join(f"{_called(tool)} {tool.version}".strip() for tool in fine if tool.judged) or "no tool"
    files = _plural(len(result.files), "file")
    text = f"{counts} in {files}, as told by {ran} in {result.seconds:.1f} s."
    if silent := [_called(tool) for tool in fine if not tool.judged]:
        text += f" Not judged by {', '.join(silent)}."
    if broken := [_called(tool) for tool in result.tools if tool.trouble]:
        text += f" Not run to the end: {', '.join(broken)}."
    if result.elsewhere:
        text += f" {_plural(result.elsewhere, 'error')} in other files of the project not shown."
    return text


def _called(tool: ToolReport) -> str:
    return display(tool.name)


def _plural(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _lines(finding: Finding, result: CheckResult) -> Iterator[Text]:
    from rich.text import Text

    style = STYLES[finding.severity]
    place = f"{result.name(finding.path)}:{finding.span.start_line + 1}:{finding.span.start_column + 1}: "
    source = f" [{finding.code}: {', '.join(finding.tools or (finding.tool,))}]"
    message = finding.message.replace("\n", "\n    ")
    yield Text.assemble(
        (place, "bold"), (SEVERITY_NAMES[finding.severity] + ": ", style), message, (source, "dim"), end=""
    )
    index = result.texts.get(finding.path)
    if index is not None:
        yield from _excerpt(finding.span, index, style)
    for related in finding.related:
        where = f"{result.name(related.path)}:{related.span.start_line + 1}:{related.span.start_column + 1}"
        yield Text(f"        {where}: {related.message}", "dim")


def _excerpt(span: Span, index: LineIndex, style: str) -> Iterator[Text]:
    """The finding's first line and the marks below it, cut around the place where it is long."""
    from rich.text import Text

    line = index.line(span.start_line)
    if not line.strip():
        return
    start = min(span.start_column, len(line))
    end = min(span.end_column if span.end_line == span.start_line else len(line.rstrip()), len(line))
    first = max(0, start - LINE_LIMIT // 2) if len(line) > LINE_LIMIT else 0
    last = min(len(line), first + LINE_LIMIT)
    gutter = f"{span.start_line + 1:>6} | "
    yield Text.assemble((gutter, "dim"), _plain(line[first:last]))
    blank = " " * len(gutter[:-2]) + "| "
    marks = (
        _cells(line[first:start]) * " " + "^" + "~" * (_cells(line[start : max(end, start + 1)][: last - start]) - 1)
    )
    yield Text.assemble((blank, "dim"), (marks, style))


def _plain(text: str) -> str:
    """Tabs as spaces, and nothing a file could use to command the terminal."""
    return "".join(char if char.isprintable() else TAB if char == "\t" else "�" for char in text)


def _cells(text: str) -> int:
    """How many terminal columns a text takes: wide characters count twice."""
    from rich.cells import cell_len

    return cell_len(_plain(text))
