"""CMake's variables where conditions are unknown: each is all the values that it may have, or not known at all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from signoff.verifiers.gpu.units.cmake_text import Argument

# The values that a variable may have (lists as "a;b", None: not set); (): nobody can say.
Values = tuple[str | None, ...]
UNKNOWN: Values = ()
MOST_VALUES = 8
_REFERENCE = re.compile(r"\$\{([\w./+-]+)\}")
_ENVIRONMENT = re.compile(r"\$(?:ENV|CACHE)\{")
# Empty unless something sets them, and often added to.
_FLAGS = re.compile(r"CMAKE_\w+_FLAGS(?:_\w+)?|CMAKE_MODULE_PATH")
_TRUE = frozenset({"1", "ON", "YES", "TRUE", "Y"})
_FALSE = frozenset({"0", "OFF", "NO", "FALSE", "N", "IGNORE", "NOTFOUND", ""})


class Variables:
    """The variables of one directory. `copy()` is what a subdirectory starts with."""

    def __init__(self, values: dict[str, Values] | None = None) -> None:
        self._values = values if values is not None else {}

    def copy(self) -> Variables:
        """The same values, to be changed apart."""
        return Variables(dict(self._values))

    def get(self, name: str) -> Values:
        """What a variable may be: (None,) where nothing sets it."""
        return self._values.get(name, ("",) if _FLAGS.fullmatch(name) else (None,))

    def knows(self, name: str) -> bool:
        """Whether something in these files sets the variable."""
        return name in self._values

    def set(self, name: str, values: Values) -> None:
        """Give a variable new values."""
        self._values[name] = values if len(values) <= MOST_VALUES else UNKNOWN

    def snapshot(self) -> dict[str, Values]:
        """All values as they are now, for restore() and merge()."""
        return dict(self._values)

    def restore(self, values: dict[str, Values]) -> None:
        """Take all values of a snapshot."""
        self._values = dict(values)

    def merge(self, outcomes: Sequence[dict[str, Values]]) -> None:
        """Be what any one of several snapshots is: of each variable all the values that it has in some of them."""
        merged: dict[str, Values] = {}
        for name in {name: None for outcome in outcomes for name in outcome}:
            found = [Variables(outcome).get(name) for outcome in outcomes]
            every = tuple(dict.fromkeys(value for values in found for value in values))
            merged[name] = UNKNOWN if UNKNOWN in found or len(every) > MOST_VALUES else every
        self._values = merged

    def expand(self, text: str) -> tuple[str, ...]:
        """What a text with ${references} may become; () where it cannot be said."""
        if _ENVIRONMENT.search(text):
            return ()
        found = [text]
        for _ in range(MOST_VALUES):
            if not any("${" in one for one in found):
                return tuple(dict.fromkeys(found))
            found = [new for one in found for new in self._one_step(one)]
            if not found or len(found) > MOST_VALUES:
                return ()
        return ()

    def _one_step(self, text: str) -> list[str]:
        match = _REFERENCE.search(text)
        if match is None:
            return [] if "${" in text else [text]
        values = (value for value in self.get(match[1]) if value is not None)
        return [text[: match.start()] + value + text[match.end() :] for value in values]

    def value(self, arguments: Sequence[Argument]) -> Values:
        """What a list of arguments may be as one value ("a;b")."""
        found = [""]
        for number, argument in enumerate(arguments):
            expanded = self.expand(argument.text)
            found = [f"{one};{new}" if number else new for one in found for new in expanded]
            if not found or len(found) > MOST_VALUES:
                return UNKNOWN
        return tuple(dict.fromkeys(found))

    def any_words(self, arguments: Iterable[Argument]) -> list[str]:
        """Every word that the arguments may be; those that cannot be said are left out."""
        return [
            word
            for argument in arguments
            for value in self.expand(argument.text)
            for word in _words(value, argument.quoted)
        ]

    def sure_words(self, arguments: Iterable[Argument]) -> list[str]:
        """The words of those arguments that can be only one thing."""
        sure = [(values, one.quoted) for one in arguments if len(values := self.expand(one.text)) == 1]
        return [word for values, quoted in sure for word in _words(values[0], quoted)]

    def truth(self, words: Sequence[str]) -> bool | None:
        """Whether a condition holds; None where it depends on what these files do not say."""
        if "(" in words:
            return None
        for operator in ("OR", "AND"):
            if operator in words:
                place = words.index(operator)
                return _joined(operator, self.truth(words[:place]), self.truth(words[place + 1 :]))
        if words[:1] == ["NOT"]:
            inner = self.truth(words[1:])
            return None if inner is None else not inner
        if len(words) == 2 and words[0] == "DEFINED":
            values = self.get(words[1])
            return True if values and None not in values and self.knows(words[1]) else None
        if len(words) == 3 and words[1] == "STREQUAL":
            left, right = self._operand(words[0]), self._operand(words[2])
            return left == right if left is not None and right is not None else None
        return self._is_true(words[0]) if len(words) == 1 else None

    def _operand(self, word: str) -> str | None:
        if self.knows(word):
            values = self.get(word)
            return values[0] if len(values) == 1 else None
        expanded = self.expand(word)
        return expanded[0] if len(expanded) == 1 else None

    def _is_true(self, word: str) -> bool | None:
        value = self._operand(word) if self.knows(word) else word
        if value is None:
            return None
        if value.upper() in _TRUE:
            return True
        return False if value.upper() in _FALSE or value.upper().endswith("-NOTFOUND") else None


def _joined(operator: str, left: bool | None, right: bool | None) -> bool | None:
    decisive = operator == "OR"
    if decisive in (left, right):
        return decisive
    return None if None in (left, right) else not decisive


def _words(value: str, quoted: bool) -> list[str]:
    return [word for word in value.split(";") if word] if not quoted or ";" in value else [value]
