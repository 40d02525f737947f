"""The files of a project inside slang: read, parsed once, and parsed again only where something changed."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

import pyslang
from pyslang import syntax
from signoff.verifiers.finding import Span
from signoff.verifiers.hdl.slang_options import Options
from signoff.verifiers.text import LineIndex

Stamp = tuple[int, int]
# slang never frees a text it was given; beyond this much, all state is thrown away and built anew.
REBUILD_BYTES = 24 * 1024 * 1024
_SERIALS = itertools.count(1)
OLD_KEYWORDS = '`begin_keywords "1364-2005"\n'
SYSTEMVERILOG = re.compile(
    r"\b(?:logic|bit|byte|int|always_(?:comb|ff|latch)|assert|assume|restrict|cover|typedef|enum|struct|union|interface|"
    r"package|import|unique|priority|class)\b"
)
NO_INCLUDE = pyslang.Diags.CouldNotOpenIncludeFile


class Source:
    """One text that slang has seen, and the way from slang's byte offsets to lines and columns."""

    __slots__ = ("_data", "_index", "path", "prelude", "single_byte", "text")

    def __init__(self, path: str, text: str, prelude: bool = False, single_byte: bool = False) -> None:
        self.path = path
        self.text = text
        self.prelude = prelude
        self.single_byte = single_byte or text.isascii()
        self._data: bytes | None = None
        self._index: LineIndex | None = None

    @property
    def index(self) -> LineIndex:
        """The lines of the text."""
        if self._index is None:
            self._index = LineIndex(self.text)
        return self._index

    def code_point(self, offset: int) -> int:
        """The code point offset of a byte offset."""
        if self.single_byte:
            return offset
        if self._data is None:
            self._data = well_formed(self.text).encode("utf-8")
        return len(self._data[:offset].decode("utf-8", "ignore"))

    def byte(self, offset: int) -> int:
        """The byte offset of a code point offset."""
        return offset if self.single_byte else len(well_formed(self.text[:offset]).encode("utf-8"))

    def span(self, start: int, end: int) -> Span:
        """The span between two byte offsets."""
        return Span(*self.position(start), *self.position(end))

    def position(self, offset: int) -> tuple[int, int]:
        """(line, column) of a byte offset."""
        return self.index.position(self.code_point(offset))


@dataclass(slots=True, eq=False)
class Unit:
    """One parsed file. `includes` are the headers it read, with their stamps; `absent` those it did not find."""

    source: Source
    prelude: str
    tree: syntax.SyntaxTree
    includes: dict[str, Stamp]
    absent: tuple[str, ...]


class Files:
    """Text from disk, read again only where the file's time or size changed."""

    def __init__(self) -> None:
        self._texts: dict[str, tuple[Stamp, str]] = {}

    def read(self, path: str) -> str | None:
        """The text of a file, or None where it cannot be read."""
        stamp = file_stamp(path)
        if stamp is None:
            return None
        known = self._texts.get(path)
        if known is None or known[0] != stamp:
            with contextlib.suppress(OSError):
                known = self._texts[path] = (stamp, decode(Path(path).read_bytes()))
        return known[1] if known else None


def file_stamp(path: str) -> Stamp | None:
    """Time and size of a file, None where there is none."""
    try:
        status = os.stat(path)  # noqa: PTH116 - a Path for each of a thousand files costs more than the call
    except (OSError, ValueError):
        return None
    return status.st_mtime_ns, status.st_size


