"""FuseSoC cores (.core, CAPI2): which files a core and everything it depends on bring, in compilation order.

Only the data of a core is read (https://fusesoc.readthedocs.io, CAPI2 reference): generators, hooks, providers and
scripts are never run, so a core that needs one is reported incomplete. Conditions are evaluated as for Verilator.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from signoff.verifiers.finding import Finding, Span
from signoff.verifiers.hdl.design import Design, absolute, line_span, problem, read_text, unique

# A design is checked as for lint where the core says how, else as it is built.
TARGETS = ("lint", "default", "synth", "sim")
_NAME = re.compile(r"[\^~<>=]*")
_CONDITION = re.compile(r"\s*(!?)\s*(\w+)\s*\?\s*\(")
_VERSION = re.compile(r"\d+|[a-z]+")


@dataclass(frozen=True, slots=True)
class Core:
    """One .core file: `name` is vendor:library:name without the version, `data` the file's own mapping."""

    path: str
    name: str
    version: str
    virtual: tuple[str, ...]
    data: Mapping[str, Any] = field(repr=False)


def load(path: str) -> tuple[Core | None, tuple[Finding, ...]]:
    """Read one .core file; (None, findings) where it is not one or is broken."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        text = read_text(path)
        if not text.lstrip("\ufeff \n").startswith("CAPI=2"):
            return None, ()
        data = yaml.load(text, Loader=loader)
    except OSError:
        return None, ()
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or str(error)
        span = line_span(text, mark.line) if mark else Span(0, 0, 0, 0)
        return None, (problem(path, span, "CoreSyntax", f"This .core file cannot be read: {reason}."),)
    if not isinstance(data, dict) or not isinstance(data.get("name"), str):
        return None, (problem(path, Span(0, 0, 0, 0), "CoreName", 'This .core file has no "name".'),)
    name, version = split_name(data["name"])
    virtual = tuple(split_name(str(one))[0] for one in _list(data.get("virtual")))
    return Core(path, name, version, virtual, data), ()


def split_name(text: str) -> tuple[str, str]:
    """("vendor:library:name", "version") of a core's name, with or without relation, vendor and version."""
    parts = _NAME.sub("", text.strip(), count=1).split(":")
    if len(parts) == 1:
        return f"::{parts[0]}", ""
    if len(parts) < 3:
        parts = [""] * (3 - len(parts)) + parts
    return ":".join(parts[:3]), parts[3] if len(parts) > 3 else ""


def evaluate(expression: str, flags: frozenset[str]) -> list[str]:
    """The words of a CAPI2 expression that hold under `flags`: `a tool_x ? (b) !target_y ? (c)`."""
    words: list[str] = []
    position = 0
    while position < len(expression):
        match = _CONDITION.match(expression, position)
        if match:
            end = _closing(expression, match.end())
            if (match[2] in flags) != (match[1] == "!"):
                words += evaluate(expression[match.end() : end], flags)
            position = end + 1
            continue
        word = re.compile(r"\s*(\S+)\s*").match(expression, position)
        if word is None:
            break
        words.append(word[1])
        position = word.end()
    return words


def _closing(text: str, start: int) -> int:
    depth = 1
    for place in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        if depth == 0:
            return place
    return len(text)


class CoreLibrary:
    """All cores of a workspace, to resolve dependencies among."""

    def __init__(self, cores: Sequence[Core]) -> None:
        self.cores = tuple(cores)
        self._by_name: dict[str, list[Core]] = {}
        self._providers: dict[str, list[Core]] = {}
        self._parts: dict[tuple[str, str, frozenset[str]], _Part] = {}
        self._nearest: dict[tuple[str, str], Core | None] = {}
        for core in cores:
            self._by_name.setdefault(core.name, []).append(core)
            for name in core.virtual:
                self._providers.setdefault(name, []).append(core)

    def find(self, name: str, beside: str) -> Core | None:
        """The core of that name: the nearest to the file `beside`, then the newest."""
        key = (split_name(name)[0], beside)
        if key not in self._nearest:
            found = self._by_name.get(key[0], [])
            self._nearest[key] = min(found, key=lambda one: (-_shared(one.path, beside), _newest(one)), default=None)
        return self._nearest[key]

    def designs(self, core: Core) -> tuple[Design, ...]:
        """The designs of a core's targets: lint before default before others, each that brings further files."""
        names = list(_mapping(core.data.get("targets")))
        targets = [one for one in TARGETS if one in names] + [one for one in names if one not in TARGETS]
        covered: set[str] = set()
        designs = []
        for target in targets:
            design = self.design(core, target)
            if design is not None and not covered.issuperset(design.own + design.headers):
                covered.update(design.own + design.headers)
                designs.append(design)
        return tuple(designs)

    def design(self, core: Core, target: str, *, explicit: bool = False) -> Design | None:
        """The design of one target with all it depends on; None where there is no such target or HDL file."""
        if target not in _mapping(core.data.get("targets")):
            return None
        build = _Build(self, core, target)
        build.run()
        if not build.gathered("files") and not build.gathered("headers"):
            return None
        return Design(
            origin=core.path,
            kind="FuseSoC core",
            name=f"{core.name} ({target})",
            explicit=explicit,
            files=build.gathered("files"),
            own=unique(build.own.files),
            headers=build.gathered("headers"),
            include_dirs=build.gathered("include_dirs"),
            defines=build.gathered("defines"),
            top=build.top,
            waivers=build.gathered("waivers"),
            problems=unique((*build.unknown, *build.gathered("problems"))),
        )

    def part(self, core: Core, target: str, flags: frozenset[str]) -> _Part:
        """What one core brings by itself: asked for once for each design that it is in, so kept."""
        key = (core.path, target, flags)
        if key not in self._parts:
            self._parts[key] = _Part.of(core, _mapping(_mapping(core.data.get("targets")).get(target)), flags)
        return self._parts[key]

    def provider(self, name: str, chosen: Iterable[Core], beside: str) -> Core | None:
        """The core that stands in for a virtual one: one chosen already, else a generic one, else the first."""
        providers = self._providers.get(name, [])
        wanted = {core.path for core in chosen}
        return min(
            providers,
            key=lambda core: (
                core.path not in wanted,
                "generic" not in core.name,
                -_shared(core.path, beside),
                core.name,
            ),
            default=None,
        )


