"""A missing #include: the header of the project that declares the name, or the one of the C library that gcc names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.mcu.ground import Ground
from signoff.diagnostics.fixes.mcu.headers import HEADERS, INCLUDE, declaring
from signoff.diagnostics.fixes.mcu.names import UNDECLARED, UNDEFINED, wrong_name
from signoff.diagnostics.fixes.source import newline_of
from signoff.verifiers.finding import Severity
from signoff.verifiers.slips import near
from signoff.verifiers.text import Edit

NOT_FOUND = re.compile(r"(?P<file>[^\s:]+): No such file or directory")
RULE = "includes"
MOST = 2


def propose(ground: Ground) -> Iterator[FixCandidate]:
    """Include what declares the name; right the name of a header that is not found."""
    if ground.finding.severity is not Severity.ERROR:
        return
    missing = NOT_FOUND.search(ground.finding.message)
    if missing is not None:
        yield from _misspelt(ground, missing["file"])
        return
    name = wrong_name(ground)
    if not name or ground.finding.code == UNDEFINED or "no member" in ground.finding.message:
        return
    links = (name,) if ground.finding.code == UNDECLARED else ()
    present = {match[1] or match[2] for match in INCLUDE.finditer(ground.snapshot.text)}
    standard = ground.data.get("include", "")
    if standard and standard.strip('<>"') not in present:
        yield _including(ground, f"#include {standard}", standard, links)
        return
    for found in [one for one in declaring(ground, name) if one.spelling not in present][:MOST]:
        yield _including(ground, found.directive, found.spelling, links)


def _including(ground: Ground, directive: str, shown: str, links: tuple[str, ...]) -> FixCandidate:
    return ground.candidate(f"Include {shown}", [_insertion(ground, directive)], RULE, links=links)


def _insertion(ground: Ground, directive: str) -> Edit:
    """Behind the last #include that no #if guards; else before the first code, behind the comment in front."""
    newline, depth, last = newline_of(ground.snapshot.text), 0, None
    for token in ground.src.tokens:
        if token.kind != "directive":
            continue
        word = token.text.lstrip(" \t#")
        depth += 1 if word.startswith("if") else -1 if word.startswith("endif") else 0
        if depth == 0 and word.startswith("include"):
            last = token
    if last is not None:
        end = ground.index.line_end(ground.index.position(last.end)[0])
        return ground.insert(end, f"{newline}{directive}")
    first = ground.src.tokens[0].start if ground.src.tokens else 0
    start = ground.index.starts[ground.index.position(first)[0]]
    return ground.insert(start, f"{directive}{newline}")


def _misspelt(ground: Ground, wrong: str) -> Iterator[FixCandidate]:
    """A header of the include folders whose name is nearly the one that is not found."""
    unit = ground.project.unit
    line = ground.finding.span.start_line
    token = next((one for one in ground.src.tokens if ground.index.position(one.start)[0] == line), None)
    if unit is None or token is None or token.kind != "directive" or wrong not in token.text:
        return
    folder, name = Path(wrong).parent, Path(wrong).name
    own = (str(Path(ground.snapshot.path).parent),) if '"' in token.text else ()
    places = [Path(place, folder) for place in (*own, *unit.include_dirs, *unit.system_include_dirs)]
    names = {one for place in places for one in _listed(place) if one.lower().endswith(HEADERS)}
    folded = {one.casefold(): one for one in names}
    alike = [folded[name.casefold()]] if name.casefold() in folded else []
    for word in dict.fromkeys((*alike, *near(name, sorted(names)))):
        text = token.text.replace(name, word)
        yield ground.candidate(f"Include {word}", [ground.replace(token, text)], RULE, (" ".join(token.text.split()),))


def _listed(folder: Path) -> list[str]:
    try:
        return [one.name for one in folder.iterdir()]
    except OSError:
        return []
