"""The order in which candidates are shown, and why each stands where it stands. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from signoff.completion.check import Checked


def rank(checked: Iterable[Checked], *, show: str = "verified") -> tuple[Checked, ...]:
    """Each text once, best first, with its `reason`; those that are not accepted only with show="verified-first".

    In turn: accepted ones; whole ones before cut ones; those that leave no warning of their own; those with fewer
    findings left in the file (each accepted one has mended what is wrong at the cursor); those that several candidates
    agree on; then the model's own order, likeliest first.
    """
    items = [item for item in checked if item.text]
    votes = Counter(_said(item.text) for item in items)
    kept = [item for item in _once(items) if item.accepted or show == "verified-first"]
    order = {item.text: number for number, item in enumerate(kept)}
    ranked = sorted(kept, key=lambda item: (*_key(item, votes), order[item.text]))
    return tuple(replace(item, reason=_reason(number, ranked, votes)) for number, item in enumerate(ranked))


def _once(items: Sequence[Checked]) -> list[Checked]:
    """Each text once, at its first place; the judgement that is worth most."""
    best: dict[str, Checked] = {}
    for item in items:
        known = best.get(item.text)
        if known is None or (item.accepted and (not known.accepted or (known.cut and not item.cut))):
            best[item.text] = item
    return list(best.values())


def _key(item: Checked, votes: Counter[str]) -> tuple[int, ...]:
    judged = 0 if item.accepted else 1 if not item.refused else 2
    return judged, int(item.cut), int(bool(item.leaves)), item.remaining, -votes[_said(item.text)]


# By what a text stands before the next one, in the order of _key().
WHYS = (
    "accepted, the next is not",
    "whole, the next is cut short",
    "leaves no warning of its own",
    "leaves fewer findings in the file",
    "the model wrote it more often",
)


def _reason(number: int, ranked: Sequence[Checked], votes: Counter[str]) -> str:
    """By what it stands before the next one."""
    item = ranked[number]
    if item.refused:
        return "refused"
    if not item.accepted:
        return "not judged"
    if number + 1 == len(ranked):
        return "cut to what passes" if item.cut else "accepted"
    mine, later = _key(item, votes), _key(ranked[number + 1], votes)
    decided = next((at for at, (a, b) in enumerate(zip(mine, later, strict=True)) if a != b), None)
    return WHYS[decided] if decided is not None else "the likelier text by the model"


def _said(text: str) -> str:
    """A text without what its layout adds."""
    return "".join(text.split())
