"""How near a text is to the true one, and figures over many. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence


def plain(text: str) -> str:
    """A text as it is compared: runs of blanks and line ends are one space."""
    return " ".join(text.split())


def exact(text: str, truth: str) -> bool:
    """Whether a completion is the true text, apart from blanks."""
    return plain(text) == plain(truth)


def similarity(text: str, truth: str) -> float:
    """Edit similarity, 0 to 1: one minus the Levenshtein distance over the longer length, apart from blanks."""
    from rapidfuzz.distance import Levenshtein

    return float(Levenshtein.normalized_similarity(plain(text), plain(truth)))


def share(values: Iterable[bool]) -> float:
    """The share that is true, 0 to 1; not a number for none."""
    rows = list(values)
    return sum(rows) / len(rows) if rows else math.nan


def quantile(values: Sequence[float], part: float) -> float:
    """The value below which a part (0 to 1) of the values lies; not a number for none."""
    if not values:
        return math.nan
    rows = sorted(values)
    return rows[min(len(rows) - 1, math.ceil(part * len(rows)) - 1 if part else 0)]


def mean(values: Iterable[float]) -> float:
    """The mean; not a number for none."""
    rows = list(values)
    return sum(rows) / len(rows) if rows else math.nan


def interval(hits: int, count: int) -> tuple[float, float]:
    """The 95 % Wilson interval of a share, 0 to 1: what few holes allow to be said.

    Source: E. B. Wilson, Journal of the American Statistical Association 22 (1927).
    """
    if not count:
        return 0.0, 1.0
    z, part = 1.96, hits / count
    middle = part + z * z / (2 * count)
    spread = z * math.sqrt(part * (1 - part) / count + z * z / (4 * count * count))
    below = 1 + z * z / count
    return max(0.0, (middle - spread) / below), min(1.0, (middle + spread) / below)
