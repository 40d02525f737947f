"""What a reader of a project's build gives, and what readers share: bounded reading, findings at a place."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from signoff.verifiers.finding import Finding, Severity, Span
from signoff.verifiers.project import CompileUnit, Image
from signoff.verifiers.text import LineIndex

TOOL = "signoff"
# Bytes of one project file. The largest seen is 200 kB; the file API's largest target 4 MB.
LIMIT = 16 * 1024 * 1024
START = Span(0, 0, 0, 0)

# A pattern with more is no person's, and could take for ever to try.
MOST_STARS = 8
SOURCE_ENDINGS = (".c", ".cc", ".cpp", ".cxx", ".c++", ".s", ".sx", ".asm")
C_ENDINGS = (".c", ".cc", ".cpp", ".cxx", ".c++")


@dataclass(frozen=True, slots=True)
class Reading:
    """The images that a build declares, what is wrong with its files, and the files that were read (for staleness).

    `files` holds absolute paths, also of those that are not there: their appearing changes the reading.
    """

    images: tuple[Image, ...] = ()
    findings: tuple[Finding, ...] = ()
    files: tuple[str, ...] = ()


NOTHING = Reading()


def joined(readings: Iterable[Reading]) -> Reading:
    """One reading of several."""
    every = tuple(readings)
    return Reading(
        tuple(image for one in every for image in one.images),
        tuple(dict.fromkeys(finding for one in every for finding in one.findings)),
        tuple(dict.fromkeys(file for one in every for file in one.files)),
    )


def chosen(reading: Reading, names: Sequence[str]) -> Reading:
    """The reading without the images that are not named; all of it where no names are given."""
    if not names:
        return reading
    return Reading(tuple(one for one in reading.images if one.name in names), reading.findings, reading.files)


class Unreadable(Exception):
    """A project file cannot be read: not there, no permission, too large."""


def read_bytes(path: str, limit: int = LIMIT) -> bytes:
    """The bytes of a project file. Raises Unreadable, also for one over `limit` bytes."""
    try:
        if not os.path.isfile(path):
            raise Unreadable("is not a file" if os.path.exists(path) else "is not there")
        with Path(path).open("rb") as file:
            data = file.read(limit + 1)
    except (OSError, ValueError) as error:
        raise Unreadable(f"cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if len(data) > limit:
        raise Unreadable(f"is over {limit // 2**20} MiB and is not read")
    return data


def read_text(path: str, limit: int = LIMIT) -> str:
    """The text of a project file; bytes that are no UTF-8 are replaced. Raises Unreadable."""
    return read_bytes(path, limit).decode("utf-8-sig", errors="replace")


def problem(path: str, code: str, message: str, span: Span = START, severity: Severity = Severity.WARNING) -> Finding:
    """A finding in a project file."""
    return Finding(path, span, severity, code, message, TOOL)


def unreadable(path: str, code: str, error: Unreadable) -> Finding:
    """The finding that a project file cannot be read."""
    return problem(path, code, f"{os.path.basename(path)} {error}.")


def sources_below(folder: str, skipped: Collection[str] = (), most: int = 20_000) -> Iterator[tuple[str, str]]:
    """(path from the folder with slashes, path) of each source below a folder, in order; hidden folders are left out.

    `skipped` are names of folders directly in it that are left out too; `most` files are looked at.
    """
    count = 0
    for at, folders, files in os.walk(folder):
        top = at == folder
        folders[:] = sorted(one for one in folders if not one.startswith(".") and not (top and one in skipped))
        for name in sorted(files):
            count += 1
            if count > most:
                return
            if is_source(name):
                path = os.path.join(at, name)
                yield os.path.relpath(path, folder).replace(os.sep, "/"), path


def span_of(text: str, what: str, start: int = 0) -> Span:
    """Where `what` first stands in a text; the text's start where it does not."""
    at = text.find(what, start) if what else -1
    return LineIndex(text).span(at, at + len(what)) if at >= 0 else START


def absolute(folder: str, path: str) -> str:
    """A path of a project file, from the folder it counts from; backslashes of Windows' tools are taken as slashes."""
    return os.path.normpath(os.path.join(folder, path.replace("\\", "/")))


def is_source(path: str) -> bool:
    """Whether a build compiles a file of this name: C, C++ or assembler."""
    return path.lower().endswith(SOURCE_ENDINGS)


def unit_sources(units: Iterable[CompileUnit]) -> tuple[str, ...]:
    """The sources of units, each once."""
    return tuple(dict.fromkeys(unit.source for unit in units))


def path_matches(pattern: str, path: str) -> bool:
    """Whether a pattern (?, *, ** for any folders) names a file or a folder above it; both count from one folder."""
    if pattern.count("*") > MOST_STARS:
        return False
    parts = path.split("/")
    known = _pattern(pattern.strip("/"))
    return any(known.fullmatch("/".join(parts[:count])) for count in range(1, len(parts) + 1))


def _pattern(pattern: str) -> re.Pattern[str]:
    escaped = re.escape(pattern[:1000]).replace(r"\*\*/", "(?:.*/)?").replace(r"\*\*", ".*")
    return re.compile(escaped.replace(r"\*", "[^/]*").replace(r"\?", "[^/]"), re.DOTALL)
