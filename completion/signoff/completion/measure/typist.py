"""A person at the keyboard: what is typed, how fast, and when a suggestion is taken. Pure but for its own chance."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

# Seconds between keys of somebody who types code: the median, and the spread of its logarithm; of the order of
# E. A. Feit et al., "How we type" (CHI 2016): 40 to 60 words a minute. Code is thought about, too: longest where a
# line begins, and now and then within it. These pauses are ours: assumed, not measured.
MEDIAN = 0.17
SPREAD = 0.45
THOUGHT = (1.0, 4.0)
HESITATION, HESITATES = (0.4, 1.5), 0.05
# A suggestion must stand so long before anybody takes it, and be worth the look.
LOOK = 0.25
LEAST = 3
_INDENTED = re.compile(r"\n[ \t]+")


@dataclass(frozen=True, slots=True)
class Key:
    """One keystroke: `text` is what it puts in (a line end with the next line's indentation is one key), after a
    pause of `seconds`."""

    text: str
    seconds: float


def next_key(rest: str, before: str, chance: random.Random) -> Key:
    """The key with which `rest`, not empty, goes on being typed behind `before`."""
    seconds = chance.lognormvariate(0.0, SPREAD) * MEDIAN
    if before.endswith("\n") or before[before.rfind("\n") + 1 :].strip() == "":
        seconds += chance.uniform(*THOUGHT)
    elif chance.random() < HESITATES:
        seconds += chance.uniform(*HESITATION)
    if rest[0] != "\n":
        return Key(rest[0], seconds)
    # The editor indents by itself.
    end = 1
    while end < len(rest) and rest[end] in " \t":
        end += 1
    return Key(rest[:end], seconds)


def keys(text: str) -> int:
    """How many keys a text takes; see next_key()."""
    return len(_INDENTED.sub("\n", text))


def takes(suggestion: str, rest: str, shown_for: float) -> bool:
    """Whether the typist takes a suggestion: it has stood for `shown_for` seconds and is what was to be typed."""
    return shown_for >= LOOK and len(suggestion.strip()) >= LEAST and rest.startswith(suggestion)
