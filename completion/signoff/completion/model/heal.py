"""Token healing: the model writes the end of the typed text once more, so that it is not bound to a token's border.

A word that is half typed is cut into other tokens than the whole word is, and a blank belongs to the word behind it:
a model that has to go on behind such a text writes what it would not write itself. A grammar makes it begin with
what was typed. Pure.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator

from signoff.completion.model.protocol import Piece

# The word that is being typed with the blank before it, or the blanks at the end.
_END = re.compile(r"[ \t]?\w+\Z|[ \t]+\Z")
# What is searched for it, in characters; a word that fills it is not healed.
LONGEST = 100


def end_of(prefix: str) -> str:
    """The end of a text before the cursor that the model is to write again; "" where it ends at a token's border."""
    tail = prefix[-LONGEST:]
    found = _END.search(tail)
    return found[0] if found is not None and (found.start() > 0 or len(tail) < LONGEST) else ""


def grammar(text: str) -> str:
    """A GBNF grammar (llama.cpp) of all texts that begin with `text`."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
    return f'root ::= "{escaped}" [^\\x00]*'


async def without(pieces: AsyncIterator[Piece], typed: str, count: int) -> AsyncIterator[Piece]:
    """The pieces of `count` candidates without `typed`, with which each begins."""
    left = [typed] * count
    async with contextlib.aclosing(pieces) as stream:  # type: ignore[type-var]
        async for piece in stream:
            if not 0 <= piece.candidate < count:
                continue
            due = left[piece.candidate]
            left[piece.candidate] = due[len(piece.text) :]
            text = piece.text[len(due) :]
            if text or piece.finish:
                yield Piece(text, piece.candidate, piece.finish)
