"""The request to the model: a pure function of the hole, so that equal holes give equal bytes."""

from __future__ import annotations

from signoff.completion import context, fim
from signoff.completion.context import Hole
from signoff.completion.model.protocol import Description, Request
from signoff.completion.passage import Passage


def build(
    hole: Hole,
    description: Description,
    passages: tuple[Passage, ...],
    *,
    max_tokens: int,
    temperature: float = 0.0,
    seed: int = 0,
) -> Request:
    """The request for one candidate. Stop strings are the family's, and the line's end where one line is wanted."""
    prefix, suffix = context.read(hole, description.budget, passages)
    prompt, stop = fim.render(description.family, prefix, suffix)
    line_end = () if hole.block else ("\n",)
    return Request(prompt, prefix, suffix, passages, (*line_end, *stop)[:4], max_tokens, temperature, seed)
