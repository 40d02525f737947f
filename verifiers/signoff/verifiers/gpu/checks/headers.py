"""Headers of the project, as the launch checks read them: open documents first, then the disk, and nothing outside."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from signoff.verifiers.project import Project
from signoff.verifiers.text import unmarked

# A header above this is a table or generated: what launches need from it is not worth its reading at every key.
LARGEST_BYTES = 2_000_000

Stamp = tuple[int, int] | str | None


@dataclass(slots=True)
class _Kept:
    stamp: Stamp
    text: str


class HeaderStore:
    """Texts of headers by path, read again only where the file has changed. One for a worker process."""

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}

    def text(self, path: str, stamp: Stamp) -> str | None:
        """The text of the file as of `stamp`; None where it cannot be read or is too large."""
        if isinstance(stamp, str):
            return stamp
        if stamp is None or stamp[1] > LARGEST_BYTES:
            return None
        kept = self._kept.get(path)
        if kept is None or kept.stamp != stamp:
            try:
                kept = _Kept(stamp, Path(path).read_bytes().decode("utf-8-sig", "replace"))
            except OSError:
                return None
            self._kept[path] = kept
        return kept.text


class Includes:
    """Finds what one document includes. `stamps` remembers every place that was looked at and what was there.

    Only files below the project's root or a folder that its flags name for headers are read.
    """

    def __init__(self, project: Project, document: str, store: HeaderStore) -> None:
        self._store = store
        self._buffers = {one.path: unmarked(one.text) for one in project.buffers if one.path and one.path != document}
        self.folders: tuple[str, ...] = tuple(os.path.normpath(folder) for folder in include_dirs(project))
        self._inside = (*self.folders, os.path.normpath(project.root)) if project.root else self.folders
        self.stamps: dict[str, Stamp] = {}

    def __call__(self, name: str, angled: bool, from_path: str) -> tuple[str, str] | None:
        """(path, text) of what `#include "name"` (or <name>) means in the file at `from_path`; None: not found."""
        for path in self._candidates(name, angled, from_path):
            stamp = self.stamps[path] = self.stamp(path)
            text = self._store.text(path, stamp)
            if text is not None:
                return path, text
        return None

    def stamp(self, path: str) -> Stamp:
        """What tells one state of a file from another: an open document's text, else (time, size); None: no file."""
        if path in self._buffers:
            return self._buffers[path]
        try:
            found = Path(path).stat()
        except (OSError, ValueError):
            return None
        return found.st_mtime_ns, found.st_size

    def unchanged(self, stamps: dict[str, Stamp]) -> bool:
        """Whether everything that an earlier look met is as it was."""
        return all(self.stamp(path) == stamp for path, stamp in stamps.items())

    def _candidates(self, name: str, angled: bool, from_path: str) -> Iterator[str]:
        own = () if angled or not from_path else (str(Path(from_path).parent),)
        for folder in (*own, *self.folders):
            path = os.path.normpath(f"{folder}/{name}")
            if any(path.startswith(root.rstrip(os.sep) + os.sep) for root in self._inside):
                yield path


def include_dirs(project: Project) -> tuple[str, ...]:
    """The folders for headers that the document's flags and the user's settings name, absolute."""
    unit, own = project.unit, project.settings.cuda.include_dirs
    folders = (*(unit.include_dirs if unit else ()), *(str(Path(project.root, folder)) for folder in own))
    return tuple(dict.fromkeys(folder for folder in folders if Path(folder).is_absolute()))
