"""What completion hands to the editor: a text, where it goes, and who accepted it."""

from __future__ import annotations

from dataclasses import dataclass

from signoff.verifiers.finding import Span


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was proven of a suggestion: `tools` accepted it; `not_run` are (tool, reason) of those that could not."""

    tools: tuple[str, ...]
    not_run: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Replace `span` by `text`. It holds for the snapshot it was computed on and no other."""

    text: str
    span: Span
    verdict: Verdict
    model: str
