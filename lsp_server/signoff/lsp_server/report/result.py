"""What a check has found, ready to be written in any format: plain frozen data."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from signoff.verifiers.finding import Finding, Severity
from signoff.verifiers.mcu.facts import LinkedImage
from signoff.verifiers.text import LineIndex

SEVERITY_NAMES = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFORMATION: "information",
    Severity.HINT: "hint",
}


VERSION = re.compile(r"\d+(?:\.\d+)+\S*")


def bare_version(said: str) -> str:
    """The number in what a tool says of its version: "5.48.0" of "Verilator 5.48.0 2026-04-01"."""
    match = VERSION.search(said)
    return match[0] if match else said


@dataclass(frozen=True, slots=True)
class ToolReport:
    """How one tool fared over all runs: `seconds` of wall time in all, `trouble` where it did not get to its end.

    `judged` False: it ran, but never saw everything and found nothing, so its silence says nothing.
    """

    name: str
    version: str = ""
    seconds: float = 0.0
    trouble: tuple[str, ...] = ()
    judged: bool = True


@dataclass(frozen=True, slots=True)
class CheckResult:
    """Everything `signoff check` has to say. `findings` are merged and in order; `files` are those checked.

    `texts` holds the lines of files with findings; `elsewhere` counts errors in files that were not asked about.
    `seconds` is wall time of the whole check. `not_utf8` are the files asked about that hold other bytes,
    `trouble` says which paths could not be checked and why, `notices` what the user should know though the tools ran,
    `not_judged` (path, what a tool said nothing of and why), `images` the firmware images that were linked.
    """

    findings: tuple[Finding, ...]
    files: tuple[str, ...]
    tools: tuple[ToolReport, ...]
    folder: str
    texts: Mapping[str, LineIndex] = field(default_factory=dict)
    elsewhere: int = 0
    seconds: float = 0.0
    not_utf8: tuple[str, ...] = ()
    trouble: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    not_judged: tuple[tuple[str, str], ...] = ()
    images: tuple[LinkedImage, ...] = ()

    def count(self, severity: Severity) -> int:
        """How many findings have exactly this severity."""
        return sum(1 for finding in self.findings if finding.severity is severity)

    def name(self, path: str) -> str:
        """A path as the user would write it: relative where it lies below the current folder."""
        relative = os.path.relpath(path, self.folder) if path.startswith(self.folder + os.sep) else path
        return relative.replace(os.sep, "/")
