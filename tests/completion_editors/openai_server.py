"""An OpenAI-compatible server of our own over a real socket: what it was asked, and who hung up, can be looked at."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

NAME = "qwen2.5-coder-fake"
Answer = Callable[[str], str]


class ModelServer(ThreadingHTTPServer):
    """Streams `answer(prompt)` in small pieces. Use as a context manager; `url` is where it listens.

    `key`: what it wants as a bearer token. `hold()` makes it stop after the first piece of an answer, until the
    client hangs up; `held` is set then, and `hung_up` once the client has gone.
    """

    daemon_threads = True

    def __init__(self, answer: Answer | str, key: str = "") -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer if callable(answer) else lambda prompt: answer
        self.key = key
        self.prompts: list[str] = []
        self.keys: list[str] = []
        self.holding = False
        self.held, self.hung_up = threading.Event(), threading.Event()
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> ModelServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()

    def hold(self) -> None:
        """From now on no answer ends by itself."""
        self.holding = True
        self.held.clear()
        self.hung_up.clear()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: ModelServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        """Nothing on standard error."""

    def do_GET(self) -> None:
        if not self._allowed():
            return
        if self.path == "/v1/models":
            self._json({"data": [{"id": NAME, "max_model_len": 4096}]})
        else:
            self._json({"error": "no such path"}, 404)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"] or 0)))
        if not self._allowed():
            return
        if self.path != "/v1/completions":
            self._json({"error": "no such path"}, 404)
            return
        prompt = str(body["prompt"])
        self.server.prompts.append(prompt)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self._stream(self.server.answer(prompt), int(body.get("n") or 1))
        self.close_connection = True

    def _allowed(self) -> bool:
        said = self.headers.get("Authorization", "")
        self.server.keys.append(said)
        if self.server.key and said != f"Bearer {self.server.key}":
            self._json({"error": "wrong key"}, 401)
            return False
        return True

    def _stream(self, text: str, n: int) -> None:
        pieces = [text[start : start + 3] for start in range(0, len(text), 3)] or [""]
        for number, piece in enumerate(pieces):
            last = number == len(pieces) - 1
            for index in range(n):
                choice = {"text": piece, "index": index, "finish_reason": "stop" if last else None}
                self._say(json.dumps({"id": "x", "model": NAME, "choices": [choice]}))
            if self.server.holding:
                self.server.held.set()
                # Nothing more is sent by the client: reading returns when it hangs up.
                self.connection.settimeout(60)
                self.rfile.read(1)
                self.server.hung_up.set()
                return
        self._say("[DONE]")

    def _say(self, data: str) -> None:
        self.wfile.write(f"data: {data}\n\n".encode())
        self.wfile.flush()

    def _json(self, value: Any, status: int = 200) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
