"""A block of too many threads, made smaller where the grid grows with that, or where the kernel loops over the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.gpu.arguments import ASSIGNING, declarations, macro
from signoff.diagnostics.fixes.gpu.coverage import (
    divisions,
    each_for_itself,
    global_indices,
    goes_over_the_rest,
)
from signoff.diagnostics.fixes.gpu.ground import Ground
from signoff.diagnostics.fixes.gpu.tested import tests_its_index
from signoff.diagnostics.fixes.gpu.tokens import scan, words
from signoff.diagnostics.fixes.gpu.usage import block_number_is_plain, only_launched_here
from signoff.diagnostics.fixes.source import Token
from signoff.verifiers.finding import Span
from signoff.verifiers.gpu.facts import Kernel, Launch
from signoff.verifiers.gpu.hardware.limits import ARCHITECTURES, limits
from signoff.verifiers.text import Edit

CODES = frozenset(("TooManyThreads", "BlockTooLarge", "LaunchBoundsExceeded"))


@dataclass(frozen=True, slots=True)
class Cut:
    """One axis of a block that is to become smaller."""

    axis: str
    old: int
    new: int
    place: Span


def propose(ground: Ground) -> Iterator[FixCandidate]:
    """Put the largest extent that fits in place of the block's."""
    launch, limit = ground.launch, ground.number("limit")
    if ground.finding.code not in CODES or launch is None or not limit:
        return
    kernel = ground.kernel(launch.kernel)
    cuts = _cuts(launch, limit, ground.data.get("axis", ""))
    if (
        kernel is None
        or not cuts
        or not only_launched_here(ground, kernel)
        or not block_number_is_plain(ground, kernel, threads=True)
    ):
        return
    found = [_edits(ground, kernel, launch, cut) for cut in cuts]
    edits = [edit for one in found for edit in one or ()]
    if not found or None in found:
        return
    shown = " and ".join(f"{cut.axis} from {cut.old} to {cut.new}" for cut in cuts)
    replaces = [str(n) for cut in cuts for n in (cut.old, cut.old - 1)]
    loops = all(goes_over_the_rest(ground, kernel, cut.axis) for cut in cuts)
    rest = f"'{kernel.name}' loops over the rest" if loops else "the grid grows with it"
    title = f"Make the block smaller, {shown}: {rest}"
    yield ground.candidate(title, edits, "block", replaces)


def _cuts(launch: Launch, limit: int, axis: str) -> list[Cut]:
    """The axes to make smaller: the one that is over its limit; else the largest, halved until the block fits."""
    sizes = [launch.block.x or 0, launch.block.y or 0, launch.block.z or 0]
    if 0 in sizes:
        return []
    new = list(sizes)
    if axis.startswith("block."):
        new["xyz".index(axis[-1])] = limit
        limit = min(limits(sm).threads_per_block for sm in ARCHITECTURES)
    while new[0] * new[1] * new[2] > limit:
        longest = new.index(max(new))
        rest = new[0] * new[1] * new[2] // new[longest]
        fits = limit // rest
        # In one dimension what fits is taken, in more a power of two keeps the tile regular.
        new[longest] = fits if rest == 1 else new[longest] // 2
        if not new[longest]:
            return []
    whole = launch.block_span
    places = [place or (whole if n == 0 else None) for n, place in enumerate(launch.axes[3:])]
    changed = [(a, old, now, place) for a, old, now, place in zip("xyz", sizes, new, places, strict=True) if old != now]
    if any(place is None for *_, place in changed):
        return []
    return [Cut(a, old, now, place) for a, old, now, place in changed if place is not None]


def _edits(ground: Ground, kernel: Kernel, launch: Launch, cut: Cut) -> list[Edit] | None:
    """The edits for one axis, or None where the work would not stay the same for certain."""
    tokens = ground.tokens(cut.place)
    if len(tokens) != 1:
        return None
    token = tokens[0]
    if token.kind == "number" and token.text == str(cut.old):
        return _literal(ground, kernel, launch, cut, token)
    if token.kind == "word" and "." not in token.text:
        return _named(ground, cut, token.text)
    return None


