"""The model backends: one tuple. A new backend is one file and one line here."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from signoff.completion.model.protocol import (
    Misconfigured,
    Model,
    ModelUnavailable,
    ServerBusy,
    ServerUnreachable,
    SwitchedOff,
)
from signoff.completion.settings import CompletionSettings
from signoff.verifiers.workers import WorkerPool


@dataclass(frozen=True, slots=True)
class Backend:
    """A kind of model. `needs_url` backends are tried in their order on the server that the user configured."""

    name: str
    connect: Callable[[CompletionSettings, WorkerPool], Awaitable[Model]]
    needs_url: bool = True


async def _llama_server(settings: CompletionSettings, pool: WorkerPool) -> Model:
    module = await _loaded("llama_server")
    model: Model = await module.connect(settings)
    return model


async def _ollama(settings: CompletionSettings, pool: WorkerPool) -> Model:
    module = await _loaded("ollama")
    model: Model = await module.connect(settings)
    return model


async def _openai(settings: CompletionSettings, pool: WorkerPool) -> Model:
    module = await _loaded("openai")
    model: Model = await module.connect(settings)
    return model


async def _local(settings: CompletionSettings, pool: WorkerPool) -> Model:
    module = await _loaded("local")
    model: Model = await module.connect(settings, pool)
    return model


async def _loaded(name: str) -> Any:
    """A backend's module. Its HTTP library takes a third of a second to load, which no keystroke shall wait for."""
    return await asyncio.to_thread(import_module, f"signoff.completion.model.{name}")


# The servers of a kind that tells itself come first; any other counts as OpenAI-compatible.
BACKENDS: tuple[Backend, ...] = (
    Backend("llama-server", _llama_server),
    Backend("ollama", _ollama),
    Backend("openai", _openai),
    Backend("local", _local, needs_url=False),
)


async def open_model(settings: CompletionSettings, pool: WorkerPool) -> Model:
    """The model that the settings ask for. Raises ModelUnavailable with what to do about it.

    Only a server that the user configured is ever asked: none is searched for. Where it does not answer the
    reason is told, and no other model is taken silently in its place.
    """
    if not settings.enabled or settings.backend == "off":
        raise SwitchedOff("Completion by a model is switched off in the settings.")
    wanted = [row for row in BACKENDS if settings.backend in ("auto", row.name)]
    if not wanted:
        raise Misconfigured(f"completion.backend: {settings.backend} is not a backend.")
    if settings.backend == "auto":
        wanted = [row for row in wanted if row.needs_url == bool(settings.url)]
    elif wanted[0].needs_url and not settings.url:
        raise Misconfigured(f"completion.backend is {settings.backend}, but completion.url is not set.")
    for row in wanted[:-1]:
        try:
            return await row.connect(settings, pool)
        except (ServerUnreachable, ServerBusy):
            raise
        except ModelUnavailable:
            continue
    return await wanted[-1].connect(settings, pool)
