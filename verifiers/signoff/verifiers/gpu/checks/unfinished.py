"""What the launch checks have not looked at, told: silence about a launch must not read as a verdict on it."""

from __future__ import annotations

from collections.abc import Iterator

from signoff.verifiers.finding import Category, Finding, Severity, Span
from signoff.verifiers.gpu.checks.launch_site import TOOL
from signoff.verifiers.gpu.facts import UnitFacts

CODE = "LaunchChecksStopped"
START = Span(0, 0, 0, 0)


def unfinished(unit: UnitFacts, path: str) -> Iterator[Finding]:
    """One finding where not everything was looked at: at the first launch that was not, else at the first line."""
    if not unit.truncated:
        return
    left = [launch for launch in unit.launches if not launch.evaluated]
    message = f"The launch checks have not looked at everything here ({unit.truncated})"
    if left:
        count = "this launch" if len(left) == 1 else f"this launch and {len(left) - 1} after it"
        message = f"The launch checks have not judged {count}: there is {unit.truncated}"
    place = left[0].kernel_span if left else START
    yield Finding(path, place, Severity.INFORMATION, CODE, message, TOOL, Category.OTHER)
