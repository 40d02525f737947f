"""What CMake's targets and folders say about compiling a file, gathered by cmake.py."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from signoff.verifiers.compile_flags import parse, split
from signoff.verifiers.file_kinds import CMAKE_LISTS
from signoff.verifiers.gpu.units.cmake_variables import UNKNOWN, Values
from signoff.verifiers.project import CompileUnit

# $<$<COMPILE_LANGUAGE:CUDA>:--extended-lambda>
_CUDA_ONLY = re.compile(r"\$<\$<COMPILE_LANGUAGE:CUDA>:(.*)>", re.DOTALL)
_BUILD_INTERFACE = re.compile(r"\$<BUILD_INTERFACE:(.*)>", re.DOTALL)
NOT_NAMED: Values = (None,)


@dataclass(slots=True)
class Settings:
    """What holds for a target, or for all targets of a folder; options are words of a command line.

    `architectures` are the values that CUDA_ARCHITECTURES may have: NOT_NAMED, UNKNOWN or lists such as "80;90".
    """

    include_dirs: dict[str, None] = field(default_factory=dict)
    defines: dict[str, None] = field(default_factory=dict)
    options: list[str] = field(default_factory=list)
    standard: str = ""
    architectures: Values = NOT_NAMED

    def copy(self) -> Settings:
        """What a subfolder starts with."""
        return replace(
            self, include_dirs=dict(self.include_dirs), defines=dict(self.defines), options=list(self.options)
        )


@dataclass(slots=True)
class Target:
    """A library or executable: the files it is made of and the names of the targets it uses.

    `settings` hold for the target itself, `exported` for those that use it. `conditions` are those under which there is
    such a target: what is said of it under the same ones is certain.
    """

    name: str
    folder: str
    settings: Settings = field(default_factory=Settings)
    exported: Settings = field(default_factory=Settings)
    sources: set[str] = field(default_factory=set)
    links: dict[str, None] = field(default_factory=dict)
    conditions: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Said:
    """What CMake files say of one source file. `architectures` as written ("80", "90a", "native").

    `contradictory`: several values are possible, so none is told. `listed`: a target has the file. `named_by`: the file
    that names the architectures.
    """

    unit: CompileUnit
    architectures: tuple[str, ...] = ()
    contradictory: bool = False
    listed: bool = False
    named_by: str = ""


class Tree:
    """All folders and targets of a workspace, for one state of its CMake files."""

    def __init__(self) -> None:
        self.folders: dict[str, Settings] = {}
        self.targets: dict[str, Target] = {}
        self._listing: dict[str, list[Target]] = {}
        self._in_folder: dict[str, list[Target]] = {}

    def close(self) -> None:
        """Call once everything is in `targets`, before said_of()."""
        for target in self.targets.values():
            self._in_folder.setdefault(target.folder, []).append(target)
            for source in target.sources:
                self._listing.setdefault(source, []).append(target)

    def said_of(self, source: str) -> Said | None:
        """What is said of a file, which need not be there; None where no CMakeLists.txt is above it."""
        folder = os.path.dirname(source)
        while folder not in self.folders:
            above = os.path.dirname(folder)
            if above == folder:
                return None
            folder = above
        listing = self._listing.get(source, [])
        targets = listing or self._in_folder.get(folder, [])
        return self._merged(source, folder, targets, bool(listing))

    def _merged(self, source: str, folder: str, targets: list[Target], listed: bool) -> Said:
        own = self.folders[folder]
        linked = [one.exported for one in self._linked(targets)]
        said = [own, *(target.settings for target in targets)]
        flags = _common([one.options for one in said[1:]]) if not listed and len(said) > 2 else _joined(said[1:])
        unit = parse([*own.options, *flags], folder)
        # More than one target, or a guess which: what only some of them define is not certain.
        sure = _common([list(one.defines) for one in said[1:]])
        include_dirs = dict.fromkeys(path for one in (*said, *linked) for path in one.include_dirs)
        defines = dict.fromkeys((*own.defines, *sure, *(name for one in linked for name in one.defines)))
        standard = next((one.standard for one in reversed(said) if one.standard), unit.standard)
        values = [one.architectures for one in said[1:]] or [own.architectures]
        architectures, contradictory = _agreed(values)
        merged = CompileUnit(
            source,
            directory=folder,
            include_dirs=tuple(dict.fromkeys((*unit.include_dirs, *include_dirs))),
            system_include_dirs=unit.system_include_dirs,
            defines=tuple(dict.fromkeys((*unit.defines, *defines))),
            undefines=unit.undefines,
            forced_includes=unit.forced_includes,
            standard=standard,
            flags=unit.flags,
            origin=os.path.join(folder, CMAKE_LISTS),
        )
        named = tuple(dict.fromkeys((*unit.architectures, *architectures)))
        return Said(merged, named, contradictory, listed, merged.origin if named else "")

    def _linked(self, targets: Iterable[Target]) -> list[Target]:
        seen = {target.name for target in targets}
        waiting = [name for target in targets for name in target.links]
        found = []
        while waiting:
            name = waiting.pop(0)
            if name not in seen and (target := self.targets.get(name)) is not None:
                found.append(target)
                waiting += target.links
            seen.add(name)
        return found


def _joined(settings: Iterable[Settings]) -> list[str]:
    return [word for one in settings for word in one.options]


def _common(lists: list[list[str]]) -> list[str]:
    """The words that all lists have, in the first one's order."""
    return [word for word in lists[0] if all(word in other for other in lists[1:])] if lists else []


