"""The first lines of what encloses a window: a module's ports, a function's arguments, a file's includes."""

from __future__ import annotations

import re

from signoff.completion import nesting

# A unit so far above the window is not looked for: it would be read at every key.
FAR = 400_000
# Comments that begin a file are its licence where they say so or are this long, in lines.
LONG_COMMENT = 6
# From the line end before it, which is found in a tenth of the time that each line's start takes.
_UNIT = re.compile(r"\n[ \t]*(?:module|macromodule|interface|package|program|class)\b(?!.*\bendmodule\b)")
_COMMENTS = re.compile(r"\ufeff?(?:\s+|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_HASH_COMMENTS = re.compile(r"\ufeff?(?:\s+|#[^\n]*)*")
_LICENCE = re.compile(r"licen[cs]e|copyright|SPDX", re.IGNORECASE)
_PREPROCESSOR = re.compile(r"^[ \t]*#[ \t]*(?:include|define|pragma|if|ifdef|ifndef|endif|else)\b.*$", re.MULTILINE)
_PYTHON_TOP = re.compile(r"^(?:import|from)\b.*$", re.MULTILINE)
_PYTHON_BLOCK = re.compile(r"^([ \t]*)(?:async[ \t]+def|def|class)\b[^\n]*$", re.MULTILINE)
_PYTHON_END = re.compile(r":[ \t]*(?:#[^\n]*)?$", re.MULTILINE)
# A definition begins at the margin, with a word, and its line is no whole statement.
_C_BLOCK = re.compile(r"^(?!#|//|/\*|\}|\s)[A-Za-z_][^;\n]*$", re.MULTILINE)


def first_code(text: str, language: str) -> int:
    """Where a file begins after its licence; 0 where it has none."""
    comments = (_HASH_COMMENTS if language in nesting.PYTHON else _COMMENTS).match(text[:20_000])
    if comments is None:
        return 0
    said = comments[0]
    if said.count("\n") < LONG_COMMENT and not _LICENCE.search(said):
        return 0
    # A remark right above the code belongs to it.
    return text.rfind("\n", 0, comments.end()) + 1


def head(text: str, start: int, room: int, language: str) -> str:
    """At most `room` characters, in whole lines, of what encloses the offset `start`; "" where nothing does."""
    above = text[max(0, start - FAR) : start]
    if language in nesting.VERILOG:
        return _within(_verilog(above), room)
    if language in nesting.PYTHON:
        top, block = _lines(_PYTHON_TOP, above), _python(above, text[start : start + 200])
    else:
        top, block = _lines(_PREPROCESSOR, above), _c(above)
    block = _within(block, room)
    return _within(top, max(room - len(block), 0)) + block


def _verilog(above: str) -> str:
    """A unit from its first word to the end of its header."""
    units = list(_UNIT.finditer(f"\n{above}"))
    if not units:
        return ""
    start = units[-1].start()  # in `above`, which lacks the line end in front
    for mark in nesting.marks(above[start : start + 20_000], "systemverilog"):
        # In an old module the ports are declared behind the header; an import may stand within it.
        if mark.text == ";" and ")" in above[start : start + mark.end]:
            end = above.find("\n", start + mark.end)
            return above[start : end + 1 if end >= 0 else len(above)]
    return above[start:]


def _c(above: str) -> str:
    """The head of the function that is open at the end of `above`."""
    last = None
    closed = max(above.rfind("\n}"), 0)
    for found in _C_BLOCK.finditer(above, closed):
        last = found
    if last is None:
        return ""
    # Its attributes and template line stand above it, without a blank line between.
    start = above.rfind("\n\n", closed, last.start())
    start = last.start() if start < 0 or last.start() - start > 400 else start + 2
    end = above.find("{", last.start())
    line_end = above.find("\n", end) if end >= 0 else -1
    return above[start : line_end + 1] if line_end >= 0 else ""


def _python(above: str, below: str) -> str:
    """The lines `def` and `class` that the text below is indented under, outermost first."""
    first = next((line for line in below.split("\n") if line.strip()), "")
    depth = len(first) - len(first.lstrip())
    chain: list[str] = []
    for found in reversed(list(_PYTHON_BLOCK.finditer(above))):
        if len(found[1]) < depth:
            depth = len(found[1])
            end = _PYTHON_END.search(above, found.start(), found.start() + 2000)
            chain.append(above[found.start() : end.end() if end else found.end()] + "\n")
        if not depth:
            break
    return "".join(reversed(chain))


def _lines(pattern: re.Pattern[str], above: str) -> str:
    return "".join(f"{found[0]}\n" for found in pattern.finditer(above))


def _within(text: str, room: int) -> str:
    if len(text) <= room:
        return text
    ends = [0, *(found.end() for found in re.finditer("\n", text))]
    return text[: max((end for end in ends if end <= room), default=0)]
