"""EIDE projects (Embedded IDE for VS Code; .eide/eide.json, eide.yml): read as data. Nothing is run.

What its options mean to gcc: eide_options.toml.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from typing import Any

from signoff.verifiers.compile_flags import parse, split
from signoff.verifiers.finding import Finding, Span
from signoff.verifiers.mcu.build.cores import core_flags, cpu_of
from signoff.verifiers.mcu.build.link_line import parse_link
from signoff.verifiers.mcu.build.reading import (
    C_ENDINGS,
    Reading,
    Unreadable,
    absolute,
    chosen,
    is_source,
    problem,
    read_text,
    sources_below,
    span_of,
    unreadable,
)
from signoff.verifiers.project import CompileUnit, Image
from signoff.verifiers.text import LineIndex

KIND = "EIDE"
NAMES = ("eide.yml", "eide.yaml", "eide.json")
LIMIT = 4 * 1024 * 1024
DEPTH = 60
_GCC = "GCC"


class _Broken(Exception):
    """A project file that is no JSON or YAML; `line` from 0."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


def read_eide(folder_or_file: str, *, names: Sequence[str] = ()) -> Reading:
    """An image for each target of an EIDE project: named after the project, later targets with their own name.

    Takes the project's folder, its .eide folder or the file in it. Never raises.
    """
    path = _project_file(folder_or_file)
    if not path:
        return Reading()
    try:
        text = read_text(path, LIMIT)
        data = _load(text, path)
    except Unreadable as error:
        return Reading(findings=(unreadable(path, "EideUnreadable", error),), files=(path,))
    except _Broken as error:
        where = Span(error.line, 0, error.line, len(LineIndex(text).line(error.line)))
        found = problem(path, "EideSyntax", f"{os.path.basename(path)} {error}.", where)
        return Reading(findings=(found,), files=(path,))
    targets = _mapping(data.get("targets"))
    made = [_Target(path, text, data, name, _mapping(one)) for name, one in targets.items()]
    images = [replace(one.image(), name=_name(data, one.name, number)) for number, one in enumerate(made)]
    findings = tuple(dict.fromkeys(finding for one in made for finding in one.findings))
    return chosen(Reading(tuple(image for image in images if image.units), findings, (path,)), names)


def _name(data: Mapping[str, Any], target: str, number: int) -> str:
    project = str(data.get("name") or "firmware")
    return project if number == 0 else f"{project} ({target})"


def _project_file(folder_or_file: str) -> str:
    path = os.path.abspath(folder_or_file)
    if not os.path.isdir(path):
        return path
    places = (os.path.join(path, folder, name) for folder in ("", ".eide") for name in NAMES)
    return next((place for place in places if os.path.isfile(place)), "")


def _load(text: str, path: str) -> Mapping[str, Any]:
    try:
        data = json.loads(text) if path.endswith(".json") else _yaml(text)
    except json.JSONDecodeError as error:
        raise _Broken(f"is not valid JSON here: {error.msg}", error.lineno - 1) from error
    except (RecursionError, ValueError) as error:
        raise _Broken(f"cannot be read: {error}") from error
    if not isinstance(data, dict):
        raise _Broken("must hold a project")
    return data


def _yaml(text: str) -> object:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    blocks, flows = (
        (yaml.BlockMappingStartToken, yaml.BlockSequenceStartToken),
        (yaml.FlowMappingStartToken, yaml.FlowSequenceStartToken),
    )
    closing = (yaml.BlockEndToken, yaml.FlowMappingEndToken, yaml.FlowSequenceEndToken)
    depth = 0
    try:
        for token in yaml.scan(text, Loader=loader):
            depth += isinstance(token, (*blocks, *flows)) - isinstance(token, closing)
            # References (*name) can make a small text a huge document, and EIDE writes none.
            if depth > DEPTH or isinstance(token, yaml.AliasToken):
                raise _Broken("holds references, or is nested deeper than a project can be", token.start_mark.line)
        return yaml.load(text, Loader=loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line if error.problem_mark else 0
        raise _Broken(f"is not valid YAML here: {error.problem}", line) from error
    except yaml.YAMLError as error:
        raise _Broken("is not valid YAML") from error


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _words(value: object) -> list[str]:
    """The words of an option that holds a text or a list of texts."""
    if isinstance(value, str):
        return split(value)
    return [word for one in value if isinstance(one, str) for word in split(one)] if isinstance(value, list) else []


def _texts(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str) and one] if isinstance(value, list) else []


@cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads((resources.files("signoff.verifiers.mcu.build") / "eide_options.toml").read_text("utf-8"))


