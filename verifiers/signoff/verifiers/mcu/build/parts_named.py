"""Parts that a signoff.toml names and of which nothing is known: misspelt ones, and those that need an SVD file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from signoff.verifiers.finding import Finding, Severity
from signoff.verifiers.hdl.design import problem
from signoff.verifiers.hdl.manifest_tables import find_key
from signoff.verifiers.mcu.build.recipe import KIND, SECTION
from signoff.verifiers.mcu.build.sanity import near_parts, unknown_part
from signoff.verifiers.project import Image

MISSPELT, UNKNOWN = "PartName", "PartFacts"


def part_findings(images: Iterable[Image]) -> Iterator[Finding]:
    """A warning at the `part` that is a slip of a known one; what helps, at one that nothing is known of."""
    numbers: dict[str, int] = {}
    for image in images:
        if image.kind != KIND:
            continue
        number = numbers[image.origin] = numbers.get(image.origin, -1) + 1
        if image.part and image.part_origin == image.origin:
            yield from _of(image, number)


def _of(image: Image, number: int) -> Iterator[Finding]:
    from signoff.verifiers.mcu.parts.library import find

    meant = near_parts(image.part)
    if not meant and (image.svd or find(image.part) is not None):
        return
    try:
        text = Path(image.origin).read_text("utf-8", "replace")
    except OSError:
        return
    span = find_key(text, "part", f"{SECTION}.{number}", image.part)
    if meant:
        found = problem(image.origin, span, MISSPELT, unknown_part(image.part, meant), Severity.WARNING)
        yield Finding(
            found.path, span, found.severity, found.code, found.message, found.tool, data=(("near", meant[0]),)
        )
    else:
        message = (
            f"Signoff has no facts of the {image.part}, so its clocks, pins and registers are not checked: a CMSIS-SVD "
            "file of its maker, named as svd, brings them."
        )
        yield problem(image.origin, span, UNKNOWN, message, Severity.INFORMATION)
