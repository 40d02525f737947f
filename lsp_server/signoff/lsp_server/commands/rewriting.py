"""Files that a command changes: read byte for byte, shown as a diff, or all written in one step."""

from __future__ import annotations

import codecs
import difflib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from signoff.lsp_server.commands.session import snapshot_of
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import BOM


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file as it was read; `encoding` writes its text back byte for byte."""

    path: str
    data: bytes
    encoding: str
    snapshot: Snapshot


def read(path: str) -> SourceFile:
    """Bytes that are not UTF-8 are read as Latin-1, which keeps each of them. Raises OSError."""
    snapshot, data = snapshot_of(path), Path(path).read_bytes()
    try:
        data.decode("utf-8")
        return SourceFile(path, data, "utf-8-sig" if data.startswith(codecs.BOM_UTF8) else "utf-8", snapshot)
    except UnicodeDecodeError:
        return SourceFile(path, data, "latin-1", replace(snapshot, text=data.decode("latin-1")))


def shown(path: str) -> str:
    """A path for a person: relative where it lies below the current folder."""
    relative = os.path.relpath(path)
    return path if relative.startswith("..") else relative


class Changes:
    """New texts of files, to be shown or written once all are known."""

    def __init__(self) -> None:
        self._changed: dict[str, tuple[SourceFile, str]] = {}

    def put(self, file: SourceFile, text: str) -> None:
        """The text that a file is to have; of two for one file the later counts."""
        self._changed.pop(file.path, None)
        if text != file.snapshot.text:
            self._changed[file.path] = (file, text)

    def show(self) -> None:
        """Print them as a unified diff."""
        for file, text in self._changed.values():
            mark = BOM if file.encoding == "utf-8-sig" else ""
            lines = diff(mark + file.snapshot.text, mark + text, shown(file.path))
            sys.stdout.writelines(line.encode(_encoding(), "replace").decode(_encoding()) for line in lines)
        sys.stdout.flush()

    def write(self) -> None:
        """Replace all files, or none. Raises OSError, also where one has changed on disk since it was read.

        Every new text lies ready beside its file before the first is replaced, which takes one rename a file.
        """
        ready: list[tuple[SourceFile, Path, Path]] = []
        try:
            for file, text in self._changed.values():
                target = Path(file.path).resolve()
                ready.append((file, target, _laid_ready(target, text.encode(file.encoding))))
            for file, target, _ in ready:
                if target.read_bytes() != file.data:
                    raise OSError(f"{file.path}: changed on disk meanwhile; nothing is written")
            _replace(ready)
        finally:
            for _, _, new in ready:
                new.unlink(missing_ok=True)


def _laid_ready(target: Path, data: bytes) -> Path:
    """A file beside the target with its new content and permissions."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        shutil.copymode(target, name)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name)


def _replace(ready: list[tuple[SourceFile, Path, Path]]) -> None:
    """Put the new files in the old ones' places; where one cannot be, those before it become what they were."""
    done: list[tuple[SourceFile, Path]] = []
    try:
        for file, target, new in ready:
            new.replace(target)
            done.append((file, target))
    except BaseException:
        for file, target in done:
            with suppress(OSError):
                _laid_ready(target, file.data).replace(target)
        raise


def diff(before: str, after: str, name: str) -> Iterator[str]:
    """A unified diff that `patch` takes; lines end where \\n stands, so that a \\r stays part of its line."""
    old, new = _lines(before), _lines(after)
    # A path from the root is its own: `patch -p1 -d /` takes it.
    names = (name, name) if Path(name).is_absolute() else (f"a/{name}", f"b/{name}")
    for line in difflib.unified_diff(old, new, *names):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _lines(text: str) -> list[str]:
    lines = [f"{line}\n" for line in text.split("\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]


def _encoding() -> str:
    """What standard output takes: a terminal or pipe that is not UTF-8 gets what it can show."""
    return sys.stdout.encoding or "utf-8"
