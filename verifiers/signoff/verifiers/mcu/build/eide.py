"""EIDE projects (Embedded IDE for VS Code; .eide/eide.json, eide.yml): read as data. Nothing is run.

What its options mean to gcc: eide_options.toml, which names the source. A project for another processor gives nothing.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from signoff.verifiers.compile_flags import language, parse, split
from signoff.verifiers.finding import Finding, Span
from signoff.verifiers.mcu.build.cores import cpu_of
from signoff.verifiers.mcu.build.eide_files import (
    DEPTH,
    LIMIT,
    Beside,
    Broken,
    files_below,
    load,
    mapping,
    names_file,
    project_file,
    texts,
)
from signoff.verifiers.mcu.build.eide_options import LINKER, Options, default_options, tool_of
from signoff.verifiers.mcu.build.link_line import LinkLine, parse_link
from signoff.verifiers.mcu.build.reading import (
    Reading,
    Unreadable,
    absolute,
    chosen,
    problem,
    read_text,
    span_of,
    unreadable,
)
from signoff.verifiers.project import CompileUnit, Image
from signoff.verifiers.text import LineIndex

KIND = "EIDE"
_GCC, _ARM = "GCC", "ARM"
# Which files EIDE takes for what, in any case (src/EIDEProject.ts: cppfileFilter, asmfileFilter, libFileFilter).
_SOURCES = (".c", ".cpp", ".c++", ".cc", ".cxx", ".s", ".asm")
_OBJECTS = (".lib", ".a", ".o", ".obj")
_SEEN = (*_SOURCES, *_OBJECTS, ".h", ".hxx", ".hpp", ".inc")
_LANGUAGES = {"c": "c", "cpp": "c++"}
# $<override:...> and $<replace:old/new> in a file's options change what the project says: that is not followed.
_EXPRESSION = re.compile(r"\$<(?:override|replace):.*?>")


def read_eide(folder_or_file: str, *, names: Sequence[str] = ()) -> Reading:
    """An image for each target of an EIDE project: named after the project, later targets with their own name.

    Takes the project's folder, its .eide folder or the file in it. Never raises.
    """
    path = project_file(folder_or_file)
    if not path:
        return Reading()
    try:
        text = read_text(path, LIMIT)
        data = load(text, path)
    except Unreadable as error:
        return Reading(findings=(unreadable(path, "EideUnreadable", error),), files=(path,))
    except Broken as error:
        where = Span(error.line, 0, error.line, len(LineIndex(text).line(error.line)))
        found = problem(path, "EideSyntax", f"{os.path.basename(path)} {error}.", where)
        return Reading(findings=(found,), files=(path,))
    if data.get("type", _ARM) != _ARM:
        return Reading(files=(path,))
    beside = Beside(path, data)
    made = [_Target(text, beside, str(name), mapping(one)) for name, one in mapping(data.get("targets")).items()]
    images = [replace(one.image(), name=_name(data, one.name, number)) for number, one in enumerate(made)]
    findings = tuple(dict.fromkeys(finding for one in made for finding in one.findings))
    files = (path, *beside.files)
    return chosen(Reading(tuple(image for image in images if image.units), findings, files), names)


def _name(data: Mapping[str, Any], target: str, number: int) -> str:
    project = str(data.get("name") or "firmware")
    return project if number == 0 else f"{project} ({target})"


@dataclass
class _Target:
    """One target, in the form of either version of the file."""

    text: str
    beside: Beside
    name: str
    target: Mapping[str, Any]
    findings: list[Finding] = field(default_factory=list)

    @property
    def folder(self) -> str:
        """The project's folder, which paths count from."""
        return self.beside.folder

    @property
    def toolchain(self) -> str:
        """The tool chain that is chosen: GCC, AC5, AC6, IAR_ARM ..."""
        return str(self.target.get("toolchain") or _GCC)

    @cached_property
    def expand(self) -> Callable[[str], str]:
        """Puts values for the target's variables."""
        return self.beside.expand(self.name)

    @cached_property
    def settings(self) -> Mapping[str, Any]:
        """cpuType, floatingPointHardware, scatterFilePath; compileConfig before version 4 of the file."""
        maps = (mapping(self.target.get(name)) for name in ("toolchainConfigMap", "compileConfigMap"))
        older = (mapping(self.target.get(name)) for name in ("compileConfig", "toolchainConfig"))
        return next((one for one in (*older, *(mapping(one.get(self.toolchain)) for one in maps)) if one), {})

    @cached_property
    def options(self) -> Options:
        """The options of the tool chain: in the project, or in a file of their own; EIDE's own where there are none."""
        older = mapping(mapping(self.target.get("builderOptions")).get(self.toolchain))
        groups = mapping(self.settings.get("options")) or older
        if not groups and self.toolchain == _GCC:
            groups = self.beside.options(self.name) or default_options()
        return Options(groups, self._said)

    @cached_property
    def depends(self) -> Mapping[str, list[str]]:
        """incList, defineList, libList: of the packages that are installed, and the target's own."""
        groups = self.beside.data.get("dependenceList")
        lists = [mapping(one).get("depList") for one in groups] if isinstance(groups, list) else []
        found = [mapping(one) for each in lists if isinstance(each, list) for one in each]
        found += [mapping(self.target.get("cppPreprocessAttrs")) or mapping(self.target.get("custom_dep"))]
        return {
            name: list(dict.fromkeys(self.expand(text.strip()) for one in found for text in texts(one.get(name))))
            for name in ("incList", "defineList", "libList")
        }

    def image(self) -> Image:
        """The image; declared where gcc is the tool chain and the core is known."""
        part = str(self.beside.data.get("deviceName") or "")
        core = self._core(part)
        guessed = [] if core else ["The core is not known: cpuType is not one that Signoff knows."]
        if self.toolchain != _GCC:
            guessed.append(f"The project is for {self.toolchain}, whose dialect gcc does not know.")
        listed = self._listed()
        units = tuple(self._units(core, not guessed, listed))
        missing = len(self.findings)
        told = [f"{missing} of the sources that the project lists are not there."] if missing else []
        told += [f"The source folder {name} is not there." for name in self._absent()]
        link = self._link(core, listed) if self.toolchain == _GCC else LinkLine(flags=core)
        linked = not guessed and not told and bool(link.scripts) and not self.options.is_library
        return Image(
            name=self.name,
            root=self.folder,
            origin=self.beside.path,
            kind=KIND,
            declared=not guessed,
            link_declared=linked,
            units=units,
            linker_scripts=link.scripts,
            link_flags=link.flags,
            libraries=link.libraries,
            library_dirs=link.library_dirs,
            objects=link.objects,
            compiler="arm-none-eabi-gcc",
            part=part,
            part_origin=self.beside.path if part else "",
            guessed=(*guessed, *told),
        )

    def _core(self, part: str) -> tuple[str, ...]:
        cpu = str(self.settings.get("cpuType") or "").lower() or cpu_of(part)
        unit = str(self.settings.get("floatingPointHardware") or "none")
        return self.options.core(cpu, unit, str(self.settings.get("archExtensions") or ""))

    def _units(self, core: tuple[str, ...], declared: bool, listed: Mapping[str, str]) -> Iterator[CompileUnit]:
        folders = [f"-I{path}" for path in dict.fromkeys((*self._paths("incList"), *self._searched()))]
        macros = [f"-D{name}" for name in map(_macro, self.depends["defineList"]) if name]
        by_path, by_place = self.beside.added(self.name) if self.toolchain == _GCC else ({}, {})
        for source, place in listed.items():
            if source.lower().endswith(_OBJECTS):
                continue
            tool, below = tool_of(source), os.path.relpath(source, self.folder).replace(os.sep, "/")
            said = [*_added(by_path, re.sub(r"(?:\.\./)+", "", below)), *_added(by_place, place)]
            given = self.options.words(tool) if self.toolchain == _GCC else []
            own = [word for one in said for word in split(self._said(_EXPRESSION.sub(" ", one)))]
            to_tool = macros if self.toolchain != _GCC or self.options.takes_macros(tool) else []
            words = [*core, *folders, *to_tool, *given, *own]
            # The last -x counts, and only one that says other than the file's ending need stay.
            spoken, others = language(words), [word for word in words if not re.match(r"-x[a-z]", word)]
            unit = parse(others, self.folder, compiler="arm-none-eabi-gcc", source=source)
            kept = ("-x", spoken) if spoken and spoken != _LANGUAGES.get(tool) else ()
            certain = declared and not any(_EXPRESSION.search(one) for one in said)
            yield replace(unit, origin=self.beside.path, declared=certain, flags=(*unit.flags, *kept))

    def _link(self, core: tuple[str, ...], listed: Mapping[str, str]) -> LinkLine:
        scripts = self.expand(str(self.settings.get("scatterFilePath") or "")).split(",")
        words = [*core, *(f"-L{path}" for path in self._paths("libList"))]
        words += [f"-T{absolute(self.folder, one.strip())}" for one in scripts if one.strip()]
        objects = [path for path in listed if path.lower().endswith(_OBJECTS)]
        return parse_link([*words, *self.options.words(LINKER), *objects], self.folder)

    def _said(self, words: str) -> str:
        """The words of an option, with a path as Windows writes it in slashes."""
        return re.sub(r"\\(?=[\w.])", "/", self.expand(words))

    def _paths(self, name: str) -> list[str]:
        """The folders of a list; one with a variable that is not known is left out."""
        return [absolute(self.folder, one) for one in self.depends[name] if "${" not in one and "$(" not in one]

    @cached_property
    def excluded(self) -> frozenset[str]:
        """What is left out: paths from the project's folder, or within the virtual folders."""
        written = (self.expand(one).replace("\\", "/") for one in texts(self.target.get("excludeList")))
        return frozenset(one.removeprefix("./").rstrip("/") for one in written)

    def _in_folders(self) -> Iterator[str]:
        """The files of the source folders."""
        for written in texts(self.beside.data.get("srcDirs")):
            folder = absolute(self.folder, self.expand(written))
            from_root = os.path.relpath(folder, self.folder).replace(os.sep, "/")
            for inside, path in files_below(folder):
                below = inside if from_root == "." else f"{from_root}/{inside}"
                if path.lower().endswith(_SEEN) and not _is_excluded(below, self.excluded):
                    yield path

    def _absent(self) -> list[str]:
        """The source folders that are not there (a submodule); those in .eide are EIDE's own, and it skips them too."""
        named = [self.expand(one) for one in texts(self.beside.data.get("srcDirs"))]
        return [one for one in named if not one.startswith(".eide/") and not os.path.isdir(absolute(self.folder, one))]

    def _searched(self) -> list[str]:
        """The source folders with files, where the workspace's settings make each an include folder."""
        return [os.path.dirname(path) for path in self._in_folders()] if self.beside.searches("includes") else []

    def _listed(self) -> dict[str, str]:
        """Each source and library that is built in, with its path in the virtual folders ("" for a source folder's)."""
        wanted = (*_SOURCES, *_OBJECTS) if self.beside.searches("objects") else _SOURCES
        found = {path: "" for path in self._in_folders() if path.lower().endswith(wanted)}
        for place, written in _virtual_files(mapping(self.beside.data.get("virtualFolder"))):
            if written.lower().endswith((*_SOURCES, *_OBJECTS)) and not _is_excluded(place, self.excluded):
                path = absolute(self.folder, self.expand(written))
                if os.path.isfile(path):
                    found[path] = place
                else:
                    what = f"{written} is listed, but it is not there."
                    where = span_of(self.text, written)
                    self.findings.append(problem(self.beside.path, "EideMissingSource", what, where))
        return found


def _macro(written: str) -> str:
    name, sign, value = written.partition("=")
    return f"{name.strip()}{sign}{value.strip()}"


def _added(patterns: Mapping[str, Any], path: str) -> list[str]:
    """The options that a file is given by patterns, as EIDE adds them."""
    return [str(words) for pattern, words in patterns.items() if words and path and names_file(str(pattern), path)]


def _is_excluded(path: str, excluded: frozenset[str]) -> bool:
    parts = path.replace("\\", "/").split("/")
    return any("/".join(parts[:count]) in excluded for count in range(1, len(parts) + 1))


def _virtual_files(folder: Mapping[str, Any], inside: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """(path within the project's virtual folders, path as it is written) of each file."""
    name = str(folder.get("name") or "")
    here = f"{inside}/{name}" if inside else name
    for file in folder.get("files") or ():
        written = mapping(file).get("path")
        if isinstance(written, str):
            yield f"{here}/{os.path.basename(written.replace(chr(92), '/'))}", written
    for one in folder.get("folders") or () if depth < DEPTH else ():
        yield from _virtual_files(mapping(one), here, depth + 1)
