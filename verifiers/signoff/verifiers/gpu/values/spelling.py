"""Spellings that the grammar does not know, rewritten in place: same length, same offsets, same meaning for us."""

from __future__ import annotations

import re

ALIGN = re.compile(rb"__align__(\s*\()")
CLUSTER = re.compile(rb"__cluster_dims__\s*\(")
# `dim3 grid(n, m);` with plain names reads like a function's declaration; `dim3 grid{n, m};` does not.
CONSTRUCTED = re.compile(rb"\b(?:dim3|uint3|int3)\s+(\w+)\s*\(")
NEXT = re.compile(rb"\s*,\s*\w+\s*\(")
AFTER = re.compile(rb"\s*[;,]")
PARAMETER = re.compile(rb"(?:^|,)\s*(?:const\s+)?[\w:]+(?:\s*[&*]+\s*|\s+)\w+\s*(?=,|$|=)")
LONGEST = 2000


def regular(data: bytes) -> tuple[bytes, tuple[int, ...]]:
    """The text to parse, and where each __cluster_dims__ was (its arguments are in the given text)."""
    result = bytearray(data)
    for match in ALIGN.finditer(data):
        result[match.start() : match.end()] = b"alignas  " + match[1]
    clusters = []
    for match in CLUSTER.finditer(data):
        end = closing(data, match.end() - 1)
        if end is not None:
            clusters.append(match.start())
            result[match.start() : end + 1] = re.sub(rb"[^\r\n]", b" ", data[match.start() : end + 1])
    for match in CONSTRUCTED.finditer(data):
        _construct(data, result, match.end() - 1)
    return bytes(result), tuple(clusters)


def _construct(data: bytes, result: bytearray, opening: int) -> None:
    """Braces for the parentheses of a declaration's initialisers, from the one at `opening` on."""
    while (end := closing(data, opening)) is not None and AFTER.match(data, end + 1):
        inner = data[opening + 1 : end]
        if not inner.strip() or any(_declares(match[0]) for match in PARAMETER.finditer(inner)):
            return
        result[opening], result[end] = ord("{"), ord("}")
        following = NEXT.match(data, end + 1)
        if following is None:
            return
        opening = following.end() - 1


def _declares(text: bytes) -> bool:
    """Whether "int n" or "T& n" stands there, not the product "a * b"."""
    return b"*" not in text or text.lstrip(b" ,").split()[0] in (
        b"const",
        b"int",
        b"float",
        b"unsigned",
        b"void",
        b"char",
    )


def closing(data: bytes, opening: int) -> int | None:
    """The offset of the parenthesis that closes the one at `opening`."""
    depth = 0
    for offset in range(opening, min(len(data), opening + LONGEST)):
        byte = data[offset]
        if byte == 0x28:
            depth += 1
        elif byte == 0x29:
            depth -= 1
            if depth == 0:
                return offset
        elif byte == 0x3B and depth == 0:
            return None
    return None
