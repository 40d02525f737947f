"""An Eclipse project's resources (.project): which files its folders hold, linked ones included.

Format: help.eclipse.org, "The project description file" and "Linked resources" (path variables, PARENT-n-...).
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import unquote

from signoff.verifiers.finding import Finding
from signoff.verifiers.mcu.build.reading import Unreadable, is_source, problem, read_text, sources_below, unreadable
from signoff.verifiers.mcu.build.xml_tree import BrokenXml, Node, parse_xml, place

_PARENT = re.compile(r"PARENT-(\d+)-([^/]+)(?:/(.*))?", re.DOTALL)
_FILE, _FOLDER = "1", "2"


@dataclass(frozen=True, slots=True)
class Link:
    """One linked resource: its path within the project, the file or folder it stands for ("" where unknown)."""

    logical: str
    target: str
    folder: bool
    node: Node


@dataclass
class EclipseProject:
    """A .project file: `path` is the file, `name` what it calls the project, `links` its linked resources."""

    path: str
    name: str
    text: str = ""
    links: tuple[Link, ...] = ()
    findings: list[Finding] = field(default_factory=list)

    @property
    def folder(self) -> str:
        """The folder that the project is."""
        return os.path.dirname(self.path)

    @cached_property
    def _by_name(self) -> dict[str, Link]:
        return {link.logical: link for link in self.links}

    def locate(self, logical: str) -> str:
        """The file or folder at a path within the project, through linked folders."""
        parts = [part for part in logical.replace("\\", "/").split("/") if part and part != "."]
        for count in range(len(parts), 0, -1):
            link = self._by_name.get("/".join(parts[:count]))
            if link is not None and link.target:
                return os.path.normpath(os.path.join(link.target, *parts[count:]))
        return os.path.normpath(os.path.join(self.folder, *parts))

    def sources(self, skipped: Collection[str]) -> Iterator[tuple[str, str]]:
        """(path within the project, file) of each source, on disk or linked; `skipped` are the build's own folders."""
        yield from sources_below(self.folder, skipped)
        for link in self.links:
            if link.folder:
                below = sources_below(link.target) if link.target else ()
                yield from ((f"{link.logical}/{inside}", path) for inside, path in below)
            elif link.target and is_source(link.logical):
                yield link.logical, link.target

    def missing(self) -> Iterator[Finding]:
        """A finding for each linked source that is not there."""
        for link in self.links:
            if link.folder or not is_source(link.logical):
                continue
            if not link.target or not os.path.isfile(link.target):
                uri = link.node.words("locationURI") or link.node.words("location")
                what = f"{link.logical} is linked to {uri}, which is not there."
                yield problem(self.path, "CubeIdeMissingSource", what, place(self.text, link.node, uri))


def read_project(path: str) -> EclipseProject:
    """Read a .project file; one that is missing or broken gives a project without links, and the finding."""
    project = EclipseProject(path, os.path.basename(os.path.dirname(path)))
    try:
        project.text = read_text(path)
        root = parse_xml(project.text)
    except Unreadable as error:
        project.findings.append(unreadable(path, "CubeIdeUnreadable", error))
        return project
    except BrokenXml as error:
        project.findings.append(problem(path, "CubeIdeSyntax", f".project {error}.", error.span))
        return project
    project.name = root.words("name") or project.name
    variables = {node.words("name"): node.words("value") for node in root.path("variableList", "variable")}
    links = (_link(node, project.folder, variables) for node in root.path("linkedResources", "link"))
    project.links = tuple(link for link in links if link is not None)
    return project


def _link(node: Node, folder: str, variables: dict[str, str]) -> Link | None:
    kind, logical = node.words("type"), node.words("name").strip("/")
    location = node.words("locationURI") or node.words("location")
    if kind not in (_FILE, _FOLDER) or not logical or location.startswith("virtual:"):
        return None
    return Link(logical, resolve(location, folder, variables), kind == _FOLDER, node)


def resolve(location: str, folder: str, variables: dict[str, str], depth: int = 0) -> str:
    """The path that a link's location names, "" where a variable of it is not known."""
    text = re.sub(r"\$\{([^}]*)\}", r"\1", unquote(location).removeprefix("file://").removeprefix("file:"))
    text = text.replace("\\", "/")
    if "\0" in text or depth > 5:
        return ""
    if text.startswith("/") or re.match(r"[A-Za-z]:/", text):
        return os.path.normpath(text)
    match = _PARENT.fullmatch(text)
    up, name, rest = (int(match[1]), match[2], match[3] or "") if match else (0, *_split(text))
    if name in ("PROJECT_LOC", "ProjDirPath"):
        base = folder
    elif name in variables:
        base = resolve(variables[name], folder, variables, depth + 1)
    else:
        base = ""
    return os.path.normpath(os.path.join(base, *[".."] * min(up, 64), rest)) if base else ""


def _split(text: str) -> tuple[str, str]:
    name, _, rest = text.partition("/")
    return name, rest
