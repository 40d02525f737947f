"""A link's facts: what lies where, how deep the stack gets."""

from __future__ import annotations

from pathlib import Path

from signoff.verifiers.mcu.facts import LinkedImage
from signoff.verifiers.mcu.link import elf, ld_messages, link_map, memory, stack
from signoff.verifiers.mcu.link.machine_code import MachineCode
from signoff.verifiers.mcu.link.object_facts import ObjectFacts
from signoff.verifiers.mcu.link.object_facts import facts as object_facts
from signoff.verifiers.mcu.link.objects import Build
from signoff.verifiers.mcu.link.scene import LinkScene


def objects(build: Build) -> tuple[ObjectFacts, ...]:
    """The facts of every object, in the build's order; each object is read once."""
    return tuple(object_facts(one.stored) for one in build.objects)


def facts(scene: LinkScene) -> LinkedImage:
    """What is known of the image, or of the attempt."""
    used = ld_messages.usage(scene.linked.done.stdout)
    regions = memory.regions(link_map.regions(scene.linked.map_text), used)
    image = LinkedImage(scene.image.name, regions=regions)
    if not scene.linked.elf:
        return image
    try:
        file = elf.read(Path(scene.linked.elf).read_bytes())
    except OSError:
        return image
    names = frozenset(one.name for one in file.symbols if one.section)
    return LinkedImage(
        scene.image.name,
        linked=True,
        regions=regions,
        symbols=memory.symbols(file, regions, *_sources(scene)),
        stack=stack.stack_uses(scene.objects, names),
        depths=stack.depths(scene.objects, names, MachineCode(file)),
        elf=scene.linked.elf,
    )


def _sources(scene: LinkScene) -> tuple[dict[str, str], dict[str, list[tuple[str, ObjectFacts]]]]:
    """The source of each global symbol, and the sources by their own names."""
    paths = [one.unit.source for one in scene.build.objects]
    files: dict[str, str] = {}
    weak: dict[str, str] = {}
    for path, one in zip(paths, scene.objects, strict=True):
        for symbol in one.defined.values():
            if symbol.binding != elf.STB_LOCAL:
                (weak if symbol.binding == elf.STB_WEAK else files).setdefault(symbol.name, path)
    return weak | files, memory.sources_by_name(paths, scene.objects)
