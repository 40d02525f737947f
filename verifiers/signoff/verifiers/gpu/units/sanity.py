"""What of the user's [cuda] settings means nothing: it is told, and passed over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from signoff.verifiers.settings import CudaSettings, VerifierSettings

# Values of cuda.architectures that name no GPU by themselves: this machine's, or all that the toolkit knows.
NATIVE = "native"
ALL = frozenset({"all", "all-major"})
# NAME, NAME=VALUE or NAME(PARAMETERS)=VALUE in one line.
_MACRO = re.compile(r"(?!\d)\w+(?:\([\w\s,.]*\))?(?:=.*)?")


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with one value of a list: the setting's name below `cuda`, the value, and that in words.

    `passed_over`: the value is not used at all.
    """

    key: str
    value: str
    message: str
    passed_over: bool = True


def complaints(cuda: CudaSettings) -> Iterator[Complaint]:
    """Everything wrong with the architectures and macros."""
    for name in cuda.architectures:
        yield from _architecture(name)
    for one in cuda.defines:
        if not is_macro(one):
            message = f'"{one}" is no macro (NAME or NAME=VALUE, without -D); it is passed over.'
            yield Complaint("defines", one, message)


def is_macro(text: str) -> bool:
    """Whether a compiler takes it after -D."""
    return _MACRO.fullmatch(text) is not None


def sane(settings: VerifierSettings) -> VerifierSettings:
    """The settings with only those macros that a compiler takes."""
    good = tuple(one for one in settings.cuda.defines if is_macro(one))
    if good == settings.cuda.defines:
        return settings
    return replace(settings, cuda=replace(settings.cuda, defines=good))


def _architecture(name: str) -> Iterator[Complaint]:
    from signoff.verifiers.gpu.hardware.limits import ARCHITECTURES, normal

    known = normal(name)
    if known is None and name not in (NATIVE, *ALL):
        message = f"{name} is no GPU architecture (as in sm_80); it is passed over."
        yield Complaint("architectures", name, message)
    elif known is not None and known not in ARCHITECTURES:
        span = f"{ARCHITECTURES[0]} to {ARCHITECTURES[-1]}"
        message = f"The limits of {name} are not known ({span} are), so launches are not checked for it."
        yield Complaint("architectures", name, message, passed_over=False)
