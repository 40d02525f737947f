"""Headers that end with #error unless a macro says for which microcontroller they are read: which one it may be. Pure.

stm32f4xx.h asks for one of STM32F405xx to STM32F479xx, libopencm3 for STM32F0 to STM32U5; a build says it with -D.
"""

from __future__ import annotations

import re

_DIRECTIVE = re.compile(r"[ \t]*#[ \t]*(if|ifdef|ifndef|elif|else|endif)\b(.*)")
# Names with an underscore in front are the compiler's.
_NAMED = re.compile(r"\bdefined[ \t]*\(?[ \t]*([A-Za-z]\w{2,})")
# Where nothing tells the parts apart, the one that most boards for learning have.
_USUAL = ("stm32f407", "stm32f4")


def asked_for(text: str, line: int, evidence: str) -> str:
    """The macro that fits best, of those that the conditions around the #error in `line` (from 0) ask for; "" for none.

    `evidence` is whatever may name the part: the document's path and text.
    """
    names = _names(text.split("\n")[:line])
    seen = evidence.lower()
    return max(names, key=lambda name: (_known(name, seen), _usual(name)), default="")


def _names(above: list[str]) -> tuple[str, ...]:
    """What the innermost conditions that are open at the end of the lines ask to be defined."""
    groups: list[list[str]] = []
    for match in filter(None, map(_DIRECTIVE.match, above)):
        word, rest = match.groups()
        if word.startswith("if"):
            groups.append([rest if word == "if" else f"defined({rest.strip()})"])
        elif word == "elif" and groups:
            groups[-1].append(rest)
        elif word == "endif" and groups:
            groups.pop()
    for group in reversed(groups):
        found = dict.fromkeys(name for condition in group for name in _NAMED.findall(condition))
        if own := tuple(name for name in found if not name.endswith(("_H", "_H_"))):
            return own
    return ()


def _known(name: str, evidence: str) -> int:
    """How many letters of a macro's name the evidence has, from its first on; too few are chance."""
    stem = name.lower().rstrip("x").rstrip("_")
    return next((end for end in range(len(stem), 5, -1) if stem[:end] in evidence), 0)


def _usual(name: str) -> int:
    lower = name.lower()
    return next((len(_USUAL) - rank for rank, one in enumerate(_USUAL) if lower.startswith(one)), 0)