def decode(data: bytes) -> str:
    """Text of a source file; one that is not UTF-8 is taken for Latin-1, as old comments mostly are."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def well_formed(text: str) -> str:
    """The text with unpaired surrogates replaced one for one: an editor may send them, UTF-8 has no form for them."""
    if text.isascii():
        return text
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in text)
    return text


def parse_errors(tree: syntax.SyntaxTree) -> int:
    """How many errors the parser found in a tree."""
    return sum(item.code.getSubsystem() is pyslang.DiagSubsystem.Parser for item in tree.diagnostics if item.isError())


class SourceState:
    """One life of slang's source manager: every text it was given, and the syntax trees."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.manager = pyslang.SourceManager()
        self.manager.setDisableProximatePaths(True)
        self.units: dict[str, Unit] = {}
        self.headers: dict[str, str] = {}
        self.assigned = 0
        self._sources: dict[pyslang.BufferID, Source] = {}
        self._names: dict[str, Source] = {}
        self.serial = next(_SERIALS)
        self._count = 0
        self._pragmas: list[pyslang.BufferID] = []

    def source(self, buffer: pyslang.BufferID) -> Source | None:
        """The text behind a buffer of slang's; None for a macro's expansion or a built-in."""
        known = self._sources.get(buffer)
        if known is None:
            path = str(self.manager.getFullPath(buffer))
            if not path or path == ".":
                return None
            known = self._names[path] = self._sources[buffer] = self._read_back(buffer, path)
        return known

    def _read_back(self, buffer: pyslang.BufferID, path: str) -> Source:
        try:
            return Source(path, self.manager.getSourceText(buffer).rstrip("\0"))
        except UnicodeDecodeError as error:  # a header that is not UTF-8: slang read its bytes as they are
            return Source(path, decode(error.object).rstrip("\0"), single_byte=True)

    def named(self, name: str) -> Source | None:
        """The newest text of a path, or the text that slang calls by this name in its messages."""
        if name not in self._names and self.manager.isCached(name):
            for buffer in self.manager.getAllBuffers():  # a header that slang read itself and nobody asked about yet
                if self.manager.getRawFileName(buffer) == name:
                    self.source(buffer)
        return self._names.get(name)

    def buffers_of(self, source: Source) -> frozenset[pyslang.BufferID]:
        """The buffers of one text: several where a header is included by several files."""
        return frozenset(buffer for buffer, known in self._sources.items() if known is source)

    def assign_header(self, path: str, text: str) -> bool:
        """Have includes of `path` see `text`; False where slang already read something else there."""
        known = self.headers.get(path)
        if known is not None:
            return known == text
        if self.manager.isCached(path):
            return False
        buffer = self.manager.assignText(path, well_formed(text))
        self.headers[path] = text
        self._names[path] = self._sources[buffer.id] = Source(path, text)
        self.assigned += len(text)
        return True

    def parse(self, files: Sequence[tuple[str, str]], preludes: Mapping[str, str]) -> list[Unit]:
        """One unit a file: the one at hand where neither its text nor what comes before it changed."""
        parsed = [self._unit(path, text, preludes.get(path, "")) for path, text in files]
        self.units = {unit.source.path: unit for unit in parsed}
        return parsed

    def parse_joined(self, files: Sequence[tuple[str, str]]) -> list[Unit]:
        """One unit of all files, for designs that share declarations outside modules."""
        texts = [Source(path, text) for path, text in files]
        tree = self._tree([self._assign(source) for source in texts])
        unit = Unit(texts[-1], "", tree, *self._includes(tree))
        self.units = {unit.source.path: unit}
        return [unit]

    def _unit(self, path: str, text: str, prelude: str) -> Unit:
        known = self.units.get(path)
        if known is not None and known.prelude == prelude and known.source.text == text:
            return known
        source = Source(path, text)
        tree = self._parse(source, prelude)
        if path.endswith(".v") and (faults := parse_errors(tree)) and not SYSTEMVERILOG.search(text):
            # An old file may use as names what became keywords of SystemVerilog: expect, checker, do.
            old = Source(path, text)
            other = self._parse(old, OLD_KEYWORDS + prelude)
            if parse_errors(other) < faults:
                source, tree = old, other
        self._names[path] = source
        return Unit(source, prelude, tree, *self._includes(tree))

    def _parse(self, source: Source, prelude: str) -> syntax.SyntaxTree:
        before = [self._assign(Source(source.path, prelude, prelude=True))] if prelude else []
        return self._tree([*before, self._assign(source)])

    def _tree(self, buffers: list[pyslang.SourceBuffer]) -> syntax.SyntaxTree:
        return syntax.SyntaxTree.fromBuffers(buffers, self.manager, self.options.bag)

    def _assign(self, source: Source) -> pyslang.SourceBuffer:
        # A path may be assigned once only; the folder is what includes are looked up in, so it must stay.
        self._count += 1
        name = f"{source.path}@{self._count}"
        buffer = self.manager.assignText(name, well_formed(source.text))
        self._names[name] = self._sources[buffer.id] = source
        if not source.prelude:
            self._names[source.path] = source
        self.assigned += len(source.text)
        if "pragma" in source.text or "slang" in source.text:
            self._pragmas.append(buffer.id)
        return buffer

    def take_pragma_buffers(self) -> list[pyslang.BufferID]:
        """The buffers, new since the last call, that may hold slang's own pragmas."""
        taken, self._pragmas = self._pragmas, []
        return taken

    def _includes(self, tree: syntax.SyntaxTree) -> tuple[dict[str, Stamp], tuple[str, ...]]:
        found: dict[str, Stamp] = {}
        for include in tree.getIncludeDirectives():
            if include.buffer:  # else it was not found, or a guard made slang skip it
                header = str(self.manager.getFullPath(include.buffer.id))
                found[header] = file_stamp(header) or (0, 0)
        absent = (str(item.args[0]) for item in tree.diagnostics if item.code == NO_INCLUDE)
        return found, tuple(dict.fromkeys(name.strip("'") for name in absent))

    def stale(self, texts: Mapping[str, str]) -> bool:
        """True where a header changed since it was read, or appeared: slang would go on using the old one."""
        if self.assigned > REBUILD_BYTES:
            return True
        if any(texts.get(path, text) != text for path, text in self.headers.items()):
            return True
        headers = {header: stamp for unit in self.units.values() for header, stamp in unit.includes.items()}
        for header, stamp in headers.items():
            if header in texts:
                if header not in self.headers and not self._same(header, texts[header]):
                    return True
            elif header in self.headers or (file_stamp(header) or (0, 0)) != stamp:
                return True
        return any(self._appeared(unit, texts) for unit in self.units.values() if unit.absent)

    def _same(self, header: str, text: str) -> bool:
        on_disk = next((s.text for s in self._sources.values() if s.path == header and not s.prelude), None)
        if on_disk == text:
            self.headers[header] = text
            return True
        return False

    def _appeared(self, unit: Unit, texts: Mapping[str, str]) -> bool:
        folders = (str(PurePath(unit.source.path).parent), *self.options.key.include_dirs)
        places = (str(PurePath(folder) / name) for folder in folders for name in unit.absent)
        return any(place in texts or file_stamp(place) is not None for place in places)
