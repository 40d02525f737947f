"""Which refactorings are offered: what the quick tools accept, and, once one is chosen, what is proven beyond that."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.proven import ProvenFix, proven
from signoff.diagnostics.fixes.search import versions
from signoff.diagnostics.fixes.verdict import Refusal
from signoff.diagnostics.prove import Level, Proof, Runs, baselines, judge
from signoff.diagnostics.prove_deep import strengthen
from signoff.diagnostics.refactor.refactorings import REFACTORINGS
from signoff.diagnostics.refactor.site import Site
from signoff.verifiers.finding import Outcome, Severity, Span
from signoff.verifiers.gpu.facts import CUDA_LANGUAGES
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.verifier import Verifier

log = logging.getLogger(__name__)

# Characters; see fixes/offer.py.
LONGEST = 2_000_000
# So many are judged at one place: a person reads no longer menu.
MOST = 6
# Of CUDA, the launch checks know launches; only a compiler knows whether the text is one.
COMPILERS = frozenset(("nvrtc", "nvcc"))
UNPROVEN = "not proven to behave as before"
# What strengthen() says of it, before the reason.
NOT_SHOWN = "that it behaves as before is not proven: "


@dataclass(slots=True)
class Refactor:
    """Refactorings of one state of a document.

    `known`: what each verifier, by name, says of it; what is missing is run. `names` are those that are wanted (empty:
    all). Cancelling any of it ends the tools' runs.
    """

    snapshot: Snapshot
    project: Project
    verifiers: Sequence[Verifier]
    known: Mapping[str, Outcome] = field(default_factory=dict)
    names: Collection[str] = ()
    runs: Runs = field(default_factory=dict)

    async def offers(self, asked: Span | None, *, most: int = MOST) -> tuple[ProvenFix, ...]:
        """Those in a stretch of the document (None: anywhere in it) that the quick tools accept.

        None in a document with errors: what is broken is mended first. What claims to keep the behaviour is still to
        be proven so: see finished().
        """
        found: list[ProvenFix] = []
        await self.seek(asked, found, most=most)
        return tuple(found)

    async def seek(self, asked: Span | None, found: list[ProvenFix], *, most: int = MOST) -> None:
        """The same, put into `found` one after the other: what is there stays where the search is cut off."""
        for candidate in await self.candidates(asked):
            if len(found) < most and (fix := await self.judged(candidate)) is not None:
                found.append(fix)

    async def candidates(self, asked: Span | None) -> list[FixCandidate]:
        """What might be offered there, not judged."""
        if len(self.snapshot.text) > LONGEST or not self._concerned():
            return []
        self.known = await baselines(self.snapshot, self.project, self.verifiers, self.known)
        if _broken(self.known, self.snapshot.path):
            return []
        site = Site(self.snapshot, self.project, asked, self.known)
        return await asyncio.to_thread(lambda: list(self._candidates(site)))

    async def judged(self, candidate: FixCandidate) -> ProvenFix | None:
        """The refactoring that a candidate is, where the quick tools accept it."""
        ground = self.snapshot, self.project, self.verifiers
        verdict = await judge(candidate, *ground, self.known, self.runs, asked=True)
        if isinstance(verdict, Refusal) or not _compiled(verdict, self.snapshot):
            log.debug("%s: %s", candidate.title, getattr(verdict, "reason", "no compiler has judged it"))
            return None
        told = await asyncio.to_thread(versions, verdict.tools, self.verifiers, self.project)
        return proven(candidate, replace(verdict, versions=told), self.snapshot.version)

    async def finished(self, fix: ProvenFix, provers: Sequence[Verifier]) -> ProvenFix | Refusal:
        """The refactoring with all that can be proven of it, or why it is not what it claims to be.

        `provers` has Yosys among them. One that claims to keep the behaviour and is not proven to says so in its title.
        """
        candidate = fix.candidate
        if candidate is None:
            return fix
        proof = await strengthen(candidate, self.snapshot, self.project, fix.proof, provers)
        if isinstance(proof, Refusal):
            return proof
        return told(candidate, proof, fix.version)

    def _concerned(self) -> bool:
        return any(self.snapshot.language in one.languages for one in REFACTORINGS)

    def _candidates(self, site: Site) -> Iterator[FixCandidate]:
        for one in REFACTORINGS:
            if self.snapshot.language not in one.languages or (self.names and one.name not in self.names):
                continue
            try:
                yield from (replace(candidate, rule=one.name) for candidate in one.propose(site))
            except Exception:
                # One that fails must not silence the others.
                log.exception("refactoring %s fails", one.name)


def unproven(fix: ProvenFix) -> bool:
    """Whether it claims to keep the behaviour and nothing shows it: no proof of equivalence, no testbench."""
    return fix.candidate is not None and fix.candidate.keeps and fix.proof.level is Level.ACCEPTED


def told(candidate: FixCandidate, proof: Proof, version: int) -> ProvenFix:
    """The refactoring with its proof; where nothing shows that it keeps the behaviour, its title says that."""
    if candidate.keeps and proof.level is Level.ACCEPTED:
        changed = "; ".join(filter(None, (candidate.behaviour, UNPROVEN)))
        candidate = replace(candidate, behaviour=changed)
    return proven(candidate, proof, version)


def why_unproven(fix: ProvenFix) -> str:
    """Why nothing shows it, for a person."""
    why = fix.proof.detail.partition(NOT_SHOWN)[2]
    return why or "Yosys is missing or switched off"


def _compiled(proof: Proof, snapshot: Snapshot) -> bool:
    return snapshot.language not in CUDA_LANGUAGES or bool(COMPILERS & set(proof.tools))


def _broken(known: Mapping[str, Outcome], path: str) -> bool:
    said = (one for outcome in known.values() for one in outcome.findings)
    return any(one.severity is Severity.ERROR and one.path == path for one in said)
