"""The worker's side of the firmware model: reads what a folder's build files say, as data. Nothing is run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from signoff.verifiers.file_kinds import CMAKE_LISTS, DATABASE, HEADER_EXTENSIONS, LINKER_ENDINGS, MANIFEST
from signoff.verifiers.finding import Finding
from signoff.verifiers.gpu.units.includes import written_in
from signoff.verifiers.mcu.build import kinds
from signoff.verifiers.mcu.build.databases import read_database
from signoff.verifiers.mcu.build.firmware import Firmware, Unusable
from signoff.verifiers.mcu.build.headers import Lookup, graph_of, shared
from signoff.verifiers.mcu.build.naming import completed
from signoff.verifiers.mcu.build.parts_named import part_findings
from signoff.verifiers.mcu.build.programs import doubted, merged
from signoff.verifiers.mcu.build.reading import NOTHING, Reading
from signoff.verifiers.mcu.build.recipe import KIND as RECIPE
from signoff.verifiers.mcu.build.recipe import read_recipe
from signoff.verifiers.mcu.build.targets import names_core
from signoff.verifiers.project import Image

# Generated tables of many MB include nothing.
HUGE_BYTES = 4 * 1024 * 1024

Stamp = tuple[int, int]
Reader = Callable[[str], Reading]


@dataclass(frozen=True, slots=True)
class Request:
    """What is known of a folder beside its files: what open documents include, which further project files to read
    (its documents asked for them), and what the builds' own tools answered, by project file.
    """

    buffers: Mapping[str, tuple[str, ...]]
    asked: frozenset[str] = frozenset()
    answers: tuple[tuple[str, Reading], ...] = ()


class FirmwareReader:
    """Reads what a folder says of firmware; unchanged files are not read again."""

    def __init__(self) -> None:
        self._readings: dict[str, tuple[tuple[Stamp | None, ...], Reading]] = {}
        self._written: dict[str, tuple[Stamp | None, tuple[str, ...]]] = {}
        self._lookups: dict[str, Lookup] = {}

    def read(
        self, folder: str, units: Iterable[str], build_files: Iterable[str], configs: Iterable[str], request: Request
    ) -> Firmware:
        """Everything about the firmware of a folder whose C files, build files and signoff.toml files are given."""
        build_files = list(build_files)
        projects, unread = kinds.split(build_files, request.asked)
        ranked = self._ranked(build_files, configs, projects, dict(request.answers))
        readings = [reading for one in ranked for reading in one]
        images = merged(tuple(filter(_is_usable, _images(one))) for one in ranked)
        scripts = [path for path in build_files if path.lower().endswith(LINKER_ENDINGS)]
        svds = [path for path in build_files if path.lower().endswith(".svd")]
        lists = [os.path.dirname(path) for path in build_files if os.path.basename(path) == CMAKE_LISTS]
        images = shared(completed(doubted(image, lists), scripts, svds) for image in images)
        lookup = self._lookups.setdefault(folder, Lookup(folder))
        headers = (os.path.basename(path) for path in units if path.lower().endswith(HEADER_EXTENSIONS))
        return Firmware(
            images=images,
            graph=graph_of(images, lookup, self._names_of(request.buffers)),
            findings=tuple(dict.fromkeys((*_findings(readings), *part_findings(images)))),
            read=frozenset(path for reading in readings for path in reading.files),
            unread=unread,
            names=frozenset(headers) if images else frozenset(),
            unusable=tuple(_unusable(readings, request.answers)),
        )

    def _ranked(
        self,
        build_files: Iterable[str],
        configs: Iterable[str],
        projects: Mapping[str, Iterable[str]],
        answers: Mapping[str, Reading],
    ) -> list[list[Reading]]:
        """What each build system's files say, the most trustworthy first."""
        manifests = [path for path in configs if os.path.basename(path) == MANIFEST]
        asked = [answer for path, answer in answers.items() if path.endswith(CMAKE_LISTS) and answer.images]
        return [
            [read_recipe(path) for path in manifests],
            [*asked, *self._projects(kinds.CMAKE, projects, answers)],
            self._databases(build_files),
            *(self._projects(kind, projects, answers) for kind in kinds.KINDS),
        ]

    def forget(self, projects: bool = False) -> None:
        """Files came or went: look for them anew, and (`projects`) read every project file anew."""
        self._lookups.clear()
        if projects:
            self._readings.clear()

    def _projects(
        self, kind: kinds.Kind, projects: Mapping[str, Iterable[str]], answers: Mapping[str, Reading]
    ) -> list[Reading]:
        """What the projects of one build system say: its tool's answer where that has images, else their own words."""
        told = [(path, answers.get(path, NOTHING)) for path in projects.get(kind.name, ())]
        return [answer if answer.images else self._reading(path, kind.read) for path, answer in told]

    def _databases(self, build_files: Iterable[str]) -> list[Reading]:
        """The compile_commands.json files, each once: the one at the root is often a link to that of a build folder."""
        by_place: dict[str, str] = {}
        for path in build_files:
            if os.path.basename(path) == DATABASE:
                known = by_place.setdefault(os.path.realpath(path), path)
                by_place[os.path.realpath(path)] = min(known, path, key=len)
        return [self._reading(path, read_database) for path in by_place.values()]

    def _reading(self, path: str, read: Reader) -> Reading:
        known = self._readings.get(path)
        if known is None or known[0] != _stamps(known[1]):
            reading = read(path)
            if path not in reading.files:
                reading = replace(reading, files=(path, *reading.files))
            known = self._readings[path] = _stamps(reading), reading
        return known[1]

    def _names_of(self, buffers: Mapping[str, tuple[str, ...]]) -> Callable[[str], tuple[str, ...]]:
        known: dict[str, tuple[str, ...]] = dict(buffers)

        def names_of(path: str) -> tuple[str, ...]:
            if path not in known:
                known[path] = self._includes(path)
            return known[path]

        return names_of

    def _includes(self, path: str) -> tuple[str, ...]:
        stamp = _stamp(path)
        known = self._written.get(path)
        if known is None or known[0] != stamp:
            known = self._written[path] = stamp, _written(path, stamp)
        return known[1]


