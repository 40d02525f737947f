"""Conditions of #if: true, false, or not known (None) because a macro is not known."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable

from signoff.verifiers.gpu.values.macros import Expander, Macro, State, Unexpandable

DEFINED = re.compile(r"\bdefined\s*(?:\(\s*(\w+)\s*\)|(\w+))")
TOKEN = re.compile(r"\s*(0[xX][0-9a-fA-F]+|\d+|[A-Za-z_]\w*|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%<>!~&|^()?:])[uUlL]*")
LEVELS: tuple[dict[str, Callable[[int, int], int]], ...] = (
    {"|": operator.or_},
    {"^": operator.xor},
    {"&": operator.and_},
    {"==": operator.eq, "!=": operator.ne},
    {"<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge},
    {"<<": operator.lshift, ">>": operator.rshift},
    {"+": operator.add, "-": operator.sub},
    {"*": operator.mul, "/": operator.floordiv, "%": operator.mod},
)


def defined(name: str, at: Expander) -> bool | None:
    """Whether a macro is defined; None where nobody says."""
    found = at.timeline.at(name, at.offset)
    if isinstance(found, Macro):
        return True
    return False if found is State.UNDEFINED else None


def holds(condition: str, at: Expander) -> bool | None:
    """Whether the condition of an #if or #elif holds."""

    def known(match: re.Match[str]) -> str:
        answer = defined(match[1] or match[2], at)
        return " __unknown__ " if answer is None else f" {int(answer)} "

    try:
        value = _Parser(_tokens(at.expand(DEFINED.sub(known, condition)))).whole()
    except (Unexpandable, ValueError, ArithmeticError, RecursionError):
        return None
    return None if value is None else bool(value)


def _tokens(text: str) -> list[str]:
    tokens, at = [], 0
    text = text.strip()
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise ValueError(text)
        tokens.append(match[1])
        at = match.end()
    return tokens


class _Parser:
    """A parser by precedence over integers and None, the value that is not known."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens
        self.at = 0

    def whole(self) -> int | None:
        value = self._or()
        if self.at != len(self.tokens):
            raise ValueError("trailing tokens")
        return value

    def _take(self, *wanted: str) -> str:
        if self.at < len(self.tokens) and self.tokens[self.at] in wanted:
            self.at += 1
            return self.tokens[self.at - 1]
        return ""

    def _or(self) -> int | None:
        value = self._and()
        while self._take("||"):
            other = self._and()
            value = 1 if value or other else None if None in (value, other) else 0
        return value

    def _and(self) -> int | None:
        value = self._level(0)
        while self._take("&&"):
            other = self._level(0)
            value = 0 if 0 in (value, other) else None if None in (value, other) else 1
        return value

    def _level(self, level: int) -> int | None:
        if level == len(LEVELS):
            return self._unary()
        value = self._level(level + 1)
        while sign := self._take(*LEVELS[level]):
            other = self._level(level + 1)
            value = None if value is None or other is None else int(LEVELS[level][sign](value, other))
        return value

    def _unary(self) -> int | None:
        if sign := self._take("!", "-", "+", "~"):
            value = self._unary()
            if value is None:
                return None
            return {"!": int(not value), "-": -value, "+": value, "~": ~value}[sign]
        if self._take("("):
            value = self._or()
            if not self._take(")"):
                raise ValueError("missing parenthesis")
            return value
        if self.at >= len(self.tokens):
            raise ValueError("missing operand")
        token = self.tokens[self.at]
        self.at += 1
        if token[0].isdigit():
            octal = token[0] == "0" and token.isdigit()
            return int(token, 8) if octal else int(token, 0)
        if token in ("true", "false"):
            return int(token == "true")
        if NAMED.match(token):
            return None
        raise ValueError(token)


NAMED = re.compile(r"[A-Za-z_]\w*$")
