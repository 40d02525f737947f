"""The linker's complaints as findings: where the user can mend them, with what else explains them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from functools import partial

from signoff.verifiers.finding import Category, Finding, Related, Severity, Span
from signoff.verifiers.mcu.build.linker_script import parse_script
from signoff.verifiers.mcu.facts import RegionUse
from signoff.verifiers.mcu.link import link_map, names
from signoff.verifiers.mcu.link.ld_messages import Complaint, Kind, Spot
from signoff.verifiers.mcu.link.memory import STRINGS, Contributor, contributors
from signoff.verifiers.mcu.link.scene import LinkScene, finding, in_build_file, in_script, word_span

MULTIPLE, OVERFLOW, SCRIPT, ENTRY = "MultipleDefinition", "RegionOverflow", "LinkerScript", "NoEntryPoint"
VECTORS, LIBRARY, FAILED = "VectorTableDiscarded", "MissingLibrary", "LinkFailed"
# A name so near to where ld sees it: it counts a statement's line from the token before.
NEAR_LINES = 3
# What the start files call the entry point where nobody names one.
DEFAULT_ENTRY = "_start"
# The kind of an image that the user has declared to us alone: no build makes what it names.
RECIPE = "signoff.toml"
CUBE_IDE = "STM32CubeIDE"
# What makes the files of a build, by its kind.
RUN = {"Makefile": "make", "CMake": "cmake --build", "PlatformIO": "pio run"}
MADE = ": where the build makes it, run {} once"


def findings(complaints: Sequence[Complaint], scene: LinkScene, regions: Sequence[RegionUse]) -> tuple[Finding, ...]:
    """The findings of all complaints but undefined references. Where the link is guessed, of missing scripts alone."""
    if not scene.image.link_declared:
        absent = (_script_missing(one, scene) for one in complaints if one.kind is Kind.SCRIPT_MISSING)
        return tuple(one for one in absent if one is not None)
    found = [*_multiple([one for one in complaints if one.kind is Kind.MULTIPLE], scene)]
    for one in complaints:
        made = _one(one, scene, regions)
        if made is not None:
            found.append(made)
    if any(one.severity is Severity.ERROR for one in found) or not any(one.fatal for one in complaints):
        # What else failed follows from what has a place.
        return tuple(dict.fromkeys(found))
    others = [one for one in complaints if one.kind is Kind.OTHER]
    return tuple(dict.fromkeys((*found, *(_failed(one, scene) for one in others))))


def _one(one: Complaint, scene: LinkScene, regions: Sequence[RegionUse]) -> Finding | None:
    if one.kind is Kind.OVERFLOW:
        return _overflow(one, scene, regions)
    if one.kind in (Kind.SCRIPT, Kind.SCRIPT_SYMBOL, Kind.REGION_UNKNOWN):
        return _script(one, scene)
    if one.kind is Kind.SCRIPT_MISSING:
        return _script_missing(one, scene)
    if one.kind is Kind.LIBRARY:
        return _missing(one.name.removeprefix("-l"), LIBRARY, f"The linker cannot find {one.name}", scene)
    return _entry(one, scene) if one.kind is Kind.ENTRY else None


def _script_missing(one: Complaint, scene: LinkScene) -> Finding | None:
    """A linker script that the build or another script names: where it is named."""
    path = scene.linked.scripts.get(one.name, one.name)
    included = in_script(scene, rf"^[ \t]*INCLUDE[ \t]+(\"?{re.escape(one.name)}\"?)(?![^\s;])")
    if included is not None:
        message = f"{one.name} is not there: neither beside the script nor in a folder that the build names with -L."
        return finding(included, SCRIPT, message, category=Category.MEMORY_REGION, data=(("name", one.name),))
    if scene.image.kind == CUBE_IDE:
        # Its reader has told at the place itself.
        return None
    return _missing(path, SCRIPT, f"The linker script {scene.shown(path)} is not there", scene)


def _missing(name: str, code: str, what: str, scene: LinkScene) -> Finding:
    """A file of the build's that is not there: where the build itself may make it, that is no fault of the code."""
    folders = (*scene.image.library_dirs, os.path.dirname(name))
    made = scene.image.kind != RECIPE and any(map(scene.inside, folders))
    severity = Severity.INFORMATION if made else Severity.ERROR
    message = f"{what}{MADE.format(RUN.get(scene.image.kind, 'the build')) if made else ''}."
    # As it is written, which is most often from the build file's own folder.
    whole = in_build_file(scene, os.path.relpath(name, os.path.dirname(scene.image.origin)).replace(os.sep, "/"))
    place = whole if whole[1] != Span(0, 0, 0, 0) else in_build_file(scene, os.path.basename(name))
    return finding(place, code, message, severity=severity, data=(("name", name),))


