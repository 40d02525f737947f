"""Misspelt names of Triton's language: `tl.arrange` for `tl.arange`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.gpu.ground import Ground
from signoff.diagnostics.fixes.gpu.guard import scan_python
from signoff.diagnostics.fixes.gpu.names import listed, nearest
from signoff.diagnostics.fixes.source import Token
from signoff.verifiers.gpu.facts import PYTHON

ATTRIBUTE = re.compile(r"has no attribute '?(?P<name>\w+)|(?:NameError: )?(?:name )?'?(?P<bare>\w+)'? is not defined")
# Names looked at before and after the fault for one that was meant.
AROUND = 60


def propose(ground: Ground) -> Iterator[FixCandidate]:
    """Replace the name that Triton does not know by the near one that it does, or that the kernel has."""
    if ground.snapshot.language != PYTHON or ground.finding.tool != "triton":
        return
    match = ATTRIBUTE.search(ground.finding.message)
    if match is None:
        return
    wrong = match["name"] or match["bare"]
    tokens = _tokens(ground)
    here = [token for token in tokens if token.text == wrong and _on_line(ground, token)]
    known = listed("triton_names.txt") if match["name"] else _names(ground, tokens, wrong)
    for word in nearest(wrong, known) if len(here) == 1 else ():
        edit = ground.replace(here[0], word)
        yield ground.candidate(f"Replace '{wrong}' by '{word}'", (edit,), "spelling", (wrong,))


def _tokens(ground: Ground) -> list[Token]:
    return [token for token in scan_python(ground.snapshot.text) if token.kind == "word"]


def _on_line(ground: Ground, token: Token) -> bool:
    start, end = ground.finding.span.start_line, ground.finding.span.end_line
    return start <= ground.index.position(token.start)[0] <= end


def _names(ground: Ground, tokens: list[Token], wrong: str) -> list[str]:
    """The names that stand near the fault, nearest first."""
    start = ground.index.offsets(ground.finding.span)[0]
    nearest = sorted(tokens, key=lambda token: abs(token.start - start))[:AROUND]
    return [word for word in dict.fromkeys(token.text for token in nearest) if word != wrong]
