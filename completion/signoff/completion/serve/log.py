"""What the server writes: a file of bounded size in the user's state folder, and the last lines in memory."""

from __future__ import annotations

import re
from collections import deque
from pathlib import Path

# Beyond this the file is begun anew, and the one before it kept.
LIMIT = 20_000_000
KEPT_LINES = 400
# A line without end would fill the memory.
LONGEST = 20_000
_ENDS = re.compile(rb"[\r\n]+")


def folder() -> Path:
    """Where the logs lie: the user's state folder."""
    import platformdirs

    return Path(platformdirs.user_state_dir("signoff", appauthor=False))


class Log:
    """A log at `path`; both streams of one process may be written to it, each as its own `stream`.

    Raises OSError where the file cannot be made. Where it later cannot be written to, the lines in memory go on.
    """

    def __init__(self, path: Path, limit: int = LIMIT) -> None:
        self.path = path
        self.lines: deque[str] = deque(maxlen=KEPT_LINES)
        self._limit = limit
        self._rest: dict[str, bytes] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        self._open("ab")

    def _open(self, mode: str) -> None:
        self._file = self.path.open(mode)
        self.path.chmod(0o600)

    def write(self, data: bytes, stream: str = "") -> None:
        """Add what the server wrote to one of its streams."""
        self._store(data)
        *whole, rest = _ENDS.split(self._rest.get(stream, b"") + data)
        self._rest[stream] = rest[-LONGEST:]
        self.lines.extend(line.decode(errors="replace") for line in whole if line.strip())

    def _store(self, data: bytes) -> None:
        try:
            if self._file.tell() + len(data) > self._limit:
                self._file.close()
                self.path.replace(self.path.with_name(f"{self.path.name}.1"))
                self._open("wb")
            self._file.write(data)
            self._file.flush()
        except (OSError, ValueError):
            return

    def forget(self) -> None:
        """Drop the lines in memory: what comes is of another start."""
        self.lines.clear()
        self._rest.clear()

    @property
    def latest(self) -> str:
        """The last line, "" where there is none."""
        return self.lines[-1] if self.lines else ""

    def close(self) -> None:
        """Close the file."""
        self._file.close()
