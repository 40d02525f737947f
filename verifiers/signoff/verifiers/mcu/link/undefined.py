"""Undefined references: at the call in the user's source, with what it may have been meant to be, or would bring it."""

from __future__ import annotations

import asyncio
import os
import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from signoff.verifiers.finding import Finding, Related, Span
from signoff.verifiers.mcu.link import definitions, elf, link_map, names
from signoff.verifiers.mcu.link.definitions import Definition
from signoff.verifiers.mcu.link.inlined import frames
from signoff.verifiers.mcu.link.ld_messages import Complaint
from signoff.verifiers.mcu.link.scene import LinkScene, finding, in_build_file, word_span

CODE = "UndefinedReference"
# What a member of an archive was taken for is looked up so many steps back.
MAX_STEPS = 50
SYSTEM_CALLS = "newlib asks the system for this: link with --specs=nosys.specs, or add a syscalls.c that defines it"
ASKED_BY_NEWLIB = ("specs", "nosys.specs")


@dataclass(frozen=True, slots=True)
class Explained:
    """What is known of an undefined name: a sentence (or ""), places that go with it, and data for fixes.

    `certain` is True where no library that nobody has named could define it.
    """

    sentence: str = ""
    related: tuple[Related, ...] = ()
    data: tuple[tuple[str, str], ...] = ()
    certain: bool = False


async def undefined(complaints: Iterable[Complaint], scene: LinkScene, macros: frozenset[str]) -> tuple[Finding, ...]:
    """One finding a place and name. `macros` are those that are defined in the image's C files.

    Where the link is guessed, only names that no missing file can explain.
    """
    found: dict[tuple[str, Span, str], Finding] = {}
    calls: dict[tuple[str, Span, str], dict[str, None]] = {}
    known: dict[str, Explained] = {}
    for one in complaints:
        if one.name not in known:
            known[one.name] = await asyncio.to_thread(explained, one.name, scene, macros)
        what = known[one.name]
        if not scene.image.link_declared and not what.certain:
            continue
        path, span, why = await _place(one, scene)
        if ASKED_BY_NEWLIB in what.data:
            calls.setdefault((path, span, why), {})[one.name] = None
            continue
        end = "" if what.sentence.endswith("?") else "."
        message = f"Undefined reference to '{one.name}'{why}{'; ' if what.sentence else ''}{what.sentence}{end}"
        data = (("name", one.name), *what.data)
        found.setdefault((path, span, one.name), finding((path, span), CODE, message, related=what.related, data=data))
    return (*found.values(), *(_system_calls(place, tuple(ones)) for place, ones in calls.items()))


def _system_calls(place: tuple[str, Span, str], missing: Sequence[str]) -> Finding:
    """What one call of the library's asks of the system, in one finding."""
    path, span, why = place
    several = len(missing) > 1
    listed = ", ".join(f"'{name}'" for name in missing)
    message = f"Undefined reference{'s' if several else ''} to {listed}{why}; {SYSTEM_CALLS}."
    return finding((path, span), CODE, message, data=(("name", " ".join(missing)), ASKED_BY_NEWLIB))


def explained(name: str, scene: LinkScene, macros: frozenset[str]) -> Explained:
    """What would bring a name. Reads sources and headers: call it in a thread."""
    for explain in (_left_out, _system_call, _other_language):
        found = explain(name, scene, macros)
        if found is not None:
            return found
    return _misspelt(name, scene)


def _left_out(name: str, scene: LinkScene, macros: frozenset[str]) -> Explained | None:
    """A definition that the build does not compile, or leaves out by a macro, or hides as static."""
    found = definitions.find(name, scene.image)
    listed = [one for one in found if one.listed]
    others = [one for one in found if not one.listed and not one.static]
    missing = [(one, tuple(macro for macro in one.needs if macro not in macros)) for one in (*listed, *others)]
    for one, needs in missing:
        if one.listed and needs:
            return _needs_macro(name, one, needs, scene)
        if one.listed and one.static:
            return _static(name, one, scene)
        if not one.listed:
            also = f", and needs #define {needs[0]}" if needs else ""
            sentence = f"{scene.shown(one.path)} defines it, which the build does not compile{also}"
            data = (("source", one.path), *((("define", needs[0]),) if needs else ()))
            return Explained(sentence, (_related(name, one, scene),), data)
    return None


def _needs_macro(name: str, one: Definition, needs: Sequence[str], scene: LinkScene) -> Explained:
    sentence = f"{scene.shown(one.path)} defines it only where {needs[0]} is defined"
    return Explained(sentence, (_related(name, one, scene),), (("define", needs[0]), ("source", one.path)), True)


