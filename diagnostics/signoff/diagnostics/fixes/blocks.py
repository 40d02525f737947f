"""Which block keyword closes which, and where a missing one belongs: keywords and indentation, no grammar."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from signoff.diagnostics.fixes.source import Source, indent_of, source
from signoff.verifiers.text import LineIndex

CLOSERS: dict[str, tuple[str, ...]] = {
    "begin": ("end",),
    "case": ("endcase",),
    "casex": ("endcase",),
    "casez": ("endcase",),
    "module": ("endmodule",),
    "macromodule": ("endmodule",),
    "function": ("endfunction",),
    "task": ("endtask",),
    "generate": ("endgenerate",),
    "package": ("endpackage",),
    "interface": ("endinterface",),
    "class": ("endclass",),
    "fork": ("join", "join_any", "join_none"),
}
HEADERS = frozenset(
    ("if", "else", "for", "while", "repeat", "forever", "always", "always_ff", "always_comb", "always_latch", "initial")
)
UNITS = ("module", "macromodule", "package", "interface")
END_WORDS = frozenset(word for words in CLOSERS.values() for word in words)
# `extern function f();`, `import "DPI-C" function`, `typedef class c;`, `virtual interface v` open nothing.
_DECLARING = frozenset(("extern", "import", "export", "pure", "typedef", "context", "disable", "wait"))


@dataclass(slots=True)
class Block:
    """An opening keyword and, by strict nesting, its closing one; token indices, -1 where it is missing."""

    word: str
    opener: int
    closer: int = -1
    parent: Block | None = None

    @property
    def end_word(self) -> str:
        """The keyword that closes it."""
        return CLOSERS[self.word][0]


@dataclass(slots=True)
class Structure:
    """All blocks of a text in the order of their openers, and the closers that close nothing (token indices)."""

    blocks: list[Block] = field(default_factory=list)
    surplus: list[int] = field(default_factory=list)


@lru_cache(maxsize=8)
def structure(text: str) -> Structure:
    """The block structure of a text."""
    src, result, stack = source(text), Structure(), list[Block]()
    for number, token in enumerate(src.tokens):
        if token.kind != "word":
            continue
        if token.text in CLOSERS and _opens(src, number):
            stack.append(Block(token.text, number, parent=stack[-1] if stack else None))
            result.blocks.append(stack[-1])
        elif token.text in END_WORDS:
            _close(stack, token.text, number, result)
    return result


def _opens(src: Source, number: int) -> bool:
    word = src.word(number)
    before = {src.word(number - step) for step in (1, 2, 3, 4)} if word in ("function", "task", "class") else set()
    if word == "interface":
        return src.word(number - 1) not in ("virtual", "typedef") and src.word(number + 1) not in (".", ")", ",")
    if word == "fork":
        return src.word(number - 1) not in ("disable", "wait")
    return not before & _DECLARING


def _close(stack: list[Block], word: str, number: int, result: Structure) -> None:
    for depth in range(len(stack) - 1, -1, -1):
        if word in CLOSERS[stack[depth].word]:
            stack[depth].closer = number
            del stack[depth:]
            return
        # A begin does not reach beyond its module: an `end` there is surplus, not the end of the module before.
        if stack[depth].word in UNITS:
            break
    result.surplus.append(number)


def enclosing(text: str, offset: int, words: tuple[str, ...]) -> Block | None:
    """The innermost block of one of the kinds around an offset, by strict nesting."""
    src, found = source(text), None
    for block in structure(text).blocks:
        if src.token(block.opener).start > offset:
            break
        inside = block.closer < 0 or src.token(block.closer).end >= offset
        if inside and block.word in words:
            found = block
    return found


_LABEL = re.compile(r"\s*(default\b\s*:?|[\w'?.]+(\s*,\s*[\w'?.]+)*\s*:(?![:=]))")


def labels_after(text: str, index: LineIndex, block: Block) -> Iterator[int]:
    """Starts of lines inside an unclosed `begin` of a case arm that look like the next arm: it ended before."""
    src = source(text)
    if block.word != "begin" or block.parent is None or not block.parent.word.startswith("case"):
        return
    inner = [other for other in structure(text).blocks if other.parent is block and other.closer >= 0]
    spans = [(src.token(other.opener).start, src.token(other.closer).end) for other in inner]
    for line in range(index.position(src.token(block.opener).start)[0] + 1, len(index.starts)):
        start = index.starts[line]
        if _LABEL.match(index.line(line)) and not any(low < start < high for low, high in spans):
            yield start
        if index.line(line).lstrip().startswith(("endcase", "endmodule")) and not any(a < start < b for a, b in spans):
            return


@dataclass(frozen=True, slots=True)
class Gap:
    """A block that seems to lack its closer: where the layout says it ends (offset of a line start)."""

    block: Block
    offset: int
    indent: str


def gaps(text: str, index: LineIndex) -> list[Gap]:
    """The blocks whose closer is missing or stands too far left, the likeliest first.

    One missing `end` shifts the closers of every block around it, each to the next one's; the innermost of
    them, whose text ends first, is the one that lacks its own.
    """
    src, found = source(text), list[Gap]()
    for block in structure(text).blocks:
        line = index.position(src.token(block.opener).start)[0]
        indent = indent_of(index.line(line))
        if block.closer >= 0 and not _left_of(src, index, block.closer, indent):
            continue
        places = (_dedent(text, index, line, indent, block), next(labels_after(text, index, block), None))
        found += [Gap(block, place, indent) for place in dict.fromkeys(places) if place is not None]
    return sorted(found, key=lambda gap: (gap.offset, -gap.block.opener))


def _width(indent: str) -> int:
    return len(indent.expandtabs(8))


def _left_of(src: Source, index: LineIndex, closer: int, indent: str) -> bool:
    line, column = index.position(src.token(closer).start)
    before = index.line(line)[:column]
    return not before.strip() and _width(before) < _width(indent)


def _unit_end(text: str, index: LineIndex, line: int) -> int:
    """The line after the last code of a unit: the next unit's directives and comments belong to that one."""
    last = line
    for number in _code_lines(text, index, line + 1):
        if index.line(number).split()[0] in UNITS:
            break
        last = number
    return _after(index, last)


