"""STM32CubeIDE projects (.cproject and .project): read as data, as its managed build would compile and link them.

What a project leaves at its default is as STM32CubeIDE's tool chain has it: the makefiles that it generates show it.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from signoff.verifiers.finding import Finding
from signoff.verifiers.mcu.build import cproject_dialects as dialects
from signoff.verifiers.mcu.build.cores import core_flags, cpu_of
from signoff.verifiers.mcu.build.cproject import ASM, CPP, LINK, C, Configuration, Tool, configurations
from signoff.verifiers.mcu.build.eclipse import EclipseProject, read_project
from signoff.verifiers.mcu.build.ioc import ioc_part
from signoff.verifiers.mcu.build.link_line import LinkLine, parse_link
from signoff.verifiers.mcu.build.reading import Reading, Unreadable, chosen, problem, read_text, unreadable
from signoff.verifiers.mcu.build.xml_tree import BrokenXml, parse_xml, place
from signoff.verifiers.project import CompileUnit, Image

KIND = "STM32CubeIDE"
NAME = ".cproject"
_COMPILERS = {C: "arm-none-eabi-gcc", CPP: "arm-none-eabi-g++", ASM: "arm-none-eabi-gcc"}
_STANDARDS = {C: "gnu11", CPP: "gnu++14", ASM: ""}
# -fcyclomatic-complexity, which it adds, is only known to ST's own build of gcc.
_DEFAULTS = {
    C: ("-ffunction-sections", "-fdata-sections", "-Wall", "-fstack-usage"),
    CPP: (
        *("-ffunction-sections", "-fdata-sections", "-fno-exceptions", "-fno-rtti", "-fno-use-cxa-atexit"),
        *("-Wall", "-fstack-usage"),
    ),
    ASM: ("-x", "assembler-with-cpp"),
}
_LINK_DEFAULTS = ("--specs=nosys.specs", "-Wl,--gc-sections", "-static")
# The innermost ones: ${workspace_loc:/${ProjName}/x.ld} is expanded from the inside out.
_VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::(?P<argument>[^${}]*))?\}")
_PROJECT_NAMES = ("ProjName", "ProjDirPath", "ConfigName", "BuildArtifactFileBaseName")


def read_cubeide(folder_or_file: str, *, names: Sequence[str] = ()) -> Reading:
    """The images of a project's debug configurations, of any where there is none. Nothing is run; never raises.

    Takes the project's folder or its .cproject. `names` are the images that are wanted, () for all.
    """
    path = folder_or_file if os.path.basename(folder_or_file) == NAME else os.path.join(folder_or_file, NAME)
    path = os.path.abspath(path)
    files = (path, os.path.join(os.path.dirname(path), ".project"))
    try:
        text = read_text(path)
        root = parse_xml(text)
    except Unreadable as error:
        return Reading(findings=(unreadable(path, "CubeIdeUnreadable", error),), files=files)
    except BrokenXml as error:
        return Reading(findings=(problem(path, "CubeIdeSyntax", f".cproject {error}.", error.span),), files=files)
    project = read_project(files[1])
    found = configurations(root)
    if not found:
        return Reading(findings=tuple(project.findings), files=files)
    wanted = [one for one in found if one.debug] or found[:1]
    missing = tuple(project.missing())
    findings = [*project.findings, *missing]
    images = tuple(_Builder(project, path, text, one, wanted, findings, len(missing)).image() for one in wanted)
    return chosen(Reading(images, tuple(dict.fromkeys(findings)), files), names)


@dataclass
class _Builder:
    """Makes the image of one configuration."""

    project: EclipseProject
    path: str
    text: str
    config: Configuration
    siblings: Sequence[Configuration]
    findings: list[Finding]
    missing: int = 0
    guessed: dict[str, None] = field(default_factory=dict)
    link_guessed: dict[str, None] = field(default_factory=dict)

    @property
    def directory(self) -> str:
        """Where the managed build runs: paths count from it."""
        return os.path.join(self.project.folder, self.config.name)

    def image(self) -> Image:
        """The image; `declared` where nothing had to be guessed."""
        first = self.config is self.siblings[0]
        self._chain()
        part, origin = self._part()
        core = self._core(part)
        units = tuple(self._units(core))
        link = self._link(core)
        if self.missing:
            self.link_guessed[f"{self.missing} of the sources that .project links to are not there."] = None
        guessed, link_guessed = tuple(self.guessed), tuple(self.link_guessed)
        return Image(
            name=self.project.name if first else f"{self.project.name} ({self.config.name})",
            root=self.project.folder,
            origin=self.path,
            kind=KIND,
            declared=not guessed and not self.project.findings,
            link_declared=not guessed and not link_guessed and bool(link.scripts) and not self.project.findings,
            units=units,
            linker_scripts=link.scripts,
            link_flags=link.flags,
            libraries=link.libraries,
            library_dirs=link.library_dirs,
            objects=link.objects,
            compiler=_COMPILERS[C],
            part=part,
            part_origin=origin,
            guessed=(*guessed, *link_guessed),
        )

    def _chain(self) -> None:
        """The options of other tool chains have other names and defaults."""
        chain = self.config.chain
        if not chain or chain.startswith(dialects.OWN):
            return
        if not chain.startswith(dialects.KNOWN):
            self.guessed[f"Its tool chain {chain} is not known: flags may be missing."] = None
        self.link_guessed[f"What its tool chain {chain} adds to the link is not known."] = None

    def _part(self) -> tuple[str, str]:
        part = self.config.options.values.get("target_mcu", "")
        if part:
            return part, self.path
        return ioc_part(self.project.folder)

    def _core(self, part: str) -> tuple[str, ...]:
        options = self.config.options
        cpu = cpu_of(part)
        if not cpu:
            named = part or "no part"
            self.guessed[f"The core is not known: {named} is not one that Signoff knows; no -mcpu is set."] = None
        fpu = options.choice("fpu")
        return core_flags(cpu, "" if fpu == "none" else fpu, options.choice("floatabi"))

    def _units(self, core: tuple[str, ...]) -> Iterator[CompileUnit]:
        skipped = {one.name for one in self.siblings} | {"Debug", "Release"}
        seen: set[str] = set()
        for logical, path in self.project.sources(skipped):
            if path not in seen and self.config.builds(logical) and os.path.isfile(path):
                seen.add(path)
                yield self._unit(logical, path, core)

    def _unit(self, logical: str, path: str, core: tuple[str, ...]) -> CompileUnit:
        kind = _language(path)
        tool = self.config.tool(kind, logical)
        flags, standard = self._flags(kind, tool)
        return CompileUnit(
            source=path,
            directory=self.directory,
            compiler=_COMPILERS[kind],
            include_dirs=tuple(self._paths(tool, "includePath")),
            defines=tuple(_unquoted(value) for value in tool.words("definedSymbols")),
            undefines=tuple(tool.words("undefDefinedSymbols")),
            forced_includes=tuple(self._paths(tool, "includeFiles")),
            standard=standard,
            flags=(*core, *flags),
            origin=self.path,
            declared=not self.guessed,
        )

    def _flags(self, kind: str, tool: Tool) -> tuple[tuple[str, ...], str]:
        level = tool.choice("optimization.level")
        more = [word for value in tool.words("otherflags") for word in _split(self._expand(value))]
        specs = () if kind == ASM else self._specs()
        optimisation = () if kind == ASM else (f"-O{level[1:] if level.startswith('o') else '0'}",)
        standard = tool.choice("languagestandard") or _STANDARDS[kind]
        return (*optimisation, *_DEFAULTS[kind], *specs, *more), standard

    def _specs(self) -> tuple[str, ...]:
        library = self.config.options.choice("runtimelibrary") or self.config.options.choice("runtimelibrary_c")
        return () if library.startswith("standard") else ("--specs=nano.specs",)

    def _paths(self, tool: Tool, kind: str) -> Iterator[str]:
        for value in tool.words(kind):
            text = _unquoted(self._expand(value)).replace("\\", "/")
            if text and "${" not in text:
                yield os.path.normpath(os.path.join(self.directory, text))

    def _expand(self, value: str) -> str:
        """A value with the project's variables in place; what is not known stays, and is told."""
        for _ in range(4):
            changed = _VARIABLE.sub(self._variable, value)
            if changed == value:
                break
            value = changed
        for match in _VARIABLE.finditer(value):
            self.guessed[f"{match[0]} in .cproject is not known: {value} is left out."] = None
        return value

    def _variable(self, match: re.Match[str]) -> str:
        name, argument = match["name"], match["argument"]
        known = dict(
            zip(
                _PROJECT_NAMES,
                (self.project.name, self.project.folder, self.config.name, self.project.name),
                strict=True,
            )
        )
        if argument is None:
            return known.get(name, match[0])
        if name not in ("workspace_loc", "workspace_path", "project_loc"):
            return match[0]
        project, _, inside = argument.strip("/").partition("/")
        return self.project.locate(inside) if project == self.project.name else match[0]

    def _link(self, core: tuple[str, ...]) -> LinkLine:
        tool = self.config.tools.get(LINK) or Tool()
        words = [word for value in tool.words("otherflags") for word in _split(self._expand(value))]
        words += [f"-l{self._expand(value)}" for value in tool.words("libs")]
        words += [f"-L{path}" for path in self._paths(tool, "libPaths")]
        words += list(self._paths(tool, "userObjs"))
        for name, symbol in (("nanoprintffloat", "_printf_float"), ("nanoscanffloat", "_scanf_float")):
            if self.config.options.values.get(name) == "true":
                words += ("-u", symbol)
        line = parse_link([*core, *_LINK_DEFAULTS, *self._specs(), *words], self.directory)
        script = self._script(tool)
        libraries = tuple(dict.fromkeys((*line.libraries, "c", "m")))
        return LinkLine(
            scripts=(*script, *line.scripts),
            flags=line.flags,
            libraries=libraries,
            library_dirs=line.library_dirs,
            objects=line.objects,
        )

    def _script(self, tool: Tool) -> tuple[str, ...]:
        written = tool.values.get("script", "")
        expanded = _unquoted(self._expand(written)).replace("\\", "/")
        if not expanded or "${" in expanded:
            self.link_guessed["No linker script is named in .cproject."] = None
            return ()
        path = os.path.normpath(os.path.join(self.directory, expanded))
        if not os.path.isfile(path):
            self.link_guessed[f"The linker script {path} is not there."] = None
            what = f"The linker script {expanded} is not there."
            span = place(self.text, self.config.node, written)
            self.findings.append(problem(self.path, "CubeIdeMissingLinkerScript", what, span))
        return (path,)


def _language(path: str) -> str:
    ending = os.path.splitext(path)[1]
    if ending.lower() in (".s", ".sx", ".asm"):
        return ASM
    return C if ending == ".c" else CPP


def _unquoted(value: str) -> str:
    """A value without quotes around it."""
    text = value.strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text


def _split(value: str) -> list[str]:
    try:
        return shlex.split(value)
    except ValueError:
        return value.split()
