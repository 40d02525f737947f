"""What slow tools say of a fix that the quick ones have accepted: asked before it is preferred to others, not before it
is offered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from signoff.diagnostics.fixes.proven import ProvenFix, titled
from signoff.diagnostics.fixes.search import versions
from signoff.diagnostics.fixes.verdict import STOP_AT_ERROR, Refusal, compare
from signoff.diagnostics.prove import Level, spliced, wanted
from signoff.diagnostics.prove_deep import HDL_LANGUAGES, strengthen
from signoff.verifiers.finding import Finding, Outcome, Severity, Status
from signoff.verifiers.mcu.facts import LINK
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import apply_edits
from signoff.verifiers.verifier import Speed, Verifier


def outstanding(
    fix: ProvenFix, snapshot: Snapshot, project: Project, verifiers: Sequence[Verifier], known: Mapping[str, Outcome]
) -> list[Verifier]:
    """The slow tools that have spoken of the document as it is (`known`) and not yet of the fix.

    The linker is asked by the judge itself, where a fix calls or defines a name.
    """
    if fix.elsewhere is not None:
        return []
    slow = (one for one in wanted(verifiers, snapshot, project) if one.speed is Speed.DEEP and one.name != LINK)
    spoken = (one for one in slow if (said := known.get(one.name)) is not None and said.ran)
    return [one for one in spoken if one.name not in fix.proof.tools]


def pending(
    fix: ProvenFix, snapshot: Snapshot, project: Project, verifiers: Sequence[Verifier], known: Mapping[str, Outcome]
) -> bool:
    """Whether confirmed() may learn more of a fix than is known: by slow tools, a proof of equivalence, a testbench."""
    if fix.candidate is None or fix.elsewhere is not None:
        return False
    if fix.proof.level is Level.ACCEPTED and snapshot.language in HDL_LANGUAGES:
        from signoff.verifiers.hdl.testbench import named

        if fix.candidate.keeps or (project.trusted and named(project)):
            return True
    return bool(outstanding(fix, snapshot, project, verifiers, known))


async def confirmed(
    fix: ProvenFix, snapshot: Snapshot, project: Project, verifiers: Sequence[Verifier], known: Mapping[str, Outcome]
) -> ProvenFix | Refusal:
    """The fix with the slow tools among those that accept it, and what more could be proven; or why one does not.

    One that cannot judge the mended text (a time limit, a file that is missing) is not named, and stands in no way.
    `verifiers` are asked where they are slow and have spoken of the document (`known`); the Yosys among them proves
    that an edit keeps the behaviour that it claims to keep (prove_deep.py).
    """
    if fix.candidate is None:
        return fix
    mended = spliced(snapshot, project, apply_edits(snapshot.text, fix.edits))
    accepted, revealed = list(fix.proof.tools), list(fix.proof.revealed)
    for verifier in outstanding(fix, snapshot, project, verifiers, known):
        after = await verifier.run(*mended)
        if after.status is Status.CRASHED:
            return Refusal(f"{verifier.name} crashed on the mended text: {after.message}")
        if not after.judged:
            continue
        verdict = compare(fix.candidate, snapshot, known[verifier.name], after, known)
        if isinstance(verdict, Refusal):
            return verdict
        revealed += [one for one in verdict if one not in revealed]
        if not (verifier.name in STOP_AT_ERROR and _errors(after.findings, snapshot.path)):
            accepted.append(verifier.name)
    told = dict(fix.proof.versions) | dict(versions(accepted, verifiers, project))
    proof = replace(fix.proof, tools=tuple(accepted), revealed=tuple(revealed), versions=tuple(told.items()))
    stronger = await strengthen(fix.candidate, snapshot, project, proof, verifiers)
    if isinstance(stronger, Refusal):
        return stronger
    return replace(fix, proof=stronger, title=titled(fix.candidate, stronger))


def _errors(findings: Sequence[Finding], path: str) -> bool:
    return any(one.severity is Severity.ERROR and one.path == path for one in findings)
