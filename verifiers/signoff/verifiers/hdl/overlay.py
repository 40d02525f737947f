"""Unsaved text for tools that read files: shadow copies in a scratch folder, whose messages name the original.

A shadow starts with a `line directive, so that what a tool says about it bears the original's path and line;
waivers that go by file name and includes relative to the including file keep working as well.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import LINE_END, LineIndex

HEADER_EXTENSIONS = frozenset({".vh", ".svh", ".h", ".inc", ".vi", ".svi"})
UNTITLED = "untitled.sv"
QUOTABLE = re.compile(r'[^"\\\x00-\x1f\x7f\ud800-\udfff]+')


@dataclass(frozen=True, slots=True)
class Sources:
    """What to give to a tool in place of the project's own lists.

    `files`, `library_files`, `include_dirs` and `library_dirs` are in order, shadows first where they must win.
    `listed` is False where the focused document is none of the project's own files. `originals` leads from the
    path of a shadow, and from a stand-in name, to the path the user knows. `texts` holds the text of every open
    document by its path.
    """

    files: tuple[str, ...] = ()
    library_files: tuple[str, ...] = ()
    include_dirs: tuple[str, ...] = ()
    library_dirs: tuple[str, ...] = ()
    originals: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    listed: bool = True


def units(snapshot: Snapshot, project: Project) -> tuple[str, ...]:
    """The project's files with the snapshot among them; a header stands alone only where nothing else is there."""
    files = tuple(dict.fromkeys(project.files))
    if snapshot.path in files or (files and (snapshot.path in project.headers or is_header(snapshot.path))):
        return files
    return (*files, snapshot.path)


def is_header(path: str) -> bool:
    """True for a file that is meant to be included, going by its name."""
    return PurePath(path).suffix.lower() in HEADER_EXTENSIONS


def lay_out(snapshot: Snapshot, project: Project, folder: Path, quotable: re.Pattern[str] = QUOTABLE) -> Sources:
    """Write a shadow of every open document of the project into `folder`.

    `quotable` matches the paths that the tool can read in a `line directive; the shadow of another one goes by its
    own path, which Sources.originals knows as well.
    """
    texts = {buffer.path: buffer.text for buffer in project.buffers if buffer.path}
    texts[snapshot.path] = snapshot.text
    shadows = _Shadows(folder, texts, quotable)
    files = units(snapshot, project)
    listed = {*files, *project.library_files}
    # A listed file reaches the tool by its own name; the others by being included or looked up.
    looked_up = [path for path in texts if path and path not in listed]
    # An open header beside an including file: found there only while no include folder offers the same name.
    beside = dict.fromkeys(str(PurePath(path).parent) for path in files if path)
    return Sources(
        files=tuple(shadows.file(path) for path in files),
        library_files=tuple(shadows.file(path) for path in project.library_files),
        include_dirs=(
            *_with_shadows(project.include_dirs, shadows, looked_up),
            *(tree for root in beside if root not in project.include_dirs and (tree := shadows.tree(root, looked_up))),
        ),
        library_dirs=_with_shadows(project.library_dirs, shadows, looked_up),
        originals=shadows.originals,
        texts=texts,
        listed=files == tuple(dict.fromkeys(project.files)),
    )


def _with_shadows(roots: Sequence[str], shadows: _Shadows, paths: Sequence[str]) -> tuple[str, ...]:
    """Each folder with its shadow just before it, so that the order among folders stays."""
    return tuple(folder for root in roots for folder in (shadows.tree(root, paths), root) if folder)


class _Shadows:
    def __init__(self, folder: Path, texts: dict[str, str], quotable: re.Pattern[str]) -> None:
        self.quotable = quotable
        self.folder = folder
        self.texts = texts
        self.originals: dict[str, str] = {}

    def file(self, path: str) -> str:
        """The path to give to the tool for `path`: its shadow where the document is open."""
        if path not in self.texts:
            return path
        # The name is kept: tools derive module names and languages (.v, .sv) from it.
        shadow = self.folder / "files" / str(len(self.originals)) / (PurePath(path).name or UNTITLED)
        return self._write(shadow, path)

    def tree(self, root: str, paths: Sequence[str]) -> str:
        """A folder holding the shadows of the open files below `root` at their places; "" where there are none."""
        below = [path for path in paths if PurePath(path).is_relative_to(root)]
        if not below:
            return ""
        base = self.folder / "trees" / str(len(self.originals))
        for path in below:
            self._write(base / PurePath(path).relative_to(root), path)
        return str(base)

    def _write(self, shadow: Path, path: str) -> str:
        shadow.parent.mkdir(parents=True, exist_ok=True)
        name = PurePath(path or UNTITLED).as_posix()
        # Tools know no line that ends in a lone \\r; the client does.
        text = LINE_END.sub("\n", self.texts[path])
        if self.quotable.fullmatch(name):
            text = f'`line 1 "{name}" 0\n{text}'
        shadow.write_bytes(text.encode("utf-8", "replace"))
        self.originals[shadow.as_posix()] = self.originals[name] = path
        return str(shadow)


class SourceLines:
    """Lines of open documents and, where none is open, of files on disk, each read at most once."""

    def __init__(self, texts: dict[str, str]) -> None:
        self._texts = texts
        self._indexes: dict[str, LineIndex] = {}

    def __call__(self, path: str, line: int) -> str:
        """The text of a line (from 0) without its line ending; "" where there is none."""
        return self.index(path).line(line)

    def text(self, path: str) -> str:
        """The whole text; "" where there is none."""
        return self.index(path).text

    def index(self, path: str) -> LineIndex:
        """The text by lines."""
        if path not in self._indexes:
            self._indexes[path] = LineIndex(self._texts[path] if path in self._texts else _on_disk(path))
        return self._indexes[path]


def _on_disk(path: str) -> str:
    try:
        return Path(path).read_bytes().decode("utf-8", "replace")
    except (OSError, ValueError):
        return ""
