"""How many multiprocessors the largest GPU of a compute capability has: a bound on what can be resident at once."""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources


@cache
def _table() -> dict[str, int]:
    text = (resources.files("signoff.verifiers.gpu.hardware") / "multiprocessors.csv").read_text("utf-8")
    return {row["sm"]: int(row["count"]) for row in csv.DictReader(text.splitlines())}


def multiprocessors(sm: str) -> int | None:
    """Multiprocessors of the full chip of an architecture ("sm_80"): no GPU of it has more. None: not in the table."""
    return _table().get(sm)