@dataclass(slots=True)
class _Part:
    """What one core brings by itself, under one target and its flags; `depends` are the names of other cores."""

    depends: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    headers: list[str] = field(default_factory=list)
    include_dirs: list[str] = field(default_factory=list)
    defines: list[str] = field(default_factory=list)
    waivers: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, core: Core, target: Mapping[str, Any], flags: frozenset[str]) -> _Part:
        part = cls()
        named = [*_list(target.get("filesets")), *_list(target.get("filesets_append"))]
        for name in _words(named, flags):
            fileset = _mapping(_mapping(core.data.get("filesets")).get(name))
            part.depends += [split_name(word)[0] for word in _words(_list(fileset.get("depend")), flags)]
            for item in _list(fileset.get("files")):
                part._file(os.path.dirname(core.path), fileset, item, flags)
        if _list(target.get("generate")):
            part.problems.append(f"{core.name} has files that a generator makes")
        part._parameters(_mapping(core.data.get("parameters")), _list(target.get("parameters")), flags)
        return part

    def _parameters(self, declared: Mapping[str, Any], named: list[Any], flags: frozenset[str]) -> None:
        for word in _words(named, flags):
            name, equals, given = word.partition("=")
            parameter = _mapping(declared.get(name))
            value = given if equals else parameter.get("default")
            if parameter.get("paramtype") != "vlogdefine" or value is None:
                continue
            if parameter.get("datatype") != "bool":
                self.defines.append(f"{name}={value}")
            elif str(value).lower() in ("true", "1"):
                self.defines.append(f"{name}=1")

    def _file(self, folder: str, fileset: Mapping[str, Any], item: object, flags: frozenset[str]) -> None:
        names, given = next(iter(item.items()), ("", {})) if isinstance(item, dict) else (item, {})
        attributes = _mapping(given)
        kind = str(attributes.get("file_type", fileset.get("file_type", "")))
        if not kind.startswith(("verilogSource", "systemVerilogSource", "vlt")):
            return
        for name in evaluate(str(names), flags):
            path = absolute(name, folder)
            if not os.path.isfile(path):
                self.problems.append(f"{path} does not exist")
            elif kind == "vlt":
                self.waivers.append(path)
            elif attributes.get("is_include_file"):
                include = attributes.get("include_path")
                self.headers.append(path)
                self.include_dirs.append(absolute(str(include), folder) if include else os.path.dirname(path))
            else:
                self.files.append(path)


class _Build:
    """Walks one core and its dependencies, dependencies first."""

    def __init__(self, library: CoreLibrary, root: Core, target: str) -> None:
        self.library, self.root, self.target = library, root, target
        self.flags = frozenset({"tool_verilator", f"target_{target}"})
        self.concrete: dict[str, Core] = {}
        self.parts: dict[str, _Part] = {}
        self.unknown: list[str] = []
        top = _mapping(_mapping(root.data.get("targets")).get(target)).get("toplevel")
        self.top = tuple(word for text in _list(top) for word in str(text).split())

    def run(self) -> None:
        """Visit everything; twice, as who stands in for a virtual core depends on those named outright anywhere."""
        for _ in range(2):
            self.parts, self.unknown, begun = {}, [], set[str]()
            self._visit(self.root, begun)

    def gathered(self, name: str) -> tuple[str, ...]:
        """One field of all parts, in compilation order and without repeats."""
        return unique(item for part in self.parts.values() for item in getattr(part, name))

    @property
    def own(self) -> _Part:
        """What the root core brings itself."""
        return self.parts[self.root.path]

    def _visit(self, core: Core, begun: set[str]) -> None:
        begun.add(core.path)
        root = core is self.root
        flags = self.flags | {"is_toplevel"} if root else self.flags
        part = self.library.part(core, self.target if root else "default", flags)
        for name in part.depends:
            found = self.library.find(name, core.path)
            if found is not None:
                self.concrete[found.path] = found
            else:
                found = self.library.provider(name, self.concrete.values(), core.path)
            if found is None:
                self.unknown.append(f"the core {name}, which {core.name} depends on, is not in the workspace")
            elif found.path not in begun:
                self._visit(found, begun)
        self.parts[core.path] = part


def _words(texts: Iterable[Any], flags: frozenset[str]) -> list[str]:
    return [word for text in texts for word in evaluate(str(text), flags)]


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _shared(path: str, other: str) -> int:
    try:
        return len(os.path.commonpath([path, other]))
    except ValueError:
        return 0


def _newest(core: Core) -> tuple[tuple[int, int | str], ...]:
    """A key that sorts higher versions first."""
    return tuple((0, -int(part)) if part.isdigit() else (1, part) for part in _VERSION.findall(core.version))
