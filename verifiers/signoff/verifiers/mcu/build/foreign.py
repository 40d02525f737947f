"""Projects of compilers whose dialect gcc does not know (Keil, IAR): a guess at how gcc would compile their C files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from signoff.verifiers.mcu.build.cores import core_flags, cpu_of, fpu_of
from signoff.verifiers.mcu.build.reading import C_ENDINGS
from signoff.verifiers.project import CompileUnit, Image


@dataclass(frozen=True, slots=True)
class ForeignProject:
    """What a project file of another compiler says, paths absolute: `path` is the file, `part` the chip it names."""

    name: str
    path: str
    kind: str
    part: str
    sources: Sequence[str]
    include_dirs: Sequence[str]
    defines: Sequence[str]


def image_of(project: ForeignProject) -> Image | None:
    """Its image: everything in it is guessed, and it cannot be linked. None where no source of it is there."""
    present = [path for path in dict.fromkeys(project.sources) if _is_c(path) and os.path.isfile(path)]
    if not present:
        return None
    told = f"The project is for {project.kind}, whose dialect gcc does not know: it is compiled with gcc all the same."
    return Image(
        name=project.name,
        root=os.path.dirname(project.path),
        origin=project.path,
        kind=project.kind,
        units=tuple(_units(project, present)),
        compiler="arm-none-eabi-gcc",
        part=project.part,
        part_origin=project.path if project.part else "",
        guessed=(told,),
    )


def _is_c(path: str) -> bool:
    """Startup files in assembler are in the other compiler's own language."""
    return path.lower().endswith(C_ENDINGS)


def _units(project: ForeignProject, sources: Iterable[str]) -> Iterable[CompileUnit]:
    flags = core_flags(cpu_of(project.part), fpu_of(project.part))
    folders = tuple(dict.fromkeys((*project.include_dirs, *_core_headers(project.include_dirs))))
    for source in sources:
        yield CompileUnit(
            source=source,
            directory=os.path.dirname(project.path),
            compiler="arm-none-eabi-gcc",
            include_dirs=folders,
            defines=tuple(dict.fromkeys(project.defines)),
            flags=flags,
            origin=project.path,
        )


def _core_headers(include_dirs: Iterable[str]) -> Iterator[str]:
    """CMSIS' own headers beside those of the device: these IDEs bring their own and do not name the folder."""
    for folder in include_dirs:
        cmsis, device, _ = folder.replace(os.sep, "/").partition("/CMSIS/Device/")
        for inside in ("Include", "Core/Include") if device else ():
            path = os.path.normpath(f"{cmsis}/CMSIS/{inside}")
            if os.path.isdir(path):
                yield path
