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
    before = shown.snapshot
    accepted = next((one for one in shown.suggestions if _is(suggestion, one)), None)
    if accepted is None:
        return None
    put, span = _lines_as_in(before.text, accepted.text), accepted.span
    text = apply_edits(before.text, [Edit(span, put)])
    # What a list of the editor's had chosen was taken as done in what the suggestion was shown for.
    whole = Edit(suggestion.span, _lines_as_in(before.text, suggestion.text))
    if present is not None and text not in (present.text, apply_edits(present.text, [whole])):
        return None
    end = line_index(before.text).offset(span.start_line, span.start_column) + len(put)
    begun = _new_line(text, end, before.language)
    text, end = text[:end] + begun + text[end:], end + len(begun)
    snapshot = replace(before, version=before.version + 1, text=text)
    return After(snapshot, with_buffer(shown.project, snapshot), *line_index(text).position(end))


def _is(accepted: Suggestion, shown: Suggestion) -> bool:
    """Whether it is the shown one, also where what a list in the editor had chosen stands in front of it."""
    return accepted == shown or (
        accepted.text.endswith(shown.text) and (accepted.verdict, accepted.model) == (shown.verdict, shown.model)
    )


def _lines_as_in(document: str, text: str) -> str:
    """The text with the document's line ends, as editors put it in."""
    text = text.replace("\r\n", "\n")
    first = document.find("\n")
    return text.replace("\n", "\r\n") if first > 0 and document[first - 1] == "\r" else text


def _new_line(text: str, offset: int, language: str) -> str:
    """What an editor puts in for the Enter key where a line has ended; "" where it goes on."""
    index = line_index(text)
    line, column = index.position(offset)
    whole = index.line(line)
    if not line_ended(whole[:column], whole[column:], language):
        return ""
    return _lines_as_in(text, "\n") + whole[: len(whole) - len(whole.lstrip(" \t"))]


def with_buffer(project: Project, snapshot: Snapshot) -> Project:
    """The project in which the document is as in `snapshot`."""
    buffers: Sequence[Snapshot] = project.buffers
    return replace(project, buffers=tuple(snapshot if one.uri == snapshot.uri else one for one in buffers))
