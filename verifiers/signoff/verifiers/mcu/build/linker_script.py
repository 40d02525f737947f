"""GNU linker scripts as data: memory regions, entry, symbols, includes. What cannot be understood is passed over.

Grammar: sourceware.org/binutils/docs/ld/Scripts.html. A script may be half-typed: nothing here raises.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from signoff.verifiers.finding import Span
from signoff.verifiers.mcu.build.linker_expressions import Expression, Unknown
from signoff.verifiers.mcu.build.reading import Unreadable, read_text
from signoff.verifiers.mcu.parts.part import Region
from signoff.verifiers.text import LineIndex

LIMIT = 4 * 1024 * 1024
MOST_WORDS = 400_000
MOST_INCLUDES = 30
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_WORD = re.compile(
    r'"[^"\n]*"|<<=|>>=|<<|>>|[-+*/&|]=|==|!=|<=|>=|&&|\|\||0[xX][\da-fA-F]+[kKmM]?|\$[\da-fA-F]+\b|\d+[kKmM]?(?![\w.])'
    r"|[A-Za-z_.$\\][\w.$\\~-]*|[^\s\w]|\d+\w*"
)
_NAME = re.compile(r"[A-Za-z_][\w.$]*")
_ASSIGNS = frozenset({"=", "+=", "-=", "*=", "/=", "&=", "|=", "<<=", ">>="})
_CALLS = frozenset({"PROVIDE", "PROVIDE_HIDDEN", "HIDDEN"})
# Words of the language that stand where a symbol could.
_LANGUAGE = frozenset(
    {"ALIGN", "SIZEOF", "ADDR", "LOADADDR", "ORIGIN", "LENGTH", "MAX", "MIN", "DEFINED", "ABSOLUTE", "ASSERT", "NEXT"}
    | {"org", "len", "o", "l", "CONSTANT", "MAXPAGESIZE", "COMMONPAGESIZE", "BLOCK", "ALIGNOF", "SEGMENT_START", "."}
    | {"SIZEOF_HEADERS", "DATA_SEGMENT_ALIGN", "DATA_SEGMENT_END", "DATA_SEGMENT_RELRO_END", "LOG2CEIL"}
)
_CCM = re.compile(r"ccm", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Defined:
    """A symbol that a script defines: where, and its value in bytes where that does not depend on the link."""

    name: str
    path: str
    span: Span
    value: int | None = None
    provided: bool = False


@dataclass(frozen=True, slots=True)
class LinkerScript:
    """What a script and those that it includes say.

    `regions` are those whose origin and length are known; `places` are (region, path, span) of each declaration;
    `entry` is the symbol of ENTRY(), "" where there is none; `used` are symbols that expressions name; `includes` are
    as written; `files` the files that were read, and `missing` includes that were not found.
    """

    regions: tuple[Region, ...] = ()
    places: tuple[tuple[str, str, Span], ...] = ()
    entry: str = ""
    defined: tuple[Defined, ...] = ()
    used: frozenset[str] = frozenset()
    includes: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    def symbol(self, name: str) -> Defined | None:
        """The last definition of a symbol, the one that counts."""
        return next((one for one in reversed(self.defined) if one.name == name), None)


def regions(text: str) -> tuple[Region, ...]:
    """The memory regions of a script's text; INCLUDE is not followed."""
    return parse_script(text).regions


def parse_script(text: str, path: str = "") -> LinkerScript:
    """What the text of one script says; INCLUDE is not followed. Never raises."""
    reader = _Reader(())
    reader.take(text, path)
    return reader.script()


def read_script(path: str, library_dirs: Sequence[str] = ()) -> LinkerScript:
    """What a script on disk says, with what it includes: looked for beside it, as ld does in its working folder, and
    in `library_dirs`. A script that cannot be read gives an empty result.
    """
    reader = _Reader((os.path.dirname(path), *library_dirs))
    reader.read(path)
    return reader.script()


