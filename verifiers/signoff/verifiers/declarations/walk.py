"""One pass over a unit's headers, as a compiler includes them: what each declares in the form in which it came out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from signoff.verifiers.declarations.facts import Declaration
from signoff.verifiers.declarations.scope import Scope, Way
from signoff.verifiers.gpu.values.macros import Definition, Macro, State, on_command_line
from signoff.verifiers.gpu.values.preprocess import Preprocessed, preprocess
from signoff.verifiers.gpu.values.scanning import directives
from signoff.verifiers.mcu.source.files import Files, Stamp, condition_words, included, names_in

MOST_FILES = 700
MOST_BYTES = 40_000_000
DEEPEST = 60
# So far down the ways in which headers came out are kept, so many of each.
DEEPEST_KEPT, MOST_VARIANTS = 3, 4

# Given (name, in <>, the including file, folders), the path of a header; "" where there is none.
Find = Callable[[str, bool, str, tuple[str, ...]], str]
Declared = Callable[[str, Preprocessed, bytes], tuple[Declaration, ...]]


@dataclass(frozen=True, slots=True)
class Variant:
    """A header, with all that it includes, where the names that conditions ask for mean certain things (`asked`).

    `leaves` are the macros that it sets, `files` what was read with it and not before, in order.
    """

    asked: dict[str, Definition]
    leaves: dict[str, Definition]
    files: tuple[tuple[str, Stamp, tuple[Declaration, ...]], ...]
    guards: dict[str, str]
    missing: tuple[str, ...]


# The ways in which headers came out, by path and include folders: they are kept from one unit to the next.
Variants = dict[tuple[str, tuple[str, ...]], list[Variant]]


class Walk:
    """One pass over a unit's headers, as a compiler includes them."""

    def __init__(self, files: Files, find: Find, declared: Declared, variants: Variants, way: Way, path: str) -> None:
        self._files = files
        self._look = find
        self._declared = declared
        self._variants = variants
        self._way = way
        self._path = path
        self._headers: dict[str, tuple[Declaration, ...]] = {}
        self._stamps: dict[str, Stamp] = {}
        self._guards: dict[str, str] = {}
        self._missing: dict[str, None] = {}
        self._words: set[str] = set()
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
        guarded = self._guards.get(path, "")
        self._words.add(guarded)
        if path == self._path or depth > DEEPEST or isinstance(now.get(guarded), Macro):
            return {}
        return self._entered(path, now, depth) if depth <= DEEPEST_KEPT else self._opened(path, now, depth)

    def _entered(self, path: str, now: dict[str, Definition], depth: int) -> dict[str, Definition]:
        """The macros that a header leaves; as it came out before where nothing that it asks for is different."""
        known = self._variants.setdefault((path, self._way.folders), [])
        for variant in known:
            if self._holds(variant, now):
                return self._taken(variant)
        before, missing, outer = set(self._headers), set(self._missing), self._words
        self._words = set()
        leaves = self._opened(path, now, depth)
        files = tuple((one, self._stamps[one], own) for one, own in self._headers.items() if one not in before)
        if path in self._stamps:
            guards = {one: self._guards[one] for one, _, _ in files if one in self._guards}
            unfound = tuple(one for one in self._missing if one not in missing)
            known.append(Variant(_asked(self._words, now), leaves, files, guards, unfound))
            del known[:-MOST_VARIANTS]
        self._words |= outer
        return leaves

    def _holds(self, variant: Variant, now: dict[str, Definition]) -> bool:
        """Whether a header would come out in this way here. What it had read already, it must have read here, too."""
        return (
            all(now.get(name, State.UNDEFINED) == meant for name, meant in variant.asked.items())
            and all(self._files.stamp(path) == stamp for path, stamp, _ in variant.files)
            and self._path not in (path for path, _, _ in variant.files)
        )

    def _taken(self, variant: Variant) -> dict[str, Definition]:
        for path, stamp, declared in variant.files:
            self._headers[path] = self._headers.get(path) or declared
            self._stamps.setdefault(path, stamp)
        self._guards.update(variant.guards)
        self._missing.update(dict.fromkeys(variant.missing))
        self._words |= variant.asked.keys()
        return variant.leaves

    def _opened(self, path: str, now: dict[str, Definition], depth: int) -> dict[str, Definition]:
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
        before, asked = dict(now), condition_words(directives(data))
        self._words |= asked
        for word in asked:
            before.setdefault(word, State.UNDEFINED)  # what nobody defines is none, as it is for a compiler
        done = preprocess(data, before, enter)
        for name in done.timeline.changes:
            touched[name] = done.environment[name]
        if path != self._path:
            self._headers[path] = self._headers[path] or self._declared(path, done, data)
        if guarded := self._guards.get(path):
            touched.setdefault(guarded, Macro(guarded, "1"))
        return touched


def _asked(words: Iterable[str], now: Mapping[str, Definition]) -> dict[str, Definition]:
    """What a header's conditions depend on: their names, and the names in the macros that these are."""
    asked: dict[str, Definition] = {}
    waiting = [word for word in words if word]
    while waiting:
        name = waiting.pop()
        if name not in asked:
            asked[name] = meant = now.get(name, State.UNDEFINED)
            waiting += names_in(meant.body) if isinstance(meant, Macro) else ()
    return asked


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
