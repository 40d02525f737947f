"""Clocks: a peripheral's clock is enabled before its first use."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from signoff.diagnostics.fixes.candidate import FixCandidate, replacement
from signoff.diagnostics.fixes.mcu.ground import Body, Ground
from signoff.diagnostics.fixes.mcu.statements import arguments
from signoff.verifiers.finding import Related
from signoff.verifiers.text import Edit

UNCLOCKED = "UnclockedPeripheral"
RULE = "clocks"
# How each library spells it; the data of the finding fill in the names.
SPELLINGS = {
    "hal": "__HAL_RCC_{peripheral}_CLK_ENABLE();",
    "ll": "LL_{bus}_GRP1_EnableClock(LL_{bus}_GRP1_PERIPH_{peripheral});",
    "libopencm3": "rcc_periph_clock_enable(RCC_{peripheral});",
    "stdperiph": "RCC_{bus}PeriphClockCmd(RCC_{bus}Periph_{peripheral}, ENABLE);",
    "cmsis": "RCC->{register} |= {macro};",
}
# The statements by which a text shows which one it uses.
USED = {
    "hal": re.compile(r"__HAL_RCC_\w+_CLK_ENABLE"),
    "ll": re.compile(r"LL_(?:AHB|APB)\d_GRP1_EnableClock"),
    "libopencm3": re.compile(r"rcc_periph_clock_enable"),
    "stdperiph": re.compile(r"RCC_(?:AHB|APB)\dPeriphClockCmd"),
}
HANDLER = re.compile(r"\w+(?:_IRQHandler|_Handler|_isr|_handler)")


def propose(ground: Ground) -> Iterator[FixCandidate]:
    """Enable the clock, or move what enables it to the front."""
    if ground.finding.code != UNCLOCKED:
        return
    late = next((_statement_at(ground, one) for one in ground.finding.related if _is_late(ground, one)), None)
    if late is not None:
        yield from _moved(ground, late)
    if late is None or ground.body(late.start) == ground.body(ground.at):
        yield from _enabled(ground)


def _moved(ground: Ground, late: range) -> Iterator[FixCandidate]:
    """The statement that enables the clock too late, put before the use, where both stand in one block."""
    use = ground.outer(ground.at)
    if late.start < use.stop or not (ground.stands_free(late) and ground.stands_free(use)):
        return
    if not _same_block(ground, use, late):
        return
    text, name = ground.text(late), ground.data["peripheral"]
    edits = [ground.line_before(use.start, text), _removal(ground, late)]
    yield ground.candidate(f"Enable {name}'s clock before it is used", edits, RULE)


def _is_late(ground: Ground, one: Related) -> bool:
    return one.path == ground.snapshot.path and "enabled only here" in one.message


def _statement_at(ground: Ground, one: Related) -> range:
    return ground.statement(ground.src.at(ground.index.offsets(one.span)[0]))


def _same_block(ground: Ground, first: range, second: range) -> bool:
    depth = 0
    for number in range(first.start, second.start):
        depth += {"{": 1, "}": -1}.get(ground.src.word(number), 0)
        if depth < 0:
            return False
    return depth == 0


def _removal(ground: Ground, statement: range) -> Edit:
    start, end = ground.src.token(statement.start).start, ground.src.token(statement.stop - 1).end
    first, last = ground.index.position(start)[0], ground.index.position(end)[0]
    alone = not ground.index.line(first)[: start - ground.index.starts[first]].strip()
    rest = ground.snapshot.text[end : ground.index.line_end(last)]
    if alone and not rest.strip() and last + 1 < len(ground.index.starts):
        return replacement(ground.index, ground.index.starts[first], ground.index.starts[last + 1], "")
    return replacement(ground.index, start, end, "")


def _enabled(ground: Ground) -> Iterator[FixCandidate]:
    """A statement that enables the clock, in the spelling that the text uses, behind the others of its kind."""
    name = ground.data.get("peripheral", "")
    use = _first_use(ground, name)
    if not name or use is None or not ground.stands_free(use):
        return
    for style in _styles(ground):
        text = SPELLINGS[style].format(**{**ground.data, "peripheral": _called(style, name)})
        place = _after_others(ground, use)
        edit = ground.line_behind(place, text) if place >= 0 else ground.line_before(_front(ground, use), text)
        yield ground.candidate(f"Enable {name}'s clock", [edit], RULE, links=_names(text))


def _first_use(ground: Ground, name: str) -> range | None:
    """The statement to stand before: around all uses of its function. A handler is no place: what sets it up is."""
    inside = ground.body(ground.at)
    if inside is None:
        return None
    first = ground.at
    if HANDLER.fullmatch(ground.src.word(inside.name)):
        others = [one for one in ground.bodies if not HANDLER.fullmatch(ground.src.word(one.name))]
        uses = [number for one in others for number in _uses(ground, one, name)]
        if not uses:
            return None
        first, inside = uses[0], ground.body(uses[0]) or inside
    use, last = ground.outer(first), max([first, *_uses(ground, inside, name)])
    while (block := _block(ground, use, inside)) is not None and (block.stop <= last or ground.labelled(use)):
        use = ground.outer(block.start - 1)
    return use


def _uses(ground: Ground, inside: Body, name: str) -> list[int]:
    """Where a body names a peripheral."""
    return [number for number in range(inside.opened, inside.closed) if ground.src.word(number) == name]


def _block(ground: Ground, use: range, inside: Body) -> range | None:
    """The inside of the block around a statement; None for the function's own."""
    depth = 0
    for number in range(use.start - 1, inside.opened, -1):
        depth += {"}": 1, "{": -1}.get(ground.src.word(number), 0)
        if depth < 0:
            return range(number, ground.src.closing(number))
    return None


