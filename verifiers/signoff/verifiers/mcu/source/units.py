"""A unit's text as it is compiled: what certainly is not is blanked, and the macros of its headers are known."""

from __future__ import annotations

import os
import re
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from signoff.verifiers.gpu.values.macros import Definition, Macro, State, on_command_line
from signoff.verifiers.gpu.values.preprocess import preprocess
from signoff.verifiers.gpu.values.scanning import directives
from signoff.verifiers.mcu.source.files import Files, Stamp, condition_words, included, names_in
from signoff.verifiers.mcu.source.vocabulary import is_vendor_header
from signoff.verifiers.project import CompileUnit

MOST_HEADERS = 600
DEEPEST = 40
# Lists of include folders, one or a few an image, for which headers are kept.
MOST_FOLDERS = 16
MOST_VARIANTS = 8
# What gcc for Arm defines, and what it certainly does not.
ALWAYS = ("__GNUC__=12", "__arm__=1", "__ARM_EABI__=1", "__STDC__=1", "__thumb__=1")
NEVER = ("__CC_ARM", "__ARMCC_VERSION", "__ICCARM__", "__TASKING__", "__TI_ARM__", "__CSMC__", "_WIN32", "__linux__")
# The chip's name as a macro: where a unit defines one, it is no other chip.
CHIP = re.compile(r"STM32[A-Z]+\d+\w*")

Environment = dict[str, Definition]


@dataclass(frozen=True, slots=True)
class Reach:
    """The headers that a unit may include, whatever is compiled: its own with their stamps, vendors', names not found.

    `defined` are the macros that vendors' headers may define, `behind` keeps which own ones lie behind a vendor's.
    """

    headers: Mapping[str, Stamp]
    vendors: Mapping[str, Stamp]
    missing: tuple[str, ...] = ()
    defined: frozenset[str] = frozenset()
    behind: dict[str, tuple[str, ...]] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class UnitText:
    """`data` has the offsets of the file; `macros` are those at its end; `reach` its headers."""

    data: bytes
    macros: Environment
    reach: Reach


@dataclass(slots=True)
class _Variant:
    """What a header leaves where certain names are defined in a certain way."""

    asked: tuple[tuple[str, Definition | None], ...]
    leaves: Environment
    words: frozenset[str]


@dataclass(slots=True)
class _Scope:
    """The header that is read now: the names that it has set, and those that its conditions ask for."""

    touched: set[str] = field(default_factory=set)
    words: set[str] = field(default_factory=set)


