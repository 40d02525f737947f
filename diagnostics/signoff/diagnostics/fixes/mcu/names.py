"""Misspelt names: of functions, macros, types and members, and of interrupt handlers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.gpu.tokens import is_name
from signoff.diagnostics.fixes.mcu.ground import Ground
from signoff.diagnostics.fixes.mcu.headers import reached, words
from signoff.diagnostics.fixes.source import Token, quoted
from signoff.verifiers.finding import Severity
from signoff.verifiers.mcu.facts import LINK
from signoff.verifiers.mcu.link.names import nearest
from signoff.verifiers.slips import digits, near, slips

UNDECLARED, UNDEFINED = "implicit-function-declaration", "UndefinedReference"
UNKNOWN_HANDLER, MISSING_HANDLER = "UnknownHandler", "MissingHandler"
SUGGESTION = re.compile(r"did you mean '(\w+)'")
UNKNOWN = re.compile(
    r"undeclared|unknown type name|implicit declaration|has no member named|was not declared|not declared",
    re.IGNORECASE,
)
INSTANCE = re.compile(r"GPIO([A-K])(?![a-z])|(?<![A-Za-z])P([A-K])(?=\d)")
# Beyond so many letters more or fewer, a word is no slip of another.
LENGTHS = 2
# gcc itself tells of a slip in the first letters; what begins alike is found quickly.
BEGINNING = 3
RULE = "names"


def propose(ground: Ground) -> Iterator[FixCandidate]:
    """Put the name that was meant in place of one that nothing declares or defines."""
    code = ground.finding.code
    if code == UNKNOWN_HANDLER:
        yield from _handler(ground)
    elif code == MISSING_HANDLER:
        yield from _missing(ground)
    elif ground.finding.severity is Severity.ERROR and (wrong := wrong_name(ground)):
        yield from _misspelt(ground, wrong)


def wrong_name(ground: Ground) -> str:
    """The name that the compiler or the linker does not know; "" where the finding is about something else."""
    if ground.finding.code == UNDEFINED:
        return ground.data.get("name", "")
    if ground.finding.tool == LINK or UNKNOWN.search(ground.finding.message) is None:
        return ""
    names = quoted(ground.finding.message)
    if "has no member" in ground.finding.message:
        return names[-1] if names and not SUGGESTION.search(ground.finding.message) else names[-2] if names[1:] else ""
    return names[0] if names else ""


def _misspelt(ground: Ground, wrong: str) -> Iterator[FixCandidate]:
    here = _token(ground, wrong)
    if here is None:
        return
    member = ground.src.word(ground.src.at(here.start) - 1) in (".", "->")
    for word in _meant(ground, wrong, member):
        yield from _misdefined(ground, wrong, word)
        title = f"Replace '{wrong}' by '{word}'"
        for tokens, where in _places(ground, here, wrong, member):
            edits = [ground.replace(one, word) for one in tokens]
            yield ground.candidate(f"{title}{where}", edits, RULE, (wrong,), links=() if member else (word,))


def _misdefined(ground: Ground, wrong: str, word: str) -> Iterator[FixCandidate]:
    """A function of this file that nothing else of it uses, and whose name is nearly the one that is used."""
    if sum(one.text == word for one in ground.src.tokens) == 1 and any(
        ground.src.word(b.name) == word for b in ground.bodies
    ):
        token = next(one for one in ground.src.tokens if one.text == word)
        title = f"Rename the unused '{word}' to '{wrong}'"
        yield ground.candidate(title, [ground.replace(token, wrong)], RULE, (word,), links=(wrong,))


def _token(ground: Ground, wrong: str) -> Token | None:
    """The name where the tool stood; in a macro's argument, on its line."""
    line = ground.finding.span.start_line
    start = ground.index.offsets(ground.finding.span)[0]
    found = [one for one in ground.src.tokens if one.text == wrong and is_name(one)]
    on_line = [one for one in found if ground.index.position(one.start)[0] == line]
    return next((one for one in on_line if one.end > start), next(iter(on_line), None))