@dataclass
class _Reader:
    folders: Sequence[str]
    ranges: dict[str, tuple[int, int]] = field(default_factory=dict)
    attributes: dict[str, str] = field(default_factory=dict)
    places: list[tuple[str, str, Span]] = field(default_factory=list)
    entry: str = ""
    defined: list[Defined] = field(default_factory=list)
    expressions: list[list[str]] = field(default_factory=list)
    values: dict[str, int] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    includes: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def read(self, path: str) -> None:
        """Take a file."""
        if path in self.files or len(self.files) >= MOST_INCLUDES:
            return
        self.files.append(path)
        try:
            self.take(read_text(path, LIMIT), path)
        except Unreadable:
            self.missing.append(path)

    def take(self, text: str, path: str) -> None:
        """Take the text of one file."""
        plain = _COMMENT.sub(lambda match: re.sub(r"[^\r\n]", " ", match[0]), text)
        index = LineIndex(plain)
        words = [(match[0], match.start()) for _, match in zip(range(MOST_WORDS), _WORD.finditer(plain), strict=False)]
        at = 0
        while at < len(words):
            at = self._statement(words, at, path, index)

    def _statement(self, words: list[tuple[str, int]], at: int, path: str, index: LineIndex) -> int:
        word, offset = words[at]
        following = words[at + 1][0] if at + 1 < len(words) else ""
        if word == "MEMORY" and following == "{":
            return self._memory(words, at + 2, path, index)
        if word == "ENTRY" and following == "(" and at + 2 < len(words):
            self.entry = words[at + 2][0].strip('"')
            return at + 4
        if word == "INCLUDE" and following:
            self._include(following.strip('"'))
            return at + 2
        if following in _ASSIGNS and (_NAME.fullmatch(word) or word == "."):
            provided = at > 1 and words[at - 1][0] == "(" and words[at - 2][0] in _CALLS
            return self._assignment(
                words, at, Defined(word, path, index.span(offset, offset + len(word)), None, provided)
            )
        return at + 1

    def _assignment(self, words: list[tuple[str, int]], at: int, found: Defined) -> int:
        end, level = at + 2, 0
        while end < len(words) and words[end][0] not in (";", "}", "{") and level >= 0:
            level += (words[end][0] == "(") - (words[end][0] == ")")
            end += 1
        expression = [word for word, _ in words[at + 2 : end - 1 if level < 0 else end]]
        self.used.update(word for word in expression if _NAME.fullmatch(word) and word not in _LANGUAGE)
        if found.name != ".":
            plain = words[at + 1][0] == "="
            value = self._value(expression) if plain else None
            self.values.pop(found.name, None)
            if value is not None:
                self.values[found.name] = value
            self.defined.append(replace(found, value=value))
            self.expressions.append(expression if plain else [])
        return end

    def _value(self, words: Sequence[str]) -> int | None:
        try:
            return Expression(words, self.values, self.ranges).value()
        except Unknown:
            return None

    def _memory(self, words: list[tuple[str, int]], at: int, path: str, index: LineIndex) -> int:
        """Take the lines of MEMORY { name (attributes) : ORIGIN = value, LENGTH = value }; the place after its }."""
        while at < len(words) and words[at][0] != "}":
            if words[at][0] == "INCLUDE" and at + 1 < len(words):
                self._include(words[at + 1][0].strip('"'))
                at += 2
                continue
            end = at + 1
            while end < len(words) and words[end][0] != "}" and not _starts_region(words, end):
                end += 1
            self._region([word for word, _ in words[at:end]], path, index, words[at][1])
            at = end
        return at + 1

    def _region(self, words: list[str], path: str, index: LineIndex, offset: int) -> None:
        name = words[0]
        if ":" not in words or not _NAME.fullmatch(name):
            return
        colon = words.index(":")
        sides = dict(_sides(words[colon + 1 :]))
        self.places.append((name, path, index.span(offset, offset + len(name))))
        origin, length = self._value(sides.get("ORIGIN", ())), self._value(sides.get("LENGTH", ()))
        if origin is not None and length is not None and length >= 0:
            self.ranges[name] = origin, length
            self.attributes[name] = "".join(words[1:colon]).strip("()").lower()

    def _include(self, name: str) -> None:
        self.includes.append(name)
        found = (
            path for folder in self.folders if os.path.isfile(path := os.path.normpath(os.path.join(folder, name)))
        )
        path = next(found, "")
        if path:
            self.read(path)
        elif self.folders:
            self.missing.append(name)

    def _later(self, found: Defined, expression: Sequence[str]) -> Defined:
        """A symbol with its value, where that needs a region that is declared below it, as in CubeMX's scripts."""
        return found if found.value is not None or not expression else replace(found, value=self._value(expression))

    def script(self) -> LinkerScript:
        """What was taken."""
        return LinkerScript(
            regions=tuple(_region(name, *known, self.attributes.get(name, "")) for name, known in self.ranges.items()),
            places=tuple(self.places),
            entry=self.entry,
            defined=tuple(self._later(*one) for one in zip(self.defined, self.expressions, strict=True)),
            used=frozenset(self.used),
            includes=tuple(self.includes),
            files=tuple(self.files),
            missing=tuple(dict.fromkeys(self.missing)),
        )


def _starts_region(words: list[tuple[str, int]], at: int) -> bool:
    """Whether a new line of MEMORY begins here: name, attributes in parentheses, a colon."""
    if words[at][0] == "INCLUDE" or not _NAME.fullmatch(words[at][0]):
        return words[at][0] == "INCLUDE"
    after = at + 1
    if after < len(words) and words[after][0] == "(":
        while after < len(words) and words[after][0] not in (")", "}", ":", "="):
            after += 1
        after += 1
    return after < len(words) and words[after][0] == ":"


def _sides(words: list[str]) -> Iterator[tuple[str, list[str]]]:
    """(ORIGIN or LENGTH, the words of its value); both have shorter names."""
    names = {"ORIGIN": "ORIGIN", "org": "ORIGIN", "o": "ORIGIN", "LENGTH": "LENGTH", "len": "LENGTH", "l": "LENGTH"}
    at = 0
    while at + 1 < len(words):
        if words[at] in names and words[at + 1] == "=":
            end = next((place for place in range(at + 2, len(words)) if _ends_value(words, place)), len(words))
            yield names[words[at]], words[at + 2 : end]
            at = end
        at += 1


def _ends_value(words: list[str], at: int) -> bool:
    return words[at] == "," or (at + 1 < len(words) and words[at + 1] == "=")


def _region(name: str, origin: int, length: int, attributes: str) -> Region:
    """A region as the parts have it: core-coupled memory by its name, else by what may be done in it."""
    if _CCM.search(name):
        return Region(name, origin, length, "ccm", dma=False)
    readable_only = "x" in attributes or "r" in attributes or re.search(r"flash|rom", name, re.IGNORECASE) is not None
    writable = "w" in attributes or (not attributes and re.search(r"ram", name, re.IGNORECASE) is not None)
    return Region(name, origin, length, "flash" if readable_only and not writable else "ram", dma=True)
