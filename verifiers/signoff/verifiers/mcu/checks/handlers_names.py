"""Names of interrupts and their handlers: what the image's vector table says, else the part, else the custom."""

from __future__ import annotations

import re
import weakref

from signoff.verifiers.mcu.checks.handlers_digest import digests, linker_name
from signoff.verifiers.mcu.checks.tables import table
from signoff.verifiers.mcu.checks.vectors import Vectors, merged, read_assembler
from signoff.verifiers.mcu.parts.part import Part
from signoff.verifiers.mcu.source.facts import Function, ImageFacts, Operand

_CAST = re.compile(r"^(?:\(\s*\w+\s*\)\s*)+(?=\w)")
_CMSIS = "_IRQHandler"
_OPENCM3 = "_isr"
# Exceptions of the core that end or serve the program where it stands, however a table of its own calls them.
_SYNCHRONOUS = re.compile(r"reset|nmi|fault|mem_?manage|debug_?mon|svc|sv_?call|pend_?sv|default|unused|reserved", re.I)


def startup(image: ImageFacts) -> Vectors:
    """What all startup files of an image say of its vector table; asked for again, it is free."""
    global _kept
    if _kept is None or _kept[0]() is not image:
        texts = (read_assembler(text) for text in image.assembler.values())
        found = merged((*texts, *(one.vectors for one in digests(image))))
        _kept = weakref.ref(image), found
    return _kept[1]


_kept: tuple[weakref.ref[ImageFacts], Vectors] | None = None


def opencm3(image: ImageFacts) -> bool:
    """Whether the image is built on libopencm3, whose table of vectors lies in its archive."""
    linked = (*image.image.libraries, *image.image.objects)
    return any("opencm3" in name for name in linked) or any("opencm3" in path for path in image.library)


def vector_names(image: ImageFacts, part: Part | None) -> frozenset[str]:
    """All names of handlers that vectors have; empty where nothing says which."""
    own = startup(image).names
    if opencm3(image):
        facts = table("handlers_names")["opencm3"]
        own |= {f"{name}{_OPENCM3}" for name in facts["interrupts"]} | set(facts["core"])
    return own or (part.handlers if part else frozenset())


def vector_of(image: ImageFacts, function: Function) -> str:
    """The name that the linker knows a function of an image by."""
    source = image.sources.get(function.path)
    return linker_name(source, function.name) if source else function.name


def asynchronous(handler: str) -> bool:
    """Whether a handler interrupts the program at any time, as peripherals and SysTick do (no fault, no SVC)."""
    return handler in table("handlers_names")["asynchronous"]["core"] or not _SYNCHRONOUS.search(handler)


def interrupt_of(handler: str) -> str:
    """The interrupt of a handler in CMSIS' words ("TIM2"); "" where its name does not tell."""
    for suffix in (_CMSIS, _OPENCM3):
        if handler.endswith(suffix):
            return handler.removesuffix(suffix).upper()
    return ""


def handler_named(operand: Operand, part: Part | None) -> str:
    """The handler of the interrupt that an expression names ("TIM2_IRQn", "NVIC_TIM2_IRQ"); "" if not certain."""
    text = _CAST.sub("", operand.resolved.strip())
    if re.fullmatch(r"\w+_IRQn", text):
        known = part.interrupt(text) if part else None
        return known.handler if known else text.removesuffix("_IRQn") + _CMSIS
    if re.fullmatch(r"NVIC_\w+_IRQ", text):
        return text.removeprefix("NVIC_").removesuffix("_IRQ").lower() + _OPENCM3
    return ""