def _multiple(complaints: Iterable[Complaint], scene: LinkScene) -> Iterable[Finding]:
    """One finding a symbol, at the later definition, or at the user's own where the other is a vendor's."""
    grouped: dict[str, list[Complaint]] = {}
    for one in complaints:
        grouped.setdefault(one.name, []).append(one)
    for name, ones in grouped.items():
        places = [_defined_at(name, spot, scene) for spot in (*(one.spot for one in ones), ones[0].first)]
        places.sort(key=lambda at: not scene.own(at[0]))
        first, *others = dict.fromkeys(places)
        related = tuple(Related(*at, f"'{name}' is defined here, too") for at in others)
        where = f" in {scene.shown(others[0][0])}" if others and others[0][0] != first[0] else ""
        message = (
            f"'{name}' is defined more than once: also{where}." if where else f"'{name}' is defined more than once."
        )
        yield finding(first, MULTIPLE, message, related=related, data=(("name", name),))


def _defined_at(name: str, spot: Spot, scene: LinkScene) -> tuple[str, Span]:
    unit = scene.unit(spot.object)
    if spot.line > 0 and os.path.isfile(spot.path):
        path = os.path.normpath(spot.path)
        # ld has the line of the function's first code, which need not be that of its name.
        told = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", scene.lines(path, spot.line - 1)) is not None
        other = None if told else definition(name, path, scene)
        return other or (path, word_span(scene, path, spot.line - 1, name))
    path = unit.source if unit is not None else ""
    if not path:
        return in_build_file(scene, os.path.basename(spot.object))
    return definition(name, path, scene) or (path, Span(0, 0, 0, 0))


def definition(name: str, path: str, scene: LinkScene) -> tuple[str, Span] | None:
    """Where a source defines a symbol, going by its text: a function, a variable, a label of assembler."""
    index = scene.lines.index(path)
    word = re.escape(name)
    for pattern in (
        rf"^(?![ \t#*/]).*?(?<!\w)({word})[ \t]*[(\[=;]",
        rf"^[ \t]*({word})[ \t]*:",
        rf"(?<!\w)({word})(?!\w)",
    ):
        match = re.search(pattern, index.text, re.MULTILINE)
        if match:
            return path, index.span(*match.span(1))
    return None


def _overflow(one: Complaint, scene: LinkScene, regions: Sequence[RegionUse]) -> Finding:
    region = next((use for use in regions if use.name == one.name), None)
    at = next((place for place in map(partial(_declared, one.name, scene), scene.scripts()) if place), None)
    largest = contributors(scene.linked.map_text, region, scene.contents()) if region is not None else ()
    sizes = f" ({region.used:,} of {region.size:,})" if region is not None else ""
    told = ", ".join(f"{part.name} {part.size:,}" for part in largest[:3])
    message = f"Region {one.name} overflows by {one.bytes:,} bytes{sizes}{'; largest: ' if told else ''}{told}."
    related = tuple(filter(None, (_contributor(part, scene) for part in largest)))
    data = (("region", one.name), ("bytes", str(one.bytes)))
    place = at or in_build_file(scene, one.name)
    return finding(place, OVERFLOW, message, category=Category.MEMORY_REGION, related=related, data=data)


def _declared(region: str, scene: LinkScene, script: str) -> tuple[str, Span] | None:
    """Where a script declares a region."""
    places = parse_script(scene.lines.index(script).text, script).places
    return next(((path, span) for name, path, span in places if name == region), None)


def _contributor(part: Contributor, scene: LinkScene) -> Related | None:
    """Where what takes room is written; None for a library's."""
    unit = scene.unit(part.object)
    if unit is None:
        return None
    at = definition(part.name.removeprefix(STRINGS), unit.source, scene) or (unit.source, Span(0, 0, 0, 0))
    return Related(*at, f"{part.name}: {part.size:,} bytes")