def _images(readings: Iterable[Reading]) -> tuple[Image, ...]:
    return tuple(image for reading in readings for image in reading.images)


def _findings(readings: Iterable[Reading]) -> Iterable[Finding]:
    """What is wrong in project files; of one whose words were partly guessed at, what is missing may be the guess."""
    for reading in readings:
        if not reading.images or any(image.declared or image.kind == RECIPE for image in reading.images):
            yield from reading.findings


def _unusable(readings: Iterable[Reading], answers: Iterable[tuple[str, Reading]]) -> Iterable[Unusable]:
    """What belongs to no image that can be checked, and why: of a tool that was asked in vain, what it said."""
    for image in _images(readings):
        if not _is_usable(image):
            yield image.origin, image.root, image.guessed
    for path, answer in answers:
        if not answer.images:
            said = tuple(f"{finding.message} ({finding.path})." for finding in answer.findings)
            yield path, os.path.dirname(path), said


def _is_usable(image: Image) -> bool:
    """Whether it is known for which core an image is compiled, or at least with exactly which flags."""
    return image.declared or image.kind == RECIPE or any(names_core(unit.flags) for unit in image.units)


def _written(path: str, stamp: Stamp | None) -> tuple[str, ...]:
    if stamp is None or stamp[1] > HUGE_BYTES:
        return ()
    try:
        with open(path, "rb") as file:
            return written_in(file.read())
    except OSError:
        return ()


def _stamps(reading: Reading) -> tuple[Stamp | None, ...]:
    return tuple(_stamp(path) for path in reading.files)


def _stamp(path: str) -> Stamp | None:
    try:
        stat = os.stat(path)
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size
