"""What comes of samples: a line of JSON Lines each, appended as it is done, so that a run can be taken up again."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

Result = dict[str, Any]

FIELDS: Mapping[str, str] = {
    "id": "the sample's",
    "line": "the sample's line in the dataset, from 1",
    "sample": "digest of the sample: another one of the same id is repaired anew",
    "order": "digest of the options: results of different ones do not mix in a file",
    "status": "clean: no tool reports an error; repaired: none is left; partly: some are mended, some left; "
    "unrepaired: none is mended; not judged: no tool that is here knows such code; failed: see message",
    "message": "what was wrong, where status is failed or not judged",
    "file": "name of the source",
    "code": "the source with all that was proven and applied; as it was where that is nothing",
    "files": "other files that were changed, by name, as they are then",
    "applied": "the fixes in `code`: title, line (of the text as it was then), and evidence as in a code action's data",
    "withheld": "proven fixes that were not applied: a person must choose, or they change the hardware (--behaviour)",
    "left": "findings that remain: tool, tools, code, kind, severity, message, file, line, column, endLine, endColumn",
    "tools": "of each tool that was asked: status, message, version, judged (it saw everything)",
    "seconds": "wall time on the machine that repaired it",
    "trajectories": "with --attempts: every attempt, scrubbed, as `signoff export --format` describes them",
}

CLEAN, REPAIRED, PARTLY, UNREPAIRED, NOT_JUDGED, FAILED = (
    "clean",
    "repaired",
    "partly",
    "unrepaired",
    "not judged",
    "failed",
)
GOOD = frozenset((CLEAN, REPAIRED))
_REQUIRED = ("id", "sample", "order", "status")


class NotResults(Exception):
    """The file is not one that results may be appended to; the text says why."""


class Results:
    """The file of results, open for one run. As a context manager, it is closed at its end.

    `order` is the digest of the options. Raises NotResults where the file holds something else or results of other
    options, and OSError. A line that was cut off, as the run before was killed, is dropped.
    """

    def __init__(self, path: Path, order: str, *, restart: bool = False) -> None:
        self.path = path
        self._order = order
        self._done: dict[tuple[str, str], str] = {}
        if restart or not path.exists():
            self._file = path.open("wb", buffering=0)
            return
        size = self._read()
        self._file = path.open("r+b", buffering=0)
        self._file.truncate(size)
        self._file.seek(0, os.SEEK_END)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def status(self, sample: str, digest: str) -> str:
        """What came of a sample before; "" where it is still to be done."""
        return self._done.get((sample, digest), "")

    def counts(self, wanted: Collection[tuple[str, str]]) -> Counter[str]:
        """How often each status came of these samples, by (id, digest)."""
        return Counter(status for key, status in self._done.items() if key in wanted)

    def add(self, result: Result) -> None:
        """Append a result: one write, so that only a kill in the middle of it can leave a part. Raises OSError."""
        line = json.dumps({**result, "order": self._order}, ensure_ascii=False, separators=(",", ":"))
        self._file.write(line.encode("utf-8", errors="replace") + b"\n")
        self._done[result["id"], result["sample"]] = result["status"]

    def _read(self) -> int:
        """Take over what is done; the bytes up to the end of the last whole line."""
        size = 0
        with self.path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    break
                self._take(number, line)
                size += len(line)
        if not size and self.path.stat().st_size:
            # Not even its first line is whole: it may be anybody's.
            raise NotResults(f"{self.path} holds no results of signoff repair; choose another --output")
        return size

    def _take(self, number: int, line: bytes) -> None:
        try:
            said = json.loads(line)
            identity, digest, order, status = (said[name] for name in _REQUIRED)
        except (ValueError, KeyError, TypeError, RecursionError):
            raise NotResults(f"{self.path}:{number}: is no result of signoff repair; choose another --output") from None
        if order != self._order:
            raise NotResults(
                f"{self.path}:{number}: was made with other options; choose another --output, or --restart"
            )
        self._done[str(identity), str(digest)] = str(status)
