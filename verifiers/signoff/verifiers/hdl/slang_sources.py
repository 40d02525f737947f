"""The files of a project inside slang: parsed once, and parsed again only where something changed."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

import pyslang
from pyslang import syntax

from signoff.verifiers.hdl.slang_options import Options
from signoff.verifiers.hdl.slang_text import Source, Stamp, decode, file_stamp, well_formed

# slang never frees a text it was given. When this much has come on top of what the project takes in itself, all
# state is thrown away and built anew: some hundred edits of a usual file, and one slower answer.
REBUILD_BYTES = 12 * 1024 * 1024
_SERIALS = itertools.count(1)
MAX_OTHERS = 300
OLD_KEYWORDS = '`begin_keywords "1364-2005"\n'
SYSTEMVERILOG = re.compile(
    r"\b(?:logic|bit|byte|int|always_(?:comb|ff|latch)|assert|assume|restrict|cover|typedef|enum|struct|union|interface|"
    r"package|import|unique|priority|class)\b"
)
NO_MACRO = pyslang.Diags.UnknownDirective
NO_INCLUDE = pyslang.Diags.CouldNotOpenIncludeFile


@dataclass(slots=True, eq=False)
class Unit:
    """One parsed file. `includes` are the headers it read, with their stamps; `absent` those it did not find.

    `names` are slang's names for the texts that the tree was made of.
    """

    source: Source
    prelude: str
    tree: syntax.SyntaxTree
    includes: dict[str, Stamp]
    absent: tuple[str, ...]
    names: tuple[str, ...]

    @property
    def lacks_text(self) -> bool:
        """True where a header or a macro was not found: what the file declares is then not all known."""
        return any(item.code in (NO_INCLUDE, NO_MACRO) for item in self.tree.diagnostics)


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
        # Of documents that are open side by side, each with its own guess of what belongs to it.
        self.others: dict[str, Unit] = {}
        # What a document might become, read beside it: its own tree is wanted again with the next question.
        self._guests: list[Unit] = []
        self.headers: dict[str, str] = {}
        self.assigned = 0
        self._sources: dict[pyslang.BufferID, Source] = {}
        self._names: dict[str, Source] = {}
        self._buffers: dict[str, pyslang.BufferID] = {}
        self._new: list[str] = []
        self.serial = next(_SERIALS)
        self._first = 0
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

    def parse(self, files: Sequence[tuple[str, str]], preludes: Mapping[str, str], guest: str = "") -> list[Unit]:
        """One unit a file: the one at hand where neither its text nor what comes before it changed.

        The unit of the path `guest` holds until the next call only: that of before is kept.
        """
        parsed = [self._unit(path, text, preludes.get(path, "")) for path, text in files]
        host = (self.units.get(guest) or self.others.get(guest)) if guest else None
        kept = [host if host is not None and unit.source.path == guest else unit for unit in parsed]
        self._keep(kept, [unit for unit in parsed if unit not in kept])
        return parsed

    def parse_joined(self, files: Sequence[tuple[str, str]]) -> list[Unit]:
        """One unit of all files, for designs that share declarations outside modules."""
        texts = [Source(path, text) for path, text in files]
        tree = self._tree([self._assign(source) for source in texts])
        unit = Unit(texts[-1], "", tree, *self._includes(tree), self._taken_names())
        self._keep([unit])
        return [unit]

    def _keep(self, units: list[Unit], guests: Sequence[Unit] = ()) -> None:
        """Take these as the current units; keep some others too, and forget what only earlier texts were made of."""
        self._first = self._first or self.assigned
        before = {**self.others, **self.units}
        self.units = {unit.source.path: unit for unit in units}
        self.others = {path: unit for path, unit in before.items() if path not in self.units}
        gone = [unit for path, unit in before.items() if path in self.units and self.units[path] is not unit]
        gone += [unit for unit in self._guests if unit not in guests and self.units.get(unit.source.path) is not unit]
        self._guests = list(guests)
        while len(self.others) > MAX_OTHERS:
            gone.append(self.others.pop(next(iter(self.others))))
        for name in (name for unit in gone for name in unit.names):
            self._sources.pop(self._buffers.pop(name), None)
            self._names.pop(name, None)

    def _unit(self, path: str, text: str, prelude: str) -> Unit:
        known = self._at_hand(path, text, prelude)
        if known is not None:
            # To another document's design the same file may have been a header, with a source of its own.
            self._names[path] = known.source
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
        return Unit(source, prelude, tree, *self._includes(tree), self._taken_names())

    def _at_hand(self, path: str, text: str, prelude: str) -> Unit | None:
        guests = (unit for unit in self._guests if unit.source.path == path)
        for known in (self.units.get(path) or self.others.get(path), *guests):
            if known is not None and known.prelude == prelude and known.source.text == text:
                return known
        return None

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
        self._buffers[name] = buffer.id
        self._new.append(name)
        if not source.prelude:
            self._names[source.path] = source
        self.assigned += len(source.text)
        if "pragma" in source.text or "slang" in source.text:
            self._pragmas.append(buffer.id)
        return buffer

    def _taken_names(self) -> tuple[str, ...]:
        taken, self._new = tuple(self._new), []
        return taken

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
        if self.assigned - 2 * self._first > REBUILD_BYTES:
            return True
        if any(texts.get(path, text) != text for path, text in self.headers.items()):
            return True
        kept = [*self.units.values(), *self.others.values(), *self._guests]
        headers = {header: stamp for unit in kept for header, stamp in unit.includes.items()}
        for header, stamp in headers.items():
            if header in texts:
                if header not in self.headers and not self._same(header, texts[header]):
                    return True
            elif header in self.headers or (file_stamp(header) or (0, 0)) != stamp:
                return True
        return any(self._appeared(unit, texts) for unit in kept if unit.absent)

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
