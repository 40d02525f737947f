"""The files of an EIDE project: the project itself, and what stands beside it in .eide and in the workspace.

Names and forms as in the extension (github.com/github0null/eide): src/EIDEProject.ts, src/EIDETypeDefine.ts.
"""

from __future__ import annotations

import configparser
import contextlib
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from signoff.verifiers.mcu.build.reading import MOST_STARS, Unreadable, read_text

NAMES = ("eide.yml", "eide.yaml", "eide.json")
FOLDER = ".eide"
LIMIT = 4 * 1024 * 1024
DEPTH = 60
# Passes over a text, for variables whose values name others: EIDE makes as many.
PASSES = 3
MOST_FILES = 20_000
_VARIABLE = re.compile(r"\$\{(\w+)\}|\$\((\w+)\)")
_SEARCHES = {"includes": "AutoSearchIncludePath", "objects": "AutoSearchObjFile"}


class Broken(Exception):
    """A project file that is no JSON or YAML; `line` from 0."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


def project_file(folder_or_file: str) -> str:
    """The project file of a folder, of its .eide folder, or the file itself; "" where there is none."""
    path = os.path.abspath(folder_or_file)
    if not os.path.isdir(path):
        return path
    places = (os.path.join(path, folder, name) for folder in ("", FOLDER) for name in NAMES)
    return next((place for place in places if os.path.isfile(place)), "")


def load(text: str, path: str) -> Mapping[str, Any]:
    """What a file holds, by its ending. Raises Broken."""
    try:
        data = json.loads(text) if path.endswith(".json") else _yaml(text)
    except json.JSONDecodeError as error:
        raise Broken(f"is not valid JSON here: {error.msg}", error.lineno - 1) from error
    except (RecursionError, ValueError) as error:
        raise Broken(f"cannot be read: {error}") from error
    if not isinstance(data, dict):
        raise Broken("must hold a project")
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
                raise Broken("holds references, or is nested deeper than a project can be", token.start_mark.line)
        return yaml.load(text, Loader=loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line if error.problem_mark else 0
        raise Broken(f"is not valid YAML here: {error.problem}", line) from error
    except yaml.YAMLError as error:
        raise Broken("is not valid YAML") from error


def mapping(value: object) -> Mapping[str, Any]:
    """The value, where it is a mapping."""
    return value if isinstance(value, dict) else {}


def texts(value: object) -> list[str]:
    """The texts of a list, without empty ones."""
    return [one for one in value if isinstance(one, str) and one] if isinstance(value, list) else []


@dataclass
class Beside:
    """What stands beside a project file; `files` are those that were looked for."""

    path: str
    data: Mapping[str, Any]
    files: dict[str, None] = field(default_factory=dict)

    @property
    def folder(self) -> str:
        """The project's folder, which paths count from."""
        above = os.path.dirname(self.path)
        return os.path.dirname(above) if os.path.basename(above) == FOLDER else above

    def options(self, target: str) -> Mapping[str, Any]:
        """The options of GCC that older versions kept in a file for each target."""
        return self._loaded(f"{target.lower()}.arm.options.gcc.json")

    def added(self, target: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """(by the file's path, by its path in the virtual folders): patterns, and the options of a file they name."""
        newer = mapping(self._loaded("files.options.yml").get("options"))
        known = mapping(newer.get(target)) if newer else self._loaded(f"{target.lower()}.files.options.yml")
        return mapping(known.get("files")), mapping(known.get("virtualPathFiles"))

    def expand(self, target: str) -> Callable[[str], str]:
        """What puts values for a target's variables, ${NAME} or $(NAME); those that are not known are left."""
        values = {name.lower(): value for name, value in self._variables(target)}

        def value_of(found: re.Match[str]) -> str:
            return values.get((found[1] or found[2]).lower(), found[0])

        def expanded(text: str) -> str:
            for _ in range(PASSES if "$" in text else 0):
                text = _VARIABLE.sub(value_of, text)[:LIMIT]
            return text

        return expanded

    def searches(self, what: str) -> bool:
        """Whether the workspace's settings have EIDE take in what lies in the source folders: includes or objects."""
        setting = re.compile(rf'"EIDE\.SourceTree\.{_SEARCHES[what]}"\s*:\s*true\b')
        return any(setting.search(self._text(place)) for place in self._settings())

    def _settings(self) -> Iterator[str]:
        yield os.path.join(self.folder, ".vscode", "settings.json")
        try:
            names = sorted(os.listdir(self.folder))
        except OSError:
            return
        yield from (os.path.join(self.folder, name) for name in names if name.endswith(".code-workspace"))

    def _variables(self, target: str) -> Iterator[tuple[str, str]]:
        parser = configparser.ConfigParser(interpolation=None, strict=False, allow_no_value=True)
        parser.optionxform = str  # type: ignore[assignment, method-assign]
        with contextlib.suppress(configparser.Error):
            parser.read_string("[?]\n" + self._text(os.path.join(os.path.dirname(self.path), "env.ini")))
        for section in (*parser.sections()[:1], *(one for one in parser.sections() if one.lower() == target.lower())):
            yield from ((name, value or "") for name, value in parser.items(section))
        yield from (("workspaceFolder", self.folder), ("ProjectRoot", self.folder), ("ConfigName", target))
        yield from (("workspaceFolderBasename", os.path.basename(self.folder)), ("SYS_DirSep", "/"))
        for name, key in (("ProjectName", "name"), ("ChipName", "deviceName"), ("ChipPackDir", "packDir")):
            yield name, str(self.data.get(key) or "")
        root = str(self.data.get("outDir") or "build")
        yield from (("OutDirRoot", root), ("OutDirBase", f"{root}/{target}"))
        yield "OutDir", os.path.join(self.folder, root, target)

    def _loaded(self, name: str) -> Mapping[str, Any]:
        path = os.path.join(os.path.dirname(self.path), name)
        try:
            return load(self._text(path), path)
        except Broken:
            return {}

    def _text(self, path: str) -> str:
        self.files[path] = None
        try:
            return read_text(path, LIMIT)
        except Unreadable:
            return ""


def files_below(folder: str) -> Iterator[tuple[str, str]]:
    """(path from the folder with slashes, path) of each file below a folder, in order; hidden folders are left out."""
    count = 0
    for at, folders, names in os.walk(folder):
        folders[:] = sorted(one for one in folders if not one.startswith("."))
        for name in sorted(names):
            count += 1
            if count > MOST_FILES:
                return
            path = os.path.join(at, name)
            yield os.path.relpath(path, folder).replace(os.sep, "/"), path


def names_file(pattern: str, path: str) -> bool:
    """Whether a pattern of micromatch (?, *, ** for any folders, {a,b}, ! for all but these) names a path."""
    if pattern.startswith("!"):
        return not names_file(pattern[1:], path)
    if pattern.count("*") > MOST_STARS or len(pattern) > 1000:
        return False
    plain = re.escape(re.sub(r"(?:\.{1,2}/)+", "", pattern))
    anyhow = plain.replace(r"\*\*/", "(?:.*/)?").replace(r"\*\*", ".*").replace(r"\*", "[^/]*").replace(r"\?", "[^/]")
    either = re.sub(r"\\\{([^{}]*)\\\}", lambda found: f"(?:{found[1].replace(',', '|')})", anyhow)
    return re.fullmatch(either, path) is not None
