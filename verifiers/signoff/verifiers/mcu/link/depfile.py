"""What gcc's -MD writes: the files that went into an object, as a rule of make."""

from __future__ import annotations

import re

WORD = re.compile(r"(?:\\[ #]|\$\$|[^\s$])+")


def inputs(text: str) -> tuple[str, ...]:
    """The files behind the first colon, make's escapes undone. Pure."""
    _, _, rule = text.replace("\\\r\n", " ").replace("\\\n", " ").partition(": ")
    rule = rule.split("\n", 1)[0]
    words = (match[0] for match in WORD.finditer(rule))
    return tuple(re.sub(r"\\([ #])", r"\1", word).replace("$$", "$") for word in words)
