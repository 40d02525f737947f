"""From a file's text to its declarations. A lexer's view, so that macros and half-typed code cost only themselves.

The text is one that the preprocessor has been over: what is not compiled is blank. Comments may be in it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from signoff.verifiers.declarations.facts import Declaration, Kind, Member
from signoff.verifiers.declarations.spelling import (
    DIRECTIVE,
    NAME,
    base_type,
    declared_names,
    enumerators,
    function_name,
    one_line,
    parameter_types,
    template_split,
    without_attributes,
)
from signoff.verifiers.text import LineIndex

SILENT = re.compile(r"/\*.*?(?:\*/|\Z)|//[^\n]*|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'", re.DOTALL)
MARK = re.compile(r"^[ \t]*#(?:[^\n\\]|\\\r?\n|\\.)*|[{}();]", re.MULTILINE)
NOT_NEWLINE = re.compile(r"[^\n]")
RECORD = re.compile(r"\b(struct|class|union|enum)\b")
TRANSPARENT = re.compile(r"^\s*(?:extern\s*\"?\s*\"?\s*|(?:inline\s+)?namespace\b[\s\w:]*)$")
NOTHING = re.compile(
    r"\s*(?:using\s+namespace|friend|static_assert|_Static_assert|template\s*(?!<)|asm|public|private)\b"
)
GROUP = re.compile(r"[@\\]defgroup\s+(\w+)|[@\\]addtogroup\s+(\w+)|[@\\]\{|[@\\]\}")
REFERENCE = re.compile(r"[@\\]ref\s+(\w+)")
# A declaration beyond this is a table: a reader gets its beginning.
LONGEST = 1600
MOST_MEMBERS = 400
# What is longer in front of a { is several declarations of a kind that is not understood.
LONGEST_HEAD = 20_000


@dataclass(slots=True)
class _Chunk:
    """One declaration while it is read: where it starts, and the bodies in it that a reader does not get."""

    start: int
    record: tuple[int, int] | None = None
    dropped: list[tuple[int, int]] = field(default_factory=list)


def scan(text: str, path: str = "") -> tuple[Declaration, ...]:
    """All that a text declares at its outermost level and in namespaces, in order; macros are not among it."""
    return tuple(_Scanner(text, path).all())


def groups(text: str) -> list[tuple[int, str]]:
    """(offset, Doxygen group from there on) in order."""
    found: list[tuple[int, str]] = [(-1, "")]
    stack: list[str] = []
    named = ""
    for match in GROUP.finditer(text):
        if match[1] or match[2]:
            named = match[1] or match[2]
        elif match[0].endswith("{"):
            stack.append(named)
            found.append((match.start(), named))
            named = ""
        elif stack:
            stack.pop()
            found.append((match.start(), stack[-1] if stack else ""))
    return found


def group_at(found: list[tuple[int, str]], offset: int) -> str:
    """The group at an offset."""
    return found[bisect_right(found, (offset, "\uffff")) - 1][1]


def code_of(text: str) -> str:
    """The text, comments and what stands in strings blank, at its offsets."""
    return SILENT.sub(_blank, text)


def _blank(match: re.Match[str]) -> str:
    silent = match[0]
    if silent[0] in "\"'" and len(silent) > 1:
        return silent[0] + " " * (len(silent) - 2) + silent[-1]
    return NOT_NEWLINE.sub(" ", silent)


class _Scanner:
    def __init__(self, text: str, path: str) -> None:
        self.text = text
        self.code = code_of(text)
        self.path = path
        self.index = LineIndex(text)
        self.groups = groups(text)
        found = MARK.finditer(self.code)
        self.marks = [(one.start(), one.end(), one[0] if one[0] in "{}();" else "#") for one in found]

    def all(self) -> Iterator[Declaration]:
        at, depth, chunk = 0, 0, _Chunk(0)
        while at < len(self.marks):
            start, end, mark = self.marks[at]
            at += 1
            if mark == "(":
                depth += 1
            elif mark == ")":
                depth = max(depth - 1, 0)
            elif mark == "#":
                if not self.code[chunk.start : start].strip():
                    chunk, depth = _Chunk(end), 0
            elif mark == ";" and not depth:
                yield from self._declared(chunk, end)
                chunk = _Chunk(end)
            elif mark == "}":
                chunk, depth = _Chunk(end), 0
            elif mark == "{" and not depth:
                if chunk.record is not None and "(" in self.code[chunk.record[1] : start]:
                    chunk = _Chunk(chunk.record[1])  # a record that lacks its ; takes no function with it
                head = self.code[chunk.start : start].strip()
                if TRANSPARENT.match(DIRECTIVE.sub(" ", head)):
                    chunk = _Chunk(end)
                    continue
                at = self._closing(at)
                close = self.marks[at - 1][1] if at <= len(self.marks) and at else len(self.code)
                if self._is_function(head) and chunk.record is None:
                    yield from self._function(chunk, start)
                    chunk = _Chunk(close)
                elif RECORD.search(head) and "=" not in template_split(head)[1] and chunk.record is None:
                    chunk.record = (start, close)
                elif "=" in head and "operator" not in head and len(head) < LONGEST_HEAD:
                    chunk.dropped.append((start, close))
                else:  # what that is nobody knows, but it ends here
                    chunk = _Chunk(close)

    def _is_function(self, head: str) -> bool:
        head = template_split(without_attributes(DIRECTIVE.sub(" ", head)))[1]
        return "(" in head and "=" not in head.partition("(")[0] and bool(function_name(head)[0])

    def _closing(self, at: int) -> int:
        """The number behind the mark that closes what was opened before number `at`.

        A } in the first column closes all: where code is half typed, only what it is in suffers.
        """
        depth = 1
        while at < len(self.marks):
            start, _, mark = self.marks[at]
            at += 1
            if mark == "{":
                depth += 1
            elif mark == "}":
                depth -= 1
                if not depth or not start or self.code[start - 1] == "\n":
                    return at
        return at

    def _place(self, chunk: _Chunk) -> tuple[int, int]:
        """(offset, line) of the chunk's first word."""
        start = self._first(chunk.start)
        return start, self.index.position(start)[0]

    def _first(self, start: int) -> int:
        match = FIRST.search(self.code, start)
        return match.start() if match else start

    def _make(self, chunk: _Chunk, name: str, kind: Kind, text: str, **more: object) -> Declaration:
        offset, line = self._place(chunk)
        made = Declaration(name, kind, one_line(text)[:LONGEST], self.path, line, group=group_at(self.groups, offset))
        return replace(made, **more)  # type: ignore[arg-type]

    def _function(self, chunk: _Chunk, end: int) -> Iterator[Declaration]:
        text = without_attributes(DIRECTIVE.sub(" ", self.code[chunk.start : end]))
        front, rest = template_split(text.rstrip("; \n"))
        name, at = function_name(rest)
        if not name:
            return
        close = _closing_parenthesis(rest, at)
        tail = rest[close + 1 :].partition(":")[0]
        more = {"type": base_type(rest[:at].rpartition(name)[0]), "parameters": parameter_types(rest[at + 1 : close])}
        yield self._make(chunk, name, Kind.FUNCTION, f"{front}{rest[: close + 1]}{tail};".replace(" ;", ";"), **more)

    def _declared(self, chunk: _Chunk, end: int) -> Iterator[Declaration]:
        raw = self.code[chunk.start : end]
        if not raw.strip(" \t\r\n;") or NOTHING.match(raw):
            return
        if chunk.record is not None:
            yield from self._record(chunk, end)
            return
        text = without_attributes(DIRECTIVE.sub(" ", self._without(chunk, end)))
        rest = template_split(text)[1].lstrip()
        if rest.startswith(("typedef", "using")):
            yield from self._alias(chunk, rest)
        elif "(" in rest.partition("=")[0] and function_name(rest)[0]:
            yield from self._function(chunk, end)
        elif not RECORD.match(rest) or len(NAME.findall(rest)) > 2:
            found = declared_names(rest.rstrip("; \n"))
            for name, kind in found:
                if kind:
                    yield self._make(chunk, name, Kind.VARIABLE, _shortened(text), type=kind)

    def _without(self, chunk: _Chunk, end: int) -> str:
        pieces, last = [], chunk.start
        for start, close in chunk.dropped:
            pieces += [self.code[last:start], "{}"]
            last = close
        return "".join((*pieces, self.code[last:end]))

    def _alias(self, chunk: _Chunk, text: str) -> Iterator[Declaration]:
        if text.startswith("using"):
            name, _, target = text[5:].partition("=")
            if target and name.strip().isidentifier():
                yield self._make(chunk, name.strip(), Kind.TYPE, text, type=base_type(target))
            return
        found = declared_names(text[7:].rstrip("; \n"))
        for name, kind in found:
            yield self._make(chunk, name, Kind.TYPE, text, type=kind)

    def _record(self, chunk: _Chunk, end: int) -> Iterator[Declaration]:
        assert chunk.record is not None
        start, close = chunk.record
        head = without_attributes(DIRECTIVE.sub(" ", self.code[chunk.start : start]))
        front, rest = template_split(head)
        tail = without_attributes(self.code[close:end]).strip(" ;\n\r\t")
        word = RECORD.search(rest)
        if word is None:
            return
        rest = rest.partition(":")[0] if "::" not in rest else rest
        named = [one for one in NAME.findall(rest[word.end() :]) if one not in ("class", "struct", "final")]
        typedef = rest.lstrip().startswith("typedef")
        behind = [name for name, _ in declared_names(f"int {tail}")] if tail else []
        names = [*(behind if typedef else ()), *named[:1]]
        body = self.code[start + 1 : close - 1]
        if word[1] == "enum":
            yield from self._enum(chunk, names, f"{front}{rest}", body, tail)
            return
        members, shown = self._members(start + 1, close - 1, word[1] == "class")
        text = f"{one_line(head)} {{ {shown} }}{' ' + tail if tail else ''};"
        if names:
            yield self._make(chunk, names[0], Kind.RECORD, text, members=members, tags=tuple(names[1:]))
        if not typedef:
            for name in behind:
                kind = names[0] if names else ""
                yield self._make(chunk, name, Kind.VARIABLE, f"{one_line(head)} {name};" if names else text, type=kind)

    def _enum(self, chunk: _Chunk, names: list[str], head: str, body: str, tail: str) -> Iterator[Declaration]:
        members = enumerators(DIRECTIVE.sub(" ", body))
        text = f"{one_line(head)} {{ {one_line(DIRECTIVE.sub(' ', body)).rstrip(', ')} }}{' ' + tail if tail else ''};"
        name = names[0] if names else ""
        yield self._make(chunk, name, Kind.ENUM, text, members=members, tags=tuple(names[1:]))

    def _members(self, start: int, end: int, private: bool) -> tuple[tuple[Member, ...], str]:
        """(the members of a record's body, what a reader gets of it)."""
        members: list[Member] = []
        shown: list[str] = []
        for first, last, nested in _statements(self.code, start, end):
            text = without_attributes(DIRECTIVE.sub(" ", self.code[first:last])).strip(" ;\n\r\t")
            text = re.sub(r"^(?:(?:public|private|protected)\s*:\s*)+", "", text)
            if nested is not None:
                inner, inside = self._members(nested[0] + 1, nested[1] - 1, private)
                members += inner
                tail = self.code[nested[1] : last].strip(" ;\n\r\t")
                if tail:
                    members += [Member(name) for name, _ in declared_names(f"int {tail}")]
                shown.append(f"{one_line(self.code[first : nested[0]])} {{ {inside} }} {tail};".replace(" ;", ";"))
            elif text and not NOTHING.match(text) and len(members) < MOST_MEMBERS:
                found = REFERENCE.search(self.text, last, _next_code(self.code, last, end))
                group = found[1] if found else ""
                members += _member(text, group)
                shown.append(f"{one_line(text)};")
        return tuple(members), " ".join(shown)


