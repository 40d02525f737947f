"""Slips of the pen: which word was probably meant by one that is not known."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def digits(word: str) -> str:
    """The digits of a word: `data1` for `data2` is another name, not a slip."""
    return "".join(letter for letter in word if letter.isdigit())


def near(word: str, words: Iterable[str], limit: int = 2) -> list[str]:
    """The nearest words that are at most one slip away, two from six letters on; the best first."""
    allowed = 2 if len(word) >= 6 else 1
    close = difflib.get_close_matches(word, list(words), n=8, cutoff=0.6)
    ranked = sorted((slips(word, other), number, other) for number, other in enumerate(close))
    return [other for distance, _, other in ranked if distance <= allowed][:limit]


def slips(one: str, two: str) -> int:
    """How many letters must be added, dropped, changed or swapped with the next to turn one word into the other."""
    before: list[int] = []
    row = list(range(len(two) + 1))
    for i, left in enumerate(one, 1):
        following = [i]
        for j, right in enumerate(two, 1):
            cost = min(row[j] + 1, following[j - 1] + 1, row[j - 1] + (left != right))
            if i > 1 and j > 1 and left == two[j - 2] and one[i - 2] == right:
                cost = min(cost, before[j - 2] + 1)
            following.append(cost)
        before, row = row, following
    return row[-1]