def _literal(ground: Ground, kernel: Kernel, launch: Launch, cut: Cut, token: Token) -> list[Edit] | None:
    """A number in the launch or its dim3: the grid must be divided by that dim3's member, or by the same number."""
    if any(one.kernel != kernel.name and cut.place in one.axes for one in ground.unit.launches):
        return None
    if not each_for_itself(ground, kernel, cut.axis):
        return None
    edit = ground.replace(token, str(cut.new))
    if goes_over_the_rest(ground, kernel, cut.axis):
        return [edit]
    if not tests_its_index(ground, kernel, launch, cut.axis):
        return None
    variable = ground.text(launch.block_span).strip() if launch.block_span else ""
    if variable.isidentifier():
        return [edit] if _divided(ground, launch, cut.axis, f"{variable}.{cut.axis}") else None
    numbers = _divided_by_number(ground, launch, cut)
    return None if numbers is None else [edit, *numbers]


def _named(ground: Ground, cut: Cut, name: str) -> list[Edit] | None:
    """A constant: every use must be a block's extent, a division that rounds up, or a kernel's own index."""
    definition, src = _definition(ground, name, cut), ground.src
    if definition is None:
        return None
    divided = [(src.token(one.start).start, src.token(one.stop - 1).end) for one in divisions(ground, name)]
    allowed = [*divided]
    for launch in ground.unit.launches:
        places = [(axis, place) for axis, place in _extents(launch) if name in words(ground.text(place))]
        kernel = _free(ground, launch, [axis for axis, _ in places], name) if places else None
        if places and kernel is None:
            return None
        for axis, place in places:
            if kernel is None or not (
                goes_over_the_rest(ground, kernel, axis) or _follows(ground, launch, axis, name, divided)
            ):
                return None
            allowed.append(ground.index.offsets(place))
            for first, last in global_indices(ground, kernel, axis, name):
                allowed.append((src.token(first).start, src.token(last).end))
    declared = {src.token(number).start for number in declarations(ground, name)}
    uses = [token for token in src.tokens if token.text == name and token.start not in declared]
    macros = [token for token in src.tokens if token.kind == "directive" and macro(token) != name]
    certain = all(any(a <= token.start and token.end <= b for a, b in allowed) for token in uses)
    plain = all(_rounds(token, name) for token in macros if name in words(token.text.lstrip(" \t#")))
    return [definition] if certain and plain else None


def _free(ground: Ground, launch: Launch, axes: list[str], size: str = "") -> Kernel | None:
    """The launch's kernel where it does the same work whatever its block's extents in these axes are."""
    kernel = ground.kernel(launch.kernel)
    if (
        kernel is None
        or not only_launched_here(ground, kernel)
        or not block_number_is_plain(ground, kernel, threads=True)
    ):
        return None
    return kernel if all(each_for_itself(ground, kernel, axis, size) for axis in axes) else None


def _extents(launch: Launch) -> list[tuple[str, Span]]:
    """The axes of a launch's block with the places of their expressions."""
    places = zip("xyz", launch.axes[3:], strict=True)
    own = [(axis, place) for axis, place in places if place is not None]
    return own or ([("x", launch.block_span)] if launch.block_span is not None else [])


def _follows(ground: Ground, launch: Launch, axis: str, name: str, divided: list[tuple[int, int]]) -> bool:
    """Whether the grid's extent in an axis is one of the divisions, or a macro that is one, and the kernel tests."""
    kernel = ground.kernel(launch.kernel)
    if kernel is None or not tests_its_index(ground, kernel, launch, axis, name):
        return False
    if any(_within(ground, launch, axis, start, end) for start, end in divided):
        return True
    place = launch.axes["xyz".index(axis)] or (launch.grid_span if axis == "x" else None)
    macros = [token for token in ground.src.tokens if token.kind == "directive" and _rounds(token, name)]
    written = words(ground.text(place)) if place is not None else []
    return any(written[:1] == [_macro_name(token)] for token in macros)


