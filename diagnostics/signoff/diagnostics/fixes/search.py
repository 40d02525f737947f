"""The search for fixes of one fault: proposers are asked, the cheapest first; each candidate is judged, and what came
of it goes back to whoever proposed it. Nothing leaves here that the judge (prove.py) has not accepted."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from types import MappingProxyType

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.proposer import Cost, Fault, Proposer
from signoff.diagnostics.fixes.proven import ProvenFix, proven
from signoff.diagnostics.fixes.verdict import Refusal
from signoff.diagnostics.prove import Level, Proof, Runs, judge
from signoff.verifiers.project import Project
from signoff.verifiers.settings import VerifierSettings
from signoff.verifiers.text import apply_edits
from signoff.verifiers.verifier import Verifier

log = logging.getLogger(__name__)

PROVEN_PER_FINDING = 3
# How many candidates of one proposer are judged.
TRIED: Mapping[Cost, int] = MappingProxyType({Cost.FREE: 16, Cost.TOOL: 16, Cost.MANY: 48, Cost.MODEL: 24})
# Characters that a fix may put in, and its places: nobody reads more in a menu, and a model that runs away writes more.
LONGEST_EDIT = 20_000
MOST_EDITS = 200
# Rules whose candidates for one fault mean different things; the others' differ in layout, or all are right.
GUESSING = frozenset(
    ("declare", "punctuation", "spelling", "names", "clock_tree", "handlers", "pins", "recipe_sources")
)
LEVELS = tuple(Level)
VERSION = re.compile(r"\d+(?:\.\w+)+.*")


@dataclass(frozen=True, slots=True)
class Attempt:
    """A candidate for a fault and what came of it, for who keeps or shows what was tried; `seconds` are wall time."""

    fault: Fault
    candidate: FixCandidate
    verdict: Proof | Refusal
    seconds: float


Watch = Callable[[Attempt], None]


@dataclass(slots=True)
class Search:
    """The search for fixes of one fault. What is proven so far stays in it, also where a search is cut off.

    `runs` is shared by all searches in one state of a document: it spares running a tool twice on one text. `tried`
    bounds the candidates of one proposer; `watch` hears of each that is judged.
    """

    fault: Fault
    verifiers: Sequence[Verifier]
    runs: Runs = field(default_factory=dict)
    watch: Watch | None = None
    tried: Mapping[Cost, int] = field(default_factory=lambda: TRIED)
    enough: int = PROVEN_PER_FINDING
    _proven: dict[str, ProvenFix] = field(default_factory=dict)
    _refused: dict[str, Refusal] = field(default_factory=dict)

    async def ask(self, proposers: Sequence[Proposer], *, least: Cost = Cost.FREE, most: Cost = Cost.MANY) -> None:
        """Ask those that cost from `least` to `most`; dearer ones only where the cheaper have proven nothing.

        Cancelling it ends the tools' runs and the proposers' work.
        """
        chosen = sorted((one for one in proposers if least <= one.cost <= most), key=lambda one: one.cost)
        for _, equals in groupby(chosen, key=lambda one: one.cost):
            if self._proven:
                return
            for proposer in equals:
                # Asking a model costs too much for a second opinion.
                enough = 1 if proposer.cost is Cost.MODEL else self.enough
                if len(self._proven) < enough and self._concerned(proposer):
                    await self._listen(proposer)

    @property
    def fixes(self) -> tuple[ProvenFix, ...]:
        """What is proven, the best first: by what was proven, then in the order in which it was proposed."""
        found = list(self._proven.values())
        # A candidate that leaves more errors than another has mended a consequence of the fault, not the fault.
        fewest = min((fix.proof.errors_left for fix in found), default=0)
        kept = [fix for fix in found if fix.proof.errors_left == fewest]
        counts = Counter(fix.rule for fix in kept if fix.rule in GUESSING)
        several = sum(fix.guessed for fix in kept) > 1
        marked = (replace(fix, ambiguous=counts[fix.rule] > 1 or (fix.guessed and several)) for fix in kept)
        return tuple(sorted(marked, key=lambda fix: -LEVELS.index(fix.proof.level)))

    def _concerned(self, proposer: Proposer) -> bool:
        try:
            return proposer.concerned(self.fault)
        except Exception:
            log.exception("%s fails on %s", proposer.name, self.fault.finding.code)
            return False

    async def _listen(self, proposer: Proposer) -> None:
        """Judge what one proposer has to say, until it ends or enough is proven."""
        generator = proposer.propose(self.fault)
        answer: Refusal | None = None
        try:
            for _ in range(self.tried[proposer.cost]):
                answer = await self._answer(await generator.asend(answer), proposer)
                if len(self._proven) >= self.enough:
                    return
        except StopAsyncIteration:
            pass
        except Exception:
            # One that fails must not silence the others.
            log.exception("%s fails on %s", proposer.name, self.fault.finding.code)
        finally:
            await _close(generator)

    async def _answer(self, proposed: FixCandidate, proposer: Proposer) -> Refusal | None:
        """What the proposer is told of its candidate: why it is refused, or None where it is proven."""
        start = time.perf_counter()
        if reason := unfit(proposed, proposer, self.fault):
            return Refusal(reason)
        candidate = replace(proposed, proposer=proposer.name)
        text = self._mended(candidate)
        if text is None:
            return Refusal("edits overlap")
        # Two places for a line that differ in blanks only are one fix.
        words = " ".join(text.split())
        if words in self._proven or text in self._refused:
            return self._refused.get(text)
        verdict = await self._judge(candidate)
        if self.watch is not None:
            self.watch(Attempt(self.fault, candidate, verdict, time.perf_counter() - start))
        if isinstance(verdict, Refusal):
            self._refused[text] = verdict
            return verdict
        guessed = proposer.cost >= Cost.MANY
        self._proven[words] = proven(candidate, verdict, self.fault.snapshot.version, guessed=guessed)
        return None

    def _mended(self, candidate: FixCandidate) -> str | None:
        of = self.fault.snapshot.text if candidate.elsewhere is None else candidate.elsewhere.text
        try:
            return apply_edits(of, candidate.edits)
        except ValueError:
            return None

    async def _judge(self, candidate: FixCandidate) -> Proof | Refusal:
        fault = self.fault
        try:
            verdict = await judge(candidate, fault.snapshot, fault.project, self.verifiers, fault.known, self.runs)
        except Exception as error:
            # A text that even the judge cannot stand is no fix.
            log.exception("the judge fails on a candidate of %s", candidate.proposer)
            return Refusal(f"the judge failed: {type(error).__name__}")
        if isinstance(verdict, Proof) and not verdict.versions:
            known = await asyncio.to_thread(versions, verdict.tools, self.verifiers, fault.project)
            return replace(verdict, versions=known)
        return verdict


def unfit(candidate: object, proposer: Proposer, fault: Fault) -> str:
    """Why something that was proposed is not even judged; "" where it is. The contract, for who does not keep it."""
    if not isinstance(candidate, FixCandidate):
        return "is no edit"
    if candidate.finding != fault.finding:
        return "is of another finding"
    if proposer.cost > Cost.FREE and (candidate.elsewhere is not None or candidate.drops):
        # Only a rule, which has read the project, may edit another file, or say what may go.
        return "is more than an edit of the document"
    if len(candidate.edits) > MOST_EDITS or sum(len(edit.text) for edit in candidate.edits) > LONGEST_EDIT:
        return "is too long"
    for edit in candidate.edits:
        span = edit.span
        if (span.start_line, span.start_column) > (span.end_line, span.end_column) or span.start_line < 0:
            return "edits no place in the text"
        if any(char == "\0" or "\ud800" <= char <= "\udfff" for char in edit.text):
            return "puts in what is no text"
    return ""


def versions(tools: Sequence[str], verifiers: Sequence[Verifier], project: Project) -> tuple[tuple[str, str], ...]:
    """(tool, version) of those tools that tell theirs."""
    found = {one.name: version_of(one, project.settings) for one in verifiers if one.name in tools}
    return tuple((name, version) for name, version in found.items() if version)


def version_of(verifier: Verifier, settings: VerifierSettings) -> str:
    """The version of a verifier's tool, without the tool's name in front; "" where it is not to be had."""
    try:
        told = verifier.available(settings).version
    except Exception:
        log.exception("%s does not tell its version", verifier.name)
        return ""
    return number[0] if (number := VERSION.search(told)) else told


async def _close(generator: AsyncGenerator[FixCandidate, Refusal | None]) -> None:
    """End a proposer's work; one that does not end well is no reason to fail."""
    try:
        await generator.aclose()
    except Exception:
        log.exception("a proposer does not end well")
