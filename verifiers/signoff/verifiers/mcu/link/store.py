"""Compiled objects on disk, by what they were made from: ccache's direct mode, in the user's cache folder.

A manifest lists, for one file with one set of flags, the objects made so far, each with all files that went into it and
their hashes: an object is the right one where every one of these files still has its hash.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from signoff.verifiers.mcu.link.contents import GONE, digest
from signoff.verifiers.run import scratch_folder
from signoff.verifiers.scratch import session_folder

LIMIT_BYTES = 1 << 30
# Evicting goes on down to this part of the limit, so that it is not needed again at once.
KEPT_PART = 0.8
# How many texts of one file are remembered: going back and forth between branches costs nothing.
VARIANTS = 8
EVICT_EVERY = 500
# What a compilation leaves beside its object: -fcallgraph-info's graph, the complaints.
COMPANIONS = (".o", ".ci")
# Folders of compilations that were killed.
STALE_SECONDS = 24 * 3600.0
VARIABLE = "SIGNOFF_CACHE_DIR"


@dataclass(frozen=True, slots=True)
class Stored:
    """One object file in the store, the call graph that gcc wrote with it ("" where there is none), and the files
    that it was made from."""

    key: str
    path: str
    graph: str = ""
    inputs: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class _Variant:
    key: str
    inputs: tuple[tuple[str, str], ...]


def cache_folder() -> Path:
    """The user's cache folder for firmware; a session's own where that cannot be written."""
    import platformdirs

    named = os.environ.get(VARIABLE)
    folder = Path(named) if named else Path(platformdirs.user_cache_dir("signoff", appauthor=False))
    try:
        (folder / "firmware").mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=folder / "firmware"):
            return folder / "firmware"
    except OSError:
        return session_folder() / "firmware"


class Store:
    """The objects in one folder. Several servers may share it: what is written is moved into place whole."""

    def __init__(self, folder: Path, limit_bytes: int = LIMIT_BYTES) -> None:
        self.folder = folder
        self._objects = str(folder / "objects")
        self._limit = limit_bytes
        self._manifests: dict[str, tuple[_Variant, ...]] = {}
        self._used: set[str] = set()
        self._added = 0
        self._lock = threading.Lock()

    def find(self, recipe: str, hash_of: Callable[[str], str]) -> Stored | None:
        """The object of a recipe (a hash of all but the files' contents) for the files as `hash_of` has them."""
        for variant in self._variants(recipe):
            if all(hash_of(path) == known for path, known in variant.inputs):
                found = self._stored(variant)
                if found is not None:
                    return found
        return None

    def add(self, recipe: str, inputs: dict[str, str], made: Path) -> Stored:
        """Take in `made` (an object file, with its companions beside it) as what the inputs give."""
        entries = tuple(sorted(inputs.items()))
        key = digest(json.dumps([recipe, entries]).encode())
        target = self._object(key)
        target.parent.mkdir(parents=True, exist_ok=True)
        for suffix in COMPANIONS:
            with contextlib.suppress(FileNotFoundError):
                made.with_suffix(suffix).replace(target.with_suffix(suffix))
        if all(known != GONE for _, known in entries):
            self._remember(recipe, _Variant(key, entries))
        self._used.add(key)
        self._tidy_now_and_then()
        graph = target.with_suffix(".ci")
        return Stored(key, str(target), str(graph) if graph.exists() else "", tuple(inputs))

    @contextlib.contextmanager
    def workspace(self) -> Iterator[Path]:
        """A folder for one compilation, on the store's own file system."""
        try:
            (self.folder / "work").mkdir(parents=True, exist_ok=True)
            made = Path(tempfile.mkdtemp(dir=self.folder / "work"))
        except OSError:
            with scratch_folder("firmware") as other:
                yield other
            return
        try:
            yield made
        finally:
            _remove(made)

    def image_folder(self, name: str) -> Path:
        """Where a linked image lies."""
        folder = self.folder / "images" / digest(name.encode())
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def tidy(self) -> None:
        """Remove what was not used for longest while the store is over its limit. Reads the folder: takes a while."""
        found: list[tuple[float, int, Path]] = []
        total = 0
        for path in self.folder.glob("objects/*/*"):
            with contextlib.suppress(OSError):
                stat = path.stat()
                found.append((stat.st_mtime, stat.st_size, path))
                total += stat.st_size
        if total > self._limit:
            for _, size, path in sorted(found):
                if total <= self._limit * KEPT_PART:
                    break
                with contextlib.suppress(OSError):
                    path.unlink()
                    total -= size
        for folder in self.folder.glob("work/*"):
            with contextlib.suppress(OSError):
                if time.time() - folder.stat().st_mtime > STALE_SECONDS:
                    _remove(folder)

    def _variants(self, recipe: str) -> tuple[_Variant, ...]:
        if recipe not in self._manifests:
            self._manifests[recipe] = _read(self._manifest(recipe))
        return self._manifests[recipe]

    def _remember(self, recipe: str, variant: _Variant) -> None:
        with self._lock:
            others = [one for one in _read(self._manifest(recipe)) if one.key != variant.key]
            kept = (variant, *others[: VARIANTS - 1])
            self._manifests[recipe] = kept
            path = self._manifest(recipe)
            text = json.dumps([[one.key, one.inputs] for one in kept])
            with contextlib.suppress(OSError):
                path.parent.mkdir(parents=True, exist_ok=True)
                _write(path, text)

    def _stored(self, variant: _Variant) -> Stored | None:
        key = variant.key
        path = f"{self._objects}{os.sep}{key[:2]}{os.sep}{key}"
        if key not in self._used:
            try:
                os.utime(f"{path}.o")  # the oldest go first
            except OSError:
                return None
            self._used.add(key)
        elif not os.path.exists(f"{path}.o"):
            return None
        graph = f"{path}.ci" if os.path.exists(f"{path}.ci") else ""
        return Stored(key, f"{path}.o", graph, tuple(one for one, _ in variant.inputs))

    def _object(self, key: str) -> Path:
        return self.folder / "objects" / key[:2] / f"{key}.o"

    def _manifest(self, recipe: str) -> Path:
        return self.folder / "manifests" / recipe[:2] / f"{recipe}.json"

    def _tidy_now_and_then(self) -> None:
        with self._lock:
            self._added += 1
            due = self._added % EVICT_EVERY == 1
        if due:
            threading.Thread(target=self.tidy, name="firmware cache", daemon=True).start()


def _read(path: Path) -> tuple[_Variant, ...]:
    """A manifest; one that is not there or was damaged holds nothing."""
    try:
        entries = json.loads(path.read_bytes())
        return tuple(
            _Variant(str(key), tuple((str(one), str(known)) for one, known in inputs)) for key, inputs in entries
        )
    except (OSError, ValueError, TypeError, RecursionError):
        return ()


def _write(path: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    Path(name).replace(path)


def _remove(folder: Path) -> None:
    import shutil

    shutil.rmtree(folder, ignore_errors=True)
