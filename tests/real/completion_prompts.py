"""How much of a prompt stays from key to key, with the facts of other files in it.

    python tests/real/completion_prompts.py FOLDER FILE ... [--keys 350] [--places 3] [--seed 3]

Types stretches of the Verilog files anew, a key each 0.2 s by the reader's clock, and compares consecutive prompts up
to the cursor: what they have in common a model's server need not read again.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from signoff.completion import prompt
from signoff.completion.context import Hole, hole_at
from signoff.completion.facts.hdl import HdlFacts
from signoff.completion.model.protocol import Budget, Description
from signoff.completion.reader import Reader
from signoff.verifiers.hdl.slang import Slang
from signoff.verifiers.project import Project
from signoff.verifiers.settings import VerifierSettings
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import LineIndex
from signoff.verifiers.workers import WorkerPool
from signoff.verifiers.workspace import WorkspaceModel

KEY_SECONDS = 0.2
DESCRIPTIONS = (
    Description("laptop", "none", "qwen", Budget(450, 64, 200), local=True),
    Description("server", "none", "qwen", Budget(3_000, 750, 1_500)),
)


def typed(path: Path, text: str, start: int, keys: int) -> Iterator[tuple[Snapshot, Hole]]:
    """The document after each key; what stood there is gone up to the end of its last line."""
    below = text[start + keys :]
    below = below[below.find("\n") :] if "\n" in below else ""
    for end in range(start, start + keys):
        document = Snapshot(path.as_uri(), str(path), "systemverilog", end, text[:end] + below)
        hole = hole_at(document, *LineIndex(document.text).position(end))
        if hole is not None:
            yield document, hole


async def replay(
    path: Path, text: str, project: Project, slang: Slang, known: Description, given: argparse.Namespace
) -> str:
    chance, clock = random.Random(given.seed), [0.0]
    reader = Reader([HdlFacts(slang)], clock=lambda: clock[0])
    kept, again, seconds, before = 0, list[int](), list[float](), ""
    for _ in range(given.places):
        start = text.find("\n", chance.randrange(len(text) // 4, max(len(text) - 1000, len(text) // 4 + 1))) + 1
        for document, hole in typed(path, text, start, given.keys):
            clock[0] += KEY_SECONDS
            begin = time.perf_counter()
            read = await reader.read(document, project, hole, known, max_tokens=96, patience=20.0)
            asked = prompt.build(hole, known, read.passages, max_tokens=96, path=read.path, read=read.window)
            seconds.append(time.perf_counter() - begin)
            upto = asked.prompt.index("<|fim_suffix|>")
            if before:
                again.append(upto - same(before, asked.prompt[:upto]))
                kept += again[-1] <= 0.05 * upto + 1
            before = asked.prompt
        before = ""
    await reader.close()
    return (
        f"{path.name}, {known.name}: {kept / len(again):.1%} of {len(again)} keys keep 95 %; read again: median "
        f"{statistics.median(again):.0f}, mean {statistics.mean(again):.0f} characters; "
        f"reading takes {statistics.median(seconds) * 1e3:.1f} ms (median)"
    )


def same(one: str, other: str) -> int:
    """How many characters two texts have in common at their beginning."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, pair in pairs if pair[0] != pair[1]), min(len(one), len(other)))


async def run(given: argparse.Namespace) -> None:
    pool = WorkerPool()
    try:
        workspace = WorkspaceModel(pool, [str(given.folder)], VerifierSettings())
        await workspace.scan()
        for path, text in given.files:
            for known in DESCRIPTIONS:
                print(await replay(path, text, workspace.project_for(str(path)), Slang(pool), known, given), flush=True)
    finally:
        await pool.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=lambda name: Path(name).resolve())
    parser.add_argument("files", nargs="+", type=lambda name: (Path(name).resolve(), Path(name).read_text("utf-8")))
    parser.add_argument("--keys", type=int, default=350)
    parser.add_argument("--places", type=int, default=3)
    parser.add_argument("--seed", type=int, default=3)
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
