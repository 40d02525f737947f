"""The part checks in their worker process: sources become facts, facts and the part become findings."""

from __future__ import annotations

import gc
import traceback
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from signoff.verifiers.finding import Finding, Severity
from signoff.verifiers.mcu.checks import concurrency, hardware
from signoff.verifiers.mcu.facts import FirmwareFacts, Function
from signoff.verifiers.mcu.parts import library
from signoff.verifiers.mcu.parts.part import Part
from signoff.verifiers.mcu.source.facts import ImageFacts, SourceFacts
from signoff.verifiers.mcu.source.image_facts import ImageReader
from signoff.verifiers.mcu.source.vocabulary import is_library_unit
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot

# (findings, what the document says, files of the image that are still to be read, what went wrong in a check)
Answer = tuple[tuple[Finding, ...], FirmwareFacts, int, str]


# Files whose findings are kept.
KEPT = 8


@dataclass(frozen=True, slots=True)
class _Kept:
    image: ImageFacts
    part: Part | None
    found: tuple[Finding, ...]
    trouble: str


class PartEngine:
    """The engine class of workers.py. One instance serves one project root in one lane."""

    def __init__(self) -> None:
        self._reader = ImageReader()
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        gc.freeze()

    def check(self, snapshot: Snapshot, project: Project, seconds: float) -> Answer:
        """The findings on the document. The image is read for `seconds` at the most; what is left is told as a number.

        Where something is left, the findings are those that no other file can take back.
        """
        part = library.for_project(project)
        image = self._reader.read(snapshot, project, seconds)
        name = part.name if part is not None else ""
        source = image.sources.get(snapshot.path) if image is not None else None
        if image is None or source is None:
            return (), FirmwareFacts(part=name), 0, ""
        files = self._reader.sources.files
        left = sum(1 for path in image.unread if files.data(path, files.stamp(path)) is not None)
        facts = FirmwareFacts(tuple(_lens(source, part)), name)
        if is_library_unit(snapshot.path):
            return (), facts, 0, ""
        found, trouble = self._found(image, snapshot.path, part, project)
        return tuple(_shown(found, source, project)), facts, left, trouble

    def _found(
        self, image: ImageFacts, path: str, part: Part | None, project: Project
    ) -> tuple[tuple[Finding, ...], str]:
        """What the checks find; what they found the last time where nothing has changed since."""
        kept = self._kept.pop(path, None)
        if kept is None or kept.image is not image or kept.part is not part:
            kept = _Kept(image, part, *_checked(image, path, part, project))
        self._kept[path] = kept
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return kept.found, kept.trouble


def _checked(image: ImageFacts, path: str, part: Part | None, project: Project) -> tuple[tuple[Finding, ...], str]:
    """What all checks find; one that fails silences no other."""
    found: list[Finding] = []
    trouble = ""
    for check in (*hardware.CHECKS, *concurrency.CHECKS):
        try:
            found += check(image, path, part, project)
        except Exception:
            trouble = traceback.format_exc()
    return tuple(found), trouble


def _shown(found: Iterable[Finding], source: SourceFacts, project: Project) -> Iterable[Finding]:
    """Each finding once; none in a function that is being typed, or that may be for another part: in an #if that
    nobody can decide.
    """
    unsure = [function.span for function in source.functions if function.body.broken or function.conditional]
    for finding in dict.fromkeys(found):
        line = finding.span.start_line
        if finding.severity is Severity.HINT and not project.settings.part.hints:
            continue
        if finding.path != source.path or not any(one.start_line <= line <= one.end_line for one in unsure):
            yield replace(finding, tools=())


def _lens(source: SourceFacts, part: Part | None) -> Iterable[Function]:
    handlers = part.handlers if part is not None else frozenset()
    for one in source.functions:
        yield Function(one.name, one.span, one.name_span, one.path, one.name in handlers)
