"""The child's side of workers.py: `python -m signoff.verifiers.worker_main package.module:Class`."""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import os
import pickle
import signal
import struct
import sys
import traceback
from typing import Any, BinaryIO

HEADER = struct.Struct("<I")
PR_SET_PDEATHSIG = 1


def _die_with_parent() -> None:
    """Have the kernel end us with the server even while a C call keeps us from seeing end of file."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    # The editor's Ctrl-C reaches the whole group of the terminal; the server decides when we end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _serve(engine: Any, requests: BinaryIO, replies: BinaryIO) -> None:
    while True:
        header = requests.read(HEADER.size)
        if len(header) < HEADER.size:
            return
        number, method, args = pickle.loads(requests.read(HEADER.unpack(header)[0]))
        try:
            answer = (number, True, getattr(engine, method)(*args))
        except Exception:
            answer = (number, False, traceback.format_exc())
        body = pickle.dumps(answer, pickle.HIGHEST_PROTOCOL)
        replies.write(HEADER.pack(len(body)) + body)
        replies.flush()


def main() -> None:
    """Build the engine named on the command line and answer calls until standard input ends."""
    _die_with_parent()
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a library that prints must not garble the replies
    module, _, name = sys.argv[1].partition(":")
    engine = getattr(importlib.import_module(module), name)()
    _serve(engine, sys.stdin.buffer, replies)


if __name__ == "__main__":
    main()
