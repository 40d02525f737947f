"""A Makefile's variables, read without running make: assignments, includes, conditions and the functions of text.

Manual: gnu.org/software/make/manual/make.html. What only a run could tell ($(shell ...), $(eval ...)) is UNKNOWN.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from glob import iglob
from itertools import islice

from signoff.verifiers.mcu.build.reading import Unreadable, read_text

# Stands in a text for what is not known; no Makefile holds it.
UNKNOWN = "\x01"
LIMIT = 2 * 1024 * 1024
MOST_TEXT = 400_000
# Variables that double at each step would be expanded for ever.
MOST_STEPS = 200_000
MOST_FILES = 60
MOST_FOUND = 5_000
DEPTH = 40
_ASSIGNMENT = re.compile(r"(?:(?:export|override)\s+)*([^\s:#=+?!]+)\s*(::?:?=|\+=|\?=|!=|=)\s*(.*)", re.DOTALL)
_CONDITION = re.compile(r"(ifeq|ifneq|ifdef|ifndef)\b\s*(.*)", re.DOTALL)
_PAIR = re.compile(r"""\((.*),(.*)\)|(["'])(.*?)\3\s*(["'])(.*?)\5""", re.DOTALL)


@dataclass(slots=True)
class _Branch:
    """One open condition: whether what is read now holds (None: not known, it is read all the same), and whether a
    branch was taken already, or none of it is reached.
    """

    now: bool | None
    done: bool


@dataclass
class Variables:
    """The variables of a Makefile after reading it: `folder` is where make runs, `files` were read or asked for."""

    folder: str
    values: dict[str, str] = field(default_factory=dict)
    files: dict[str, None] = field(default_factory=dict)
    uncertain: bool = False
    steps: int = 0

    def read(self, path: str, depth: int = 0) -> None:
        """Take the assignments of a file and of what it includes."""
        if depth > DEPTH or len(self.files) >= MOST_FILES or path in self.files:
            return
        self.files[path] = None
        try:
            text = read_text(path, LIMIT)
        except Unreadable:
            return
        self.values["MAKEFILE_LIST"] = f"{self.values.get('MAKEFILE_LIST', '')} {path}".strip()
        taken: list[_Branch] = []
        for line in _lines(text):
            if not self._condition(line, taken) and all(one.now is not False for one in taken):
                self._statement(line, depth)

    def _statement(self, line: str, depth: int) -> None:
        word, _, rest = line.partition(" ")
        if word in ("include", "-include", "sinclude"):
            for name in self.words(rest):
                if UNKNOWN not in name:
                    self.read(os.path.normpath(os.path.join(self.folder, name)), depth + 1)
        elif match := _ASSIGNMENT.fullmatch(line):
            self._assign(self.expand(match[1]).strip(), match[2], match[3])

    def _assign(self, name: str, sign: str, value: str) -> None:
        if sign == "?=" and name in self.values:
            return
        if sign == "!=":
            self.values[name] = UNKNOWN
        elif sign == "+=":
            self.values[name] = f"{self.values.get(name, '')} {value}".strip()[:MOST_TEXT]
        else:
            self.values[name] = self.expand(value) if sign.startswith(":") else value

    def _condition(self, line: str, taken: list[_Branch]) -> bool:
        """Whether a line is one of conditions; `taken` is then brought up to date."""
        word = line.split(" ", 1)[0]
        if match := _CONDITION.fullmatch(line):
            reached = all(one.now is not False for one in taken)
            now = self._holds(match[1], match[2]) if reached else False
            taken.append(_Branch(now, done=now is True or not reached))
        elif word == "else":
            if taken:
                follows = _CONDITION.fullmatch(line[4:].strip())
                branch = taken[-1]
                unsure = branch.now is None
                branch.now = False if branch.done else self._holds(follows[1], follows[2]) if follows else True
                branch.now = None if unsure and branch.now is True else branch.now
                branch.done |= branch.now is True
        elif word == "endif":
            if taken:
                taken.pop()
        else:
            return False
        return True

    def _holds(self, kind: str, rest: str) -> bool | None:
        if kind in ("ifdef", "ifndef"):
            value = self.values.get(self.expand(rest).strip(), "")
            known = None if UNKNOWN in value else (value != "") == (kind == "ifdef")
        else:
            match = _PAIR.match(rest.strip())
            if not match:
                return None
            left, right = (match[1], match[2]) if match[1] is not None else (match[4], match[6])
            left, right = self.expand(left).strip(), self.expand(right).strip()
            known = None if UNKNOWN in left + right else (left == right) == (kind == "ifeq")
        self.uncertain |= known is None
        return known

    def words(self, text: str) -> list[str]:
        """The words of a text, expanded."""
        return self.expand(text).split()

    def value(self, name: str) -> str:
        """A variable's value, expanded; "" where it is not set."""
        return self.expand(f"$({name})")

    def expand(self, text: str, depth: int = 0) -> str:
        """A text with every $(...) in it replaced; UNKNOWN stands where that cannot be told."""
        if "$" not in text:
            return text
        self.steps += 1
        if depth > DEPTH or len(text) > MOST_TEXT or self.steps > MOST_STEPS:
            return UNKNOWN
        result: list[str] = []
        place = size = 0
        while (at := text.find("$", place)) >= 0:
            inner, end = _reference(text, at)
            piece = "$" if inner == "$" else self._reference(inner, depth + 1)
            result += (text[place:at], piece)
            size += len(piece)
            if size > MOST_TEXT:
                return UNKNOWN
            place = end
        return "".join((*result, text[place:]))

    def _reference(self, inner: str, depth: int) -> str:
        name, blank, rest = inner.lstrip().partition(" ")
        if blank and name in _FUNCTIONS:
            arguments = _arguments(rest)
            return _FUNCTIONS[name](self, [self.expand(one, depth) for one in arguments])
        if blank and re.fullmatch(r"[a-z]+", name):
            return UNKNOWN
        name = self.expand(inner, depth).strip()
        pattern, equals, replacement = name.partition("=")
        if equals and ":" in pattern:
            name, _, pattern = pattern.partition(":")
            if "%" not in pattern:
                pattern, replacement = f"%{pattern}", f"%{replacement}"
            return _patsubst(self, [pattern, replacement, self.expand(f"$({name})", depth)])
        if name in ("CURDIR", "PWD"):
            return self.folder
        return self.expand(self.values.get(name, ""), depth) if UNKNOWN not in name else UNKNOWN


def _lines(text: str) -> Iterator[str]:
    """Logical lines without recipes, comments and definitions of several lines."""
    whole, defining = "", False
    for line in text.splitlines():
        if line.startswith("\t") and not whole:
            continue
        if line.endswith("\\"):
            whole += line[:-1].strip() + " "
            continue
        line, whole = re.sub(r"(?<!\\)#.*", "", whole + line.strip()).strip(), ""
        if line.startswith("define "):
            defining = True
        elif line == "endef":
            defining = False
        elif line and not defining:
            yield line


def _reference(text: str, at: int) -> tuple[str, int]:
    """(what the $ at this place refers to, where it ends)."""
    if at + 1 >= len(text):
        return "$", at + 1
    opening = text[at + 1]
    if opening not in "({":
        return opening, at + 2
    closing, level = ")" if opening == "(" else "}", 0
    for place in range(at + 1, len(text)):
        level += (text[place] == opening) - (text[place] == closing)
        if level == 0:
            return text[at + 2 : place], place + 1
    return "", len(text)


def _arguments(text: str) -> list[str]:
    parts, level, start = [], 0, 0
    for place, sign in enumerate(text):
        level += (sign in "({") - (sign in ")}")
        if sign == "," and level == 0:
            parts.append(text[start:place])
            start = place + 1
    return [*parts, text[start:]]


def _patsubst(variables: Variables, arguments: list[str]) -> str:
    pattern, replacement, text = (*(one.strip() for one in arguments[:2]), arguments[-1])
    before, percent, after = pattern.partition("%")
    changed = []
    for word in text.split():
        fits = word.startswith(before) and word.endswith(after) and len(word) >= len(before) + len(after)
        if percent and fits and UNKNOWN not in word:
            word = replacement.replace("%", word[len(before) : len(word) - len(after)], 1)
        changed.append(replacement if not percent and word == pattern else word)
    return " ".join(changed)


def _wildcard(variables: Variables, arguments: list[str]) -> str:
    found: list[str] = []
    for pattern in arguments[0].split():
        if UNKNOWN in pattern:
            return UNKNOWN
        found += sorted(islice(iglob(pattern, root_dir=variables.folder), MOST_FOUND))
    return " ".join(found)


def _each(change: Callable[[str], str]) -> Callable[[Variables, list[str]], str]:
    return lambda variables, arguments: " ".join(change(word) for word in arguments[-1].split())


def _fits_any(word: str, patterns: list[str]) -> bool:
    """Whether a word is one of some patterns, in which % stands for anything."""
    for pattern in patterns:
        before, percent, after = pattern.partition("%")
        if word == pattern or (percent and word.startswith(before) and word.endswith(after)):
            return True
    return False


def _filter(keep: bool) -> Callable[[Variables, list[str]], str]:
    def function(variables: Variables, arguments: list[str]) -> str:
        patterns = arguments[0].split()
        words = arguments[-1].split()
        return " ".join(word for word in words if _fits_any(word, patterns) == keep or UNKNOWN in word)

    return function


def _absolute(variables: Variables, arguments: list[str]) -> str:
    return " ".join(os.path.normpath(os.path.join(variables.folder, word)) for word in arguments[-1].split())


_FUNCTIONS: dict[str, Callable[[Variables, list[str]], str]] = {
    "patsubst": _patsubst,
    "wildcard": _wildcard,
    "notdir": _each(lambda word: word.rpartition("/")[2]),
    "dir": _each(lambda word: f"{word.rpartition('/')[0]}/" if "/" in word else "./"),
    "basename": _each(lambda word: os.path.splitext(word)[0]),
    "suffix": _each(lambda word: os.path.splitext(word)[1]),
    "strip": _each(lambda word: word),
    "sort": lambda variables, arguments: " ".join(sorted(set(arguments[-1].split()))),
    "firstword": lambda variables, arguments: (arguments[-1].split() or [""])[0],
    "lastword": lambda variables, arguments: (arguments[-1].split() or [""])[-1],
    "addprefix": lambda variables, a: " ".join(a[0].strip() + word for word in a[-1].split()),
    "addsuffix": lambda variables, a: " ".join(word + a[0].strip() for word in a[-1].split()),
    "subst": lambda variables, a: a[2].replace(a[0], a[1]) if len(a) > 2 and a[0] else a[-1],
    "filter": _filter(True),
    "filter-out": _filter(False),
    "abspath": _absolute,
    "realpath": _absolute,
    "info": lambda variables, arguments: "",
    "warning": lambda variables, arguments: "",
}
