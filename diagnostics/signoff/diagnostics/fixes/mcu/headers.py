"""Which header declares a name, and how the image's other files include it. Files are read, nothing is run."""

from __future__ import annotations

import os
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from signoff.diagnostics.fixes.mcu.ground import Ground
from signoff.verifiers.file_kinds import is_skipped

HEADERS = (".h", ".hh", ".hpp", ".hxx")
INCLUDE = re.compile(r"^[ \t]*#[ \t]*include[ \t]*(?:<([^>\n]+)>|\"([^\"\n]+)\")", re.MULTILINE)
NAMED = re.compile(rb"include[ \t]*(?:<([^>\n]+)>|\"([^\"\n]+)\")")
# So much is read in search of a name: what is beyond it is not found.
MAX_FILES, MAX_BYTES, SECONDS = 4000, 4_000_000, 1.5
# Headers that only tell of another one by being included through it are looked for so far up.
MAX_UNITS = 200


@dataclass(frozen=True, slots=True)
class Found:
    """A header to include: its path and the text between quotes or angles; `own` where quotes fit."""

    path: str
    spelling: str
    own: bool
    users: int

    @property
    def directive(self) -> str:
        """The line that includes it."""
        return f'#include "{self.spelling}"' if self.own else f"#include <{self.spelling}>"


def declaring(ground: Ground, name: str) -> list[Found]:
    """Headers by which the name would be known, the likeliest first: those that the image's other files include."""
    unit = ground.project.unit
    if unit is None:
        return []
    own = str(Path(ground.snapshot.path).parent)
    folders = (*unit.include_dirs, *unit.system_include_dirs)
    deadline = time.monotonic() + SECONDS
    pattern = _declaration(name)
    direct = [one for one in _below(own, folders, deadline) if pattern.search(_text(one[0], name))]
    included = Counter(_directly_included(ground))
    found = [Found(path, spelling, _own(ground, path), included[path]) for path, spelling in direct]
    users = [
        _through(ground, path, count, (own, *folders)) for path, count in included.items() if path not in dict(direct)
    ]
    through = [one for one in users if one is not None and _reaches(one.path, dict(direct), folders, deadline)]
    stem = Path(ground.snapshot.path).stem
    # Next to being included by the others counts to be this file's own header: foo.h of foo.c.
    ranked = sorted((*found, *through), key=lambda one: (Path(one.path).stem != stem, -one.users, one.spelling))
    known = any(one.users for one in ranked) or (bool(ranked) and Path(ranked[0].path).stem == stem)
    return ranked if known or len(direct) == 1 else []


def reached(ground: Ground) -> tuple[str, ...]:
    """The headers that the document includes, over any number of others, nearest first."""
    unit = ground.project.unit
    if unit is None:
        return ()
    folders = (*unit.include_dirs, *unit.system_include_dirs)
    texts = {ground.snapshot.path: ground.snapshot.text}
    deadline = time.monotonic() + SECONDS
    waiting, seen = [ground.snapshot.path], dict[str, None]()
    while waiting and time.monotonic() < deadline and len(seen) < MAX_FILES:
        source = waiting.pop(0)
        for spelling, quoted in _included_by(source, texts):
            path = _resolved(spelling, quoted, source, folders)
            if path and path not in seen:
                seen[path] = None
                waiting.append(path)
    return tuple(seen)


def words(path: str, beginning: str) -> frozenset[str]:
    """The names in a header that begin like that."""
    return _words(path, beginning, *_stamp(path))


@lru_cache(maxsize=4000)
def _words(path: str, beginning: str, changed: int, size: int) -> frozenset[str]:
    data, found = _data(path, changed, size), set[bytes]()
    # A search that begins with letters is several times as fast as one that looks at what stands before them.
    for match in re.finditer(re.escape(beginning.encode()) + rb"\w*", data):
        before = data[match.start() - 1 : match.start()]
        if not before.isalnum() and before != b"_":
            found.add(match[0])
    return frozenset(one.decode() for one in found)


def _declaration(name: str) -> re.Pattern[str]:
    """A prototype, a macro, a typedef or an enumerator of that name."""
    word = re.escape(name)
    forms = (
        rf"#[ \t]*define[ \t]+{word}\b",
        rf"\}}[ \t\n]*{word}[ \t]*;",
        rf"\btypedef\b[^;{{}}]*\b{word}[ \t]*(?:\)[^;]*)?;",
        rf"^[A-Za-z_][\w \t*]*[ \t*]{word}[ \t]*\([^;{{}}]*\)[^;{{}}]*[;{{]",
        rf"^[ \t]*{word}[ \t]*(?:=[^,}}]*)?,",
        rf"^[ \t]*extern\b[^;(]*\b{word}\b[^;(]*;",
    )
    return re.compile("|".join(forms), re.MULTILINE)


