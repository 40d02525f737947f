"""From gcc's diagnostics to findings: at the user's line, with the way through macros and headers beside it."""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import Any

from signoff.verifiers.finding import Category, Finding, Related, Severity, Span
from signoff.verifiers.hdl.columns import characters, place
from signoff.verifiers.hdl.overlay import SourceLines
from signoff.verifiers.mcu.compile.gcc_messages import Diagnostic, FixIt, Place
from signoff.verifiers.mcu.compile.overlay import Laid

TOOL = "arm-none-eabi-gcc"
ERROR = "error"
MISSING_INCLUDE = "No such file or directory"
NOTES = 8


@dataclass(frozen=True, slots=True)
class Scene:
    """Where findings are told from: the document, its unit's file, the workspace, and the texts that gcc has read.

    `silenced` is True where the project says -w, `suppressed` are settings' own no-... warnings.
    """

    document: str
    unit: str
    root: str
    laid: Laid
    lines: SourceLines
    silenced: bool = False

    def path(self, told: str) -> str:
        """A file as the user knows it."""
        return os.path.normpath(self.laid.path(told)) if told else ""

    def own(self, path: str) -> bool:
        """Whether the user writes that file: the document, its unit, or one of the workspace that is no vendor's."""
        if path in (self.document, self.unit):
            return True
        return bool(self.root) and path.startswith(self.root.rstrip(os.sep) + os.sep) and not vendored(path, self.root)


def findings(diagnostics: Iterable[Diagnostic], scene: Scene) -> tuple[Finding, ...]:
    """The findings of a run, each once. What is at no line of the user's, and no error, is left out."""
    found: dict[tuple[object, ...], Finding] = {}
    diagnostics = tuple(diagnostics)
    # An error with an option is a warning that somebody minds more: the code has been compiled.
    broken = any(one.error and not one.option for one in diagnostics)
    for one in diagnostics:
        if broken and option(one) in table("warnings.toml")["after_errors"]:
            continue
        if _unavoidable(one):
            continue
        finding = finding_of(one, scene)
        if finding is not None:
            found.setdefault((finding.path, finding.span, finding.code, finding.message), finding)
    return tuple(found.values())


def _unavoidable(one: Diagnostic) -> bool:
    """A warning of what C itself does, whoever writes the code (warnings.toml)."""
    phrase = table("warnings.toml")["unavoidable"].get(option(one))
    return phrase is not None and phrase in one.message and not one.error


def finding_of(one: Diagnostic, scene: Scene) -> Finding | None:
    """The finding of one diagnostic; None where it is not to be shown."""
    if one.kind == "note" or not one.places:
        return None
    severity = severity_of(one)
    if scene.silenced and severity is not Severity.ERROR:
        return None
    at = user_place(one, scene)
    path = scene.path(at.file)
    if not scene.own(path) or (path != scene.document and severity is not Severity.ERROR):
        # A header's warnings are told when it is looked at itself, once.
        return None
    span = span_of(at, scene)
    related, data = _related(one, at, scene), _data(one, scene)
    return Finding(path, span, severity, code(one), sentence(one), TOOL, category(one), _help(one), related, data)


def user_place(one: Diagnostic, scene: Scene) -> Place:
    """The place of a diagnostic that is the user's own, where it has one: its own, else the #include that led there.

    Only an error is told at an #include: a header that does not compile stops the user's file.
    """
    candidates = (one.places[0], *(one.included if one.error else ()))
    return next((at for at in candidates if scene.own(scene.path(at.file))), one.places[0])


def needs_text(one: Diagnostic, scene: Scene) -> bool:
    """Whether gcc's text may tell more of a diagnostic than its JSON, which leaves out macros and includes.

    A macro's name is given as a place without an end, while every other name has one.
    """
    if not one.places or one.kind == "note":
        return False
    at = one.places[0]
    if not scene.own(scene.path(at.file)):
        return one.error
    if at.end or at.column < 1:
        return False
    line = scene.lines(scene.path(at.file), at.line - 1)
    return re.match(r"[A-Za-z_]\w", line[characters(line, at.column - 1) :]) is not None


def severity_of(one: Diagnostic) -> Severity:
    """Errors are gcc's, and the warnings that are errors here (warnings.toml)."""
    if one.error:
        return Severity.ERROR
    phrase = table("warnings.toml")["errors"].get(option(one))
    return Severity.ERROR if phrase is not None and phrase in one.message else Severity.WARNING


