"""Which microcontroller the code is for, and what is known of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from signoff.verifiers.mcu.parts.own import described, own_part
from signoff.verifiers.mcu.parts.part import Part
from signoff.verifiers.project import Project

# STM32F407xx, STM32L4R5xx, STM32WB55xx, and the standard peripheral library's STM32F40_41xxx; not STM32F4 or STM32F4XX.
MACRO = re.compile(r"STM32(?:[A-Z]\d[0-9A-Z]\d|W[A-Z]\w\d|F40_41)\w*")
# In part numbers, macros and names of boards: stm32f407vgt6, STM32F407xx, disco_f407vg, genericSTM32F405RG.
STM32F4 = re.compile(r"(?:(?<![a-z0-9])|(?<=stm32))f(?P<member>\d{3})(?!\d)(?:[a-z](?P<size>[a-z])?)?", re.IGNORECASE)
WHOLE_FAMILY = re.compile(r"stm32f40_41xxx", re.IGNORECASE)


def find(name: str, svd: str = "") -> Part | None:
    """The part of that name in any spelling ("stm32f407vg", "STM32F407xx"); None where nothing is known.

    `svd` is the path of a CMSIS-SVD file that describes it: all that is known of parts that are not Signoff's own, and
    more peripherals of those that are. One that cannot be read counts as none.
    """
    described_by, _ = _svd(svd)
    own = _own(name)
    if own is None:
        return described_by
    return own if described_by is None else _merged(own, described_by)


def trouble(svd: str) -> str:
    """Why an SVD file could not be read, in one line; "" where it could (or none is named)."""
    return _svd(svd)[1]


_Stamp = tuple[int, int]
_read: dict[str, tuple[_Stamp, Part | None, str]] = {}


def _svd(path: str) -> tuple[Part | None, str]:
    """(the part, why there is none), read again only when the file has changed."""
    if not path:
        return None, ""
    stamp = _stamp(path)
    kept = _read.get(path)
    if kept is None or kept[0] != stamp:
        kept = _read[path] = (stamp, *_tried(path))
    return kept[1], kept[2]


def _stamp(path: str) -> _Stamp:
    try:
        status = Path(path).stat()
    except OSError:
        return (0, 0)
    return status.st_mtime_ns, status.st_size


def _tried(path: str) -> tuple[Part | None, str]:
    from signoff.verifiers.mcu.parts.svd import SvdError, read

    try:
        return read(path), ""
    except SvdError as error:
        return None, str(error)


@lru_cache(maxsize=8)
def _merged(own: Part, described_by: Part) -> Part:
    """Our facts, and the peripherals at addresses of which they say nothing."""
    more = {
        one.name: one
        for one in described_by.peripherals.values()
        if own.at(one.base) is None and own.peripheral(one.name) is None
    }
    return replace(own, peripherals={**own.peripherals, **more}) if more else own


def _own(name: str) -> Part | None:
    if WHOLE_FAMILY.fullmatch(name.strip()):
        return own_part("stm32f4", "")
    match = STM32F4.search(name)
    facts = described("stm32f4")
    if match is None or match["member"] not in facts["members"]:
        return None
    size = (match["size"] or "").upper()
    known = size if size in facts["flash_size"] else ""
    return own_part("stm32f4", match["member"], known, f"STM32F{match['member']}")


def named(defines: Iterable[str]) -> str:
    """The part that a macro such as STM32F407xx names; "" where none does."""
    names = (define.partition("=")[0].strip() for define in defines)
    return next((name for name in names if MACRO.fullmatch(name)), "")


def for_project(project: Project) -> Part | None:
    """The part that a project is for, as settings, image or a macro name it; None where none is known."""
    settings, image, unit = project.settings.mcu, project.image, project.unit
    macro = named((*settings.defines, *(unit.defines if unit else ())))
    names = (settings.part, image.part if image else "", macro)
    svd = settings.svd or (image.svd if image else "")
    return find(next((name for name in names if name), ""), str(Path(project.root, svd)) if svd else "")
