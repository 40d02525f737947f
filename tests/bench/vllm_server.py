"""A real vLLM on the processor, started by `signoff model serve`: for the tests in tests/vllm and for vllm_run.py."""

from __future__ import annotations

import contextlib
import os
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil

FOLDER = Path(os.environ.get("SIGNOFF_VLLM", Path(__file__).resolve().parents[2] / ".vllm"))
PYTHON = FOLDER / "bin" / "python"
MODEL = FOLDER / "model"
# A cold start reads 1.3 GB and loads torch three times.
START_SECONDS = 300.0
KEY_ENV = "SIGNOFF_MODEL_KEY"
_ABORTED = re.compile(r"Request \S+ aborted\.")
_SAMPLE = re.compile(r"^(?P<name>[\w:]+)(?:\{(?P<labels>[^}]*)\})? (?P<value>\S+)$")


def there() -> bool:
    """Whether `make vllm` has set everything up."""
    return PYTHON.exists() and (MODEL / ".whole").exists()


@dataclass(slots=True)
class Served:
    """A running server; `said` are the command's own lines so far."""

    url: str
    key: str
    process: subprocess.Popen[str]
    log: Path
    said: list[str] = field(default_factory=list)
    lines: queue.Queue[str] = field(default_factory=queue.Queue)

    def wait_for(self, words: str, seconds: float = START_SECONDS) -> str:
        """The command's next line that holds `words`. Raises TimeoutError, or RuntimeError where it has ended."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            with contextlib.suppress(queue.Empty):
                line = self.lines.get(timeout=min(left, 0.5))
                self.said.append(line)
                if words in line:
                    return line
                continue
            if self.process.poll() is not None and self.lines.empty():
                raise RuntimeError("the server has ended:\n" + "".join(self.said))
        raise TimeoutError(f"{words!r} was not said within {seconds} s:\n" + "".join(self.said))

    def pids(self) -> list[int]:
        """vLLM's own processes, its main one first."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        return [child.pid for child in children if child.status() != psutil.STATUS_ZOMBIE]

    def aborted(self) -> int:
        """How many requests the server has given up because the client went away: by its log, a line each."""
        return len(_ABORTED.findall(self.log.read_text(encoding="utf-8", errors="replace")))

    def forget(self) -> None:
        """Empty the prefix cache, so that what is measured next does not live on what was measured before."""
        request = urllib.request.Request(f"{self.url}/reset_prefix_cache", b"", _bearer(self.key))
        with urllib.request.urlopen(request, timeout=30):
            pass

    def metrics(self) -> Metrics:
        """What the server counts, read now."""
        with urllib.request.urlopen(f"{self.url}/metrics", timeout=30) as answer:
            return Metrics(answer.read().decode())


class Metrics:
    """Prometheus's text format, summed over the labels that are not asked for."""

    def __init__(self, text: str) -> None:
        matches = (_SAMPLE.match(line) for line in text.splitlines() if not line.startswith("#"))
        self._rows = [(row["name"], row["labels"] or "", float(row["value"])) for row in matches if row]

    def get(self, name: str, **labels: str) -> float:
        """The sum of a metric's samples that have `labels`; names are without "vllm:"."""
        wanted = [f'{key}="{value}"' for key, value in labels.items()]
        full = f"vllm:{name}"
        return sum(value for row, has, value in self._rows if row == full and all(part in has for part in wanted))

    def finished(self) -> float:
        """Requests that came to their end. Those given up by the client are in none of vLLM 0.32's counters."""
        return self.get("request_success_total")


def _bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@contextlib.contextmanager
def served(state: Path, *more: str, key: str = "for-the-tests") -> Iterator[Served]:
    """A server on a free port, its log below `state`; leaving ends it with all its processes.

    It logs each request's parameters (no prompts), as only so its aborts can be counted.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "signoff.lsp_server", "model", "serve", str(MODEL), "--cpu"]
    command += ["--python", str(PYTHON), "--port", str(port), "--vllm-args=--enable-log-requests", *more]
    # In this mode it can be told to forget what it has read.
    env = {**os.environ, "XDG_STATE_HOME": str(state), KEY_ENV: key, "VLLM_SERVER_DEV_MODE": "1"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env)
    server = Served(f"http://127.0.0.1:{port}", key, process, state / "signoff" / f"vllm-{port}.log")
    reader = threading.Thread(target=_read, args=(server,), daemon=True)
    reader.start()
    try:
        server.wait_for("answers at")
        yield server
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        reader.join(5)


def _read(server: Served) -> None:
    assert server.process.stdout is not None
    for line in server.process.stdout:
        server.lines.put(line)
