"""In which order a model on this machine reads a place best: what precedes the cursor first (PSM) or last (SPM).

`python tests/bench/prompt_order.py [--model NAME] [--places N] [--seed N]`: the same places of the sources that
complete_run.py takes, each at the beginning of what is missing in a line, at a later word's beginning, and in the
midst of a word, as if typed up to there. Printed are exact texts, edit similarity and seconds, PSM beside SPM without
and with healed tokens (completion/model/heal.py). A place's first request reads all of it anew, the later ones what
the order makes them read.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import re
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

from complete_run import LANGUAGES, MODELS
from wheels import NotToBeHad

from signoff.completion import prompt
from signoff.completion.context import Hole, hole_at
from signoff.completion.measure import holes
from signoff.completion.measure.metrics import exact, similarity
from signoff.completion.model.local import LocalModel, connect
from signoff.completion.model.protocol import Description, Request
from signoff.completion.settings import CompletionSettings
from signoff.lsp_server.commands.session import snapshot_of
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import LineIndex
from signoff.verifiers.workers import WorkerPool

SUFFIXES = frozenset({".v", ".cu", ".cuh", ".py", ".c"})
LONGEST = 200_000
MOST_FILES = 60
WAYS = ("PSM", "SPM", "SPM, healed")


@dataclass(frozen=True, slots=True)
class Asked:
    """A place: what stands there in the file up to the line's end is missing."""

    kind: str
    hole: Hole
    truth: str


def places(language: str, count: int, seed: int) -> Iterator[Asked]:
    """Three places of each of `count` regions: in the regions' first lines."""
    chance = random.Random(seed)
    documents = {one.path: one for one in _documents(language, chance)}
    regions = (region for one in documents.values() for region in holes.regions(one.path, one.language, one.text))
    for region in holes.draw(regions, count, seed):
        document = documents[region.path]
        line_end = document.text.find("\n", region.start)
        truth = document.text[region.start : min(line_end if line_end >= 0 else region.end, region.end)]
        words = [match.start() for match in re.finditer(r"\b\w", truth) if match.start()]
        inside = [at for match in re.finditer(r"\w{4,}", truth) for at in range(match.start() + 1, match.end() - 2)]
        for kind, choices in (("line", [0]), ("word", words), ("midst", inside)):
            if choices:
                typed = chance.choice(choices)
                text = document.text[: region.start + typed] + document.text[region.end :]
                hole = hole_at(replace(document, text=text), *LineIndex(text).position(region.start + typed))
                if hole is not None:
                    yield Asked(kind, hole, truth[typed:])


def _documents(language: str, chance: random.Random) -> Iterator[Snapshot]:
    paths = [path for folder in LANGUAGES[language]() for path in sorted(folder.rglob("*")) if path.is_file()]
    chance.shuffle(paths)
    found = 0
    for path in paths:
        if found < MOST_FILES and path.suffix in SUFFIXES and path.stat().st_size < LONGEST:
            document = snapshot_of(str(path))
            if language != "triton" or "triton" in document.text:
                found += 1
                yield document


def requests(asked: Asked, known: Description) -> Iterator[Request]:
    """The request in each of WAYS."""
    line = replace(asked.hole, block=False)
    yield prompt.build(line, replace(known, spm=False), (), max_tokens=48)
    healed = prompt.build(line, known, (), max_tokens=48)
    yield replace(healed, prompt=healed.prompt + healed.heal, heal="")
    yield healed


async def measure(model: LocalModel, args: argparse.Namespace) -> None:
    """Ask for every place in every way, and print the table."""
    rows: dict[tuple[str, str], list[tuple[bool, float, float]]] = defaultdict(list)
    for language in LANGUAGES:
        try:
            asked = list(places(language, args.places, args.seed))
        except NotToBeHad as error:
            print(f"{language}: left out, {error}")
            continue
        for one in asked:
            for way, request in zip(WAYS, requests(one, model.description), strict=True):
                start = time.perf_counter()
                text = "".join([piece.text async for piece in model.stream(request)]).split("\n")[0]
                seconds = time.perf_counter() - start
                rows[one.kind, way].append((exact(text, one.truth), similarity(text, one.truth), seconds))
    print(f"{'place':8}{'order':14}{'n':>4}{'exact':>8}{'similarity':>12}{'seconds':>9}")
    for (kind, way), found in rows.items():
        right, near, seconds = (sum(column) / len(found) for column in zip(*found, strict=True))
        print(f"{kind:8}{way:14}{len(found):4}{right:8.0%}{near:12.2f}{seconds:9.2f}")


async def main() -> int:
    """The exit status is 1 where the model is not there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", choices=MODELS, default=MODELS[0])
    parser.add_argument("--places", type=int, default=15, help="regions of each language (default 15)")
    parser.add_argument("--seed", type=int, default=5)
    args = parser.parse_args()
    pool = WorkerPool()
    try:
        model = await connect(CompletionSettings(local_model=args.model), pool)
        await model.prepare()
        print(f"{model.description.name}, {args.places} regions of each language, seed {args.seed}\n")
        await measure(model, args)
        await model.close()
    finally:
        await pool.close()
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
