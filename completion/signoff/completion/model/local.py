"""The model on this machine: a downloaded GGUF file in the embedded llama.cpp runtime (the [local-model] extra)."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import os
from collections.abc import AsyncIterator
from pathlib import Path

from signoff.completion import fim
from signoff.completion.model import weights
from signoff.completion.model.protocol import Budget, Description, Model, ModelUnavailable, Piece, Request
from signoff.completion.settings import CompletionSettings
from signoff.verifiers.extras import install
from signoff.verifiers.workers import Engine, EngineError, WorkerCrashed, WorkerPool, WorkerTimeout

NAME = "local"
# On a CPU reading costs about 6 ms a token (0.5B, two threads); the suffix is read again at each request.
BUDGET = Budget(prefix=450, suffix=64, passages=200)
CONTEXT_TOKENS = 4096
IDLE_SECONDS = 600.0
LOAD_SECONDS = 120.0
LLAMA = Engine("signoff.completion.model.local_engine:LlamaEngine", idle_seconds=IDLE_SECONDS)


def locate(settings: CompletionSettings) -> Path:
    """The model file. Raises ModelUnavailable, saying what to install or download."""
    if importlib.util.find_spec("xllamacpp") is None:
        raise ModelUnavailable(f"The local model's runtime is not installed: {install('local-model')}")
    if settings.local_model.endswith(".gguf"):
        path = Path(settings.local_model).expanduser()
    elif (entry := weights.find(settings.local_model)) is not None:
        path = weights.path_of(entry)
    else:
        known = ", ".join(entry.name for entry in weights.catalogue())
        raise ModelUnavailable(f"No model is called {settings.local_model}: choose one of {known}, or a .gguf file.")
    if not path.is_file():
        raise ModelUnavailable(f"{settings.local_model} is not downloaded: run `signoff model pull`.")
    return path


class LocalModel:
    """A model in a worker process that is started at the first request and ends when idle."""

    def __init__(self, pool: WorkerPool, path: Path, settings: CompletionSettings) -> None:
        from signoff.completion.model.http import describe

        family = settings.family or getattr(fim.by_name(path.name), "name", "")
        self.description: Description = describe(path.stem, NAME, family, settings, BUDGET)
        self._pool = pool
        self._path = path
        self._threads = settings.threads or max((os.cpu_count() or 2) // 2, min(os.cpu_count() or 1, 2))
        self._loading: asyncio.Task[tuple[str, str]] | None = None
        self._inner: Model | None = None
        self._url = ""

    async def stream(self, request: Request) -> AsyncIterator[Piece]:
        """The continuation, piece by piece; see Model."""
        inner = await self._open()
        async with contextlib.aclosing(inner.stream(request)) as pieces:  # type: ignore[type-var]
            async for piece in pieces:
                yield piece

    async def _open(self) -> Model:
        from signoff.completion.model.http import HttpClient
        from signoff.completion.model.llama_server import of_unknown_family
        from signoff.completion.model.openai import OpenAIModel

        url, key = await self._load()
        if self._inner is None or url != self._url:
            if self._inner is not None:
                await self._inner.close()
            client = HttpClient(url, key)
            known = bool(self.description.family)
            self._inner = (
                OpenAIModel(client, self.description) if known else await of_unknown_family(client, self.description)
            )
            self._url = url
        return self._inner

    async def _load(self) -> tuple[str, str]:
        """Asks the worker each time, as that keeps it from being idle and starts it anew where it has ended."""
        if self._loading is None or self._loading.done():
            arguments = (str(self._path), self._threads, CONTEXT_TOKENS)
            call = self._pool.call(LLAMA, str(self._path), "start", *arguments, timeout=LOAD_SECONDS)
            self._loading = asyncio.ensure_future(call)
        try:
            # A keystroke cancels the request, not the loading that the next one needs as well.
            return await asyncio.shield(self._loading)
        except (WorkerCrashed, WorkerTimeout, EngineError) as error:
            reason = (str(error).strip().splitlines() or ["no reason given"])[-1]
            raise ModelUnavailable(f"The local model could not be loaded: {reason}") from error

    async def count_tokens(self, text: str) -> int | None:
        """The length of `text` in tokens; see Model."""
        return await (await self._open()).count_tokens(text)

    async def close(self) -> None:
        """End the worker process."""
        if self._loading is not None and not self._loading.done():
            self._loading.cancel()
        if self._inner is not None:
            await self._inner.close()
        await self._pool.release(LLAMA, str(self._path))
