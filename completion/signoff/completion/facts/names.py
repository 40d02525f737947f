"""What names mean where a cursor stands: the headers' declarations, the document's own, and the types of variables."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from signoff.completion.facts.cursor import code, words
from signoff.verifiers.declarations.facts import Declaration, Kind, Member
from signoff.verifiers.declarations.scan import scan
from signoff.verifiers.declarations.scope import Scope

# Where the outermost pieces of a text end: a } in the first column, an empty line before something there.
BLOCK_END = re.compile(r"^\}[^\n]*\n|\n\n(?=[^\s}])", re.MULTILINE)
CAST = re.compile(r"\(\s*(?:const\s+|volatile\s+|struct\s+)*([A-Za-z_]\w*)\s*(?:volatile\s*)?\*")
DEFINE = re.compile(r"^[ \t]*#[ \t]*define[ \t]+([A-Za-z_]\w*)((?:[^\n\\]|\\\r?\n|\\.)*)", re.MULTILINE)
# A variable or parameter: its type, its name, and what ends it.
VARIABLE = re.compile(
    r"\b([A-Za-z_]\w*)(?:\s*<[^<>;(){}]*>)?(?:\s+|\s*[*&]+\s*)(?:const\s+|__restrict__\s+)?[*&\s]*"
    r"(?<!\w)([A-Za-z_]\w*)\s*(?:\[[^\]]*\]\s*)*(?=[;=,){:(])"
)
NO_TYPES = frozenset(
    ("return", "else", "case", "goto", "new", "delete", "throw", "struct", "enum", "union", "typename")
)
DEEPEST = 8
MOST_BEGINNING = 400


@dataclass(frozen=True, slots=True)
class Block:
    """One outermost piece of a document: what it declares, and how often each name stands in it."""

    declared: tuple[Declaration, ...]
    used: Mapping[str, int]


@lru_cache(maxsize=6000)
def block(text: str) -> Block:
    """What a piece of a document says."""
    defined = ((match[1], match[2].rstrip()) for match in DEFINE.finditer(text))
    own = [Declaration(name, Kind.MACRO, f"#define {name}{rest}") for name, rest in defined]
    return Block((*scan(text), *own), Counter(words(code(text))))


def blocks(text: str) -> Iterator[str]:
    """The outermost pieces of a text."""
    last = 0
    for match in BLOCK_END.finditer(text):
        yield text[last : match.end()]
        last = match.end()
    yield text[last:]


class Own:
    """The document's own declarations outside of the function at the cursor. `used` counts the names there."""

    def __init__(self, before: str, after: str, path: str) -> None:
        self.path = path
        self.declared: dict[str, Declaration] = {}
        self.used: Counter[str] = Counter()
        for part in (before, after):
            for piece in blocks(part):
                found = block(piece)
                self.used.update(found.used)
                for one in found.declared:
                    for name in (one.name, *one.tags):
                        if name and (name not in self.declared or one.members):
                            self.declared[name] = one
                        for member in one.members if one.kind is Kind.ENUM else ():
                            self.declared.setdefault(member.name, one)


@lru_cache(maxsize=8)
def own_of(before: str, after: str, path: str) -> Own:
    """The document's own declarations; the same while only the function at the cursor changes."""
    return Own(before, after, path)


class Names:
    """Look-ups for one cursor. `region` is the code of the function that it is in."""

    def __init__(self, scope: Scope, own: Own, region: str) -> None:
        self.scope = scope
        self.own = own
        self.local = variables(region)

    def foreign(self, name: str) -> Declaration | None:
        """The declaration of a name in a header; None where the document has its own."""
        return None if name in self.local or name in self.own.declared else self.scope.names.get(name)

    def find(self, name: str) -> Declaration | None:
        """The declaration of a name, the document's own first; None for the function's own."""
        return None if name in self.local else self.own.declared.get(name) or self.scope.names.get(name)

    def type_of(self, name: str) -> str:
        """The bare type of a variable, parameter or of what a macro casts to; "" where it cannot be told."""
        if name in self.local:
            return self.local[name]
        known = self.own.declared.get(name) or self.scope.names.get(name)
        if known is None:
            return ""
        if known.kind is Kind.MACRO:
            cast = CAST.search(known.text)
            if cast:
                return cast[1]
            target = re.fullmatch(r"#define \w+ \(*([A-Za-z_]\w*)\)*", known.text)
            return self.type_of(target[1]) if target and target[1] != name else ""
        return known.type if known.kind in (Kind.VARIABLE, Kind.FUNCTION) else ""

    def record(self, kind: str) -> Declaration | None:
        """The record or enum that a type's name stands for."""
        for _ in range(DEEPEST):
            known = self.find(kind)
            if known is None or known.kind in (Kind.RECORD, Kind.ENUM):
                return known
            if known.kind is not Kind.TYPE or known.type == kind:
                return None
            kind = known.type
        return None

    def member(self, chain: Iterable[str]) -> tuple[Declaration, Member] | None:
        """(the record, the member in it) that the last name of `a.b->c` means."""
        names = list(chain)
        kind = self.type_of(names[0]) if names else ""
        for number, name in enumerate(names[1:], 2):
            record = self.record(kind)
            member = record.member(name) if record is not None else None
            if record is None or member is None:
                return None
            if number == len(names):
                return record, member
            kind = member.type
        return None

    def chained(self, chain: tuple[str, ...]) -> Declaration | None:
        """The record whose member comes next after `a.b->`."""
        if len(chain) == 1:
            return self.record(self.type_of(chain[0]) or chain[0])
        found = self.member(chain)
        return self.record(found[1].type) if found is not None else None

    def beginning(self, stem: str) -> list[str]:
        """Names of headers that begin with a stem."""
        return self.scope.beginning(stem, MOST_BEGINNING)

    def bits(self, record: Declaration, member: Member) -> list[str]:
        """The constants of a register of CMSIS: USART_CR1_UE of USART_TypeDef's CR1."""
        stem = record.name.removesuffix("_TypeDef")
        if stem == record.name:
            return []
        names = self.scope.sorted_names
        first = f"{stem}_{member.name}_"
        at = bisect_left(names, first)
        found = []
        while at < len(names) and names[at].startswith(first):
            if not names[at].endswith(("_Pos", "_Msk")) and not re.search(r"_\d$", names[at]):
                found.append(names[at])
            at += 1
        return found


@lru_cache(maxsize=32)
def variables(region: str) -> dict[str, str]:
    """The types of the variables and parameters that a function's code declares, the last of each name."""
    return {match[2]: match[1] for match in VARIABLE.finditer(region) if match[1] not in NO_TYPES}
