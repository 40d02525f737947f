"""Misspelt names in CUDA C++, and a missing semicolon or bracket, where the compiler stood."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.gpu.ground import Ground
from signoff.diagnostics.fixes.gpu.tokens import KEYWORDS, is_name
from signoff.diagnostics.fixes.source import Token
from signoff.verifiers.finding import Severity
from signoff.verifiers.slips import digits, near, slips
from signoff.verifiers.text import Edit

TOOLS = frozenset(("nvrtc", "nvcc"))
UNKNOWN = re.compile(
    r'identifier "(?P<name>\w+)" is undefined|"(?P<other>\w+)" is not a (?:template|class or namespace name|member)'
    r'|has no member "(?P<member>\w+)"|name "(?P<scope>\w+)"'
)
EXPECTED = re.compile(r"expected an? \"(?P<token>[;,)\]])\"")


def propose(ground: Ground) -> Iterator[FixCandidate]:
    """Replace a name that is not known by the near one; insert what was expected."""
    if ground.finding.tool not in TOOLS or ground.finding.severity is not Severity.ERROR:
        return
    yield from _spelling(ground)
    yield from _punctuation(ground)


@cache
def listed(name: str) -> tuple[str, ...]:
    """The names of a data file beside this one."""
    lines = files(__package__).joinpath(name).read_text(encoding="utf-8").splitlines()
    return tuple(word for line in lines if not line.startswith("#") for word in line.split())


def _spelling(ground: Ground) -> Iterator[FixCandidate]:
    match = UNKNOWN.search(ground.finding.message)
    wrong = next((name for name in match.groups() if name), "") if match else ""
    start, end = ground.index.offsets(ground.finding.span)
    tokens = ground.src.tokens
    here = next((one for one in tokens if one.text == wrong and one.end > start and one.start <= max(end, start)), None)
    if here is None:
        # In the argument of a macro the compiler stands at the macro's name.
        line = [one for one in tokens if one.text == wrong and _line(ground, one) == ground.finding.span.start_line]
        here = line[0] if len(line) == 1 else None
    if not wrong or here is None:
        return
    uses = [token for token in _function(ground, here) if token.text == wrong]
    for word in nearest(wrong, [*_own(ground, wrong), *listed("cuda_names.txt"), *KEYWORDS]):
        declared = [token for token in tokens if token.text == word]
        if len(declared) == 1 and len(uses) > 1 and declared[0] in _function(ground, here):
            # A name that nothing uses, near one that is used again and again: the declaration is misspelt.
            title = f"Rename the unused '{word}' to '{wrong}'"
            yield ground.candidate(title, (ground.replace(declared[0], wrong),), "spelling", (word,))
        elif len(uses) > 1:
            title = f"Replace '{wrong}' by '{word}', in the whole function"
            yield ground.candidate(title, _renamed(ground, uses, word), "spelling", (wrong,))
        yield ground.candidate(f"Replace '{wrong}' by '{word}'", _renamed(ground, [here], word), "spelling", (wrong,))


def _line(ground: Ground, token: Token) -> int:
    return ground.index.position(token.start)[0]


def _function(ground: Ground, token: Token) -> list[Token]:
    """The tokens of the outermost braces around a token, with what stands before them; the token alone elsewhere."""
    depth, opened = 0, 0
    for number, one in enumerate(ground.src.tokens):
        if depth == 0 and one.text in (";", "}"):
            opened = number
        depth += {"{": 1, "}": -1}.get(one.text, 0)
        if depth == 0 and one.text == "}":
            if one.start > token.start:
                return ground.src.tokens[opened : number + 1] if opened else ground.src.tokens[: number + 1]
            opened = number
    return [token]


def nearest(wrong: str, words: Iterable[str]) -> list[str]:
    """The words that the fewest slips lead to; `x1` for `x2` is another variable, not a slip."""
    close = [word for word in near(wrong, words) if digits(word) == digits(wrong)]
    fewest = min((slips(wrong, word) for word in close), default=0)
    return [word for word in close if slips(wrong, word) == fewest]


def _renamed(ground: Ground, tokens: list[Token], word: str) -> list[Edit]:
    return [ground.replace(token, word) for token in tokens]


def _own(ground: Ground, wrong: str) -> list[str]:
    """The names of the text, those of the function around the fault first."""
    src = ground.src
    number = src.at(ground.index.offsets(ground.finding.span)[0])
    nearest = sorted(range(len(src.tokens)), key=lambda place: abs(place - number))
    return list(dict.fromkeys(src.word(n) for n in nearest if is_name(src.token(n)) and src.word(n) != wrong))


def _punctuation(ground: Ground) -> Iterator[FixCandidate]:
    match = EXPECTED.search(ground.finding.message)
    if match is None:
        return
    wanted, src = match["token"], ground.src
    line = ground.finding.span.start_line
    start = ground.index.offsets(ground.finding.span)[0]
    places = [src.token(src.before(start)).end]
    if wanted == ";":
        # The compiler names the line of what follows.
        places.append(src.token(src.before(ground.index.offset(line, 0))).end)
    else:
        inside = range(src.from_(ground.index.offset(line, 0)), src.before(ground.index.line_end(line)) + 1)
        places += [src.token(n - 1).end for n in inside if src.word(n) in (";", "{", ")") and n > 0]
    for place in dict.fromkeys(place for place in places if place > 0):
        where = ground.index.position(place)[0]
        more = "" if where == line else f" at the end of line {where + 1}"
        yield ground.candidate(f"Insert '{wanted}'{more}", (ground.insert(place, wanted),), "punctuation")
