"""Keil MDK projects (.uvprojx): the first target's files, macros and include folders, as a guess. Nothing is run."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence

from signoff.verifiers.mcu.build.foreign import ForeignProject, image_of
from signoff.verifiers.mcu.build.reading import Reading, Unreadable, absolute, chosen, problem, read_text, unreadable
from signoff.verifiers.mcu.build.xml_tree import BrokenXml, Node, parse_xml

KIND = "Keil"
_OPTIONS = ("TargetOption", "TargetArmAds", "Cads", "VariousControls")


def read_keil(path: str, *, names: Sequence[str] = ()) -> Reading:
    """The image of a .uvprojx. Never raises."""
    path = os.path.abspath(path)
    try:
        root = parse_xml(read_text(path))
    except Unreadable as error:
        return Reading(findings=(unreadable(path, "KeilUnreadable", error),), files=(path,))
    except BrokenXml as error:
        what = f"{os.path.basename(path)} {error}."
        return Reading(findings=(problem(path, "KeilSyntax", what, error.span),), files=(path,))
    targets = root.path("Targets", "Target")
    image = image_of(_project(path, targets[0])) if targets else None
    return chosen(Reading((image,) if image else (), (), (path,)), names)


def _project(path: str, target: Node) -> ForeignProject:
    folder = os.path.dirname(path)
    device = target.words("TargetOption", "TargetCommonOption", "Device")
    includes = target.words(*_OPTIONS, "IncludePath").split(";")
    defines = re.split(r"[,\s]+", target.words(*_OPTIONS, "Define").strip())
    return ForeignProject(
        name=os.path.splitext(os.path.basename(path))[0],
        path=path,
        kind=KIND,
        part=device,
        sources=tuple(_sources(folder, target)),
        include_dirs=tuple(absolute(folder, one.strip()) for one in includes if one.strip()),
        defines=tuple(one for one in defines if one),
    )


def _sources(folder: str, target: Node) -> Iterator[str]:
    for group in target.path("Groups", "Group"):
        if group.words("GroupOption", "CommonProperty", "IncludeInBuild") == "0":
            continue
        for file in group.path("Files", "File"):
            written = file.words("FilePath")
            if written and file.words("FileOption", "CommonProperty", "IncludeInBuild") != "0":
                yield absolute(folder, written)
