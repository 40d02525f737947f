"""Names of kernels out of symbols: as much of the Itanium C++ ABI's mangling as kernels and their templates need."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

# https://itanium-cxx-abi.github.io/cxx-abi/abi.html#mangle.builtin-type
BUILTIN = {
    "v": "void",
    "w": "wchar_t",
    "b": "bool",
    "c": "char",
    "a": "signed char",
    "h": "unsigned char",
    "s": "short",
    "t": "unsigned short",
    "i": "int",
    "j": "unsigned int",
    "l": "long",
    "m": "unsigned long",
    "x": "long long",
    "y": "unsigned long long",
    "n": "__int128",
    "o": "unsigned __int128",
    "f": "float",
    "d": "double",
    "e": "long double",
    "Di": "char32_t",
    "Ds": "char16_t",
    "Du": "char8_t",
    "Dn": "std::nullptr_t",
}
SUFFIX = {"j": "u", "l": "l", "m": "ul", "x": "ll", "y": "ull"}
AFTER = {"P": " *", "R": " &", "O": " &&", "K": " const", "V": " volatile"}
NUMBER = re.compile(r"\d+")
LITERAL = re.compile(r"n?\d+")
SEQUENCE = re.compile(r"[0-9A-Z]*_")
# What nvcc puts around names of internal linkage, unique to the file.
INTERNAL = re.compile(r"_INTERNAL_[0-9a-f]+_|_GLOBAL__N_")
DEEPEST = 64


@dataclass(frozen=True, slots=True)
class KernelName:
    """A kernel's name in its parts: "bigt", and with its scopes and template arguments "ns::bigt<float, 1000>"."""

    bare: str
    instance: str


class _Unknown(Exception):
    """A production that kernels' names do not need."""


@lru_cache(maxsize=4096)
def kernel_name(symbol: str) -> KernelName:
    """The name behind a symbol. What cannot be read is kept as it is: extern "C" names are their own symbols."""
    if not symbol.startswith("_Z"):
        return KernelName(symbol, symbol)
    reader = _Reader(symbol, 2)
    try:
        return reader.encoding()
    except (_Unknown, IndexError, RecursionError):
        bare = reader.bare or symbol
        return KernelName(bare, bare if reader.bare else symbol)


class _Reader:
    """One pass over one symbol. `bare` is the last source name met in the function's own name."""

    def __init__(self, symbol: str, at: int) -> None:
        self.symbol = symbol
        self.at = at
        self.bare = ""
        self.known: list[str] = []
        self.depth = 0

    def encoding(self) -> KernelName:
        """<encoding>; what follows the name (the parameters) is of no interest."""
        name = self._nested() if self._take("N") else self._unscoped()
        return KernelName(self.bare, name)

    def _peek(self, text: str) -> bool:
        return self.symbol.startswith(text, self.at)

    def _take(self, text: str) -> bool:
        if not self._peek(text):
            return False
        self.at += len(text)
        return True

    def _match(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.symbol, self.at)
        if match is None:
            raise _Unknown
        self.at = match.end()
        return match[0]

    def _source_name(self) -> str:
        length = int(self._match(NUMBER))
        name = self.symbol[self.at : self.at + length]
        if len(name) < length:
            raise _Unknown
        self.at += length
        return "(anonymous namespace)" if name.startswith("_GLOBAL__N_") else name

    def _unscoped(self) -> str:
        self._take("L")
        prefix = "std::" if self._take("St") else ""
        own = self.bare = self._source_name()
        name = prefix + own
        if self._peek("I"):
            self.known.append(name)
            name += self._arguments()
            self.bare = own
        return name

    def _nested(self) -> str:
        """N <prefixes> <name> E, with the template arguments of any of them."""
        parts: list[str] = []
        while self._take("K") or self._take("V") or self._take("r"):
            pass
        while not self._take("E"):
            if self._peek("I") and parts:
                own = self.bare
                parts[-1] += self._arguments()
                self.bare = own
            elif self._peek("S"):
                parts.append(self._substitution())
                continue
            else:
                self._take("L")
                self.bare = self._source_name()
                if INTERNAL.match(self.bare):
                    self.known.append(self.bare)
                    continue
                parts.append(self.bare)
            self.known.append("::".join(parts))
        return "::".join(parts)

    def _arguments(self) -> str:
        self.at += 1
        found: list[str] = []
        while not self._take("E"):
            found.append(self._argument())
        return f"<{', '.join(found)}>"

    def _argument(self) -> str:
        if self._take("L"):
            return self._literal()
        if self._take("J"):
            pack: list[str] = []
            while not self._take("E"):
                pack.append(self._argument())
            return ", ".join(pack)
        if self._peek("X"):
            raise _Unknown
        return self._type()

    def _literal(self) -> str:
        if self._peek("_Z"):
            raise _Unknown
        kind = self._code()
        if kind is None:
            name = self._type()
            value = self._match(LITERAL).replace("n", "-")
            text = f"({name}){value}"
        else:
            value = self._match(LITERAL).replace("n", "-")
            text = ("true" if value == "1" else "false") if kind == "b" else value + SUFFIX.get(kind, "")
        if not self._take("E"):
            raise _Unknown
        return text

    def _code(self) -> str | None:
        """A builtin type's code, where one stands here."""
        code = next((self.symbol[self.at : self.at + n] for n in (2, 1) if self._builtin(n)), None)
        if code is not None:
            self.at += len(code)
        return code

    def _builtin(self, length: int) -> bool:
        return self.symbol[self.at : self.at + length] in BUILTIN and self.at + length <= len(self.symbol)

    def _type(self) -> str:
        self.depth += 1
        if self.depth > DEEPEST:
            raise _Unknown
        try:
            return self._type_within()
        finally:
            self.depth -= 1

    def _type_within(self) -> str:
        code = self._code()
        if code is not None:
            return BUILTIN[code]
        after = AFTER.get(self.symbol[self.at])
        if after is not None:
            self.at += 1
            name = self._type() + after
        elif self._take("A"):
            extent = self._match(NUMBER)
            if not self._take("_"):
                raise _Unknown
            name = f"{self._type()} [{extent}]"
        elif self._peek("S") and not self._peek("St"):
            name = self._substitution()
            return self._with_arguments(name) if self._peek("I") else name
        elif self._take("N"):
            return self._nested()
        else:
            prefix = "std::" if self._take("St") else ""
            name = prefix + self._source_name()
            if self._peek("I"):
                self.known.append(name)
            return self._with_arguments(name) if self._peek("I") else self._keep(name)
        return self._keep(name)

    def _with_arguments(self, name: str) -> str:
        return self._keep(name + self._arguments())

    def _keep(self, name: str) -> str:
        self.known.append(name)
        return name

    def _substitution(self) -> str:
        self.at += 1
        if self._take("t"):
            return "std"
        digits = self._match(SEQUENCE)[:-1]
        return self.known[int(digits, 36) + 1 if digits else 0]