@dataclass
class _Target:
    """One target, in the form of either version of the file."""

    path: str
    text: str
    data: Mapping[str, Any]
    name: str
    target: Mapping[str, Any]
    findings: list[Finding] = field(default_factory=list)

    @property
    def folder(self) -> str:
        """The project's folder, which paths count from."""
        above = os.path.dirname(self.path)
        return os.path.dirname(above) if os.path.basename(above) == ".eide" else above

    @property
    def toolchain(self) -> str:
        """The tool chain that is chosen: GCC, AC5, AC6, IAR_ARM ..."""
        return str(self.target.get("toolchain") or _GCC)

    def _settings(self) -> Mapping[str, Any]:
        """cpuType, floatingPointHardware, scatterFilePath."""
        newer = _mapping(_mapping(self.target.get("toolchainConfigMap")).get(self.toolchain))
        return newer or _mapping(self.target.get("compileConfig"))

    def _options(self, group: str) -> Mapping[str, Any]:
        older = _mapping(_mapping(self.target.get("builderOptions")).get(self.toolchain))
        options = _mapping(self._settings().get("options")) or older
        return _mapping(options.get(group))

    def _depends(self) -> Mapping[str, Any]:
        """incList, defineList, libList."""
        return _mapping(self.target.get("cppPreprocessAttrs")) or _mapping(self.target.get("custom_dep"))

    def image(self) -> Image:
        """The image; declared where gcc is the tool chain and the core is known."""
        settings, part = self._settings(), str(self.data.get("deviceName") or "")
        core = self._core(settings, part)
        guessed = [] if core else ["The core is not known: cpuType is not one that Signoff knows."]
        if self.toolchain != _GCC:
            guessed.append(f"The project is for {self.toolchain}, whose dialect gcc does not know.")
        units = tuple(self._units(core, not guessed))
        missing = len(self.findings)
        told = [f"{missing} of the sources that the project lists are not there."] if missing else []
        link = parse_link(self._link_words(core, settings), self.folder)
        return Image(
            name=self.name,
            root=self.folder,
            origin=self.path,
            kind=KIND,
            declared=not guessed,
            link_declared=not guessed and not told and bool(link.scripts),
            units=units,
            linker_scripts=link.scripts if self.toolchain == _GCC else (),
            link_flags=link.flags,
            libraries=link.libraries or (("c", "m") if self.toolchain == _GCC else ()),
            library_dirs=link.library_dirs,
            objects=link.objects,
            compiler="arm-none-eabi-gcc",
            part=part,
            part_origin=self.path if part else "",
            guessed=(*guessed, *told),
        )

    def _core(self, settings: Mapping[str, Any], part: str) -> tuple[str, ...]:
        cpu = str(settings.get("cpuType") or "").lower().replace("+", "plus") or cpu_of(part)
        unit = str(settings.get("floatingPointHardware") or "none")
        fpu = str(_mapping(_table()["units"].get(unit)).get(cpu, ""))
        abi = str(self._options("global").get("$float-abi-type") or "hard") if fpu else "soft"
        return core_flags(cpu, fpu, abi) if cpu.startswith("cortex-m") else ()

    def _units(self, core: tuple[str, ...], declared: bool) -> Iterator[CompileUnit]:
        depends = self._depends()
        folders = [f"-I{absolute(self.folder, one)}" for one in _texts(depends.get("incList"))]
        shared = [*core, *folders, *(f"-D{one}" for one in _texts(depends.get("defineList")))]
        for source in dict.fromkeys(self._sources()):
            words = [*shared, *self._language_words(source)]
            unit = parse(words, self.folder, compiler="arm-none-eabi-gcc", source=source)
            yield replace(unit, origin=self.path, declared=declared)

    def _language_words(self, source: str) -> list[str]:
        """What the options say to the compiler of one language."""
        if self.toolchain != _GCC:
            return []
        shared = _words(self._options("global").get("misc-control"))
        if not source.lower().endswith(C_ENDINGS):
            own = self._options("asm-compiler")
            return [*shared, "-x", "assembler-with-cpp", *_words(own.get("ASM_FLAGS"))]
        own, is_c = self._options("c/cpp-compiler"), source.endswith(".c")
        standard = own.get("language-c" if is_c else "language-cpp")
        words = [*shared, *([f"-std={standard}"] if isinstance(standard, str) and standard != "default" else [])]
        for option, meanings in _table()["compiler"].items():
            words += meanings.get(str(own.get(option)).lower(), [])
        return [*words, *_words(own.get("C_FLAGS" if is_c else "CXX_FLAGS"))]

    def _link_words(self, core: tuple[str, ...], settings: Mapping[str, Any]) -> list[str]:
        own, shared = self._options("linker"), self._options("global")
        words = [*core]
        for group, options in (("global", shared), ("linker", own)):
            for option, meanings in _table()[group].items():
                words += meanings.get(str(options.get(option)).lower(), [])
        scripts = str(settings.get("scatterFilePath") or "").split(",")
        words += [f"-T{absolute(self.folder, one.strip())}" for one in scripts if one.strip()]
        words += [f"-L{absolute(self.folder, one)}" for one in _texts(self._depends().get("libList"))]
        return [*words, *_words(own.get("LD_FLAGS")), *_words(own.get("LIB_FLAGS"))]

    def _sources(self) -> Iterator[str]:
        excluded = {one.replace("\\", "/").strip("/") for one in _texts(self.target.get("excludeList"))}
        for folder in _texts(self.data.get("srcDirs")):
            inside_project = folder.replace("\\", "/").strip("/")
            for inside, path in sources_below(absolute(self.folder, folder)):
                if not _is_excluded(f"{inside_project}/{inside}", excluded):
                    yield path
        for logical, written in _virtual_files(_mapping(self.data.get("virtualFolder"))):
            if is_source(written) and not _is_excluded(logical, excluded) and not _is_excluded(written, excluded):
                path = absolute(self.folder, written)
                if os.path.isfile(path):
                    yield path
                else:
                    what = f"{written} is listed, but it is not there."
                    self.findings.append(problem(self.path, "EideMissingSource", what, span_of(self.text, written)))


def _is_excluded(path: str, excluded: set[str]) -> bool:
    parts = path.replace("\\", "/").split("/")
    return any("/".join(parts[:count]) in excluded for count in range(1, len(parts) + 1))


def _virtual_files(folder: Mapping[str, Any], inside: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """(path within the project's virtual folders, path as it is written) of each file."""
    name = str(folder.get("name") or "")
    here = f"{inside}/{name}" if inside else name
    for file in folder.get("files") or ():
        written = _mapping(file).get("path")
        if isinstance(written, str):
            yield f"{here}/{os.path.basename(written)}", written
    for one in folder.get("folders") or () if depth < DEPTH else ():
        yield from _virtual_files(_mapping(one), here, depth + 1)
