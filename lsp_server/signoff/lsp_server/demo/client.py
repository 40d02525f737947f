"""A small language client: JSON-RPC over the pipes of a server process, and one open document at a time."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from signoff.lsp_server.documents import LANGUAGES
from signoff.verifiers.run import kill_group, spawn
from signoff.verifiers.text import LineIndex

CAPABILITIES: dict[str, Any] = {
    "general": {"positionEncodings": ["utf-32"]},
    "textDocument": {
        "publishDiagnostics": {"versionSupport": True},
        "inlineCompletion": {},
        "codeAction": {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix"]}}},
    },
    "workspace": {"workspaceEdit": {"documentChanges": True}, "workspaceFolders": True},
    "window": {"workDoneProgress": True},
}


class ServerEnded(Exception):
    """The server's process ended while an answer was awaited."""


class Client:
    """An editor without a window. Times are seconds."""

    def __init__(self, process: asyncio.subprocess.Process, folder: Path) -> None:
        self.folder = folder
        self.on_progress: Callable[[str], None] = lambda message: None
        self.on_output: Callable[[str], None] = lambda text: None
        self._process = process
        self._ids = itertools.count(1)
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._news = asyncio.Condition()
        self._diagnostics: dict[str, tuple[int, list[dict[str, Any]]]] = {}
        self._texts: dict[str, tuple[int, str]] = {}
        self._reader = asyncio.ensure_future(self._read())
        self._errors = asyncio.ensure_future(self._drain())

    @classmethod
    async def start(cls, folder: Path, options: dict[str, Any]) -> Client:
        """Start `signoff serve` on a folder and shake hands."""
        process = await spawn([sys.executable, "-m", "signoff.lsp_server", "serve"], cwd=folder)
        client = cls(process, folder)
        folders = [{"uri": folder.as_uri(), "name": folder.name}]
        about = {"processId": os.getpid(), "rootUri": folder.as_uri(), "workspaceFolders": folders}
        await client.request("initialize", {**about, "capabilities": CAPABILITIES, "initializationOptions": options})
        client.notify("initialized", {})
        return client

    def uri(self, name: str) -> str:
        """The uri of a file of the folder."""
        return (self.folder / name).as_uri()

    def text(self, name: str) -> str:
        """The present text of an open file."""
        return self._texts[self.uri(name)][1]

    def open(self, name: str, text: str | None = None) -> None:
        """Open a file, with another text than that on disk where given."""
        text = (self.folder / name).read_text() if text is None else text
        language = LANGUAGES[Path(name).suffix]
        self._texts[self.uri(name)] = (1, text)
        item = {"uri": self.uri(name), "languageId": language, "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": item})

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace the first occurrence of `old` by `new`, as typing would."""
        start = self.text(name).index(old)
        index = LineIndex(self.text(name))
        self._change(name, [_change(index, start, start + len(old), new)])

    def apply(self, name: str, edits: list[dict[str, Any]]) -> None:
        """Apply text edits of the protocol, as an accepted fix is; the last in the text first."""
        ordered = sorted(edits, key=lambda edit: tuple(edit["range"]["start"].values()), reverse=True)
        self._change(name, [{"range": edit["range"], "text": edit["newText"]} for edit in ordered])

    async def diagnostics(
        self, name: str, enough: Callable[[list[dict[str, Any]]], bool], timeout: float = 30
    ) -> list[dict[str, Any]]:
        """The diagnostics published for the present version as soon as they are `enough`. Raises TimeoutError."""
        uri = self.uri(name)

        def ready() -> bool:
            version, found = self._diagnostics.get(uri, (0, []))
            return version == self._texts[uri][0] and enough(found)

        async with asyncio.timeout(timeout), self._news:
            await self._news.wait_for(ready)
        return self._diagnostics[uri][1]

    async def request(self, method: str, params: Any, timeout: float = 60) -> Any:
        """Ask the server. Raises RuntimeError with its message, TimeoutError, or ServerEnded."""
        number = next(self._ids)
        self._answers[number] = asyncio.get_running_loop().create_future()
        self._send({"id": number, "method": method, "params": params})
        async with asyncio.timeout(timeout):
            return await self._answers[number]

    def notify(self, method: str, params: Any) -> None:
        """Tell the server."""
        self._send({"method": method, "params": params})

    async def stop(self) -> None:
        """Shut the server down as an editor does, and make sure that it is gone."""
        try:
            await self.request("shutdown", None, timeout=10)
            self.notify("exit", None)
            async with asyncio.timeout(5):
                await self._process.wait()
        except (TimeoutError, ServerEnded, ConnectionError):
            kill_group(self._process)
            await self._process.wait()
        self._reader.cancel()
        self._errors.cancel()

    def _change(self, name: str, changes: list[dict[str, Any]]) -> None:
        uri = self.uri(name)
        version, text = self._texts[uri]
        for change in changes:
            index = LineIndex(text)
            start, end = (index.offset(p["line"], p["character"]) for p in change["range"].values())
            text = text[:start] + change["text"] + text[end:]
        self._texts[uri] = (version + 1, text)
        document = {"uri": uri, "version": version + 1}
        self.notify("textDocument/didChange", {"textDocument": document, "contentChanges": changes})

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process.stdin
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))

    async def _drain(self) -> None:
        assert self._process.stderr
        while line := await self._process.stderr.readline():
            if os.environ.get("SIGNOFF_DEMO_LOG"):
                sys.stderr.buffer.write(line)

    async def _read(self) -> None:
        assert self._process.stdout
        try:
            while True:
                size = 0
                while (line := await self._process.stdout.readline()) not in (b"\r\n", b""):
                    if line.lower().startswith(b"content-length:"):
                        size = int(line.split(b":")[1])
                await self._take(json.loads(await self._process.stdout.readexactly(size)))
        except (asyncio.IncompleteReadError, json.JSONDecodeError):
            for answer in self._answers.values():
                if not answer.done():
                    answer.set_exception(ServerEnded("the server ended"))

    async def _take(self, message: dict[str, Any]) -> None:
        method = message.get("method")
        if method is None:
            answer = self._answers.pop(message["id"])
            if answer.done():
                return
            if "error" in message:
                answer.set_exception(RuntimeError(message["error"]["message"]))
            else:
                answer.set_result(message.get("result"))
        elif "id" in message:
            self._send({"id": message["id"], "result": None})
        elif method == "textDocument/publishDiagnostics":
            params = message["params"]
            self._diagnostics[params["uri"]] = (params.get("version", 0), params["diagnostics"])
            async with self._news:
                self._news.notify_all()
        elif method == "signoff/emulatorOutput":
            self.on_output(message["params"]["text"])
        elif method == "$/progress":
            value = message["params"]["value"]
            self.on_progress(" ".join(str(value[key]) for key in ("title", "message") if value.get(key)))


def _change(index: LineIndex, start: int, end: int, new: str) -> dict[str, Any]:
    first, last = index.position(start), index.position(end)
    places = {"start": first, "end": last}
    return {"range": {key: {"line": at[0], "character": at[1]} for key, at in places.items()}, "text": new}


class Stopwatch:
    """Wall time since it was made, in seconds, up to stop() or now."""

    def __init__(self) -> None:
        self._start = time.perf_counter()
        self._end: float | None = None

    def stop(self) -> None:
        """Count no further."""
        self._end = time.perf_counter()

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return (self._end or time.perf_counter()) - self._start
