"""How a value of the launch is called inside the kernel: a literal, a constant of the file, or a parameter."""

from __future__ import annotations

import re

from signoff.diagnostics.fixes.gpu.ground import Ground
from signoff.diagnostics.fixes.source import Source, Token
from signoff.verifiers.finding import Span
from signoff.verifiers.gpu.facts import Kernel, Launch

INTEGERS = frozenset(
    ("int", "unsigned", "long", "short", "size_t", "int32_t", "uint32_t", "int64_t", "uint64_t", "uint", "ptrdiff_t")
)
ASSIGNING = frozenset(("=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>=", "++", "--"))


def in_kernel(ground: Ground, kernel: Kernel, launch: Launch, place: Span | None) -> str | None:
    """The expression in the kernel that is sure to have the value of the launch's expression at `place`."""
    if place is None:
        return None
    tokens = ground.tokens(place)
    if len(tokens) != 1:
        return None
    token = tokens[0]
    if token.kind == "number":
        return token.text if token.text.isdigit() else None
    if token.kind != "word":
        return None
    if is_file_constant(ground, token.text, before=ground.index.offsets(kernel.span)[0]):
        return token.text
    return _parameter(ground, kernel, launch, token.text)


def is_file_constant(ground: Ground, name: str, before: int) -> bool:
    """Whether the one definition of `name` is a macro or a constant at file scope above the offset `before`."""
    macros = [token for token in ground.src.tokens if macro(token) == name]
    declared = declarations(ground, name)
    if len(macros) + len(declared) != 1:
        return False
    if macros:
        return macros[0].start < before
    number = declared[0]
    words = {ground.src.word(n) for n in range(max(number - 5, 0), number)}
    constant = bool(words & {"const", "constexpr"}) and ground.src.word(number + 1) in ("=", "{")
    return constant and ground.src.token(number).start < before and _depth(ground, number) == 0


def macro(token: Token) -> str:
    """The name of the object-like macro that a directive defines; ""."""
    match = re.match(r"[ \t]*#[ \t]*define[ \t]+(\w+)(?![\w(])", token.text) if token.kind == "directive" else None
    return match[1] if match else ""


def declarations(ground: Ground, name: str) -> list[int]:
    """The indices of the tokens that declare `name` as an integer: as parameter, variable or constant."""
    src = ground.src
    return [n for n, token in enumerate(src.tokens) if token.text == name and src.word(n - 1) in INTEGERS | {"auto"}]


def _depth(ground: Ground, number: int) -> int:
    return sum({"{": 1, "(": 1, "}": -1, ")": -1}.get(token.text, 0) for token in ground.src.tokens[:number])


def _parameter(ground: Ground, kernel: Kernel, launch: Launch, name: str) -> str | None:
    """The integer parameter that gets just that variable and keeps its value."""
    given = call_arguments(ground, launch)
    if len(given) != len(kernel.parameters):
        return None
    for argument, parameter in zip(given, kernel.parameters, strict=True):
        if [token.text for token in argument] == [name] and parameter and unchanged(ground, kernel, parameter):
            return parameter
    return None


def call_arguments(ground: Ground, launch: Launch) -> list[list[Token]]:
    """The tokens of each argument of a chevron launch; [] where the brackets are not understood."""
    src, inside = ground.src, ground.range(launch.span)
    close = next((n for n in reversed(inside) if src.word(n) == ")"), None)
    if close is None:
        return []
    opening = src.opening(close)
    if src.word(opening - 1) != ">>>":
        return []
    return split(src.tokens[opening + 1 : close])


def split(tokens: list[Token]) -> list[list[Token]]:
    """The tokens between commas outside all brackets; `<` counts as none, so that templates split into too many."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(token.text, 0)
        if token.text == "," and depth == 0:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts if parts != [[]] else []


def in_angles(src: Source, opening: int) -> list[list[Token]]:
    """The tokens of each template argument or parameter behind the `<` at an index; [] where the list has no end."""
    if src.word(opening) != "<":
        return []
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in src.tokens[opening : opening + 400]:
        closes = {">": 1, ">>": 2, ">>>": 3}.get(token.text, 0)
        depth += 1 if token.text in ("<", "(", "[", "{") else -closes if closes else -(token.text in (")", "]", "}"))
        if depth <= 0:
            return parts
        if token.text == "," and depth == 1:
            parts.append([])
        elif token.start != src.token(opening).start:
            parts[-1].append(token)
    return []


def unchanged(ground: Ground, kernel: Kernel, name: str) -> bool:
    """Whether a name of the kernel is one integer throughout: declared once, never assigned, no address taken."""
    src = ground.src
    uses = [number for number in ground.range(kernel.span) if src.word(number) == name]
    if not uses or not INTEGERS & {src.word(uses[0] - 1), src.word(uses[0] - 2)}:
        return False
    for number in uses[1:]:
        before, after = src.word(number - 1), src.word(number + 1)
        if after in ASSIGNING or before in ("++", "--", "&") or before in INTEGERS or before in (".", "->"):
            return False
    return src.word(uses[0] - 1) not in ("*", "&")
