"""What compilers say for some of a project's targets only: a warning that names them, as for launches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from signoff.verifiers.finding import Finding, Severity
from signoff.verifiers.gpu.hardware.limits import normal
from signoff.verifiers.gpu.hardware.targets import listed


def of_some(said: Mapping[str, Sequence[Finding]], names: Sequence[str]) -> tuple[Finding, ...]:
    """What was said for each of the targets `names` ("sm_90a"), each finding once, in order.

    An error of all targets is one, of some of them a warning with their names in message and data.
    """
    found: dict[tuple[object, ...], Finding] = {}
    where: dict[tuple[object, ...], list[str]] = {}
    for name, findings in said.items():
        for finding in dict.fromkeys(findings):
            key = (finding.path, finding.span, finding.code, finding.message, finding.tool)
            found.setdefault(key, finding)
            where.setdefault(key, []).append(name)
    return tuple(_told(finding, where[key], names) for key, finding in found.items())


def _told(finding: Finding, where: Sequence[str], names: Sequence[str]) -> Finding:
    failed = tuple(dict.fromkeys(where))
    if finding.severity is not Severity.ERROR or len(failed) == len(set(names)):
        return finding
    spared = [name for name in names if name not in failed]
    architectures = " ".join(dict.fromkeys(filter(None, map(normal, failed))))
    return replace(
        finding,
        severity=Severity.WARNING,
        message=f"{finding.message} (on {listed(failed)} but not on {listed(spared)})",
        data=(*finding.data, ("architectures", architectures)),
    )
