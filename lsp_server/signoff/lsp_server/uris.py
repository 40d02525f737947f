"""File uris to and from absolute paths."""

from __future__ import annotations

from pathlib import Path

from pygls.uris import to_fs_path


def path_of(uri: str) -> str:
    """The absolute path of a file uri; "" for any other (untitled buffers, git views)."""
    if not uri.startswith("file:"):
        return ""
    path = to_fs_path(uri)
    return str(Path(path)) if path else ""


def uri_of(path: str) -> str:
    """The file uri of an absolute path."""
    return Path(path).as_uri()
