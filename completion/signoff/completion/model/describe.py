"""What every backend says of its model in the same way: the budget that the settings ask for, a prompt made shorter."""

from __future__ import annotations

from dataclasses import replace

from signoff.completion import fim
from signoff.completion.model.protocol import Budget, Description, Request
from signoff.completion.settings import CompletionSettings

# How many texts a server that takes several is asked for at most (the setting's own bound).
MOST_CANDIDATES = 8
# Characters of a text that is not made shorter.
SHORTEST = 80


def budget_for(settings: CompletionSettings, default: Budget | None = None, context_tokens: int = 0) -> Budget:
    """The budget that the settings ask for, else the backend's own, within the model's context."""
    default = default or Budget()
    chosen = Budget(
        settings.prefix_tokens or default.prefix,
        settings.suffix_tokens or default.suffix,
        settings.context_tokens if settings.context_tokens >= 0 else default.passages,
        0 if settings.prefix_tokens else default.fresh,
    )
    room = context_tokens - settings.max_tokens - 32  # the family's own tokens, file names
    whole = chosen.prefix + chosen.suffix + chosen.passages
    if not context_tokens or whole <= room:
        return chosen
    share = max(room, 64) / whole
    prefix, suffix, passages = (int(part * share) for part in (chosen.prefix, chosen.suffix, chosen.passages))
    return Budget(prefix, suffix, passages, chosen.fresh)


def limited(known: Description, settings: CompletionSettings, limit: int) -> Description:
    """The description once the server has said that it takes only `limit` tokens (0: fewer than it was given)."""
    if not limit:
        return known
    note = known.note or f"The server takes prompts of {limit} tokens at most."
    return replace(known, context_tokens=limit, budget=budget_for(settings, known.budget, limit), note=note)


def shorter(request: Request, known: Description) -> Request | None:
    """The request without other files, then with half of the document; None where nothing is left to leave out."""
    if request.passages:
        passages, prefix, suffix = (), request.prefix, request.suffix
    else:
        passages, prefix, suffix = (), _last_half(request.prefix), _first_half(request.suffix)
    if (prefix, suffix, passages) == (request.prefix, request.suffix, request.passages) or not prefix:
        return None
    prompt, _ = fim.render(known.family, prefix.removesuffix(request.heal), suffix, spm=known.spm)
    return replace(request, prompt=prompt, prefix=prefix, suffix=suffix, passages=())


def _last_half(text: str) -> str:
    if len(text) <= SHORTEST:
        return text
    return text[text.find("\n", len(text) // 2) + 1 or len(text) - len(text) // 2 :]


def _first_half(text: str) -> str:
    if len(text) <= SHORTEST:
        return text
    end = text.rfind("\n", 0, len(text) // 2)
    return text[: end if end > 0 else len(text) // 2]
