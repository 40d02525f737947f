"""Names with letters beyond ASCII: nvcc takes them, NVRTC does not. It gets names of as many bytes in their place.

So every column stays, and what it says is told with the names as they were. Strings and comments are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# What is no code: comments, strings (raw ones first), characters; numbers may hold a quote.
TOKEN = re.compile(
    r"//[^\n]*|/\*.*?(?:\*/|\Z)|\bu?8?[LU]?R\"([^\s()\\]{0,16})\(.*?\)\1\"|\"(?:\\.|[^\"\\\n])*\"?"
    r"|\.?\d(?:'?[\w.])*|'(?:\\.|[^'\\\n])*'?|(?P<word>[^\W\d]\w*)",
    re.DOTALL,
)
ASCII_WORD = re.compile(r"[A-Za-z_]\w*", re.ASCII)


def words(texts: Iterable[str]) -> dict[str, str]:
    """What stands for each name with such letters in these texts: of as many bytes, and no other name in them."""
    found: set[str] = set()
    taken: set[str] = set()
    for text in texts:
        if not text.isascii():
            found.update(match["word"] for match in TOKEN.finditer(text) if match["word"])
            taken.update(ASCII_WORD.findall(text))
    names = {name: _plain(name) for name in found if not name.isascii()}
    unique = len(set(names.values())) == len(names) and taken.isdisjoint(names.values())
    return names if unique else {}


def _plain(name: str) -> str:
    return "".join(letter if letter.isascii() else _digits(letter) for letter in name)


def _digits(letter: str) -> str:
    """The letter's number in digits of ALPHABET, as many as it has bytes."""
    number, digits = ord(letter), ""
    for _ in range(len(letter.encode("utf-8", "replace"))):
        number, digit = divmod(number, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits


def plain(text: str, names: Mapping[str, str]) -> str:
    """The text with the names that stand for others."""
    if not names or text.isascii():
        return text
    return TOKEN.sub(lambda match: names.get(match["word"] or "", match[0]), text)


def told(text: str, names: Mapping[str, str]) -> str:
    """What was said of a text with such names, with the names as they were."""
    if not names:
        return text
    stood = {short: name for name, short in names.items()}
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, stood))})(?!\w)")
    return pattern.sub(lambda match: stood[match[0]], text)


def beyond(line: str, names: Mapping[str, str]) -> bool:
    """Whether there is more beyond ASCII on a line of code than such names, strings and comments."""
    if line.isascii():
        return False
    rest = TOKEN.sub(lambda match: "" if (match["word"] or "") in names or not match["word"] else match[0], line)
    return not rest.isascii()
