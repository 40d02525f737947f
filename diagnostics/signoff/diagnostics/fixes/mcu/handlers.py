"""Handlers: a request that is never ended, and a priority that the kernel cannot hold back."""

from __future__ import annotations

import re
from collections.abc import Iterator

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.mcu.ground import Body, Ground
from signoff.diagnostics.fixes.mcu.statements import arguments, number_of
from signoff.diagnostics.fixes.source import Token, indent_of
from signoff.verifiers.mcu.parts.part import PRIORITY_FIELD_BITS
from signoff.verifiers.text import Edit

PENDING, PRIORITY = "PendingFlag", "InterruptPriority"
LINES = re.compile(r"EXTI(\d+)(?:_(\d+))?_IRQHandler")
ENABLED_FLAG = re.compile(r"TIM_DIER_(\w+)IE")
ENABLED_LINE = re.compile(r"EXTI_IMR_(?:MR|IM)(\d+)|EXTI(\d+)")
# How an interrupt is enabled, and how its priority is set in the same library: {0} is the interrupt, {1} the priority.
SETS = {
    "NVIC_EnableIRQ": "NVIC_SetPriority({0}, {1});",
    "HAL_NVIC_EnableIRQ": "HAL_NVIC_SetPriority({0}, {1}, 0);",
    "nvic_enable_irq": "nvic_set_priority({0}, {1});",
}
SHIFTED = frozenset(("nvic_enable_irq", "nvic_set_priority"))
ASKS = re.compile(r"flag|pending|status|_SR\b|_IT\b|request", re.IGNORECASE)
RULE = "handlers"


def propose(ground: Ground) -> Iterator[FixCandidate]:
    """End the request at the start of the handler; set the priority to the most urgent that is allowed."""
    if ground.finding.code == PENDING:
        yield from _ended(ground)
    elif ground.finding.code == PRIORITY and ground.data.get("limit", "").isdigit():
        yield from _priority(ground, int(ground.data["limit"]))


def _ended(ground: Ground) -> Iterator[FixCandidate]:
    inside = ground.body(ground.at)
    if inside is None:
        return
    peripheral, place = ground.data.get("peripheral", ""), _behind_the_test(ground, inside)
    for text in _endings(ground, peripheral, ground.data.get("name", "")) if place >= 0 else ():
        edit = ground.line_behind(place, text, _indent_behind(ground, inside, place))
        yield ground.candidate(
            f"End the request: {text.rstrip(';')}", [edit], RULE, links=re.findall(r"\w+(?=\()", text)
        )


def _behind_the_test(ground: Ground, inside: Body) -> int:
    """The token to end the request behind: the body's brace, or the one of the block that is run where it is pending.

    -1 where the handler looks at the request elsewhere, or something that it calls may: ended before that, it is
    not there any more.
    """
    looks = [number for number in range(inside.opened, inside.closed) if _looks(ground, number)]
    if not looks:
        return -1 if _others_look(ground, inside) else inside.opened
    head = ground.statement(looks[0])
    words = [ground.src.word(number) for number in head]
    # `if (TIM2->SR & TIM_SR_UIF) {`: one test, without a negation, and nothing else.
    plain = words[0] == "if" and words[-1] == "{" and not {"!", "==", "&&", "||", "~", "!="} & set(words)
    alone = all(number in head for number in looks) and ground.src.word(ground.src.closing(head.stop - 1) + 1) != "else"
    return head.stop - 1 if plain and alone else -1


def _looks(ground: Ground, number: int) -> bool:
    """Whether a token is a register of requests, or a question for one."""
    word = ground.src.word(number)
    return word == ground.data.get("register") or (ground.src.word(number + 1) == "(" and bool(ASKS.search(word)))


def _others_look(ground: Ground, inside: Body) -> bool:
    """Whether a function that the handler calls, directly or not, may look at the request."""
    defined = {ground.src.word(one.name): one for one in ground.bodies}
    seen, waiting = {inside}, [inside]
    while waiting:
        one = waiting.pop()
        for number in range(one.opened, one.closed):
            if _looks(ground, number) and one is not inside:
                return True
            called = defined.get(ground.src.word(number)) if ground.src.word(number + 1) == "(" else None
            if called is not None and called not in seen:
                seen.add(called)
                waiting.append(called)
    return False


def _indent_behind(ground: Ground, inside: Body, place: int) -> str:
    line = ground.index.line(ground.index.position(ground.src.token(place).start)[0])
    own = ground.indent_in(inside)
    return own if place == inside.opened else f"{indent_of(line)}{own or '    '}"


