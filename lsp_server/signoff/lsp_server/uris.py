"""File uris to and from absolute paths."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

from pygls.uris import to_fs_path

UNSAVED = Path(tempfile.gettempdir()) / "signoff-unsaved"


def path_of(uri: str) -> str:
    """The absolute path of a file uri; "" for any other (git views, web pages), of which nothing is checked.

    A document that was never saved gets the path of a file that is not there, in a folder of its own: it is a
    design by itself.
    """
    if uri.startswith("untitled:"):
        return str(UNSAVED / f"{hashlib.sha256(uri.encode()).hexdigest()[:12]}" / "untitled.sv")
    if not uri.startswith("file:"):
        return ""
    path = to_fs_path(uri)
    return str(Path(path)) if path and "\0" not in path else ""


def uri_of(path: str) -> str:
    """The file uri of an absolute path."""
    return Path(path).as_uri()
