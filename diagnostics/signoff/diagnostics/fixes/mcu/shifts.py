"""Where a pin's bits stand in AFR and MODER: the other half, a pin counted from 8, two bits a pin.

One field is often written by two statements, one that clears it and one that sets it, and by two shifts in each. What a
rule corrects in one place it corrects in all of the function's that mean the same field; where it cannot tell which
those are, it proposes nothing: half a correction changes another pin.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.gpu.tokens import is_name
from signoff.diagnostics.fixes.mcu.ground import Ground
from signoff.diagnostics.fixes.mcu.statements import like, number_of, pieces, value_of
from signoff.verifiers.text import Edit

SHIFT = "PinShift"
# GPIO_AFRH_AFSEL14_3, GPIO_AFRL_AFRL2: the half and the pin (in the half, in old names) are in the name.
FIELD = re.compile(r"GPIO_AFR([LH])_AFS?E?L(\d+)(?:_\d)?(?:_(?:Msk|Pos))?")
# Pins to a register of alternate functions, bits to a pin there, and in registers with two.
HALF, PINS, NIBBLE, PAIR = 8, 16, 4, 2
RULE = "pins"


def propose(ground: Ground) -> Iterator[FixCandidate]:
    """The shift, or the half of AFR, that leads to the pin's bits."""
    if ground.finding.code != SHIFT:
        return
    right, name = ground.data.get("right", ""), ground.src.token(ground.at)
    if right and not right.startswith("AFR["):
        yield ground.candidate(f"Use {right}", [ground.replace(name, right)], RULE, (name.text,), links=(right,))
        return
    field = _field(ground, ground.statement(ground.at))
    if field is None:
        return
    if right:
        yield from _other_half(ground, field, int(right[4:-1]))
    elif field.register == "AFR":
        yield from _from_eight(ground, field)
    else:
        yield from _doubled(ground, field)


@dataclass(frozen=True, slots=True)
class _Field:
    """A statement that touches one register of one port: `places` are its tokens, `halves` those of AFR's index."""

    base: str
    register: str
    statement: range
    places: tuple[int, ...]
    halves: tuple[int, ...] = ()

    def same(self, other: _Field | None, ground: Ground) -> bool:
        """Whether another statement is of the same register."""
        if other is None or (self.base, self.register) != (other.base, other.register):
            return False
        return _indexes(ground, self) == _indexes(ground, other)


def _indexes(ground: Ground, field: _Field) -> set[int | None]:
    return {number_of(ground.src.word(number)) for number in field.halves}


def _field(ground: Ground, statement: range) -> _Field | None:
    """The one register of a port that a statement touches; None where it touches several, or one in another way."""
    src = ground.src
    places = [n for n in statement if src.word(n + 1) == "->" and re.fullmatch(r"[A-Z]{3,8}", src.word(n + 2))]
    names = {(src.word(n), src.word(n + 2)) for n in places}
    if len(names) != 1 or sum(src.word(n) == "->" for n in statement) != len(places):
        return None
    base, register = names.pop()
    halves = tuple(n + 4 for n in places if src.word(n + 3) == "[")
    if register == "AFR" and (len(halves) != len(places) or any(src.word(n + 1) != "]" for n in halves)):
        return None
    field = _Field(base, register, statement, tuple(places), halves)
    return field if register != "AFR" or len(_indexes(ground, field)) == 1 else None


def _shifts(ground: Ground, tokens: range) -> list[range]:
    """What stands behind each `<<`: a name, a number, or all in a pair of brackets."""
    src = ground.src
    behind = [number + 1 for number in tokens if src.word(number) == "<<"]
    return [range(n, (src.closing(n) if src.word(n) == "(" else n) + 1) for n in behind]


def _count(ground: Ground, tokens: range) -> int | str:
    """By how much is shifted: the number, or the text where it is not known."""
    text = ground.text(tokens)
    value = value_of(ground, text)
    return value if value is not None else re.sub(r"\s|[uUlL]+\b", "", text)


def _together(ground: Ground, field: _Field) -> list[_Field]:
    """The finding's statement, and the others of its function that are of the same register."""
    others = [_field(ground, one) for one in pieces(ground, ground.body(ground.at)) if ground.at not in one]
    return [field, *(one for one in others if one is not None and field.same(one, ground))]


def _other_half(ground: Ground, field: _Field, right: int) -> Iterator[FixCandidate]:
    """AFR[1] for a pin from 8 on, in every statement that is of the pin's field."""
    if field.register != "AFR" or _indexes(ground, field) != {1 - right}:
        return
    meant = _counts(ground, field)
    if len(meant) != 1 or _mentioned(ground, field):
        return
    edits, gone = list[Edit](), list[str]()
    for one in _together(ground, field):
        counts = _counts(ground, one)
        if counts == meant:
            edits += [ground.replace(ground.src.token(n), like(ground.src.word(n), right)) for n in one.halves]
            gone += [ground.src.word(n) for n in one.halves]
        elif meant & counts or not counts:
            return
    title = f"Write AFR[{right}] for {ground.data.get('pin', 'the pin')}"
    yield ground.candidate(title, edits, RULE, gone, _overwritten(ground, field, f"AFR[{right}]"))


