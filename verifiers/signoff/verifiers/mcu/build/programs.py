"""Which of several builds' words on the same program counts: one image a program, the most trustworthy build's."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from signoff.verifiers.mcu.build.reading import C_ENDINGS, Unreadable, read_bytes
from signoff.verifiers.project import Image

# Builds that an IDE keeps, and may keep long after another build has taken over.
OF_IDES = frozenset({"STM32CubeIDE", "EIDE", "Keil", "IAR"})
# A project's sources lie in its folder or so many below.
SOURCES_BELOW = 2
SOURCE_LIMIT = 2 * 1024 * 1024
# A definition at the start of a line: calls are indented, a prototype ends in ";".
_MAIN = re.compile(rb"^(?:[A-Za-z_][^\n;{}#=]*[ \t*)])?main[ \t]*\([^;{}()]*\)\s*[{/_A-Za-z]", re.MULTILINE)


def has_main(source: str) -> bool:
    """Whether a source seems to define main()."""
    try:
        return _MAIN.search(read_bytes(source, SOURCE_LIMIT)) is not None
    except Unreadable:
        return False


def merged(ranked: Iterable[tuple[Image, ...]]) -> tuple[Image, ...]:
    """The images of several builds, the most trustworthy build first; a program that one has told of is told once.

    What a later build says of the link of such a program is taken over where the earlier one says nothing of it.
    """
    chosen: list[Image] = []
    sources: dict[int, frozenset[str]] = {}
    mains: dict[str, bool] = {}
    for images in ranked:
        known = list(chosen)
        for image in images:
            same = next((one for one in known if _is_same(one, image, sources, mains)), None)
            if same is None:
                chosen.append(image)
            elif not _links(same) and _links(image):
                place = next(at for at, one in enumerate(chosen) if one.origin == same.origin and one.name == same.name)
                chosen[place] = known[known.index(same)] = _with_link(same, image)
    return tuple(chosen)


def doubted(image: Image, lists: Iterable[str]) -> Image:
    """An IDE's image, with its link as a guess where a CMakeLists.txt lies by its sources.

    `lists` are the folders that have one. CMake has not told what it builds there; then either may be what is used,
    and the other was once generated, and left behind.
    """
    if image.kind not in OF_IDES or not image.link_declared:
        return image
    known = frozenset(lists)
    mains = (unit.source for unit in image.units if has_main(unit.source)) if known else ()
    beside = (folder for main in mains for folder in _above(os.path.dirname(main)) if folder in known)
    found = next(beside, "")
    if not found:
        return image
    why = f"{os.path.join(found, 'CMakeLists.txt')} may build these sources, too, with others."
    return replace(image, link_declared=False, guessed=(*image.guessed, why))


def _above(folder: str) -> Iterator[str]:
    """A folder and those above it, as far up as a project of its sources lies."""
    for _ in range(SOURCES_BELOW + 1):
        yield folder
        folder = os.path.dirname(folder)


def _links(image: Image) -> bool:
    return bool(image.linker_scripts) or image.link_declared


def _is_same(known: Image, image: Image, sources: dict[int, frozenset[str]], mains: dict[str, bool]) -> bool:
    """Whether two images are one program: the same file has main(), or one image's files are mostly the other's.

    `sources` and `mains` keep what is looked up: examples by the hundred share a vendor's library.
    """
    theirs = sources.get(id(known.units))
    if theirs is None:
        theirs = sources[id(known.units)] = frozenset(unit.source for unit in known.units)
    own = [unit.source for unit in image.units if unit.source.lower().endswith(C_ENDINGS)]
    common = sum(source in theirs for source in own)
    if not common:
        return False
    for source in own:
        if source not in mains:
            mains[source] = has_main(source)
    having = [source for source in own if mains[source]]
    return any(source in theirs for source in having) if having else 2 * common > len(own)


def _with_link(image: Image, told: Image) -> Image:
    """An image linked as another build of the same program says."""
    return replace(
        image,
        link_declared=told.link_declared,
        linker_scripts=told.linker_scripts,
        link_flags=told.link_flags,
        libraries=told.libraries,
        library_dirs=told.library_dirs,
        objects=told.objects,
        archives=told.archives,
        part=image.part or told.part,
        part_origin=image.part_origin or told.part_origin,
        svd=image.svd or told.svd,
        guessed=(*image.guessed, f"How it is linked is taken from {told.origin}."),
    )
