"""Mends a whole text: proven fixes are applied one after the other, in memory, until none is left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from signoff.diagnostics.fixes.offer import FixCache, ProvenFix, offers
from signoff.diagnostics.merge import merge
from signoff.diagnostics.prove import baselines, spliced, wanted
from signoff.diagnostics.taxonomy import classify
from signoff.verifiers.finding import Finding, Outcome, Severity
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import apply_edits
from signoff.verifiers.verifier import Speed, Verifier

# Each round mends one fault; a file with more is better looked at by a person.
ROUNDS = 100
# Seconds for one fault: nobody waits in front of an editor here.
BUDGET = 60.0


@dataclass(frozen=True, slots=True)
class Mended:
    """A text after all fixes that could be proven. `left` are the findings that remain, merged.

    `withheld` are proven fixes that were not applied, as they change the hardware beyond the fault or as the
    tools accept several with different meanings.
    `outcomes` is what the tools said about the final text. `elsewhere` are other files that fixes have edited, as they
    are then, and `project` is the document's project after all.
    """

    text: str
    applied: tuple[ProvenFix, ...]
    withheld: tuple[ProvenFix, ...]
    left: tuple[Finding, ...]
    outcomes: Mapping[str, Outcome]
    project: Project
    elsewhere: Mapping[str, str] = field(default_factory=dict)


async def mend(
    snapshot: Snapshot, project: Project, verifiers: Sequence[Verifier], *, behaviour: bool = False
) -> Mended:
    """Apply the best proven fix of the first fault that has one, and begin anew, until no fault has one.

    Errors come before warnings, the upper ones first. Fixes that change the hardware beyond the fault are
    applied only with `behaviour`, and one of several with different meanings never: a person must choose.
    """
    applied: list[ProvenFix] = []
    elsewhere: dict[str, str] = {}
    while True:
        known = await baselines(snapshot, project, verifiers)
        here = _here(known, snapshot)
        fix, withheld = await _first(here, snapshot, project, verifiers, known, behaviour)
        if fix is None and (deep := await _deep(snapshot, project, verifiers)):
            # What only a slow tool sees, as the linker does: asked once nothing else is left to mend.
            known |= deep
            here = _here(known, snapshot)
            fix, withheld = await _first(here, snapshot, project, verifiers, known, behaviour)
        if fix is None or len(applied) == ROUNDS:
            return Mended(snapshot.text, tuple(applied), withheld, tuple(here), known, project, elsewhere)
        applied.append(fix)
        if fix.elsewhere is not None:
            elsewhere[fix.elsewhere.path] = apply_edits(fix.elsewhere.text, fix.edits)
            project = _with_file(fix.project or project, fix.elsewhere.path, elsewhere[fix.elsewhere.path])
            continue
        snapshot, project = spliced(snapshot, project, apply_edits(snapshot.text, fix.edits))
        snapshot = replace(snapshot, version=snapshot.version + 1)


def _here(known: Mapping[str, Outcome], snapshot: Snapshot) -> list[Finding]:
    """The findings on the document, merged, errors first."""
    found = merge((classify(one) for outcome in known.values() for one in outcome.findings), cap=1000)
    return sorted((one for one in found if one.path == snapshot.path), key=lambda one: (one.severity, one.span))


async def _deep(snapshot: Snapshot, project: Project, verifiers: Sequence[Verifier]) -> dict[str, Outcome]:
    chosen = [one for one in wanted(verifiers, snapshot, project) if one.speed is Speed.DEEP]
    return {one.name: await one.run(snapshot, project) for one in chosen}


def _with_file(project: Project, path: str, text: str) -> Project:
    """The project with an edited file among its open documents."""
    others = tuple(one for one in project.buffers if one.path != path)
    return replace(project, buffers=(*others, Snapshot("", path, "", 0, text)))


async def _first(
    findings: Sequence[Finding],
    snapshot: Snapshot,
    project: Project,
    verifiers: Sequence[Verifier],
    known: Mapping[str, Outcome],
    behaviour: bool,
) -> tuple[ProvenFix | None, tuple[ProvenFix, ...]]:
    """The best fix of the first finding that has one; those passed over, one a finding."""
    withheld: list[ProvenFix] = []
    for finding in findings:
        if finding.severity > Severity.WARNING:
            continue
        fixes = await offers([finding], snapshot, project, verifiers, known, cache=FixCache(), budget=BUDGET)
        free = [fix for fix in fixes if not fix.ambiguous and (behaviour or not fix.behaviour)]
        if free:
            return free[0], ()
        withheld += fixes if fixes and fixes[0].ambiguous else fixes[:1]
    return None, tuple(withheld)
