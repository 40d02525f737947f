"""The contract of a part check: a pure function from what an image says to the findings in one of its files."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from signoff.verifiers.finding import Finding
from signoff.verifiers.mcu.source.facts import ImageFacts
from signoff.verifiers.project import Project

if TYPE_CHECKING:
    from signoff.verifiers.mcu.parts.part import Part

# What findings of the part checks name as their tool.
TOOL = "signoff"

# (the image, the file whose findings are wanted, the part where it is known, the document's project)
Check = Callable[[ImageFacts, str, "Part | None", Project], Iterable[Finding]]
