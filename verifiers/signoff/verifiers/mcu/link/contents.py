"""What files hold, as hashes: a file is read again only where its stamp says that it may have changed."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Mapping
from pathlib import Path

# A file changed within the clock tick in which it was read has the stamp of before: such a stamp is not trusted.
RACY_NS = 2_000_000_000
KEPT = 50_000
# The hash of a file that is not there.
GONE = ""


class Contents:
    """Hashes of files on disk, kept by stamp. Safe to use from several threads: at worst a file is read twice."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[int, int, int, str]] = {}

    def view(self, texts: Mapping[str, str]) -> View:
        """The files as they are at this moment, with `texts` in place of those of their paths."""
        return View(self, {path: digest(text.encode("utf-8", "replace")) for path, text in texts.items()})

    def hash(self, path: str) -> str:
        """The hash of what a file holds now; GONE where it cannot be read."""
        try:
            stat = os.stat(path)
            stamp = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
            kept = self._kept.get(path)
            if kept is not None and kept[:3] == stamp:
                return kept[3]
            now = time.time_ns()
            found = digest(Path(path).read_bytes())
        except (OSError, ValueError):
            return GONE
        if now - stat.st_mtime_ns > RACY_NS:
            if len(self._kept) >= KEPT:
                self._kept.clear()
            self._kept[path] = (*stamp, found)
        return found


class View:
    """Contents as of one moment: each file is looked at once, so that all that is made from them fits together."""

    def __init__(self, contents: Contents, known: dict[str, str]) -> None:
        self._contents = contents
        self._known = known

    def hash(self, path: str) -> str:
        """The hash of a file."""
        found = self._known.get(path)
        if found is None:
            found = self._known[path] = self._contents.hash(path)
        return found


def digest(data: bytes) -> str:
    """The hash of some bytes."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()
