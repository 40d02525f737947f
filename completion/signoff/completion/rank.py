"""The order in which accepted candidates are shown. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from signoff.completion.check import Checked


def rank(checked: Iterable[Checked]) -> tuple[Checked, ...]:
    """Only the accepted, each text once: those that leave fewest findings first, then in the model's own order."""
    accepted: dict[str, Checked] = {}
    for item in checked:
        if item.accepted:
            accepted.setdefault(item.text, item)
    return tuple(sorted(accepted.values(), key=lambda item: item.remaining))
