"""One pass over a unit's headers, as a compiler includes them: what each declares in the form in which it came out."""

from __future__ import annotations

import re
from collections.abc import Callable

from signoff.verifiers.declarations.facts import Declaration
from signoff.verifiers.declarations.scope import Scope, Way
from signoff.verifiers.gpu.values.macros import Definition, Macro, State, on_command_line
from signoff.verifiers.gpu.values.preprocess import Preprocessed, preprocess
from signoff.verifiers.gpu.values.scanning import directives
from signoff.verifiers.mcu.source.files import Files, Stamp, condition_words, included

MOST_FILES = 700
MOST_BYTES = 40_000_000
DEEPEST = 60

# Given (name, in <>, the including file, folders), the path of a header; "" where there is none.
Find = Callable[[str, bool, str, tuple[str, ...]], str]
Declared = Callable[[str, Preprocessed, bytes], tuple[Declaration, ...]]


class Walk:
    """One pass over a unit's headers, as a compiler includes them."""

    def __init__(self, files: Files, find: Find, declared: Declared, way: Way, path: str) -> None:
        self._files = files
        self._look = find
        self._declared = declared
        self._way = way
        self._path = path
        self._headers: dict[str, tuple[Declaration, ...]] = {}
        self._stamps: dict[str, Stamp] = {}
        self._guards: dict[str, str] = {}
        self._missing: dict[str, None] = {}
        self._bytes = 0

    def scope(self, data: bytes) -> Scope:
        """What the headers of a document declare."""
        before: dict[str, Definition] = dict.fromkeys(self._way.undefined, State.UNDEFINED)
        before.update((macro.name, macro) for macro in map(on_command_line, self._way.defines))
        for name in self._way.forced:
            before.update(self._include(name, False, before, "", 0))
        direct = frozenset(
            found for name, angled in included(directives(data)) if (found := self._find(name, angled, self._path))
        )
        self._read(self._path, data, before, 0)
        files = tuple(self._headers)
        return Scope(files, self._stamps, tuple(self._headers.values()), tuple(self._missing), direct)

    def _find(self, name: str, angled: bool, origin: str) -> str:
        return self._look(name, angled, origin, self._way.folders)

    def _include(
        self, name: str, angled: bool, now: dict[str, Definition], origin: str, depth: int
    ) -> dict[str, Definition]:
        """The macros that a header leaves."""
        path = name if name.startswith("/") and not origin else self._find(name, angled, origin)
        if not path:
            self._missing[name] = None
            return {}
        if path == self._path or depth > DEEPEST or isinstance(now.get(self._guards.get(path, "")), Macro):
            return {}
        stamp = self._stamps.setdefault(path, self._files.stamp(path))
        data = self._files.data(path, stamp)
        if data is None or len(self._headers) >= MOST_FILES or self._bytes > MOST_BYTES:
            return {}
        self._bytes += len(data)
        self._guards[path] = guard(data, path)
        return self._read(path, data, now, depth)

    def _read(self, path: str, data: bytes, now: dict[str, Definition], depth: int) -> dict[str, Definition]:
        touched: dict[str, Definition] = {}

        def enter(name: str, angled: bool, live: dict[str, Definition]) -> dict[str, Definition]:
            return self._include(name, angled, live, path, depth + 1)

        if path != self._path:
            self._headers.setdefault(path, ())  # its place is before those of the headers that it includes
        before = dict(now)
        for word in condition_words(directives(data)):
            before.setdefault(word, State.UNDEFINED)  # what nobody defines is none, as it is for a compiler
        done = preprocess(data, before, enter)
        for name in done.timeline.changes:
            touched[name] = done.environment[name]
        if path != self._path:
            self._headers[path] = self._headers[path] or self._declared(path, done, data)
        if guarded := self._guards.get(path):
            touched.setdefault(guarded, Macro(guarded, "1"))
        return touched


# No name in C: what stands for a header with #pragma once.
ONCE = "#once "
PRAGMA_ONCE = re.compile(rb"^[ \t]*#[ \t]*pragma[ \t]+once\b", re.MULTILINE)


def guard(data: bytes, path: str) -> str:
    """The macro that keeps a header from being read twice; "" where it has none."""
    found = directives(data)
    first = next((one for one in found if one.word != "pragma"), None)
    if first is not None and first.word == "ifndef" and found[-1].word == "endif":
        return first.rest.split()[0] if first.rest.split() else ""
    return f"{ONCE}{path}" if PRAGMA_ONCE.search(data) else ""
