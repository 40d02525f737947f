"""Headers that include each other without end: one finding, at the include that closes the circle."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import PurePath

from signoff.verifiers.finding import Category, Finding, Related, Severity, Span
from signoff.verifiers.mcu.compile.gcc_findings import ERROR, TOOL, Scene
from signoff.verifiers.mcu.compile.gcc_messages import Diagnostic, Place

# gcc gives up at 200 (-fmax-include-depth); "#include nested too deeply" before gcc 9.
TOO_DEEP = re.compile(r"#include nested (?:depth|too deeply)")
TOO_DEEP_BYTES = b"#include nested "


def circle(diagnostics: Iterable[Diagnostic], scene: Scene) -> Finding | None:
    """The finding of the first circle of includes, from gcc's text; None where there is none.

    Whatever else gcc says of the unit follows from it: what the headers declare came 200 times, or not at all.
    """
    deep = next((one for one in diagnostics if TOO_DEEP.search(one.message) and one.included), None)
    if deep is None or not deep.places:
        return None
    # From the unit inwards: each of these includes the next.
    chain = [Place(scene.path(at.file), at.line, 0) for at in (*reversed(deep.included), deep.places[0])]
    seen: dict[str, int] = {}
    for number, at in enumerate(chain):
        if at.file in seen:
            return _finding(chain[seen[at.file] : number], scene)
        seen[at.file] = number
    return None


def _finding(ring: Sequence[Place], scene: Scene) -> Finding:
    """`ring`: each includes the next, and the last the first."""
    names = [PurePath(at.file).name for at in ring]
    if len(ring) == 1:
        message = f"{names[0]} includes itself: it has no include guard."
    else:
        way = ", which includes ".join((*names[1:], f"{names[0]} again"))
        guards = "neither has" if len(ring) == 2 else "none of them has"
        message = f"{names[0]} includes {way}: {guards} an include guard."
    following = [*ring[1:], ring[0]]
    related = tuple(
        Related(at.file, _span(at, scene), f"{PurePath(at.file).name} includes {PurePath(to.file).name}")
        for at, to in zip(ring[:-1], following, strict=False)
    )
    last = ring[-1]
    data = (("headers", "\n".join(at.file for at in ring)),)
    span = _span(last, scene)
    return Finding(last.file, span, Severity.ERROR, ERROR, message, TOOL, Category.C_SYNTAX, related=related, data=data)


def _span(at: Place, scene: Scene) -> Span:
    """What stands between the quotes' outer ends of an #include, else its line."""
    line = scene.lines(at.file, at.line - 1)
    match = re.search(r"[\"<][^\">]*[\">]", line)
    start, end = match.span() if match else (0, len(line.rstrip()))
    return Span(at.line - 1, start, at.line - 1, end)
