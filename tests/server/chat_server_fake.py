"""A model server that is talked to, for tests that run the whole server: it says what a test tells it to."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

MODEL = "fake-coder"
# What a test's `says` gives for the messages of a talk; None: the server never answers.
Says = Callable[[list[dict[str, str]]], str | None]


class ChatServer:
    """Use as a context. `talks` are the messages of each question; `left` is set once a client has gone away."""

    def __init__(self, says: Says) -> None:
        self.talks: list[list[dict[str, str]]] = []
        self.asked, self.left = threading.Event(), threading.Event()
        self.closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler(says))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    def _handler(self, says: Says) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                models = {"data": [{"id": MODEL, "owned_by": "fake", "max_model_len": 16384}]}
                self._json(models if self.path == "/v1/models" else {}, 200 if self.path == "/v1/models" else 404)

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers.get("content-length") or 0)) or b"{}")
                if self.path != "/v1/chat/completions":
                    self._json({"error": "not here"}, 404)
                    return
                messages = body["messages"]
                if len(messages) == 1 and len(messages[0]["content"]) < 100:
                    # Whether it can be talked to: it is asked for the last word.
                    self._stream(messages[0]["content"].rsplit(" ", 1)[-1])
                    return
                outer.talks.append(messages)
                outer.asked.set()
                said = says(messages)
                if said is None:
                    self._hang()
                else:
                    self._stream(said)

            def log_message(self, format: str, *args: Any) -> None:
                return

            def _json(self, value: Any, status: int = 200) -> None:
                data = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def _begin(self) -> None:
                self.send_response(200)
                self.send_header("content-type", "text/event-stream")
                self.end_headers()

            def _event(self, text: str, finish: str | None = None) -> None:
                choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
                self.wfile.write(f"data: {json.dumps({'choices': [choice]})}\n\n".encode())
                self.wfile.flush()

            def _stream(self, text: str) -> None:
                try:
                    self._begin()
                    for start in range(0, len(text), 4096):
                        self._event(text[start : start + 4096])
                    self._event("", "stop")
                    self.wfile.write(b"data: [DONE]\n\n")
                except OSError:
                    outer.left.set()

            def _hang(self) -> None:
                try:
                    self._begin()
                    while not outer.closing.wait(0.05):
                        self._event(" ")
                except OSError:
                    outer.left.set()

        return Handler