def _rounds(directive: Token, name: str) -> bool:
    """Whether all that a macro does with the constant is to divide by it, rounding up."""
    text = "".join(words(directive.text.lstrip(" \t#")))
    mentions = len(re.findall(rf"\b{name}\b", text))
    return re.search(rf"\+{name}-1\)/\(?{name}\b", text) is not None and mentions == len(("dividend", "divisor"))


def _macro_name(directive: Token) -> str:
    return next(iter(words(directive.text.lstrip(" \t#"))[1:]), "")


def _definition(ground: Ground, name: str, cut: Cut) -> Edit | None:
    """Where the constant gets its value, as a number; None where it has several definitions or is assigned to."""
    src, found = ground.src, list[Token]()
    for token in src.tokens:
        if macro(token) == name:
            found += _macro_number(token)
    for number in declarations(ground, name):
        if src.word(number + 1) != "=" or src.word(number + 3) != ";":
            return None
        found.append(src.token(number + 2))
    assigned = sum(token.text == name and src.word(n + 1) in ASSIGNING for n, token in enumerate(src.tokens))
    if len(found) != 1 or found[0].text != str(cut.old) or assigned > len(declarations(ground, name)):
        return None
    return ground.replace(found[0], str(cut.new))


def _macro_number(directive: Token) -> list[Token]:
    """The number that `#define NAME number` stands for, at its place in the text."""
    shift = directive.start + len(directive.text) - len(directive.text.lstrip(" \t#"))
    inside = [token for token in scan(directive.text.lstrip(" \t#")) if token.kind != "comment"]
    plain = len(inside) == 3 and inside[2].kind == "number"
    return [Token("number", inside[2].text, inside[2].start + shift, inside[2].end + shift)] if plain else []


def _divided(ground: Ground, launch: Launch, axis: str, divisor: str) -> bool:
    """Whether the grid's extent is a division by `divisor` that rounds up."""
    src = ground.src
    places = [(src.token(found.start).start, src.token(found.stop - 1).end) for found in divisions(ground, divisor)]
    return any(_within(ground, launch, axis, start, end) for start, end in places)


def _within(ground: Ground, launch: Launch, axis: str, start: int, end: int) -> bool:
    """Whether a stretch of text is the grid's extent in an axis, or what a variable that stands there is set to."""
    place = launch.axes["xyz".index(axis)] or (launch.grid_span if axis == "x" else None)
    if place is None:
        return False
    first, last = ground.index.offsets(place)
    if first <= start and end <= last:
        return True
    name, src = ground.text(place).strip(), ground.src
    before = src.before(start)
    given = src.word(before) == "=" and src.word(before - 1) == name
    assigned = sum(token.text == name and src.word(n + 1) in ASSIGNING for n, token in enumerate(src.tokens))
    # Whatever else reads the number of blocks would find another.
    own = [token.start for token in ground.tokens(place)] + [src.token(before - 1).start]
    only = all(token.text != name or token.start in own for token in src.tokens)
    return name.isidentifier() and given and assigned == 1 and only


def _divided_by_number(ground: Ground, launch: Launch, cut: Cut) -> list[Edit] | None:
    """`(n + 2047) / 2048` in the grid's extent, where the block is the number 2048."""
    src = ground.src
    for number in range(len(src.tokens)):
        words = [src.word(number + n) for n in range(5)]
        if words == ["+", str(cut.old - 1), ")", "/", str(cut.old)]:
            opening, last = src.opening(number + 2), src.token(number + 4)
            if _within(ground, launch, cut.axis, src.token(opening).start, last.end):
                first = src.token(number + 1)
                return [ground.replace(first, str(cut.new - 1)), ground.replace(last, str(cut.new))]
    return None
