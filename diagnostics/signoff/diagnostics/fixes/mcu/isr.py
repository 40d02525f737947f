"""FreeRTOS in handlers: the twin of a function for tasks, and the switch to the task that it wakes."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from signoff.diagnostics.fixes.candidate import FixCandidate, replacement
from signoff.diagnostics.fixes.mcu.ground import Body, Ground
from signoff.diagnostics.fixes.mcu.statements import arguments, call_in
from signoff.verifiers.text import Edit

NOT_FROM_ISR = "NotFromIsr"
WOKEN, SWITCH = "xHigherPriorityTaskWoken", "portYIELD_FROM_ISR"
SWITCHES = frozenset((SWITCH, "portEND_SWITCHING_ISR"))
AT_ONCE = frozenset(("0", "0U", "0UL", "(TickType_t)0"))
RULE = "isr"


def propose(ground: Ground) -> Iterator[FixCandidate]:
    """The function's twin for handlers, with the arguments that it takes."""
    if ground.finding.code != NOT_FROM_ISR:
        return
    name, twin = ground.data.get("name", ""), ground.data.get("near", "")
    facts = _twins().get(name)
    place = call_in(ground.src, range(ground.at, len(ground.src.tokens)), name)
    inside = ground.body(place)
    if facts is None or not twin or place < 0 or inside is None or not ground.stands_free(ground.outer(place)):
        return
    given = arguments(ground.src, place + 1)
    if len(given) <= facts["drop"] or (facts["woken"] and _leaves(ground, place)):
        return
    kept, dropped = given[: len(given) - facts["drop"]], given[len(given) - facts["drop"] :]
    edits, woken = [ground.replace(ground.src.token(place), twin)], _woken(ground, inside)
    last = [f"&{woken or WOKEN}"] if facts["woken"] else []
    edits.append(_arguments(ground, place, kept, last))
    if facts["woken"]:
        edits += _around(ground, inside, place, woken)
    gone = [name, *(ground.src.word(n) for one in dropped for n in one)]
    waits = [ground.text(one) for one in dropped if ground.text(one).replace(" ", "") not in AT_ONCE]
    behaviour = f"it no longer waits ({waits[0]})" if waits else ""
    yield ground.candidate(f"Use {twin}", edits, RULE, gone, behaviour, links=(twin,))


def _leaves(ground: Ground, place: int) -> bool:
    """Whether the statement of the call ends its function: nothing can be put behind it."""
    return any(ground.src.word(number) in ("return", "goto") for number in ground.outer(place))


@cache
def _twins() -> dict[str, dict[str, int]]:
    return tomllib.loads(files(__package__).joinpath("isr.toml").read_text("utf-8"))


def _woken(ground: Ground, inside: Body) -> str:
    """The function's own variable for a task that was woken, where it has one."""
    for number in range(inside.opened, inside.closed):
        typed, name, *rest = (ground.src.word(number + n) for n in range(5))
        if typed in ("BaseType_t", "portBASE_TYPE") and rest in (["=", "pdFALSE", ";"], ["=", "0", ";"]):
            return name
    return ""


def _arguments(ground: Ground, place: int, kept: list[range], more: list[str]) -> Edit:
    """The arguments from behind the last one that is kept."""
    closing = ground.src.token(ground.src.closing(place + 1)).start
    start = ground.src.token(kept[-1].stop - 1).end if kept else ground.src.token(place + 1).end
    text = ", ".join(more)
    return replacement(ground.index, start, closing, f", {text}" if text and kept else text)


def _around(ground: Ground, inside: Body, place: int, woken: str) -> Iterator[Edit]:
    """The variable, where the function has none, and the switch to the task, where the function makes none."""
    if not woken:
        start = f"BaseType_t {WOKEN} = pdFALSE;"
        yield ground.line_behind(inside.opened, start, ground.indent_in(inside))
    words = [ground.src.word(number) for number in range(inside.opened, inside.closed)]
    if SWITCHES & set(words):
        return
    text = f"{SWITCH}({woken or WOKEN});"
    if "return" in words or "goto" in words:
        yield ground.line_behind(ground.outer(place).stop - 1, text)
    else:
        yield ground.line_behind(inside.closed - 1, text, ground.indent_in(inside))
