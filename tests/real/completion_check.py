"""Tries what judges completions on code that nobody here wrote: true texts must pass, texts made wrong must not.

    python tests/real/completion_check.py PATH... --count 60 --seed 1
    python tests/real/completion_check.py PATH... --language cuda-cpp --budget 10 --list

Regions of the files are masked. The true text goes through trimming and checking (a refusal is a false one), and so do
texts that have one fault each (one that passes is missed). Times are of the checks as a user waits for them, and of
the processor. Exits with 1 where a true text is refused. Nothing is written into the folders.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parent))
from completion_mutants import mutants

from signoff.completion import candidates
from signoff.completion.check import Checked, Checker
from signoff.completion.context import hole_at
from signoff.completion.measure.holes import Region, draw, regions
from signoff.completion.runs import Runs
from signoff.lsp_server.commands.session import Session, open_session, snapshot_of
from signoff.lsp_server.documents import LANGUAGES
from signoff.verifiers.gpu.checks.launch import Launch
from signoff.verifiers.gpu.compile.nvcc_front import NvccFront
from signoff.verifiers.gpu.compile.nvrtc import Nvrtc
from signoff.verifiers.gpu.triton.triton import Triton
from signoff.verifiers.hdl.slang import Slang
from signoff.verifiers.mcu.checks.part import Part
from signoff.verifiers.mcu.compile.gcc import Gcc
from signoff.verifiers.mcu.compile.guessed import GuessedC
from signoff.verifiers.python_names import PythonNames
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import LineIndex
from signoff.verifiers.verifier import Verifier
from signoff.verifiers.workers import WorkerPool

LARGEST_BYTES = 300_000
MOST_FILES = 40


@dataclass
class Count:
    """What came of one language's holes."""

    holes: int = 0
    trimmed: int = 0
    shorter: int = 0
    accepted: int = 0
    unjudged: int = 0
    refused: list[str] = field(default_factory=list)
    spoilt: list[str] = field(default_factory=list)
    caught: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    blind: Counter[str] = field(default_factory=Counter)
    misses: list[str] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    why: Counter[str] = field(default_factory=Counter)


def judges(pool: WorkerPool) -> tuple[Verifier, ...]:
    """Those that the server asks of completions (parts.py)."""
    lane = "proof"
    cuda = (Launch(pool, lane=lane), Nvrtc(pool, lane=lane), NvccFront(pool))
    slang = Slang(pool, lane=lane, stage="judge")
    firmware = (Part(pool, lane=lane), Gcc(pool), GuessedC(pool))
    return (slang, *cuda, *firmware, Triton(pool), PythonNames(pool))


def files_of(paths: Sequence[Path], language: str, seed: int) -> Iterator[Path]:
    """Some of the files below the paths, in an order of chance."""
    found = sorted(file for path in paths for file in ([path] if path.is_file() else path.rglob("*")) if file.is_file())
    mine = [one for one in found if LANGUAGES.get(one.suffix.lower()) and one.stat().st_size < LARGEST_BYTES]
    mine = [one for one in mine if not language or LANGUAGES[one.suffix.lower()] == language]
    random.Random(seed).shuffle(mine)
    yield from mine


def chosen(paths: Sequence[Path], count: int, language: str, seed: int) -> tuple[Region, ...]:
    """Holes of a few files each."""
    found: list[Region] = []
    files = 0
    for path in files_of(paths, language, seed):
        snapshot = snapshot_of(path)
        mine = regions(snapshot.path, snapshot.language, snapshot.text)
        found += mine
        files += bool(mine)
        if files >= MOST_FILES:
            break
    return draw(found, count, seed)


async def trial(session: Session, region: Region, count: Count, runs: Runs, budget: float) -> None:
    """One hole: the true text, and what it can be made wrong into."""
    whole = snapshot_of(region.path)
    true = whole.text[region.start : region.end]
    text = whole.text[: region.start] + whole.text[region.end :]
    snapshot = Snapshot(whole.uri, whole.path, whole.language, 1, text)
    project = session.workspace.project_for(whole.path)
    hole = hole_at(snapshot, *LineIndex(text).position(region.start))
    if hole is None:
        return
    count.holes += 1
    got = candidates.trim(true, hole)
    place = f"{region.path}:{hole.line + 1} {region.kind}"
    # A region may hold more than a completion: two blocks, or what stands behind a blank line.
    shorter = got and _bare(true).startswith(_bare(got)) and len(got) in candidates.boundaries(got, hole.language)
    if not shorter and _bare(got) != _bare(true):
        count.spoilt.append(f"{place}: {true!r} -> {got!r}")
    count.trimmed += _bare(got) == _bare(true)
    count.shorter += _bare(got) != _bare(true) and bool(shorter)
    mine = judges(session.pool)
    checker = Checker(mine, snapshot, project, hole, budget=budget, runs=runs)
    try:
        checked = await _timed(checker, got, count)
        if not (checked.tools or checked.refused):
            count.unjudged += 1
            count.why.update(f"{name}: {reason[:100]}" for name, reason in checked.not_run)
            return
        if not checked.accepted or checked.cut:
            told = "; ".join(f"{one.tool} {one.code}: {one.message}" for one in checked.refused)
            told += f" (cut to {checked.text!r})" * checked.cut
            count.refused.append(f"{place}: {got!r}: {told or checked}")
            return
        count.accepted += 1
        for kind, wrong in mutants(got, region.language):
            await _mutant(checker, kind, wrong, count, place)
    finally:
        checker.close()


