"""Which block keyword closes which, and where a missing one belongs: keywords and indentation, no grammar."""

from __future__ import annotations

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
        if stack[depth].word in ("module", "macromodule", "package", "interface"):
            break
    result.surplus.append(number)


def enclosing(text: str, offset: int, words: tuple[str, ...]) -> Block | None:
    """The innermost block of one of the kinds around an offset, by strict nesting."""
    src, found = source(text), None
    for block in structure(text).blocks:
        if src.tokens[block.opener].start > offset:
            break
        inside = block.closer < 0 or src.tokens[block.closer].end >= offset
        if inside and block.word in words:
            found = block
    return found


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
        line = index.position(src.tokens[block.opener].start)[0]
        indent = indent_of(index.line(line))
        if block.closer >= 0 and not _left_of(src, index, block.closer, indent):
            continue
        place = _dedent(text, index, line, indent, block)
        if place is not None:
            found.append(Gap(block, place, indent))
    return sorted(found, key=lambda gap: (gap.offset, -gap.block.opener))


def _width(indent: str) -> int:
    return len(indent.expandtabs(8))


def _left_of(src: Source, index: LineIndex, closer: int, indent: str) -> bool:
    line, column = index.position(src.tokens[closer].start)
    before = index.line(line)[:column]
    return not before.strip() and _width(before) < _width(indent)


def _dedent(text: str, index: LineIndex, line: int, indent: str, block: Block) -> int | None:
    """The start of the first line after the opener's that the block's layout no longer holds."""
    deeper = False
    for number in range(line + 1, len(index.starts)):
        content = index.line(number)
        stripped = content.strip()
        if not stripped or stripped.startswith(("//", "`", "/*", "*")):
            continue
        if block.word in ("module", "macromodule", "package", "interface"):
            if stripped.split()[0] in ("module", "macromodule", "package", "interface"):
                return index.starts[number]
            continue
        if _width(indent_of(content)) > _width(indent):
            deeper = True
        elif deeper or stripped.split()[0].rstrip(";:") in END_WORDS:
            return index.starts[number]
        else:
            return None
    return len(text) if block.closer < 0 else None
