"""What a condition of the preprocessor may have kept from NVRTC: it defines neither __NVCC__ nor __GNUC__.

A name that is declared under one may be there for nvcc.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from signoff.verifiers.gpu.compile.blank import Region

DIRECTIVE = re.compile(rb"^[ \t]*#[ \t]*(if|ifdef|ifndef|endif|\w+)\b[^\n]*", re.MULTILINE)
COMMENT = re.compile(rb"//[^\n]*|/\*.*?\*/", re.DOTALL)
UNKNOWN = re.compile(r"unrecognized preprocessing directive")
UNBALANCED = re.compile(r"the #\w+ for this directive is missing")
# Directives of GNU's preprocessor, and those of newer standards, that NVRTC may not know.
GNU = frozenset(b"import ident sccs assert unassert include_next warning error embed elifdef elifndef".split())
OPENS = frozenset((b"if", b"ifdef", b"ifndef"))
GUARD = re.compile(rb"\s*#\s*(?:ifndef|if\s*!\s*defined)[\s(]+(\w+)[^\n]*\n\s*#\s*define\s+\1\b")


def conditional(data: bytes) -> tuple[tuple[int, int], ...]:
    """The stretches of a file under some condition, outermost ones, the guard against a second inclusion left out."""
    found = list(DIRECTIVE.finditer(data))
    guarded = len(found) > 2 and GUARD.match(found[0][0] + b"\n" + found[1][0]) and found[-1][1] == b"endif"
    return tuple(_stretches(found[1:-1] if guarded else found, len(data)))


def _stretches(found: Iterable[re.Match[bytes]], end: int) -> Iterator[tuple[int, int]]:
    depth = start = 0
    for match in found:
        if match[1] in OPENS:
            start = match.start() if depth == 0 else start
            depth += 1
        elif match[1] == b"endif" and depth:
            depth -= 1
            if depth == 0:
                yield start, match.end()
    if depth:
        yield start, end


def fault(message: str, line: bytes, data: bytes) -> bool | None:
    """Whether a message about a directive, which stands on `line` of a file, is true of the file with all its parts.

    None where it is about something else.
    """
    if UNKNOWN.match(message):
        word = DIRECTIVE.match(line)
        return word is not None and word[1] not in GNU
    if UNBALANCED.match(message):
        words = [match[1] for match in DIRECTIVE.finditer(COMMENT.sub(b"", data))]
        return sum(word in OPENS for word in words) != words.count(b"endif")
    return None


def declared_under_one(data: bytes, regions: Iterable[Region], name: str) -> bool:
    """Whether a declaration or #define of the name stands under a condition."""
    word = name.encode()
    if word not in data:
        return False
    define = re.compile(rb"^[ \t]*#[ \t]*define[ \t]+%s\b" % re.escape(word), re.MULTILINE)
    places = [region.start for region in regions if name in region.names]
    places += [match.start() for match in define.finditer(data)]
    return any(start <= place < end for start, end in conditional(data) for place in places)