def _counts(ground: Ground, field: _Field) -> set[int | str]:
    """The shifts of a statement, and the fields that its names are of."""
    named = (FIELD.fullmatch(ground.src.word(number)) for number in field.statement)
    return {_count(ground, one) for one in _shifts(ground, field.statement)} | {
        int(match[2]) % HALF * NIBBLE for match in named if match
    }


def _mentioned(ground: Ground, field: _Field) -> bool:
    """Whether something else of the function reads the register: what is made of it there cannot be told."""
    others = [one for one in pieces(ground, ground.body(ground.at)) if ground.at not in one]
    own = [one for one in others if any(_touches(ground, n, field) for n in one)]
    return any(_field(ground, one) is None for one in own)


def _touches(ground: Ground, number: int, field: _Field) -> bool:
    words = [ground.src.word(number + n) for n in range(3)]
    return words == [field.base, "->", field.register]


def _overwritten(ground: Ground, field: _Field, named: str) -> str:
    """What an assignment that does not keep the register's other bits does beyond the pin."""
    words = [ground.src.word(number) for number in field.statement]
    whole = "=" in words and len(field.places) == 1
    return f"it clears the functions of the other pins in {named}" if whole else ""


def _from_eight(ground: Ground, field: _Field) -> Iterator[FixCandidate]:
    """Count every pin from 8 in AFR[1]; in AFR[0] only where all of the statement's pins are from 8 on."""
    low = _indexes(ground, field) == {0}
    edits, gone = list[Edit](), list[str]()
    meant = {ground.src.word(number) for number in _counted(ground, field.statement)}
    for one in _together(ground, field):
        pins = [number for number in _counted(ground, one.statement) if _is_high(ground, number, meant)]
        if low and pins and len(pins) != len(_shifts(ground, one.statement)):
            return  # it sets up a pin of the lower half, too
        for number in pins:
            suffix = "U" if re.search(r"[uU]", ground.text(range(number - 2, number + 3))) else ""
            pin = ground.src.token(number)
            edits.append(ground.replace(pin, f"({pin.text} - {HALF}{suffix})"))
        if low and pins:
            edits += [ground.replace(ground.src.token(n), like(ground.src.word(n), 1)) for n in one.halves]
            gone += [ground.src.word(n) for n in one.halves]
    if edits:
        behaviour = _overwritten(ground, field, "AFR[1]") if low else ""
        yield ground.candidate(f"Count the pin from {HALF} in AFR[1]", edits, RULE, gone, behaviour)


def _counted(ground: Ground, tokens: range) -> list[int]:
    """The pins in `<< (PIN * 4)` and `<< (4 * PIN)`."""
    src, found = ground.src, list[int]()
    for one in _shifts(ground, tokens):
        inner = range(one.start + 1, one.stop - 1)
        if len(inner) == len("a*4") and src.word(inner.start + 1) == "*":
            sides = (inner.start, inner.stop - 1)
            found += [a for a, b in (sides, sides[::-1]) if number_of(src.word(b)) == NIBBLE][:1]
    return found


def _is_high(ground: Ground, number: int, meant: set[str]) -> bool:
    """Whether a pin is one of the upper half; one whose number is not known only where it is the only one."""
    value = value_of(ground, ground.src.word(number))
    return HALF <= value < PINS if value is not None else meant == {ground.src.word(number)}


def _doubled(ground: Ground, field: _Field) -> Iterator[FixCandidate]:
    """Shift by two bits a pin wherever the register is shifted by a pin's bare name.

    A number alone may be a pin or a bit: where one is odd, nobody but its author can tell.
    """
    names = {ground.text(one) for one in _shifts(ground, field.statement) if _is_pin(ground, one)}
    edits: list[Edit] = []
    for one in _together(ground, field):
        for count in _shifts(ground, one.statement):
            value = number_of(ground.text(count).strip("()"))
            if value is not None and value % PAIR:
                return
            if _is_pin(ground, count) and (one is field or ground.text(count) in names):
                text = ground.text(count)
                edits.append(Edit(ground.index.span(*_offsets(ground, count)), f"({text} * {PAIR}U)"))
    if edits:
        yield ground.candidate(f"Shift by {PAIR} bits for each pin", edits, RULE)


def _is_pin(ground: Ground, count: range) -> bool:
    """Whether it is shifted by one name, in brackets or not, or by a sum of such."""
    inner = count if len(count) == 1 else range(count.start + 1, count.stop - 1)
    words = [ground.src.word(number) for number in inner]
    if len(inner) == 1:
        return is_name(ground.src.token(inner.start)) and not words[0].endswith("_Pos")
    return not {"*", "<<", ">>", "/", "%", "?"} & set(words) and any(is_name(ground.src.token(n)) for n in inner)


def _offsets(ground: Ground, tokens: range) -> tuple[int, int]:
    return ground.src.token(tokens.start).start, ground.src.token(tokens.stop - 1).end