def _agreed(values: list[Values]) -> tuple[tuple[str, ...], bool]:
    """(architectures, whether several are possible) of what each of some targets may be compiled for."""
    if UNKNOWN in values:
        return (), True
    named = {frozenset(words(value)) for one in values for value in one if value is not None} - {frozenset()}
    if len(named) != 1:
        return (), len(named) > 1
    first = next(value for one in values for value in one if value is not None and words(value))
    return tuple(dict.fromkeys(words(first))), False


def words(value: str) -> list[str]:
    """The architectures that a value of CUDA_ARCHITECTURES names; none for OFF."""
    return [one for one in re.split(r"[;\s,]+", value) if one and one.upper() not in ("OFF", "FALSE", "NO", "0")]


def options(found: Iterable[str]) -> list[str]:
    """Words of a command line, of those that a generator expression keeps for CUDA; others of these are dropped."""
    result: list[str] = []
    # Unquoted, a list inside a generator expression comes in pieces; it is whole again where its brackets match.
    whole = ""
    for word in found:
        whole = f"{whole};{word}" if whole else word
        if whole.count("$<") > whole.count(">"):
            continue
        match = _CUDA_ONLY.fullmatch(whole)
        inner = match[1] if match else whole
        if "$<" not in inner:
            result += [part for one in inner.split(";") for part in _shell(one)]
        whole = ""
    return result


def _shell(word: str) -> list[str]:
    return split(word.removeprefix("SHELL:")) if word.startswith("SHELL:") else [word] if word else []


def include_dir(word: str, base: str) -> str:
    """The folder that an argument of include_directories() names; "" where it cannot be said."""
    match = _BUILD_INTERFACE.fullmatch(word)
    word = match[1] if match else word
    return "" if "$" in word or not word else os.path.normpath(os.path.join(base, word))


def definition(word: str) -> str:
    """The macro that an argument of add_compile_definitions() names; "" where it cannot be said."""
    inner = options([word])
    return inner[0].removeprefix("-D") if len(inner) == 1 else ""


def presets(found: Iterable[Mapping[str, object]]) -> dict[str, Values]:
    """The cache variables that CMake presets give, each with all the values that some preset has for it."""
    values: dict[str, dict[str | None, None]] = {}
    for preset in found:
        variables = preset.get("cacheVariables")
        for name, given in variables.items() if isinstance(variables, dict) else ():
            value = given.get("value") if isinstance(given, dict) else given
            if isinstance(value, str):
                values.setdefault(name, {})[value] = None
    return {name: tuple(one) for name, one in values.items()}
