"""A source file that defines an undefined symbol, added to the recipe in signoff.toml: an edit of another file."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from signoff.diagnostics.fixes.candidate import Elsewhere, FixCandidate
from signoff.diagnostics.fixes.mcu.ground import Ground
from signoff.diagnostics.fixes.mcu.names import UNDECLARED, UNDEFINED
from signoff.verifiers.hdl.manifest_tables import GLOB
from signoff.verifiers.mcu.build.recipe import KIND, SECTION, read_recipe
from signoff.verifiers.mcu.facts import LINK
from signoff.verifiers.project import Image
from signoff.verifiers.slips import near
from signoff.verifiers.text import Edit, LineIndex, apply_edits

RULE = "recipe_sources"
TABLE = re.compile(rf"^[ \t]*\[\[[ \t]*{SECTION}[ \t]*\]\]", re.MULTILINE)
ANY_TABLE = re.compile(r"^[ \t]*\[", re.MULTILINE)
SOURCES = re.compile(r"^[ \t]*sources[ \t]*=[ \t]*\[", re.MULTILINE)
# What an array of strings is made of.
PIECE = re.compile(r"\"(?:\\.|[^\"\\\n])*\"|'[^'\n]*'|#[^\n]*|\]")
# The comma that ends an array of one element a line, and the comment behind it.
LAST_WITH_COMMA = re.compile(r"[ \t]*,[ \t]*(?:#[^\r\n]*)?(?=\r?\n)")


def propose(ground: Ground) -> Iterator[FixCandidate]:
    """Add the source to `sources` of the image's recipe."""
    image = ground.project.image
    source = _source(ground)
    if image is None or image.kind != KIND or not source or not Path(source).is_file():
        return
    text = _text(ground, image.origin)
    edit, wrong = _added(text, image, source)
    if edit is None:
        return
    after = _image_after(image, apply_edits(text, [edit]))
    then = [unit.source for unit in after.units] if after is not None else []
    kept = [one for one in then if one != source] if wrong else then[:-1]
    if after is None or source not in then or kept != [unit.source for unit in image.units]:
        return
    shown, recipe = _shown(image, source), Path(image.origin).name
    title = f"Add {shown} to the sources in {recipe}" if not wrong else f"Write {shown} for {wrong} in {recipe}"
    made = ground.candidate(title, [edit], RULE, (wrong,) if wrong else (), links=(ground.data.get("name", ""),))
    yield replace(made, elsewhere=Elsewhere(image.origin, text), project=replace(ground.project, image=after))


def _shown(image: Image, source: str) -> str:
    return os.path.relpath(source, Path(image.origin).parent).replace(os.sep, "/")


def _source(ground: Ground) -> str:
    """The file that defines the name, as the linker's finding has it."""
    if ground.finding.code == UNDEFINED:
        return ground.data.get("source", "") if "define" not in ground.data else ""
    outcome = ground.known.get(LINK)
    if ground.finding.code != UNDECLARED or outcome is None or not outcome.ran:
        return ""
    found = (dict(one.data) for one in outcome.findings if one.code == UNDEFINED and one.span == ground.finding.span)
    return next((one.get("source", "") for one in found if "define" not in one), "")


def _text(ground: Ground, path: str) -> str:
    """The recipe as the fixes before this one left it, else as it is on disk: the project was read from there."""
    edited = next((one.text for one in ground.project.buffers if one.path == path), None)
    if edited is not None:
        return edited
    try:
        return Path(path).read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _image_after(image: Image, text: str) -> Image | None:
    reading = read_recipe(image.origin, names=(image.name,), text=text)
    return reading.images[0] if len(reading.images) == 1 else None


def _added(text: str, image: Image, source: str) -> tuple[Edit | None, str]:
    """The source as an element of the array, and the element whose place it takes.

    It stands in the place of a file that is not there and has nearly its name, else it comes last ("" then). No edit
    where the recipe is not written the usual way.
    """
    table = _table(text, image)
    opening = SOURCES.search(text, *table) if table else None
    elements = list(_elements(text, opening.end())) if opening is not None else []
    name = _shown(image, source)
    if not elements or '"' in name or "\\" in name:
        return None, ""
    for one in elements:
        wrong = one[0][1:-1]
        if _is_misspelt(wrong, name, Path(image.origin).parent):
            return Edit(LineIndex(text).span(one.start() + 1, one.end() - 1), name), wrong
    return _element(text, elements[-1], name), ""


def _elements(text: str, start: int) -> Iterator[re.Match[str]]:
    """The strings of an array that is closed."""
    found: list[re.Match[str]] = []
    while (piece := PIECE.search(text, start)) is not None and piece[0] != "]":
        found += [piece] if piece[0][0] != "#" else []
        start = piece.end()
    yield from found if piece is not None else ()


def _is_misspelt(wrong: str, name: str, folder: Path) -> bool:
    """Whether an element names no file, and is a slip of a source's name."""
    return not GLOB.search(wrong) and not (folder / wrong).exists() and bool(near(wrong, [name]))


def _element(text: str, last: re.Match[str], name: str) -> Edit:
    """A new last element: on a line of its own where the last one has that, behind what follows it there."""
    indent = text[text.rfind("\n", 0, last.start()) + 1 : last.start()]
    newline = "\r\n" if "\r\n" in text else "\n"
    place, new = last.end(), f', "{name}"'
    if not indent.strip() and (closed := LAST_WITH_COMMA.match(text, last.end())) is not None:
        place, new = closed.end(), f'{newline}{indent}"{name}",'
    elif not indent.strip():
        new = f',{newline}{indent}"{name}"'
    return Edit(LineIndex(text).span(place, place), new)


def _table(text: str, image: Image) -> tuple[int, int] | None:
    """Where the image's table stands: the one whose name, by the recipe's own reader, is the image's."""
    names = [one.name for one in read_recipe(image.origin, text=text).images]
    heads = list(TABLE.finditer(text))
    if len(names) != len(heads) or names.count(image.name) != 1:
        return None
    start = heads[names.index(image.name)].end()
    following = ANY_TABLE.search(text, start)
    # `[` also begins a line of an array.
    while following is not None and not re.match(
        r"[ \t]*\[\[?[\w.\" -]+\]\]?[ \t]*(?:#.*)?$", _line(text, following.start())
    ):
        following = ANY_TABLE.search(text, following.end())
    return start, following.start() if following else len(text)


def _line(text: str, start: int) -> str:
    end = text.find("\n", start)
    return text[start : end if end >= 0 else len(text)].rstrip("\r")
