"""C++ arithmetic on known values: types, conversions and operators as a 64-bit Linux host has them (LP64).

What the language leaves undefined (signed overflow, division by zero, a shift out of range) has no value here: None.
"""

from __future__ import annotations

import csv
import math
import operator
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

BOOL, SIGNED, UNSIGNED, FLOAT, OPAQUE = "bool", "signed", "unsigned", "float", "opaque"


@dataclass(frozen=True, slots=True)
class CType:
    """A type of known size, in bytes. `kind` is one of the constants above; an opaque type has no arithmetic here."""

    name: str
    kind: str
    bytes: int
    alignment: int

    @property
    def low(self) -> int:
        """The least value of an integer type."""
        return -(1 << (8 * self.bytes - 1)) if self.kind == SIGNED else 0

    @property
    def high(self) -> int:
        """The greatest value of an integer type."""
        if self.kind == BOOL:
            return 1
        return int((1 << (8 * self.bytes - (self.kind == SIGNED))) - 1)


@dataclass(frozen=True, slots=True)
class Value:
    """A number and its C++ type."""

    number: int | float
    type: CType

    @property
    def true(self) -> bool:
        """The value as a condition."""
        return self.number != 0


@cache
def table() -> dict[str, CType]:
    """Every type of known size, by name."""
    text = files(__package__).joinpath("c_types.csv").read_text("utf-8")
    rows = csv.DictReader(text.splitlines())
    return {row["name"]: CType(row["name"], row["kind"], int(row["bytes"]), int(row["alignment"])) for row in rows}


WORDS = re.compile(r"\w+")
NOISE = frozenset(("const", "volatile", "constexpr", "static", "inline", "std", "register", "typename", "mutable"))


@cache
def named(text: str) -> CType | None:
    """The type that `text` names ("unsigned long int", "std::size_t"), None where it is none of known size."""
    if "*" in text or "&" in text or "<" in text:
        return None
    words = [word for word in WORDS.findall(text) if word not in NOISE]
    if len(words) == 1 and words[0] not in ("signed", "unsigned"):
        return table().get(words[0])
    return table().get(_spelled(words))


def _spelled(words: list[str]) -> str:
    """The table's name for a type of several words: `unsigned`, `long int`, `long unsigned`."""
    if not words or any(word not in ("unsigned", "signed", "long", "short", "int", "char", "double") for word in words):
        return ""
    longs, sign = words.count("long"), "unsigned " if "unsigned" in words else ""
    if "double" in words:
        return "" if longs else "double"  # long double: no arithmetic of ours
    if "char" in words:
        return f"{sign or ('signed ' if 'signed' in words else '')}char"
    base = "short" if "short" in words else " ".join(["long"] * longs) if longs else "int"
    return sign + base


INT, UINT, LONG, ULONG = (table()[name] for name in ("int", "unsigned int", "long", "unsigned long"))
SIZE, BOOLEAN, REAL, SINGLE = (table()[name] for name in ("size_t", "bool", "double", "float"))


def convert(value: Value | None, wanted: CType | None) -> Value | None:
    """`value` converted to a type; None where the type is not known or the result is not defined."""
    if value is None or wanted is None or wanted.kind == OPAQUE or value.type.kind == OPAQUE:
        return None
    number = value.number
    if wanted.kind == BOOL:
        return Value(int(number != 0), wanted)
    if wanted.kind == FLOAT:
        return _real(float(number), wanted)
    if isinstance(number, float):
        if not math.isfinite(number):
            return None
        number = math.trunc(number)
        return Value(number, wanted) if wanted.low <= number <= wanted.high else None
    return Value(wrap(number, wanted), wanted)


def wrap(number: int, wanted: CType) -> int:
    """The number modulo the type's range, as a conversion between integers does it."""
    span = 1 << (8 * wanted.bytes)
    number %= span
    return number - span if wanted.kind == SIGNED and number > wanted.high else number


def _real(number: float, wanted: CType) -> Value | None:
    if wanted.bytes == 4:
        try:
            number = struct.unpack("f", struct.pack("f", number))[0]
        except OverflowError:
            return None
    return Value(number, wanted) if math.isfinite(number) else None


def promoted(value: Value) -> Value:
    """Integer promotion: what is smaller than int becomes int."""
    small = value.type.kind != FLOAT and (value.type.kind == BOOL or value.type.bytes < INT.bytes)
    return Value(value.number, INT) if small else value


