"""Names that are made of the same words as what stands around the cursor: SysTick_Handler leads to HAL_IncTick."""

from __future__ import annotations

import heapq
import itertools
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache

from signoff.verifiers.declarations.scope import Scope

PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
COMMENT = re.compile(r"/\*(.*?)\*/|//([^\n]*)", re.DOTALL)
# A word that stands in more names leads nowhere; of the others the rarest are followed.
MOST_NAMES, MOST_WORDS = 1_200, 30
# Characters before the cursor whose comments tell what comes next.
NEARBY = 300
STATEMENT, COMMENTED, FUNCTION, REGION = 3.0, 2.5, 2.0, 1.0


@lru_cache(maxsize=60_000)
def parts(name: str) -> frozenset[str]:
    """The words that a name is made of, in small letters; neighbours also as one (SysTick: sys, tick, systick)."""
    found = [part.lower() for part in PART.findall(name)]
    joined = (one + other for one, other in itertools.pairwise(found))
    return frozenset(part for part in (*found, *joined) if len(part) > 1)


class Related:
    """The words of a scope's names."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        with_part: defaultdict[str, list[str]] = defaultdict(list)
        for name in scope.sorted_names:
            for part in parts(name):
                with_part[part].append(name)
        count = len(scope.sorted_names)
        self._with = {part: names for part, names in with_part.items() if len(names) <= MOST_NAMES}
        self._worth = {part: math.log(1 + count / len(names)) for part, names in with_part.items()}

    def to(self, wanted: Mapping[str, float], most: int) -> list[str]:
        """The names that have most of the words `wanted` in them (word to weight), and little else."""
        known = [part for part in wanted if part in self._with]
        scores: defaultdict[str, float] = defaultdict(float)
        for part in sorted(known, key=lambda part: (-wanted[part] * self._worth[part], part))[:MOST_WORDS]:
            worth = wanted[part] * self._worth[part]
            for name in self._with[part]:
                scores[name] += worth
        best = heapq.nsmallest(2 * most, ((-score, name) for name, score in scores.items()))
        ranks = sorted((score / math.sqrt(self._length(name)), name) for score, name in best)
        return [name for _, name in ranks[:most]]

    def order(self, names: Iterable[str], wanted: Mapping[str, float]) -> list[str]:
        """Names by how much they have of the words, the shorter first where that is equal."""

        def rank(name: str) -> tuple[float, int, str]:
            score = sum(wanted.get(part, 0.0) * self._worth.get(part, 0.0) for part in parts(name))
            return -score / math.sqrt(self._length(name)), len(name), name

        return sorted(names, key=rank)

    def _length(self, name: str) -> float:
        return 4 + sum(self._worth.get(part, 0.0) for part in parts(name))


def around(head: str, region: Iterable[str], statement: Iterable[str], before: str) -> dict[str, float]:
    """The words that lead on, with their weight: of the function's head, its names, the statement, the last comment."""
    wanted: dict[str, float] = {}
    comments = (match[1] or match[2] for match in COMMENT.finditer(before[-NEARBY:]))
    for weight, names in ((REGION, region), (FUNCTION, (head,)), (COMMENTED, comments), (STATEMENT, statement)):
        for name in names:
            for part in parts(name):
                wanted[part] = max(wanted.get(part, 0.0), weight)
    return wanted


def fused(*rankings: Iterable[str]) -> list[str]:
    """Several rankings as one: what stands high in any stands high, what stands in several higher."""
    scores: defaultdict[str, float] = defaultdict(float)
    for ranking in rankings:
        for rank, name in enumerate(ranking):
            scores[name] += 1 / (4 + rank)
    return sorted(scores, key=lambda name: (-scores[name], name))
