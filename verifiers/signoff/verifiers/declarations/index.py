"""What is declared where a document stands: its headers, read as the preprocessor reads them, and kept."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable

from signoff.verifiers.declarations.facts import Declaration, Kind
from signoff.verifiers.declarations.scan import group_at, groups, scan
from signoff.verifiers.declarations.scope import Scope, Way
from signoff.verifiers.declarations.spelling import one_line
from signoff.verifiers.declarations.walk import Variants, Walk
from signoff.verifiers.gpu.values.macros import Macro
from signoff.verifiers.gpu.values.preprocess import Preprocessed
from signoff.verifiers.gpu.values.scanning import directives
from signoff.verifiers.mcu.source.files import Files
from signoff.verifiers.mcu.source.units import UnitReader
from signoff.verifiers.text import LineIndex

# Units whose declarations are kept, and headers in the form in which they came out.
KEPT_UNITS = 12
KEPT_HEADERS = 3000
# A macro whose value is longer is no constant: a reader gets its parameters alone.
LONGEST_VALUE = 120


class Index:
    """Reads units. One for a worker process."""

    def __init__(self) -> None:
        self.files = Files()
        self._reader = UnitReader(self.files)
        self._scopes: OrderedDict[tuple[object, ...], Scope] = OrderedDict()
        self._variants: Variants = {}
        self._scanned: OrderedDict[tuple[str, int], tuple[bytes, tuple[Declaration, ...]]] = OrderedDict()

    def begin(self, buffers: dict[str, bytes]) -> None:
        """A new look at the files; `buffers` are the open documents' texts by path."""
        self.files.begin(buffers)

    def known(self, path: str, data: bytes, way: Way) -> Scope | None:
        """The scope of a document where nothing has to be read for it; None where something has."""
        key = _key(path, data, way)
        scope = self._scopes.get(key)
        if scope is None or any(self.files.stamp(one) != stamp for one, stamp in scope.stamps.items()):
            return None
        self._scopes.move_to_end(key)
        return scope

    def read(self, path: str, data: bytes, way: Way) -> Scope:
        """The scope of a document; reads what has changed."""
        scope = self.known(path, data, way)
        if scope is None:
            scope = Walk(self.files, self._reader.find, self.declarations, self._variants, way, path).scope(data)
            self._scopes[_key(path, data, way)] = scope
            while len(self._scopes) > KEPT_UNITS:
                self._scopes.popitem(last=False)
        return scope

    def latest(self, path: str) -> Scope | None:
        """What a document's headers declared when they were read last, whatever has changed since."""
        return next((scope for key, scope in reversed(self._scopes.items()) if key[0] == path), None)

    def find(self, name: str, angled: bool, origin: str, way: Way) -> str:
        """The path of what an #include means; "" where it is not found."""
        return self._reader.find(name, angled, origin, way.folders)

    def declarations(self, path: str, done: Preprocessed, data: bytes) -> tuple[Declaration, ...]:
        """What a header declares in the form in which it came out, macros included."""
        key = path, hash(done.data)
        kept = self._scanned.get(key)
        if kept is None or kept[0] != done.data:
            text = done.data.decode("utf-8", "replace")
            found = (*scan(text, path), *macros(done, data, path))
            kept = self._scanned[key] = done.data, tuple(sorted(found, key=lambda one: one.line))
            while len(self._scanned) > KEPT_HEADERS:
                self._scanned.popitem(last=False)
        return kept[1]


def _key(path: str, data: bytes, way: Way) -> tuple[object, ...]:
    return path, way, tuple(TELLING.findall(data))


# The first lines of the directives that headers hang on.
TELLING = re.compile(rb"^[ \t]*#[ \t]*(?:include|define|undef|if|el|endif)[^\r\n]*", re.MULTILINE)


def macros(done: Preprocessed, data: bytes, path: str) -> Iterable[Declaration]:
    """The macros that a text itself defines, those without a value and guards left out."""
    text = data.decode("utf-8", "replace")
    found, index = groups(text), LineIndex(text)
    own = {one.end for one in directives(data) if one.word == "define"}
    plain = len(text) == len(data)
    for name, changes in done.timeline.changes.items():
        for offset, one in changes:
            if isinstance(one, Macro) and offset in own and (one.body or one.parameters is not None):
                at = offset if plain else len(data[:offset].decode("utf-8", "replace"))
                yield Declaration(
                    name, Kind.MACRO, macro_text(one), path, index.position(at)[0], group=group_at(found, at)
                )


def macro_text(one: Macro) -> str:
    """A macro on one line; a long value is left out."""
    head = one.name if one.parameters is None else f"{one.name}({', '.join(one.parameters)})"
    body = one_line(one.body)
    return f"#define {head} {body}" if len(body) <= LONGEST_VALUE else f"#define {head} ..."
