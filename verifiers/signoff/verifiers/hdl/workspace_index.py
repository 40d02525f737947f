"""Where in a workspace each name is defined, and which of several places is meant."""

from __future__ import annotations

import os
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping

from signoff.verifiers.hdl.index import EMPTY, HEADER_EXTENSIONS, FileFacts

# Folders and files that stand in for a design (testbenches, models, stubs): never chosen where there is another.
_STAND_IN = re.compile(
    r"(?:^|[/\\_.-])(?:tb|tests?|testbench(?:es)?|bench|sim|simulation|dv|uvm|verif|verification|bhv|behav\w*|formal|fpv|"
    r"models?|stubs?|dummy|mocks?|examples?|netlist|gate|deprecated|bb|blackbox)(?=[/\\_.-]|$)",
    re.IGNORECASE,
)


class WorkspaceIndex:
    """The facts of all files, by name. `set` and `discard` keep it up to date; look-ups are dictionary look-ups."""

    def __init__(self) -> None:
        self._facts: dict[str, FileFacts] = {}
        self._where: dict[tuple[str, str], dict[str, None]] = {}
        # Names of a kind in their order, made when they are first asked for.
        self._sorted: dict[str, list[str]] = {}

    def __contains__(self, path: str) -> bool:
        return path in self._facts

    def __len__(self) -> int:
        return len(self._facts)

    def facts(self, path: str) -> FileFacts:
        """What a file defines and uses; nothing for a file that is not indexed."""
        return self._facts.get(path, EMPTY)

    def paths(self) -> Iterable[str]:
        """Every indexed file."""
        return self._facts.keys()

    def set(self, path: str, facts: FileFacts) -> None:
        """Add a file, or replace what is known of it."""
        self.discard(path)
        self._facts[path] = facts
        self._sorted.clear()
        for key in _keys(path, facts):
            self._where.setdefault(key, {})[path] = None

    def discard(self, path: str) -> None:
        """Forget a file."""
        facts = self._facts.pop(path, None)
        if facts is not None:
            self._sorted.clear()
            for key in _keys(path, facts):
                places = self._where[key]
                places.pop(path, None)
                if not places:
                    del self._where[key]

    def units(self, name: str) -> tuple[str, ...]:
        """The files that define a module or interface."""
        return self._get("unit", name)

    def units_from(self, prefix: str) -> Iterator[str]:
        """The names of modules and interfaces that begin with `prefix`, in their order."""
        return self._from("unit", prefix)

    def packages_from(self, prefix: str) -> Iterator[str]:
        """The names of packages that begin with `prefix`, in their order."""
        return self._from("package", prefix)

    def packages(self, name: str) -> tuple[str, ...]:
        """The files that define a package."""
        return self._get("package", name)

    def classes(self, name: str) -> tuple[str, ...]:
        """The files that define a class."""
        return self._get("class", name)

    def macros(self, name: str) -> tuple[str, ...]:
        """The files that define a macro."""
        return self._get("macro", name)

    def named(self, name: str) -> tuple[str, ...]:
        """The files of that name, in whatever folder."""
        return self._get("file", name)

    def includers(self, path: str) -> tuple[str, ...]:
        """The files that include a file of this name, which may be another of the same name."""
        return self._get("include", os.path.basename(path))

    def is_header(self, path: str) -> bool:
        """Whether the file is meant to be included: by its name, or as it defines nothing and another includes it."""
        if path.lower().endswith(HEADER_EXTENSIONS):
            return True
        return not self.facts(path).units and any(other != path for other in self.includers(path))

    def _from(self, kind: str, prefix: str) -> Iterator[str]:
        names = self._sorted.get(kind)
        if names is None:
            names = self._sorted[kind] = sorted(name for other, name in self._where if other == kind)
        for at in range(bisect_left(names, prefix), len(names)):
            if not names[at].startswith(prefix):
                break
            yield names[at]

    def _get(self, kind: str, name: str) -> tuple[str, ...]:
        return tuple(self._where.get((kind, name), ()))


def _keys(path: str, facts: FileFacts) -> Iterable[tuple[str, str]]:
    yield "file", os.path.basename(path)
    for name in (*facts.modules, *facts.interfaces):
        yield "unit", name
    for name in facts.packages:
        yield "package", name
    for name in facts.classes:
        yield "class", name
    for name in facts.macros:
        yield "macro", name
    for name in facts.includes:
        yield "include", name.replace("\\", "/").rpartition("/")[2]


def nearest(paths: Iterable[str], to: str) -> list[str]:
    """The paths, the likeliest to be meant by the file `to` first: same folder, no stand-in, fewest steps away."""
    return sorted(paths, key=lambda path: _remoteness(path, to))


def _remoteness(path: str, to: str) -> tuple[bool, bool, int, str]:
    here, there = os.path.dirname(to), os.path.dirname(path)
    common = os.path.commonpath([here, there]) if here[:3] == there[:3] else ""
    ups = here[len(common) :].count(os.sep)
    downs = there[len(common) :].count(os.sep)
    return here != there, is_stand_in(path[len(common) :]), ups + downs, path


def is_stand_in(path: str) -> bool:
    """Whether the words of a path speak of a testbench, a model or the like rather than of a design."""
    return _STAND_IN.search(path) is not None


def resolve_include(
    name: str, includer: str, include_dirs: Mapping[str, None], index: WorkspaceIndex
) -> tuple[str, str]:
    """(path, include folder to add or "") of an included file; ("", "") where none is found.

    As the tools do: beside the including file, then in the include folders; else wherever the workspace has it.
    """
    if os.path.isabs(name):
        return (name, "") if os.path.isfile(name) else ("", "")
    for folder in (os.path.dirname(includer), *include_dirs):
        path = os.path.normpath(os.path.join(folder, name))
        if path in index or os.path.isfile(path):
            return path, ""
    tail = os.sep + os.path.normpath(name)
    found = [path for path in index.named(os.path.basename(name)) if path.endswith(tail)]
    if not found:
        return "", ""
    best = nearest(found, includer)[0]
    return best, best[: -len(tail)] or os.sep
