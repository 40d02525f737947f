"""Where trajectories are kept: JSON Lines in the user's state folder, a file a day, readable by nobody else."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from signoff.completion.tally import directory
from signoff.diagnostics.trajectories.record import FORMAT, Record

log = logging.getLogger(__name__)

# Bytes of all files together, beyond which those of the first days are deleted.
MOST_BYTES = 1 << 30
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\.jsonl")
_ENTRY = "trajectories"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A line that holds no trajectory: `line` counts from 1."""

    path: str
    line: int
    why: str


class Store:
    """The files. Every method may block for a moment; add() raises nothing, as keeping must never be in the way."""

    def __init__(self, folder: Path | None = None, most_bytes: int = MOST_BYTES) -> None:
        self.folder = folder or directory() / "trajectories"
        self._most = most_bytes

    def add(self, records: Iterable[Record]) -> bool:
        """Append trajectories to the file of their day; whether they could be written."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for record in records:
                _append(self.folder / f"{record['time'][:10]}.jsonl", line_of(record))
            self._bound()
        except OSError:
            log.exception("trajectories are not kept")
            return False
        return True

    def files(self) -> tuple[Path, ...]:
        """The files there are, the first day first."""
        try:
            found = [path for path in self.folder.iterdir() if _DAY.fullmatch(path.name)]
        except OSError:
            return ()
        return tuple(sorted(found))

    def _bound(self) -> None:
        files = self.files()
        sizes = [path.stat().st_size for path in files]
        for path, size in zip(files[:-1], sizes[:-1], strict=True):
            if sum(sizes) <= self._most:
                return
            path.unlink()
            sizes.remove(size)


def line_of(record: Record) -> bytes:
    """A trajectory as a line. Half a surrogate pair, which no file can hold, is replaced."""
    text = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", errors="replace") + b"\n"


def read(path: Path) -> Iterator[Record | Unreadable]:
    """The trajectories of a file, of Signoff's own or of results of `signoff repair`. Raises OSError."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                yield from _records(str(path), number, line)


def _records(path: str, number: int, line: bytes) -> Iterator[Record | Unreadable]:
    try:
        said = json.loads(line)
    except (ValueError, RecursionError) as error:
        yield Unreadable(path, number, f"no JSON: {error}")
        return
    if isinstance(said, dict) and isinstance(said.get(_ENTRY), list):
        for one in said[_ENTRY]:
            yield one if _is_record(one) else Unreadable(path, number, f"holds something that is no {FORMAT}")
    elif _is_record(said):
        yield said
    elif not (isinstance(said, dict) and "status" in said):
        yield Unreadable(path, number, f"is no {FORMAT}")


def _is_record(said: object) -> bool:
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        return False
    kinds = {"id": str, "time": str, "language": str, "code": str, "fault": dict, "attempts": list}
    return all(isinstance(said.get(name), kind) for name, kind in kinds.items()) and isinstance(
        said.get("repair"), dict | None
    )


def _append(path: Path, line: bytes) -> None:
    """One write of a whole line: several editors may keep at once. A line that was cut off is ended first."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0), 0o600)
    with os.fdopen(handle, "r+b", buffering=0) as file:
        end = file.seek(0, os.SEEK_END)
        if end:
            with contextlib.suppress(OSError):
                file.seek(end - 1)
                line = line if file.read(1) == b"\n" else b"\n" + line
        file.write(line)
