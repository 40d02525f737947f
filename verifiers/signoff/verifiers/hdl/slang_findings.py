"""slang's diagnostics as findings: places in the user's own text, messages, notes and arguments."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

import pyslang

from signoff.verifiers.finding import Finding, Related, Severity, Span
from signoff.verifiers.hdl.slang_lenient import is_harmless, lenient
from signoff.verifiers.hdl.slang_options import code_name
from signoff.verifiers.hdl.slang_sources import SourceState
from signoff.verifiers.hdl.slang_text import Source

TOOL = "slang"
HELP = "https://sv-lang.com/warning-ref.html#"
# More than this in one file helps nobody and costs time at every keystroke.
MAX_PER_FILE = 500
MAX_WITH_NOTES = 64
# What a rule may see of the text around a place.
CONTEXT = 200

TOKEN = re.compile(r"\\\S+|[`$]?\w+(?:\.\w+)?|'[sS]?[bodhBODH][0-9a-zA-Z_?]*|\"(?:\\.|[^\"\\\n])*\"?|[^\w\s]")
NOTE = re.compile(r"^(.*):(\d+):(\d+): note: (.*)$", re.MULTILINE)

# What may follow the last token of a macro's text, and of an argument.
BODY_END = re.compile(r"[ \t]*(?://[^\n]*)?(?:\r?\n|\Z)")
ARGUMENT_END = re.compile(r"\s*[,)]")

Place = tuple[Source, int, int]


class Converter:
    """Turns diagnostics of one state into findings. `engine` honours slang's own pragmas in the text."""

    def __init__(self, state: SourceState) -> None:
        self.state = state
        self.manager = state.manager
        self.engine = pyslang.DiagnosticEngine(state.manager)
        for code, level in state.options.levels:
            self.engine.setSeverity(code, level)
        self._notes = pyslang.TextDiagnosticClient()
        self._notes.showColors(False)
        self._notes.showSourceLine(False)
        self._notes.showOptionName(False)
        self._notes.showIncludeStack(False)
        self._notes.showMacroExpansion(False)
        self._notes.setColumnUnit(pyslang.ColumnUnit.Byte)
        self.engine.addClient(self._notes)
        self._pragmas: set[pyslang.BufferID] = set()

    def read_pragmas(self, buffers: Iterable[pyslang.BufferID]) -> None:
        """Take note of slang's own `pragma diagnostic` directives in these buffers."""
        for buffer in buffers:
            if buffer not in self._pragmas:
                self._pragmas.add(buffer)
                self.engine.setMappingsFromPragmas(buffer)

    def findings(self, diagnostics: Iterable[pyslang.Diagnostic], shown: frozenset[str] | None) -> list[Finding]:
        """The findings of all diagnostics that are not off, in files of `shown` (None: in any file)."""
        counts: Counter[str] = Counter()
        result: dict[tuple[str, str, Span], Finding] = {}
        seen: set[tuple[pyslang.DiagCode, pyslang.SourceLocation]] = set()
        for diagnostic in diagnostics:
            severity = self.state.options.severities.get(diagnostic.code)
            if severity is None or (diagnostic.code, diagnostic.location) in seen:
                continue  # one fault in many instances is one finding
            seen.add((diagnostic.code, diagnostic.location))
            place = self.place(diagnostic)
            if place is None or (shown is not None and place[0].path not in shown):
                continue
            counts[place[0].path] += 1
            if counts[place[0].path] <= MAX_PER_FILE:
                finding = self._finding(diagnostic, place, severity, notes=len(result) < MAX_WITH_NOTES)
                if finding is not None:
                    result.setdefault((finding.code, finding.path, finding.span), finding)
        return list(result.values())

    def implicit_nets(self, diagnostics: Iterable[pyslang.Diagnostic], path: str) -> list[Finding]:
        """Names of a file that nobody declares, which make nets of their own: as warnings, though slang's are off."""
        found = ((item, self.place(item)) for item in diagnostics if item.code == pyslang.Diags.ImplicitNet)
        mine = [(item, place) for item, place in found if place is not None and place[0].path == path]
        made = (self._finding(item, place, Severity.WARNING, notes=False) for item, place in mine)
        return list(dict.fromkeys(one for one in made if one is not None))

    def _finding(self, diagnostic: pyslang.Diagnostic, place: Place, severity: Severity, notes: bool) -> Finding | None:
        if self._pragmas and self._silenced(diagnostic):
            return None
        source, start, end = place
        option = self.engine.getOptionName(diagnostic.code)
        code, message = code_name(diagnostic.code), self._message(diagnostic)
        data = self._data(diagnostic, source)
        first, last = source.code_point(start), source.code_point(end)
        if is_harmless(code, [value for _, value in data], source.text[first:last]):
            return None
        if not self.state.options.key.strict:
            severity = lenient(severity, code, message, source.text[max(last - CONTEXT, 0) : last])
        finding = Finding(
            path=source.path,
            span=source.span(start, end),
            severity=severity,
            code=code,
            message=message,
            tool=TOOL,
            help_url=HELP + option if option else "",
            data=data,
        )
        return replace(finding, related=self._related(diagnostic)) if notes else finding

    def _silenced(self, diagnostic: pyslang.Diagnostic) -> bool:
        level = self.engine.getSeverity(diagnostic.code, diagnostic.location)
        return level in {pyslang.DiagnosticSeverity.Ignored, pyslang.DiagnosticSeverity.Note}

    def _message(self, diagnostic: pyslang.Diagnostic) -> str:
        try:
            return self.engine.formatMessage(diagnostic)
        except UnicodeDecodeError:
            return code_name(diagnostic.code)

    def _data(self, diagnostic: pyslang.Diagnostic, source: Source) -> tuple[tuple[str, str], ...]:
        pairs = [(f"arg{number}", self._argument(value)) for number, value in enumerate(diagnostic.args)]
        location = self._behind(diagnostic) or self.user_location(diagnostic.location)
        if location is not None and (location == diagnostic.location or self._behind(diagnostic) is not None):
            line, column = source.position(location.offset)
            pairs.append(("location", f"{line}:{column}"))
        return tuple(pairs)

    def _argument(self, value: object) -> str:
        if isinstance(value, (str, int, float)):
            return str(value)
        try:
            return self.engine.formatArg(value)
        except (TypeError, RuntimeError, ValueError):
            return str(value)

    def place(self, diagnostic: pyslang.Diagnostic) -> Place | None:
        """(source, start, end in bytes) in the user's own text, None where slang names no place in it."""
        location = self.user_location(diagnostic.location)
        source = self.state.source(location.buffer) if location is not None else None
        if location is None or source is None or source.prelude:
            return None
        if self.manager.isMacroLoc(diagnostic.location):
            behind = self._behind(diagnostic)
            if behind is not None:
                return (source, *token_at(source, behind.offset))
            return (source, *self._use(diagnostic.location, location))
        ranges = [pair for pair in map(self._plain, diagnostic.ranges) if pair is not None]
        around = [(a.offset, b.offset) for a, b in ranges if a.buffer == location.buffer and a.offset < b.offset]
        containing = [(a, b) for a, b in around if a <= location.offset < b]
        if containing:
            return (source, *min(containing, key=lambda pair: pair[1] - pair[0]))
        return (source, *token_at(source, location.offset))

    def range_place(self, given: pyslang.SourceRange) -> Place | None:
        """(source, start, end in bytes) of a range in the user's own text."""
        plain = self._plain(given)
        source = self.state.source(plain[0].buffer) if plain is not None else None
        if plain is None or source is None or source.prelude:
            return None
        if self.manager.isMacroLoc(given.start):
            return (source, *self._use(given.start, plain[0]))
        return source, plain[0].offset, max(plain[1].offset, plain[0].offset + 1)

    def around(self, given: pyslang.SourceRange) -> tuple[str, str]:
        """The text before and after a range, up to CONTEXT code points each."""
        place = self.range_place(given)
        if place is None:
            return "", ""
        source, start, end = place[0], place[0].code_point(place[1]), place[0].code_point(place[2])
        return source.text[max(start - CONTEXT, 0) : start], source.text[end : end + CONTEXT]

    def user_location(self, location: pyslang.SourceLocation) -> pyslang.SourceLocation | None:
        """Where the user wrote what is at `location`: a macro's argument, or the macro's use."""
        while location and self.manager.isMacroLoc(location):
            if self.manager.isMacroArgLoc(location):
                location = self.manager.getOriginalLoc(location)
            else:
                location = self.manager.getExpansionLoc(location)
        return location if location else None

    def _use(self, location: pyslang.SourceLocation, at: pyslang.SourceLocation) -> tuple[int, int]:
        """The range of the macro's use, or of its argument, in bytes."""
        while self.manager.isMacroLoc(location):
            if self.manager.isMacroArgLoc(location):
                location = self.manager.getOriginalLoc(location)
                continue
            use = self.manager.getExpansionRange(location)
            if not self.manager.isMacroLoc(use.start):
                return use.start.offset, max(use.end.offset, use.start.offset + 1)
            location = use.start
        source = self.state.source(at.buffer)
        return token_at(source, at.offset) if source is not None else (at.offset, at.offset)

    def _behind(self, diagnostic: pyslang.Diagnostic) -> pyslang.SourceLocation | None:
        """Where a token is missing right behind a macro's use: slang names the end of what the macro stands for."""
        location = diagnostic.location
        if code_name(diagnostic.code) != "ExpectedToken" or not self.manager.isMacroLoc(location):
            return None
        while self.manager.isMacroLoc(location):
            written = self.manager.getOriginalLoc(location)
            source = self.state.source(written.buffer)
            end = ARGUMENT_END if self.manager.isMacroArgLoc(location) else BODY_END
            if source is None or not end.match(source.text, source.code_point(written.offset)):
                return None
            location = self.manager.getExpansionRange(location).end
        return location

    def _plain(self, given: pyslang.SourceRange) -> tuple[pyslang.SourceLocation, pyslang.SourceLocation] | None:
        start, end = self.user_location(given.start), self.user_location(given.end)
        return (start, end) if start is not None and end is not None and start.buffer == end.buffer else None

    def _related(self, diagnostic: pyslang.Diagnostic) -> tuple[Related, ...]:
        """slang's notes, which its Python interface gives as text only."""
        self._notes.clear()
        try:
            self.engine.issue(diagnostic)
            text = self._notes.getString()
        except UnicodeDecodeError:
            return ()
        if ": note: " not in text:
            return ()
        return tuple(note for match in NOTE.finditer(text) if (note := self._note(match)) is not None)

    def _note(self, match: re.Match[str]) -> Related | None:
        source = self.state.named(match[1])
        if source is None or source.prelude:
            return None
        start = source.byte(source.index.offset(int(match[2]) - 1, 0)) + int(match[3]) - 1
        return Related(source.path, source.span(*token_at(source, start)), match[4])


def token_at(source: Source, offset: int) -> tuple[int, int]:
    """The bytes of the token at a byte offset; after the last token of a line, that token's last character."""
    text, start = source.text, source.code_point(offset)
    match = TOKEN.match(text, start)
    if match is not None:
        return offset, source.byte(match.end())
    before = len(text[:start].rstrip())
    if before:
        return source.byte(before - 1), source.byte(before)
    match = TOKEN.search(text)
    return (source.byte(match.start()), source.byte(match.end())) if match else (0, 0)
