"""One firmware image linked: objects, script and libraries as the build has them, into a private folder."""

from __future__ import annotations

import asyncio
import json
import os
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from signoff.verifiers.mcu.compile import command
from signoff.verifiers.mcu.compile.arguments import arguments, language_of, link_arguments
from signoff.verifiers.mcu.compile.toolchain import Toolchain
from signoff.verifiers.mcu.link.contents import digest
from signoff.verifiers.mcu.link.objects import Build, Object
from signoff.verifiers.mcu.link.store import Store
from signoff.verifiers.project import Image, Project
from signoff.verifiers.run import Completed

ELF, MAP = "image.elf", "image.map"
# What picks the libraries' variant, and what a link must say as the compilation did.
MACHINE = re.compile(r"-m(?:cpu|arch|thumb|arm|fpu|float-abi|abi|tune)\b.*|-mthumb|-marm|-flto.*|--specs=.*")
INCLUDED = re.compile(r"^\s*INCLUDE\s+\"?([^\s\";]+)", re.MULTILINE)
LONGEST_LIST = 20_000
GROUPED = ("-Wl,--start-group", "-Wl,--end-group")


@dataclass(frozen=True, slots=True)
class Linked:
    """How a link ended. `elf` is "" where there is none; `scripts` leads from what ld was given to the user's paths.

    `objects` leads from an object's path to the unit's source. `key` is equal where all that went in is.
    """

    done: Completed
    elf: str
    map_text: str
    scripts: Mapping[str, str]
    objects: Mapping[str, str]
    key: str
    refused: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def key_of(image: Image, project: Project, kit: Toolchain, build: Build, texts: Mapping[str, str]) -> str:
    """A hash of all that a link is made of. Reads the stamps of scripts, archives and objects: call it in a thread."""
    files = (*image.linker_scripts, *_included(image, texts), *image.objects, *_libraries(image))
    stamps = [(path, _hash(texts[path]) if path in texts else _stamp(path)) for path in files]
    parts = (kit.gcc, kit.version, [one.stored.key for one in build.objects], stamps, image.link_flags)
    return digest(json.dumps([parts, image.libraries, image.library_dirs, image.linker_scripts], default=str).encode())


async def link(
    image: Image,
    project: Project,
    kit: Toolchain,
    build: Build,
    *,
    texts: Mapping[str, str],
    store: Store,
    deadline: float,
    key: str,
    extra: Sequence[str] = (),
) -> Linked:
    """Link. `extra` are flags of ours (-Wl,--wrap=...). Raises ToolMissing."""
    vetted = link_arguments(image.link_flags)
    flags = (*_machine(image, project, kit, vetted.argv), *vetted.argv, *extra)
    with store.workspace() as folder:
        scripts = await asyncio.to_thread(_scripts, image, texts, folder)
        objects = [one.stored.path for one in build.objects]
        cpp = kit.cpp_library and any(language_of(unit) == "c++" for unit in image.units)
        done, unknown = await command.gcc(
            kit,
            "c++" if cpp else "c",
            flags,
            ("-o", ELF, *_listed(objects, folder), *_rest(image, scripts)),
            folder=folder,
            timeout=max(deadline - time.monotonic(), 0.1),
            memory_limit_mb=project.settings.memory_limit_mb,
        )
        home = store.image_folder("\0".join((image.root, image.name, *extra)))
        elf, text = await asyncio.to_thread(_kept, folder, home, done)
    sources = {one.stored.path: one.unit.source for one in build.objects}
    return Linked(done, elf, text, scripts, sources, key, vetted.refused, unknown)


def _listed(objects: Sequence[str], folder: Path) -> tuple[str, ...]:
    """The objects, or a file of ours that names them where a command line could not hold them (Windows: 32 KiB)."""
    if sum(map(len, objects)) < LONGEST_LIST:
        return tuple(objects)
    quoted = (path.replace("\\", "\\\\").replace('"', '\\"') for path in objects)
    (folder / "objects.rsp").write_text("".join(f'"{path}"\n' for path in quoted), "utf-8")
    return ("@objects.rsp",)


