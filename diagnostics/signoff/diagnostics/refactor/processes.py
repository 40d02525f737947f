"""`always` becomes `always_ff` where an edge starts it, `always_comb` where it waits for what it reads."""

from __future__ import annotations

from collections.abc import Iterator

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.sensitivity import CODES
from signoff.diagnostics.fixes.source import Source
from signoff.diagnostics.fixes.statements import Always
from signoff.diagnostics.refactor.site import Site
from signoff.verifiers.finding import Category

NAME = "always"
EDGES = frozenset(("posedge", "negedge", "edge"))
# What may wait, or run beside the process: neither is allowed in the new ones.
WAITS = frozenset(("#", "@", "wait", "fork", "->", "->>"))


def propose(site: Site) -> Iterator[FixCandidate]:
    """One candidate a process; which of the two it can be, its event control says."""
    src = site.src
    for block in site.processes():
        if block.word != "always" or _waits(src, block) or (kind := _kind(src, block)) is None:
            continue
        keyword, last = src.token(block.keyword), src.token(block.last)
        category = Category.BLOCKING if kind == "always_ff" else Category.SENSITIVITY_LIST
        finding = site.finding(NAME, keyword.start, last.end, f"'always' can say what it is: '{kind}'", category)
        end = src.token(block.statement - 1).end if kind == "always_comb" else keyword.end
        edit = site.replace(keyword.start, end, kind)
        changed = "the process also waits for what its list lacks" if _incomplete(site, block) else ""
        title = f"Turn 'always' into '{kind}'"
        yield FixCandidate(title, (edit,), NAME, finding, changed, replaces=("always",), keeps=True)


def _kind(src: Source, block: Always) -> str | None:
    """What the event control makes of a process; None where it has none, or one of both kinds."""
    if src.word(block.keyword + 1) != "@":
        return None
    control = [src.word(number) for number in range(block.keyword + 2, block.statement)]
    if not block.clocked:
        return None if EDGES & set(control) else "always_comb"
    events, edges = _events(control), [word for word in control if word in EDGES]
    return "always_ff" if len(edges) == events else None


def _events(control: list[str]) -> int:
    """How many events a list names: one more than it has separators outside inner brackets."""
    depth, count = 0, 1
    for word in control:
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(word, 0)
        count += depth == 1 and word in ("or", ",")
    return count


def _waits(src: Source, block: Always) -> bool:
    return any(src.word(number) in WAITS for number in range(block.statement, block.last + 1))


def _incomplete(site: Site, block: Always) -> bool:
    """Whether a tool has found that the list lacks something: then the new process runs more often in simulation."""
    first = site.index.position(site.src.token(block.keyword).start)[0]
    last = site.index.position(site.src.token(block.last).end)[0]
    said = (one for outcome in site.known.values() for one in outcome.findings)
    return any(
        one.code in CODES and one.path == site.snapshot.path and first <= one.span.start_line <= last for one in said
    )
