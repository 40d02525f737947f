"""Vector tables as startup files hold them: assembler (GNU, Arm, IAR) and C. Pure functions from texts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

# A table has the sixteen entries that every Cortex-M has; eight names are the least that one holds (ARMv6-M).
FEWEST_NAMES = 8
_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)
_ASM_COMMENT = re.compile(r"(?m)(?:^\s*\*|;|@(?!function|object|progbits|nobits|note)).*$")
_ASM_WORD = re.compile(
    r"^\s*(?:[\w.$]+:?\s+|[\w.$]+:\s*)??(?:\.word|\.long|\.4byte|\.int|DCD|DC32)\s+(?P<values>.+?)\s*$", re.I
)
# What may stand between two entries of one table without ending it.
_ASM_PASSED = re.compile(r"^\s*(?:#.*|[\w.$]+:|\.(?:org|space|balign|align|p2align)\b.*)?\s*$")
_ASM_WEAK = re.compile(r"(?mi)^\s*(?:\.weak|PUBWEAK)\s+([\w.$, \t]+)$")
_ASM_EXPORT_WEAK = re.compile(r"(?mi)^\s*EXPORT\s+(\w+)\s*\[\s*WEAK\s*\]")
_ASM_ALIAS = re.compile(r"(?mi)^\s*\.(?:thumb_set|set|equ)\s+(\w+)\s*,\s*(\w+)\s*$")
_ASM_LABEL = re.compile(r"(?m)^\s*([A-Za-z_]\w*)\s*(?::|\s+PROC\b|\s*$)")
_NAME = re.compile(r"[A-Za-z_]\w*")
_PRAGMA_WEAK = re.compile(r"(?m)^[ \t]*#[ \t]*pragma[ \t]+weak[ \t]+(\w+)(?:[ \t]*=[ \t]*(\w+))?")
_C_STATEMENT = re.compile(r"[;{}]")
_C_FUNCTION = re.compile(r"\b([A-Za-z_]\w*)\s*\(\s*(?:void)?\s*\)")
_C_ALIAS = re.compile(r"alias\s*\(\s*\"(\w+)\"")
_C_ARRAY = re.compile(r"=\s*\{")
_C_ENTRY = re.compile(r"(?:\[[^\]]*\]\s*=|\.\w+(?:\s*\[[^\]]*\])?\s*=)?(?P<value>.*)", re.S)
_C_VALUE = re.compile(r"^(?:\(\s*[\w\s*]*(?:\(\s*\*?\s*\)\s*\([^()]*\)\s*)?\)\s*)*&?\s*\(?\s*([A-Za-z_]\w*)\s*\)?$")
_HANDLER = re.compile(r"\w*(?:Handler|_handler|_isr|_ISR)$")
_TABLE_HEAD = re.compile(r"vector|isr", re.I)
_WEAK = re.compile(r"\b_*weak_*\b", re.I)
_C_MARKED = re.compile(r"weak|alias", re.I)
# Without any of these a text has neither a table nor weak handlers.
_C_WORTH = re.compile(r"weak|alias|vector|isr_", re.I)


@dataclass(frozen=True, slots=True)
class Vectors:
    """What one startup file says.

    `table` are the names of its vector table in their order ("" for a number or a reserved entry, () where the file has
    no table). `mentioned` are all names in it, `weak` those that another file may define instead, `strong` the labels
    that it defines for good, `aliases` (name, what it stands for) pairs.
    """

    table: tuple[str, ...] = ()
    mentioned: frozenset[str] = frozenset()
    weak: frozenset[str] = frozenset()
    strong: frozenset[str] = frozenset()
    aliases: tuple[tuple[str, str], ...] = field(default_factory=tuple)

    @property
    def names(self) -> frozenset[str]:
        """The handlers' names in the table; the stack's top among them does no harm."""
        return frozenset(self.table) - {""}


def read_assembler(text: str) -> Vectors:
    """What an assembler file says; both branches of its conditionals count."""
    text = _blanked(_COMMENT, text)
    mentioned = frozenset(_NAME.findall(_blanked(_ASM_COMMENT, text)))
    # Arm's and IAR's assembler begin comments with ";", GNU's for Arm with "@": no table holds either otherwise.
    bare = _blanked(_ASM_COMMENT, text)
    weak = {name for match in _ASM_WEAK.finditer(bare) for name in _NAME.findall(match[1])}
    weak |= {match[1] for match in _ASM_EXPORT_WEAK.finditer(bare)}
    aliases = tuple((match[1], match[2]) for match in _ASM_ALIAS.finditer(bare))
    labels = {match[1] for match in _ASM_LABEL.finditer(bare)}
    strong = labels - weak - {name for name, _ in aliases}
    return Vectors(_assembler_table(bare), mentioned, frozenset(weak), frozenset(strong), aliases)


def read_c(text: str) -> Vectors:
    """What a C or C++ file says of vector tables; `strong` stays empty: its functions are the parser's business."""
    bare = _blanked(_COMMENT, text) if _C_WORTH.search(text) else ""
    weak = {match[1] for match in _PRAGMA_WEAK.finditer(bare)}
    aliases = [(match[1], match[2]) for match in _PRAGMA_WEAK.finditer(bare) if match[2]]
    for statement in _C_STATEMENT.split(bare):
        function = _C_FUNCTION.search(statement) if _C_MARKED.search(statement) else None
        if function:
            weak |= {function[1]} if _WEAK.search(statement) else set()
            aliases += [(function[1], match[1]) for match in _C_ALIAS.finditer(statement)]
    return Vectors(_c_table(bare), frozenset(), frozenset(weak), frozenset(), tuple(aliases))


