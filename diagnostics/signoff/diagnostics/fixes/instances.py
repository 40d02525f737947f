"""Module instances as the text states them: which module, which ports are connected by name, and where."""

from __future__ import annotations

from dataclasses import dataclass

from signoff.diagnostics.fixes.source import Source


@dataclass(frozen=True, slots=True)
class Instance:
    """One instance; token indices. `connected` maps a port to the token of its name; `close` is the last `)`."""

    module: str
    name: str
    open: int
    close: int
    connected: dict[str, int]
    expressions: dict[str, str]
    ordered: bool
    wildcard: bool
    parameters: dict[str, int]


def instance_at(src: Source, offset: int) -> Instance | None:
    """The instance whose connections (or name) hold an offset."""
    number = min(src.at(offset), len(src.tokens) - 1)
    start = number
    while start > 0 and src.word(start - 1) not in (";", "endmodule", "end", "begin", "endcase", "endfunction"):
        start -= 1
    # The head of the module before it ends with a semicolon too, so `start` is the module's name or a label.
    for head in range(start, number + 1):
        found = _instance(src, head)
        if found is not None and found.close >= number:
            return found
    return None


def _instance(src: Source, head: int) -> Instance | None:
    if not src.token(head).is_name:
        return None
    position, parameters = head + 1, dict[str, int]()
    if src.word(position) == "#" and src.word(position + 1) == "(":
        parameters = _connections(src, position + 1, src.closing(position + 1))[0]
        position = src.closing(position + 1) + 1
    if position >= len(src.tokens) or not src.token(position).is_name:
        return None
    name, position = position, position + 1
    if src.word(position) == "[":
        position = src.closing(position) + 1
    if src.word(position) != "(":
        return None
    close = src.closing(position)
    connected, expressions = _connections(src, position, close)
    empty = close == position + 1
    return Instance(
        src.word(head),
        src.word(name),
        position,
        close,
        connected,
        expressions,
        not connected and not empty and src.word(position + 1) != ".*",
        any(src.word(number) == ".*" for number in range(position, close)),
        parameters,
    )


def _connections(src: Source, opening: int, close: int) -> tuple[dict[str, int], dict[str, str]]:
    names: dict[str, int] = {}
    expressions: dict[str, str] = {}
    number = opening + 1
    while number < close:
        if src.word(number) == "." and src.word(number - 1) in ("(", ",", ")"):
            name = src.word(number + 1)
            names[name] = number + 1
            if src.word(number + 2) == "(":
                end = src.closing(number + 2)
                expressions[name] = src.text[src.token(number + 2).end : src.token(end).start].strip()
                number = end
            else:
                expressions[name] = name
        number += 1
    return names, expressions
