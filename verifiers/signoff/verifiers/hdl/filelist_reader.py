"""From a file list to a design: nested lists, variables, and the folder that relative paths start from.

A list says neither which folder it is meant to be read from nor which variables it expects. Real tools take both
from the shell; we take variables from the environment where it has them and else deduce: the folder, or the
value, under which most of the paths exist. Whatever is deduced is said.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from itertools import islice

from signoff.verifiers.finding import Finding, Severity, Span
from signoff.verifiers.hdl.design import Design, absolute, problem, read_text, unique
from signoff.verifiers.hdl.filelist import PATH_KINDS, Entry, is_hdl, parse

MAX_DEPTH = 32
TRIED_PATHS = 40
TRIED_FOLDERS = 2000
# Sources of other languages that simulators take in the same list.
FOREIGN = (".c", ".cc", ".cpp", ".cxx", ".h", ".hpp", ".o", ".a", ".so", ".tcl", ".vhd", ".vhdl", ".py", ".sdc", ".xdc")
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|\((\w+)\)|(\w+))")


class FileListReader:
    """Reads one top list with everything it names. `boundary` is the folder above which nothing is guessed.

    `environment` gives variables ($X, ${X}, $(X)). `explicit`: signoff.toml names the list, and what is wrong
    in it is a warning, not just information. After read(), `findings` holds what was found wrong.
    """

    def __init__(self, boundary: str, environment: Mapping[str, str], *, explicit: bool = False) -> None:
        self.boundary = boundary
        self.variables = dict(environment)
        self.severity = Severity.WARNING if explicit else Severity.INFORMATION
        self.explicit = explicit
        self.findings: list[Finding] = []
        self.lists: list[str] = []
        self._found: dict[str, list[str]] = {}
        self._problems: list[str] = []
        self._unset: set[str] = set()
        self._ignored: dict[str, None] = {}
        self._stack: list[str] = []

    def read(self, path: str, base: str | None = None) -> Design | None:
        """The design of the list at `path`, whose relative paths start at `base` where given.

        None where the list cannot be read or names no HDL file (a Fortran source is called .f as well).
        """
        self._list(path, base)
        files = [file for file in self._get("file") if not file.lower().endswith((*FOREIGN, ".vlt"))]
        if not any(map(is_hdl, files)) and not (self.explicit and self._found):
            return None
        return Design(
            origin=path,
            kind="verible.filelist" if os.path.basename(path) == "verible.filelist" else "file list",
            name=os.path.basename(path),
            explicit=self.explicit,
            files=unique(files),
            own=unique(files),
            include_dirs=unique(self._get("incdir")),
            defines=unique(self._get("define")),
            library_dirs=unique(self._get("libdir")),
            library_files=unique(self._get("libfile")),
            library_extensions=unique(self._get("libext")),
            top=unique(self._get("top")),
            waivers=unique(file for file in self._get("file") if file.endswith(".vlt")),
            problems=unique(self._problems),
        )

    @property
    def ignored(self) -> tuple[str, ...]:
        """Options of the lists that mean nothing to Signoff."""
        return tuple(self._ignored)

    def _get(self, kind: str) -> list[str]:
        return self._found.get(kind, [])

    def _list(self, path: str, base: str | None) -> None:
        real = os.path.realpath(path)
        if real in self._stack or len(self._stack) >= MAX_DEPTH:
            return
        try:
            text = read_text(path)
        except OSError as error:
            self._problems.append(f"{path} cannot be read: {error.strerror}")
            return
        self._stack.append(real)
        self.lists.append(path)
        entries, ignored = parse(text)
        self._ignored.update(dict.fromkeys(token.text for token in ignored))
        if self.explicit or any(entry.kind in ("list", "own_list") or is_hdl(entry.value) for entry in entries):
            self._take(path, entries, base)
        self._stack.pop()

    def _take(self, path: str, entries: list[Entry], base: str | None) -> None:
        self._deduce_variables(path, entries)
        base = self._base(path, entries, base)
        for entry in entries:
            value = self._expand(path, entry)
            if value is None:
                continue
            if entry.kind in PATH_KINDS:
                self._take_path(path, entry, absolute(value, base), base)
            elif entry.kind == "libext":
                self._found.setdefault("libext", []).extend(filter(None, value.split("+")))
            else:
                self._found.setdefault(entry.kind, []).append(value)

    def _take_path(self, path: str, entry: Entry, target: str, base: str) -> None:
        folder = entry.kind in ("incdir", "libdir")
        if not (os.path.isdir(target) if folder else os.path.isfile(target)):
            what = {"incdir": "Include folder", "libdir": "Library folder"}.get(entry.kind, "File")
            # Tools pass over a missing include folder in silence: the list still stands.
            if entry.kind != "incdir":
                self._problems.append(f"{target} does not exist")
            self._say(path, entry.span, "FileListMissing", f"{what} {target} does not exist.")
        elif entry.kind in ("list", "own_list"):
            if os.path.realpath(target) in self._stack:
                self._say(path, entry.span, "FileListLoop", f"{target} includes itself; it is not read again.")
            self._list(target, base if entry.kind == "list" else None)
        else:
            self._found.setdefault(entry.kind, []).append(target)

    def _say(self, path: str, span: Span, code: str, message: str) -> None:
        self.findings.append(problem(path, span, code, message, self.severity))

    def _expand(self, path: str, entry: Entry) -> str | None:
        unset: list[str] = []

        def value(match: re.Match[str]) -> str:
            name = match[1] or match[2] or match[3]
            if name not in self.variables:
                unset.append(name)
            return self.variables.get(name, "")

        expanded = _VARIABLE.sub(value, entry.value)
        for name in unset:
            if name not in self._unset:
                self._unset.add(name)
                self._problems.append(f"the variable {name} is not set")
                advice = f'set it in the environment, or in signoff.toml: [environment] {name} = "..."'
                self._say(path, entry.span, "FileListVariable", f"The variable {name} is not set: {advice}.")
        return None if unset else expanded

    def _deduce_variables(self, path: str, entries: list[Entry]) -> None:
        """Give each unset variable that paths begin with the folder under which most of them exist."""
        rests: dict[str, list[tuple[str, Entry]]] = {}
        for entry in entries:
            match = _VARIABLE.match(entry.value)
            name = match and (match[1] or match[2] or match[3])
            if match and name and name not in self.variables and entry.kind in PATH_KINDS:
                rest = entry.value[match.end() :].lstrip("/")
                if rest and not _VARIABLE.search(rest):
                    rests.setdefault(name, []).append((rest, entry))
        for name, uses in rests.items():
            tried = [rest for rest, _ in uses[:TRIED_PATHS]]
            probes = {tried[0], tried[len(tried) // 2], tried[-1]}
            folders = islice(self._folders(path), TRIED_FOLDERS)
            likely = (one for one in folders if any(os.path.exists(os.path.join(one, probe)) for probe in probes))
            folder, hits = _best(tried, likely)
            if folder and 2 * hits >= len(tried):
                self.variables[name] = folder
                message = (
                    f"The variable {name} is not set; taken to be {folder}, "
                    f"as {hits} of the {len(tried)} paths tried exist there."
                )
                self.findings.append(
                    problem(path, uses[0][1].span, "FileListVariableDeduced", message, Severity.INFORMATION)
                )

    def _folders(self, path: str) -> Iterator[str]:
        """The list's folder and those above it up to the boundary; then those below them, two levels deep."""
        above = list(self._above(path))
        yield from above
        below = [child for folder in above for child in _children(folder)]
        yield from below
        for folder in below:
            yield from _children(folder)

    def _above(self, path: str) -> Iterator[str]:
        folder = os.path.dirname(path)
        yield folder
        while folder != self.boundary and _inside(folder, self.boundary):
            folder = os.path.dirname(folder)
            yield folder

    def _base(self, path: str, entries: list[Entry], base: str | None) -> str:
        """The folder relative paths start from: the given one, the list's own, or one above, by what exists."""
        tried = []
        for entry in entries[:TRIED_PATHS]:
            if entry.kind in PATH_KINDS and not _VARIABLE.search(entry.value) and not os.path.isabs(entry.value):
                tried.append(entry.value)
        folders = unique([*([base] if base else []), *self._above(path)])
        return _best(tried, iter(folders))[0] if tried else folders[0]


def _children(folder: str) -> list[str]:
    try:
        with os.scandir(folder) as items:
            return sorted(item.path for item in items if not item.name.startswith(".") and item.is_dir())
    except OSError:
        return []


def _best(paths: list[str], folders: Iterator[str]) -> tuple[str, int]:
    """(folder, hits) for the folder under which most paths exist; the first of several."""
    best, most = "", -1
    for folder in folders:
        hits = sum(os.path.exists(os.path.join(folder, path)) for path in paths)
        if hits > most:
            best, most = folder, hits
        if most == len(paths):
            break
    return best, most


def _inside(path: str, folder: str) -> bool:
    return path != folder and path.startswith(folder.rstrip(os.sep) + os.sep)
