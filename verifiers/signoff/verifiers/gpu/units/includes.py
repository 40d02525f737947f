"""Which file includes which, in a workspace with C, C++ and CUDA: read with a regular expression, resolved by place."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from importlib import resources

from signoff.verifiers.file_kinds import UNIT_EXTENSIONS

# What one unit includes of the workspace, and how many files are looked at for a header's unit.
MOST_INCLUDED = 2000
MOST_VISITED = 4000
# It begins with a literal, as looking at the start of every line took ten times as long.
_INCLUDE = re.compile(rb'#[ \t]*+include[ \t]*+(?:"([^"\n]+)"|<([^>\n]+)>)')
# Most headers are the C++ library's: they have no folder and no ending.
_LIBRARY = re.compile(r"\w+")


def _toolkit() -> frozenset[str]:
    text = (resources.files("signoff.verifiers.gpu.units") / "toolkit_headers.txt").read_text("ascii")
    return frozenset(word for line in text.splitlines() if not line.startswith("#") for word in line.split())


# Names that mean a header of the toolkit or of the C library, unless a file of the name lies beside the includer.
TOOLKIT = _toolkit()


def written_in(text: bytes) -> tuple[str, ...]:
    """The names that a file includes, as written, but for those of the toolkit, the C and the C++ library."""
    names: dict[str, None] = {}
    for match in _INCLUDE.finditer(text):
        before = text[text.rfind(b"\n", 0, match.start()) + 1 : match.start()]
        name = (match[1] or match[2]).decode("utf-8", errors="replace")
        if not before.strip() and not (match[2] and name in TOOLKIT) and not _LIBRARY.fullmatch(name):
            names[sys.intern(name)] = None
    return tuple(names)


@dataclass(frozen=True, slots=True)
class Graph:
    """Who includes whom among the files of a workspace, resolved.

    `includes` has the files that each includes directly; `folders` the include folders that this needs beside the
    file's own folder, a file.
    """

    includes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    folders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def reached(self, source: str) -> tuple[str, ...]:
        """Every file of the workspace that a unit includes, also through others; those nearest to it first."""
        found: dict[str, None] = {}
        waiting = [source]
        for path in waiting:
            for one in self.includes.get(path, ()):
                if one not in found and one != source and len(found) < MOST_INCLUDED:
                    found[one] = None
                    waiting.append(one)
        return tuple(found)

    def include_dirs(self, source: str) -> tuple[str, ...]:
        """The include folders under which all that a unit includes is found."""
        files = (source, *self.reached(source))
        return tuple(dict.fromkeys(folder for path in files for folder in self.folders.get(path, ())))


def resolve(written: Mapping[str, Iterable[str]]) -> Graph:
    """The graph of files (absolute path to the names it includes), each name looked for among these files only.

    As a compiler does: beside the includer; else, whatever the include folders, the nearest file whose path ends so.
    """
    places = Places(written)
    includes: dict[str, tuple[str, ...]] = {}
    folders: dict[str, tuple[str, ...]] = {}
    for path, names in written.items():
        beside = os.path.dirname(path)
        found = [places.meant(name, beside) for name in names]
        if targets := tuple(dict.fromkeys(target for target, _ in found if target)):
            includes[path] = targets
        if needed := tuple(dict.fromkeys(folder for _, folder in found if folder)):
            folders[path] = needed
    return Graph(includes, folders)


class Places:
    """Where the files of each name are."""

    def __init__(self, known: Iterable[str]) -> None:
        self._named: dict[str, list[str]] = {}
        for path in known:
            self._named.setdefault(os.path.basename(path), []).append(path)
        # The files of a folder include the same things.
        self._meant: dict[tuple[str, str], tuple[str, str]] = {}

    def meant(self, name: str, folder: str) -> tuple[str, str]:
        """(file, include folder needed or "") of an #include in a file of `folder`; ("", "") where there is none."""
        key = name, folder
        if key not in self._meant:
            candidates = self._named.get(name.replace("\\", "/").rpartition("/")[2], [])
            self._meant[key] = self._look(name, folder, candidates) if candidates else ("", "")
        return self._meant[key]

    def _look(self, name: str, folder: str, candidates: list[str]) -> tuple[str, str]:
        beside = os.path.normpath(os.path.join(folder, name))
        if beside in candidates:
            return beside, ""
        tail = os.sep + os.path.normpath(name).lstrip("." + os.sep)
        ending = [path for path in candidates if path.endswith(tail)]
        if not ending or ".." in name or name in TOOLKIT:
            return "", ""
        best = min(ending, key=lambda path: distance(path, os.path.join(folder, name)))
        return best, best[: -len(tail)] or os.sep


def distance(path: str, to: str) -> tuple[bool, int, str]:
    """How far one file is from another, for sorting: the same folder, then the steps from one to the other."""
    here, there = os.path.dirname(to).split(os.sep), os.path.dirname(path).split(os.sep)
    common = next(
        (at for at, (a, b) in enumerate(zip(here, there, strict=False)) if a != b), min(len(here), len(there))
    )
    return here != there, len(here) + len(there) - 2 * common, path


class Includers:
    """The graph the other way round: which unit a header is to be looked at through."""

    def __init__(self, graph: Graph) -> None:
        self._by: dict[str, list[str]] = {}
        for path, included in graph.includes.items():
            for one in included:
                self._by.setdefault(one, []).append(path)

    def unit_of(self, header: str, declared: Collection[str]) -> str:
        """The .cu file through which a header is compiled: one of `declared`, then of its folder, then the nearest.

        "" where no .cu file of the workspace includes it. Looks at no more than MOST_VISITED files.
        """
        seen = {header}
        waiting = [header]
        units: list[str] = []
        for path in waiting:
            for includer in self._by.get(path, ()):
                if includer not in seen and len(seen) < MOST_VISITED:
                    seen.add(includer)
                    waiting.append(includer)
                    if includer.endswith(UNIT_EXTENSIONS) or includer in declared:
                        units.append(includer)
        return min(units, key=lambda unit: (unit not in declared, *distance(unit, header)), default="")
