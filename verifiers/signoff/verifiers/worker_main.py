"""The child's side of workers.py: `python -m signoff.verifiers.worker_main package.module:Class niceness`."""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import os
import pickle
import signal
import struct
import sys
import threading
import time
import traceback
from typing import Any, BinaryIO

HEADER = struct.Struct("<I")
PR_SET_PDEATHSIG = 1
PARENT_CHECK_SECONDS = 2.0


def _die_with_parent() -> None:
    """End with the server even while a C call keeps us from seeing end of file."""
    parent = os.getppid()
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    elif os.name == "posix":
        threading.Thread(target=_watch, args=(parent,), daemon=True).start()
    # The editor's Ctrl-C reaches the whole group of the terminal; the server decides when we end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _watch(parent: int) -> None:
    """macOS cannot be asked to kill us: an orphan is given another parent."""
    while os.getppid() == parent:
        time.sleep(PARENT_CHECK_SECONDS)
    os._exit(1)


def _serve(engine: Any, requests: BinaryIO, replies: BinaryIO) -> None:
    while True:
        header = requests.read(HEADER.size)
        if len(header) < HEADER.size:
            return
        number, method, args = pickle.loads(requests.read(HEADER.unpack(header)[0]))
        _reply(replies, *_answer(engine, number, method, args))


def _answer(engine: Any, number: int, method: str, args: tuple[Any, ...]) -> tuple[int, str, Any]:
    if isinstance(engine, _Missing):
        return number, "missing", engine.reason
    try:
        return number, "ok", getattr(engine, method)(*args)
    except BaseException:  # an engine's sys.exit() or a panic of its C++ or Rust part is its error, not our end
        return number, "error", traceback.format_exc()


def _reply(replies: BinaryIO, number: int, kind: str, value: Any) -> None:
    try:
        body = pickle.dumps((number, kind, value), pickle.HIGHEST_PROTOCOL)
    except Exception:
        body = pickle.dumps((number, "error", traceback.format_exc()), pickle.HIGHEST_PROTOCOL)
    replies.write(HEADER.pack(len(body)) + body)
    replies.flush()


class _Missing:
    """Stands in for an engine that cannot be loaded."""

    def __init__(self, reason: str) -> None:
        self.reason = reason


def _load(target: str) -> Any:
    module, _, name = target.partition(":")
    try:
        return getattr(importlib.import_module(module), name)()
    except Exception as error:
        traceback.print_exc()
        return _Missing(f"{target} cannot be loaded: {type(error).__name__}: {error}")


def main() -> None:
    """Build the engine named on the command line and answer calls until standard input ends."""
    _die_with_parent()
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a library that prints must not garble the replies
    if len(sys.argv) > 2 and hasattr(os, "nice"):
        os.nice(int(sys.argv[2]))
    _serve(_load(sys.argv[1]), sys.stdin.buffer, replies)


if __name__ == "__main__":
    main()
