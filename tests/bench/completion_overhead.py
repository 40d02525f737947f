"""What Signoff adds to a model's own time: each completion beside a bare call with the same prompt at the same server.

`python tests/bench/completion_overhead.py [--server instant|local|both] [--positions N] [--repeat N]`: masks N regions
of a 3,000-line Verilog file, one after the other, and takes the time of the engine without checking, of the engine
with it, and of the same prompt sent by plain httpx and read as far as the engine read it, all in turn within one run.
`instant` is a server of our own in another process that answers at once: what is left is our overhead alone.
`local` is the model on this machine, its prompt read before. Prints medians and 95th percentiles, in milliseconds,
beside what is aimed at, and how busy the machine was: on a busy one only our own processor time says anything.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import designs
import httpx

from signoff.completion.engine import CompletionEngine
from signoff.completion.measure.holes import Region, draw, regions
from signoff.completion.measure.metrics import quantile
from signoff.completion.model import local, weights
from signoff.completion.model.protocol import Description, Model, Piece, Request
from signoff.completion.model.registry import open_model
from signoff.completion.settings import CompletionSettings
from signoff.completion.suggestion import Suggestion
from signoff.lsp_server.commands.bench_engines import completion_judges, completion_sources
from signoff.lsp_server.commands.session import Session, open_session, snapshot_of
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import LineIndex
from signoff.verifiers.verifier import Verifier

KEY = "SIGNOFF_BENCH_KEY"
SEED = 5
MOST_TOKENS = 16
# Positions that are measured first and not counted.
WARM_UP = 2
# Positions by default: at a real model each takes some seconds.
POSITIONS = {"instant": 60, "local": 24}
# Milliseconds of overhead, median and 95th percentile, that are aimed at.
AIM = 5.0, 15.0
AIMED = ("overhead, checking off", "   without the tools' time")
WIDTH = 34


class Listening:
    """A model; keeps the last request and how many characters of its answer were read."""

    def __init__(self, inner: Model) -> None:
        self._inner = inner
        self.request: Request | None = None
        self.read = 0

    @property
    def description(self) -> Description:
        return self._inner.description

    async def stream(self, request: Request) -> AsyncIterator[Piece]:
        self.request, self.read = request, 0
        async with contextlib.aclosing(self._inner.stream(request)) as pieces:  # type: ignore[type-var]
            async for piece in pieces:
                self.read += len(piece.text)
                yield piece

    async def count_tokens(self, text: str) -> int | None:
        return await self._inner.count_tokens(text)

    async def close(self) -> None:
        await self._inner.close()


@dataclass
class Bare:
    """The same server, asked with nothing around it."""

    url: str
    instant: bool
    client: httpx.AsyncClient
    model: str = ""

    async def prepare(self, text: str) -> None:
        """Have an instant server answer with the text that was masked."""
        if self.instant:
            (await self.client.post(f"{self.url}/say", json={"text": text})).raise_for_status()

    async def ask(self, request: Request, characters: int) -> float:
        """Seconds to read so much of the answer to a prompt."""
        body = {"model": self.model, "prompt": request.prompt, "max_tokens": request.max_tokens, "temperature": 0.0}
        body |= {"stream": True, "stop": list(request.stop)}
        start, read = time.perf_counter(), 0
        async with self.client.stream("POST", f"{self.url}/v1/completions", json=body) as answer:
            answer.raise_for_status()
            async for line in answer.aiter_lines():
                if line.startswith("data: {"):
                    read += sum(len(choice.get("text") or "") for choice in json.loads(line[6:]).get("choices", ()))
                if read >= characters:
                    break
        return time.perf_counter() - start


@dataclass
class Times:
    """What each position took, in seconds; `..._processor` is our processor time beyond that of the bare call.

    Where something was shown, `checking` is what of the engine's time the tools took, `besides` the overhead without.
    """

    off: list[float] = field(default_factory=list)
    on: list[float] = field(default_factory=list)
    off_bare: list[float] = field(default_factory=list)
    on_bare: list[float] = field(default_factory=list)
    checking: list[float] = field(default_factory=list)
    besides: list[float] = field(default_factory=list)
    off_processor: list[float] = field(default_factory=list)
    on_processor: list[float] = field(default_factory=list)


async def measure(session: Session, path: Path, url: str, key: str, positions: int, repeat: int) -> tuple[Times, str]:
    """Every position `repeat` times; which of two comes first alternates."""
    os.environ[KEY] = key
    # With what the model on this machine is given to read, also at the instant server.
    budget = {f"{name}_tokens": getattr(local.BUDGET, name) for name in ("prefix", "suffix")}
    settings = CompletionSettings(
        url=url,
        backend="openai",
        api_key_env=KEY if key else "",
        debounce=0.0,
        candidates=1,
        max_tokens=MOST_TOKENS,
        context_tokens=local.BUDGET.passages,
        **budget,
    )
    plain = replace(settings, show="verified-first")
    snapshot, project = snapshot_of(path), session.workspace.project_for(str(path))
    holes = draw(regions(str(path), snapshot.language, snapshot.text), positions, SEED)
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    times = Times()
    async with (
        _engine(session, plain, ()) as (off, off_model),
        _engine(session, settings, completion_judges(session)) as (on, on_model),
        httpx.AsyncClient(headers=headers, timeout=60, trust_env=False) as client,
    ):
        bare = Bare(url, not key, client)
        for number in range(-WARM_UP, len(holes) * repeat):
            hole = holes[number % len(holes)]
            masked, place = _masked(snapshot, hole, number)
            row = [
                _One(off, off_model, times.off, times.off_bare, times.off_processor),
                _One(on, on_model, times.on, times.on_bare, times.on_processor),
            ]
            for one in row if number % 2 else reversed(row):
                await bare.prepare(snapshot.text[hole.start : hole.end])
                await one.take(masked, project, place, bare, times, keep=number >= 0)
        return times, off_model.description.name


@dataclass
class _One:
    engine: CompletionEngine
    model: Listening
    own: list[float]
    bare: list[float]
    processor: list[float]

    async def take(
        self, masked: Snapshot, project: Project, place: tuple[int, int], bare: Bare, times: Times, *, keep: bool
    ) -> None:
        """The engine once to have the prompt read, and then it and the bare call, the one or the other first."""
        self.model.request = None
        await self._complete(masked, project, place)
        request, read = self.model.request, self.model.read
        if request is None:
            return
        bare.model = self.model.description.name
        alone = await self._alone(bare, request, read) if masked.version % 2 else None
        processor = time.process_time()
        seconds, found = await self._complete(masked, project, place)
        processor = time.process_time() - processor
        alone = alone or await self._alone(bare, request, read)
        if not keep:
            return
        self.own.append(seconds)
        self.bare.append(alone[0])
        self.processor.append(processor - alone[1])
        if self.own is times.on:
            checking = found[0].verdict.seconds if found else 0.0
            times.checking += [checking] if found else []
            times.besides += [seconds - alone[0] - checking] if found else []

    async def _alone(self, bare: Bare, request: Request, read: int) -> tuple[float, float]:
        processor = time.process_time()
        return await bare.ask(request, read), time.process_time() - processor

    async def _complete(
        self, masked: Snapshot, project: Project, place: tuple[int, int]
    ) -> tuple[float, tuple[Suggestion, ...]]:
        self.engine.forget()
        start = time.perf_counter()
        found = await self.engine.complete(masked, project, *place, automatic=True)
        return time.perf_counter() - start, found


def _masked(snapshot: Snapshot, hole: Region, number: int) -> tuple[Snapshot, tuple[int, int]]:
    text = snapshot.text[: hole.start] + snapshot.text[hole.end :]
    return replace(snapshot, text=text, version=number + 10), LineIndex(snapshot.text).position(hole.start)


@contextlib.asynccontextmanager
async def _engine(
    session: Session, settings: CompletionSettings, judges: tuple[Verifier, ...]
) -> AsyncIterator[tuple[CompletionEngine, Listening]]:
    model = Listening(await open_model(settings, session.pool))

    async def opener(*_: object) -> Model:
        return model

    sources = completion_sources(session)
    engine = CompletionEngine(session.pool, judges, settings, sources, roots=session.workspace.folders, opener=opener)
    try:
        yield engine, model
    finally:
        await engine.close()


class Instant(BaseHTTPRequestHandler):
    """Answers every prompt at once with what it was told to say, three characters a piece."""

    protocol_version = "HTTP/1.1"
    # Else an answer in several parts waits for the client's acknowledgement, as no real server lets it.
    disable_nagle_algorithm = True
    said = ""

    def log_message(self, *_: Any) -> None:
        """Nothing on standard error."""

    def do_GET(self) -> None:
        self._whole({"data": [{"id": "qwen2.5-coder-instant", "max_model_len": 32768}]})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        if self.path == "/say":
            Instant.said = json.loads(body)["text"]
        if self.path != "/v1/completions":
            self._whole({})
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        pieces = [self.said[start : start + 3] for start in range(0, len(self.said), 3)]
        rows = [json.dumps({"choices": [{"text": text, "index": 0}]}) for text in pieces]
        with contextlib.suppress(OSError):
            for row in (*rows, "[DONE]"):
                data = f"data: {row}\n\n".encode()
                self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
            self.wfile.write(b"0\r\n\r\n")

    def _whole(self, value: Any) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Quiet(ThreadingHTTPServer):
    """A server whose clients hang up when they have read enough."""

    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """They do so by right."""


def serve() -> None:
    """Be the instant server until standard input is closed; its URL goes to standard output."""
    server = Quiet(("127.0.0.1", 0), Instant)
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    import threading

    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


@contextlib.contextmanager
def instant() -> Iterator[str]:
    """The URL of an instant server in a process of its own."""
    command = [sys.executable, __file__, "--serve"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stdin
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()
            process.wait(10)


def table(found: dict[str, Times], load: float) -> str:
    """The figures in milliseconds, a row each; for every server the median and the 95th percentile."""
    lines = [f"milliseconds; load of the machine before {load:.1f} on {os.cpu_count()} processors"]
    lines.append(_line("", [f"{name} {what}" for name in found for what in ("median", "p95")]))
    rows = [_rows(times) for times in found.values()]
    for label in rows[0]:
        values = [f"{1000 * quantile(row[label], share):.2f}" for row in rows for share in (0.5, 0.95)]
        lines.append(_line(label, values) + (f"   aim: {AIM[0]:g} and {AIM[1]:g}" if label in AIMED else ""))
    return "\n".join(lines)


def _rows(times: Times) -> dict[str, list[float]]:
    return {
        "bare call": times.off_bare,
        "engine, checking off": times.off,
        "overhead, checking off": _differences(times.off, times.off_bare),
        "   our own processor time": times.off_processor,
        "overhead, checking on": _differences(times.on, times.on_bare),
        "   our own processor time, with it": times.on_processor,
        "   the tools' time, if shown": times.checking,
        "   without the tools' time": times.besides,
    }


def _line(label: str, cells: Sequence[str]) -> str:
    return f"{label:{WIDTH}}" + "".join(f"{cell:>16}" for cell in cells)


def _differences(one: list[float], other: list[float]) -> list[float]:
    return [a - b for a, b in zip(one, other, strict=True)]


async def run(arguments: argparse.Namespace) -> int:
    """Measure and print."""
    path = designs.design("picorv32").files[0]
    found, before = {}, os.getloadavg()[0]
    for server in POSITIONS if arguments.server == "both" else (arguments.server,):
        positions = arguments.positions or POSITIONS[server]
        async with open_session([path]) as session:
            times, name = await _at(server, session, path, positions, arguments.repeat)
        found[server] = times
        print(f"{server}: {name}, {len(times.off)} completions without checking, {len(times.on)} with it")
    print(table(found, before))
    return 0


async def _at(server: str, session: Session, path: Path, positions: int, repeat: int) -> tuple[Times, str]:
    if server == "instant":
        with instant() as url:
            return await measure(session, path, url, "", positions, repeat)
    file = str(weights.path_of(weights.catalogue()[0]))
    threads = max((os.cpu_count() or 2) // 2, min(os.cpu_count() or 1, 2))
    call = session.pool.call(local.LLAMA, file, "start", file, threads, local.CONTEXT_TOKENS, timeout=120)
    return await measure(session, path, *await call, positions, repeat)


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", choices=(*POSITIONS, "both"), default="instant")
    parser.add_argument("--positions", type=int, default=0, help="60 at the instant server, 24 at the model")
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve()
        return 0
    return asyncio.run(run(arguments))


if __name__ == "__main__":
    sys.exit(main())
