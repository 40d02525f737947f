"""Compile, archive and link commands of a build (from make -n, ninja, link.txt) to images. Nothing is run."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from signoff.verifiers.compile_flags import LAUNCHERS, compiler_of, parse
from signoff.verifiers.mcu.build.link_line import LinkLine, parse_link
from signoff.verifiers.mcu.build.reading import C_ENDINGS, absolute, is_source
from signoff.verifiers.mcu.build.targets import is_firmware, is_foreign, program
from signoff.verifiers.project import CompileUnit, Image

_VERSION = r"(?:-\d[\d.]*)?"
_COMPILER = re.compile(rf"(?:.*-)?(?:gcc|g\+\+|c\+\+|cc|clang|clang\+\+){_VERSION}|armclang|armcc|iccarm")
_ARCHIVER = re.compile(rf"(?:.*-)?(?:gcc-)?(?:llvm-)?ar{_VERSION}")
_LINKER = re.compile(rf"(?:.*-)?ld(?:\.(?:bfd|gold|lld))?{_VERSION}")
_ASSEMBLER = re.compile(r"(?:.*-)?as")
# Commands that make no object and no program.
_NO_OUTPUT = frozenset({"-E", "-M", "-MM", "-S", "-fsyntax-only", "--version", "-dumpversion", "-v", "-dumpmachine"})
_LIBRARY_DEPTH = 20


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a build and the folder that it runs in."""

    directory: str
    argv: tuple[str, ...]


def is_building(name: str) -> bool:
    """Whether a program of this name compiles, archives or links, or starts one that does (ccache)."""
    plain = program(name)
    kinds = (_COMPILER, _ARCHIVER, _LINKER, _ASSEMBLER)
    return plain in LAUNCHERS or any(kind.fullmatch(plain) for kind in kinds)


@dataclass(frozen=True, slots=True)
class Origin:
    """What every image of one build shares; see Image. `root` is the build's own folder of sources."""

    root: str
    origin: str
    kind: str
    guessed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Link:
    """One program's link: its line, what runs the linker, and the units that the same command compiles."""

    line: LinkLine
    compiler: str
    units: tuple[CompileUnit, ...] = ()


@dataclass
class Graph:
    """What a build's commands make: `units` by object, `archives` (their members), `links`."""

    units: dict[str, CompileUnit] = field(default_factory=dict)
    archives: dict[str, tuple[str, ...]] = field(default_factory=dict)
    links: list[_Link] = field(default_factory=list)

    def take(self, command: Command) -> None:
        """Note what one command makes."""
        compiler, arguments = compiler_of(command.argv)
        name = program(compiler)
        if _ARCHIVER.fullmatch(name):
            self._archive(command.directory, arguments)
        elif _LINKER.fullmatch(name):
            self.linked(parse_link(arguments, command.directory, driver=False), compiler, ())
        elif _ASSEMBLER.fullmatch(name):
            self._assemble(command.directory, compiler, arguments)
        elif _COMPILER.fullmatch(name) and _NO_OUTPUT.isdisjoint(arguments):
            self._compile_or_link(command.directory, compiler, arguments)

    def _compile_or_link(self, directory: str, compiler: str, arguments: Sequence[str]) -> None:
        line = parse_link(arguments, directory)
        units = tuple(_unit(source, directory, compiler, arguments) for source in line.sources)
        if "-c" in arguments:
            for unit in units:
                self.units[line.output or _object_of(unit.source, directory)] = unit
        elif is_firmware(compiler, arguments) or any(one in self.units for one in line.objects):
            self.linked(line, compiler, units)

    def linked(self, line: LinkLine, compiler: str, units: tuple[CompileUnit, ...]) -> None:
        """Note a program's link; `units` are compiled by the same command."""
        if "-r" in line.flags or "-Wl,-r" in line.flags:
            self.archives[line.output] = line.objects
        elif line.output and (line.objects or units):
            self.links = [one for one in self.links if one.line.output != line.output]
            self.links.append(_Link(line, compiler, units))

    def _assemble(self, directory: str, compiler: str, arguments: Sequence[str]) -> None:
        line = parse_link(arguments, directory)
        flags = tuple(word for word in arguments if word.startswith(("-mcpu", "-mthumb", "-mfpu", "-mfloat", "-march")))
        driver = re.sub(r"as((?:\.exe)?)$", r"gcc\1", compiler)
        for source in line.sources:
            unit = CompileUnit(source, directory, driver, flags=flags, declared=True)
            self.units[line.output or _object_of(source, directory)] = unit

    def _archive(self, directory: str, arguments: Sequence[str]) -> None:
        words = [word for word in arguments if not word.startswith("-")]
        if words and not re.search(r"\.(?:a|o|lib)$", words[0]):
            words.pop(0)  # rcs
        if words:
            path = absolute(directory, words[0])
            self.archives[path] = (*self.archives.get(path, ()), *(absolute(directory, one) for one in words[1:]))

    def images(self, shared: Origin) -> tuple[Image, ...]:
        """An image for each program that is linked for a microcontroller."""
        made = (_Maker(self, link, shared).image() for link in self.links)
        found = tuple(image for image in made if image is not None)
        return found or self._unlinked(shared)

    def _unlinked(self, shared: Origin) -> tuple[Image, ...]:
        """One image of all units, where a build tells how it compiles but neither links nor archives anything."""
        if self.links or self.archives:
            return ()
        line = LinkLine(os.path.join(shared.root, f"{os.path.basename(shared.root)}.elf"), objects=tuple(self.units))
        compiler = next((unit.compiler for unit in self.units.values()), "")
        image = _Maker(self, _Link(line, compiler), shared).image()
        told = "The build does not tell how it is linked: all files that it compiles are taken for one program."
        return (replace(image, link_declared=False, guessed=(*image.guessed, told)),) if image is not None else ()


