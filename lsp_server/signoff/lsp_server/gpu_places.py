"""Places in GPU code, from text and facts alone: what a position is in, and what the word under it is called."""

from __future__ import annotations

import re
from collections.abc import Iterator

from signoff.verifiers.finding import Span
from signoff.verifiers.gpu.facts import Form, Launch
from signoff.verifiers.text import LineIndex

WORD = re.compile(r"[A-Za-z_][\w.]*")
EXTERN_SHARED = re.compile(r"\bextern\s+__shared__")
# A decorated definition; other decorators (autotune, heuristics) may stand on either side of jit.
DECORATOR = re.compile(r"^[ \t]*@[ \t]*(?:\w+\.)*jit\b", re.MULTILINE)
DEFINITION = re.compile(r"^[ \t]*def[ \t]+(?P<name>\w+)", re.MULTILINE)
# Beyond this many characters no definition belongs to a decorator.
FARTHEST = 4000
TRITON_PREFIXES = ("tl.", "triton.language.")


def inside(place: tuple[int, int], span: Span) -> bool:
    """Whether a position lies in a span or just behind it, where an editor's cursor is on its last character."""
    return (span.start_line, span.start_column) <= place <= (span.end_line, span.end_column)


def in_configuration(place: tuple[int, int], launch: Launch) -> bool:
    """Whether a position is on a launch's configuration: the chevrons and what they hold, or the call's extents."""
    if not inside(place, launch.span):
        return False
    parts = [span for span in (launch.grid_span, launch.block_span, launch.shared_span) if span is not None]
    if launch.form is not Form.CHEVRON:
        start = (launch.span.start_line, launch.span.start_column + len(launch.form.value))
        return any(inside(place, span) for span in parts) or place <= start
    if not parts:
        return inside(place, launch.span)
    last = max(parts, key=lambda span: (span.end_line, span.end_column))
    # Behind the last argument there are still the stream and three chevrons; the parenthesis ends them.
    return place <= (last.end_line, last.end_column + len(">>>"))


def term_at(index: LineIndex, place: tuple[int, int], *, in_cuda: bool) -> str:
    """The term under a position as hovers know it ("blockIdx", "extern __shared__", "tl.dot"); "" for none."""
    line = index.line(place[0])
    word = next((each for each in WORD.finditer(line) if each.start() <= place[1] <= each.end()), None)
    if word is None:
        return ""
    if not in_cuda:
        return _triton_term(word[0])
    if any(each.start() <= place[1] <= each.end() for each in EXTERN_SHARED.finditer(line)):
        return "extern __shared__"
    return word[0].split(".")[0]


def _triton_term(word: str) -> str:
    for prefix in TRITON_PREFIXES:
        if word.startswith(prefix):
            return "tl." + word.removeprefix(prefix).split(".")[0]
    return word if "." not in word else ""


def triton_kernels(index: LineIndex) -> Iterator[tuple[str, Span]]:
    """The functions of a Python text that are decorated with jit and where their names are; it need not parse."""
    text = index.text
    for decorator in DECORATOR.finditer(text):
        definition = DEFINITION.search(text, decorator.end(), decorator.end() + FARTHEST)
        if definition is not None:
            yield definition["name"], index.span(definition.start("name"), definition.end("name"))
