"""From declarations and the index to the project of each file: who claims it, how complete that is, else a guess."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace

from signoff.verifiers.hdl.closure import Closure, closure, in_order, reachable
from signoff.verifiers.hdl.design import Declarations, Design, Override, unique
from signoff.verifiers.hdl.workspace_index import WorkspaceIndex, is_stand_in, nearest
from signoff.verifiers.project import Project
from signoff.verifiers.settings import VerifierSettings

# A name this alike to one of the design's own is a slip of the pen; any other names something outside the list.
SLIP = 0.8
MAX_SLIPS = 4
TRIED_INCLUDERS = 4
# Looking closely at a design takes milliseconds for each hundred files, and project() must not hold up the editor.
JUDGED_CLAIMS = 6
CORE = "FuseSoC core"
NOT_REACHED = "its top modules do not use this file"
# Settings that name what is run: only of a trusted workspace.
EXECUTED = frozenset({"path", "arguments", "toolkit", "python", "toolchain", "qemu", "renode"})


@dataclass(frozen=True, slots=True)
class _Claim:
    """A design in its workspace folder; `rank` is its place among all, for ties."""

    folder: str
    design: Design
    rank: int


@dataclass(frozen=True, slots=True)
class _Judged:
    """A design as a project, and as what it becomes where it cannot be taken at its word.

    `lacking` counts what it uses and does not have (0: whole), `why` tells of the first. `reached` are the files
    below its top modules; None: all are. Of the others, which no elaboration visits, nothing was looked at.
    """

    project: Project
    lacking: int = 0
    why: str = ""
    reached: frozenset[str] | None = None

    def whole_for(self, path: str) -> bool:
        """Whether the design may be taken at its word about a file."""
        return not self.lacking and (self.reached is None or path in self.reached)


class Membership:
    """The project of every file, for one state of the workspace. Cheap to build; projects are made when asked for."""

    def __init__(
        self,
        index: WorkspaceIndex,
        declarations: Sequence[tuple[str, Declarations]],
        settings: VerifierSettings,
        trusted: bool,
        scanned: bool,
    ) -> None:
        self.scanned = scanned
        self._index = index
        self._settings = settings
        self._trusted = trusted
        self._folders = tuple(folder for folder, _ in declarations)
        designs = [(folder, design) for folder, declared in declarations for design in declared.designs]
        self._all = [_Claim(folder, design, rank) for rank, (folder, design) in enumerate(designs)]
        self._overrides = [override for _, declared in declarations for override in declared.overrides]
        self._overrides.sort(key=lambda override: len(override.folder))
        self._links = {_key(real): listed for _, declared in declarations for real, listed in declared.links}
        self._claims: dict[str, list[_Claim]] = {}
        for claim in self._all:
            for path in claim.design.members:
                self._claims.setdefault(_key(path), []).append(claim)
        self._projects: dict[str, Project] = {}
        self._judged: dict[int, _Judged] = {}
        self._extensions: dict[int, Project] = {}
        self._reasons: dict[str, str] = {}
        self.used: set[str] = set()

    def project(self, path: str) -> Project:
        """The project of a file."""
        known = self._projects.get(path)
        if known is not None:
            return known
        if not self.scanned or not path:
            files = (path,) if path else ()
            return Project(self.root_of(path), files=files, trusted=self._trusted, settings=self.settings_at(path))
        project = self._projects[path] = self._make(path, ())
        return project

    def declared_by(self, origin: str) -> tuple[Project, ...]:
        """The projects that one configuration file declares."""
        return tuple(self._judge(claim).project for claim in self._all if _key(claim.design.origin) == _key(origin))

    def refresh(self) -> bool:
        """Make anew what an edit may have changed; True where some project that was asked for is another now."""
        before, self._projects = self._projects, {}
        # A design that proved whole stays so while its files are edited: else a slip would undo its own report.
        self._judged = {rank: judged for rank, judged in self._judged.items() if not judged.lacking}
        self._extensions.clear()
        return any(self.project(path) != project for path, project in before.items())

    def describe(self, path: str) -> str:
        """One sentence on the project of a file."""
        if not self.scanned:
            return "The workspace has not been read yet; the file is checked by itself."
        project = self.project(path)
        return self._reasons.get(path, "") or f"Checked in {project.name or 'a project of its own'}."

    def _make(self, path: str, via: tuple[str, ...]) -> Project:
        known = self._known_as(os.path.normpath(path))
        claim = self._choose(known)
        if claim is not None:
            return _with_path(self._claimed(claim, known, path), known, path)
        if self._index.is_header(known):
            project = self._through_includer(known, path, (*via, known))
            if project is not None:
                return replace(project, headers=unique((path, known)))
        return self._guess(known, path)

    def _claimed(self, claim: _Claim, known: str, path: str) -> Project:
        judged = self._judge(claim)
        header = known in claim.design.headers
        seen_through = self._index.includers(known) if header else (known,)
        whole = any(judged.whole_for(one) for one in seen_through)
        project = judged.project if whole else self._extended(claim, judged)
        if header:
            project = replace(project, headers=unique((path, known)))
        self._reasons[path] = _because(claim.design, project, judged.why or NOT_REACHED)
        self.used.add(claim.design.origin)
        return project

    def _known_as(self, path: str) -> str:
        """The name under which the workspace knows a file: its own, or the one that a link gives it."""
        if _key(path) in self._claims or path in self._index:
            return path
        if _key(path) in self._links:
            return self._links[_key(path)]
        real = os.path.realpath(path)
        if _key(real) in self._links:
            return self._links[_key(real)]
        return real if _key(real) in self._claims or real in self._index else path

    def _choose(self, path: str) -> _Claim | None:
        claims = self._claims.get(_key(path), ())
        explicit = [claim for claim in claims if claim.design.explicit]
        if explicit:
            return min(explicit, key=lambda claim: (_steps(claim.design.origin, path), claim.rank))
        likely = sorted(claims, key=lambda claim: _standing(claim, path))[:JUDGED_CLAIMS]
        whole = (claim for claim in likely if self._judge(claim).whole_for(path))
        return next(whole, None) or min(likely, key=lambda claim: self._judge(claim).lacking, default=None)

    def _judge(self, claim: _Claim) -> _Judged:
        judged = self._judged.get(claim.rank)
        if judged is None:
            judged = self._judged[claim.rank] = self._judge_anew(claim)
        return judged

    def _judge_anew(self, claim: _Claim) -> _Judged:
        design = claim.design
        files = design.files if design.ordered else in_order(self._index, design.files)
        project = self._project_of(claim, files)
        known = self._library(design)
        macros = _macro_names(design)
        if design.explicit:
            # What the user did not say about include folders is taken from where the headers are.
            need = closure(self._index, files, design.include_dirs, known, macros, optional=False)
            return _Judged(replace(project, include_dirs=need.include_dirs, missing=design.black_boxes))
        reached = reachable(self._index, files, design.top) if design.top else None
        looked_at = files if reached is None else tuple(path for path in files if path in reached)
        need = closure(self._index, looked_at, design.include_dirs, known, macros, optional=False)
        lacking, why = self._lacking(design, files, need)
        return _Judged(project, lacking, why, reached)

    def _extended(self, claim: _Claim, judged: _Judged) -> Project:
        """A design that is not whole, with what it lacks as far as the workspace has it."""
        known = self._extensions.get(claim.rank)
        if known is None:
            design, project = claim.design, judged.project
            library, macros = self._library(design), _macro_names(design)
            need = closure(self._index, project.files, design.include_dirs, library, macros, optional=False)
            known = self._extensions[claim.rank] = replace(
                project, declared=False, files=need.files, include_dirs=need.include_dirs, missing=need.missing
            )
        return known

    def _project_of(self, claim: _Claim, files: tuple[str, ...]) -> Project:
        design = claim.design
        return Project(
            root=claim.folder,
            name=design.name,
            origin=design.origin,
            declared=True,
            trusted=self._trusted,
            files=files,
            include_dirs=design.include_dirs,
            defines=design.defines,
            library_dirs=design.library_dirs,
            library_files=design.library_files,
            library_extensions=design.library_extensions or (".v", ".sv"),
            top=design.top,
            waivers=design.waivers,
            settings=self.settings_at(design.origin),
        )

    def _library(self, design: Design) -> set[str]:
        """Names that the design finds in its libraries."""
        facts = [self._index.facts(path) for path in design.library_files]
        names = {name for one in facts for name in one.units}
        endings = design.library_extensions or (".v", ".sv")
        for folder in design.library_dirs:
            with_ending = (name for name in _listing(folder) if name.endswith(endings))
            names.update(os.path.splitext(name)[0] for name in with_ending)
        return names | set(design.black_boxes)

    def _lacking(self, design: Design, files: Sequence[str], need: Closure) -> tuple[int, str]:
        """(how many things it lacks, a reason) of a design that was found, not named.

        A file or core that it names and that is not there counts only where something of it is used.
        """
        listed = set(files)
        told = [f"it uses {path}, which it does not list" for path in need.files if path not in listed]
        folders = [folder for folder in need.include_dirs if folder not in design.include_dirs]
        told += [f"it includes files of {folder}, which is not among its include folders" for folder in folders]
        unknown = (*self._outside(files, need.missing), *need.uncertain)
        told += [f"it uses {name}, which is nowhere in the workspace" for name in unknown]
        return len(told), (*design.problems, *told)[0] if told else ""

    def _outside(self, files: Sequence[str], missing: Sequence[str]) -> Sequence[str]:
        """The missing names that another file must bring, as they are no slips in writing one of the design's own."""
        if not missing or len(missing) > MAX_SLIPS:
            return missing
        facts = [self._index.facts(path) for path in files]
        own = {name for one in facts for name in (*one.units, *(f"`{macro}" for macro in one.macros))}
        return [name for name in missing if not difflib.get_close_matches(name, own, 1, SLIP)]

    def _through_includer(self, header: str, path: str, via: tuple[str, ...]) -> Project | None:
        """The project of a file that includes the header: a header means nothing by itself."""
        found: list[Project] = []
        for includer in nearest(self._index.includers(header), header)[:TRIED_INCLUDERS]:
            if includer in via or not _may_mean(self._index, includer, header):
                continue
            project = self._projects.get(includer) or self._make(includer, via)
            if project.declared:
                self._reasons[path] = f"Included by {includer}. {self._reasons.get(includer, '')}".rstrip()
                return project
            found.append(project)
        if found:
            self._reasons[path] = f"Checked as part of {found[0].name}, which includes it."
        return found[0] if found else None

    def _guess(self, known: str, path: str) -> Project:
        need = closure(self._index, (known,))
        self._reasons[path] = _guessed_because(need)
        project = Project(
            root=self.root_of(path),
            name=os.path.basename(path),
            trusted=self._trusted,
            files=need.files,
            include_dirs=need.include_dirs,
            missing=need.missing,
            settings=self.settings_at(path),
        )
        return _with_path(project, known, path)

    def override_of(self, path: str, section: str, key: str) -> str:
        """The signoff.toml that gives one setting for a file, "" where none does."""
        giving = (
            one.origin
            for one in reversed(self._overrides)
            if _inside(path, one.folder) and any((at, name) == (section, key) for at, name, _ in one.values)
        )
        return next(giving, "")

    def root_of(self, path: str) -> str:
        """The folder of the workspace that a file is in, else the file's own."""
        holding = [folder for folder in self._folders if _inside(path, folder)]
        return max(holding, key=len) if holding else os.path.dirname(path)

    def settings_at(self, path: str) -> VerifierSettings:
        """The settings that hold for a file: the user's, and over them those of each signoff.toml above it."""
        settings = self._settings
        for override in self._overrides:
            if _inside(path, override.folder):
                settings = _overridden(settings, override, self._trusted)
        return settings


