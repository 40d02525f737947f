"""Whether another file of the project may launch a kernel of this document, or know it by its name."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from signoff.diagnostics.fixes.gpu.ground import Ground
from signoff.diagnostics.fixes.gpu.included import INCLUDE, headers
from signoff.diagnostics.fixes.gpu.tokens import definitions, source
from signoff.verifiers.file_kinds import C_EXTENSIONS, SKIPPED

PYTHON_EXTENSIONS = (".py", ".pyi")
# Of a project so many files and folders are looked at, none longer than this (bytes): beyond that nothing is certain.
MOST_FILES, MOST_FOLDERS, LONGEST = 4000, 4000, 2_000_000


def named_elsewhere(ground: Ground, name: str) -> bool:
    """Whether the project's headers, its other files or the Python code around the text name the kernel."""
    pattern = re.compile(rf"\b{re.escape(name)}\b")
    # An extension's own name launches nothing.
    document = re.sub(rf"\bname\s*=\s*([\"']){re.escape(name)}\1", "", ground.snapshot.text)
    if len(pattern.findall(document)) != len(pattern.findall(ground.src.text)):
        return True
    others = [one for one in ground.project.buffers if one.path != ground.snapshot.path]
    texts, opened = headers(ground)[0], {one.path for one in others}
    if any(pattern.search(text) for text in texts):
        return True
    own = Path(ground.snapshot.path).name
    if any(_uses(one.text, one.path, name, own) for one in others):
        return True
    files = _files(ground.project.root, ground.snapshot.path)
    return files is None or any(_file_uses(*file, name, own) for file in files if file[0] not in opened)


def _files(root: str, path: str) -> list[tuple[str, int, int]] | None:
    """(path, size, time of change) of the project's other source files; None where they are too many to know."""
    folder = root if root and Path(path).is_relative_to(root) else str(Path(path).parent)
    found: list[tuple[str, int, int]] = []
    try:
        for entry in _entries(folder):
            if entry.path != path and entry.name.lower().endswith((*C_EXTENSIONS, *PYTHON_EXTENSIONS)):
                known = entry.stat()
                found.append((entry.path, known.st_size, known.st_mtime_ns))
            if len(found) > MOST_FILES:
                return None
    except OSError:
        return None
    return found


def _entries(root: str) -> Iterator[os.DirEntry[str]]:
    """The files below a folder; OSError where it has too many folders, or one that cannot be read."""
    pending, seen = [root], 0
    while pending:
        folder = pending.pop()
        if not Path(folder).is_dir():
            continue
        seen += 1
        if seen > MOST_FOLDERS:
            raise OSError(f"{root} has too many folders to be searched")
        with os.scandir(folder) as entries:
            for entry in entries:
                if not entry.is_dir(follow_symlinks=False):
                    yield entry
                elif entry.name not in SKIPPED and not entry.name.startswith("."):
                    pending.append(entry.path)


@lru_cache(maxsize=16384)
def _file_uses(path: str, size: int, changed: int, name: str, document: str) -> bool:
    """As `_uses`, for a file in one state; what cannot be read may use anything."""
    del changed
    try:
        data = Path(path).read_bytes() if size <= LONGEST else None
    except OSError:
        return False
    if data is None:
        return True
    if name.encode() not in data and document.encode() not in data:
        return False
    return _uses(data.decode("utf-8", errors="replace"), path, name, document)


def _uses(text: str, path: str, name: str, document: str) -> bool:
    """Whether a file names a kernel that it does not define itself, or includes the document."""
    if path.lower().endswith(PYTHON_EXTENSIONS):
        return re.search(rf"([\"']){re.escape(name)}\1|\b{re.escape(name)}\s*<<<", text) is not None
    tokens = source(text).tokens
    if any(_includes(token.text, document) for token in tokens if token.kind == "directive"):
        return True
    pattern = re.compile(rf"\b{re.escape(name)}\b")
    # A mangled name is the kernel's name among other letters.
    hit = any(pattern.search(token.text) or (token.kind == "string" and name in token.text) for token in tokens)
    return hit and not definitions(text, name)


def _includes(directive: str, document: str) -> bool:
    match = INCLUDE.match(directive)
    return match is not None and Path(match["quoted"] or match["angled"] or "").name == document
