"""Completions seen before: typed into, gone back to, come back to. A hit asks no model, only the verifiers."""

from __future__ import annotations

from collections import OrderedDict

ENTRIES = 64

# (document and facts, text before the cursor, text after it)
Key = tuple[tuple[object, ...], str, str]


class CompletionCache:
    """Keeps the last completions. An entry holds for the same document, text after the cursor and facts."""

    def __init__(self, entries: int = ENTRIES) -> None:
        self._entries = entries
        self._places: OrderedDict[Key, tuple[str, ...]] = OrderedDict()

    def get(self, scope: tuple[object, ...], prefix: str, suffix: str) -> tuple[str, ...] | None:
        """The rest of each completion that what was typed since agrees with; None where none is known.

        () is an answer as well: the model had nothing to say at this very place.
        """
        for key in reversed(self._places):
            if key[0] != scope or key[2] != suffix or not prefix.startswith(key[1]):
                continue
            texts, typed = self._places[key], prefix[len(key[1]) :]
            rest = tuple(text[len(typed) :] for text in texts if text.startswith(typed) and len(text) > len(typed))
            if rest or (not typed and not texts):
                self._places.move_to_end(key)
                return rest
        return None

    def put(self, scope: tuple[object, ...], prefix: str, suffix: str, texts: tuple[str, ...]) -> None:
        """Remember what was offered at a place."""
        self._places[scope, prefix, suffix] = texts
        self._places.move_to_end((scope, prefix, suffix))
        while len(self._places) > self._entries:
            self._places.popitem(last=False)

    def clear(self) -> None:
        """Forget everything."""
        self._places.clear()