def _standing(claim: _Claim, path: str) -> tuple[bool, int, int, int]:
    """How likely a design is meant for a file, the likeliest first, before it is looked at closely."""
    design = claim.design
    own_bench = any(is_stand_in(_below(file, claim.folder)) for file in design.own)
    bench = own_bench and not is_stand_in(_below(path, claim.folder))
    # A core's targets are in order of preference already; of file lists the longest tells most.
    size = 0 if design.kind == CORE else -len(design.files)
    return bench, _steps(design.origin, path), size, claim.rank


def _overridden(settings: VerifierSettings, override: Override, trusted: bool) -> VerifierSettings:
    for section, key, value in override.values:
        if key in EXECUTED and not trusted:
            continue
        changes = {section: replace(getattr(settings, section), **{key: value})} if section else {key: value}
        settings = replace(settings, **changes)
    return settings


def _because(design: Design, project: Project, why: str) -> str:
    listed = f"{len(project.files)} files"
    if project.declared:
        return f"Declared by {design.origin} ({design.kind}, {design.name}; {listed})."
    return (
        f"Listed in {design.origin} ({design.kind}, {design.name}), which is incomplete: {why}. "
        f"Names of other files are therefore not checked; {listed} are known."
    )


def _guessed_because(need: Closure) -> str:
    others = len(need.files) - 1
    lacking = (
        f" Not found: {', '.join(need.missing[:5])}{', ...' if len(need.missing) > 5 else ''}." if need.missing else ""
    )
    return (
        f"No design declares the file; its project is guessed from the names it uses ({others} other files).{lacking}"
    )


