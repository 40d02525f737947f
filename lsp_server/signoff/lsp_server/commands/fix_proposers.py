"""Who is asked for fixes on the command line, and who judges them: as in the editor."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from signoff.completion.model.protocol import Model
from signoff.completion.model.registry import open_model
from signoff.diagnostics.fixes.proposer import Cost, Proposer
from signoff.diagnostics.fixes.proposers import PROPOSERS, with_model
from signoff.lsp_server.commands.model_options import settings_of
from signoff.lsp_server.commands.session import Session
from signoff.verifiers.mcu.facts import LINK
from signoff.verifiers.verifier import Speed, Verifier


@dataclass(frozen=True, slots=True)
class Proposing:
    """Those who are asked, up to which cost, and the model among them."""

    proposers: tuple[Proposer, ...]
    most: Cost
    model: Model | None = None


@contextlib.asynccontextmanager
async def proposing(args: argparse.Namespace, session: Session) -> AsyncIterator[Proposing]:
    """What the arguments ask for; leaving it closes the model. Raises ModelUnavailable."""
    if not (args.with_model or args.model or args.url):
        yield Proposing(PROPOSERS, Cost.MANY if args.guess else Cost.TOOL)
        return
    from signoff.lsp_server.commands.bench_engines import completion_sources

    model = await open_model(settings_of(args), session.pool)
    try:
        yield Proposing((*PROPOSERS, *with_model(model, completion_sources(session))), Cost.MODEL, model)
    finally:
        await model.close()


def judges(session: Session) -> list[Verifier]:
    """What judges a fix while somebody waits, and the linker."""
    return [verifier for verifier in session.verifiers if verifier.speed <= Speed.QUICK or verifier.name == LINK]
