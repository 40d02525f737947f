"""A CDT project's configurations (.cproject): what each of STM32CubeIDE's tools is told.

Options are told apart by their `superClass` and `valueType`, as CDT does; an option that is not there has the default
of STM32CubeIDE's tool chain. Source: projects that STM32CubeIDE 1.x wrote, and the makefiles that it makes of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from signoff.verifiers.mcu.build import cproject_dialects as dialects
from signoff.verifiers.mcu.build.reading import path_matches
from signoff.verifiers.mcu.build.xml_tree import Node

C, CPP, ASM, LINK = "c", "c++", "assembler", "linker"
# How a tool's superClass or name says which tool it is, the first that fits.
_TOOLS = (
    (CPP, re.compile(r"tool\.cpp\.compiler|\.cpp\.compiler|cpp\.cc|toolchain\.gpp\b", re.IGNORECASE)),
    (C, re.compile(r"tool\.c\.compiler|\.c\.compiler|toolchain\.gcc\b", re.IGNORECASE)),
    (ASM, re.compile(r"assembler|toolchain\.as\b", re.IGNORECASE)),
    (LINK, re.compile(r"tool\.(?:c|cpp)\.linker|\.(?:c|cpp)\.linker|toolchain\.ld(?:cc)?\b", re.IGNORECASE)),
)


@dataclass(slots=True)
class Tool:
    """What one tool is told: lists by the option's valueType (includePath, definedSymbols, ...), values by its name."""

    lists: dict[str, list[tuple[str, Node]]] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)

    def take(self, node: Node) -> None:
        """Note one <option>; a list that was noted before is replaced."""
        name, kind = option_name(node), dialects.list_kind(node) or node.get("valueType")
        listed = [(child.get("value"), child) for child in node.children if child.tag == "listOptionValue"]
        flags, other = dialects.flags_of(node), dialects.value_of(node)
        if flags is not None:
            self.lists["otherflags"] = flags
        elif other is not None:
            self.values[other[0]] = other[1] or self.values.get(other[0], "")
        elif kind in (
            "includePath",
            "definedSymbols",
            "libs",
            "libPaths",
            "userObjs",
            "includeFiles",
            "undefDefinedSymbols",
        ):
            self.lists[kind] = listed
        elif kind == "stringList" or listed:
            self.lists[name] = listed
        else:
            self.values[name] = node.get("value")

    def words(self, kind: str) -> list[str]:
        """The values of a list option."""
        return [value for value, _ in self.lists.get(kind, ())]

    def choice(self, name: str) -> str:
        """The last word of an enumerated option's value: "o2" of "...level.value.o2"; "" for the default."""
        return self.values.get(name, "").rpartition(".value.")[2]

    def copy(self) -> Tool:
        """One that can be changed by itself."""
        return Tool(dict(self.lists), dict(self.values))


@dataclass(slots=True)
class Configuration:
    """One build configuration ("Debug"): the tool chain's options, its tools, and those of single files or folders.

    `chain` is the class of its tool chain, `sources` are (folder within the project, patterns of what is left out);
    () is the whole project.
    """

    name: str
    node: Node
    debug: bool = False
    chain: str = ""
    options: Tool = field(default_factory=Tool)
    tools: dict[str, Tool] = field(default_factory=dict)
    special: dict[str, dict[str, Tool]] = field(default_factory=dict)
    excluded: set[str] = field(default_factory=set)
    sources: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def tool(self, kind: str, logical: str) -> Tool:
        """The tool that a file of the project is given to, with the options of the nearest folder that has its own."""
        while True:
            own = self.special.get(logical, {}).get(kind)
            if own is not None:
                return own
            if not logical:
                return self.tools.get(kind) or Tool()
            logical = logical.rpartition("/")[0]

    def builds(self, logical: str) -> bool:
        """Whether a file at this path of the project is compiled."""
        if logical in self.excluded or any(logical.startswith(f"{one}/") for one in self.excluded):
            return False
        for folder, patterns in self.sources or (("", ()),):
            inside = logical if not folder else logical[len(folder) + 1 :]
            if folder and not logical.startswith(f"{folder}/"):
                continue
            if not any(path_matches(pattern, inside) for pattern in patterns):
                return True
        return False


def option_name(node: Node) -> str:
    """The last words of an option's superClass: "c.compiler.option.otherflags" is "otherflags"."""
    return node.get("superClass").rpartition("option.")[2]


def configurations(root: Node) -> list[Configuration]:
    """The configurations of a .cproject that make a program, those for debugging first."""
    found = []
    for node in root.all("configuration"):
        if "buildArtefactType" in node.attributes and not node.get("buildArtefactType").endswith(".exe"):
            continue
        found.append(_configuration(node))
    return sorted(found, key=lambda one: not one.debug)


def _configuration(node: Node) -> Configuration:
    name = node.get("name")
    parent = f"{node.get('parent')} {node.get('buildProperties')}".lower()
    config = Configuration(name, node, debug="debug" in name.lower() or ".debug" in parent)
    for info in node.children:
        if info.tag == "folderInfo" and not info.get("resourcePath").strip("/"):
            _take_main(config, info)
    for info in node.children:
        logical = info.get("resourcePath").strip("/")
        if info.tag in ("folderInfo", "fileInfo") and logical:
            _take_special(config, info, logical)
    config.sources = tuple(_sources(node))
    return config


def _take_main(config: Configuration, info: Node) -> None:
    for chain in info.path("toolChain"):
        config.chain = chain.get("superClass")
        for option in chain.path("option"):
            config.options.take(option)
        for node in chain.path("tool"):
            kind = _kind(node)
            if kind:
                _take_options(config.tools.setdefault(kind, Tool()), node)
            for option in node.path("option") if kind == C else ():
                if (dialects.value_of(option) or ("", ""))[0] in dialects.CORE:
                    config.options.take(option)


def _take_special(config: Configuration, info: Node, logical: str) -> None:
    if info.get("exclude") == "true":
        config.excluded.add(logical)
    for node in info.all("tool"):
        kind = _kind(node)
        if kind:
            own = config.special.setdefault(logical, {})
            own[kind] = (config.tools.get(kind) or Tool()).copy()
            _take_options(own[kind], node)


def _take_options(tool: Tool, node: Node) -> None:
    for option in node.path("option"):
        tool.take(option)


def _kind(node: Node) -> str:
    names = f"{node.get('superClass')} {node.get('id')}"
    return next((kind for kind, pattern in _TOOLS if pattern.search(names)), "")


def _sources(node: Node) -> Iterator[tuple[str, tuple[str, ...]]]:
    for entry in node.path("sourceEntries", "entry"):
        if entry.get("kind") in ("sourcePath", ""):
            patterns = tuple(one.strip() for one in entry.get("excluding").split("|") if one.strip())
            yield entry.get("name").strip("/"), patterns
