"""What C-like code has in scope at a cursor, by its tokens alone: half-typed text has no tree worth the name. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_CODE = re.compile(
    r"//[^\n]*|/\*.*?(?:\*/|\Z)|\"(?:\\.|[^\"\\\n])*\"?|'(?:\\.|[^'\\\n])*'|^[ \t]*#(?:\\\r?\n|[^\n])*",
    re.DOTALL | re.MULTILINE,
)
_MARK = re.compile(r"[{}]")
_QUALIFIERS = (
    r"(?:(?:static|const|constexpr|volatile|extern|register|struct|enum|restrict|__restrict|__restrict__|"
    r"__shared__|__constant__|__device__)\s+)*"
)
_BASE = (
    r"(?:(?:unsigned|signed)(?:\s+(?:int|char|short|long(?:\s+long)?))?|long\s+(?:long|double|int)|"
    r"[A-Za-z_]\w*(?:::\w+)*(?:<[^;{}()]*?>)?)"
)
_DECLARED = re.compile(
    rf"\s*(?P<qualifiers>{_QUALIFIERS})(?P<base>{_BASE})(?P<after>(?:\s*\bconst\b|\s*__restrict(?:__)?\b|\s*\brestrict\b|\s*[*&])*)\s*"
    r"(?<![\w])(?P<name>[A-Za-z_]\w*)\s*(?P<array>(?:\[[^\]]*\])*)\s*(?P<rest>[=,({]|$)"
)
_NEXT = re.compile(r"\s*(?P<after>[*&\s]*)(?P<name>[A-Za-z_]\w*)\s*(?P<array>(?:\[[^\]]*\])*)\s*(?:=|$)")
_HEAD = re.compile(
    r"(?P<before>[^;{}]*?)\b(?P<name>~?[A-Za-z_]\w*)\s*\((?P<parameters>[^{};]*)\)\s*(?:const|noexcept|override)?\s*\Z"
)
_NO_TYPE = frozenset(
    {"return", "delete", "else", "goto", "case", "throw", "new", "using", "typedef", "if", "for", "while", "do",
     "switch", "break", "continue", "sizeof", "namespace", "public", "private", "default", "template", "class",
     "operator", "typename", "co_return", "co_yield"}
)  # fmt: skip
_WORDS = re.compile(
    r"\b(?:const|volatile|static|extern|register|struct|enum|constexpr|restrict|__restrict__|__restrict)\b|&"
)
# A function longer than this is not looked through from its beginning.
_REACH = 200_000


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable or parameter. `type` without qualifiers, a `*` for each pointer and array ("float*", "int")."""

    name: str
    type: str

    @property
    def is_pointer(self) -> bool:
        """Whether it is an address."""
        return self.type.endswith("*")


@dataclass(frozen=True, slots=True)
class CScope:
    """The innermost function around a place ("" at file scope): what stands before its name, and what is declared.

    `variables` are from the innermost block outwards, parameters last. `start` is where the function's body begins.
    `given` are the names of the parameters that nothing inside hides.
    """

    function: str = ""
    returns: str = ""
    variables: tuple[Variable, ...] = ()
    start: int = 0
    given: frozenset[str] = frozenset()

    def variable(self, name: str) -> Variable | None:
        """The variable of that name."""
        return next((one for one in self.variables if one.name == name), None)


def blanked(text: str) -> str:
    """The text with blanks in place of comments, strings and directives; every offset stays."""
    return _CODE.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


def scope_at(before: str) -> CScope:
    """The scope at the end of a text."""
    base = max(len(before) - _REACH, 0)
    code = blanked(before[base:])
    opened: list[int] = []
    for mark in _MARK.finditer(code):
        if mark[0] == "{":
            opened.append(mark.start())
        elif opened:
            opened.pop()
    for level, brace in enumerate(opened):
        start = max(code.rfind(";", 0, brace), code.rfind("}", 0, brace), code.rfind("{", 0, brace)) + 1
        head = _HEAD.match(code[start:brace])
        if head is not None and head["name"] not in _NO_TYPE:
            inner = [found for at in reversed(opened[level:]) for found in _block(code, at + 1)]
            outer = parameters(head["parameters"])
            variables = tuple({one.name: one for one in reversed([*inner, *outer])}.values())
            given = frozenset(one.name for one in outer) - {one.name for one in inner}
            return CScope(head["name"], " ".join(head["before"].split()), variables[::-1], base + brace + 1, given)
    return CScope()


def parameters(text: str) -> list[Variable]:
    """The parameters of a function, as its brackets hold them; one without a name is left out."""
    found = (_DECLARED.match(one.partition("=")[0]) for one in split(text))
    return [Variable(one["name"], _type(one)) for one in found if one is not None and one["base"] != "void"]


def split(text: str) -> list[str]:
    """The parts of a list between its own commas."""
    depth, parts, last = 0, [], 0
    for at, one in enumerate(text):
        depth += (one in "([{<") - (one in ")]}>")
        if one == "," and depth == 0:
            parts.append(text[last:at])
            last = at + 1
    return [*parts, text[last:]] if text.strip() else []


def plain(text: str) -> str:
    """A type without what makes no difference for an argument."""
    return "".join(_WORDS.sub(" ", text).split()).replace("unsignedint", "unsigned")


def _block(code: str, start: int) -> Iterator[Variable]:
    """The variables that a block itself declares, up to the end of the text, the last first."""
    depth, at, pieces = 0, start, []
    for mark in re.compile(r"[{}]").finditer(code, start):
        if depth == 0:
            pieces.append(code[at : mark.start()])
        depth += 1 if mark[0] == "{" else -1
        if depth <= 0:
            depth, at = 0, mark.end()
    if depth == 0:
        pieces.append(code[at:])
    statements = [one for piece in pieces for one in [*piece.split(";")]]
    for statement in reversed(statements):
        yield from _declared(statement)


def _declared(statement: str) -> Iterator[Variable]:
    found = _DECLARED.match(statement)
    if found is None or found["base"].split("<")[0].split()[0] in _NO_TYPE:
        return
    yield Variable(found["name"], _type(found))
    for part in split(statement)[1:]:
        more = _NEXT.match(part)
        if more is not None:
            yield Variable(more["name"], plain(found["base"] + more["after"]) + "*" * more["array"].count("["))


def _type(found: re.Match[str]) -> str:
    return plain(found["base"] + found["after"]) + "*" * found["array"].count("[")
