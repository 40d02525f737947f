"""What completion hands to the editor: a text, where it goes, and who accepted it."""

from __future__ import annotations

from dataclasses import dataclass

from signoff.verifiers.finding import Span


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was proven of a suggestion: `tools` accepted it; `not_run` are (tool, reason) of those that could not.

    `seconds` is what judging it took, as the user waited for it. `refused` are the findings, in the tools' words,
    of a text that is shown although it was refused (setting show = verified-first); `cut`: it is the longest
    accepted beginning of what the model wrote. `rank` says why it stands where it stands. `leaves` are warnings about
    the text, in a tool's words, that a later line may still mend: a variable that nothing uses yet. `under` is what was
    defined for it to be judged ("USE_DMA defined"), where a condition leaves its place out of what is compiled.
    """

    tools: tuple[str, ...]
    not_run: tuple[tuple[str, str], ...] = ()
    seconds: float = 0.0
    refused: tuple[str, ...] = ()
    cut: bool = False
    rank: str = ""
    leaves: tuple[str, ...] = ()
    under: tuple[str, ...] = ()

    @property
    def verified(self) -> bool:
        """At least one tool judged the text, and none refused it."""
        return bool(self.tools) and not self.refused


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Replace `span` by `text`. It holds for the snapshot it was computed on and no other."""

    text: str
    span: Span
    verdict: Verdict
    model: str
