"""Holes for the tests: a text with | at the cursor."""

from signoff.completion.context import Hole, hole_at
from signoff.verifiers.snapshot import Snapshot


def snapshot(text: str, language: str = "verilog") -> tuple[Snapshot, int, int]:
    """The snapshot without the |, and where it was."""
    before, _, after = text.partition("|")
    column = len(before) - (before.rfind("\n") + 1)
    return Snapshot("file:///m.v", "/m.v", language, 1, before + after), before.count("\n"), column


def hole(text: str, language: str = "verilog") -> Hole:
    """The hole at the |."""
    found = hole_at(*snapshot(text, language))
    assert found is not None
    return found
