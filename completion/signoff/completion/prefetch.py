"""What comes after an acceptance: the document as it will be then, and where the cursor will stand in it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from signoff.completion.place import line_ended
from signoff.completion.suggestion import Suggestion
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import Edit, apply_edits, line_index


@dataclass(frozen=True, slots=True)
class Shown:
    """What was last shown in a document, and the texts that it holds for."""

    snapshot: Snapshot
    project: Project
    suggestions: tuple[Suggestion, ...]


@dataclass(frozen=True, slots=True)
class After:
    """A document to be, and the cursor in it."""

    snapshot: Snapshot
    project: Project
    line: int
    column: int


def after(shown: Shown, suggestion: Suggestion, present: Snapshot | None) -> After | None:
    """The document once `suggestion` is accepted; None where it was not shown there last, or the document is another
    one by now. `present` is the document as it was last heard of: without the suggestion yet, or with it.

    Where the suggestion has ended its line, the document is the one with the next line begun.
    """
    if suggestion not in shown.suggestions:
        return None
    before = shown.snapshot
    text = apply_edits(before.text, [Edit(suggestion.span, suggestion.text)])
    if present is not None and present.text not in (before.text, text):
        return None
    span = suggestion.span
    end = line_index(before.text).offset(span.start_line, span.start_column) + len(suggestion.text)
    begun = _new_line(text, end, before.language)
    text, end = text[:end] + begun + text[end:], end + len(begun)
    snapshot = replace(before, version=before.version + 1, text=text)
    return After(snapshot, with_buffer(shown.project, snapshot), *line_index(text).position(end))


def _new_line(text: str, offset: int, language: str) -> str:
    """What an editor puts in for the Enter key where a line has ended; "" where it goes on."""
    index = line_index(text)
    line, column = index.position(offset)
    whole = index.line(line)
    if not line_ended(whole[:column], whole[column:], language):
        return ""
    newline = "\r\n" if "\r\n" in text[: index.starts[1] if len(index.starts) > 1 else 0] else "\n"
    return newline + whole[: len(whole) - len(whole.lstrip(" \t"))]


def with_buffer(project: Project, snapshot: Snapshot) -> Project:
    """The project in which the document is as in `snapshot`."""
    buffers: Sequence[Snapshot] = project.buffers
    return replace(project, buffers=tuple(snapshot if one.uri == snapshot.uri else one for one in buffers))
