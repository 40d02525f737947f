"""IAR Embedded Workbench projects (.ewp): the first configuration's files, macros and include folders, as a guess."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from signoff.verifiers.mcu.build.foreign import ForeignProject, image_of
from signoff.verifiers.mcu.build.reading import Reading, Unreadable, absolute, chosen, problem, read_text, unreadable
from signoff.verifiers.mcu.build.xml_tree import BrokenXml, Node, parse_xml

KIND = "IAR"


def read_iar(path: str, *, names: Sequence[str] = ()) -> Reading:
    """The image of an .ewp. Nothing is run; never raises."""
    path = os.path.abspath(path)
    try:
        root = parse_xml(read_text(path))
    except Unreadable as error:
        return Reading(findings=(unreadable(path, "IarUnreadable", error),), files=(path,))
    except BrokenXml as error:
        what = f"{os.path.basename(path)} {error}."
        return Reading(findings=(problem(path, "IarSyntax", what, error.span),), files=(path,))
    configurations = root.path("configuration")
    image = image_of(_project(path, root, configurations[0])) if configurations else None
    return chosen(Reading((image,) if image else (), (), (path,)), names)


def _project(path: str, root: Node, configuration: Node) -> ForeignProject:
    folder = os.path.dirname(path)
    chip = next(iter(_states(configuration, "General", "OGChipSelectEditMenu")), "")
    includes = _states(configuration, "ICCARM", "CCIncludePath2")
    return ForeignProject(
        name=os.path.splitext(os.path.basename(path))[0],
        path=path,
        kind=KIND,
        part=chip.split("\t")[0].strip(),
        sources=tuple(_sources(root, folder, configuration.words("name"))),
        include_dirs=tuple(_path(folder, one) for one in includes if one),
        defines=tuple(one for one in _states(configuration, "ICCARM", "CCDefines") if one),
    )


def _states(configuration: Node, tool: str, option: str) -> list[str]:
    """The values of one option of one tool."""
    settings = (one for one in configuration.path("settings") if one.words("name") == tool)
    options = (one for setting in settings for one in setting.path("data", "option") if one.words("name") == option)
    return [state.text.strip() for one in options for state in one.path("state")]


def _sources(root: Node, folder: str, configuration: str) -> Iterator[str]:
    for file in root.all("file"):
        excluded = {node.text.strip() for node in file.path("excluded", "configuration")}
        written = file.words("name")
        if written and configuration not in excluded:
            yield _path(folder, written)


def _path(folder: str, written: str) -> str:
    return absolute(folder, written.replace("$PROJ_DIR$", folder))
