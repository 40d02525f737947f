"""Fixes of open documents: sought while somebody waits, confirmed by slow tools meanwhile, a model's only on demand.

Nothing here knows the protocol. What leaves here has been through the judge (diagnostics/prove.py).
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from signoff.lsp_server.keeping import KEEP_NOTHING, Keeping
from signoff.verifiers.finding import Finding, Outcome, Severity
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.verifier import Verifier

if TYPE_CHECKING:
    # Not for the server's start, which this module is part of.
    from signoff.completion.model.protocol import ModelStatus
    from signoff.diagnostics.fixes.proposer import Proposer
    from signoff.diagnostics.fixes.proven import ProvenFix
    from signoff.diagnostics.fixes.search import Watch
    from signoff.diagnostics.fixes.together import Together
    from signoff.diagnostics.fixes.verdict import Refusal

log = logging.getLogger(__name__)
Result = TypeVar("Result")

# Seconds: all findings of a code in a file; what a model writes on this machine's own processor.
ALL_SECONDS = 30.0
MODEL_SECONDS = 180.0
# Seconds that an answer about the model is waited for, and holds.
STATUS_SECONDS = 0.5
STATUS_HOLDS = 10.0


class Outdated(Exception):
    """The document was edited while a fix was sought."""


class Known(Protocol):
    """What is known of open documents (checking.py)."""

    def look(self, uri: str) -> tuple[Snapshot, Project] | None:
        """The present text of an open document, and its project."""

    def baseline(self, uri: str) -> Mapping[str, Outcome]:
        """What each tool, by name, has said of exactly these texts."""


@dataclass(frozen=True, slots=True)
class Offered:
    """A fix for a client; `preferred`: it may be applied without a look at it, and every tool has had its say."""

    fix: ProvenFix
    preferred: bool


@dataclass(slots=True)
class _State:
    """What was learnt in one state of a document, and what is still at work on it."""

    seen: tuple[Snapshot, Project]
    confirmed: dict[object, ProvenFix | Refusal | None] = field(default_factory=dict)
    modelled: dict[Finding, tuple[ProvenFix, ...]] = field(default_factory=dict)
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)


class Fixing:
    """Seeks fixes for open documents. `judges` prove them, the quickest first; `slow` ones have their say afterwards.

    `models` gives the proposers that ask a model and raises ModelUnavailable; `status` tells how the model is;
    `keeping` keeps what is tried, where the user wants that.
    """

    def __init__(
        self,
        known: Known,
        judges: Callable[[], Sequence[Verifier]],
        slow: Callable[[], Sequence[Verifier]],
        models: Callable[[], Awaitable[tuple[Proposer, ...]]],
        status: Callable[[], Awaitable[ModelStatus]],
        keeping: Keeping = KEEP_NOTHING,
    ) -> None:
        self._known = known
        self._judges = judges
        self._slow = slow
        self._models = models
        self._status = status
        self._keeping = keeping
        self._states: dict[str, _State] = {}
        self._model: tuple[float, str] = (float("-inf"), "")
        self._asking: asyncio.Task[str] | None = None
        self._loaded = False

    async def fixes(self, uri: str, findings: Sequence[Finding], *, automatic: bool = False) -> tuple[Offered, ...]:
        """The proven fixes of findings of an open document, the best first a finding.

        `automatic`: nobody waits for it; what has to try many texts is then done for the next question.
        """
        await self._load()
        from signoff.diagnostics.fixes.offer import offers
        from signoff.diagnostics.fixes.proposer import Cost

        if (state := self._state(uri)) is None:
            return ()
        known, judges = self._known.baseline(uri), self._judges()
        most = Cost.TOOL if automatic else Cost.MANY
        found = await self._keeping.of(
            lambda watch: offers(findings, *state.seen, judges, known, most=most, watch=watch)
        )
        told = [fix for finding in findings for fix in state.modelled.get(finding, ())]
        offered = [one for fix in (*found, *told) if (one := self._told(state, fix, known)) is not None]
        if automatic:
            self._ahead(state, findings, {one.fix.finding for one in offered}, known)
        return tuple(offered)

    async def by_model(self, uri: str, finding: Finding, watch: Watch | None = None) -> tuple[ProvenFix, ...]:
        """The fixes that the model was asked for and that were proven. Raises ModelUnavailable and Outdated."""
        await self._load()
        from signoff.diagnostics.fixes.offer import FixCache, offers
        from signoff.diagnostics.fixes.proposer import Cost

        if (state := self._state(uri)) is None:
            raise Outdated
        if finding in state.modelled:
            return state.modelled[finding]
        proposers = await self._models()
        known, judges = self._known.baseline(uri), self._judges()
        found = await self._unless_edited(
            state,
            self._keeping.of(
                lambda both: offers(
                    [finding],
                    *state.seen,
                    judges,
                    known,
                    cache=FixCache(),
                    budget=MODEL_SECONDS,
                    proposers=proposers,
                    most=Cost.MODEL,
                    watch=both,
                ),
                watch,
            ),
        )
        if found:
            state.modelled[finding] = found
        return found

    async def all_of(self, uri: str, findings: Sequence[Finding], code: str = "") -> Together | None:
        """One edit of what is proven for all findings of a code, each and together. Raises Outdated.

        "": of all codes, but without those that change the hardware beyond the fault, which a person asks for by name.
        """
        await self._load()
        if (state := self._state(uri)) is None:
            raise Outdated
        wanted = [one for one in findings if (one.code == code if code else one.severity <= Severity.WARNING)]
        return await self._unless_edited(state, self._all_of(uri, state, wanted, behaviour=bool(code)))

    async def _all_of(
        self, uri: str, state: _State, findings: Sequence[Finding], *, behaviour: bool
    ) -> Together | None:
        from signoff.diagnostics.fixes.offer import offers
        from signoff.diagnostics.fixes.proposer import Cost
        from signoff.diagnostics.fixes.together import together
        from signoff.diagnostics.prove import baselines

        judges = self._judges()
        known = await baselines(*state.seen, judges, self._known.baseline(uri))
        found = await self._keeping.of(
            lambda watch: offers(findings, *state.seen, judges, known, most=Cost.TOOL, budget=ALL_SECONDS, watch=watch)
        )
        best: dict[Finding, ProvenFix] = {}
        for fix in found:
            best.setdefault(fix.finding, fix)
        return await together(tuple(best.values()), *state.seen, judges, known, behaviour=behaviour)

    async def model_name(self, *, wait: bool) -> str:
        """The model that could be asked for a fix; "" where there is none, or nobody knows yet."""
        if time.monotonic() - self._model[0] > STATUS_HOLDS and self._asking is None:
            self._asking = asyncio.ensure_future(self._ask_status())
        if wait and self._asking is not None:
            await asyncio.wait([self._asking], timeout=STATUS_SECONDS)
        return self._model[1]

    async def while_unchanged(self, uri: str, work: Coroutine[Any, Any, Result]) -> Result:
        """The result of some work on the present state of a document; it ends with the next edit. Raises Outdated."""
        if (state := self._state(uri)) is None:
            work.close()
            raise Outdated
        return await self._unless_edited(state, work)

    def edited(self, uri: str) -> None:
        """A document was edited or closed: what is at work on it is of no use any more."""
        if (state := self._states.pop(uri, None)) is not None:
            for task in state.tasks:
                task.cancel()

    async def close(self) -> None:
        """End all work."""
        tasks = [task for state in self._states.values() for task in state.tasks]
        tasks += [self._asking] if self._asking is not None else []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._keeping.close()

    async def _load(self) -> None:
        """Load who proposes and judges, in a thread: that takes half a second, in which other messages are answered."""
        if not self._loaded:
            await asyncio.to_thread(importlib.import_module, "signoff.diagnostics.fixes.proposers")
            self._loaded = True

    def _state(self, uri: str) -> _State | None:
        """What is known of the present state of a document and its project; of one before it nothing is kept."""
        seen = self._known.look(uri)
        state = self._states.get(uri)
        if state is not None and state.seen != seen:
            self.edited(uri)
            state = None
        if state is None and seen is not None:
            state = self._states[uri] = _State(seen)
        return state

    def _told(self, state: _State, fix: ProvenFix, known: Mapping[str, Outcome]) -> Offered | None:
        """The fix as the slow tools have left it; None where one objects. Those that have not spoken are asked."""
        from signoff.diagnostics.fixes.confirm import pending
        from signoff.diagnostics.fixes.proven import ProvenFix

        key, slow = (fix.finding, fix.edits), self._slow()
        said = state.confirmed.get(key)
        if isinstance(said, ProvenFix):
            sure = replace(said, ambiguous=fix.ambiguous)
            return Offered(sure, sure.preferred)
        if said is not None:
            return None
        if fix.ambiguous or fix.behaviour or not pending(fix, *state.seen, slow, known):
            return Offered(fix, fix.preferred)
        if key not in state.confirmed:
            state.confirmed[key] = None
            self._spawn(state, self._confirm(state, key, fix, slow, known))
        return Offered(fix, False)

    async def _confirm(
        self, state: _State, key: object, fix: ProvenFix, slow: Sequence[Verifier], known: Mapping[str, Outcome]
    ) -> None:
        from signoff.diagnostics.fixes.confirm import confirmed

        state.confirmed[key] = await confirmed(fix, *state.seen, slow, known)

    def _ahead(
        self, state: _State, findings: Sequence[Finding], mended: set[Finding], known: Mapping[str, Outcome]
    ) -> None:
        """Try many texts for the first finding that nothing mends yet, before the user asks; one search at a time."""
        from signoff.diagnostics.fixes.offer import offers
        from signoff.diagnostics.fixes.proposer import Cost

        bad = [one for one in findings if one not in mended and one.severity <= Severity.WARNING]
        if bad and not state.tasks:
            search = self._keeping.of(
                lambda watch: offers(bad[:1], *state.seen, self._judges(), known, most=Cost.MANY, watch=watch)
            )
            self._spawn(state, search)

    async def _unless_edited(self, state: _State, work: Coroutine[Any, Any, Result]) -> Result:
        """The result of some work on a document, which ends with the next edit of that. Raises Outdated."""
        task = self._spawn(state, work)
        try:
            return await task
        except asyncio.CancelledError:
            caller = asyncio.current_task()
            if task.cancelled() and not (caller and caller.cancelling()):
                raise Outdated from None
            raise

    def _spawn(self, state: _State, work: Coroutine[Any, Any, Result]) -> asyncio.Task[Result]:
        task = asyncio.ensure_future(work)
        state.tasks.add(task)
        task.add_done_callback(state.tasks.discard)
        task.add_done_callback(_ended)
        return task

    async def _ask_status(self) -> str:
        try:
            status = await self._status()
            self._model = (time.monotonic(), status.name if status.ready else "")
        except Exception:
            log.exception("the model's status is not known")
            self._model = (time.monotonic(), "")
        finally:
            self._asking = None
        return self._model[1]


def _ended(task: asyncio.Task[Any]) -> None:
    """Who waits for it hears of a failure; where nobody does, the log."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.info("work on a fix ended: %r", error)