class UnitReader:
    """Reads units; headers are read once for each way in which they come out."""

    def __init__(self, files: Files) -> None:
        self.files = files
        self._found: dict[tuple[tuple[str, ...], str, str], str] = {}
        self._reaches: dict[tuple[tuple[str, ...], str, tuple[tuple[str, bool], ...]], Reach] = {}
        self._variants: OrderedDict[tuple[str, ...], dict[str, tuple[Stamp, list[_Variant]]]] = OrderedDict()
        self._names: dict[frozenset[tuple[str, Stamp]], frozenset[str]] = {}
        self._inner: dict[str, tuple[Stamp, tuple[tuple[str, bool], ...]]] = {}

    def read(self, path: str, data: bytes, unit: CompileUnit) -> UnitText:
        """The text of one file as a unit, or as a header by itself, is compiled with the unit's flags."""
        found = directives(data)
        forced = tuple((name, False) for name in unit.forced_includes)
        reach = self.reach(path, forced + included(found), unit)
        run = _Run(self, unit, reach)
        before = run.start(path)
        run.settle(before, condition_words(found))
        done = preprocess(data, before, run.includer(path, 0, _Scope()))
        return UnitText(done.data, done.environment, reach)

    def reach(self, path: str, names: tuple[tuple[str, bool], ...], unit: CompileUnit) -> Reach:
        """The headers of a unit; looked for again where one has changed."""
        key = folders(unit), path, names
        kept = self._reaches.get(key)
        if kept is None or any(self.files.stamp(one) != stamp for one, stamp in kept.headers.items()):
            kept = self._reaches[key] = self._reach(path, names, key[0])
        return kept

    def _reach(self, path: str, names: tuple[tuple[str, bool], ...], where: tuple[str, ...]) -> Reach:
        headers: dict[str, Stamp] = {}
        vendors: dict[str, Stamp] = {}
        missing: list[str] = []
        waiting = [(path, *one) for one in reversed(names)]
        while waiting and len(headers) + len(vendors) < MOST_HEADERS:
            origin, name, angled = waiting.pop()
            found = self.find(name, angled, origin, where)
            if not found:
                missing += [] if angled or origin in vendors else [name]
            elif found not in headers and found not in vendors and found != path:
                stamp = self.files.stamp(found)
                vendor = origin in vendors or is_vendor_header(found, _size(stamp))
                (vendors if vendor and not _own(found) else headers)[found] = stamp
                outline = self.files.outline(found, stamp) if found in headers else None
                inner = outline.includes if outline else self._vendor_includes(found, stamp)
                waiting.extend((found, *one) for one in reversed(inner))
        return Reach(headers, vendors, tuple(missing), self._defined(vendors))

    def _defined(self, vendors: dict[str, Stamp]) -> frozenset[str]:
        key = frozenset(vendors.items())
        if key not in self._names:
            self._names[key] = frozenset().union(*(self.files.defined(*one) for one in vendors.items()))
        return self._names[key]

    def _vendor_includes(self, path: str, stamp: Stamp) -> tuple[tuple[str, bool], ...]:
        kept = self._inner.get(path)
        if kept is None or kept[0] != stamp:
            matches = INCLUDED.finditer(self.files.data(path, stamp) or b"")
            kept = self._inner[path] = (
                stamp,
                tuple((match[2].decode("utf-8", "replace"), match[1] == b"<") for match in matches),
            )
        return kept[1]

    def own_behind(self, path: str, reach: Reach, where: tuple[str, ...]) -> tuple[str, ...]:
        """The project's own headers that a vendor's includes, itself or by way of other vendors'."""
        if path not in reach.behind:
            reach.behind[path] = self._own_behind(path, reach, where)
        return reach.behind[path]

    def _own_behind(self, path: str, reach: Reach, where: tuple[str, ...]) -> tuple[str, ...]:
        own: dict[str, None] = {}
        seen, waiting = {path}, [path]
        while waiting:
            origin = waiting.pop()
            for name, angled in self._vendor_includes(origin, reach.vendors[origin]):
                found = self.find(name, angled, origin, where)
                if found in reach.headers:
                    own[found] = None
                elif found in reach.vendors and found not in seen:
                    seen.add(found)
                    waiting.append(found)
        return tuple(own)

    def find(self, name: str, angled: bool, origin: str, where: tuple[str, ...]) -> str:
        """The path of what `#include "name"` means in the file `origin`; "" where it is not found."""
        own = "" if angled else os.path.split(origin)[0]
        key = where, name, own
        known = self._found.get(key)
        if known and self.files.stamp(known) is not None:
            return known
        for folder in (*((own,) if own else ()), *where):
            path = f"{folder}/{name}"
            path = os.path.normpath(path) if ".." in name or "./" in name else path
            if self.files.stamp(path) is not None:
                self._found[key] = path
                return path
        return ""

    def variants(self, path: str, stamp: Stamp, where: tuple[str, ...]) -> list[_Variant]:
        """The ways in which a header was read so far, with these include folders: what it includes hangs on them."""
        of_folders = self._variants.pop(where, None) or {}
        self._variants[where] = of_folders
        while len(self._variants) > MOST_FOLDERS:
            self._variants.popitem(last=False)
        kept = of_folders.get(path)
        if kept is None or kept[0] != stamp:
            kept = of_folders[path] = stamp, []
        return kept[1]

    def forget(self) -> None:
        """A header has changed: what others that include it leave may have changed with it."""
        self._variants.clear()


INCLUDED = re.compile(rb"^[ \t]*#[ \t]*include[ \t]*([<\"])([^>\"\n]+)[>\"]", re.MULTILINE)