def images_of(commands: Iterable[Command], shared: Origin) -> tuple[Image, ...]:
    """The images that a build's commands make."""
    graph = Graph()
    for command in commands:
        graph.take(command)
    return graph.images(shared)


def _unit(source: str, directory: str, compiler: str, arguments: Sequence[str]) -> CompileUnit:
    unit = parse(arguments, directory, compiler=compiler, source=source)
    return replace(unit, declared=not is_foreign(compiler))


def _object_of(source: str, directory: str) -> str:
    return os.path.join(directory, f"{os.path.splitext(os.path.basename(source))[0]}.o")


@dataclass
class _Maker:
    """Makes the image of one link: what it links is a unit, a library made of units, or a file on disk."""

    graph: Graph
    link: _Link
    shared: Origin
    units: dict[str, CompileUnit] = field(default_factory=dict)
    archives: dict[str, tuple[str, ...]] = field(default_factory=dict)
    objects: dict[str, None] = field(default_factory=dict)
    unknown: dict[str, None] = field(default_factory=dict)

    def image(self) -> Image | None:
        """The image; None where it is no firmware."""
        for unit in self.link.units:
            self.units[unit.source] = unit
        for path in self.link.line.objects:
            self._input(path)
        libraries = tuple(name for name in self.link.line.libraries if not self._own_library(name))
        if not self._is_firmware():
            return None
        units = tuple(replace(unit, origin=self.shared.origin) for unit in self.units.values())
        told = tuple(f"{path} is linked, but it is not known what makes it." for path in self.unknown)
        gone = (script for script in self.link.line.scripts if not os.path.isfile(script))
        told += tuple(f"The linker script {script} is not there: if the build makes it, build once." for script in gone)
        declared = not self.shared.guessed and all(unit.declared for unit in units)
        line = self.link.line
        return Image(
            name=os.path.splitext(os.path.basename(line.output))[0],
            root=self.shared.root,
            origin=self.shared.origin,
            kind=self.shared.kind,
            declared=declared,
            link_declared=declared and not told,
            units=units,
            linker_scripts=line.scripts,
            link_flags=line.flags,
            libraries=libraries,
            library_dirs=line.library_dirs,
            objects=tuple(self.objects),
            archives=tuple(self.archives.items()),
            compiler=self._compiler(),
            guessed=(*self.shared.guessed, *told),
        )

    def _is_firmware(self) -> bool:
        if not any(unit.source.lower().endswith(C_ENDINGS) for unit in self.units.values()):
            return False
        return any(is_firmware(unit.compiler, unit.flags) for unit in self.units.values())

    def _compiler(self) -> str:
        if not _LINKER.fullmatch(program(self.link.compiler)):
            return self.link.compiler
        return next(unit.compiler for unit in self.units.values())

    def _input(self, path: str) -> None:
        unit = self.graph.units.get(path)
        if unit is not None:
            self.units.setdefault(unit.source, unit)
        elif path in self.graph.archives and (path in self.link.line.whole or not path.endswith((".a", ".lib"))):
            for member in self.graph.archives[path]:
                self._input(member)
        elif not self._archive(path):
            self.objects[path] = None
            if not os.path.isfile(path):
                self.unknown[path] = None

    def _archive(self, path: str) -> bool:
        """Take a library that the build makes; False where it is not, or where one lies ready outside."""
        if path not in self.graph.archives:
            return False
        members = [self.graph.units[one] for one in self.graph.archives[path] if one in self.graph.units]
        inside = any(_is_below(unit.source, self.shared.root) for unit in members)
        if not members or (not inside and os.path.isfile(path)):
            return False
        for unit in members:
            self.units.setdefault(unit.source, unit)
        self.archives[path] = tuple(dict.fromkeys(unit.source for unit in members))
        return True

    def _own_library(self, name: str) -> bool:
        """Whether -lname is a library that the build makes of units; then it is one of `archives`."""
        file = name[1:] if name.startswith(":") else f"lib{name}.a"
        return any(self._archive(absolute(folder, file)) for folder in self.link.line.library_dirs)


def _is_below(path: str, folder: str) -> bool:
    return path.startswith(folder.rstrip(os.sep) + os.sep)


def sources_of(commands: Iterable[Command]) -> tuple[str, ...]:
    """Every source that a build's commands compile."""
    graph = Graph()
    for command in commands:
        graph.take(command)
    return tuple(dict.fromkeys(unit.source for unit in graph.units.values() if is_source(unit.source)))
