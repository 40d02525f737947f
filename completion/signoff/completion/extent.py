"""Where a text leaves the hole: at a closer that the document has, after one block or statement, at a dedent. Pure."""

from __future__ import annotations

import re
from itertools import pairwise

from signoff.completion import nesting
from signoff.completion.context import Hole
from signoff.completion.indentation import width

MAX_LINES = 12
_CONTINUES = re.compile(r"\s*(?:else|while|catch)\b")
_CLAUSE = re.compile(r"\s*(?:elif|else|except|finally|case)\b")
# A line that ends or begins like this belongs to the one before it.
_GOES_ON = re.compile(r"(?:[-=+*/&|^?:<>~!%,.(\[{\\]|\b(?:and|or|not|in|is|if|else|lambda|return))\s*$")
_INCLUDE = re.compile(r"[ \t]*#[ \t]*include\b")
_OPERATOR = re.compile(r"(?:[-+*/%&|^<>=!?~,.]|::)(?<!\+\+)(?<!--)\Z")
_GOES_ON_NEXT = re.compile(r"\s*(?:[-=+*/&|^?:<>~!%,.(\[{;)\]}]|\b(?:and|or)\b)")


def unfinished(text: str, hole: Hole) -> bool:
    """Whether the text ends in the midst of an expression, so that what stands in the next line would go on with it."""
    if hole.language in nesting.PYTHON or hole.line_suffix.strip():
        return False
    code = nesting.code_only(text, hole.language).rstrip()
    if _INCLUDE.match((hole.line_prefix + code).rpartition("\n")[2]):
        return False  # <stdio.h> compares nothing
    if code.endswith(",") and hole.inside in (")", "]", "}") and not nesting.unclosed(text, hole.language):
        return False  # a list's next item
    return _OPERATOR.search(code) is not None


def end_of(text: str, hole: Hole) -> int:
    """The offset in `text` at which it leaves the hole; its length where it does not."""
    if not hole.block:
        line = text.split("\n", 1)[0]
        return _logical(line, hole)[0] if hole.language in nesting.PYTHON else overrun(line, hole)
    limit = _paragraph_end(text, hole)
    if hole.language in nesting.PYTHON:
        return min(limit, _python_end(text, hole))
    return min(limit, overrun(text, hole), _line_statement_end(text, hole))


def overrun(text: str, hole: Hole) -> int:
    """Where the text leaves its block: at a closer that the document has already, or after one whole block."""
    stack: list[str] = []
    missing = list(hole.missing)
    one = hole.single or hole.statement
    begun: list[int] = []  # where conditions of the preprocessor begin that are not ended yet
    for mark in nesting.marks(text, hole.language):
        if mark.closer:
            stack.append(mark.closer)
        elif mark.closes and stack and stack[-1] == mark.closes:
            stack.pop()
            if not stack and _ends_block(mark, text, hole):
                return _label_end(text, mark.end)
        elif mark.closes and not stack and missing and missing[0] == mark.closes:
            missing.pop(0)
        elif mark.closes:
            return mark.start
        elif mark.turn == "if":
            begun.append(mark.start)
        elif mark.turn == "endif" and begun:
            begun.pop()
        elif mark.turn and not begun:
            return mark.start
        elif mark.text == ";" and one and not stack and not _CONTINUES.match(text, mark.end):
            return begun[0] if begun else mark.end
    return begun[0] if begun else len(text)


def _ends_block(mark: nesting.Mark, text: str, hole: Hole) -> bool:
    if mark.closes in (")", "]") or (mark.closes == "}" and hole.language not in nesting.C_LIKE):
        return False
    if _CONTINUES.match(text, mark.end):
        return False
    # `} name;`, `}, {`, `}();`: the statement goes on behind the brace.
    return mark.closes != "}" or re.match(r"[ \t]*;?[ \t]*(?://[^\n]*)?(?:\n|\Z)", text[mark.end :]) is not None


def _label_end(text: str, end: int) -> int:
    label = re.compile(r"[ \t]*(?::[ \t]*\w+|;)").match(text, end)
    return label.end() if label else end


def _paragraph_end(text: str, hole: Hole) -> int:
    """At most MAX_LINES, up to a blank line outside of any block."""
    at, started = 0, False
    for number, line in enumerate(text.split("\n")):
        if number == MAX_LINES:
            return at - 1
        if not line.strip() and started and not nesting.unclosed(text[:at], hole.language):
            return at - 1
        started = started or bool(line.strip())
        at += len(line) + 1
    return len(text)


def _line_statement_end(text: str, hole: Hole) -> int:
    """Where the cursor's statement ends with its line though it has no semicolon: models often leave it out."""
    if not hole.statement:
        return len(text)
    at = 0
    lines = text.split("\n")
    for line, later in pairwise(lines):
        at += len(line)
        goes_on = _GOES_ON.search(_plain(line)) or _GOES_ON_NEXT.match(later)
        if not goes_on and text[:at].strip() and not nesting.unclosed(text[:at], hole.language):
            head = hole.line_prefix + line
            if not re.search(r"\)\s*$|\b(?:begin|else|do)\s*$", _plain(head)) and hole.inside not in (")", "]"):
                return at
        at += 1
    return len(text)


def _plain(line: str) -> str:
    return line.partition("//")[0].rstrip()


def _python_end(text: str, hole: Hole) -> int:
    """Where Python's indentation falls below that of the hole, or one compound statement has come to its end."""
    limit, starts = _logical(text, hole)
    before = hole.line_prefix
    begun = bool(before.strip())
    floor = width(before) if begun else -1
    base = None if begun or not before else width(before)
    deeper = False
    for start in starts:
        line = text[start : text.find("\n", start) % (len(text) + 1)]
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        lead = width(line)
        if start and (hole.statement or (begun and lead <= floor)):
            return start - 1
        if not start and (begun or base is not None):
            continue  # it goes on behind what stands in the cursor's line
        base = lead if base is None else base
        if lead < base or (lead == base and deeper and not _CLAUSE.match(line)):
            return start - 1
        deeper = deeper or lead > base
    return limit


def _logical(text: str, hole: Hole) -> tuple[int, list[int]]:
    """(where a bracket is closed that the text has not opened, the offsets at which lines begin that stand alone)."""
    ends = [0, *(match.end() for match in re.finditer(r"\n", text))]
    held: list[tuple[int, int]] = []  # stretches whose line ends do not count
    stack: list[int] = [0] if hole.inside in (")", "]", "}") else []
    missing, limit = list(hole.missing), len(text)
    for token in nesting.tokens(text, hole.language):
        word = token[0]
        if word in ("(", "[", "{"):
            stack.append(token.start())
        elif word in (")", "]", "}"):
            if not stack or (stack == [0] and hole.inside and missing[:1] != [word]):
                limit = token.start()
                break
            if stack == [0] and hole.inside:
                missing.pop(0)
            held.append((stack.pop(), token.end()))
        elif "\n" in word:
            held.append(token.span())
    if stack[:1] == [0] and hole.inside:
        return limit, [0]
    held += [(start, limit) for start in stack[:1]]
    alone = [at for at in ends if at <= limit and text[at - 2 : at - 1] != "\\"]
    return limit, [at for at in alone if not any(first < at <= last for first, last in held)]
