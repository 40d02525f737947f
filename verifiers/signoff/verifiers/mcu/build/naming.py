"""Which microcontroller an image is for, and which linker script and SVD file go with it, where the build says nothing.

A guess is made only where there is one candidate, and it is said.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from importlib import resources

from signoff.verifiers.mcu.build.reading import C_ENDINGS
from signoff.verifiers.project import Image

# Macros by which vendors' device headers choose the part: STM32F407xx, STM32F40_41xxx, NRF52840_XXAA, GD32F407.
_MACRO = re.compile(
    r"(?:STM32[A-Z][A-Z\d]\d\w*|NRF5[1-4]\d*\w*|GD32[EFV]\d\w*|AT32F\d\w*|LPC\d\d\w*|SAM[CDELSV]\d\d\w*)"
)
# A family alone (STM32F4) names no part.
_FAMILY = re.compile(r"STM32[A-Z][A-Z\d]\d?", re.IGNORECASE)
# As in STM32F407VGTx_FLASH.ld, generated.stm32f407vg.ld, stm32_flash_f407.ld.
_IN_NAME = re.compile(
    r"(?<![a-z\d])(stm32[a-z][a-z\d]\d{2}[a-z\d]*|nrf5\d{4}\w*|gd32[efv]\d{3}\w*|rp2\d40)", re.IGNORECASE
)


def named_part(image: Image) -> tuple[str, str]:
    """(part, what named it) of an image whose build does not name it; ("", "") where nothing does."""
    units = [unit for unit in image.units if unit.source.lower().endswith(C_ENDINGS)]
    named = Counter(name for unit in units for name in {define.partition("=")[0] for define in unit.defines})
    for name, count in named.most_common():
        # A library that was made for another part may be among the files.
        if 2 * count > len(units) and _MACRO.fullmatch(name) and not _FAMILY.fullmatch(name):
            return name, f"-D{name}"
    for script in image.linker_scripts:
        name = os.path.basename(script)
        if part := _board_part(name):
            return part, script
        if match := _IN_NAME.search(name):
            return match[1], script
    return "", ""


@cache
def _boards() -> dict[str, str]:
    text = (resources.files("signoff.verifiers.mcu.build") / "boards.toml").read_text("utf-8")
    table: dict[str, list[str]] = tomllib.loads(text)
    return {board: part for part, boards in table.items() for board in boards}


def _board_part(script: str) -> str:
    """The part of the board that a linker script is named after, "" where that is no board that is known."""
    return _boards().get(os.path.splitext(script)[0].lower(), "")


def completed(image: Image, scripts: Sequence[str], svds: Sequence[str]) -> Image:
    """The image with its part, linker script and SVD file where one of each can be told."""
    if not image.part:
        # A script that is only guessed names no part: one guess must not rest on another.
        part, origin = named_part(image)
        image = replace(image, part=part, part_origin=origin)
    if not image.linker_scripts:
        image = _with_script(image, scripts)
    if not image.svd and len(found := _nearest(image, svds)) == 1:
        image = replace(image, svd=found[0])
    return image


def _with_script(image: Image, scripts: Sequence[str]) -> Image:
    """The one linker script that fits: nearest to the image's files; of several the one named after its part."""
    found = _nearest(image, [path for path in scripts if not _is_for_ram(path)])
    part = image.part.lower()
    if len(found) > 1 and part:
        found = [path for path in found if _fits(os.path.basename(path).lower(), part)] or found
    if len(found) != 1:
        why = f"{len(found)} linker scripts of the workspace could be its own" if found else "no linker script is named"
        return replace(image, link_declared=False, guessed=(*image.guessed, f"How it is linked is not known: {why}."))
    told = f"The linker script {found[0]} is guessed: it is the one that is there."
    return replace(image, link_declared=False, linker_scripts=tuple(found), guessed=(*image.guessed, told))


def _is_for_ram(path: str) -> bool:
    """CubeIDE writes one script for debugging in RAM beside the one that is used."""
    return re.search(r"_ram\.lds?$", path, re.IGNORECASE) is not None


def _fits(name: str, part: str) -> bool:
    """Whether a script's name names a part, as far as both go: stm32f407vgtx_flash.ld and STM32F407xx."""
    match = _IN_NAME.search(name)
    if not match:
        return False
    plain = re.sub(r"x+$", "", part)
    return match[1].startswith(plain) or plain.startswith(re.sub(r"x+$", "", match[1]))


def _nearest(image: Image, paths: Iterable[str]) -> list[str]:
    """Those of some files that lie in the image's folder, else those in the nearest folder above that holds any."""
    paths = list(paths)
    folder = image.root
    found = [path for path in paths if path.startswith(folder.rstrip(os.sep) + os.sep)]
    while paths and not found:
        folder, before = os.path.dirname(folder), folder
        if folder == before:
            return []
        below = [path for path in paths if path.startswith(folder.rstrip(os.sep) + os.sep)]
        # What lies in the folders beside the image's own is those folders'.
        found = [path for path in below if os.path.dirname(path) == folder] or below
    return found