def common(left: CType, right: CType) -> CType:
    """The type that the usual arithmetic conversions give for two promoted types."""
    if FLOAT in (left.kind, right.kind):
        reals = [one for one in (left, right) if one.kind == FLOAT]
        return REAL if any(one.bytes == REAL.bytes for one in reals) else SINGLE
    if left.bytes != right.bytes:
        return left if left.bytes > right.bytes else right
    return left if left.kind == UNSIGNED else right


COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
SAME_TYPE: dict[str, Callable[[int, int], int]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
}
BITWISE = frozenset("&|^")


def binary(sign: str, left: Value | None, right: Value | None) -> Value | None:
    """`left sign right` in C++; && and || are the caller's, who knows what is evaluated."""
    if left is None or right is None or OPAQUE in (left.type.kind, right.type.kind):
        return None
    left, right = promoted(left), promoted(right)
    if sign in ("<<", ">>"):
        return _shifted(sign, left, right)
    shared = common(left.type, right.type)
    first, second = convert(left, shared), convert(right, shared)
    if first is None or second is None:
        return None
    if sign in COMPARISONS:
        return Value(int(COMPARISONS[sign](first.number, second.number)), BOOLEAN)
    if shared.kind == FLOAT:
        return _real_operation(sign, first.number, second.number, shared)
    return _whole(sign, int(first.number), int(second.number), shared)


def _real_operation(sign: str, left: float, right: float, shared: CType) -> Value | None:
    if sign == "/" and right:
        return _real(left / right, shared)
    if sign in SAME_TYPE and sign not in BITWISE:
        return _real({"+": left + right, "-": left - right, "*": left * right}[sign], shared)
    return None


def _whole(sign: str, left: int, right: int, shared: CType) -> Value | None:
    if sign in ("/", "%"):
        if right == 0:
            return None
        quotient = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
        number = quotient if sign == "/" else left - quotient * right
    elif sign in SAME_TYPE:
        number = SAME_TYPE[sign](left, right)
    else:
        return None
    if shared.kind == SIGNED and not shared.low <= number <= shared.high:
        return None
    return Value(wrap(number, shared), shared)


def _shifted(sign: str, left: Value, right: Value) -> Value | None:
    number, count, shared = left.number, right.number, left.type
    if not (isinstance(number, int) and isinstance(count, int)) or not 0 <= count < 8 * shared.bytes:
        return None
    if sign == ">>":
        return Value(number >> count, shared)
    shifted = number << count
    if shared.kind == SIGNED and not 0 <= shifted <= shared.high:
        return None
    return Value(wrap(shifted, shared), shared)


def unary(sign: str, value: Value | None) -> Value | None:
    """`sign value` in C++."""
    if value is None or value.type.kind == OPAQUE:
        return None
    if sign == "!":
        return Value(int(not value.true), BOOLEAN)
    value = promoted(value)
    if sign == "+":
        return value
    if sign == "-":
        zero = Value(0, value.type)
        return binary("-", zero, value)
    if sign == "~" and isinstance(value.number, int):
        return Value(wrap(~value.number, value.type), value.type)
    return None


INTEGER = re.compile(r"(0[xX][0-9a-fA-F]+|0[bB][01]+|\d+)([uUlLzZ]*)$")
DECIMAL = re.compile(r"(\d+\.\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+)([fF]?)$")
CHARACTER = re.compile(r"'([^\\'])'$")


def literal(text: str) -> Value | None:
    """The value of a number or character literal; None where its form is none of the common ones."""
    if text[:1] in ("+", "-"):  # the grammar takes a sign for a part of the number
        return unary(text[:1], literal(text[1:].lstrip()))
    text = text.replace("'", "") if text[:1].isdigit() else text
    if whole := INTEGER.match(text):
        return _integer(whole[1], whole[2].lower())
    if real := DECIMAL.match(text):
        return _real(float(real[1]), SINGLE if real[2] else REAL)
    if character := CHARACTER.match(text):
        return Value(ord(character[1]), table()["char"]) if character[1].isascii() else None
    return None


def _integer(digits: str, suffix: str) -> Value | None:
    decimal = digits == "0" or digits[0] != "0"
    if decimal:
        number = int(digits)
    elif digits[1] in "xXbB":
        number = int(digits, 0)
    elif set(digits) <= set("01234567"):
        number = int(digits, 8)
    else:
        return None
    sizes = (LONG, ULONG) if "l" in suffix or "z" in suffix else (INT, UINT, LONG, ULONG)
    for candidate in sizes:
        if "u" in suffix and candidate.kind == SIGNED:
            continue
        if "u" not in suffix and decimal and candidate.kind == UNSIGNED:
            continue
        if number <= candidate.high:
            return Value(number, candidate)
    return None
