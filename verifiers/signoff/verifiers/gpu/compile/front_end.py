"""From a compiler's message to a finding: its name, its kind, and the place in the file that the user sees."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import PurePath

from signoff.verifiers.finding import Category, Finding, Related, Severity, Span
from signoff.verifiers.gpu.compile.cudafe_text import Diagnostic
from signoff.verifiers.gpu.compile.unit_files import directives
from signoff.verifiers.hdl.columns import place
from signoff.verifiers.text import LineIndex

QUOTED = re.compile(r'"([^"]+)"|\'([^\']+)\'|‘([^’]+)’')
WORD = re.compile(r"[A-Za-z]+")
SLUG_WORDS = 5


@dataclass(frozen=True, slots=True)
class _Row:
    pattern: re.Pattern[str]
    code: str
    category: Category


@cache
def _table() -> tuple[_Row, ...]:
    raw = tomllib.loads(files(__package__).joinpath("front_end.toml").read_text(encoding="utf-8"))
    return tuple(_Row(re.compile(row["pattern"]), row["code"], Category(row["category"])) for row in raw["message"])


def code_of(diagnostic: Diagnostic) -> tuple[str, Category]:
    """The message's stable name and kind: the number where the front end gives one, else after the text."""
    row = next((row for row in _table() if row.pattern.match(diagnostic.message)), None)
    category = row.category if row else Category.OTHER
    if diagnostic.number:
        return f"#{diagnostic.number}" if diagnostic.number.isdigit() else diagnostic.number, category
    return (row.code if row else _slug(diagnostic.message)), category


def _slug(message: str) -> str:
    """A name made of the first words of a message, without what it quotes."""
    words = WORD.findall(QUOTED.sub(" ", message))
    return "".join(word.capitalize() for word in words[:SLUG_WORDS]) or "Error"


@dataclass(frozen=True, slots=True)
class Placer:
    """Puts diagnostics into the user's files.

    `main` is the unit's own file. `mine` tells whether a file is the user's; what the compiler says of others is put
    where the user's code led there. `text` gives any file's text as it was compiled.
    """

    tool: str
    main: str
    mine: Callable[[str], bool]
    text: Callable[[str], str]

    def findings(self, diagnostics: Sequence[Diagnostic]) -> tuple[Finding, ...]:
        """The findings, each once; warnings about files that are not the user's are left out."""
        found = (self.finding(one) for one in diagnostics)
        return tuple(dict.fromkeys(one for one in found if one is not None))

    def finding(self, diagnostic: Diagnostic) -> Finding | None:
        """One finding; None where it is no business of the user's."""
        if not diagnostic.file:
            path, span = self.main, _last(self.text(self.main))
        elif self.mine(diagnostic.file):
            path, span = diagnostic.file, self._span(diagnostic)
        elif diagnostic.severity is Severity.ERROR:
            path, span = self._led(diagnostic)
        else:
            return None
        code, category = code_of(diagnostic)
        related = tuple(self._related(diagnostic, path))
        return Finding(path, span, diagnostic.severity, code, diagnostic.message, self.tool, category, related=related)

    def _span(self, diagnostic: Diagnostic) -> Span:
        number = diagnostic.line - 1
        line = LineIndex(self.text(diagnostic.file)).line(number)
        if diagnostic.shown:
            column = len(diagnostic.shown[: diagnostic.column].encode("utf-8", "replace"))
            return place(line, diagnostic.shown, number, column, column)
        if diagnostic.column >= 0 and not _generated(diagnostic, line):
            return place(line, "", number, diagnostic.column, diagnostic.column)
        return _named(line, number, diagnostic.message) or _whole(line, number)

    def _led(self, diagnostic: Diagnostic) -> tuple[str, Span]:
        """Where the user's code led into a file of others: the instantiation, else the #include."""
        for context in diagnostic.contexts:
            path = context.file or diagnostic.file
            if self.mine(path):
                return path, _whole(LineIndex(self.text(path)).line(context.line - 1), context.line - 1)
        text = self.text(self.main)
        index = LineIndex(text)
        name = PurePath(diagnostic.file).name
        includes = directives(text)
        chosen = next((one for one in includes if PurePath(one.name).name == name), None) or next(iter(includes), None)
        return self.main, index.span(chosen.start, chosen.end) if chosen else Span(0, 0, 0, len(index.line(0)))

    def _related(self, diagnostic: Diagnostic, path: str) -> list[Related]:
        related = []
        if diagnostic.file not in (path, "") and PurePath(diagnostic.file).is_absolute():
            related.append(Related(diagnostic.file, self._span(diagnostic), "the compiler stumbles here"))
        for note in diagnostic.notes:
            if PurePath(note.file).is_absolute():
                related.append(Related(note.file, self._span(note), note.message))
        for context in diagnostic.contexts:
            file = context.file or diagnostic.file
            if PurePath(file).is_absolute():
                line = LineIndex(self.text(file)).line(context.line - 1)
                related.append(Related(file, _whole(line, context.line - 1), context.message))
        return related


def _generated(diagnostic: Diagnostic, line: str) -> bool:
    """A host compiler's column may count in the code that nvcc made of the line."""
    return diagnostic.host and ("<<<" in line or diagnostic.column >= len(line))


def _named(line: str, number: int, message: str) -> Span | None:
    """The one place on the line where a name stands that the message quotes."""
    for groups in QUOTED.findall(message):
        name = next(filter(None, groups)).split("(")[0].split("::")[-1].strip()
        found = [match.span() for match in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", line)] if name else []
        if len(found) == 1:
            return Span(number, found[0][0], number, found[0][1])
    return None


def _last(text: str) -> Span:
    """The last character that is none of the blanks at a text's end."""
    index, end = LineIndex(text), len(text.rstrip())
    return index.span(max(end - 1, 0), end)


def _whole(line: str, number: int) -> Span:
    stripped = line.strip()
    start = len(line) - len(line.lstrip()) if stripped else 0
    return Span(number, start, number, start + len(stripped))
