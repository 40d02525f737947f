"""Text as slang sees it: read from disk, made well-formed, and its byte offsets as lines and columns."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from signoff.verifiers.finding import Span
from signoff.verifiers.text import LineIndex

Stamp = tuple[int, int]


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
