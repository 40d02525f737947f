"""signoff.toml: what the user says about a workspace. Data only; docs/projects.md is its reference."""

from __future__ import annotations

import dataclasses
import difflib
import glob
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from typing import Any

from signoff.verifiers.finding import Finding, Severity, Span
from signoff.verifiers.gpu.units.sanity import complaints
from signoff.verifiers.hdl.core import Core, CoreLibrary, split_name
from signoff.verifiers.hdl.design import (
    Declarations,
    Design,
    Override,
    absolute,
    line_span,
    problem,
    read_text,
    unique,
    within,
)
from signoff.verifiers.hdl.filelist_reader import FileListReader
from signoff.verifiers.hdl.index import HEADER_EXTENSIONS
from signoff.verifiers.settings import CudaSettings, VerifierSettings
from signoff.verifiers.text import LineIndex

NAME = "signoff.toml"
_GLOB = re.compile(r"[*?\[]")
_STRINGS = "a string or a list of strings"
_DESIGN_KEYS = {
    "name": "a string",
    "files": _STRINGS,
    "file_lists": _STRINGS,
    "core": "a string",
    "target": "a string",
    "include_dirs": _STRINGS,
    "defines": "a list of strings or a table",
    "top": _STRINGS,
    "library_dirs": _STRINGS,
    "library_files": _STRINGS,
    "library_extensions": _STRINGS,
    "waivers": _STRINGS,
    "black_boxes": _STRINGS,
}
_TOOLS = ("slang", "verilator", "yosys", "cuda", "launch", "nvrtc", "nvcc", "triton")
# The code of a bad value of [cuda].
CUDA_CODES = {"architectures": "ManifestArchitecture", "defines": "ManifestDefine"}
_TOP_KEYS = ("design", "environment", "disabled_codes", "memory_limit_mb", *_TOOLS)