def _endings(ground: Ground, peripheral: str, handler: str) -> Iterator[str]:
    """The statements that end the one request that the text enables; none where it may be one of several."""
    opencm3 = any(token.text.find("libopencm3") > 0 for token in ground.src.tokens if token.kind == "directive")
    if peripheral.startswith("TIM"):
        flags = _flags(ground, peripheral)
        if len(flags) == 1:
            flag = f"TIM_SR_{next(iter(flags))}IF"
            yield f"timer_clear_flag({peripheral}, {flag});" if opencm3 else f"{peripheral}->SR = ~{flag};"
    elif peripheral == "EXTI" and (lines := _lines(ground, handler)):
        line = next(iter(lines))
        yield f"exti_reset_request(EXTI{line});" if opencm3 else f"EXTI->PR = EXTI_PR_PR{line};"


def _flags(ground: Ground, peripheral: str) -> set[str]:
    """The requests of a timer that statements of the text enable."""
    found: set[str] = set()
    for number, token in enumerate(ground.src.tokens):
        match = ENABLED_FLAG.fullmatch(token.text)
        if match and any(ground.src.word(n) == peripheral for n in ground.statement(number)):
            found.add(match[1])
    return found


def _lines(ground: Ground, handler: str) -> set[int]:
    """The external line that a handler is for; nothing where it may be more than one."""
    match = LINES.fullmatch(handler)
    if match is None:
        return set()
    last, first = int(match[1]), int(match[2] or match[1])
    if first == last:
        return {first}
    named = (one for name in ground.names if (one := ENABLED_LINE.fullmatch(name)))
    found = {line for one in named for text in one.groups() if text and first <= (line := int(text)) <= last}
    return found if len(found) == 1 else set()


def _priority(ground: Ground, limit: int) -> Iterator[FixCandidate]:
    src = ground.src
    place = next((n for n in range(ground.at, ground.statement(ground.at).stop) if src.word(n + 1) == "("), -1)
    if place < 0:
        return
    callee, given = src.word(place), arguments(src, place + 1)
    if callee in SETS and given:
        yield from _set_first(ground, place, callee, ground.text(given[0]), limit)
    elif len(given) > 1 and len(given[1]) == 1:
        yield from _replaced(ground, src.token(given[1].start), _level(ground, callee, limit), limit)


def _level(ground: Ground, callee: str, limit: int) -> int:
    """The priority as the function takes it: libopencm3's as the register has it."""
    bits = ground.part.priority_bits if ground.part is not None else None
    return limit << (PRIORITY_FIELD_BITS - bits) if callee in SHIFTED and bits is not None else limit


def _set_first(ground: Ground, place: int, callee: str, interrupt: str, limit: int) -> Iterator[FixCandidate]:
    use = ground.outer(place)
    if ground.stands_free(use) and (callee not in SHIFTED or ground.part is not None):
        text = SETS[callee].format(interrupt, _level(ground, callee, limit))
        edit = ground.line_before(use.start, text)
        yield ground.candidate(f"Set priority {limit}", [edit], RULE, links=re.findall(r"\w+(?=\()", text))


def _replaced(ground: Ground, token: Token, level: int, limit: int) -> Iterator[FixCandidate]:
    title = f"Set priority {limit}"
    if number_of(token.text) is not None:
        yield ground.candidate(title, [ground.replace(token, str(level))], RULE, (token.text,))
        return
    edit = _defined(ground, token.text, level)
    if edit is not None:
        change, old = edit
        yield ground.candidate(f"{title} ({token.text})", [change], RULE, (old,))
        return
    yield ground.candidate(title, [ground.replace(token, str(level))], RULE, (token.text,))


def _defined(ground: Ground, name: str, level: int) -> tuple[Edit, str] | None:
    """The macro's value corrected where it is defined, where nothing else of the text uses it."""
    code = (token.text for token in ground.src.tokens if token.kind != "comment")
    if sum(len(re.findall(rf"\b{re.escape(name)}\b", text)) for text in code) != len(("defined", "used")):
        return None
    pattern = re.compile(rf"[ \t]*#[ \t]*define[ \t]+{re.escape(name)}[ \t]+\(?[ \t]*(0x[\da-fA-F]+|\d+)([uUlL]*)\b")
    for token in ground.src.tokens:
        match = pattern.match(token.text) if token.kind == "directive" else None
        if match:
            start = token.start + match.start(1)
            span = ground.index.span(start, token.start + match.end(2))
            return Edit(span, f"{level}{match[2]}"), match[1] + match[2]
    return None
