"""What a command is at, on standard error: a line that changes on a terminal, nothing elsewhere."""

from __future__ import annotations

import sys
from pathlib import Path
from types import TracebackType
from typing import Self


def say(text: str) -> None:
    """A message for the user, apart from the report."""
    print(f"signoff: {text}", file=sys.stderr, flush=True)


class Status:
    """A line on the terminal saying what is going on; silent where standard error is no terminal."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._shown = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.clear()

    def show(self, text: str) -> None:
        """Replace the line by `text`."""
        if self._live:
            # Erase the line first; its end is cut so that it never wraps on a narrow terminal.
            sys.stderr.write(f"\r\x1b[2K{text[:78]}")
            sys.stderr.flush()
            self._shown = True

    def clear(self) -> None:
        """Take the line away."""
        if self._shown:
            sys.stderr.write("\r\x1b[2K")
            sys.stderr.flush()
            self._shown = False

    def scanning(self, text: str, percent: int | None = None) -> None:
        """Progress of the workspace's scan."""
        self.show(text if percent is None else f"{text} {percent} %")

    def checked(self, done: int, total: int, path: str) -> None:
        """Progress of the runs."""
        self.show(f"checked {done} of {total}: {Path(path).name}")
