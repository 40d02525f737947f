"""Hover texts for firmware: Markdown from plain facts of the part and of the last link, pure.

`hover` finds what stands at a place; `term_hover` and `symbol_hover` tell of a word and of a linked symbol.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from signoff.diagnostics.explain.mcu_interrupts import interrupt_text
from signoff.diagnostics.explain.mcu_pins import PIN, function_text, number_text, pin_text
from signoff.diagnostics.explain.mcu_registers import FieldPlace, array_text, field_text, peripheral_text, register_text
from signoff.diagnostics.explain.mcu_source import Sources, function_hover, macro_hover
from signoff.diagnostics.explain.mcu_symbols import Memory, section_text, symbol_hover
from signoff.diagnostics.explain.mcu_terms import word_text
from signoff.diagnostics.explain.mcu_text import paragraphs
from signoff.diagnostics.explain.mcu_words import Member, Word, word_at
from signoff.verifiers.finding import Span
from signoff.verifiers.mcu.facts import LinkedImage
from signoff.verifiers.mcu.parts.part import Part
from signoff.verifiers.snapshot import Snapshot

__all__ = ["hover", "symbol_hover", "term_hover"]

Place = tuple[int, int]

STALE = "*Of the last linked text.*"
# The same pin in CMSIS' HAL, LL, the standard peripheral library and libopencm3.
PIN_MACRO = re.compile(r"(?:LL_)?GPIO_P(?:IN|in)_(\d{1,2})|GPIO(\d{1,2})")
# GPIO_AF9_TIM12 (HAL), GPIO_AF_TIM12 (standard peripheral library).
FUNCTION_MACRO = re.compile(r"GPIO_AF(\d{1,2})?_([A-Z][A-Za-z0-9_]*)")
PART_OF_FIELD = re.compile(r"(?P<field>\w+?)_(?:(?P<bit>\d{1,2})|(?P<form>Pos|Msk))")
# Names of a peripheral's clock: __HAL_RCC_GPIOA_CLK_ENABLE, LL_AHB1_GRP1_PERIPH_GPIOA, RCC_AHB1Periph_GPIOA, RCC_GPIOA.
CLOCK_NAME = re.compile(
    r"__HAL_RCC_(?P<hal>\w+?)_CLK_(?:ENABLE|DISABLE)|LL_A[HP]B\d_GRP\d_PERIPH_(?P<ll>\w+)"
    r"|RCC_A[HP]B\dPeriph_(?P<spl>\w+)|RCC_(?P<opencm3>\w+)"
)
# TIM2_IRQn, TIM2_IRQHandler; in libopencm3 NVIC_TIM2_IRQ and tim2_isr.
OPENCM3_IRQ = re.compile(r"NVIC_(?P<irq>\w+)_IRQ|(?P<isr>[a-z]\w*)_isr")


def hover(
    snapshot: Snapshot,
    place: Place,
    *,
    part: Part | None,
    linked: LinkedImage | None = None,
    regions: Sequence[Memory] = (),
    sources: Callable[[], Sources] = tuple,
    stale: bool = False,
) -> tuple[str, Span] | None:
    """Markdown for what is at (line, column), and its place; None where nothing is known of it.

    `regions` are the memories of the image's linker scripts, `sources` gives the texts that the project's own constants
    and functions are defined in. `stale`: a text has changed since the link. The text may be half typed.
    """
    word = word_at(snapshot.text, place)
    if word is None:
        return None
    text = _told(word, part, linked, regions)
    if text and stale and symbol_hover(word.text, linked, part):
        text = paragraphs(text, STALE)
    text = text or (_of_sources(word, linked, sources) if word.member is None and not word.section else None)
    return (text, word.span) if text else None


def _of_sources(word: Word, linked: LinkedImage | None, sources: Callable[[], Sources]) -> str | None:
    """What the project's own texts say of a word that neither the part nor the link tells of."""
    texts = tuple(sources())
    return macro_hover(word.text, texts) or (function_hover(word.text, texts) if linked is None else None)


def term_hover(
    word: str, part: Part | None, linked: LinkedImage | None = None, *, port: str = "", argument: str = ""
) -> str | None:
    """Markdown for one word out of its text; `port` ("B") and `argument` ("TIM2" of TIM_CR1(TIM2)) are its context."""
    span = Span(0, 0, 0, len(word))
    return _told(Word(word, span, argument, port=port), part, linked, ())


