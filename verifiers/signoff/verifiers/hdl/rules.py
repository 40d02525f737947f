"""What one of our own rules on the elaborated design reports, before it becomes a finding."""

from __future__ import annotations

from dataclasses import dataclass

import pyslang


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: `range` and the ranges of `notes` are slang's, `data` names the things involved, for fixes."""

    code: str
    range: pyslang.SourceRange
    message: str
    notes: tuple[tuple[pyslang.SourceRange, str], ...] = ()
    data: tuple[tuple[str, str], ...] = ()
