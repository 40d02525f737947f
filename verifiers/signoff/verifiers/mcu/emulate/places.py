"""From what a run found at code addresses to faults and findings at places of the user's files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import PurePath

from signoff.verifiers.finding import Category, Finding, Related, Severity, Span
from signoff.verifiers.mcu.emulate.emulation import Fault, Frame
from signoff.verifiers.mcu.emulate.fault_status import EXCEPTIONS
from signoff.verifiers.project import Project
from signoff.verifiers.text import LineIndex

# Folders and beginnings of file names of code that came with the part: a fault there is shown where the user calls it.
VENDOR_FOLDERS = frozenset({"drivers", "middlewares", "libopencm3", "cmsis", "spl", "stm32f4xx_stdperiph_driver"})
VENDOR_FILES = ("stm32f4xx_hal", "stm32f4xx_ll", "system_stm32", "core_cm", "cmsis_")

HARDWARE = frozenset({*EXCEPTIONS.values(), "Lockup"})

Places = Mapping[int, Sequence[Frame]]


def chain_frames(chain: Iterable[int], places: Places) -> tuple[Frame, ...]:
    """The frames of a chain of calls, innermost first, inlined functions with their own."""
    return tuple(frame for address in chain for frame in places.get(address, (Frame(address),)))


def shown_frame(frames: Sequence[Frame], project: Project) -> Frame | None:
    """The innermost frame in code of the user's own; else the innermost with a source line; None where none has."""
    placed = [frame for frame in frames if frame.path]
    own = [frame for frame in placed if _own(frame.path, project)]
    return next(iter(own or placed), None)


def fault(kind: str, message: str, frames: tuple[Frame, ...], project: Project) -> Fault:
    """A fault at the user's line, with the chain of calls that led there."""
    frame = shown_frame(frames, project)
    address = frames[0].address if frames else 0
    if frame is None:
        return Fault(kind, address, "", -1, message, frames)
    return Fault(kind, address, frame.path, frame.line, message, frames)


def finding_of(
    one: Fault, tool: str, project: Project, category: Category, severity: Severity = Severity.ERROR
) -> Finding | None:
    """The finding that shows a fault in the editor; None where no source line is known."""
    if not one.path:
        return None
    # The core's own faults are known by their names; others say it all in their text.
    message = f"{one.kind}: {one.message}" if one.kind in HARDWARE else one.message
    return finding(one.kind, message, one.frames, project, tool=tool, category=category, severity=severity)


def finding(
    code: str,
    message: str,
    frames: Sequence[Frame],
    project: Project,
    *,
    tool: str,
    category: Category,
    severity: Severity = Severity.ERROR,
    data: tuple[tuple[str, str], ...] = (),
) -> Finding | None:
    """A finding at the user's line; the other calls of the chain are related places."""
    frame = shown_frame(frames, project)
    if frame is None:
        return None
    others = [other for other in frames if other.path and (other.path, other.line) != (frame.path, frame.line)]
    related = tuple(
        Related(other.path, line_span(other, project), f"in {other.function or hex(other.address)}") for other in others
    )
    span = line_span(frame, project)
    return Finding(frame.path, span, severity, code, message, tool, category, related=related, data=data)


def line_span(frame: Frame, project: Project) -> Span:
    """The written part of a frame's line, of the open document where it is open."""
    text = next((buffer.text for buffer in project.buffers if buffer.path == frame.path), None)
    line = LineIndex(text).line(frame.line) if text is not None else _line_of(frame.path, frame.line)
    bare = line.strip()
    start = line.index(bare) if bare else 0
    return Span(frame.line, start, frame.line, start + max(len(bare), 1))


def _line_of(path: str, line: int) -> str:
    try:
        stat = os.stat(path)  # noqa: PTH116
    except OSError:
        return ""
    return _index(path, stat.st_mtime_ns, stat.st_size).line(line)


@lru_cache(maxsize=16)
def _index(path: str, modified: int, size: int) -> LineIndex:
    with open(path, encoding="utf-8", errors="replace", newline="") as file:  # noqa: PTH123
        return LineIndex(file.read())


def _own(path: str, project: Project) -> bool:
    pure = PurePath(path)
    root = project.image.root if project.image is not None else project.root
    if not path.startswith(root.rstrip(os.sep) + os.sep) and not _listed(path, project):
        return False
    folders = {part.lower() for part in pure.parts[:-1]}
    return not folders & VENDOR_FOLDERS and not pure.name.lower().startswith(VENDOR_FILES)


def _listed(path: str, project: Project) -> bool:
    return project.image is not None and any(unit.source == path for unit in project.image.units)
