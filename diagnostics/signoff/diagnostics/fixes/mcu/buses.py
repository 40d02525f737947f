"""Buses: a peripheral's clock bit goes to the register of its own bus, in all that its function does with that bit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.gpu.tokens import is_name
from signoff.diagnostics.fixes.mcu.ground import HEADS, Ground
from signoff.diagnostics.fixes.mcu.statements import number_of, pieces
from signoff.diagnostics.fixes.source import Token

WRONG_REGISTER = "WrongClockRegister"
BUS = re.compile(r"(?:AHB|APB)\d")
WRITES = frozenset(("=", "|=", "&=", "^=", "+=", "-="))
# What may stand beside the bits of a write without being bits of another bus.
BESIDE = frozenset(("RCC", "ENABLE", "DISABLE", "SET", "RESET"))
RULE = "clocks"


def propose(ground: Ground) -> Iterator[FixCandidate]:
    """The bus's name corrected wherever the function has the wrong one beside this bit."""
    right, wrong = ground.data.get("register", ""), ground.data.get("wrong", "")
    if ground.finding.code != WRONG_REGISTER or BUS.match(right) is None or BUS.match(wrong) is None:
        return
    statement = ground.statement(ground.at)
    if not _all_of_one_bus(ground, statement, right, wrong):
        return
    changed = _renamed(ground, statement, wrong, right)
    for one in _beside(ground, statement):
        if (more := _renamed(ground, one, wrong, right)) and _is_of(ground, one):
            if _writes(ground, one, wrong) and not _all_of_one_bus(ground, one, right, wrong):
                return
            changed |= more
    if changed:
        edits = [ground.replace(token, text) for token, text in changed.items()]
        words = dict.fromkeys(token.text for token in changed)
        title, behaviour = _title(ground, changed, right, wrong), _overwritten(ground, statement, right, wrong)
        yield ground.candidate(title, edits, RULE, words, behaviour, links=_calls(changed.values()))


def _is_of(ground: Ground, tokens: range) -> bool:
    """Whether a statement has the finding's bit in it."""
    return any(ground.src.word(number) == ground.data.get("macro") for number in tokens)


def _beside(ground: Ground, statement: range) -> Iterator[range]:
    """The function's other statements, and what stands before this one: the head of its loop."""
    for one in pieces(ground, ground.body(ground.at)):
        if ground.at not in one:
            yield one
        elif one.start < statement.start:
            yield range(one.start, statement.start)


def _writes(ground: Ground, tokens: range, wrong: str) -> bool:
    """Whether a statement changes the register: an assignment to it, or a call that may."""
    words = [ground.src.word(number) for number in tokens]
    assigned = any(one in (wrong, f"RCC_{wrong}") and two in WRITES for one, two in pairwise(words))
    return assigned or (words[1:2] == ["("] and words[0] not in HEADS)


def _all_of_one_bus(ground: Ground, tokens: range, right: str, wrong: str) -> bool:
    """Whether all that a write names is a bit of the right register: a number or a variable may hold another's."""
    src = ground.src
    if sum(src.word(number) in WRITES for number in tokens) > 1:
        return False
    for number in tokens:
        token, called = src.token(number), src.word(number + 1) == "("
        own = called or token.text in BESIDE or token.text in (right, wrong, f"RCC_{right}", f"RCC_{wrong}")
        if number_of(token.text) is not None or (is_name(token) and not own and not _is_bit(token.text, right)):
            return False
    return True


def _is_bit(word: str, right: str) -> bool:
    """RCC_APB1ENR_TIM12EN, LL_APB1_GRP1_PERIPH_TIM12, RCC_APB1Periph_TIM12."""
    match = BUS.match(right)
    bus = match[0] if match else ""
    return word.startswith((f"RCC_{right}_", f"RCC_{bus}Periph_", f"LL_{bus}_GRP1_PERIPH_"))


def _renamed(ground: Ground, tokens: range, wrong: str, right: str) -> dict[Token, str]:
    """The names of the wrong bus among the tokens, each with the right one."""
    buses = (wrong[: len("APB1")], right[: len("APB1")])
    found = ((token, _bus_of(token.text, wrong, right, *buses)) for token in map(ground.src.token, tokens))
    return {token: text for token, text in found if text != token.text and token.text != ground.data.get("macro")}


def _bus_of(word: str, wrong: str, right: str, wrong_bus: str, bus: str) -> str:
    if word in (wrong, f"RCC_{wrong}"):
        return word.replace(wrong, right)
    calls = (f"LL_{wrong_bus}_GRP", f"RCC_{wrong_bus}Periph")
    return word.replace(wrong_bus, bus) if word.startswith(calls) and "_PERIPH_" not in word else word


def _title(ground: Ground, changed: Iterable[Token], right: str, wrong: str) -> str:
    bus, name = BUS.match(right), ground.data.get("peripheral", "it")
    shown = f"RCC->{right}" if any(token.text == wrong for token in changed) else bus[0] if bus else right
    words = {ground.src.word(number) for number in ground.statement(ground.at)}
    enables = right.endswith("ENR") and "LP" not in right and not {"&=", "^=", "DISABLE", "CLEAR_BIT"} & words
    return f"Enable {name} in {shown}" if enables else f"Write {name}'s bit to {shown}"


def _overwritten(ground: Ground, statement: range, right: str, wrong: str) -> str:
    """What an assignment that does not keep the register's other bits does beyond this one."""
    words = [ground.src.word(number) for number in statement]
    whole = "=" in words and not {wrong, right, f"RCC_{wrong}", f"RCC_{right}"} & set(words[words.index("=") :])
    return f"it clears the other bits of RCC->{right}" if whole else ""


def _calls(words: Iterable[str]) -> list[str]:
    return [word for word in words if word.startswith(("LL_", "RCC_"))]
