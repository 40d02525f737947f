"""What the firmware's serial ports send: files that the emulator writes become one text, as it comes."""

from __future__ import annotations

import codecs
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from signoff.verifiers.mcu.emulate.emulation import OUTPUT_BYTES


@dataclass(slots=True)
class UartText:
    """The text so far. The port that speaks first is shown as it is, lines of others with their port's name."""

    on_output: Callable[[str], None]
    text: str = ""
    size: int = 0
    # time.monotonic() of the first byte.
    began: float | None = None
    _first: str = ""
    _decoders: dict[str, codecs.IncrementalDecoder] = field(default_factory=dict)
    _lines: dict[str, str] = field(default_factory=dict)

    @property
    def full(self) -> bool:
        """Whether it is more than anybody reads."""
        return self.size >= OUTPUT_BYTES

    def feed(self, port: str, data: bytes) -> None:
        """Take what a port has sent."""
        if not data or self.full:
            return
        self.size += len(data)
        self.began = time.monotonic() if self.began is None else self.began
        self._first = self._first or port
        text = self._decoder(port).decode(data)
        if port == self._first:
            self._show(text)
            return
        *lines, rest = (self._lines.get(port, "") + text).split("\n")
        self._lines[port] = rest
        for line in lines:
            self._show_line(f"[{port}] {line}\n")

    def finish(self) -> str:
        """All of the text, with lines that were left unfinished."""
        for port, rest in self._lines.items():
            if rest:
                self._show_line(f"[{port}] {rest}\n")
        self._lines.clear()
        return self.text

    def _decoder(self, port: str) -> codecs.IncrementalDecoder:
        if port not in self._decoders:
            self._decoders[port] = codecs.getincrementaldecoder("utf-8")(errors="replace")
        return self._decoders[port]

    def _show_line(self, line: str) -> None:
        self._show(line if not self.text or self.text.endswith("\n") else f"\n{line}")

    def _show(self, text: str) -> None:
        if text:
            self.text += text
            self.on_output(text)


class PortFiles:
    """The files that an emulator writes each port's bytes to."""

    def __init__(self, folder: Path, ports: Sequence[str]) -> None:
        self.paths = {port: folder / f"{port}.bytes" for port in ports}
        self._read = dict.fromkeys(ports, 0)

    def poll(self, text: UartText) -> None:
        """Hand on what has come since the last look."""
        for port, path in self.paths.items():
            try:
                if path.stat().st_size <= self._read[port]:
                    continue
                with path.open("rb") as file:
                    file.seek(self._read[port])
                    data = file.read(OUTPUT_BYTES)
            except OSError:
                continue
            self._read[port] += len(data)
            text.feed(port, data)