def _below(own: str, folders: Iterable[str], deadline: float) -> Iterator[tuple[str, str]]:
    """(path, as seen from the folder) of the headers in the document's own folder, and in and below include folders."""
    seen, deep = set[str](), [os.path.normpath(folder) for folder in folders]
    for folder in dict.fromkeys((own, *deep)):
        for place, inner, names in os.walk(folder):
            inner[:] = sorted(one for one in inner if not is_skipped(one)) if folder in deep else ()
            for one in sorted(names):
                path = str(Path(place, one))
                if one.lower().endswith(HEADERS) and path not in seen:
                    seen.add(path)
                    yield path, os.path.relpath(path, folder).replace(os.sep, "/")
            if len(seen) > MAX_FILES or time.monotonic() > deadline:
                return


def _text(path: str, name: str) -> str:
    """A header's text where the name is in it, else ""."""
    data = _data(path, *_stamp(path))
    return data.decode("utf-8", "replace") if name.encode() in data else ""


def _stamp(path: str) -> tuple[int, int]:
    try:
        found = Path(path).stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size


@lru_cache(maxsize=2000)
def _data(path: str, changed: int, size: int) -> bytes:
    del changed
    try:
        return Path(path).read_bytes() if size <= MAX_BYTES else b""
    except OSError:
        return b""


def _included_by(path: str, texts: Mapping[str, str]) -> tuple[tuple[str, bool], ...]:
    """(spelling, quoted) of the includes of a file."""
    return _includes(texts[path].encode()) if path in texts else _includes_of(path, *_stamp(path))


@lru_cache(maxsize=4000)
def _includes_of(path: str, changed: int, size: int) -> tuple[tuple[str, bool], ...]:
    return _includes(_data(path, changed, size))


def _includes(data: bytes) -> tuple[tuple[str, bool], ...]:
    found = list[tuple[str, bool]]()
    # A device's header has megabytes and a handful of these: the word is looked for first.
    for match in NAMED.finditer(data):
        before = data[data.rfind(b"\n", 0, match.start()) + 1 : match.start()]
        if before.replace(b" ", b"").replace(b"\t", b"") == b"#":
            found.append(((match[1] or match[2]).decode("utf-8", "replace"), bool(match[2])))
    return tuple(found)


def _resolved(spelling: str, quoted: bool, source: str, folders: Iterable[str]) -> str:
    """The file that an include means; "" where it is not found."""
    for folder in (*([str(Path(source).parent)] if quoted else []), *folders):
        path = os.path.normpath(Path(folder, spelling))
        if Path(path).is_file():
            return path
    return ""


def _directly_included(ground: Ground) -> Iterator[str]:
    """The headers that the image's own other sources include, once for each source."""
    image, root = ground.project.image, ground.project.root
    texts = {one.path: one.text for one in ground.project.buffers}
    for unit in (image.units if image is not None else ())[:MAX_UNITS]:
        if unit.source == ground.snapshot.path or not Path(unit.source).is_relative_to(root):
            continue
        folders = (*unit.include_dirs, *unit.system_include_dirs)
        paths = {_resolved(spelling, own, unit.source, folders) for spelling, own in _included_by(unit.source, texts)}
        yield from paths - {""}


def _own(ground: Ground, path: str) -> bool:
    """Whether the header is included with quotes: it lies in the workspace, or the document's own includes do so."""
    return Path(path).is_relative_to(ground.project.root) and "libopencm3" not in path


def _through(ground: Ground, path: str, count: int, folders: Iterable[str]) -> Found | None:
    for folder in folders:
        relative = os.path.relpath(path, folder).replace(os.sep, "/")
        if not relative.startswith(".."):
            return Found(path, relative, _own(ground, path), count)
    return None


def _reaches(path: str, wanted: Mapping[str, str], folders: Iterable[str], deadline: float) -> bool:
    """Whether a header includes one of those, over any number of others."""
    waiting, seen, folders = [path], {path}, tuple(folders)
    while waiting and time.monotonic() < deadline:
        source = waiting.pop()
        for spelling, quoted in _included_by(source, {}):
            found = _resolved(spelling, quoted, source, folders)
            if found in wanted:
                return True
            if found and found not in seen:
                seen.add(found)
                waiting.append(found)
    return False
