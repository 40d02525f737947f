"""A launch whose errors nobody asks for: the question, in the words that the file uses for its other runtime calls."""

from __future__ import annotations

from collections.abc import Iterator

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.gpu.ground import Ground
from signoff.diagnostics.fixes.gpu.shared import checked_with, statement_start
from signoff.diagnostics.fixes.source import indent_of, newline_of


def propose(ground: Ground) -> Iterator[FixCandidate]:
    """Ask for the launch's error right after it; only where the file has its own way to look at one."""
    launch = ground.launch
    if ground.finding.code != "UncheckedLaunch" or launch is None:
        return
    checker, start = checked_with(ground, launch), statement_start(ground, launch)
    if not checker or start is None:
        return
    end = ground.src.token(ground.range(launch.span).stop).end
    newline, indent = newline_of(ground.snapshot.text), indent_of(ground.index.line(ground.index.position(start)[0]))
    call = f"{checker}(cudaGetLastError());"
    yield ground.candidate(f"Check the launch: {call}", (ground.insert(end, f"{newline}{indent}{call}"),), "checks")
