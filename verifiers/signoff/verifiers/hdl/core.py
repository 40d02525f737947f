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
        for core in cores:
            self._by_name.setdefault(core.name, []).append(core)
            for name in core.virtual:
                self._providers.setdefault(name, []).append(core)

    def find(self, name: str, beside: str) -> Core | None:
        """The core of that name: the nearest to the file `beside`, then the newest."""
        found = self._by_name.get(split_name(name)[0], [])
        return min(found, key=lambda core: (-_shared(core.path, beside), _newest(core)), default=None)

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
        if not build.files and not build.headers:
            return None
        return Design(
            origin=core.path,
            kind="FuseSoC core",
            name=f"{core.name} ({target})",
            explicit=explicit,
            files=unique(build.files),
            own=unique(build.own),
            headers=unique(build.headers),
            include_dirs=unique(build.include_dirs),
            defines=unique(build.defines),
            top=build.top,
            waivers=unique(build.waivers),
            problems=unique(build.problems),
        )

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


class _Build:
    """Walks one core and its dependencies, dependencies first."""

    def __init__(self, library: CoreLibrary, root: Core, target: str) -> None:
        self.library, self.root, self.target = library, root, target
        self.concrete: dict[str, Core] = {}
        self._reset()
        self.top = tuple(word for text in _list(self._target(root).get("toplevel")) for word in str(text).split())

    def _reset(self) -> None:
        self.files: list[str] = []
        self.own: list[str] = []
        self.headers: list[str] = []
        self.include_dirs: list[str] = []
        self.defines: list[str] = []
        self.waivers: list[str] = []
        self.problems: list[str] = []
        self._seen: set[str] = set()

    def run(self) -> None:
        # Twice: which core stands in for a virtual one depends on those that are named outright anywhere.
        for _ in range(2):
            self._reset()
            self._visit(self.root)

    def _target(self, core: Core) -> Mapping[str, Any]:
        name = self.target if core is self.root else "default"
        return _mapping(_mapping(core.data.get("targets")).get(name))

    def _flags(self, core: Core) -> frozenset[str]:
        flags = {"tool_verilator", f"target_{self.target}"}
        return frozenset(flags | {"is_toplevel"}) if core is self.root else frozenset(flags)

    def _visit(self, core: Core) -> None:
        if core.path in self._seen:
            return
        self._seen.add(core.path)
        target, flags = self._target(core), self._flags(core)
        named = [*_list(target.get("filesets")), *_list(target.get("filesets_append"))]
        sets = [name for text in named for name in evaluate(str(text), flags)]
        filesets = [_mapping(_mapping(core.data.get("filesets")).get(name)) for name in sets]
        for fileset in filesets:
            for text in _list(fileset.get("depend")):
                for name in evaluate(str(text), flags):
                    self._depend(core, name)
        if _list(target.get("generate")):
            self.problems.append(f"{core.name} has files that a generator makes")
        self._parameters(core, target, flags)
        for fileset in filesets:
            for item in _list(fileset.get("files")):
                self._file(core, fileset, item, flags)

    def _depend(self, core: Core, name: str) -> None:
        full = split_name(name)[0]
        found = self.library.find(full, core.path)
        if found is not None:
            self.concrete[found.path] = found
        else:
            found = self.library.provider(full, self.concrete.values(), core.path)
        if found is None:
            self.problems.append(f"the core {full}, which {core.name} depends on, is not in the workspace")
        else:
            self._visit(found)

    def _parameters(self, core: Core, target: Mapping[str, Any], flags: frozenset[str]) -> None:
        declared = _mapping(core.data.get("parameters"))
        for text in _list(target.get("parameters")):
            for word in evaluate(str(text), flags):
                name, equals, value = word.partition("=")
                parameter = _mapping(declared.get(name))
                if parameter.get("paramtype") == "vlogdefine":
                    self._define(name, value if equals else parameter.get("default"), parameter)

    def _define(self, name: str, value: object, parameter: Mapping[str, Any]) -> None:
        if parameter.get("datatype") == "bool":
            if str(value).lower() in ("true", "1"):
                self.defines.append(f"{name}=1")
        elif value is not None:
            self.defines.append(f"{name}={value}")

    def _file(self, core: Core, fileset: Mapping[str, Any], item: object, flags: frozenset[str]) -> None:
        names, attributes = next(iter(item.items()), ("", {})) if isinstance(item, dict) else (item, {})
        attributes = _mapping(attributes)
        for name in evaluate(str(names), flags):
            kind = str(attributes.get("file_type", fileset.get("file_type", "")))
            path = absolute(name, os.path.dirname(core.path))
            is_verilog = kind.startswith(("verilogSource", "systemVerilogSource"))
            if not is_verilog and kind != "vlt":
                continue
            if not os.path.isfile(path):
                self.problems.append(f"{path} does not exist")
            elif kind == "vlt":
                self.waivers.append(path)
            elif attributes.get("is_include_file"):
                folder = attributes.get("include_path")
                here = os.path.dirname(core.path)
                self.headers.append(path)
                self.include_dirs.append(absolute(str(folder), here) if folder else os.path.dirname(path))
            else:
                self.files.append(path)
                if core is self.root:
                    self.own.append(path)


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
