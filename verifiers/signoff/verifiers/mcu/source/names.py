"""What names mean in one unit: macros and their values. It notes what was asked, so that answers can be kept."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from tree_sitter import Node

from signoff.verifiers.gpu.values.macros import Definition, Expander, Macro, Timeline, Unexpandable
from signoff.verifiers.mcu.source.facts import Operand
from signoff.verifiers.mcu.source.files import names_in
from signoff.verifiers.mcu.source.units import Environment
from signoff.verifiers.mcu.source.values import constant, value
from signoff.verifiers.mcu.source.vocabulary import is_kept, known_value

DEEPEST = 30
LONGEST_OPERAND = 2000
# A cast to a pointer or a type by name, in front of an operand.
CAST = re.compile(
    r"\(\s*(?:(?:const|volatile|struct|unsigned|signed)\s+)*\w+(?:\s+(?:const|volatile|int|long|char))*\s*\**\s*\)"
    r"\s*(?=[\w(&*])"
)
TYPE_WORD = re.compile(
    r"u?int\d*(?:_t)?|u?int(?:ptr|max)_t|unsigned|signed|char|short|long|void|size_t|bool|\w+_TypeDef|u\d+|\w+_t"
)


class _View(Mapping[str, Definition]):
    """The macros as an Expander sees them: names that are kept are none."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def __getitem__(self, name: str) -> Definition:
        found = self._names.definition(name)
        if found is None:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._names.macros)

    def __len__(self) -> int:
        return len(self._names.macros)


class Names:
    """The names of a unit. `outer` are those declared at file scope; `consulted` is what was asked of macros."""

    def __init__(self, macros: Environment, outer: frozenset[str] = frozenset()) -> None:
        self.macros = macros
        self.outer = outer
        self.consulted: dict[str, Definition | None] = {}
        self._expander = Expander(Timeline(_View(self)), 0)
        self._values: dict[str, int | None] = {}
        self._depth = 0

    def definition(self, name: str) -> Definition | None:
        """What a name is as a macro; names that checks know by name are none."""
        found = self.consulted[name] = self.macros.get(name)
        return None if found is None or (is_kept(name) and not _renames(found)) else found

    def plain(self, name: str) -> Macro | None:
        """The object-like macro of a name."""
        found = self.definition(name)
        return found if isinstance(found, Macro) and found.parameters is None else None

    def renamed(self, name: str) -> str:
        """What a name stands for where a macro gives it another one."""
        expanded = bare(self.expand(name) or name) if self.plain(name) is not None else name
        return expanded if expanded.isidentifier() else name

    def expand(self, text: str) -> str | None:
        """The text with macros expanded; None where that cannot be done with certainty."""
        try:
            return self._expander.expand(text)
        except (Unexpandable, RecursionError):
            return None

    def lookup(self, name: str) -> int | None:
        """The value of a name that is a macro or a vendor's constant."""
        if name in self._values:
            self.consulted[name] = self.macros.get(name)
            return self._values[name]
        found = self.consulted[name] = self.macros.get(name)
        if not isinstance(found, Macro):
            return known_value(name) if found is None else None
        if found.parameters is not None or self._depth > DEEPEST:
            return None
        self._depth += 1
        try:
            result = constant(found.body, self.lookup)
        finally:
            self._depth -= 1
        result = known_value(name) if result is None else result
        if not self._depth:
            self._values[name] = result
        return result

    def operand(self, node: Node) -> Operand:
        """An expression of the text as an operand."""
        text = (node.text or b"").decode("utf-8", "replace")
        if len(text) > LONGEST_OPERAND:
            return Operand(text[:LONGEST_OPERAND], "", None)
        return Operand(text, self.resolved(text), self.value(node, text))

    def value(self, node: Node, text: str) -> int | None:
        """The value of an expression."""
        found = value(node, self.lookup)
        if found is None and self._calls_macro(text):
            expanded = self.expand(text)
            return constant(expanded, self.lookup) if expanded is not None else None
        return found

    def _calls_macro(self, text: str) -> bool:
        return "(" in text and any(
            isinstance(found := self.macros.get(name), Macro) and found.parameters is not None
            for name in names_in(text)
        )

    def resolved(self, text: str) -> str:
        """The text with macros expanded, without outer parentheses and casts; as it is where that is not certain."""
        if any(self.definition(name) is not None for name in names_in(text)):
            text = self.expand(text) or text
        return bare(text)


def _renames(found: Definition) -> bool:
    """Whether a macro is the project's own name for what checks know by name: #define TIMx_IRQn TIM4_IRQn."""
    if not isinstance(found, Macro) or found.parameters is not None:
        return False
    body = bare(found.body)
    return body.isidentifier() and is_kept(body) and not body.startswith(found.name)


def bare(text: str) -> str:
    """An expression without outer parentheses and casts."""
    text = text.strip()
    while True:
        before = text
        match = CAST.match(text)
        if match and _is_type(match[0]):
            text = text[match.end() :].strip()
        if text.startswith("(") and text.endswith(")") and _closes_last(text):
            text = text[1:-1].strip()
        if text == before:
            return text


def _is_type(cast: str) -> bool:
    words = re.findall(r"\w+", cast)
    return "*" in cast or all(TYPE_WORD.fullmatch(word) or word in ("const", "volatile", "struct") for word in words)


def _closes_last(text: str) -> bool:
    """Whether the first parenthesis is closed by the last character."""
    depth = 0
    for at, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth == 0:
            return at == len(text) - 1
    return False
