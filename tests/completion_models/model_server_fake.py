"""A model server over a real socket that answers as a test tells it to, also wrongly, late or in half."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from signoff.completion.model.protocol import Model, Piece, Request

PROMPT = "<|fim_prefix|>a<|fim_suffix|>b<|fim_middle|>"
REQUEST = Request(PROMPT, "a", "b", (), ("\n", "<|fim_pad|>"), 16, 0.5, 3)


@dataclass
class Call:
    """One request, and the connection to answer it on."""

    method: str
    path: str
    headers: dict[str, str]
    content: bytes
    writer: asyncio.StreamWriter
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def body(self) -> Any:
        return json.loads(self.content or b"{}")

    async def reply(self, content: bytes | str, status: int = 200, **headers: str) -> None:
        """A whole answer."""
        data = content.encode() if isinstance(content, str) else content
        await self.begin(status, **{"content_type": "application/json", "content_length": str(len(data)), **headers})
        await self.raw(data)

    async def json(self, value: Any, status: int = 200, **headers: str) -> None:
        await self.reply(json.dumps(value), status, **headers)

    async def begin(self, status: int = 200, **headers: str) -> None:
        """The head of an answer; without a length it ends with the connection unless it is chunked."""
        rows = {"connection": "close", "content_type": "text/event-stream", **headers}
        lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in rows.items())
        await self.raw(f"HTTP/1.1 {status} said\r\n{lines}\r\n".encode())

    async def raw(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def chunk(self, data: bytes) -> None:
        await self.raw(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    async def stream(self, *events: Any, prefix: str = "data: ", end: bool = True) -> None:
        """A streamed answer, one chunk an event."""
        await self.begin(transfer_encoding="chunked")
        for event in events:
            await self.chunk((prefix + json.dumps(event, ensure_ascii=False) + "\n\n").encode())
        if end:
            await self.chunk(b"data: [DONE]\n\n")
        await self.raw(b"0\r\n\r\n")

    def cut(self) -> None:
        """The connection breaks."""
        assert isinstance(self.writer.transport, asyncio.Transport)
        self.writer.transport.abort()


Handler = Callable[[Call], Awaitable[None]]


def choice(text: str, index: int = 0, finish: str | None = None) -> dict[str, Any]:
    """An event of /v1/completions."""
    return {"choices": [{"text": text, "index": index, "finish_reason": finish}]}


class FakeServer:
    """Use as an asynchronous context; `calls` are the requests it has seen."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.calls: list[Call] = []
        self.arrived = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        assert self._server is not None
        host, port = self._server.sockets[0].getsockname()[:2]
        return f"http://{host}:{port}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def asked(self, path: str) -> list[Call]:
        return [call for call in self.calls if call.path == path]

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            start = await reader.readexactly(1)
            if start == b"\x16":  # a client that speaks TLS
                writer.write(b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n")
                return
            head = (start + await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            method, path, _ = head[0].split(" ")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
            content = await reader.readexactly(int(headers.get("content-length") or 0))
            call = Call(method, path, headers, content, writer)
            self.calls.append(call)
            self.arrived.set()
            watch = asyncio.ensure_future(self._watch(reader, call))
            try:
                await self.handler(call)
            finally:
                watch.cancel()
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            return
        finally:
            writer.close()

    async def _watch(self, reader: asyncio.StreamReader, call: Call) -> None:
        with contextlib.suppress(OSError):
            await reader.read(1)  # a client that waits for its answer sends nothing: this is its end
        call.gone.set()


async def pieces_of(model: Model, request: Request = REQUEST) -> list[Piece]:
    return [piece async for piece in model.stream(request)]


async def text_of(model: Model, request: Request = REQUEST) -> str:
    return "".join(piece.text for piece in await pieces_of(model, request))
