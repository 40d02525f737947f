"""A sample's result as plain data: what was mended, what is left, and which tools have judged it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from signoff.diagnostics.batch.results import CLEAN, FAILED, NOT_JUDGED, PARTLY, REPAIRED, UNREPAIRED, Result
from signoff.diagnostics.batch.samples import Sample
from signoff.diagnostics.fixes.mend import Mended
from signoff.diagnostics.fixes.proven import ProvenFix, evidence
from signoff.diagnostics.fixes.search import versions
from signoff.diagnostics.merge import merge
from signoff.diagnostics.taxonomy import classify
from signoff.verifiers.finding import Finding, Outcome, Severity
from signoff.verifiers.text import BOM
from signoff.verifiers.verifier import Verifier


def told(sample: Sample, mended: Mended, folder: Path, verifiers: Sequence[Verifier]) -> Result:
    """The result of a sample that was mended in `folder`, whose name is nowhere in it."""
    mark = BOM if sample.code.startswith(BOM) else ""
    told_versions = dict(versions(tuple(mended.outcomes), verifiers, mended.project))
    result = _result(sample, mended.outcomes, mended.left, bool(mended.applied), folder, told_versions)
    return {
        **result,
        "code": mark + mended.text,
        "files": {_named(path, folder): text for path, text in mended.elsewhere.items()},
        "applied": [_fix(fix, folder) for fix in mended.applied],
        "withheld": [_fix(fix, folder) for fix in mended.withheld],
    }


def verified(sample: Sample, outcomes: Mapping[str, Outcome], folder: Path) -> Result:
    """The result of a sample that was only looked at."""
    path = str(folder / sample.file)
    found = merge((classify(one) for outcome in outcomes.values() for one in outcome.findings), cap=1000)
    return _result(sample, outcomes, [one for one in found if one.path == path], False, folder, {})


def failed(sample: Sample, why: str) -> Result:
    """The result of a sample of which nothing came."""
    return {**_head(sample, FAILED), "message": why}


def _result(
    sample: Sample,
    outcomes: Mapping[str, Outcome],
    left: Sequence[Finding],
    applied: bool,
    folder: Path,
    of_tools: Mapping[str, str],
) -> Result:
    status = _status(outcomes, left, applied)
    result = _head(sample, status)
    if status == NOT_JUDGED:
        result["message"] = _clean("; ".join(_unheard(outcomes)) or "no tool that is here knows such code", folder)
    tools = [
        {
            "tool": name,
            "status": str(outcome.status),
            "message": _clean(outcome.message, folder),
            "version": of_tools.get(name, ""),
            "judged": outcome.judged,
        }
        for name, outcome in sorted(outcomes.items())
    ]
    return {**result, "left": [_finding(one, folder) for one in left], "tools": tools}


def _status(outcomes: Mapping[str, Outcome], left: Iterable[Finding], applied: bool) -> str:
    errors = any(one.severity is Severity.ERROR for one in left)
    if not any(outcome.ran for outcome in outcomes.values()):
        return NOT_JUDGED
    if errors:
        return PARTLY if applied else UNREPAIRED
    if applied:
        return REPAIRED
    return CLEAN if any(outcome.judged for outcome in outcomes.values()) else NOT_JUDGED


def _unheard(outcomes: Mapping[str, Outcome]) -> list[str]:
    return [f"{name}: {outcome.message or outcome.status}" for name, outcome in outcomes.items() if not outcome.judged]


def _head(sample: Sample, status: str) -> Result:
    return {
        "id": sample.id,
        "line": sample.line,
        "sample": sample.digest,
        "status": status,
        "file": sample.file,
        "code": sample.code,
    }


def _fix(fix: ProvenFix, folder: Path) -> dict[str, Any]:
    said = evidence(fix)
    said["detail"] = _clean(str(said["detail"]), folder)
    return {"title": _clean(fix.title, folder), "line": fix.finding.span.start_line + 1, **said}


def _finding(finding: Finding, folder: Path) -> dict[str, Any]:
    span = finding.span
    return {
        "tool": finding.tool,
        "tools": list(finding.tools or (finding.tool,)),
        "code": finding.code,
        "kind": str(finding.category),
        "severity": int(finding.severity),
        "message": _clean(finding.message, folder),
        "file": _named(finding.path, folder),
        "line": span.start_line + 1,
        "column": span.start_column + 1,
        "endLine": span.end_line + 1,
        "endColumn": span.end_column + 1,
    }


def _named(path: str, folder: Path) -> str:
    """A file by the name that the sample gives it."""
    return Path(path).relative_to(folder).as_posix() if Path(path).is_relative_to(folder) else Path(path).name


def _clean(text: str, folder: Path) -> str:
    return text.replace(f"{folder}/", "").replace(str(folder), ".")
