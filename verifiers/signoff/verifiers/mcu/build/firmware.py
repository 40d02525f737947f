"""What a folder says of its firmware, and the projects of its C files that follow. Plain data and look-ups."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from signoff.verifiers.file_kinds import HEADER_EXTENSIONS
from signoff.verifiers.finding import Finding
from signoff.verifiers.gpu.units.includes import Graph, Includers, distance
from signoff.verifiers.gpu.units.units import Situation
from signoff.verifiers.mcu.build.kinds import Beside
from signoff.verifiers.mcu.build.reading import C_ENDINGS
from signoff.verifiers.mcu.build.sanity import sane
from signoff.verifiers.project import CompileUnit, Image, Project
from signoff.verifiers.settings import McuSettings, VerifierSettings

# Files that are looked at as documents of embedded C. A .h in no image may be anything.
C_FILES = (*C_ENDINGS, *HEADER_EXTENSIONS)
NO_IMAGE = "No firmware image that is known compiles it."
TRUST = " Its tool is asked where you trust the workspace."


# (build file, folder, what is not known) of an image whose flags are not known well enough to compile anything.
Unusable = tuple[str, str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Firmware:
    """All that a folder says of its firmware.

    `read` are the files that said so (their change changes it), `unread` those that may hold more images and were not
    read yet, as a workspace may have a thousand. `names` are those of its headers, without folders. `unusable`
    are those that cannot be checked, `findings` what is wrong in project files.
    """

    images: tuple[Image, ...] = ()
    graph: Graph = field(default_factory=Graph)
    findings: tuple[Finding, ...] = ()
    read: frozenset[str] = frozenset()
    unread: tuple[str, ...] = ()
    names: frozenset[str] = frozenset()
    unusable: tuple[Unusable, ...] = ()

    def known_among(self, names: Iterable[str]) -> tuple[str, ...]:
        """Those of some included names that may be files of the folder: one that is still being typed is none."""
        return tuple(name for name in names if name.replace("\\", "/").rpartition("/")[2] in self.names)


@dataclass(frozen=True, slots=True)
class Place:
    """How a file is compiled: its unit, the image that is in, and why, in words."""

    unit: CompileUnit
    image: Image
    why: str


class Places:
    """Where each file of one folder belongs. Built once for each state of the folder; everything is a look-up."""

    def __init__(self, firmware: Firmware) -> None:
        self.firmware = firmware
        self.beside = Beside.of(firmware.unread)
        self._units: dict[str, tuple[CompileUnit, Image]] = {}
        self._folders: dict[str, str] = {}
        for image in sorted(firmware.images, key=lambda one: not one.declared):
            for unit in image.units:
                self._units.setdefault(unit.source, (unit, image))
                if unit.source.lower().endswith(C_ENDINGS):
                    self._folders.setdefault(os.path.dirname(unit.source), unit.source)
        self._includers = Includers(firmware.graph)
        self._included = {path for paths in firmware.graph.includes.values() for path in paths}

    def compiles(self, path: str) -> bool:
        """Whether an image lists the file."""
        return path in self._units

    def knows(self, path: str) -> bool:
        """Whether an image compiles the file, or a unit includes it."""
        return path in self._units or path in self._included

    def covers(self, path: str) -> bool:
        """The same, or it lies among the files that an image compiles."""
        if self.knows(path):
            return True
        return os.path.dirname(path) in self._folders and path.lower().endswith(C_ENDINGS)

    def place(self, path: str) -> Place | None:
        """How a file is compiled; None where no image has to do with it."""
        if path in self._units:
            unit, image = self._units[path]
            return Place(unit, image, _unit_text(unit, image))
        if path in self._included and (through := self._includers.unit_of(path, self._units.keys())) in self._units:
            unit, image = self._units[through]
            return Place(unit, image, f"Checked as part of {through}, which includes it. {_unit_text(unit, image)}")
        neighbour = self._neighbour(path)
        if neighbour is None:
            return None
        unit, image = neighbour
        why = f"The image {image.name} ({image.origin}) does not list it: it is compiled as {unit.source} beside it is."
        return Place(replace(unit, source=path, declared=False), image, why)

    def _neighbour(self, path: str) -> tuple[CompileUnit, Image] | None:
        """A file of the same folder and language that an image compiles; the one most alike by name."""
        folder = os.path.dirname(path)
        if folder not in self._folders or not path.lower().endswith(C_ENDINGS):
            return None
        ending = os.path.splitext(path)[1]
        beside = [one for one in self._units if os.path.dirname(one) == folder and one.lower().endswith(C_ENDINGS)]
        best = min(beside, key=lambda one: (not one.endswith(ending), distance(one, path)))
        return self._units[best]

    def files(self, unit: CompileUnit) -> tuple[str, ...]:
        """A unit's source and what it includes of the workspace."""
        return (unit.source, *self.firmware.graph.reached(unit.source))


