"""Secrets in a source by its parts: what stands in a string, a comment or the code is masked as that. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from signoff.diagnostics.trajectories.secrets import (
    is_secret_name,
    mask,
    masked_forms,
    masked_in_prose,
    masked_numbers,
    masked_strings,
)
from signoff.diagnostics.trajectories.spans import Part, parts

# The name that a string is given to, at the end of what stands before the string: password = ", password, ", {"key": ".
_TAIL = re.compile(
    r"[A-Za-z_][\w.-]*[\"']?\s*(?:\[[^\]\r\n]*\]\s*){0,4}(?:,|=>|[:+]?=|:|\()?\s*(?:\([\w\s*]{1,30}\)\s*)?"
    r"(?:\w+\s*,\s*){0,3}(?P<list>[\[{(]\s*)?[A-Za-z]{0,2}$"
)
_TAIL_MOST = 120
_NAME = re.compile(r"[A-Za-z_][\w.-]*")
_INNER = re.compile(r"(\"\"\"|'''|\"|')(.*?)(\1)?\Z", re.DOTALL)


def masked_source(text: str, language: str) -> str:
    """The source without its secrets; every line is as long as before. `language` is an LSP language id."""
    text = masked_numbers(masked_forms(text))
    return "".join(_masked(parts(text, language)))


def only_code(text: str, language: str) -> str:
    """What is neither string nor comment in a source."""
    return "\n".join(piece for part, piece in parts(text, language) if part is Part.CODE)


def _masked(pieces: Iterable[tuple[Part, str]]) -> Iterator[str]:
    before, named, listed = "", False, False
    for part, piece in pieces:
        if part is Part.COMMENT:
            yield masked_in_prose(masked_strings(piece))
            continue
        if part is Part.CODE:
            # A string beside a secret one is a part of it, or another one of their list.
            named = named and not piece.strip(" \t\r\n," if listed else " \t\r\n")
            yield piece
        else:
            if not named and (match := _TAIL.search(before)) is not None:
                named = any(is_secret_name(name[0], piece) for name in _NAME.finditer(match[0]))
                listed = match["list"] is not None
            yield _inside_masked(piece) if named else masked_in_prose(masked_strings(piece))
        before = (before + piece)[-_TAIL_MOST:]


def _inside_masked(literal: str) -> str:
    """A string whose quotes alone stay."""
    return _INNER.sub(lambda match: match[1] + mask(match[2]) + (match[3] or ""), literal, count=1)
