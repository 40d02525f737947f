"""The word at a place of a C text, and what stands around it: read from the text alone, as it may be half typed."""

from __future__ import annotations

import re
from dataclasses import dataclass

from signoff.verifiers.finding import Span
from signoff.verifiers.text import LineIndex

WORD = re.compile(r"[A-Za-z_]\w*")
# What is not code. A string may hold a section's name, which is looked for before.
QUIET = re.compile(r"//[^\n]*|/\*.*?(?:\*/|\Z)|\"(?:\\.|[^\"\\\n])*\"?|'(?:\\.|[^'\\\n])*'?", re.DOTALL)
SECTION = re.compile(r"\bsection\s*\(\s*\"(?P<name>[^\"\n]+)\"")
# TIM12->CCR1, GPIOA->AFR[1], CAN1->sTxMailBox[0].TIR, (*GPIOA).ODR
CHAIN = re.compile(
    r"(?P<base>[A-Za-z_]\w*)\s*->\s*(?P<member>\w+(?:\s*\[[^\]\n;]*\])?(?:\s*\.\s*\w+(?:\s*\[[^\]\n;]*\])?)*)"
)
INDEX = re.compile(r"\[\s*(0[xX][0-9a-fA-F]+|\d+)[uUlL]*\s*\]")
ANY_INDEX = re.compile(r"\[[^\]]*\]")
ARGUMENT = re.compile(r"\s*\(\s*(?P<name>[A-Za-z_]\w*)\s*\)")
ATTRIBUTE = re.compile(r"\b__attribute(?:__)?\s*\(\(|\[\[")
NOT_LINE_END = re.compile(r"[^\n]")
BLANKS = re.compile(r"\s+")
PORT = re.compile(r"\bGPIO([A-K])\b")
# X.Pin = GPIO_PIN_14; X.Alternate = GPIO_AF9_TIM12; HAL_GPIO_Init(GPIOB, &X)
SETTING = re.compile(r"(?P<name>\w+)\s*(?:\.|->)\s*(?P<member>Pin|Mode|Pull|Speed|Alternate)\s*=[^=]")
# A statement is looked for no further than this many characters to each side of the word.
STATEMENT_LIMIT = 2000
INIT_LIMIT = 4000


@dataclass(frozen=True, slots=True)
class Member:
    """A register as C names it: `base->member`; `indexed` is False where an index is no plain number."""

    base: str
    member: str
    indexed: bool = True


@dataclass(frozen=True, slots=True)
class Word:
    """A word with its span. `argument` is the first argument where it is called, `section` the name in a section
    attribute that the place is in, `member` the register access whose member it is; `port` the only GPIO port that its
    statement names, or the HAL_GPIO_Init that follows; `pins` is the text that names the pins for it. `attribute`:
    it stands within one.
    """

    text: str
    span: Span
    argument: str = ""
    section: str = ""
    member: Member | None = None
    port: str = ""
    pins: str = ""
    attribute: bool = True


def word_at(text: str, place: tuple[int, int]) -> Word | None:
    """The word at (line, column); None in comments, strings (but a section's name), numbers and blanks."""
    index = LineIndex(text)
    offset = index.offset(*place)
    start, end = index.offset(place[0], 0), index.line_end(max(place[0], 0))
    section = _section(text, start, end, offset)
    found = next((one for one in WORD.finditer(text, start, end) if one.start() <= offset <= one.end()), None)
    if section and (found is None or section[0] <= offset <= section[1]):
        return Word(text[slice(*section)], index.span(*section), section=text[slice(*section)])
    code = QUIET.sub(_blank, text)
    if found is None or not code.startswith(found.group(), found.start()):
        return None
    if found.start() and text[found.start() - 1].isdigit():
        return None
    first, last = _statement(code, *found.span())
    return Word(
        found.group(),
        index.span(*found.span()),
        _argument(code, found.end()),
        text[slice(*section)] if section and found.group() == "section" else "",
        _member(code, start, end, found),
        _port(code, first, last),
        code[first:last] + _pins(code, first, last),
        ATTRIBUTE.search(code, start, found.start()) is not None,
    )


def _blank(quiet: re.Match[str]) -> str:
    """As long as what it stands for, with its line ends."""
    return NOT_LINE_END.sub(" ", quiet.group())


def _section(text: str, start: int, end: int, offset: int) -> tuple[int, int] | None:
    found = [one for one in SECTION.finditer(text, start, end) if one.start() <= offset <= one.end()]
    return found[0].span("name") if found else None


def _argument(text: str, end: int) -> str:
    found = ARGUMENT.match(text, end)
    return found["name"] if found else ""


def _member(text: str, start: int, end: int, word: re.Match[str]) -> Member | None:
    for one in CHAIN.finditer(text, start, end):
        if one.start("member") <= word.start() and word.end() <= one.end("member"):
            member = INDEX.sub(lambda match: f"[{int(match[1], 0)}]", BLANKS.sub("", one["member"]))
            plain = all(part[1:-1].isdigit() for part in ANY_INDEX.findall(member))
            return Member(one["base"], member if plain else ANY_INDEX.sub("", member), plain)
    return None


def _statement(code: str, start: int, end: int) -> tuple[int, int]:
    """The offsets of the statement around a word."""
    floor, ceiling = max(start - STATEMENT_LIMIT, 0), min(end + STATEMENT_LIMIT, len(code))
    first = max(code.rfind(mark, floor, start) for mark in ";{}") + 1
    last = min((at for mark in ";{}" if (at := code.find(mark, end, ceiling)) >= 0), default=ceiling)
    return max(first, floor), last


def _port(code: str, first: int, last: int) -> str:
    ports = set(PORT.findall(code, first, last))
    if len(ports) == 1:
        return str(ports.pop())
    setting = SETTING.search(code, first, last)
    if ports or setting is None:
        return ""
    return _initialised(code[last : last + INIT_LIMIT], setting["name"])


def _initialised(after: str, name: str) -> str:
    """The port that the next HAL_GPIO_Init with this structure names; "" where another setting comes first."""
    init = re.search(rf"\b(?:HAL|LL)_GPIO_Init\s*\(\s*GPIO([A-K])\s*,\s*&?\s*{name}\b", after)
    again = re.search(rf"{_pin_of(name)}|^\}}", after, re.MULTILINE)
    return init[1] if init and (again is None or init.start() < again.start()) else ""


def _pins(code: str, first: int, last: int) -> str:
    """What the structure's Pin was set to before, in the same lines up to the HAL_GPIO_Init."""
    setting = SETTING.search(code, first, last)
    if setting is None or setting["member"] == "Pin":
        return ""
    before = code[max(first - INIT_LIMIT, 0) : first]
    set_before = list(re.finditer(_pin_of(setting["name"]) + r"(?P<pins>[^;]*)", before))
    if not set_before or re.search(r"GPIO_Init\s*\(|\}", before[set_before[-1].end() :]):
        return ""
    return set_before[-1]["pins"]


def _pin_of(name: str) -> str:
    return rf"\b{name}\s*(?:\.|->)\s*Pin\s*=(?!=)"