def _places(ground: Ground, here: Token, wrong: str, member: bool) -> Iterator[tuple[list[Token], str]]:
    """Which of the name's places to change, in the order to try: the tools tell of a name only where it comes first."""
    every = [one for one in ground.src.tokens if one.text == wrong]
    inside = ground.body(ground.src.at(here.start))
    own = [one for one in every if inside and inside.opened <= ground.src.at(one.start) <= inside.closed]
    if member or len(every) == 1:
        yield [here], ""
    if not member and 1 < len(own) < len(every):
        yield own, ", in the whole function"
    if len(every) > 1:
        yield every, ", in the whole file"


def _meant(ground: Ground, wrong: str, member: bool) -> list[str]:
    """What may have been meant, the likeliest first: a slip away, and no name that differs in its number."""
    told = [match for text in _said(ground, wrong) for match in SUGGESTION.findall(text)]
    told += ground.data.get("near", "").split()
    told += [name for one in _linked(ground, wrong) for name in dict(one).get("near", "").split()]
    told += [str(edit.get("text", "")) for edit in json.loads(ground.data.get("fixits") or "[]")]
    own = frozenset(word for word in ground.names - {wrong} if _alike(word, wrong))
    pool = () if member else (own, _declared_around(ground, wrong))
    close = [*told, *nearest(wrong, pool)] if pool else told
    kept = [word for word in dict.fromkeys(close) if _is_slip(wrong, word)]
    return sorted(kept, key=lambda word: slips(wrong.casefold(), word.casefold()))


def _said(ground: Ground, wrong: str) -> Iterator[str]:
    yield ground.finding.message
    yield from (one.message for one in ground.finding.related if wrong in one.message)


def _is_slip(wrong: str, word: str) -> bool:
    """Whether one name may be a slip of the other: `GPIOA` for `GPIOB` is another port, `TIM1` another timer."""
    if not word.isidentifier() or word == wrong or digits(word) != digits(wrong):
        return False
    if wrong.replace("_", "").casefold() == word.replace("_", "").casefold():
        return True
    return _instances(wrong) == _instances(word) and bool(near(wrong, [word]))


def _instances(word: str) -> list[tuple[str, str]]:
    """The letters of ports in a name: like digits they name another thing."""
    return INSTANCE.findall(word)


def _linked(ground: Ground, wrong: str) -> Iterator[tuple[tuple[str, str], ...]]:
    """What the linker knows of the name."""
    outcome = ground.known.get(LINK)
    for one in outcome.findings if outcome is not None and outcome.ran else ():
        if one.code == UNDEFINED and dict(one.data).get("name") == wrong:
            yield one.data


def _declared_around(ground: Ground, wrong: str) -> frozenset[str]:
    """The names in the headers that the document includes which begin alike, and differ in few letters."""
    found = {word for path in reached(ground) for word in words(path, wrong[:BEGINNING])}
    return frozenset(word for word in found if _alike(word, wrong))


def _alike(word: str, wrong: str) -> bool:
    """A quick look, as headers hold tens of thousands of names: two slips change four letters at the most."""
    letters = set(word.casefold()) ^ set(wrong.casefold())
    return abs(len(word) - len(wrong)) <= LENGTHS and len(letters) <= 2 * LENGTHS


def _handler(ground: Ground) -> Iterator[FixCandidate]:
    """The handler's name as the vector table has it."""
    wrong = ground.data.get("name", "")
    told = ground.data.get("near", "").split()
    known = ground.part.handlers if ground.part is not None else ()
    # Another number is another interrupt, where one with this number is as near.
    own = [word for word in (*told, *nearest(wrong, (frozenset(known),))) if digits(word) == digits(wrong)]
    for word in dict.fromkeys(own or told[:1]):
        yield from _renamed(ground, wrong, word)


def _missing(ground: Ground) -> Iterator[FixCandidate]:
    """The function of this file whose name is nearly that of the missing handler."""
    word = ground.data.get("name", "")
    defined = {ground.src.word(one.name) for one in ground.bodies}
    for wrong in ground.data.get("near", "").split():
        if wrong in defined:
            yield from _renamed(ground, wrong, word)


def _renamed(ground: Ground, wrong: str, word: str) -> Iterable[FixCandidate]:
    tokens = [one for one in ground.src.tokens if one.text == wrong]
    if tokens and word not in ground.names:
        title = f"Rename '{wrong}' to '{word}'"
        yield ground.candidate(title, [ground.replace(one, word) for one in tokens], RULE, (wrong,), links=(word,))