def option(one: Diagnostic) -> str:
    """The option that a diagnostic goes by ("format"); "" where it has none."""
    return one.option.removeprefix("-W").removeprefix("error=").rstrip("=")


def code(one: Diagnostic) -> str:
    """A finding's code: gcc's option, or "error"."""
    return option(one) or (ERROR if one.error else "warning")


def category(one: Diagnostic) -> Category:
    """The kind of fault, by kinds.toml."""
    said = f"{option(one)}: {one.message}"
    return next((kind for kind, pattern in _kinds() if pattern.search(said)), Category.OTHER)


def span_of(at: Place, scene: Scene) -> Span:
    """The code points that a place means: its range, or the whole token that begins there."""
    line = scene.lines(scene.path(at.file), at.line - 1)
    if at.column < 1:
        end = len(line.rstrip())
        return place(line, "", at.line - 1, max(end - 1, 0), end)
    first = at.start if 0 < at.start <= at.column else at.column
    last = max(at.end, at.column)
    if last > first:
        return Span(at.line - 1, characters(line, first - 1), at.line - 1, characters(line, last))
    return place(line, "", at.line - 1, first - 1, last)


@cache
def table(name: str) -> dict[str, Any]:
    """One of this folder's data files."""
    return tomllib.loads((resources.files("signoff.verifiers.mcu.compile") / name).read_text("utf-8"))


def vendored(path: str, root: str) -> bool:
    """Whether a file of the workspace lies in a folder of somebody else's code (vendor.toml)."""
    folders = os.path.relpath(path, root).replace(os.sep, "/").lower().split("/")[:-1]
    pairs = pairwise(folders)
    return any(_vendors().fullmatch(name) for name in (*folders, *("/".join(pair) for pair in pairs)))


@cache
def _vendors() -> re.Pattern[str]:
    return re.compile("|".join(table("vendor.toml")["folders"]))


@cache
def _kinds() -> tuple[tuple[Category, re.Pattern[str]], ...]:
    return tuple((Category(kind), re.compile("|".join(patterns))) for kind, patterns in table("kinds.toml").items())


def sentence(one: Diagnostic) -> str:
    """gcc's words as a sentence; a name in front keeps its letters."""
    said = one.message
    return said[:1].upper() + said[1:] if re.match(r"[a-z]+[ ,]", said) else said


def _help(one: Diagnostic) -> str:
    name = option(one)
    return f"https://gcc.gnu.org/onlinedocs/gcc/Warning-Options.html#index-W{name}" if name else ""


def _related(one: Diagnostic, at: Place, scene: Scene) -> tuple[Related, ...]:
    """Notes, and the places that gcc named beside the one that is shown."""
    found: list[Related] = []
    if at is not one.places[0]:
        found.append(_one_related(one.places[0], "reported here", scene))
    for note in (*one.expansions, *one.notes):
        if note.places and note.places[0] is not at and "reported only once" not in note.message:
            found.append(_one_related(note.places[0], note.message, scene))
    shown = scene.path(at.file), at.line - 1
    kept = (entry for entry in found if entry.path and (entry.path, entry.span.start_line) != shown)
    return tuple(dict.fromkeys(kept))[:NOTES]


def _one_related(at: Place, message: str, scene: Scene) -> Related:
    return Related(scene.path(at.file), span_of(at, scene), message)


def _data(one: Diagnostic, scene: Scene) -> tuple[tuple[str, str], ...]:
    """The fix-its as JSON: "fixits" are the message's own, "note_fixits" those of each note, with its words."""
    noted = [{"message": note.message, "edits": _edits(note.fixits, scene)} for note in one.notes if note.fixits]
    own = (("fixits", json.dumps(_edits(one.fixits, scene))),) if one.fixits else ()
    return (*own, *((("note_fixits", json.dumps(noted)),) if noted else ()))


def _edits(fixits: Iterable[FixIt], scene: Scene) -> list[Mapping[str, object]]:
    """Fix-its as plain data: path, lines and columns from 0 in code points, text."""
    edits: list[Mapping[str, object]] = []
    for one in fixits:
        path = scene.path(one.file)
        first, last = scene.lines(path, one.line - 1), scene.lines(path, one.end_line - 1)
        edits.append(
            {
                "path": path,
                "start_line": one.line - 1,
                "start_column": characters(first, one.column - 1),
                "end_line": one.end_line - 1,
                "end_column": characters(last, one.end_column - 1),
                "text": one.text,
            }
        )
    return edits
