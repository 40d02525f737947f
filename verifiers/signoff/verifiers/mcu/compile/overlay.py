"""Unsaved text for gcc: the unit and whatever leads to an unsaved file, as shadows in a private folder.

A shadow keeps its file's name and has no #line directive: gcc reads lines again (for -Wmisleading-indentation, for
places within format strings), and must then find what it has compiled. Its paths are led back here instead.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from signoff.verifiers.gpu.compile.unit_files import DIRECTIVE, Files, Include, rewritten
from signoff.verifiers.project import CompileUnit, Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import BOM, LINE_END, unmarked

# Beyond these, files that lead to an unsaved header are not looked for.
MAX_FILES = 2000
# What files on disk include, by path and stamp; a whole HAL with every device's header has some hundred.
KEPT_FILES = 4000


@dataclass(frozen=True, slots=True)
class Laid:
    """What to compile in place of a unit: `source` is the unit's own file where nothing is unsaved.

    `originals` leads from the path of a shadow to the path that the user knows.
    """

    source: str
    originals: Mapping[str, str] = field(default_factory=dict)

    @property
    def arguments(self) -> tuple[str, ...]:
        """Flags that have __FILE__ and the debug data name the originals."""
        pairs = ((shadow, path) for shadow, path in self.originals.items() if "=" not in shadow + path)
        return tuple(f"-ffile-prefix-map={shadow}={path}" for shadow, path in pairs)

    def path(self, told: str) -> str:
        """The file that gcc's words mean, as the user knows it; a relative path is none of a shadow's."""
        return self.originals.get(told) or self.originals.get(os.path.normpath(told)) or told


def unsaved(project: Project, snapshot: Snapshot | None = None) -> dict[str, str]:
    """The texts of open documents that the disk does not have, by path; without their byte order marks."""
    texts = {buffer.path: buffer.text for buffer in project.buffers if buffer.path}
    if snapshot is not None and snapshot.path:
        texts[snapshot.path] = snapshot.text
    return {path: unmarked(text) for path, text in texts.items() if not _saved(path, text)}


def lay_out(unit: CompileUnit, texts: Mapping[str, str], folder: Path) -> Laid:
    """Write shadows of the unsaved files that the unit is made of, and of what leads to them, into `folder`."""
    if not texts:
        return Laid(unit.source)
    files = Files(texts, unit)
    shadowed = _shadowed(files, unit.source)
    if not shadowed:
        return Laid(unit.source)
    names = {path: str(folder / str(number) / PurePath(path).name) for number, path in enumerate(sorted(shadowed))}
    for path, name in names.items():
        text = rewritten(files, path, LINE_END.sub("\n", files.text(path) or ""), names)
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_bytes(text.encode("utf-8", "replace"))
    return Laid(names.get(unit.source, unit.source), {name: path for path, name in names.items()})


def _saved(path: str, text: str) -> bool:
    try:
        disk = Path(path).read_bytes().decode("utf-8", "replace")
    except (OSError, ValueError):
        return False
    # A client that has normalised the line ends has changed nothing that gcc would see.
    return text == disk or text.removeprefix(BOM) == disk.removeprefix(BOM)


def _shadowed(files: Files, main: str) -> set[str]:
    """The unsaved files that a unit reads, and the files on the ways to them."""
    if set(files.texts) == {main}:
        return {main}
    into = _graph(files, main)
    reached = {path for path in files.texts if path in into}
    waiting = list(reached)
    while waiting:
        aim = waiting.pop()
        above = {path for path, aims in into.items() if aim in aims} - reached
        reached |= above
        waiting += above
    return reached


def _graph(files: Files, main: str) -> dict[str, frozenset[str]]:
    """Which file includes which, from the unit's own on; in every branch, whether or not it is compiled."""
    into: dict[str, frozenset[str]] = {}
    waiting = [main]
    while waiting and len(into) < MAX_FILES:
        path = waiting.pop()
        if path in into:
            continue
        found = (files.resolve(include, path) for include in _includes(files, path))
        into[path] = frozenset(target for target in found if target)
        waiting += [target for target in into[path] if target not in into]
    return into


_kept: dict[str, tuple[tuple[int, int], tuple[Include, ...]]] = {}


def _includes(files: Files, path: str) -> tuple[Include, ...]:
    if path in files.texts:
        return _directives(files.texts[path])
    try:
        stat = Path(path).stat()
    except (OSError, ValueError):
        return ()
    stamp = (stat.st_mtime_ns, stat.st_size)
    kept = _kept.get(path)
    if kept is None or kept[0] != stamp:
        if len(_kept) >= KEPT_FILES:
            _kept.clear()
        kept = _kept[path] = (stamp, _directives(files.text(path) or ""))
    return kept[1]


def _directives(text: str) -> tuple[Include, ...]:
    return tuple(
        Include(match[1] or match[2], match[1] is None, *match.span(1 if match[1] else 2))
        for match in DIRECTIVE.finditer(text)
    )
