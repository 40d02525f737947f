"""A design as some file declares it: signoff.toml, a file list or a FuseSoC core, before it becomes a Project."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from signoff.verifiers.finding import Finding, Severity, Span
from signoff.verifiers.text import LineIndex

TOOL = "signoff"
ORIGIN = "origin"
READ_LIMIT = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Design:
    """What one declaration says. All paths are absolute; `files` are in compilation order.

    `origin` is the declaring file and `kind` what it is, for people. `explicit`: signoff.toml names it, so it
    is taken at its word; one that was merely found lying about must prove complete first. `own` are the
    files that the declaration itself lists (a core's dependencies are not its own). `headers` are listed
    but reached by `include only. `ordered` is False where globs gave the files, which have no order.
    `problems` say why the design is incomplete; none: everything it names is there.
    """

    origin: str
    kind: str
    name: str
    explicit: bool = False
    files: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    ordered: bool = True
    include_dirs: tuple[str, ...] = ()
    defines: tuple[str, ...] = ()
    library_dirs: tuple[str, ...] = ()
    library_files: tuple[str, ...] = ()
    library_extensions: tuple[str, ...] = ()
    top: tuple[str, ...] = ()
    waivers: tuple[str, ...] = ()
    black_boxes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def members(self) -> tuple[str, ...]:
        """Every file that the declaration claims."""
        return self.own + self.headers + self.library_files


@dataclass(frozen=True, slots=True)
class Override:
    """Settings that a signoff.toml gives for its folder: ((section, key, value), ...)."""

    folder: str
    origin: str
    values: tuple[tuple[str, str, object], ...]


@dataclass(frozen=True, slots=True)
class Declarations:
    """All that the configuration files of one folder say. `links` are (real path, listed path) where they differ."""

    designs: tuple[Design, ...] = ()
    overrides: tuple[Override, ...] = ()
    findings: tuple[Finding, ...] = ()
    links: tuple[tuple[str, str], ...] = ()


def read_text(path: str) -> str:
    """The text of a file; bytes that are not UTF-8 become U+FFFD. Raises OSError; reads at most 8 MiB."""
    with Path(path).open("rb") as file:
        return file.read(READ_LIMIT).decode("utf-8-sig", errors="replace")


def absolute(path: str, base: str) -> str:
    """`path` as an absolute, normalised path; a relative one starts at `base`. Links are kept as they are."""
    return os.path.normpath(os.path.join(base, os.path.expanduser(path)))


def unique(items: Iterable[str]) -> tuple[str, ...]:
    """The items without repeats, in their order."""
    return tuple(dict.fromkeys(items))


def problem(path: str, span: Span, code: str, message: str, severity: Severity = Severity.WARNING) -> Finding:
    """A finding about a configuration file itself."""
    return Finding(path, span, severity, code, message, TOOL)


def within(finding: Finding, origin: str) -> Finding:
    """The finding, knowing also that the declaration at `origin` led to the file it is in."""
    return replace(finding, data=(*finding.data, (ORIGIN, origin)))


def declared_by(finding: Finding) -> frozenset[str]:
    """The declarations that led to the configuration file that the finding is in."""
    return frozenset(value for key, value in finding.data if key == ORIGIN)


def line_span(text: str, line: int) -> Span:
    """The span of a line's text without its indentation; an empty span where the line does not exist."""
    content = LineIndex(text).line(line)
    return Span(line, len(content) - len(content.lstrip()), line, len(content.rstrip()))
