"""From a project to an elaborated design: which trees are reused, joined, or found in a library."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

import pyslang
from pyslang import ast

from signoff.verifiers.hdl import slang_macros
from signoff.verifiers.hdl.overlay import is_header, units
from signoff.verifiers.hdl.slang_elaborate import compiled, needs_joining, with_tops
from signoff.verifiers.hdl.slang_options import code_name, option_key, options
from signoff.verifiers.hdl.slang_sources import SourceState, Unit
from signoff.verifiers.hdl.slang_text import Files
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot

MAX_LIBRARY_ROUNDS = 8
# Files with these endings are included only now and then; any other open document is taken for a header.
UNITS = (".v", ".sv")


@dataclass(slots=True)
class Design:
    """One elaborated state of a project. `library` are files looked up on demand: nothing is said about them.

    `lazy`: only what is asked for is elaborated; tops, joining and library are those of the last whole run. Such a
    design answers what a name means, and is no ground for findings.
    """

    state: SourceState
    focus: str
    units: list[Unit]
    compilation: ast.Compilation
    library: frozenset[str]
    lazy: bool = False

    def shown(self, project: Project) -> frozenset[str]:
        """The files whose findings are to be shown: with a guessed project only the one in focus."""
        if not project.declared:
            return frozenset({self.focus})
        paths = {unit.source.path for unit in self.units} | set(project.files)
        headers = {header for unit in self.units for header in unit.includes}
        return frozenset((paths | headers | {self.focus}) - self.library)

    def buffers_of(self, path: str) -> frozenset[pyslang.BufferID]:
        """The buffers that hold the newest text of a file."""
        source = self.state.named(path)
        return self.state.buffers_of(source) if source is not None else frozenset()

    def texts(self, paths: Iterable[str]) -> dict[str, str]:
        """The text of each of these files as slang saw it."""
        return {path: source.text for path in paths if (source := self.state.named(path)) is not None}

    @property
    def leans_on_unsure(self) -> bool:
        """True where another file than the one in focus lacks a header or a macro."""
        return any(unit.lacks_text for unit in self.units if unit.source.path != self.focus)

    @property
    def is_lone_header(self) -> bool:
        """True where a header stands alone: it is a part of something unknown, not a design."""
        return is_header(self.focus) and [unit.source.path for unit in self.units] == [self.focus]


class Loader:
    """Builds designs of one project root, one after the other, keeping what did not change."""

    def __init__(self) -> None:
        self._files = Files()
        self._state: SourceState | None = None
        self._scans: dict[str, tuple[str, slang_macros.Scan]] = {}
        self._carried: tuple[list[object], dict[str, str]] = ([], {})
        self._joined: set[tuple[str, ...]] = set()
        # The files of the last run that needed no joining.
        self._apart: tuple[str, ...] = ()
        self._tops: dict[tuple[str, tuple[str, ...]], tuple[str, ...]] = {}
        self._library: dict[str, None] = {}
        self._guest = ""
        self._included: set[str] = set()

    def design(self, snapshot: Snapshot, project: Project, *, lazy: bool = False, guest: bool = False) -> Design:
        """The elaborated design; semantic diagnostics have been asked for once, but in a lazy one. Where these files
        were never elaborated as a whole, `lazy` makes no difference.

        `guest`: the snapshot is what its document might become; the tree of what it is stays at hand.
        """
        self._guest = snapshot.path if guest else ""
        texts = {buffer.path: buffer.text for buffer in project.buffers if buffer.path}
        texts[snapshot.path] = snapshot.text
        contents = {path: texts[path] if path in texts else self._files.read(path) for path in units(snapshot, project)}
        paths = [path for path, text in contents.items() if text is not None]
        self._library = {path: None for path in self._library if path not in paths}
        for _ in range(MAX_LIBRARY_ROUNDS):
            library = [(path, self._files.read(path) or "") for path in self._library]
            files = [*library, *((path, contents[path] or "") for path in paths)]
            design = self._compile(files, snapshot.path, texts, project, lazy)
            found = self._look_up(design, project, paths) if not design.lazy else []
            if not found:
                break
            self._library.update(dict.fromkeys(found))
        return design

    def parsed(self, snapshot: Snapshot, project: Project) -> tuple[SourceState, list[Unit]]:
        """The project's files as they are parsed, one by one and not elaborated: what design() has read is used."""
        texts = {buffer.path: buffer.text for buffer in project.buffers if buffer.path}
        texts[snapshot.path] = snapshot.text
        paths = [*self._library, *units(snapshot, project)]
        contents = {path: texts[path] if path in texts else self._files.read(path) for path in paths}
        files = [(path, text) for path, text in contents.items() if text is not None]
        state = self._fresh_state(tuple(path for path, _ in files), texts, project)
        return state, state.parse(files, self._preludes(files, texts, project) if len(files) > 1 else {})

    def _compile(
        self, files: list[tuple[str, str]], focus: str, texts: Mapping[str, str], project: Project, lazy: bool
    ) -> Design:
        known = self._included & texts.keys()
        design = self._compile_once(files, focus, texts, project, lazy)
        # An open document turned out to be included: what was read was the file on disk.
        if self._included & texts.keys() == known:
            return design
        return self._compile_once(files, focus, texts, project, lazy)

    def _compile_once(
        self, files: list[tuple[str, str]], focus: str, texts: Mapping[str, str], project: Project, lazy: bool
    ) -> Design:
        paths = tuple(path for path, _ in files)
        state = self._fresh_state(paths, texts, project)
        if paths not in self._joined:
            preludes = self._preludes(files, texts, project) if len(files) > 1 else {}
            lazy = lazy and paths == self._apart
            design = self._elaborate(state, focus, state.parse(files, preludes, self._guest), project, lazy)
            if lazy or len(files) == 1 or not needs_joining(design.compilation):
                self._apart = paths
                return design
            self._joined.add(paths)
        return self._elaborate(state, focus, state.parse_joined(files), project, lazy)

    def _fresh_state(self, paths: tuple[str, ...], texts: Mapping[str, str], project: Project) -> SourceState:
        key = option_key(project)
        # An open document that nothing includes is no header: its every edit would have all files read anew.
        aside = {path: text for path, text in texts.items() if path not in paths}
        headers = {path: text for path, text in aside.items() if path in self._included or not path.endswith(UNITS)}
        state = self._state
        if state is None or state.options.key != key or state.stale(headers):
            state = SourceState(options(key))
        if not all(state.assign_header(path, text) for path, text in headers.items()):
            state = SourceState(options(key))
            for path, text in headers.items():
                state.assign_header(path, text)
        self._state = state
        return state

    def _preludes(self, files: list[tuple[str, str]], texts: Mapping[str, str], project: Project) -> dict[str, str]:
        scanned = [(path, self._scan(path, text)) for path, text in files]
        # Scans of unchanged files are the same objects, so comparing the list costs next to nothing.
        key: list[object] = [scanned, project.defines, project.include_dirs, self._headers_key()]
        if key != self._carried[0]:
            read = _header_reader(texts, self._files)
            self._carried = (key, slang_macros.carried(scanned, project.defines, project.include_dirs, read))
        return self._carried[1]

    def _headers_key(self) -> object:
        state = self._state
        return (state.serial, [unit.includes for unit in state.units.values()]) if state is not None else None

    def _scan(self, path: str, text: str) -> slang_macros.Scan:
        known = self._scans.get(path)
        if known is not None and known[0] == text:
            return known[1]
        scanned = slang_macros.scan(text)
        if known is not None and known[1] == scanned:
            scanned = known[1]
        self._scans[path] = (text, scanned)
        return scanned

    def _elaborate(self, state: SourceState, focus: str, parsed: list[Unit], project: Project, lazy: bool) -> Design:
        # Of two definitions with one name slang takes the later: in a guessed project the user's own must win.
        last = [unit for unit in parsed if unit.source.path == focus] if not project.declared else []
        ordered = [*(unit for unit in parsed if unit not in last), *last]
        # The tops are known once the definitions are, so those of the last run are tried first.
        guess = self._tops.get((focus, project.top))
        if lazy and guess is not None:
            return Design(state, focus, parsed, compiled(state, ordered, guess), frozenset(self._library), lazy=True)
        compilation, tops = with_tops(state, ordered, project.top, focus, project.top if guess is None else guess)
        self._tops[focus, project.top] = tops
        self._included.update(header for unit in parsed for header in unit.includes)
        return Design(state, focus, parsed, compilation, frozenset(self._library))

    def _look_up(self, design: Design, project: Project, paths: Sequence[str]) -> list[str]:
        """Library files that define what the design misses, as -v and -y have it."""
        if not (project.library_dirs or project.library_files):
            return []
        diagnostics = design.compilation.getAllDiagnostics()
        names = [str(item.args[0]) for item in diagnostics if code_name(item.code).startswith("Unknown") and item.args]
        known = {*paths, *self._library}
        found: dict[str, None] = {}
        for name in dict.fromkeys(name.strip("'") for name in names):
            path = self._defining(name, project)
            if path is not None and path not in known:
                found[path] = None
        return list(found)

    def _defining(self, name: str, project: Project) -> str | None:
        for path in project.library_files:
            text = self._files.read(path)
            if text is not None and slang_macros.defines_design_unit(text, name):
                return path
        for folder in project.library_dirs:
            for extension in project.library_extensions:
                path = str(PurePath(folder) / (name + extension))
                if self._files.read(path) is not None:
                    return path
        return None


def _header_reader(texts: Mapping[str, str], files: Files) -> slang_macros.Reader:
    return lambda path: texts[path] if path in texts else files.read(path)