def _script(one: Complaint, scene: LinkScene) -> Finding | None:
    path = scene.linked.scripts.get(one.spot.path, os.path.normpath(one.spot.path))
    if not os.path.isfile(path):
        return None
    line = one.spot.line - 1
    if one.name:
        lines = sorted(range(max(line - NEAR_LINES, 0), line + NEAR_LINES + 1), key=lambda other: abs(other - line))
        word = re.compile(rf"(?<!\w){re.escape(one.name)}(?!\w)")
        line = next((other for other in lines if word.search(scene.lines(path, other))), line)
    span = word_span(scene, path, line, one.name)
    what = one.text.removeprefix("warning: ").removeprefix("error: ").replace("`", "'")
    near = names.nearest(one.name, _candidates(one, scene)) if one.name else ()
    hint = f"; did you mean '{near[0]}'?" if near else "."
    severity = Severity.ERROR if one.fatal else Severity.WARNING
    message = f"{what[:1].upper()}{what[1:].rstrip('.')}{hint}"
    data = (("name", one.name), *((("near", " ".join(near)),) if near else ())) if one.name else ()
    return finding((path, span), SCRIPT, message, severity=severity, category=Category.MEMORY_REGION, data=data)


def _candidates(one: Complaint, scene: LinkScene) -> tuple[frozenset[str], ...]:
    """What may stand where a script has a name that is not known."""
    if one.kind is Kind.REGION_UNKNOWN:
        return (_regions(scene),)
    return names.defined(scene.objects), _regions(scene)


def _regions(scene: LinkScene) -> frozenset[str]:
    return frozenset(one.name for one in link_map.regions(scene.linked.map_text))


def _entry(one: Complaint, scene: LinkScene) -> Finding | None:
    at = in_script(scene, rf"\bENTRY\s*\(\s*({re.escape(one.name)})\s*\)")
    if at is None and one.name == DEFAULT_ENTRY:
        return None
    near = names.nearest(one.name, (names.defined(scene.objects),))
    hint = f"; did you mean '{near[0]}'?" if near else "."
    message = (
        f"The entry point '{one.name}' is defined nowhere, so the image begins at the first byte of its code{hint}"
    )
    data = (("name", one.name), *((("near", " ".join(near)),) if near else ()))
    return finding(at or in_build_file(scene, one.name), ENTRY, message, severity=Severity.WARNING, data=data)


def _failed(one: Complaint, scene: LinkScene) -> Finding:
    asserted = in_script(scene, rf"\"({re.escape(one.text)})\"")
    unit = scene.unit(one.spot.object) or next(
        (scene.units[source] for path, source in scene.linked.objects.items() if path in one.text), None
    )
    text = one.text
    for path, source in scene.linked.objects.items():
        text = text.replace(path, scene.shown(source))
    related = (Related(unit.source, Span(0, 0, 0, 0), "compiled from this file"),) if unit is not None else ()
    return finding(asserted or in_build_file(scene), FAILED, f"The linker says: {text}.", related=related)


def vectors_discarded(scene: LinkScene) -> tuple[Finding, ...]:
    """The vector table, where the objects have one and the image has none: the processor would not start."""
    tables = {
        (section, one.stored.path): one.unit.source
        for facts, one in zip(scene.objects, scene.build.objects, strict=True)
        for section in facts.vectors
    }
    gone = dict.fromkeys((section, path) for section, path in link_map.discarded(scene.linked.map_text))
    lost = [key for key in tables if key in gone]
    if not scene.image.link_declared or not tables or len(lost) < len(tables):
        return ()
    section, path = lost[0]
    pattern = rf"(?<!KEEP)(?<!KEEP )\(?\s*\*\s*\(\s*({re.escape(section)})\b"
    source = tables[section, path]
    at = in_script(scene, pattern) or definition(section, source, scene) or (source, Span(0, 0, 0, 0))
    message = (
        f"The vector table ({section} of {scene.shown(source)}) is thrown away by --gc-sections, as nothing refers to "
        f"it: the linker script must say KEEP(*({section}))."
    )
    related = (Related(*(definition(section, source, scene) or (source, Span(0, 0, 0, 0))), "the vector table"),)
    data = (("section", section),)
    return (finding(at, VECTORS, message, category=Category.VECTOR_TABLE, related=related, data=data),)
