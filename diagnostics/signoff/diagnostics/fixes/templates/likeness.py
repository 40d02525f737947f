"""Which other names may stand for a name: near in letters, of the same stem, or waiting to be used."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

from signoff.diagnostics.fixes.modules import PARAMETERS, Module
from signoff.diagnostics.fixes.source import Source

# Below this, two names have nothing to do with each other.
ALIKE = 0.6
_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d+")
# Parts that say what a signal is for and not which it is.
_COMMON = frozenset(("i", "o", "in", "out", "reg", "wire", "r", "q", "d", "n", "s", "m", "next", "int", "p"))


def likeness(one: str, other: str) -> float:
    """0 to 1: by letters, or by the parts that two names share (`m_axi_awvalid`, `awvalid_reg`)."""
    letters = difflib.SequenceMatcher(None, one.lower(), other.lower()).ratio()
    parts, others = _parts(one), _parts(other)
    telling = (parts & others) - _COMMON
    shared = len(telling) / max(min(len(parts - _COMMON), len(others - _COMMON)), 1)
    return max(letters, 0.9 * shared)


def alike(name: str, pool: Iterable[str], limit: int = 6, least: float = ALIKE) -> list[str]:
    """The names of the pool that are most like one, best first."""
    scored = [(-likeness(name, other), number, other) for number, other in enumerate(pool) if other != name]
    return [other for score, _, other in sorted(scored)[:limit] if -score >= least]


@lru_cache(maxsize=4096)
def _parts(name: str) -> frozenset[str]:
    return frozenset(part.lower() for part in _PART.findall(name))


def uses(src: Source, module: Module) -> Counter[str]:
    """How often each word stands in a module, its declarations included."""
    return Counter(src.word(number) for number in range(module.opener, module.last) if src.word(number - 1) != ".")


def unused(src: Source, module: Module) -> list[str]:
    """Declared names that nothing uses: a fault elsewhere may have taken their use away."""
    counted = uses(src, module)
    return [
        name
        for name, entries in module.declared.items()
        if counted[name] <= len(entries) + (name in module.ports and not entries[0].header)
    ]


def signals(module: Module) -> list[str]:
    """Names that hold a value at run time."""
    return [name for name, entries in module.declared.items() if not any(e.kind in PARAMETERS for e in entries)]
