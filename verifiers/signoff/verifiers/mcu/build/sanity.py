"""What of the user's [mcu] settings means nothing: it is told, and passed over."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from signoff.verifiers.gpu.units.sanity import Complaint, is_macro
from signoff.verifiers.settings import McuSettings, VerifierSettings

# A part's name in any vendor's spelling: letters and digits, also apart by "_", "-" or "/".
_PART = re.compile(r"[A-Za-z]+[\w/-]*\d[\w/-]*")


def complaints(mcu: McuSettings) -> Iterator[Complaint]:
    """Everything wrong with the macros and the part's name."""
    for one in mcu.defines:
        if not is_macro(one):
            message = f'"{one}" is no macro (NAME or NAME=VALUE, without -D); it is passed over.'
            yield Complaint("defines", one, message)
    if mcu.part and not _PART.fullmatch(mcu.part):
        message = f'"{mcu.part}" names no microcontroller (as in stm32f407vg); it is passed over.'
        yield Complaint("part", mcu.part, message)
    elif mcu.part and (meant := near_parts(mcu.part)):
        yield Complaint("part", mcu.part, unknown_part(mcu.part, meant), passed_over=False)
    for one in mcu.arguments:
        if one and not one.startswith("-"):
            message = f'"{one}" is no option of the compiler (they begin with "-"); it is passed over.'
            yield Complaint("arguments", one, message)


def near_parts(part: str) -> tuple[str, ...]:
    """The known parts that a part's name is a slip of; see parts/spelling.py."""
    from signoff.verifiers.mcu.parts.spelling import misspelt

    return misspelt(part)


def unknown_part(part: str, meant: Iterable[str]) -> str:
    """What to tell of a misspelt part."""
    words = " or ".join(f'"{one}"' for one in meant)
    return f'There is no microcontroller "{part}": did you mean {words}?'


def sane(settings: VerifierSettings) -> VerifierSettings:
    """The settings with only those macros, options and names that mean something."""
    mcu = settings.mcu
    wrong = {(one.key, one.value) for one in complaints(mcu) if one.passed_over}
    if not wrong:
        return settings
    good = replace(
        mcu,
        defines=tuple(one for one in mcu.defines if ("defines", one) not in wrong),
        arguments=tuple(one for one in mcu.arguments if ("arguments", one) not in wrong),
        part="" if ("part", mcu.part) in wrong else mcu.part,
    )
    return replace(settings, mcu=good)


def trouble(settings: VerifierSettings) -> tuple[str, ...]:
    """What is wrong with the user's own settings, for a person."""
    told = [f"The setting mcu.{one.key}: {one.message}" for one in complaints(settings.mcu)]
    folders = [one for one in settings.mcu.include_dirs if os.path.isabs(one) and not os.path.isdir(one)]
    return (*told, *(f"The setting mcu.include_dirs: there is no folder {one}." for one in folders))
