"""Engines for the tests of the pool: each misbehaves in its own way."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import time
from pathlib import Path


class Plain:
    def __init__(self) -> None:
        self.calls = 0

    def echo(self, value: object) -> object:
        self.calls += 1
        return value

    def pid(self) -> int:
        return os.getpid()

    def count(self) -> int:
        return self.calls

    def sleep(self, seconds: float) -> str:
        time.sleep(seconds)
        return f"slept {seconds:g}"

    def block_in_c(self) -> None:
        """Hold the interpreter's lock in a C call: no Python code of ours runs any more."""
        ctypes.PyDLL(None).sleep(60)

    def child(self, pid_file: str) -> int:
        process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        Path(pid_file).write_text(str(process.pid))
        return process.pid

    def folder(self) -> tuple[str, str]:
        return str(Path.cwd()), os.environ["SIGNOFF_SESSION"]

    def nice(self) -> int:
        return os.nice(0)


class Faulty(Plain):
    def raises(self) -> None:
        raise ValueError("this engine's own words")

    def exits(self) -> None:
        sys.exit(3)

    def dies(self) -> None:
        print("last words", file=sys.stderr, flush=True)
        os.abort()

    def prints(self) -> str:
        print("garbage on standard output")
        os.write(1, b"\xff" * 100)
        return "answered"

    def garbles(self) -> None:
        """Write into the pipe of the answers itself."""
        for fd in range(3, 20):
            try:
                os.write(fd, b"\xff" * 64)
            except OSError:
                continue
        time.sleep(60)

    def unpicklable(self) -> object:
        return lambda: None

    def eats(self, megabytes: int) -> int:
        return len(bytearray(megabytes * 1024 * 1024))


class Broken:
    def __init__(self) -> None:
        raise RuntimeError("the library is of another version")