class _Run:
    """The preprocessing of one unit."""

    def __init__(self, reader: UnitReader, unit: CompileUnit, reach: Reach) -> None:
        self.reader = reader
        self.unit = unit
        self.reach = reach
        self.where = folders(unit)
        self.sure = unit.declared and not reach.missing
        self.chip = any(CHIP.match(define) for define in unit.defines)

    def start(self, path: str) -> Environment:
        """The macros before the file's first line."""
        before: Environment = dict.fromkeys(NEVER, State.UNDEFINED)
        for text in (*ALWAYS, *self.unit.defines):
            macro = on_command_line(text)
            before[macro.name] = macro
        before.update((name, State.UNDEFINED) for name in self.unit.undefines)
        if is_cplusplus(path):
            before["__cplusplus"] = on_command_line("__cplusplus=201703L")
        else:
            before["__cplusplus"] = State.UNDEFINED
        for name in self.unit.forced_includes:
            before.update(self.includer(path, 0, _Scope())(name, False, before) or {})
        return before

    def settle(self, environment: Environment, words: Iterable[str]) -> None:
        """Names that nothing defines so far, and no vendor's header may, are undefined until something does."""
        for word in words:
            if word not in environment and self._undefined(word):
                environment[word] = State.UNDEFINED

    def _undefined(self, word: str) -> bool:
        if self.chip and CHIP.fullmatch(word):
            return word not in self.reach.defined or len(word) > len("STM32F4")
        return self.sure and not word.startswith("_") and word not in self.reach.defined

    def includer(self, origin: str, depth: int, scope: _Scope) -> _Includer:
        """What `preprocess` asks for at each #include of the file `origin`."""
        return _Includer(self, origin, depth, scope)

    def enter(self, path: str, now: Environment, depth: int, scope: _Scope) -> Environment | None:
        """The macros that a header leaves where `now` holds before it; a vendor's, those of own ones behind it."""
        if path in self.reach.vendors and depth <= DEEPEST:
            return self._behind(path, now, depth, scope)
        if path not in self.reach.headers or depth > DEEPEST:
            return None
        stamp = self.reach.headers[path]
        variants = self.reader.variants(path, stamp, self.where)
        for variant in variants:
            if all(now.get(name) == definition for name, definition in variant.asked):
                scope.touched.update(variant.leaves)
                scope.words |= variant.words
                return variant.leaves
        return self._read(path, stamp, now, depth, scope, variants)

    def _behind(self, path: str, now: Environment, depth: int, scope: _Scope) -> Environment:
        """What the project's own headers leave that a vendor's includes: stm32f4xx_hal_conf.h, FreeRTOSConfig.h."""
        leaves: Environment = {}
        for own in self.reader.own_behind(path, self.reach, self.where):
            leaves.update(self.enter(own, {**now, **leaves}, depth + 1, scope) or {})
        return leaves

    def _read(
        self, path: str, stamp: Stamp, now: Environment, depth: int, scope: _Scope, variants: list[_Variant]
    ) -> Environment | None:
        data, outline = self.reader.files.data(path, stamp), self.reader.files.outline(path, stamp)
        if data is None or outline is None:
            return None
        inner = _Scope(words=set(outline.conditions))
        before = dict(now)
        self.settle(before, outline.conditions)
        done = preprocess(data, before, self.includer(path, depth, inner))
        inner.touched.update(done.timeline.changes)
        leaves = {name: done.environment[name] for name in inner.touched if name in done.environment}
        variant = _Variant(_asked(inner.words, now), leaves, frozenset(inner.words))
        variants.append(variant)
        del variants[:-MOST_VARIANTS]
        scope.touched |= inner.touched
        scope.words |= inner.words
        return leaves


@dataclass(frozen=True, slots=True)
class _Includer:
    run: _Run
    origin: str
    depth: int
    scope: _Scope

    def __call__(self, name: str, angled: bool, now: Environment) -> Environment | None:
        path = self.run.reader.find(name, angled, self.origin, self.run.where)
        return self.run.enter(path, now, self.depth + 1, self.scope) if path else None


@lru_cache(maxsize=512)
def _absolute(named: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(os.path.normpath(one) for one in named if Path(one).is_absolute()))


def folders(unit: CompileUnit) -> tuple[str, ...]:
    """Where a unit's headers are looked for, absolute."""
    return tuple(
        dict.fromkeys(one for one in (*unit.include_dirs, *unit.system_include_dirs) if Path(one).is_absolute())
    )


def is_cplusplus(path: str) -> bool:
    """Whether a file is C++ by its name."""
    return path.lower().endswith((".cpp", ".cc", ".cxx", ".hpp", ".hh", ".hxx"))


def _asked(words: Iterable[str], now: Environment) -> tuple[tuple[str, Definition | None], ...]:
    """What a header's conditions depend on: their names, and the names in the macros that these are."""
    asked: dict[str, Definition | None] = {}
    waiting = list(words)
    while waiting:
        name = waiting.pop()
        if name not in asked:
            definition = asked[name] = now.get(name)
            if isinstance(definition, Macro):
                waiting.extend(names_in(definition.body))
    return tuple(asked.items())


def _size(stamp: Stamp) -> int:
    return len(stamp) if isinstance(stamp, bytes) else stamp[1] if stamp else 0


def _own(path: str) -> bool:
    return not is_vendor_header(path, 0) and not is_vendor_header(path, LARGE)


LARGE = 1 << 30
