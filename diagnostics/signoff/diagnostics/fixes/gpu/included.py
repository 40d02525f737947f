"""The texts that a CUDA document includes, as far as they lie in the project; the rest are libraries, or missing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from signoff.diagnostics.fixes.gpu.ground import Ground
from signoff.diagnostics.fixes.gpu.tokens import source
from signoff.verifiers.gpu.units.includes import TOOLKIT

INCLUDE = re.compile(r'[ \t]*#[ \t]*include(?:_next)?\b[ \t]*(?:"(?P<quoted>[^"\r\n]+)"|<(?P<angled>[^>\r\n]+)>)?')
# Folders and names of libraries whose macros leave blockIdx and the others alone, or are called like functions.
LIBRARIES = re.compile(
    r"\w+$|(?:ATen|benchmark|boost|c10|cooperative_groups|crt|cub|cuda|Eigen|fmt|gtest|nv|nvtx3|opencv2|pybind11|sys|thrust"
    r"|torch)/|(?:cublas|cudnn|cufft|curand|cusolver|cusparse|nccl|nvml|nvToolsExt)\w*\.h$"
)
# Of a project's headers so many are read, and none longer than this (characters).
MOST_HEADERS, LONGEST_HEADER = 64, 1_000_000


def headers(ground: Ground) -> tuple[list[str], bool]:
    """The texts of the project's headers that the document includes, and whether all of them could be read."""
    found: dict[str, str] = {}
    unit = ground.project.unit
    forced = "".join(f'#include "{name}"\n' for name in (unit.forced_includes if unit else ()))
    pending = [(forced + ground.src.text, ground.snapshot.path)]
    complete = True
    while pending:
        text, path = pending.pop()
        for name, quoted in _written(text):
            place = _resolved(ground, name, path, quoted)
            if place is None:
                complete = complete and (name in TOOLKIT or LIBRARIES.match(name) is not None)
            elif str(place) not in found:
                header = _read(ground, place) if len(found) < MOST_HEADERS else None
                complete = complete and header is not None
                found[str(place)] = header or ""
                pending.append((header or "", str(place)))
    return list(found.values()), complete


def _written(text: str) -> Iterator[tuple[str, bool]]:
    """(name, whether in quotes) of every include; the name "" where a macro gives it."""
    for token in source(text).tokens:
        match = INCLUDE.match(token.text) if token.kind == "directive" else None
        if match is not None:
            yield match["quoted"] or match["angled"] or "", match["angled"] is None


def _resolved(ground: Ground, name: str, origin: str, quoted: bool) -> Path | None:
    if not name or (not quoted and (name in TOOLKIT or LIBRARIES.match(name))):
        return None
    unit = ground.project.unit
    own = (str(Path(origin).parent),) if quoted else ()
    folders = (*own, *(unit.include_dirs if unit else ()), *ground.project.include_dirs)
    return next((place for folder in folders if (place := Path(folder) / name).is_file()), None)


def _read(ground: Ground, place: Path) -> str | None:
    for buffer in ground.project.buffers:
        if buffer.path == str(place):
            return buffer.text
    try:
        if place.stat().st_size > LONGEST_HEADER:
            return None
        return place.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