FIRST = re.compile(r"\S")


def _closing_parenthesis(text: str, at: int) -> int:
    depth = 0
    for offset in range(at, len(text)):
        depth += (text[offset] == "(") - (text[offset] == ")")
        if not depth:
            return offset
    return len(text)


def _member(text: str, group: str) -> list[Member]:
    rest = template_split(text)[1]
    if "(" in rest.partition("=")[0] and not re.search(r"\(\s*\*", rest):
        name = function_name(rest)[0] or (NAME.search(rest) or [""])[0]
        return [Member(name, "", group)] if name else []
    return [Member(name, kind, group) for name, kind in declared_names(rest)]


def _next_code(code: str, start: int, end: int) -> int:
    match = FIRST.search(code, start, end)
    return match.start() if match else end


def _statements(code: str, start: int, end: int) -> Iterator[tuple[int, int, tuple[int, int] | None]]:
    """(start, end, the nested record's braces) of each member in a record's body; functions end with their body."""
    first, depth, parens, opened = start, 0, 0, 0
    nested: tuple[int, int] | None = None
    for match in re.compile(r"[{}();]").finditer(code, start, end):
        mark, at = match[0], match.start()
        if mark in "()":
            parens = max(parens + (1 if mark == "(" else -1), 0)
        elif mark == "{":
            depth, opened = depth + 1, at if not depth else opened
        elif mark == "}" and depth:
            depth -= 1
            if not depth and RECORD.search(code, first, opened) and "(" not in code[first:opened]:
                nested = (opened, at + 1)
            elif not depth and "(" in code[first:opened]:
                yield first, opened, None
                first, nested = at + 1, None
        elif mark == ";" and not depth and not parens:
            yield first, at + 1, nested
            first, nested = at + 1, None


def _shortened(text: str) -> str:
    """A variable's declaration without its value where that is long."""
    head, sign, value = one_line(text).partition("=")
    return one_line(text) if len(value) <= 80 else f"{head.rstrip()};" if sign else head
