"""CMake's file API: the reply that lies in a build folder, as data.

Format: cmake.org/cmake/help/latest/manual/cmake-file-api.7.html (codemodel version 2, toolchains version 1).
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from signoff.verifiers.compile_flags import parse, split
from signoff.verifiers.mcu.build.cmake_files import REPLY, compiler_of
from signoff.verifiers.mcu.build.commands import Graph, Origin
from signoff.verifiers.mcu.build.link_line import parse_link
from signoff.verifiers.mcu.build.reading import Unreadable, read_text
from signoff.verifiers.mcu.build.targets import is_foreign
from signoff.verifiers.project import CompileUnit, Image

MOST_TARGETS = 3000
_OBJECT = re.compile(r"CMakeFiles/([^/]+)\.dir/(.*?)(?:\.o|\.obj)$")


class BrokenReply(Exception):
    """A reply that is no JSON or has not what the format asks for."""


def has_reply(build: str) -> bool:
    """Whether CMake has answered in this build folder."""
    return bool(_index(build))


def read_reply(build: str, origin: str, kind: str, guessed: tuple[str, ...] = ()) -> tuple[Image, ...]:
    """The images of a build folder's reply, an executable each. Raises BrokenReply."""
    try:
        return _Model(build).images(origin, kind, guessed)
    except (Unreadable, ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        raise BrokenReply(f"{type(error).__name__}: {error}") from error


def inputs_of(build: str, source: str) -> tuple[str, ...]:
    """The project's own files that decided how it is configured. Raises BrokenReply."""
    try:
        listed = {one["kind"]: one["jsonFile"] for one in _load(_index(build))["objects"]}
        if "cmakeFiles" not in listed:
            return ()
        inputs = _load(os.path.join(build, REPLY, os.path.basename(listed["cmakeFiles"])))["inputs"]
        own = [one["path"] for one in inputs if not one.get("isCMake") and not one.get("isGenerated")]
        return tuple(dict.fromkeys(os.path.normpath(os.path.join(source, path)) for path in own))
    except (Unreadable, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BrokenReply(f"{type(error).__name__}: {error}") from error


def _index(build: str) -> str:
    """The newest index file: the one whose name sorts last, as the format has it."""
    folder = os.path.join(build, REPLY)
    try:
        found = sorted(name for name in os.listdir(folder) if name.startswith("index-") and name.endswith(".json"))
    except OSError:
        return ""
    return os.path.join(folder, found[-1]) if found else ""


@dataclass(frozen=True, slots=True)
class _Target:
    """One target: its name and type, the units of its own, and its description."""

    name: str
    kind: str
    folder: str
    data: Mapping[str, Any]
    units: tuple[CompileUnit, ...] = ()


@dataclass
class _Model:
    build: str
    folder: str = ""
    source: str = ""
    compilers: dict[str, str] = field(default_factory=dict)
    targets: list[_Target] = field(default_factory=list)
    graph: Graph = field(default_factory=Graph)

    def images(self, origin: str, kind: str, guessed: tuple[str, ...]) -> tuple[Image, ...]:
        """The images of the first configuration."""
        index = _load(_index(self.build))
        self.folder = os.path.join(self.build, REPLY)
        listed = {one["kind"]: one["jsonFile"] for one in index["objects"]}
        model = _load(self._file(listed["codemodel"]))
        self.source, self.build = model["paths"]["source"], model["paths"]["build"]
        if "toolchains" in listed:
            self._toolchains(_load(self._file(listed["toolchains"])))
        listed_targets = model["configurations"][0]["targets"][:MOST_TARGETS]
        self.targets = [self._target(one["jsonFile"]) for one in listed_targets]
        self._objects()
        for target in self.targets:
            if target.kind == "EXECUTABLE":
                self._link(target)
        return self.graph.images(Origin(self.source, origin, kind, guessed))

    def _file(self, name: str) -> str:
        return os.path.join(self.folder, os.path.basename(name))

    def _toolchains(self, data: Mapping[str, Any]) -> None:
        for one in data["toolchains"]:
            self.compilers[one["language"]] = one["compiler"].get("path", "")

    def _compiler(self, language: str) -> str:
        if language not in self.compilers:
            self.compilers[language] = compiler_of(self.build, language)
        return self.compilers[language]

    def _target(self, name: str) -> _Target:
        data = _load(self._file(name))
        folder = os.path.normpath(os.path.join(self.build, data["paths"]["build"]))
        return _Target(data["name"], data["type"], folder, data, tuple(self._units(data, folder)))

    def _units(self, data: Mapping[str, Any], folder: str) -> Iterator[CompileUnit]:
        arguments = [list(_arguments(group)) for group in data.get("compileGroups", ())]
        for source in data.get("sources", ()):
            number = source.get("compileGroupIndex")
            if number is None:
                continue
            compiler = self._compiler(data["compileGroups"][number]["language"])
            path = os.path.normpath(os.path.join(self.source, source["path"]))
            unit = parse(arguments[number], folder, compiler=compiler, source=path)
            yield replace(unit, declared=not is_foreign(compiler))

    def _objects(self) -> None:
        """Which unit each object is of, and which objects each static library holds."""
        for target in self.targets:
            for unit in target.units:
                self.graph.units[_own_object(target, unit)] = unit
        for target in self.targets:
            if target.kind == "STATIC_LIBRARY":
                for artifact in target.data.get("artifacts", ()):
                    path = os.path.normpath(os.path.join(self.build, artifact["path"]))
                    self.graph.archives[path] = tuple(self._linked_objects(target))

    def _linked_objects(self, target: _Target) -> Iterator[str]:
        """The objects of a target: its own, and those that it takes from object libraries."""
        yield from (_own_object(target, unit) for unit in target.units)
        for source in target.data.get("sources", ()):
            match = _OBJECT.search(source["path"].replace("\\", "/")) if source.get("isGenerated") else None
            library = next((one for one in self.targets if match and one.name == match[1]), None)
            if match and library:
                written = match[2]
                fitting = [unit for unit in library.units if _tail(unit.source, written)]
                if fitting:
                    yield _own_object(library, max(fitting, key=lambda unit: _common(unit.source, written)))

    def _link(self, target: _Target) -> None:
        link = target.data.get("link")
        if link is None:
            return
        words: list[str] = []
        for fragment in link.get("commandFragments", ()):
            words += split(fragment["fragment"])
        output = os.path.join(target.folder, target.data.get("nameOnDisk", target.name))
        # A target's name is what users know it by, whatever its file is called.
        named = os.path.join(os.path.dirname(output), f"{target.name}.elf")
        line = parse_link(words, target.folder)
        objects = (*self._linked_objects(target), *line.objects)
        self.graph.linked(replace(line, output=named, objects=objects), self._compiler(link["language"]), ())


def _load(path: str) -> Any:
    return json.loads(read_text(path))


def _arguments(group: Mapping[str, Any]) -> Iterator[str]:
    for fragment in group.get("compileCommandFragments", ()):
        yield from split(fragment["fragment"])
    for include in group.get("includes", ()):
        yield from ("-isystem" if include.get("isSystem") else "-I", include["path"])
    for define in group.get("defines", ()):
        yield f"-D{define['define']}"


def _own_object(target: _Target, unit: CompileUnit) -> str:
    """A name for the object of a target's unit: it need not be that on disk."""
    return os.path.join(target.folder, f"{target.name}.objects", unit.source.lstrip(os.sep).replace(os.sep, "+"))


def _tail(source: str, written: str) -> bool:
    return os.path.basename(source) == written.rpartition("/")[2]


def _common(source: str, written: str) -> int:
    """How many folders, from the file up, two paths share."""
    pairs = zip(reversed(source.split(os.sep)), reversed(written.split("/")), strict=False)
    return next((count for count, (one, other) in enumerate(pairs) if one != other), len(written))