async def _mutant(checker: Checker, kind: str, wrong: str, count: Count, place: str) -> None:
    judged = await checker.check(wrong)
    if judged.accepted and not judged.cut and judged.text == wrong:
        count.missed[kind] += 1
        count.misses.append(f"{kind}: {place}: {wrong!r} ({', '.join(judged.tools)})")
    elif judged.tools or judged.refused:
        count.caught[kind] += 1
    else:
        count.blind[kind] += 1


async def _timed(checker: Checker, text: str, count: Count) -> Checked:
    await asyncio.gather(*checker_baselines(checker))
    start, used = time.perf_counter(), _processor()
    checked = await checker.check(text)
    count.waited.append(time.perf_counter() - start)
    count.processor.append(_processor() - used)
    return checked


def checker_baselines(checker: Checker) -> Iterable[asyncio.Future[object]]:
    """The model writes for longer than the document as it stands takes."""
    checker.prepare()
    return [asyncio.shield(task) for task in checker.under_way]


def _processor() -> float:
    """Seconds of processor time of this process, its children that ended, and those that run."""
    import psutil

    times = os.times()
    total = times.user + times.system + times.children_user + times.children_system
    for child in psutil.Process().children(recursive=True):
        try:
            spent = child.cpu_times()
            total += spent.user + spent.system
        except psutil.Error:
            continue
    return total


def _bare(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").strip().split("\n"))


def table(counts: dict[str, Count]) -> Table:
    """What came of it, a row a language."""
    columns = ("language", "holes", "trimmed: as is / shorter / spoilt", "accepted", "refused", "not judged")
    wrong = ("wrong texts: refused", "missed", "not judged")
    times = ("wait median / p95", "processor median / p95")
    made = Table(*columns, *wrong, *times, title="True and wrong texts")
    for language, row in counts.items():
        caught, missed, blind = (sum(one.values()) for one in (row.caught, row.missed, row.blind))
        trimmed = f"{row.trimmed} / {row.shorter} / {len(row.spoilt)}"
        made.add_row(
            *(language, str(row.holes), trimmed, str(row.accepted), str(len(row.refused)), str(row.unjudged)),
            *(str(caught), str(missed), str(blind), _times(row.waited), _times(row.processor)),
        )
    return made


def _times(seconds: Sequence[float]) -> str:
    if not seconds:
        return "-"
    ordered = sorted(seconds)
    late = ordered[min(int(0.95 * len(ordered)), len(ordered) - 1)]
    return f"{statistics.median(ordered) * 1000:.0f} / {late * 1000:.0f} ms"


async def main() -> int:
    """See the module."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--count", type=int, default=60, help="holes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--language", default="", help="only this one, as editors name it: cuda-cpp")
    parser.add_argument("--budget", type=float, default=30.0, help="seconds a check may take")
    parser.add_argument("--list", action="store_true", help="list what was trimmed wrongly, refused and missed")
    args = parser.parse_args()
    counts: dict[str, Count] = {}
    holes = chosen(args.paths, args.count, args.language, args.seed)
    async with open_session(args.paths) as session:
        runs = Runs()
        for region in holes:
            await trial(session, region, counts.setdefault(region.language, Count()), runs, args.budget)
        runs.close()
    console = Console(width=200)
    console.print(table(counts))
    for language, row in counts.items():
        for kind in sorted({*row.caught, *row.missed, *row.blind}):
            said = f"{row.caught[kind]} refused, {row.missed[kind]} missed, {row.blind[kind]} not judged"
            console.print(f"  {language}, {kind}: {said}")
        console.print(*(f"  not judged, {number} times: {why}" for why, number in row.why.most_common(8)), sep="\n")
        lines = [*(f"refused: {one}" for one in row.refused), *(f"trimmed: {one}" for one in row.spoilt)]
        lines += [f"missed: {one}" for one in row.misses]
        console.print(*(lines if args.list else ()), sep="\n", markup=False)
    return int(any(row.refused for row in counts.values()))


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