class ManifestReader:
    """Reads one signoff.toml. `cores` are the FuseSoC cores of the workspace, for designs that name one."""

    def __init__(self, path: str, cores: CoreLibrary, environment: Mapping[str, str]) -> None:
        self.path, self.folder, self.cores = path, os.path.dirname(path), cores
        self.environment = dict(environment)
        self.findings: list[Finding] = []
        self.lists: list[str] = []
        self.text = ""

    def read(self) -> Declarations:
        """Everything the file declares; what is wrong with it is among the findings, never raised."""
        data = self._load()
        self._unknown(data, _TOP_KEYS, "")
        for key, value in self._table(data, "environment").items():
            self.environment[key] = absolute(str(value), self.folder) if _is_path(value, self.folder) else str(value)
        entries = data.get("design", [])
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            self._wrong("design", "", "a list of tables, each headed [[design]]")
            entries = []
        designs = tuple(self._design(entry, number) for number, entry in enumerate(entries))
        values = tuple(self._settings(data))
        override = (Override(self.folder, self.path, values),) if values else ()
        return Declarations(designs, override, tuple(self.findings))

    def _load(self) -> dict[str, Any]:
        try:
            self.text = read_text(self.path)
            return tomllib.loads(self.text)
        except OSError as error:
            self._say(Span(0, 0, 0, 0), "ManifestUnreadable", f"{NAME} cannot be read: {error.strerror}.")
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            match = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
            line = int(match[1]) - 1 if match else max(0, self.text.rstrip().count("\n"))
            reason = re.sub(r"\s*\(at .*\)$", "", str(error))
            self._say(line_span(self.text, line), "ManifestSyntax", f"{NAME} is not valid TOML here: {reason}.")
        return {}

    def _design(self, entry: Mapping[str, Any], number: int) -> Design:
        section = f"design.{number}"
        self._unknown(entry, tuple(_DESIGN_KEYS), section)
        parts = [self._files(entry, section), *self._file_lists(entry, section), *self._core(entry, section)]
        name = self._string(entry, "name", section) or f"design {number + 1}"
        gathered = _merge(parts)
        top = self._strings(entry, "top", section)
        return dataclasses.replace(
            gathered,
            origin=self.path,
            kind=NAME,
            name=name,
            explicit=True,
            own=gathered.files,
            include_dirs=unique(
                (*self._existing(entry, "include_dirs", section, os.path.isdir), *gathered.include_dirs)
            ),
            defines=unique((*gathered.defines, *self._defines(entry, section))),
            top=top or gathered.top,
            library_dirs=unique(
                (*gathered.library_dirs, *self._existing(entry, "library_dirs", section, os.path.isdir))
            ),
            library_files=unique((*gathered.library_files, *self._paths(entry, "library_files", section))),
            library_extensions=self._strings(entry, "library_extensions", section) or gathered.library_extensions,
            waivers=unique((*gathered.waivers, *self._paths(entry, "waivers", section))),
            black_boxes=self._strings(entry, "black_boxes", section),
        )

    def _files(self, entry: Mapping[str, Any], section: str) -> Design:
        patterns = self._strings(entry, "files", section, quiet=True)
        found = self._paths(entry, "files", section)
        files = tuple(path for path in found if not path.endswith(HEADER_EXTENSIONS))
        headers = tuple(path for path in found if path.endswith(HEADER_EXTENSIONS))
        ordered = not any(_GLOB.search(pattern) for pattern in patterns)
        folders = unique(os.path.dirname(path) for path in headers)
        return Design(self.path, NAME, "", files=files, headers=headers, ordered=ordered, include_dirs=folders)

    def _file_lists(self, entry: Mapping[str, Any], section: str) -> list[Design]:
        designs = []
        for path in self._paths(entry, "file_lists", section):
            reader = FileListReader(self.folder, self.environment, explicit=True)
            design = reader.read(path, self.folder)
            self.findings += (within(finding, self.path) for finding in reader.findings)
            self.lists += reader.lists
            if reader.ignored:
                options = ", ".join(reader.ignored[:5]) + (", ..." if len(reader.ignored) > 5 else "")
                message = f"Options that mean nothing to Signoff are passed over: {options}."
                self.findings.append(problem(path, Span(0, 0, 0, 0), "FileListIgnored", message, Severity.INFORMATION))
            if design is not None:
                designs.append(design)
        return designs

    def _core(self, entry: Mapping[str, Any], section: str) -> list[Design]:
        name = self._string(entry, "core", section)
        if not name:
            return []
        core = self.cores.find(name, self.path)
        if core is None:
            near = difflib.get_close_matches(split_name(name)[0], [one.name for one in self.cores.cores], 1)
            hint = f" Did you mean {near[0]}?" if near else ""
            self._say(self._place("core", section), "ManifestCore", f"No core {name} is in the workspace.{hint}")
            return []
        target = self._string(entry, "target", section)
        found = self._core_design(core, target)
        if found is None:
            message = (
                f"The core {name} has no target {target} with HDL files." if target else f"{name} has no HDL files."
            )
            self._say(self._place("target" if target else "core", section), "ManifestCore", message)
        elif found.problems:
            self._say(self._place("core", section), "ManifestCore", f"{name}: {found.problems[0]}.", Severity.WARNING)
        return [found] if found else []

    def _core_design(self, core: Core, target: str) -> Design | None:
        if target:
            return self.cores.design(core, target, explicit=True)
        return next(iter(self.cores.designs(core)), None)

    def _paths(self, entry: Mapping[str, Any], key: str, section: str) -> tuple[str, ...]:
        """The files that the patterns name, in their order; a pattern after "!" takes files away again."""
        found: dict[str, None] = {}
        for pattern in self._strings(entry, key, section):
            matches = self._expand(pattern.removeprefix("!"), key, section)
            if pattern.startswith("!"):
                for path in matches:
                    found.pop(path, None)
            else:
                if not matches:
                    self._missing(pattern, key, section)
                found.update(dict.fromkeys(matches))
        return tuple(found)

    def _expand(self, pattern: str, key: str, section: str) -> list[str]:
        path = absolute(os.path.expandvars(pattern), self.folder)
        if os.path.isfile(path):
            return [path]
        return (
            sorted(one for one in glob.iglob(path, recursive=True) if os.path.isfile(one)) if _GLOB.search(path) else []
        )

    def _existing(
        self, entry: Mapping[str, Any], key: str, section: str, exists: Callable[[str], bool]
    ) -> tuple[str, ...]:
        paths = tuple(absolute(path, self.folder) for path in self._strings(entry, key, section))
        for path, written in zip(paths, self._strings(entry, key, section, quiet=True), strict=True):
            if not exists(path):
                self._missing(written, key, section)
        return tuple(path for path in paths if exists(path))

    def _missing(self, pattern: str, key: str, section: str) -> None:
        message = f'Nothing is found for "{pattern}" of {key}, looked for in {self.folder}.'
        self._say(self._place(key, section, pattern), "ManifestMissing", message, Severity.WARNING)

    def _defines(self, entry: Mapping[str, Any], section: str) -> tuple[str, ...]:
        value = entry.get("defines", [])
        if isinstance(value, dict):
            items = [(name, one) for name, one in value.items() if one is not False]
            return tuple(name if one is True or one == "" else f"{name}={one}" for name, one in items)
        return self._strings(entry, "defines", section)

    def _settings(self, data: Mapping[str, Any]) -> list[tuple[str, str, object]]:
        values: list[tuple[str, str, object]] = []
        defaults = VerifierSettings()
        for key in ("disabled_codes", "memory_limit_mb"):
            values += self._setting("", key, data, getattr(defaults, key))
        for tool in _TOOLS:
            table, default = self._table(data, tool), getattr(defaults, tool)
            names = tuple(field.name for field in dataclasses.fields(default))
            self._unknown(table, names, tool)
            for key in names:
                values += self._setting(tool, key, table, getattr(default, key))
        return [(tool, key, self._meant(tool, key, value)) for tool, key, value in values]

    def _meant(self, tool: str, key: str, value: object) -> object:
        """A setting's value as it is to be used: folders start at the file's own, what names nothing is told of."""
        if tool != "cuda" or not isinstance(value, tuple):
            return value
        if key == "include_dirs":
            return self._existing({key: list(value)}, key, tool, os.path.isdir)
        if key not in CUDA_CODES:
            return value
        named: dict[str, Any] = {key: value}
        wrong = list(complaints(CudaSettings(**named)))
        for one in wrong:
            severity = Severity.ERROR if one.passed_over else Severity.WARNING
            self._say(self._place(key, tool, one.value), CUDA_CODES[key], one.message, severity)
        passed_over = {one.value for one in wrong if one.passed_over}
        return tuple(one for one in value if one not in passed_over)

    def _setting(self, tool: str, key: str, table: Mapping[str, Any], default: object) -> list[tuple[str, str, object]]:
        if key not in table:
            return []
        value = table[key]
        expected = type(default)
        if expected is tuple and isinstance(value, list) and all(isinstance(one, str) for one in value):
            return [(tool, key, tuple(value))]
        if expected is float and isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0:
            return [(tool, key, float(value))]
        if expected is int and isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return [(tool, key, value)]
        if expected in (bool, str) and type(value) is expected:
            return [(tool, key, value)]
        names = {
            tuple: "a list of strings",
            float: "a number above 0",
            int: "a whole number above 0",
            bool: "true or false",
        }
        self._wrong(key, tool, names.get(expected, "a string"))
        return []

    def _table(self, data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        value = data.get(key, {})
        if isinstance(value, dict):
            return value
        self._wrong(key, "", f"a table, headed [{key}]")
        return {}

    def _string(self, entry: Mapping[str, Any], key: str, section: str) -> str:
        value = entry.get(key, "")
        if isinstance(value, str):
            return value
        self._wrong(key, section, _DESIGN_KEYS[key])
        return ""

    def _strings(self, entry: Mapping[str, Any], key: str, section: str, *, quiet: bool = False) -> tuple[str, ...]:
        value = entry.get(key, [])
        if isinstance(value, str):
            return (value,)
        if isinstance(value, list) and all(isinstance(one, str) for one in value):
            return tuple(value)
        if not quiet:
            self._wrong(key, section, _DESIGN_KEYS[key])
        return ()

    def _unknown(self, table: Mapping[str, Any], known: tuple[str, ...], section: str) -> None:
        for key in table:
            if key not in known:
                near = difflib.get_close_matches(key, known, 1)
                hint = f'did you mean "{near[0]}"?' if near else f"known here: {', '.join(known)}."
                self._say(
                    self._place(key, section),
                    "ManifestUnknownKey",
                    f'"{key}" is no key of {NAME}: {hint}',
                    Severity.WARNING,
                )

    def _wrong(self, key: str, section: str, expected: str) -> None:
        self._say(self._place(key, section), "ManifestType", f'"{key}" must be {expected}; it is passed over.')

    def _say(self, span: Span, code: str, message: str, severity: Severity = Severity.ERROR) -> None:
        self.findings.append(problem(self.path, span, code, message, severity))

    def _place(self, key: str, section: str, value: str = "") -> Span:
        return find_key(self.text, key, section, value)


def find_key(text: str, key: str, section: str = "", value: str = "") -> Span:
    """Where a key stands in a TOML text, which tomllib does not tell: within `section` (for the n-th [[design]]
    "design.n"), from the key on at the quoted `value` where given. The section's head, else line 0, if not found.
    """
    index = LineIndex(text)
    start, end = _section(index, section)
    written = re.compile(rf'^\s*(?:\[+\s*)?(?:"{re.escape(key)}"|{re.escape(key)})\s*(?:[=.\]])')
    for line in range(start, end):
        if written.match(index.line(line)):
            return _value_span(text, index, line, end, value) if value else line_span(text, line)
    return line_span(text, max(0, start - 1))


def _section(index: LineIndex, section: str) -> tuple[int, int]:
    lines = range(len(index.starts))
    if not section:
        return 0, len(lines)
    name, _, number = section.partition(".")
    head = re.compile(rf"^\s*\[+\s*{re.escape(name)}\s*\]+")
    heads = [line for line in lines if head.match(index.line(line))]
    wanted = int(number or 0)
    start = heads[wanted] + 1 if wanted < len(heads) else 0
    others = (line for line in lines if line >= start and re.match(r"^\s*\[+\s*[\w\"]", index.line(line)))
    return start, next((line for line in others if not index.line(line).lstrip().startswith(f"[{name}.")), len(lines))


def _value_span(text: str, index: LineIndex, line: int, end: int, value: str) -> Span:
    for number in range(line, end):
        column = index.line(number).find(value)
        if column >= 0:
            return Span(number, column, number, column + len(value))
    return line_span(text, line)


def _is_path(value: object, folder: str) -> bool:
    return isinstance(value, str) and (value.startswith((".", "~")) or os.path.exists(os.path.join(folder, value)))


def _merge(parts: list[Design]) -> Design:
    """One design of several, in their order."""

    def joined(name: str) -> tuple[str, ...]:
        return unique(item for part in parts for item in getattr(part, name))

    return dataclasses.replace(
        parts[0],
        ordered=all(part.ordered for part in parts),
        files=joined("files"),
        headers=joined("headers"),
        include_dirs=joined("include_dirs"),
        defines=joined("defines"),
        library_dirs=joined("library_dirs"),
        library_files=joined("library_files"),
        library_extensions=joined("library_extensions"),
        top=joined("top"),
        waivers=joined("waivers"),
        problems=joined("problems"),
    )
