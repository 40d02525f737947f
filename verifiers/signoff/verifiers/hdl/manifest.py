"""signoff.toml: what the user says about a workspace. Data only; docs/projects.md is its reference."""

from __future__ import annotations

import dataclasses
import difflib
import os
from collections.abc import Mapping
from typing import Any

from signoff.verifiers.finding import Severity, Span
from signoff.verifiers.gpu.units.sanity import complaints as _gpu_complaints
from signoff.verifiers.hdl.core import Core, CoreLibrary, split_name
from signoff.verifiers.hdl.design import (
    Declarations,
    Design,
    Override,
    absolute,
    problem,
    unique,
    within,
)
from signoff.verifiers.hdl.filelist_reader import FileListReader
from signoff.verifiers.hdl.index import HEADER_EXTENSIONS
from signoff.verifiers.hdl.manifest_tables import GLOB, STRINGS, Tables, find_key
from signoff.verifiers.mcu.build.sanity import complaints as _mcu_complaints
from signoff.verifiers.settings import CudaSettings, McuSettings, VerifierSettings

__all__ = ["ManifestReader", "find_key"]

NAME = "signoff.toml"
_DESIGN_KEYS = {
    "name": "a string",
    "files": STRINGS,
    "file_lists": STRINGS,
    "core": "a string",
    "target": "a string",
    "include_dirs": STRINGS,
    "defines": "a list of strings or a table",
    "top": STRINGS,
    "library_dirs": STRINGS,
    "library_files": STRINGS,
    "library_extensions": STRINGS,
    "waivers": STRINGS,
    "black_boxes": STRINGS,
}
_TOOLS = ("slang", "verilator", "yosys", "testbench", "cuda", "launch", "nvrtc", "nvcc", "triton")
_MCU_TOOLS = ("mcu", "gcc", "link", "part", "emulator")
# The code of a bad value of [cuda] and [mcu].
SETTING_CODES = {
    "architectures": "ManifestArchitecture",
    "defines": "ManifestDefine",
    "arguments": "ManifestArgument",
    "part": "ManifestPart",
}
# [[firmware]] is read by mcu/build/recipe.py.
_TOP_KEYS = ("design", "firmware", "environment", "disabled_codes", "memory_limit_mb", *_TOOLS, *_MCU_TOOLS)


class ManifestReader(Tables):
    """Reads one signoff.toml. `cores` are the FuseSoC cores of the workspace, for designs that name one."""

    expected = _DESIGN_KEYS

    def __init__(self, path: str, cores: CoreLibrary, environment: Mapping[str, str]) -> None:
        super().__init__(path)
        self.cores = cores
        self.environment = dict(environment)
        self.lists: list[str] = []

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
        ordered = not any(GLOB.search(pattern) for pattern in patterns)
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

    def _settings(self, data: Mapping[str, Any]) -> list[tuple[str, str, object]]:
        values: list[tuple[str, str, object]] = []
        defaults = VerifierSettings()
        for key in ("disabled_codes", "memory_limit_mb"):
            values += self._setting("", key, data, getattr(defaults, key))
        for tool in (*_TOOLS, *_MCU_TOOLS):
            table, default = self._table(data, tool), getattr(defaults, tool)
            names = tuple(field.name for field in dataclasses.fields(default))
            self._unknown(table, names, tool)
            for key in names:
                values += self._setting(tool, key, table, getattr(default, key))
        return [(tool, key, self._meant(tool, key, value)) for tool, key, value in values]

    def _meant(self, tool: str, key: str, value: object) -> object:
        """A value as it is to be used: paths start at the file's own folder, what means nothing is told of."""
        if tool == "testbench" and key == "files" and isinstance(value, tuple):
            return self._paths({key: list(value)}, key, tool)
        if tool not in ("cuda", "mcu"):
            return value
        if key == "include_dirs" and isinstance(value, tuple):
            return self._existing({key: list(value)}, key, tool, os.path.isdir)
        if key == "svd":
            return next(iter(self._existing({key: value}, key, tool, os.path.isfile)), "") if value else ""
        named: dict[str, Any] = {key: value}
        wrong = list(
            _gpu_complaints(CudaSettings(**named)) if tool == "cuda" else _mcu_complaints(McuSettings(**named))
        )
        for one in wrong:
            severity = Severity.ERROR if one.passed_over else Severity.WARNING
            self._say(self._place(key, tool, one.value), SETTING_CODES[key], one.message, severity)
        passed_over = {one.value for one in wrong if one.passed_over}
        if isinstance(value, tuple):
            return tuple(one for one in value if one not in passed_over)
        return "" if value in passed_over else value

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
