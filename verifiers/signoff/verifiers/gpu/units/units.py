"""The project of CUDA and Python documents: how each is compiled, and for which GPUs it is checked.

What the user says comes first: the setting cuda.architectures, then [cuda] of signoff.toml, then the compile flags,
then CMake (setup.py, a Makefile), then the GPU of this machine. Everything that names include folders or macros is
put into `Project.unit`, also the settings cuda.include_dirs and cuda.defines; cuda.arguments and cuda.toolkit are not.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from signoff.verifiers.file_kinds import C_EXTENSIONS, DATABASE, UNIT_EXTENSIONS
from signoff.verifiers.finding import Finding
from signoff.verifiers.gpu.units.includes import Graph, Includers
from signoff.verifiers.gpu.units.sanity import ALL, NATIVE, sane
from signoff.verifiers.project import CompileUnit, Project
from signoff.verifiers.settings import VerifierSettings

PYTHON_EXTENSIONS = (".py",)
SETTINGS = "settings"
INSTALLED = "installed GPU"
_SUFFIX = re.compile(r"\d([af])(?![a-z])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Compiled:
    """How one file is compiled. `architectures` are as written ("90a", "native"), `named_by` what names them.

    `contradictory`: several sets of architectures are possible, so none is told.
    """

    unit: CompileUnit
    architectures: tuple[str, ...] = ()
    named_by: str = ""
    contradictory: bool = False


@dataclass(frozen=True, slots=True)
class Units:
    """All that a folder says of how its CUDA files are compiled.

    `files` has each .cu file (and what a compile_commands.json compiles as CUDA), `folders` what a file that is new
    in a folder or below it would get (its unit's source is ""). `listed` are the files that a build names. `names` are
    those of all files, without folders, `written` what each CUDA file includes that may be one of these.
    """

    files: dict[str, Compiled] = field(default_factory=dict)
    folders: dict[str, Compiled] = field(default_factory=dict)
    listed: frozenset[str] = frozenset()
    graph: Graph = field(default_factory=Graph)
    findings: tuple[Finding, ...] = ()
    names: frozenset[str] = frozenset()
    written: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def known_among(self, names: Iterable[str]) -> tuple[str, ...]:
        """Those of some included names that may be files of the folder: one that is still being typed is none."""
        return tuple(name for name in names if name.replace("\\", "/").rpartition("/")[2] in self.names)


@dataclass(frozen=True, slots=True)
class Situation:
    """What a project is made from beside the file itself: settings at a place, and what gave them.

    `own` are the user's own settings, `at` those that hold at a path with signoff.toml's, `toml_of` the signoff.toml
    that gives cuda.architectures at a path, `root_of` the folder of the workspace that a path is in.
    """

    own: VerifierSettings
    at: Callable[[str], VerifierSettings]
    toml_of: Callable[[str], str]
    root_of: Callable[[str], str]
    trusted: bool
    installed: tuple[str, ...] = ()


class CudaProjects:
    """The projects of CUDA, C and Python files, for one state of the workspace; each is made when asked for."""

    def __init__(self, folders: Iterable[tuple[str, Units]], situation: Situation) -> None:
        self._folders = [(folder, units, Includers(units.graph)) for folder, units in folders]
        self._situation = situation
        self._projects: dict[str, Project] = {}
        self._reasons: dict[str, str] = {}

    @staticmethod
    def covers(path: str) -> bool:
        """Whether the file gets its project here, going by its name."""
        return path.lower().endswith((*C_EXTENSIONS, *PYTHON_EXTENSIONS))

    def project(self, path: str) -> Project:
        """The project of a file."""
        known = self._projects.get(path)
        if known is None:
            known = self._projects[path] = self._make(path)
        return known

    def describe(self, path: str) -> str:
        """What was understood of how a file is compiled and what was guessed, in a few sentences."""
        project = self.project(path)
        return f"{self._reasons[path]} {_targets_text(project)}".strip()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is wrong in the files that say how CUDA is compiled."""
        return tuple(finding for _, units, _ in self._folders for finding in units.findings)

    def _make(self, path: str) -> Project:
        normal = os.path.normpath(path)
        python = normal.lower().endswith(PYTHON_EXTENSIONS)
        settings, root = sane(self._situation.at(normal)), self._situation.root_of(normal)
        compiled = None if python else self._compiled(normal, path)
        if python:
            self._reasons[path] = "Python is not compiled: kernels in it are looked at one by one."
        # A header that no unit includes is still meant for the GPUs of its folder.
        named = compiled or (None if python else _as_neighbours(self._at(normal)[0], normal))
        architectures, exactly, origin = self._targets(normal, named)
        if named is not None and not architectures:
            self._reasons[path] += _unnamed_text(named)
        unit, included = None, tuple[str, ...]()
        if compiled is not None:
            unit = replace(_with_settings(compiled.unit, settings, root), architectures=exactly)
            included = self._at(normal)[0].graph.reached(unit.source)
        source = unit.source if unit is not None else path
        return Project(
            root=root,
            name=os.path.basename(path),
            origin=unit.origin if unit else "",
            trusted=self._situation.trusted,
            files=tuple(dict.fromkeys((path, source, *included))),
            headers=tuple(dict.fromkeys((*((path,) if source != path else ()), *included))),
            unit=unit,
            architectures=architectures,
            architectures_origin=origin,
            settings=settings,
        )

    def _at(self, path: str) -> tuple[Units, Includers]:
        holding = [one for one in self._folders if path.startswith(one[0].rstrip(os.sep) + os.sep)]
        best = max(holding, key=lambda one: len(one[0]), default=None)
        return (best[1], best[2]) if best else (_NOTHING, _NO_INCLUDERS)

    def _compiled(self, path: str, asked: str) -> Compiled | None:
        units, includers = self._at(path)
        own = units.files.get(path)
        through = ""
        if path not in units.listed and not (own is not None and not self._included_beside(path, units)):
            through = includers.unit_of(path, units.listed)
        if through and through != path and through in units.files:
            found = units.files[through]
            self._reasons[asked] = f"Checked as part of {through}, which includes it. {_unit_text(found.unit)}"
            return found
        if own is None and not path.lower().endswith(UNIT_EXTENSIONS):
            self._reasons[asked] = "No .cu file of the workspace includes it, so it is not compiled."
            return None
        found = own or _as_neighbours(units, path)
        found = replace(found, unit=replace(found.unit, source=asked))
        self._reasons[asked] = _unit_text(found.unit)
        return found

    def _included_beside(self, path: str, units: Units) -> bool:
        """Whether a .cu file of the same folder includes this one, so that it is rather a part than a unit."""
        folder = os.path.dirname(path)
        return any(
            path in included and os.path.dirname(includer) == folder and includer.endswith(UNIT_EXTENSIONS)
            for includer, included in units.graph.includes.items()
        )

    def _targets(self, path: str, compiled: Compiled | None) -> tuple[tuple[str, ...], tuple[str, ...], str]:
        """(architectures, the same as exactly as they were named, what named them)."""
        from signoff.verifiers.gpu.hardware.limits import normal

        situation = self._situation
        said = compiled.architectures if compiled is not None else ()
        toml = situation.toml_of(path)
        sources = [
            (SETTINGS, situation.own.cuda.architectures),
            (toml, situation.at(path).cuda.architectures if toml else ()),
            (compiled.named_by if compiled else "", tuple(one for one in said if one != NATIVE)),
        ]
        for origin, names in sources:
            if ALL.intersection(names):
                return (), (), ""
            known = tuple(dict.fromkeys(one for name in names if (one := normal(name)) is not None))
            if known:
                return known, tuple(dict.fromkeys(one for name in names if (one := exact(name)))), origin
        installed = situation.installed
        return installed, installed, INSTALLED if installed else ""


def exact(name: str) -> str:
    """An architecture in any spelling as nvcc wants it, with the letter of a specific one: "90a-real" as "sm_90a"."""
    from signoff.verifiers.gpu.hardware.limits import normal

    known = normal(name)
    suffix = _SUFFIX.search(name)
    return f"{known}{suffix[1].lower() if suffix else ''}" if known else ""


def _as_neighbours(units: Units, path: str) -> Compiled:
    """What a file that is new in its folder gets."""
    folder = os.path.dirname(path)
    while folder not in units.folders:
        above = os.path.dirname(folder)
        if above == folder:
            return Compiled(CompileUnit(path, directory=os.path.dirname(path)))
        folder = above
    return units.folders[folder]


def _with_settings(unit: CompileUnit, settings: VerifierSettings, root: str) -> CompileUnit:
    folders = (os.path.normpath(os.path.join(root, os.path.expanduser(one))) for one in settings.cuda.include_dirs)
    include_dirs = tuple(dict.fromkeys((*unit.include_dirs, *folders)))
    return replace(
        unit, include_dirs=include_dirs, defines=tuple(dict.fromkeys((*unit.defines, *settings.cuda.defines)))
    )


def _unit_text(unit: CompileUnit) -> str:
    if unit.declared:
        return f"Compiled as {unit.origin} says."
    folders = f"{len(unit.include_dirs)} include folders" if len(unit.include_dirs) != 1 else "1 include folder"
    by = f"read off {unit.origin} and guessed from its includes" if unit.origin else "guessed from its includes"
    return f"No {DATABASE} lists it; how it is compiled ({folders}) is {by}."


def _unnamed_text(compiled: Compiled) -> str:
    """Why a build that speaks of GPU architectures names none."""
    if ALL.intersection(compiled.architectures):
        return f" {compiled.named_by} has it built for all architectures."
    return " Which architectures it is built for depends on conditions." if compiled.contradictory else ""


def _targets_text(project: Project) -> str:
    if not project.architectures:
        return "No GPU architecture is named: only what fails on every one is reported."
    return f"Checked for {', '.join(project.architectures)} ({project.architectures_origin})."


_NOTHING = Units()
_NO_INCLUDERS = Includers(_NOTHING.graph)
