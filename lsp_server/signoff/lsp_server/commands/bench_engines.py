"""The completion engines that `signoff bench` measures, built as the server builds its own."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

from signoff.completion.engine import CompletionEngine
from signoff.completion.facts import registry as facts
from signoff.completion.measure.recording import RecordedModel
from signoff.completion.model.protocol import Request
from signoff.completion.model.registry import open_model
from signoff.completion.passage import ContextSource
from signoff.completion.settings import CompletionSettings
from signoff.lsp_server.commands.session import Session
from signoff.verifiers.gpu.compile.nvcc_front import NvccFront
from signoff.verifiers.hdl.slang import Slang
from signoff.verifiers.mcu.compile.guessed import GuessedC
from signoff.verifiers.python_names import PythonNames
from signoff.verifiers.verifier import Verifier

JUDGES = frozenset({"launch", "nvrtc", "part", "gcc", "triton"})


@dataclass(frozen=True, slots=True)
class Engines:
    """One model, and the two ways of using it."""

    model: RecordedModel
    off: CompletionEngine
    on: CompletionEngine


@contextlib.asynccontextmanager
async def both_ways(settings: CompletionSettings, session: Session) -> AsyncIterator[Engines]:
    """The engine with checking off and on, over one model that says the same to both."""
    async with recorded(settings, session, again=True) as model:
        plain = replace(settings, show="verified-first", candidates=1)
        async with engine(settings, session, model) as on, engine(plain, session, model, judges=()) as off:
            yield Engines(model, off, on)


@contextlib.asynccontextmanager
async def recorded(settings: CompletionSettings, session: Session, *, again: bool) -> AsyncIterator[RecordedModel]:
    """The configured model, counted and warm: loading it is not what is measured. Raises ModelUnavailable."""
    model = RecordedModel(await open_model(settings, session.pool), again=again)
    try:
        async for _ in model.stream(Request("int main(", "int main(", "", max_tokens=1)):
            pass
        model.forget()
        yield model
    finally:
        await model.close()


@contextlib.asynccontextmanager
async def engine(
    settings: CompletionSettings,
    session: Session,
    model: RecordedModel,
    judges: tuple[Verifier, ...] | None = None,
) -> AsyncIterator[CompletionEngine]:
    """An engine over a model that is open already; `judges`: in place of the server's own."""

    async def opener(_: CompletionSettings, __: object) -> RecordedModel:
        return model

    built = CompletionEngine(
        session.pool,
        completion_judges(session) if judges is None else judges,
        settings,
        completion_sources(session),
        roots=session.workspace.folders,
        opener=opener,
    )
    try:
        yield built
    finally:
        await built.close()


def completion_judges(session: Session) -> tuple[Verifier, ...]:
    """What the server lets judge completions, of this session."""
    pool = session.pool
    beside = (Slang(pool, stage="judge"), NvccFront(pool), GuessedC(pool), PythonNames(pool))
    return (*(one for one in session.verifiers if one.name in JUDGES), *beside)


def completion_sources(session: Session) -> tuple[ContextSource, ...]:
    """What gathers the model's context, as in the server."""
    slang = next(one for one in session.verifiers if isinstance(one, Slang))
    return facts.build(session.pool, slang)
