"""The worker of the workspace model: one walk of a folder serves Verilog, CUDA and firmware, as does one process."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace

from signoff.verifiers.file_kinds import MANIFEST, is_build_file, is_unit_file
from signoff.verifiers.gpu.units.includes import written_in
from signoff.verifiers.gpu.units.units import Units
from signoff.verifiers.gpu.units.units_engine import Buffers, UnitsReader
from signoff.verifiers.hdl.index_engine import IndexEngine
from signoff.verifiers.mcu.build.asking import candidates
from signoff.verifiers.mcu.build.firmware import Firmware
from signoff.verifiers.mcu.build.plain import PlainUnits
from signoff.verifiers.mcu.build.reader import FirmwareReader, Request
from signoff.verifiers.project import CompileUnit
from signoff.verifiers.survey import MAX_FILES, Stamp, Survey, survey

# The stamp of a document that has no file yet.
NO_FILE: Stamp = (0, 0)
# In a folder that nobody has called a workspace, files are looked for in so many folders.
BESIDE_FOLDERS = 200


class WorkspaceEngine(IndexEngine):
    """The engine class of workers.py. What it keeps between calls only saves time: it may be ended at any moment."""

    def __init__(self) -> None:
        self._surveys: dict[str, Survey] = {}
        self._reader = UnitsReader()
        self._firmware = FirmwareReader()
        self._plain = PlainUnits()

    def survey(self, folder: str, recursive: bool = True, max_files: int = MAX_FILES) -> Survey:
        """Walk a folder. What concerns C and CUDA stays here: units() uses it."""
        found = self._surveys[folder] = survey(folder, recursive, max_files)
        return replace(found, units={}, build_files=())

    def units(self, folder: str, recursive: bool, max_files: int, buffers: Buffers) -> Units:
        """How the CUDA files of a folder are compiled; `buffers` are what open documents include."""
        known = self._known(folder, recursive, max_files)
        files = {**known.units, **{path: NO_FILE for path in buffers if path not in known.units}}
        return self._reader.read(files, known.build_files, os.environ, buffers)

    def units_changed(
        self, folder: str, paths: Iterable[str], recursive: bool, max_files: int, buffers: Buffers
    ) -> Units | None:
        """The same after some files were edited, written, made or deleted; None where that changes nothing."""
        known = self._known(folder, recursive, max_files)
        units, builds = dict(known.units), dict.fromkeys(known.build_files)
        changed = False
        for path in paths:
            stamp = _stamp(path)
            if is_build_file(path):
                changed = True
                builds.pop(path, None)
                if stamp is not None:
                    builds[path] = None
            elif is_unit_file(path):
                units.pop(path, None)
                if stamp is not None:
                    units[path] = stamp
                seen = NO_FILE if stamp is None and path in buffers else stamp
                changed = self._reader.changed(path, seen, buffers) or changed
        self._surveys[folder] = replace(known, units=units, build_files=tuple(sorted(builds)))
        return self.units(folder, recursive, max_files, buffers) if changed else None

    def firmware(self, folder: str, recursive: bool, max_files: int, request: Request) -> Firmware:
        """The firmware images of a folder and what their files include."""
        self._firmware.forget()
        return self._read_firmware(folder, self._known(folder, recursive, max_files), request)

    def _read_firmware(self, folder: str, known: Survey, request: Request) -> Firmware:
        if not known.units:
            return Firmware()
        return self._firmware.read(folder, known.units, known.build_files, known.configs, request)

    def firmware_changed(
        self, folder: str, recursive: bool, max_files: int, request: Request, paths: Sequence[str]
    ) -> Firmware:
        """The same after some files were edited, written, made or deleted."""
        known = self._known(folder, recursive, max_files)
        if any((_stamp(path) is None) != (path not in known.units) for path in paths if is_unit_file(path)):
            # Projects that build all of a folder have another file now.
            self._firmware.forget(projects=True)
        units, builds, configs = dict(known.units), dict.fromkeys(known.build_files), dict.fromkeys(known.configs)
        for path in paths:
            stamp = _stamp(path)
            if is_unit_file(path):
                units.pop(path, None)
                units |= {path: stamp} if stamp is not None else {}
            elif is_build_file(path) or os.path.basename(path) == MANIFEST:
                found = builds if is_build_file(path) else configs
                found.pop(path, None)
                found |= {path: None} if stamp is not None else {}
        now = replace(known, units=units, build_files=tuple(sorted(builds)), configs=tuple(sorted(configs)))
        self._surveys[folder] = now
        return self._read_firmware(folder, now, request)

    def askable(self, folder: str, recursive: bool, max_files: int, path: str) -> tuple[str, ...]:
        """The project files whose tools can tell how a C file is compiled, the nearest first."""
        return candidates(path, folder, self._known(folder, recursive, max_files).build_files)

    def plain_unit(self, folder: str, path: str, text: str) -> CompileUnit:
        """How a C file that belongs to no firmware image may be compiled; see PlainUnits."""
        alone = folder == os.path.dirname(path) and folder not in self._surveys
        # It may be a document outside of the workspace, in a folder that holds all that somebody has.
        known = survey(folder, max_folders=BESIDE_FOLDERS) if alone else self._known(folder, True, MAX_FILES)
        return self._plain.unit(path, text.encode(errors="replace"), known.units, known.build_files)

    def written(self, text: str) -> tuple[str, ...]:
        """The names that a text includes."""
        return written_in(text.encode("utf-8", errors="replace"))

    def _known(self, folder: str, recursive: bool, max_files: int) -> Survey:
        if folder not in self._surveys:
            self._surveys[folder] = survey(folder, recursive, max_files)
        return self._surveys[folder]


def _stamp(path: str) -> Stamp | None:
    try:
        stat = os.stat(path)
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size
