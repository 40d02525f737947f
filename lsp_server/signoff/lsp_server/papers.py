"""Texts that the user is shown as documents: in a private folder outside the workspace, gone with the server."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path


class Papers:
    """Files in a folder of our own; close() removes it."""

    def __init__(self) -> None:
        self._folder: Path | None = None

    def write(self, name: str, text: str) -> Path:
        """Write a text, over one of that name; its path. Raises OSError."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="signoff-"))
        path = self._folder / name
        path.write_text(text, encoding="utf-8", errors="replace")
        return path

    def close(self) -> None:
        """Remove them all."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None