def _told(word: Word, part: Part | None, linked: LinkedImage | None, regions: Sequence[Memory]) -> str | None:
    if word.section and (text := section_text(word.section, part, linked, regions)):
        return text
    own = symbol_hover(word.text, linked, part)
    facts = _of_part(word, part) if part is not None else None
    if facts:
        return paragraphs(facts, own or "")
    term = word_text(word.text, part, attribute=word.attribute)
    return paragraphs(own or "", term or "") or None


def _of_part(word: Word, part: Part) -> str | None:
    if word.member is not None:
        return _access(word.member, part)
    return (
        _peripheral(word.text, part)
        or _interrupt(word.text, part)
        or _field(word.text, part)
        or _register(word, part)
        or _pin(word, part)
        or _clock(word.text, part)
    )


def _access(member: Member, part: Part) -> str | None:
    peripheral = part.peripheral(member.base)
    if peripheral is None:
        return None
    register = peripheral.register(member.member)
    if register is not None:
        return register_text(peripheral, register, part)
    return array_text(peripheral, member.member, part) if not member.indexed or "[" not in member.member else None


def _peripheral(name: str, part: Part) -> str | None:
    found = part.peripheral(name)
    return peripheral_text(found, part) if found is not None else None


def _interrupt(name: str, part: Part) -> str | None:
    if name.endswith(("_IRQn", "_IRQHandler", "_Handler")):
        found = part.interrupt(name)
        return interrupt_text(found, part) if found is not None else None
    match = OPENCM3_IRQ.fullmatch(name)
    if match is None:
        return None
    found = part.interrupt((match["irq"] or match["isr"]).upper())
    return interrupt_text(found, part) if found is not None else None


def _field(macro: str, part: Part) -> str | None:
    whole = _places(macro, part)
    if whole:
        return field_text(macro, whole, part)
    match = PART_OF_FIELD.fullmatch(macro)
    places = _places(match["field"], part) if match is not None else ()
    if match is None or not places:
        return None
    bit = int(match["bit"]) if match["bit"] else None
    if bit is not None and bit >= max(one.width for _, _, one in places):
        return None
    return field_text(macro, places, part, bit=bit, position=match["form"] == "Pos")


def _places(macro: str, part: Part) -> tuple[FieldPlace, ...]:
    return part.fields.get(part.spellings.get(macro, macro), ())


def _register(word: Word, part: Part) -> str | None:
    """GPIOA_MODER and TIM_CR1(TIM2), as libopencm3 spells them."""
    if word.argument and (peripheral := part.peripheral(word.argument)) is not None:
        register = peripheral.register(word.text.removeprefix(f"{peripheral.group}_"))
        return register_text(peripheral, register, part) if register is not None else None
    for at in (match.start() for match in re.finditer("_", word.text)):
        peripheral = part.peripheral(word.text[:at])
        register = peripheral.register(word.text[at + 1 :]) if peripheral is not None else None
        if peripheral is not None and register is not None:
            return register_text(peripheral, register, part)
    return None


def _pin(word: Word, part: Part) -> str | None:
    if match := PIN.fullmatch(word.text):
        return pin_text(match["port"], int(match["number"]), part)
    if match := PIN_MACRO.fullmatch(word.text):
        number = int(match[1] or match[2])
        return (pin_text(word.port, number, part) if word.port else None) or number_text(number, part)
    if match := FUNCTION_MACRO.fullmatch(word.text):
        return _function(int(match[1]) if match[1] else None, match[2], word, part)
    return None


def _function(af: int | None, peripheral: str, word: Word, part: Part) -> str | None:
    pins = {found[1] or found[2] for found in PIN_MACRO.finditer(word.pins)}
    pin = f"P{word.port}{pins.pop()}" if word.port and len(pins) == 1 else ""
    return function_text(af, peripheral, part, pin=pin)


def _clock(name: str, part: Part) -> str | None:
    match = CLOCK_NAME.fullmatch(name)
    if match is None:
        return None
    spelled = next(group for group in match.groups() if group)
    found = part.peripheral(spelled) or part.peripheral(f"USB_{spelled}")
    if found is None or found.enable is None:
        return None
    places = part.fields.get(found.enable.macro, ())
    return field_text(found.enable.macro, places, part) if places else None
