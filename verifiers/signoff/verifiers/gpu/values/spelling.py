"""Spellings that the grammar does not know, rewritten in place: same length, same offsets, same meaning for us."""

from __future__ import annotations

import re
from collections.abc import Iterator

ALIGN = re.compile(rb"__align__(\s*\()")
CLUSTER = re.compile(rb"__cluster_dims__\s*\(")
# `dim3 grid(n, m);` with plain names reads like a function's declaration; `dim3 grid{n, m};` does not.
CONSTRUCTED = re.compile(rb"\b(?:dim3|uint3|int3)\s+(\w+)\s*\(")
VECTORS = (b"dim3", b"uint3", b"int3")
NEXT = re.compile(rb"\s*,\s*\w+\s*\(")
AFTER = re.compile(rb"\s*[;,]")
PARAMETER = re.compile(rb"(?:^|,)\s*(?:const\s+)?[\w:]+(?:\s*[&*]+\s*|\s+)\w+\s*(?=,|$|=)")
# Braces among the arguments of a launch, `<<<{gx, gy}, {256}>>>`: for the grammar, parentheses. Its own reading of them
# has errors in it.
CHEVRON = re.compile(rb"<<<")
INNER = re.compile(rb"[^{};]*+\}")
DESIGNATED = re.compile(rb"(?:^|,)\s*\.\s*[A-Za-z_]|,\s*$")
DEEPER, SHALLOWER, BRACE, COMMA = frozenset(b"([{"), frozenset(b")]}"), ord("{"), ord(",")
BLANK = frozenset(b" \t\r\n")
LONGEST = 2000


def regular(data: bytes) -> tuple[bytes, tuple[int, ...]]:
    """The text to parse, and where each __cluster_dims__ was (its arguments are in the given text)."""
    result = bytearray(data)
    for match in ALIGN.finditer(data) if b"__align__" in data else ():
        result[match.start() : match.end()] = b"alignas  " + match[1]
    clusters = []
    for match in CLUSTER.finditer(data) if b"__cluster_dims__" in data else ():
        end = closing(data, match.end() - 1)
        if end is not None:
            clusters.append(match.start())
            result[match.start() : end + 1] = re.sub(rb"[^\r\n]", b" ", data[match.start() : end + 1])
    for match in _constructed(data):
        _construct(data, result, match.end() - 1)
    for match in CHEVRON.finditer(data):
        for opening in _braced(data, match.end()):
            _parenthesise(data, result, opening)
    return bytes(result), tuple(clusters)


def _constructed(data: bytes) -> list[re.Match[bytes]]:
    """The declarations that may read like a function's: a plain search first is much faster than the pattern."""
    found = []
    for word in VECTORS:
        at = data.find(word)
        while at >= 0:
            match = CONSTRUCTED.match(data, at)
            if match is not None:
                found.append(match)
            at = data.find(word, at + len(word))
    return sorted(found, key=lambda match: match.start())


def _braced(data: bytes, start: int) -> Iterator[int]:
    """The offsets of the braces with which arguments of the launch at `start` begin."""
    end = data.find(b">>>", start, start + LONGEST)
    if data.find(b"{", start, end if end >= 0 else start + LONGEST) < 0:
        return
    depth, begins = 0, True
    for offset in range(start, min(len(data), start + LONGEST)):
        byte = data[offset]
        if begins and byte == BRACE:
            yield offset
        begins = (byte == COMMA and depth == 0) or (begins and byte in BLANK)
        depth += (byte in DEEPER) - (byte in SHALLOWER)
        if depth < 0 or byte == 0x3B or data.startswith(b">>>", offset):
            return


def _parenthesise(data: bytes, result: bytearray, opening: int) -> None:
    match = INNER.match(data, opening + 1)
    if match is None or DESIGNATED.search(data, opening + 1, match.end() - 1):
        return
    if not match[0][:-1].strip():
        result[opening : match.end()] = b"1".ljust(match.end() - opening)  # dim3{} is one of each
    else:
        result[opening], result[match.end() - 1] = ord("("), ord(")")


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