def _code_lines(text: str, index: LineIndex, line: int) -> Iterator[int]:
    """The lines from `line` on that begin with code: no blank ones, comments or directives."""
    src = source(text)
    for token in src.tokens[src.from_(index.offset(line, 0)) :]:
        number, column = index.position(token.start)
        if number >= line and token.kind != "directive":
            line = number + 1
            if not index.line(number)[:column].strip():
                yield number


def _dedent(text: str, index: LineIndex, line: int, indent: str, block: Block) -> int | None:
    """The start of the line after the last one that the block's layout holds; None where it tells nothing."""
    if block.word in UNITS:
        return _unit_end(text, index, line)
    deeper, last = False, line
    for number in _code_lines(text, index, line + 1):
        content = index.line(number)
        stripped = content.strip()
        depth = _width(indent_of(content)) - _width(indent)
        # `end else begin` that has lost its `end` leaves the `else` a column or more to the right.
        if stripped.startswith("else") and depth <= 4 and block.word == "begin" and deeper:
            depth = 0
        if depth > 0:
            deeper = True
        elif block.word.startswith("case") and depth == 0 and _LABEL.match(content):
            # Arms may stand at the indentation of their case.
            deeper = True
        elif deeper or stripped.split()[0].rstrip(";:") in END_WORDS:
            return _after(index, last)
        else:
            return None
        last = number
    return len(text) if block.closer < 0 else None


def _after(index: LineIndex, line: int) -> int:
    """The start of the line after one, and after the `endif that closes what the line may stand in."""
    following = line + 1
    while index.line(following).lstrip().startswith("`endif"):
        following += 1
    return index.starts[following] if following < len(index.starts) else len(index.text)


def lost_begins(text: str, index: LineIndex) -> list[int]:
    """Ends of control headers and case labels without `begin` below whose deeper lines their `end` stands."""
    src, found = source(text), list[int]()
    for number, token in enumerate(src.tokens):
        last = _header_last(src, number)
        if last is None or last + 1 >= len(src.tokens) or src.word(last + 1) in ("begin", ";"):
            continue
        line = index.position(token.start)[0]
        content = index.line(line)
        if content[: token.start - index.starts[line]].strip() not in ("", "end", "end else", "else", "generate"):
            continue
        body = index.position(src.token(last + 1).start)[0]
        if body > index.position(src.token(last).start)[0] and _ends_at(index, body, indent_of(content)):
            found.append(src.token(last).end)
    return found


def _header_last(src: Source, number: int) -> int | None:
    """The last token of `if (...)`, `always @(...)`, `else`, `LABEL:`; None where no header starts here."""
    word, following = src.word(number), src.word(number + 1)
    if src.token(number).kind in ("word", "number") and following == ":" and word not in HEADERS:
        return number + 1
    if word not in HEADERS or src.token(number).kind != "word" or (word == "else" and following == "if"):
        return None
    if following == "@":
        return src.closing(number + 2) if src.word(number + 2) == "(" else number + 2
    return src.closing(number + 1) if following == "(" else number


def _ends_at(index: LineIndex, line: int, indent: str) -> bool:
    """Whether deeper lines begin at `line` and the first that is not deeper is an `end` at this depth."""
    deeper = False
    for number in _code_lines(index.text, index, line):
        content = index.line(number)
        depth = _width(indent_of(content)) - _width(indent)
        if depth <= 0:
            return deeper and depth == 0 and re.match(r"\s*end\b", content) is not None
        deeper = True
    return False
