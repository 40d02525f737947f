"""What the benchmark measures of a server: edits, the handshake, memory."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from client import Client, Message, NoAnswer
from designs import Design, language_of

MIB = 1024 * 1024
# How a server shows a fault: an error on its line or just after, another set of diagnostics, or nothing new.
SHOWS = ("in place", "elsewhere", "not at all")


@dataclass(frozen=True)
class Server:
    """A language server to measure; `argv` starts it on its pipes. `must_show`: a fault it misses ends the run."""

    name: str
    argv: tuple[str, ...]
    must_show: bool = True


@dataclass
class Timings:
    """Milliseconds from the write of an edit to the diagnostics that show its fault, and that show it gone."""

    shown: list[float] = field(default_factory=list)
    gone: list[float] = field(default_factory=list)

    def summary(self) -> dict[str, float]:
        """Median and 95th percentile of each, in milliseconds."""
        pairs = {"shown": self.shown, "gone": self.gone}
        medians = {f"{name}_median_ms": round(statistics.median(values), 2) for name, values in pairs.items()}
        return medians | {f"{name}_p95_ms": round(percentile(values, 95), 2) for name, values in pairs.items()}


def fingerprint(found: list[Message]) -> frozenset[tuple[int, str]]:
    """What tells one set of diagnostics from another."""
    return frozenset((one["range"]["start"]["line"], one["message"]) for one in found)


def percentile(values: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile."""
    return sorted(values)[max(1, math.ceil(len(values) * percent / 100)) - 1]


class Session:
    """One server with the design's file open, ready to have its fault put in and taken out."""

    def __init__(self, server: Server, design: Design) -> None:
        self.server = server
        self.timings = Timings()
        path = design.folder / design.edit["file"]
        before, found, _ = path.read_text(encoding="utf-8").partition(design.edit["text"])
        if not found:
            raise ValueError(f"{path} does not hold {design.edit['text']!r}")
        # The semicolon is the last character of the text.
        self.line = before.count("\n") + design.edit["text"].count("\n")
        self.column = len((before + found).rpartition("\n")[2]) - 1
        self.client = Client(server.argv, design.folder, design.environment)
        self.initialize_seconds = self.client.initialize()
        self.uri = self.client.open(path, language_of(path))
        self.shows = SHOWS[0]
        self._version = 1
        _, found = self.client.diagnostics(self.uri, lambda found: True, timeout=60)
        self._untouched = fingerprint(found)

    def rehearse(self, pause: float) -> None:
        """One cycle that is not counted, once all is quiet, to learn how the server shows this fault.

        verible-verilog-ls often does not show it on its line: where a macro stopped its parser it blames the macro,
        or says what it said before. Then its first different answer counts, or its first at all, which can only
        flatter it. Signoff gets no such leave.
        """
        for way in SHOWS[:1] if self.server.must_show else SHOWS:
            self.shows = way
            self.client.settle(1.5)
            try:
                self.cycle(pause)
                break
            except NoAnswer:
                if self.server.must_show:
                    raise
                self._edit((0, 0), ";", lambda found: True)
        self.timings = Timings()

    def cycle(self, pause: float) -> None:
        """Put the fault in, then take it out; time both. `pause` is the seconds of rest after each edit."""
        self.timings.shown.append(1000 * self._edit((0, 1), "", self._faulty))
        time.sleep(pause)
        self.timings.gone.append(1000 * self._edit((0, 0), ";", self._mended))
        time.sleep(pause)

    def _edit(self, columns: tuple[int, int], text: str, fits: Callable[[list[Message]], bool]) -> float:
        self._version += 1
        start, end = (self.column + column for column in columns)
        sent = self.client.edit(self.uri, self._version, (self.line, start, self.line, end), text)
        arrived, _ = self.client.diagnostics(self.uri, fits, self._version, timeout=10)
        return arrived - sent

    def _faulty(self, found: list[Message]) -> bool:
        if self.shows == "in place":
            return self._has_error(found)
        return self.shows == "not at all" or fingerprint(found) != self._untouched

    def _mended(self, found: list[Message]) -> bool:
        if self.shows == "in place":
            return not self._has_error(found)
        return self.shows == "not at all" or fingerprint(found) == self._untouched

    def _has_error(self, found: list[Message]) -> bool:
        """A missing semicolon is seen on its line or at the next token, and is an error."""
        near = range(self.line, self.line + 4)
        return any(one["range"]["start"]["line"] in near and one.get("severity", 1) == 1 for one in found)

    def memory_mib(self) -> dict[str, float]:
        """Proportional and resident set size of the server and all its processes, in MiB."""
        root = psutil.Process(self.client.process.pid)
        infos = [process.memory_full_info() for process in (root, *root.children(recursive=True))]
        # Linux alone knows the proportional size (pages shared by n processes count 1/n).
        proportional = sum(getattr(info, "pss", info.rss) for info in infos)
        resident = sum(info.rss for info in infos)
        return {"pss": round(proportional / MIB, 1), "rss": round(resident / MIB, 1), "processes": len(infos)}

    def close(self) -> None:
        """End the server."""
        self.client.close()


def handshakes(servers: Sequence[Server], folder: Path, rounds: int) -> dict[str, float]:
    """Median milliseconds from the start of each server's process to its answer to `initialize`, taken in turns."""
    seconds: dict[str, list[float]] = {server.name: [] for server in servers}
    for _ in range(rounds):
        for server in servers:
            with Client(server.argv, folder) as client:
                seconds[server.name].append(client.initialize())
    return {name: round(1000 * statistics.median(values), 1) for name, values in seconds.items()}
