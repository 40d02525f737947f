"""Misspelt names of Triton's language: `tl.arrange` for `tl.arange`."""

from __future__ import annotations

from collections.abc import Iterator

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.gpu.ground import Ground
from signoff.diagnostics.fixes.gpu.guard import scan_python
from signoff.diagnostics.fixes.gpu.names import listed, nearest
from signoff.diagnostics.fixes.source import Token
from signoff.verifiers.gpu.facts import PYTHON

ATTRIBUTE, NAME = "TritonAttribute", "TritonName"
# So many names before and after the fault may be the one that was meant.
AROUND = 120


def propose(ground: Ground) -> Iterator[FixCandidate]:
    """Replace the name that Triton does not know by the near one that it does, or that the kernel has."""
    code = ground.finding.code
    if ground.snapshot.language != PYTHON or ground.finding.tool != "triton" or code not in (ATTRIBUTE, NAME):
        return
    start, end = ground.index.offsets(ground.finding.span)
    words = [token for token in scan_python(ground.snapshot.text) if token.kind == "word"]
    wrong = next((token for token in words if token.end == end and token.start >= start), None)
    if wrong is None:
        return
    for word in nearest(wrong.text, listed("triton_names.txt") if code == ATTRIBUTE else _names(words, wrong)):
        edit = ground.replace(wrong, word)
        yield ground.candidate(f"Replace '{wrong.text}' by '{word}'", (edit,), "spelling", (wrong.text,))


def _names(words: list[Token], wrong: Token) -> list[str]:
    """The names that stand near the fault, nearest first."""
    around = sorted(words, key=lambda token: abs(token.start - wrong.start))[:AROUND]
    return [word for word in dict.fromkeys(token.text for token in around) if word != wrong.text]
