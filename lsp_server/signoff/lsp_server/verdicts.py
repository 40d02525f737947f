"""What was proven of a suggestion, as words and as data: the same for ghost text, for lists and for logs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from signoff.completion.suggestion import Suggestion, Verdict
from signoff.verifiers.display import display

# A tool's own words may be long; a title has to fit into a line.
SHOWN = 80


def about(suggestion: Suggestion) -> dict[str, Any]:
    """The verdict as JSON: `tools` accepted the text, `refused` are findings in a tool's words, `notRun` pairs of a
    tool and the reason, `milliseconds` what judging took; `cut`: the accepted beginning of a longer text; `rank`: why
    it stands where it stands; `leaves`: warnings about it that later lines may mend; `under`: what was defined for it
    to be judged, where a condition leaves its place out; `names`: what the tools are called in sentences, where that is
    not their name."""
    verdict = suggestion.verdict
    return {
        "model": suggestion.model,
        "verified": verdict.verified,
        "tools": list(verdict.tools),
        "milliseconds": round(verdict.seconds * 1000),
        "notRun": [list(one) for one in verdict.not_run],
        "refused": list(verdict.refused),
        "cut": verdict.cut,
        "rank": verdict.rank,
        "leaves": list(verdict.leaves),
        "under": list(verdict.under),
        "names": {name: display(name) for name in (*verdict.tools, *dict(verdict.not_run)) if display(name) != name},
    }


def title(suggestion: Suggestion) -> str:
    """One line: who wrote it and what the tools say ("qwen2.5-coder: accepted by slang in 32 ms")."""
    return f"{suggestion.model or 'Signoff'}: {said(suggestion.verdict)}"


def said(verdict: Verdict) -> str:
    """What the tools say, in a few words."""
    if verdict.refused:
        return f"not verified: refused by {_short(_told(verdict.refused[0]))}"
    if not verdict.tools:
        return f"not verified: {_reasons(verdict.not_run) or 'no tool judges this language'}"
    cut = ", as far as they accept it" if verdict.cut else ""
    time = f" in {verdict.seconds * 1000:.0f} ms" if verdict.seconds else ""
    under = f" with {_short(', '.join(verdict.under))}" if verdict.under else ""
    return f"accepted by {', '.join(map(display, verdict.tools))}{under}{time}{cut}"


def documentation(suggestion: Suggestion, language: str) -> str:
    """Markdown: the text, and all that is known of it. For an ordinary completion item."""
    verdict = suggestion.verdict
    lines = [f"```{language}", suggestion.text.strip("\n"), "```", title(suggestion)]
    lines += [f"- refused: {_told(one)}" for one in verdict.refused]
    lines += [f"- it leaves: {one}" for one in verdict.leaves]
    lines += [f"- not judged by {display(tool)}: {reason}" for tool, reason in verdict.not_run]
    if verdict.cut:
        lines.append("- The rest of what the model wrote was refused.")
    if verdict.under:
        lines.append(f"- A condition leaves this place out; it was judged with {', '.join(verdict.under)}.")
    if verdict.rank:
        lines.append(f"- {verdict.rank}")
    return "\n".join(lines)


def _reasons(not_run: Sequence[tuple[str, str]]) -> str:
    return _short("; ".join(f"{display(tool)}: {reason}" for tool, reason in not_run))


def _told(finding: str) -> str:
    """A finding in its tool's words, with the tool's name as people know it in front."""
    tool, colon, message = finding.partition(": ")
    return f"{display(tool)}{colon}{message}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else f"{line[: SHOWN - 1]}…"
