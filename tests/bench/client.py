"""A language client of our own, as plain as can be: JSON-RPC over the server's pipes, every message with its time.

For benchmarks and tests. It knows no editor and no LSP library, so that it measures the server and nothing else.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

Message = dict[str, Any]


class NoAnswer(Exception):
    """What was waited for did not come in time, or the server ended."""


class Client:
    """One server process and the conversation with it. Use as a context manager: leaving it ends the server."""

    def __init__(self, argv: Sequence[str], root: Path, env: Mapping[str, str] | None = None) -> None:
        self.root = root.resolve()
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            list(argv),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=self.root,
            env={**os.environ, **(env or {})},
        )
        self._ids = 0
        self._arrived: queue.Queue[tuple[float, Message | None]] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def initialize(self, options: Mapping[str, Any] | None = None, timeout: float = 30.0) -> float:
        """The handshake; returns the seconds from the process' start to the answer to `initialize`."""
        folder = {"uri": self.root.as_uri(), "name": self.root.name}
        capabilities = {
            "workspace": {"configuration": True, "workspaceFolders": True},
            "textDocument": {"publishDiagnostics": {"versionSupport": True}, "synchronization": {}},
            "window": {"workDoneProgress": True},
        }
        params = {"processId": os.getpid(), "rootUri": folder["uri"], "workspaceFolders": [folder]}
        request = self.request(
            "initialize", {**params, "capabilities": capabilities, "initializationOptions": options or {}}
        )
        answered, _ = self.wait(lambda message: message.get("id") == request and "result" in message, timeout)
        self.notify("initialized", {})
        return answered - self.started

    def request(self, method: str, params: Any) -> int:
        """Send a request; returns its id."""
        self._ids += 1
        self._send({"id": self._ids, "method": method, "params": params})
        return self._ids

    def ask(self, method: str, params: Any, timeout: float = 30.0) -> Any:
        """Send a request and wait for its result. Raises NoAnswer, also for an error."""
        request = self.request(method, params)
        _, answer = self.wait(lambda message: message.get("id") == request and "method" not in message, timeout)
        if "error" in answer:
            raise NoAnswer(f"{method}: {answer['error']}")
        return answer.get("result")

    def notify(self, method: str, params: Any) -> float:
        """Send a notification; returns the time just before it was written."""
        return self._send({"method": method, "params": params})

    def open(self, path: Path, language: str) -> str:
        """Open a file as it is on disk; returns its URI."""
        uri = path.resolve().as_uri()
        text = path.read_text(encoding="utf-8", errors="replace")
        document = {"uri": uri, "languageId": language, "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": document})
        return uri

    def edit(self, uri: str, version: int, span: tuple[int, int, int, int], text: str) -> float:
        """Replace a span (lines and UTF-16 columns from 0); returns the time just before it was written."""
        start = {"line": span[0], "character": span[1]}
        end = {"line": span[2], "character": span[3]}
        change = {"range": {"start": start, "end": end}, "text": text}
        params = {"textDocument": {"uri": uri, "version": version}, "contentChanges": [change]}
        return self.notify("textDocument/didChange", params)

    def diagnostics(
        self, uri: str, fits: Callable[[list[Message]], bool], version: int | None = None, timeout: float = 20.0
    ) -> tuple[float, list[Message]]:
        """The time of arrival and content of the next diagnostics of `uri` that fit. Raises NoAnswer.

        Where the server names the version they belong to, those of another version do not count.
        """

        def wanted(message: Message) -> bool:
            params = message.get("params") or {}
            if message.get("method") != "textDocument/publishDiagnostics" or params["uri"] != uri:
                return False
            said = params.get("version")
            return (version is None or said is None or said == version) and fits(params["diagnostics"])

        arrived, message = self.wait(wanted, timeout)
        return arrived, message["params"]["diagnostics"]

    def wait(self, fits: Callable[[Message], bool], timeout: float) -> tuple[float, Message]:
        """The next message that fits, with the time it arrived. Raises NoAnswer."""
        end = time.perf_counter() + timeout
        while True:
            try:
                arrived, message = self._arrived.get(timeout=max(0.001, end - time.perf_counter()))
            except queue.Empty:
                raise NoAnswer(f"nothing fitting came within {timeout:g} s") from None
            if message is None:
                raise NoAnswer("the server ended")
            self._oblige(message)
            if fits(message):
                return arrived, message

    def settle(self, quiet: float, timeout: float = 120.0) -> None:
        """Read on until nothing has come for `quiet` seconds."""
        end = time.perf_counter() + timeout
        while time.perf_counter() < end:
            try:
                self.wait(lambda message: True, quiet)
            except NoAnswer:
                return

    def close(self) -> None:
        """Shut the server down as the protocol has it; one that will not go is killed."""
        try:
            self.ask("shutdown", None, timeout=5)
            self.notify("exit", None)
            self.process.wait(timeout=5)
        except (NoAnswer, OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()

    def _send(self, message: Message) -> float:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin is not None
        now = time.perf_counter()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self.process.stdin.flush()
        return now

    def _oblige(self, message: Message) -> None:
        """Answer the server's own requests as an editor without settings would."""
        if "id" in message and "method" in message:
            items = message["params"]["items"] if message["method"] == "workspace/configuration" else None
            self._send({"id": message["id"], "result": [None for _ in items] if items is not None else None})

    def _read(self) -> None:
        assert self.process.stdout is not None
        while header := self.process.stdout.readline():
            if not header.lower().startswith(b"content-length:"):
                continue
            while self.process.stdout.readline() not in (b"\r\n", b""):
                pass
            body = self.process.stdout.read(int(header.split(b":")[1]))
            self._arrived.put((time.perf_counter(), json.loads(body)))
        self._arrived.put((time.perf_counter(), None))