def _called(style: str, name: str) -> str:
    """The peripheral as the library's names have it."""
    return name.removeprefix("USB_") if style == "libopencm3" else name


def _names(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\w+(?=\()", text))


def _styles(ground: Ground) -> list[str]:
    """The spelling that the text enables clocks with, else the one of the use; CMSIS's last, as all have it."""
    counts = Counter({style: sum(map(bool, map(pattern.fullmatch, ground.names))) for style, pattern in USED.items()})
    counts["cmsis"] = len({word for word in ground.names if re.fullmatch(r"RCC_(?:AHB|APB)\dENR_\w+EN", word)})
    used = [style for style, count in counts.most_common(1) if count]
    own = ground.data.get("style", "")
    return list(dict.fromkeys(one for one in (*used, own) if one in SPELLINGS))[:1] or ["cmsis"]


def _after_others(ground: Ground, use: range) -> int:
    """The last token of the last statement in the use's block, before it, that enables a clock; -1 where none does."""
    found, depth, number = -1, 0, use.start - 1
    while number > 0:
        word = ground.src.word(number)
        depth += {"}": 1, "{": -1}.get(word, 0)
        if depth < 0:
            break
        if depth == 0 and _enables(word):
            statement = ground.statement(number)
            if ground.stands_free(statement) and statement.stop <= use.start:
                found = statement.stop - 1
                break
        number -= 1
    return found


def _enables(word: str) -> bool:
    return (
        any(pattern.fullmatch(word) for pattern in USED.values())
        or re.fullmatch(r"(?:AHB|APB)\dENR\d?", word) is not None
    )


def _front(ground: Ground, use: range) -> int:
    """The first token of the run of statements that prepare the structure which the use is handed."""
    src = ground.src
    opening = next((n for n in use if src.word(n) == "("), -1)
    handed = (
        [src.word(one.start + 1) for one in arguments(src, opening) if src.word(one.start) == "&"]
        if opening > 0
        else []
    )
    first = use.start
    while handed and first > 0 and src.word(first - 1) == ";":
        before = ground.statement(first - 2)
        if not (ground.stands_free(before) and src.word(before.start) in handed and src.word(before.start + 1) == "."):
            break
        first = before.start
    return first
