"""How a word is mistyped."""

from __future__ import annotations

from collections.abc import Iterator


def slips(word: str) -> Iterator[str]:
    """The word with a letter lost, doubled, or two swapped, in the middle of it; fewer where it is short."""
    at = len(word) // 2
    if len(word) >= 3:
        yield word[:at] + word[at + 1 :]
        yield word[:at] + word[at] + word[at:]
    if len(word) >= 4 and word[at] != word[at - 1]:
        yield word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :]
