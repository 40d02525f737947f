"""The open documents, exactly as the client has them.

pygls' own store splits lines where Python does (form feed, U+2028 ...), editors do not: an edit after such a
character lands in the wrong place. This one follows the protocol: \\n, \\r\\n and \\r alone end a line.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath

from signoff.lsp_server.encoding import UTF16, column_from_units
from signoff.verifiers.file_kinds import LANGUAGES as LANGUAGES
from signoff.verifiers.finding import Span
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import LineIndex, keep

# Names that other editors have for a language: Vim, Neovim and Emacs say "cuda".
ALIASES = {"cuda": "cuda-cpp"}
HDL = frozenset({"verilog", "systemverilog"})
# Whose open buffers can stand in for a file that a document of the language reads.
STRANGERS = {
    **dict.fromkeys(HDL, frozenset({"cuda-cpp", "python"})),
    "cuda-cpp": frozenset({*HDL, "python"}),
    "python": HDL,
    **dict.fromkeys(("c", "cpp"), frozenset({*HDL, "cuda-cpp", "python"})),
}
# Clients that know no CUDA take it for one of these: there the file's ending decides.
GENERAL = frozenset({"c", "cpp"})


@dataclass(frozen=True, slots=True)
class LineChange:
    """Which lines an edit replaced: lines `start` to `end` (inclusive, before), now `lines` lines more or fewer."""

    start: int
    end: int
    delta: int


class Document:
    """One open document. `index` is its text with line starts; both change together."""

    def __init__(self, uri: str, path: str, language: str, version: int, text: str) -> None:
        self.uri = uri
        self.path = path
        self.language = language
        self.version = version
        self.index = LineIndex(text)
        self._snapshot: Snapshot | None = None

    @property
    def text(self) -> str:
        """The whole text."""
        return self.index.text

    @property
    def snapshot(self) -> Snapshot:
        """The document frozen as it stands now."""
        if self._snapshot is None or self._snapshot.version != self.version:
            self._snapshot = Snapshot(self.uri, self.path, self.language, self.version, self.text)
            keep(self.index)
        return self._snapshot

    def replace_all(self, text: str) -> LineChange:
        """Take a new text as a whole."""
        before, self.index = self.index, LineIndex(text)
        self._snapshot = None
        return LineChange(0, len(before.starts), len(self.index.starts) - len(before.starts))

    def replace(self, start: tuple[int, int], end: tuple[int, int], text: str, encoding: str) -> LineChange:
        """Replace the text between two client positions (line, character in `encoding` units)."""
        span = Span(*self.position(*start, encoding), *self.position(*end, encoding))
        first, last = self.index.offsets(span)
        if last < first:
            first, last = last, first
        before = len(self.index.starts)
        self.index = self.index.replaced(first, last, text)
        self._snapshot = None
        return LineChange(span.start_line, span.end_line, len(self.index.starts) - before)

    def position(self, line: int, character: int, encoding: str) -> tuple[int, int]:
        """A client position as (line, column in code points)."""
        return line, column_from_units(self.index.line(line), character, encoding)


class Documents:
    """All open documents by uri. `encoding` is the position encoding agreed with the client."""

    def __init__(self) -> None:
        self.encoding = UTF16
        self._open: dict[str, Document] = {}
        self._paths: dict[str, Document] = {}

    def open(self, uri: str, path: str, language: str, version: int, text: str) -> Document:
        """Take a newly opened document; its file's ending decides where the client's language id says nothing."""
        if not path:
            language = "plaintext"  # a view into something else: looked at, not worked on
        language = ALIASES.get(language, language)
        known = language in LANGUAGES.values()
        by_name = LANGUAGES.get(PurePath(path).suffix.lower(), language)
        name = language if known and not (language in GENERAL and by_name == "cuda-cpp") else by_name
        document = Document(uri, path, name, version, text)
        self._open[uri] = document
        if path:
            self._paths[path] = document
        return document

    def close(self, uri: str) -> Document | None:
        """Forget a document; None where it was not open."""
        document = self._open.pop(uri, None)
        if document is not None:
            self._paths.pop(document.path, None)
        return document

    def get(self, uri: str) -> Document | None:
        """The open document of a uri."""
        return self._open.get(uri)

    def at_path(self, path: str) -> Document | None:
        """The open document of a file."""
        return self._paths.get(path)

    def __iter__(self) -> Iterator[Document]:
        return iter(list(self._open.values()))

    def snapshots(self, language: str) -> tuple[Snapshot, ...]:
        """All open documents that are files and could be read by one of this language, frozen."""
        strangers = STRANGERS.get(language, frozenset())
        return tuple(document.snapshot for document in self._paths.values() if document.language not in strangers)
