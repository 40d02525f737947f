"""Stands in for vLLM: answers /v1/models on its port, and misbehaves as its name on the command line says.

Arguments: HOW PORT NAME NOTES. It starts a child of its own, as vLLM does, and appends both ids to the file NOTES.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

TEXTS = {
    "oom": "(EngineCore pid=9) torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.",
    "nonsense": 'Traceback (most recent call last):\n  File "x.py", line 1\nValueError: the moon is full',
}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        key = os.environ.get("VLLM_API_KEY")
        if key and self.headers.get("Authorization") != f"Bearer {key}":
            self.send_error(401)
            return
        body = json.dumps({"object": "list", "data": [{"id": sys.argv[3]}]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        return


def main(how: str, port: int, notes: Path) -> None:
    if how in TEXTS:
        print(TEXTS[how], file=sys.stderr)
        sys.exit(1)
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    with notes.open("a") as file:
        file.write(f"{os.getpid()} {child.pid}\n")
    print("Loading weights", flush=True)
    if how == "hangs":
        time.sleep(600)
    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    if how == "dies":
        while not notes.with_suffix(".die").exists():
            time.sleep(0.01)
        os._exit(3)
    time.sleep(600)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[4]))
