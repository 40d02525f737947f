"""What the tests of batches share: datasets, and engines of the tests' own making."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from signoff.diagnostics.batch.engine import Order
from signoff.diagnostics.batch.results import Result
from signoff.diagnostics.batch.samples import Sample

FAULTY = "module top (input a, output y);\n    wire b = a\n    assign y = b;\nendmodule\n"
MENDED = FAULTY.replace("= a\n", "= a;\n")
CLEAN = MENDED


def dataset(path: Path, *lines: dict[str, Any] | str) -> Path:
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    return path


def verilog(name: str, code: str = FAULTY, **more: Any) -> dict[str, Any]:
    return {"id": name, "language": "verilog", "code": code, **more}


def told(sample: Sample, status: str = "clean") -> Result:
    return {"id": sample.id, "line": sample.line, "sample": sample.digest, "status": status, "code": sample.code}


@dataclass
class FakeCrew:
    """Engines that do what `acts` does with a sample; `most` is how many were at work at once."""

    size: int
    acts: Callable[[int, Sample], Any] = lambda number, sample: told(sample)
    begun: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    busy: set[int] = field(default_factory=set)
    most: int = 0

    async def open(self, order: Order) -> None:
        pass

    async def repair(self, number: int, sample: Sample, order: Order) -> Result:
        assert number not in self.busy, "one engine has one sample at a time"
        self.busy.add(number)
        self.begun.append(sample.id)
        self.most = max(self.most, len(self.busy))
        try:
            await asyncio.sleep(0)
            result = self.acts(number, sample)
            return await result if asyncio.iscoroutine(result) else result  # type: ignore[no-any-return]
        finally:
            self.busy.discard(number)
            self.ended.append(sample.id)

    async def close(self) -> None:
        pass
