"""Tokens: how long a text is for the model, counted by its own tokenizer while nobody waits, guessed until then."""

from __future__ import annotations

import contextlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace

from signoff.completion.model.protocol import Budget, Description, ModelUnavailable
from signoff.completion.window import CHARACTERS

Count = Callable[[str], Awaitable["int | None"]]

# Texts whose length is kept, and the longest that is counted, in characters.
ENTRIES = 1024
LONGEST = 60_000
# A language's characters a token follow the newest texts: what was counted before weighs this much less each time.
FORGET = 0.8
# A share of the context that is never filled: lengths of parts do not add up exactly, and special tokens come on top.
MARGIN = 0.06
SPECIAL_TOKENS = 24


class Tokens:
    """Lengths by one model's tokenizer. Use within one event loop; all but learn() answer at once."""

    def __init__(self, count: Count | None = None) -> None:
        self._count = count
        self._known: OrderedDict[str, int] = OrderedDict()
        self._seen: dict[str, tuple[float, float]] = {}

    def length(self, text: str, language: str) -> int:
        """The tokens of a text: exact where it has been counted, else from the language's characters a token."""
        known = self._known.get(text)
        if known is not None:
            return known
        return -(-int(_weight(text) * 100) // max(int(self.characters(language) * 100), 1))

    def characters(self, language: str) -> float:
        """Characters a token in this language, a little low where it is not known."""
        seen = self._seen.get(language)
        return max(seen[0] / seen[1], 0.5) if seen is not None and seen[1] else CHARACTERS

    async def learn(self, texts: Iterable[str], language: str) -> None:
        """Count those that are not known yet. Never raises; a model that cannot count is not asked again."""
        for text in texts:
            if self._count is None or not text or len(text) > LONGEST or text in self._known:
                continue
            with contextlib.suppress(ModelUnavailable):
                tokens = await self._count(text)
                if tokens is None:
                    self._count = None
                else:
                    self._note(text, language, tokens)

    def _note(self, text: str, language: str, tokens: int) -> None:
        self._known[text] = tokens
        while len(self._known) > ENTRIES:
            self._known.popitem(last=False)
        characters, seen = self._seen.get(language, (0.0, 0.0))
        if len(text) >= 100 and tokens > 0:
            self._seen[language] = characters * FORGET + len(text), seen * FORGET + tokens


def _weight(text: str) -> float:
    """The length of a text in characters; one beyond ASCII counts as a token and a half, as many are more than one."""
    if text.isascii():
        return len(text)
    plain = len(text.encode("ascii", "ignore"))
    return plain + (len(text) - plain) * CHARACTERS * 1.5


def limits(description: Description, max_tokens: int) -> Budget:
    """The model's budget, made smaller where its context would not hold it together with the answer."""
    budget = description.budget
    if not description.context_tokens:
        return budget
    room = max(int(description.context_tokens * (1 - MARGIN)) - max_tokens - SPECIAL_TOKENS, 0)
    if budget.prefix + budget.suffix + budget.passages <= room:
        return budget
    passages = min(budget.passages, room // 4)
    suffix = min(budget.suffix, room // 8)
    return replace(budget, prefix=min(budget.prefix, room - passages - suffix), suffix=suffix, passages=passages)
