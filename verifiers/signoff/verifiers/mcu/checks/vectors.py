"""Vector tables as startup files hold them: in assembler (GNU, Arm, IAR), and in C as the parser gives it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from signoff.verifiers.mcu.source.facts import SourceFacts, Variable

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
_PRAGMA_WEAK = re.compile(r"weak\s+(\w+)(?:\s*=\s*(\w+))?")
_ALIAS = re.compile(r"\balias\s*\(\s*\"(\w+)\"")
_HANDLER = re.compile(r"\w*(?:Handler|_handler|_isr|_ISR|_interrupt)")
_TABLE_HEAD = re.compile(r"vector|isr", re.I)


@dataclass(frozen=True, slots=True)
class Vectors:
    """What one startup file says.

    `table` are the names of its vector table, an assembler's in their order ("" for a number or a reserved entry), ()
    where the file has none. `mentioned` are all names in it, `weak` those that another file may define instead,
    `strong` the labels that it defines for good, `aliases` (name, what it stands for) pairs.
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


@lru_cache(maxsize=512)
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


def read_c(source: SourceFacts) -> Vectors:
    """What a C or C++ file says; its functions are the parser's business, so `strong` stays empty."""
    pragmas = [match for text in source.pragmas if (match := _PRAGMA_WEAK.match(text.strip()))]
    aliases = [(match[1], match[2]) for match in pragmas if match[2]]
    weak = {match[1] for match in pragmas}
    for one in source.declarations:
        weak |= {one.name} if any("weak" in attribute for attribute in one.attributes) else set()
        found = (_ALIAS.search(attribute) for attribute in one.attributes)
        aliases += [(one.name, match[1]) for match in found if match]
    tables = [_c_table(variable) for variable in source.variables]
    return Vectors(max(tables, key=len, default=()), frozenset(), frozenset(weak), frozenset(), tuple(aliases))


def _c_table(variable: Variable) -> tuple[str, ...]:
    """The names in a variable that is declared as a table of vectors, in no order; () for any other."""
    if not _TABLE_HEAD.search(f"{variable.name} {variable.section} {variable.type}"):
        return ()
    names = sorted(name for name in variable.names if _HANDLER.fullmatch(name))
    return tuple(names) if len(names) >= FEWEST_NAMES else ()


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


def _blanked(pattern: re.Pattern[str], text: str) -> str:
    """The text with what matches turned to blanks; lines stay where they are."""
    return pattern.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
