"""What the workspace says of firmware, kept up to date: the part of workspace.py that knows of images."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace

from signoff.verifiers.file_kinds import DATABASE, MANIFEST, is_build_file, is_unit_file
from signoff.verifiers.finding import Finding
from signoff.verifiers.gpu.units.units import Situation
from signoff.verifiers.mcu.build import asking, kinds
from signoff.verifiers.mcu.build.firmware import C_FILES, NO_IMAGE, Firmware, FirmwareProjects, Places
from signoff.verifiers.mcu.build.parts_named import UNKNOWN
from signoff.verifiers.mcu.build.reader import Request
from signoff.verifiers.mcu.build.reading import Reading, is_source
from signoff.verifiers.project import Image, Project
from signoff.verifiers.snapshot import Snapshot

READ_SECONDS = 120.0
TEXT_SECONDS = 10.0
UNASKED = (
    "What {} says is only asked of its tool where you trust the workspace; or build it once so that it is recorded."
)
# Images of these are told in full, link and all, by the build's own tool; the others say all they know themselves.
ASKED_KINDS = frozenset({DATABASE, "Makefile", "CMake", "PlatformIO"})

# Calls a method of the workspace's engine: (method, arguments..., timeout in seconds).
Call = Callable[..., Awaitable[object]]


class McuModel:
    """The firmware images of each folder, and the projects of their files. Use within one event loop."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._places: dict[str, Places] = {}
        self._buffers: dict[str, tuple[str, ...]] = {}
        self._asked: dict[str, frozenset[str]] = {}
        self._asking: set[str] = set()
        # Files of which no further build can tell, and what could where it were to be asked.
        self._exhausted: set[str] = set()
        self._unasked: dict[str, str] = {}
        self._answers: dict[str, dict[str, Reading]] = {}
        self._projects: FirmwareProjects | None = None

    def rebuild(self, folders: Iterable[str], situation: Situation) -> None:
        """Make the projects anew, for these folders."""
        known = [folder for folder in folders if folder in self._places]
        self._places = {folder: self._places[folder] for folder in known}
        self._projects = FirmwareProjects(self._places.items(), situation)

    def covers(self, path: str) -> bool:
        """Whether the file is firmware's: a unit of an image, a header that one includes, or a new file among them."""
        return bool(self._places) and self._made.covers(path)

    def project(self, path: str) -> Project:
        """The project of a file that covers() names."""
        return self._made.project(path)

    def describe(self, path: str) -> str:
        """What was understood and what was guessed."""
        return self._made.describe(path)

    def declared_by(self, path: str) -> tuple[Project, ...]:
        """The projects, one an image, that a file declares; their files are the image's C files."""
        return self._made.declared_by(path) if self._places else ()

    def why_not(self, path: str) -> str:
        """Why a C file belongs to no image."""
        build = self._unasked.get(path, "")
        if build and build not in self._asking:
            return f"{NO_IMAGE} {UNASKED.format(build)}"
        return self._made.why_not(path)

    def problems(self) -> tuple[Finding, ...]:
        """What is wrong in the files that declare images."""
        found = dict.fromkeys(finding for one in self._places.values() for finding in one.firmware.findings)
        return tuple(one for one in found if one.code != UNKNOWN or not self._made.described_by(one.path))

    def images(self) -> tuple[Image, ...]:
        """Every image that is known."""
        return tuple(image for one in self._places.values() for image in one.firmware.images)

    @property
    def _made(self) -> FirmwareProjects:
        assert self._projects is not None
        return self._projects

    async def read(self, folder: str, recursive: bool, limit: int) -> bool:
        """Learn what a folder says; it has been surveyed. True where that is news."""
        self._exhausted.clear()
        return self._take(folder, await self._ask("firmware", folder, (recursive, limit)))

    async def changed(self, folder: str, paths: Iterable[str], recursive: bool, limit: int) -> bool:
        """Files of a folder were written, made, deleted or edited; True where that changes how one is compiled."""
        concerned = [path for path in paths if self._concerns(folder, path)]
        if not concerned:
            return False
        if not all(is_unit_file(path) for path in concerned):
            self._exhausted.clear()
        found = await self._ask("firmware_changed", folder, (recursive, limit), concerned)
        return self._take(folder, found)

    async def find(self, folder: str, path: str, recursive: bool, limit: int) -> bool:
        """Read those projects of a large collection that may compile a file or lie below a folder; True where that
        found something.
        """
        found = False
        if not path.lower().endswith(C_FILES):
            return await self._read_below(folder, path, recursive, limit)
        for _ in range(kinds.TRIES):
            places = self._places.get(folder)
            more = () if places is None or places.knows(path) else places.beside.next_for(path, self._tried(folder))
            if not more:
                break
            self._asked[folder] = self._tried(folder) | set(more)
            found = self._take(folder, await self._ask("firmware", folder, (recursive, limit))) or found
        return found

    async def _read_below(self, folder: str, path: str, recursive: bool, limit: int) -> bool:
        places = self._places.get(folder)
        more = places.beside.below(path) if places is not None else ()
        if not more:
            return False
        self._asked[folder] = self._tried(folder) | set(more)
        return self._take(folder, await self._ask("firmware", folder, (recursive, limit)))

    async def next_build(self, folder: str, path: str, recursive: bool, limit: int) -> str:
        """The project file whose tool to ask next about a file or folder; "" where none is left or enough is known."""
        places = self._places.get(folder)
        place = places.place(path) if places is not None else None
        if path in self._exhausted or (place is not None and not self._may_say_more(folder, place.image)):
            return ""
        found = await self._call("askable", folder, recursive, limit, path, timeout=READ_SECONDS)
        assert isinstance(found, tuple)
        build = next((one for one in found if one not in self._asking), "")
        if not build:
            self._exhausted.add(path)
        return build

    def note_unasked(self, path: str, build: str) -> None:
        """A build's tool could tell of a file, and is not asked as the workspace is not trusted: say so."""
        self._unasked[path] = build

    def _may_say_more(self, folder: str, image: Image) -> bool:
        told = image.link_declared or image.origin in self._answers.get(folder, {})
        return image.kind in ASKED_KINDS and not told

    async def ask(self, build: str, folder: str) -> None:
        """Ask a build's tool for its commands: only in a trusted workspace. read() then takes the answer."""
        self._asking.add(build)
        answer = await asking.ask(build, folder)
        self._answers.setdefault(folder, {})[build] = answer
        self._asked[folder] = self._tried(folder) | {build}

    def stale(self, folder: str, paths: Iterable[str]) -> tuple[str, ...]:
        """The builds that were asked and that these changed files may change: the old answer counts until a new one."""
        answers = self._answers.get(folder, {})
        paths = list(paths)
        return tuple(build for build, answer in answers.items() if any(_may_change(answer, one) for one in paths))

    def _tried(self, folder: str) -> frozenset[str]:
        return self._asked.get(folder, frozenset())

    async def edited(self, folder: str, snapshot: Snapshot, recursive: bool, limit: int) -> bool:
        """A document was opened or edited; True where that changes how something is compiled."""
        path = _normal(snapshot.path)
        if folder not in self._places or not path.lower().endswith(C_FILES):
            return False
        return await self.find(folder, path, recursive, limit) | await self._included(
            folder, path, snapshot, recursive, limit
        )

    async def _included(self, folder: str, path: str, snapshot: Snapshot, recursive: bool, limit: int) -> bool:
        """Whether a document includes other files of the workspace than before."""
        if not self._places[folder].firmware.images:
            return False
        written = await self._call("written", snapshot.text, timeout=TEXT_SECONDS)
        assert isinstance(written, tuple)
        names = self._places[folder].firmware.known_among(written)
        before = self._buffers.get(path)
        self._buffers[path] = names
        return before != names and await self.changed(folder, (path,), recursive, limit)

    def closed(self, path: str) -> bool:
        """A document was closed, so its file counts again; True where it was known to be open."""
        return self._buffers.pop(path, None) is not None

    def forget(self, folder: str) -> None:
        """A folder holds no C any more."""
        self._places.pop(folder, None)

    def _concerns(self, folder: str, path: str) -> bool:
        known = self._places.get(folder)
        if is_build_file(path) or os.path.basename(path) == MANIFEST:
            return True
        return known is not None and (
            path in known.firmware.read or (is_unit_file(path) and bool(known.firmware.images))
        )

    async def _ask(self, method: str, folder: str, walk: tuple[bool, int], *more: object) -> Firmware:
        answers = tuple(self._answers.get(folder, {}).items())
        request = Request(self._buffers, self._tried(folder), answers)
        found = await self._call(method, folder, *walk, request, *more, timeout=READ_SECONDS)
        assert isinstance(found, Firmware)
        return found

    def _take(self, folder: str, found: Firmware) -> bool:
        known = self._places.get(folder)
        before = known.firmware if known is not None else Firmware()
        if before == found:
            return False
        # The same objects, so that projects are quickly seen to be the same.
        same = {image.origin + image.name: image for image in before.images}
        images = tuple(old if (old := same.get(one.origin + one.name, one)) == one else one for one in found.images)
        self._places[folder] = Places(replace(found, images=images))
        return True


def _normal(path: str) -> str:
    return os.path.normpath(path)


def _may_change(answer: Reading, path: str) -> bool:
    """Whether a changed file may change what a build's tool answers: its own files, or a source that came or went."""
    if path in answer.files:
        return True
    if not is_source(path):
        return False
    listed = any(unit.source == path for image in answer.images for unit in image.units)
    return listed != os.path.isfile(path) and any(path.startswith(image.root + os.sep) for image in answer.images)
