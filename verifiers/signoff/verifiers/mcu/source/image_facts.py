"""All units of an image, read once and kept: what has changed is read again, and no more."""

from __future__ import annotations

import time
from collections import OrderedDict
from functools import lru_cache
from pathlib import PurePath

from signoff.verifiers.mcu.source.facts import ImageFacts, SourceFacts
from signoff.verifiers.mcu.source.reader import SourceReader
from signoff.verifiers.mcu.source.vocabulary import is_library_unit, vocabulary
from signoff.verifiers.project import CompileUnit, Image, Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import unmarked

ASSEMBLER = frozenset((".s", ".asm"))
# Images kept, each in the state in which its checks saw it last.
KEPT = 4


class ImageReader:
    """Reads images. One for a worker process."""

    def __init__(self) -> None:
        self.sources = SourceReader()
        self._kept: OrderedDict[tuple[str, str, str], ImageFacts] = OrderedDict()

    def read(self, snapshot: Snapshot, project: Project, seconds: float) -> ImageFacts | None:
        """The image of a document, its present text in place; units that `seconds` are not enough for are `unread`.

        What was read once is quick the next time, so asking again gets further. None where there is no image.
        """
        if project.image is None or project.unit is None:
            return None
        self.sources.files.begin(_buffers(snapshot, project))
        made = _Reading(self.sources, project.image, time.perf_counter() + seconds)
        made.document(snapshot.path, project.unit)
        for unit in project.image.units:
            made.unit(unit)
        return self._same((project.image.root, project.image.name, snapshot.path), made.result())

    def _same(self, key: tuple[str, str, str], facts: ImageFacts) -> ImageFacts:
        """The facts of the last time where nothing has changed: what was derived from them is kept with them."""
        kept = self._kept.pop(key, None)
        if kept is None or not _alike(kept, facts):
            kept = facts
        self._kept[key] = kept
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return kept


class _Reading:
    """One look at an image."""

    def __init__(self, reader: SourceReader, image: Image, until: float) -> None:
        self.reader = reader
        self.image = image
        self.until = until
        self.sources: dict[str, SourceFacts] = {}
        self.assembler: dict[str, str] = {}
        self.library: dict[str, str] = {}
        self.called_back: list[frozenset[str]] = []
        self.unread: list[str] = []

    def document(self, path: str, unit: CompileUnit) -> None:
        """The document comes first: it is read whatever the time."""
        facts = self.reader.facts(path, unit)
        if facts is not None:
            self.sources[path] = facts
        else:
            self.unread.append(path)

    def unit(self, unit: CompileUnit) -> None:
        """One unit of the image."""
        path = unit.source
        if path in self.sources or path in self.assembler:
            return
        if PurePath(path).suffix.lower() in ASSEMBLER:
            self._assembler(path)
        elif is_library_unit(path):
            self._library(path)
        elif time.perf_counter() > self.until and not self.reader.knows(path):
            self.unread.append(path)
        else:
            self._source(unit)

    def _source(self, unit: CompileUnit) -> None:
        facts = self.reader.facts(unit.source, unit)
        if facts is None:
            self.unread.append(unit.source)
        else:
            self.sources[unit.source] = facts

    def _assembler(self, path: str) -> None:
        data = self.reader.files.data(path, self.reader.files.stamp(path))
        if data is None:
            self.unread.append(path)
        else:
            self.assembler[path] = data.decode("utf-8", "replace")

    def _library(self, path: str) -> None:
        found = self.reader.files.library(path, self.reader.files.stamp(path))
        if found is None:
            self.unread.append(path)
        else:
            self.library.update(dict.fromkeys(found.functions, path))
            self.called_back.append(found.names)

    def scripts(self) -> dict[str, str]:
        """The linker scripts that can be read."""
        files = self.reader.files
        found = {path: files.data(path, files.stamp(path)) for path in self.image.linker_scripts}
        return {path: data.decode("utf-8", "replace") for path, data in found.items() if data is not None}

    def result(self) -> ImageFacts:
        complete = not self.unread and self.image.declared
        return ImageFacts(
            image=self.image,
            sources=self.sources,
            assembler=self.assembler,
            library=self.library,
            complete=complete,
            closed=complete and not self.image.objects and all(map(_known_archive, self.image.libraries)),
            unread=tuple(self.unread),
            scripts=self.scripts(),
            called_back=_joined(tuple(self.called_back)),
        )


@lru_cache(maxsize=8)
def _joined(sets: tuple[frozenset[str], ...]) -> frozenset[str]:
    return frozenset().union(*sets)


def _known_archive(name: str) -> bool:
    return vocabulary().archives.fullmatch(name) is not None


def _buffers(snapshot: Snapshot, project: Project) -> dict[str, bytes]:
    every = {one.path: one.text for one in project.buffers if one.path}
    every[snapshot.path] = snapshot.text
    return {path: unmarked(text).encode("utf-8", "replace") for path, text in every.items()}


def _alike(one: ImageFacts, other: ImageFacts) -> bool:
    return (
        one.sources.keys() == other.sources.keys()
        and all(facts is other.sources[path] for path, facts in one.sources.items())
        and (one.assembler, one.library, one.unread) == (other.assembler, other.library, other.unread)
        and (one.image, one.scripts) == (other.image, other.scripts)
    )