class FirmwareProjects:
    """The projects of firmware's files, for one state of the workspace; each is made when asked for."""

    def __init__(self, folders: Iterable[tuple[str, Places]], situation: Situation) -> None:
        self._folders = sorted(folders, key=lambda pair: -len(pair[0]))
        self._situation = situation
        self._projects: dict[str, Project] = {}
        self._reasons: dict[str, str] = {}
        self._images: dict[tuple[int, McuSettings, str], Image] = {}

    def covers(self, path: str) -> bool:
        """Whether the file gets its project here."""
        places = self._at(path)
        return places is not None and places.covers(path)

    def project(self, path: str) -> Project:
        """The project of a file that covers() names; without unit and image where it turns out to have none."""
        known = self._projects.get(path)
        if known is None:
            known = self._projects[path] = self._make(path)
        return known

    def declared_by(self, path: str) -> tuple[Project, ...]:
        """The projects of the C files of those images that one file (a signoff.toml) declares, one an image."""
        images = [image for _, places in self._folders for image in places.firmware.images if image.origin == path]
        sources = [[unit.source for unit in image.units if unit.source.lower().endswith(C_ENDINGS)] for image in images]
        return tuple(replace(self.project(files[0]), files=tuple(files)) for files in sources if files)

    def described_by(self, path: str) -> str:
        """The SVD file that the user's settings name for what a path stands for; "" where they name none."""
        return self._situation.at(path).mcu.svd

    def describe(self, path: str) -> str:
        """What was understood of how a file is compiled and what was guessed, in a few sentences."""
        project = self.project(path)
        return f"{self._reasons[path]} {image_text(project.image)}".strip() if project.image else self._reasons[path]

    def why_not(self, path: str) -> str:
        """Why a C file that covers() does not name belongs to no image, in a sentence or two."""
        places = self._at(path)
        known = places.firmware if places is not None else Firmware()
        beside = [one for one in known.unusable if path.startswith(one[1].rstrip(os.sep) + os.sep)]
        if not beside:
            return NO_IMAGE
        origin, _, guessed = max(beside, key=lambda one: len(one[1]))
        ask = "" if self._situation.trusted else TRUST
        return f"{origin} does not tell how it is compiled. {' '.join(guessed)}{ask}"

    def _at(self, path: str) -> Places | None:
        """The folder of the workspace that a file is in; of one outside of all, one whose images compile it."""
        inside = (places for folder, places in self._folders if path.startswith(folder.rstrip(os.sep) + os.sep))
        return next(inside, None) or next((places for _, places in self._folders if places.compiles(path)), None)

    def _make(self, path: str) -> Project:
        settings, root = sane(self._situation.at(path)), self._situation.root_of(path)
        project = Project(root, os.path.basename(path), trusted=self._situation.trusted, settings=settings)
        places = self._at(path)
        place = places.place(path) if places is not None else None
        if places is None or place is None:
            self._reasons[path] = NO_IMAGE
            return replace(project, files=(path,))
        self._reasons[path] = place.why
        files = places.files(place.unit)
        # A new file is in no graph yet; a header's unit stands first.
        return replace(
            project,
            origin=place.image.origin,
            files=tuple(dict.fromkeys((path, *files))),
            headers=tuple(dict.fromkeys((*((path,) if place.unit.source != path else ()), *files[1:]))),
            unit=with_settings(place.unit, settings, root),
            image=self._image(place.image, settings, root),
        )

    def _image(self, image: Image, settings: VerifierSettings, root: str) -> Image:
        """The image with the user's settings in it; one object for all its files."""
        key = (id(image), settings.mcu, root)
        if key not in self._images:
            units = tuple(with_settings(unit, settings, root) for unit in image.units)
            self._images[key] = replace(image, units=units) if units != image.units else image
        return self._images[key]


def with_settings(unit: CompileUnit, settings: VerifierSettings, root: str) -> CompileUnit:
    """The unit with the user's include folders, macros and options after its own."""
    mcu = settings.mcu
    if not (mcu.include_dirs or mcu.defines or mcu.arguments):
        return unit
    folders = (os.path.normpath(os.path.join(root, os.path.expanduser(one))) for one in mcu.include_dirs)
    return replace(
        unit,
        include_dirs=tuple(dict.fromkeys((*unit.include_dirs, *folders))),
        defines=tuple(dict.fromkeys((*unit.defines, *mcu.defines))),
        flags=(*unit.flags, *mcu.arguments),
    )


def _unit_text(unit: CompileUnit, image: Image) -> str:
    said = "as" if unit.declared else "as far as"
    return f"Compiled {said} {unit.origin or image.origin} says, for the image {image.name} ({image.kind})."


def image_text(image: Image) -> str:
    """What is known of an image, and what of it was guessed."""
    scripts = ", ".join(image.linker_scripts)
    linked = f"Linked by {scripts}." if scripts else "No linker script is known."
    part = f"The part is {image.part} ({image.part_origin})." if image.part else "No part is named."
    files = "1 file" if len(image.units) == 1 else f"{len(image.units)} files"
    return " ".join((f"It has {files}.", linked, part, *image.guessed))