def _with_path(project: Project, known: str, path: str) -> Project:
    """The project with the file under the name that the editor has for it, so that its text replaces the disk's."""
    if known == path or known not in project.files:
        return project
    return replace(project, files=tuple(path if file == known else file for file in project.files))


def _may_mean(index: WorkspaceIndex, includer: str, header: str) -> bool:
    names = (name.replace("\\", "/").lstrip("./") for name in index.facts(includer).includes)
    return any(header.replace(os.sep, "/").endswith("/" + name) for name in names)


def _macro_names(design: Design) -> list[str]:
    return [define.partition("=")[0] for define in design.defines]


def _listing(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _steps(origin: str, path: str) -> int:
    """How many folders lie between a declaration and a file; one that is not above the file counts as far off."""
    here, there = os.path.dirname(origin), os.path.dirname(path)
    if _inside(path, here):
        return there[len(here) :].count(os.sep)
    common = os.path.commonpath([here, there]) if os.path.splitdrive(here)[0] == os.path.splitdrive(there)[0] else ""
    return 100 + here[len(common) :].count(os.sep) + there[len(common) :].count(os.sep)


def _inside(path: str, folder: str) -> bool:
    return path.startswith(folder.rstrip(os.sep) + os.sep)


def _below(path: str, folder: str) -> str:
    return path[len(folder) :] if _inside(path, folder) else path


def _key(path: str) -> str:
    """What two names of one file have in common where the file system ignores case."""
    return path.casefold() if sys.platform in ("darwin", "win32") else path
