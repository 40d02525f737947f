"""Several fixes at once: each has been proven by itself, and what they come to together is proven as well."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.mcu import linking
from signoff.diagnostics.fixes.proven import ProvenFix
from signoff.diagnostics.fixes.verdict import STOP_AT_ERROR, Refusal, compare
from signoff.diagnostics.prove import Level, Proof, Runs, spliced, wanted
from signoff.verifiers.finding import Finding, Outcome, Severity, Status
from signoff.verifiers.mcu.facts import C_LANGUAGES, GCC, LINK
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import Edit, apply_edits
from signoff.verifiers.verifier import Speed, Verifier

# So many at once; a file with more is mended in several steps.
MOST = 100


@dataclass(frozen=True, slots=True)
class Together:
    """Fixes of one document that hold together: `edits` apply to exactly `version`. `left` are those that do not."""

    fixes: tuple[ProvenFix, ...]
    edits: tuple[Edit, ...]
    proof: Proof
    version: int
    left: tuple[ProvenFix, ...] = ()


@dataclass(slots=True)
class _Ground:
    """What the fixes are of, and what the tools said of it."""

    snapshot: Snapshot
    project: Project
    verifiers: Sequence[Verifier]
    known: Mapping[str, Outcome]
    runs: Runs = field(default_factory=dict)


async def together(
    fixes: Sequence[ProvenFix],
    snapshot: Snapshot,
    project: Project,
    verifiers: Sequence[Verifier],
    known: Mapping[str, Outcome],
    *,
    behaviour: bool = False,
) -> Together | None:
    """As many of the fixes as the tools accept in one edit of the document, or None where that is none.

    Only those that need no person are taken (ProvenFix.preferred), with `behaviour` also those that change the hardware
    beyond the fault. Where all at once are refused, one is added after the other. `known`: what each verifier, by name,
    says of the document as it is. Cancelling ends the tools' runs.
    """
    ground = _Ground(snapshot, project, verifiers, known)
    chosen = tuple(_apart([fix for fix in fixes if _fits(fix, snapshot, behaviour)]))[:MOST]
    left = tuple(fix for fix in fixes if fix not in chosen)
    if not chosen:
        return None
    proof = await _held(chosen, ground)
    if isinstance(proof, Proof):
        return _joined(chosen, proof, snapshot, left)
    kept: tuple[ProvenFix, ...] = ()
    best: Proof | None = None
    for fix in chosen:
        proof = await _held((*kept, fix), ground)
        if isinstance(proof, Proof):
            kept, best = (*kept, fix), proof
        else:
            left = (*left, fix)
    return _joined(kept, best, snapshot, left) if best is not None else None


def _fits(fix: ProvenFix, snapshot: Snapshot, behaviour: bool) -> bool:
    """Whether it is one of this very document that nobody need choose."""
    here = fix.elsewhere is None and fix.version == snapshot.version and fix.candidate is not None
    return here and (fix.certain if behaviour else fix.preferred)


def _apart(fixes: Sequence[ProvenFix]) -> Iterator[ProvenFix]:
    """Those that touch no place of one before, each edit once: one of them may mend several findings."""
    taken: list[Edit] = []
    for fix in fixes:
        if not any(_touch(edit, other) for edit in fix.edits for other in taken):
            taken += fix.edits
            yield fix


def _touch(one: Edit, other: Edit) -> bool:
    first, second = sorted((one.span, other.span))
    return (second.start_line, second.start_column) <= (first.end_line, first.end_column)


def _joined(fixes: tuple[ProvenFix, ...], proof: Proof, snapshot: Snapshot, left: tuple[ProvenFix, ...]) -> Together:
    edits = tuple(edit for fix in fixes for edit in fix.edits)
    return Together(fixes, edits, proof, snapshot.version, left)


@dataclass(slots=True)
class _Said:
    """What the tools say of all fixes at once: who accepts them, which warnings were hidden, how many errors stay."""

    accepted: list[str] = field(default_factory=list)
    revealed: list[Finding] = field(default_factory=list)
    left: int = 0


async def _held(fixes: Sequence[ProvenFix], ground: _Ground) -> Proof | Refusal:
    """The proof that the tools accept all of the fixes at once: each fault is gone, and nothing new is reported."""
    start = time.perf_counter()
    edits = tuple(edit for fix in fixes for edit in fix.edits)
    try:
        text = apply_edits(ground.snapshot.text, edits)
    except ValueError as error:
        return Refusal(str(error))
    candidates = [replace(fix.candidate, edits=edits) for fix in fixes if fix.candidate is not None]
    said = await _judged(candidates, text, ground)
    if not isinstance(said, Refusal) and ground.snapshot.language in C_LANGUAGES:
        said = await _built(said, candidates, text, ground)
    if isinstance(said, Refusal):
        return said
    versions = {name: version for fix in fixes for name, version in fix.proof.versions if name in said.accepted}
    detail = f"{len(fixes)} fixes, each proven, and all together: the faults are gone, nothing new is reported"
    seconds, tools, told = time.perf_counter() - start, tuple(said.accepted), tuple(versions.items())
    return Proof(Level.ACCEPTED, tools, seconds, detail, tuple(said.revealed), said.left, told)


async def _judged(candidates: Sequence[FixCandidate], text: str, ground: _Ground) -> _Said | Refusal:
    """What every tool says that has spoken of the document; one of them has to have reported each fault."""
    said, unseen = _Said(), {one.finding for one in candidates}
    for verifier in wanted(ground.verifiers, ground.snapshot, ground.project):
        before = ground.known.get(verifier.name)
        if before is None or not before.ran or not _worth_asking(verifier, before, unseen):
            continue
        after = await _run(verifier, text, ground)
        if after.status is Status.CRASHED:
            return Refusal(f"{verifier.name} crashed on the mended text: {after.message}")
        if not after.judged:
            continue
        verdict = _compared(candidates, ground, before, after)
        if isinstance(verdict, Refusal):
            return verdict
        unseen -= {finding for finding in unseen if _reported(finding, before)}
        said.revealed += verdict
        errors = sum(one.severity is Severity.ERROR and one.path == ground.snapshot.path for one in after.findings)
        said.left += errors
        if not (verifier.name in STOP_AT_ERROR and errors):
            said.accepted.append(verifier.name)
    if unseen or not said.accepted:
        return Refusal("no tool that reports the faults could judge the mended text")
    return said


async def _built(said: _Said, candidates: Sequence[FixCandidate], text: str, ground: _Ground) -> _Said | Refusal:
    """The same once the compiler and, where it has its say, the linker accept it; see prove.py of single fixes."""
    if GCC not in said.accepted:
        return Refusal("the mended text could not be compiled")
    if LINK not in said.accepted:
        linked = await _linked(candidates, text, ground)
        if isinstance(linked, Refusal):
            return linked
        said.accepted += [LINK] if linked else []
    return said


async def _linked(candidates: Sequence[FixCandidate], text: str, ground: _Ground) -> Refusal | bool:
    """The linker's say in all names that the edits call or define; see mcu/linking.py."""
    mended = spliced(ground.snapshot, ground.project, text)
    linker = next((one for one in wanted(ground.verifiers, *mended) if one.name == LINK), None)
    names = tuple(dict.fromkeys(name for candidate in candidates for name in candidate.links))
    return await linking.judged(replace(candidates[0], links=names), linker, mended, ground.known.get(LINK))


def _compared(
    candidates: Sequence[FixCandidate], ground: _Ground, before: Outcome, after: Outcome
) -> list[Finding] | Refusal:
    """What a tool's findings say of every fault among the fixes."""
    hidden: list[Finding] = []
    for candidate in candidates:
        verdict = compare(candidate, ground.snapshot, before, after, ground.known)
        if isinstance(verdict, Refusal):
            return verdict
        hidden = verdict
    return hidden


def _worth_asking(verifier: Verifier, before: Outcome, unseen: set[Finding]) -> bool:
    """A slow verifier is asked only about what it alone has reported."""
    return verifier.speed < Speed.DEEP or any(_reported(finding, before) for finding in unseen)


def _reported(target: Finding, outcome: Outcome) -> bool:
    return any((one.code, one.path, one.span) == (target.code, target.path, target.span) for one in outcome.findings)


async def _run(verifier: Verifier, text: str, ground: _Ground) -> Outcome:
    mended = spliced(ground.snapshot, ground.project, text)
    key = (verifier.name, text, mended[1].image)
    if key not in ground.runs:
        ground.runs[key] = await verifier.run(*mended)
    return ground.runs[key]