def merged(parts: Iterable[Vectors]) -> Vectors:
    """All startup files of an image as one: the longest table counts, names of all of them."""
    parts = tuple(parts)
    tables = sorted((part.table for part in parts), key=len)
    strong = frozenset().union(*(part.strong for part in parts))
    return Vectors(
        tuple(name for table in reversed(tables) for name in table),
        frozenset().union(*(part.mentioned for part in parts)),
        frozenset().union(*(part.weak for part in parts)),
        strong,
        tuple(alias for part in parts for alias in part.aliases),
    )


def _assembler_table(text: str) -> tuple[str, ...]:
    """The longest run of words with enough names in it."""
    best: tuple[str, ...] = ()
    run: list[str] = []
    for line in text.splitlines():
        match = _ASM_WORD.match(line)
        if match:
            run += [value if _NAME.fullmatch(value) else "" for value in re.split(r"\s*,\s*", match["values"])]
        elif not _ASM_PASSED.match(line):
            best, run = _longer(best, run), []
    return _longer(best, run)


def _longer(best: tuple[str, ...], run: list[str]) -> tuple[str, ...]:
    return tuple(run) if len(run) > len(best) and sum(map(bool, run)) >= FEWEST_NAMES else best


def _c_table(text: str) -> tuple[str, ...]:
    """The longest initialiser that names enough handlers and is declared as a table of vectors."""
    best: tuple[str, ...] = ()
    for match in _C_ARRAY.finditer(text):
        head = text[max(text.rfind(end, 0, match.start()) for end in ";{}") + 1 : match.start()]
        if not _TABLE_HEAD.search(head):
            continue
        names = [_value(entry) for entry in _entries(text, match.end())]
        if sum(1 for name in names if _HANDLER.match(name)) >= FEWEST_NAMES and len(names) > len(best):
            best = tuple(names)
    return best


def _value(entry: str) -> str:
    """The name that one entry of an initialiser is; "" for a number or something else."""
    entry = re.sub(r"(?m)^\s*#.*$", "", entry).strip()
    match = _C_ENTRY.fullmatch(entry)
    value = _C_VALUE.match(match["value"].strip()) if match else None
    return value[1] if value else ""


def _entries(text: str, start: int) -> Iterable[str]:
    """The entries of the initialiser whose "{" ends at `start`; those of inner braces count as its own."""
    depth, round_depth, begin = 1, 0, start
    for at in range(start, len(text)):
        letter = text[at]
        if letter in "([":
            round_depth += 1
        elif letter in ")]":
            round_depth -= 1
        elif letter in "{}," and (letter != "," or round_depth == 0):
            yield text[begin:at]
            begin = at + 1
            depth += {"{": 1, "}": -1}.get(letter, 0)
            if depth == 0:
                return


def _blanked(pattern: re.Pattern[str], text: str) -> str:
    """The text with what matches turned to blanks; lines stay where they are."""
    return pattern.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