def _static(name: str, one: Definition, scene: LinkScene) -> Explained:
    sentence = f"in {scene.shown(one.path)} it is static, so no other file sees it"
    return Explained(sentence, (_related(name, one, scene),), (("static", one.path),))


def _system_call(name: str, scene: LinkScene, macros: frozenset[str]) -> Explained | None:
    table = _table()
    if name not in table["names"]:
        return None
    other = table["elsewhere"].get(name)
    return Explained(other or SYSTEM_CALLS, (), () if other else (ASKED_BY_NEWLIB,))


def _other_language(name: str, scene: LinkScene, macros: frozenset[str]) -> Explained | None:
    """C's and C++'s names for one function: extern "C" is missing on one side."""
    plain = name.partition("(")[0].rpartition("::")[2]
    for facts, one in zip(scene.objects, scene.build.objects, strict=True):
        where = scene.shown(one.unit.source)
        if plain != name and plain in facts.defined and facts.defined[plain].binding != elf.STB_LOCAL:
            return Explained(
                f'{where} defines it as C: its declaration needs extern "C"', (), (("extern", plain),), True
            )
        mangled = re.compile(rf"_Z{len(plain)}{re.escape(plain)}[^E]*")
        if plain == name and any(mangled.fullmatch(other) for other in facts.defined):
            return Explained(f'{where} defines it as C++: it needs extern "C" there', (), (("extern", plain),), True)
    return None


def _misspelt(name: str, scene: LinkScene) -> Explained:
    own = names.defined(scene.objects)
    archives = frozenset().union(*map(names.archive_symbols, link_map.archives(scene.linked.map_text)))
    headers = {path for one in scene.build.objects for path in one.stored.inputs}
    declared = names.declared(headers)
    near = names.nearest(name, (own, archives, declared))
    if not near:
        return Explained()
    sentence = "did you mean " + " or ".join(f"'{one}'" for one in near) + "?"
    return Explained(sentence, (), (("near", " ".join(near)),), name not in declared)


def _related(name: str, one: Definition, scene: LinkScene) -> Related:
    return Related(one.path, word_span(scene, one.path, one.line, name), f"'{name}' is defined here")


async def _place(one: Complaint, scene: LinkScene) -> tuple[str, Span, str]:
    """(path, span, which way it came) of the user's line that needs the name."""
    unit = scene.unit(one.spot.object)
    if unit is None:
        return await asyncio.to_thread(_by_library, one, scene)
    path, readable = await asyncio.to_thread(_told, one)
    if one.spot.line > 0 and path != unit.source and not (readable and scene.own(path)):
        outer = await frames(scene.kit, one.spot.object, one.name, one.spot.function)
        inner = next((at for at in outer if at[0] == unit.source), None)
        if inner is not None:
            return unit.source, _call_span(scene, unit.source, inner[1], one), f" ({os.path.basename(path)} calls it)"
    if one.spot.line > 0 and readable:
        return path, word_span(scene, path, one.spot.line - 1, one.name), ""
    return *_mentioned(scene, unit.source, one.name), ""


def _told(one: Complaint) -> tuple[str, bool]:
    """The path that ld names, and whether it can be read."""
    path = os.path.normpath(one.spot.path)
    return path, os.path.isfile(path)


def _call_span(scene: LinkScene, path: str, line: int, one: Complaint) -> Span:
    """The call of the inline function, or all of the line."""
    return word_span(scene, path, line, one.spot.function)


def _by_library(one: Complaint, scene: LinkScene) -> tuple[str, Span, str]:
    """The user's call for whose sake the linker took the archive's member that needs the name."""
    taken = link_map.pulled_in(scene.linked.map_text)
    by, symbol = one.spot.object, ""
    for _ in range(MAX_STEPS):
        if by not in taken:
            break
        by, symbol = taken[by]
    unit = scene.unit(by)
    if unit is None or not symbol:
        return *in_build_file(scene), f" (needed by {os.path.basename(one.spot.object)})"
    return *_mentioned(scene, unit.source, symbol), f" ('{symbol}' needs it)"


def _mentioned(scene: LinkScene, path: str, name: str) -> tuple[str, Span]:
    index = scene.lines.index(path)
    text = index.text
    match = re.search(rf"(?<!\w){re.escape(name)}[ \t]*\(", text) or re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text)
    return path, index.span(match.start(), match.start() + len(name)) if match else Span(0, 0, 0, 0)


@cache
def _table() -> dict[str, dict[str, str]]:
    return tomllib.loads((resources.files("signoff.verifiers.mcu.link") / "syscalls.toml").read_text("ascii"))