def _machine(image: Image, project: Project, kit: Toolchain, argv: Sequence[str]) -> tuple[str, ...]:
    """The flags that pick the core, from a unit where the link does not say them."""
    if any(flag.startswith(("-mcpu", "-march")) for flag in argv):
        return ()
    unit = next((one for one in image.units if not language_of(one).startswith("assembler")), None)
    if unit is None:
        return ()
    said = {flag.partition("=")[0] for flag in argv}
    flags = arguments(unit, project, kit).argv
    return tuple(one for one in flags if MACHINE.fullmatch(one) and (one.partition("=")[0] not in said))


def _rest(image: Image, scripts: Mapping[str, str]) -> tuple[str, ...]:
    """Scripts, objects that lie there, libraries (in a group, as no order is known), and what we want to be told."""
    folders = dict.fromkeys((*image.library_dirs, *(os.path.dirname(path) for path in scripts.values()), image.root))
    return (
        *(part for path in scripts for part in ("-T", path)),
        *(path for path in image.objects if os.path.isabs(path)),
        *(f"-L{path}" for path in folders if path),
        GROUPED[0],
        *(f"-l{name}" for name in image.libraries if not name.startswith("-")),
        GROUPED[1],
        f"-Wl,-Map={MAP}",
        "-Wl,--print-memory-usage",
    )


def _scripts(image: Image, texts: Mapping[str, str], folder: Path) -> dict[str, str]:
    """What to give to ld for each script (an unsaved one lies in `folder`), and the path the user knows."""
    found: dict[str, str] = {}
    for number, path in enumerate(image.linker_scripts):
        given = path
        if path in texts:
            (folder / f"script{number}").mkdir()
            given = str(folder / f"script{number}" / os.path.basename(path))
            Path(given).write_text(texts[path], "utf-8", "replace")
        found[given] = path
    return found


def _kept(folder: Path, home: Path, done: Completed) -> tuple[str, str]:
    """The image in its own folder, and the map's text."""
    made, text = folder / ELF, ""
    if (folder / MAP).exists():
        text = (folder / MAP).read_text("utf-8", "replace")
    if done.returncode or done.timed_out or not made.exists():
        return "", text
    made.replace(home / ELF)
    return str(home / ELF), text


def _included(image: Image, texts: Mapping[str, str]) -> tuple[str, ...]:
    """The scripts that scripts include, as far as they are found."""
    folders = (*image.library_dirs, *(os.path.dirname(path) for path in image.linker_scripts), image.root)
    found: dict[str, None] = {}
    waiting = list(image.linker_scripts)
    while waiting and len(found) < 100:
        path = waiting.pop()
        for name in INCLUDED.findall(texts[path] if path in texts else _text(path)):
            places = (os.path.normpath(os.path.join(folder, name)) for folder in folders)
            hit = next((place for place in places if os.path.isfile(place)), "")
            if hit and hit not in found:
                found[hit] = None
                waiting.append(hit)
    return tuple(found)


def _libraries(image: Image) -> tuple[str, ...]:
    """The archives of the build's own folders; the toolchain's do not change."""
    names = [name[1:] if name.startswith(":") else f"lib{name}.a" for name in image.libraries]
    places = (os.path.join(folder, name) for folder in image.library_dirs for name in names)
    return tuple(place for place in places if os.path.isfile(place))


def _hash(text: str) -> str:
    return digest(text.encode("utf-8", "replace"))


def _text(path: str) -> str:
    try:
        return Path(path).read_text("utf-8", "replace")
    except (OSError, ValueError):
        return ""


def _stamp(path: str) -> tuple[int, int] | None:
    try:
        stat = os.stat(path)
    except (OSError, ValueError):
        return None
    return stat.st_mtime_ns, stat.st_size


def with_objects(build: Build, more: Sequence[Object]) -> Build:
    """The build with further objects behind its own."""
    return replace(build, objects=(*build.objects, *more))
