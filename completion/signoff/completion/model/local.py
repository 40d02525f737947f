"""The model on this machine: a downloaded GGUF file in the embedded llama.cpp runtime (the [local-model] extra)."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import importlib.util
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from signoff.completion import fim
from signoff.completion.model import chat, describe, detect, gguf, heal, weights
from signoff.completion.model.local_engine import BATCH_TOKENS
from signoff.completion.model.protocol import (
    Budget,
    Description,
    ModelUnavailable,
    NotInstalled,
    Piece,
    Request,
    ServerUnreachable,
)
from signoff.completion.settings import CompletionSettings
from signoff.verifiers.extras import install
from signoff.verifiers.workers import Engine, EngineError, WorkerCrashed, WorkerPool, WorkerTimeout

NAME = "local"
# On a CPU reading costs about 6 ms a token (0.5B, two threads), and what was read once is kept.
BUDGET = Budget(prefix=1_200, suffix=64, passages=200, fresh=320)
CONTEXT_TOKENS = 4096
# The prompt is read once for all of them, and each further text of a batch costs a fraction of the first.
PARALLEL = 4
IDLE_SECONDS = 600.0
LOAD_SECONDS = 120.0
# A file of this size takes batches of BATCH_TOKENS, a larger one smaller ones: so long takes giving a request up.
BATCH_BYTES = 500_000_000
# Progress is written while the prompt is read: only a server that writes notices that nobody listens any more.
PARAMETERS = {"cache_prompt": True, "return_progress": True}
# A runtime that still works so long after its last request was given up has not noticed; it is ended.
GIVEN_UP_SECONDS, LOOK_SECONDS = 5.0, 0.5
IDLE_SHARE = 0.1
LLAMA = Engine("signoff.completion.model.local_engine:LlamaEngine", idle_seconds=IDLE_SECONDS)


def locate(settings: CompletionSettings) -> Path:
    """The model file. Raises NotInstalled, saying what to install or download."""
    if importlib.util.find_spec("xllamacpp") is None:
        raise NotInstalled(f"The local model's runtime is not installed: {install('local-model')}")
    if settings.local_model.endswith(".gguf"):
        path = Path(settings.local_model).expanduser()
    elif (entry := weights.find(settings.local_model)) is not None:
        path = weights.path_of(entry)
    else:
        known = ", ".join(entry.name for entry in weights.catalogue())
        raise NotInstalled(f"No model is called {settings.local_model}: choose one of {known}, or a .gguf file.")
    if not path.is_file():
        raise NotInstalled(f"{settings.local_model} is not downloaded: run `signoff model pull`.")
    return path


async def connect(settings: CompletionSettings, pool: WorkerPool) -> LocalModel:
    """The model of settings.local_model; it is loaded with the first request. Raises NotInstalled."""
    path = locate(settings)
    try:
        metadata = await asyncio.to_thread(_read, path)
    except (gguf.NotGguf, OSError) as error:
        raise NotInstalled(f"{path.name} cannot be used: {error}. Download it again, or choose another.") from error
    return LocalModel(pool, path, settings, metadata)


def _read(path: Path) -> gguf.Metadata:
    importlib.import_module("signoff.completion.model.openai")  # slow to load: not in the loop that keystrokes wait for
    return gguf.read(path)


class LocalModel:
    """A model in a worker process that is started at the first request and ends when idle."""

    def __init__(self, pool: WorkerPool, path: Path, settings: CompletionSettings, metadata: gguf.Metadata) -> None:
        found = detect.find_in(path.stem, settings.family, metadata.tokens)
        context = min(CONTEXT_TOKENS, metadata.context_tokens or CONTEXT_TOKENS)
        budget = describe.budget_for(settings, BUDGET, context)
        row = fim.get(found.family)
        self.description = Description(
            path.stem,
            NAME,
            found.family,
            budget,
            PARALLEL,
            context,
            found.note,
            local=True,
            spm=row is not None and row.spm,
        )
        self._pool = pool
        self._path = path
        self._settings = settings
        self._talks = metadata.chat_template
        self._threads = settings.threads or max((os.cpu_count() or 2) // 2, min(os.cpu_count() or 1, 2))
        self._loading: asyncio.Task[tuple[str, str]] | None = None
        self._inner: Any = None
        self._url = ""
        self._process = 0
        self._streams = 0
        self._watching: asyncio.Task[None] | None = None

    @property
    def loading(self) -> bool:
        """Whether the model is being read from the disk."""
        return self._inner is None and self._loading is not None and not self._loading.done()

    async def prepare(self) -> None:
        """Load the model where that is still to be done. Raises ModelUnavailable."""
        await self._open()

    async def stream(self, request: Request) -> AsyncIterator[Piece]:
        """The continuations, piece by piece; see Model."""
        inner = await self._open()
        told = heal.without(inner.stream(request), request.heal, request.n)
        async with contextlib.aclosing(self._watched(told)) as pieces:  # type: ignore[type-var]
            async for piece in pieces:
                yield piece

    async def answer(self, talk: chat.Talk) -> AsyncIterator[Piece]:
        """The answer, piece by piece, by the model's own template; see Chat."""
        inner = await self._open()
        async with contextlib.aclosing(self._watched(inner.answer(talk))) as pieces:  # type: ignore[type-var]
            async for piece in pieces:
                yield piece

    async def chats(self) -> None:
        """Whether it can be talked to; see Chat."""
        from signoff.completion.model import chat_http

        if not self._talks:
            raise chat.CannotChat(f"{self._path.name} has no template for a talk: it fills in only.")
        await chat_http.tried(self)

    async def _watched(self, told: AsyncIterator[Piece]) -> AsyncIterator[Piece]:
        """The pieces; where they are given up, or come to no end, the processor must be free again."""
        self._streams += 1
        whole = False
        try:
            async with contextlib.aclosing(told) as pieces:  # type: ignore[type-var]
                async for piece in pieces:
                    yield piece
            whole = True
        except ServerUnreachable as error:
            raise ModelUnavailable("The local model's process has ended; the next request starts it anew.") from error
        finally:
            self._streams -= 1
            if not whole:
                self._watch()

    async def _open(self) -> Any:
        from signoff.completion.model.http import HttpClient
        from signoff.completion.model.openai import OpenAIModel

        url, key = await self._load()
        if self._inner is None or url != self._url:
            if self._inner is not None:
                await self._inner.close()
            self._inner = OpenAIModel(HttpClient(url, key), self.description, self._settings, extra=PARAMETERS)
            self._url = url
            self._process = await self._pool.call(LLAMA, str(self._path), "process", timeout=LOAD_SECONDS)
        return self._inner

    async def _load(self) -> tuple[str, str]:
        """Asks the worker each time, as that keeps it from being idle and starts it anew where it has ended."""
        if self._loading is None or self._loading.done():
            arguments = (str(self._path), self._threads, self.description.context_tokens, self._batch(), PARALLEL)
            call = self._pool.call(LLAMA, str(self._path), "start", *arguments, timeout=LOAD_SECONDS)
            self._loading = asyncio.ensure_future(call)
        try:
            # A keystroke cancels the request, not the loading that the next one needs as well.
            return await asyncio.shield(self._loading)
        except (WorkerCrashed, WorkerTimeout, EngineError) as error:
            raise ModelUnavailable(_not_loaded(self._path, error)) from error

    def _batch(self) -> int:
        size = max(weights.size_of(self._path), 1)
        return max(8, min(BATCH_TOKENS, BATCH_TOKENS * BATCH_BYTES // size))

    def _watch(self) -> None:
        """Make sure that a request that was given up has left the processor free."""
        if self._watching is None or self._watching.done():
            self._watching = asyncio.ensure_future(self._end_if_busy())

    async def _end_if_busy(self) -> None:
        """End the runtime where it works on although nobody waits for it; the next request starts it anew."""
        deadline = time.monotonic() + GIVEN_UP_SECONDS
        while time.monotonic() < deadline:
            before = _processor_seconds(self._process)
            await asyncio.sleep(LOOK_SECONDS)
            if (
                self._streams
                or before is None
                or (_processor_seconds(self._process) or before) - before < IDLE_SHARE * LOOK_SECONDS
            ):
                return
        if not self._streams:
            await self._pool.release(LLAMA, str(self._path))

    async def count_tokens(self, text: str) -> int | None:
        """The length of `text` in tokens; None before the model is loaded: counting is no reason to load it."""
        if self._inner is None:
            return None
        count: int | None = await self._inner.count_tokens(text)
        return count

    async def close(self) -> None:
        """End the worker process."""
        for task in (self._loading, self._watching):
            if task is not None and not task.done():
                task.cancel()
        if self._inner is not None:
            await self._inner.close()
        await self._pool.release(LLAMA, str(self._path))


def _not_loaded(path: Path, error: Exception) -> str:
    """Why the model's process did not come up, for a person."""
    need = f"{path.stem} needs about {weights.size_of(path) * 1.1 / 1e9 + 0.3:.1f} GB of memory"
    if isinstance(error, WorkerTimeout):
        return f"The local model was not loaded within {LOAD_SECONDS:.0f} s: {need}, and a disk that is free."
    reason = (str(error).strip().splitlines() or ["no reason given"])[-1].removeprefix(f"{LLAMA.target}: ")
    if isinstance(error, WorkerCrashed):
        killed = "the system ended its process" if "SIGKILL" in reason else f"its process ended ({reason})"
        return (
            f"The local model could not be loaded: {killed}. {need}; if less is free, choose a smaller one "
            "(`signoff model list`)."
        )
    return f"The local model could not be loaded: {reason}"


def _processor_seconds(process: int) -> float | None:
    """The processor time that a process has used, None where it is gone."""
    import psutil

    try:
        return float(sum(psutil.Process(process).cpu_times()[:2]))
    except psutil.Error:
        return None
