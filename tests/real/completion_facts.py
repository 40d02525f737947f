"""How often the declarations that the next statement needs are among the passages that the model gets to read.

    python tests/real/completion_facts.py PATH... [--count 200] [--seed 1] [--language c] [--show 10]

At random statements of the sources below each PATH, three questions: `start`, the statement is not there yet, the
cursor stands where it will begin; `inside`, the cursor stands right before one of its names; `half`, half of
that name is typed. What is counted are names that a header declares and the document does not (for Triton: imported
from another module or the package), and that the chosen passages (a budget of 1,500 tokens) tell. Nothing is written.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from signoff.completion.facts import python_cursor, triton_engine, usage
from signoff.completion.facts.background import Stale
from signoff.completion.facts.c import CFacts
from signoff.completion.facts.c_engine import FactsEngine
from signoff.completion.facts.cuda import CudaFacts
from signoff.completion.facts.cursor import KEYWORDS
from signoff.completion.facts.names import Own, variables
from signoff.completion.facts.python_modules import Meanings, Store
from signoff.completion.facts.triton import TritonFacts
from signoff.completion.facts.triton_engine import TritonFactsEngine
from signoff.completion.gather import Room, choose
from signoff.completion.passage import Passage
from signoff.completion.reader import below, outside
from signoff.completion.window import Window
from signoff.verifiers.declarations.scan import code_of
from signoff.verifiers.gpu.strings.triggers import TRITON
from signoff.verifiers.project import Project
from signoff.verifiers.settings import VerifierSettings
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.workers import WorkerPool
from signoff.verifiers.workspace import WorkspaceModel

SUFFIXES = {"c": (".c",), "cuda": (".cu", ".cuh"), "triton": (".py",)}
IDS = {"c": "c", "cuda": "cuda-cpp", "triton": "python"}
STATEMENT = re.compile(r"(?<=[;{}])\s*\n[ \t]+([A-Za-z_*(][^;{}#]*;)")
# Of Python, a line of a function that is a statement by itself.
LINE = re.compile(r"\n[ \t]+((?!def |class |@|#)[A-Za-z_][^\n]*)(?=\n)")
NAME = re.compile(r"(?<![\w.>])[A-Za-z_]\w*")
TOKENS = 1500
LARGEST = 400_000


@dataclass
class Tally:
    """Names asked for and told, by question; times in seconds of processor time."""

    asked: Counter[str] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    first: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    characters: list[int] = field(default_factory=list)

    def add(self, question: str, names: list[str], passages: tuple[Passage, ...]) -> None:
        """One place: `names` are needed there."""
        words = set(re.findall(r"[\w.]+|\w+", text := " ".join(one.text for one in passages)))
        words |= set(re.findall(r"\w+", text))
        names = [name if name in words else name.rpartition(".")[2] for name in names]
        self.asked[question] += len(names)
        self.told[question] += sum(name in words for name in names)
        if question == "start":
            self.missed.update(name for name in names if name not in words)

    def share(self, question: str) -> str:
        """The share told."""
        asked = self.asked[question]
        return f"{self.told[question] / asked:.0%}" if asked else "-"


def sources(path: Path, language: str) -> list[Path]:
    """The files of a language below a folder."""
    every = (one for one in sorted(path.rglob("*")) if one.suffix in SUFFIXES[language] and one.is_file())
    return [one for one in every if one.stat().st_size < LARGEST]


def read(path: Path) -> str:
    """The text of a file."""
    return path.read_bytes().decode("utf-8", "replace")


def python_code(text: str) -> str:
    """The text with comments and strings blank, at its offsets."""
    return python_cursor.SILENT.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


def chosen(found: tuple[Passage, ...]) -> tuple[Passage, ...]:
    """What a model with the usual budget reads of them."""
    return choose((), found, Room(TOKENS, lambda text: -(-len(text) * 2 // 7)))


def statements(text: str, rng: random.Random, language: str) -> Iterator[tuple[int, int]]:
    """(start, end) of statements, in a random order."""
    pattern, text = (LINE, python_code(text)) if language == "triton" else (STATEMENT, code_of(text))
    found = [match.span(1) for match in pattern.finditer(text) if len(match[1]) < 400]
    rng.shuffle(found)
    yield from found


class Measured:
    """The facts of one workspace, asked in this process so that its processor time can be told."""

    def __init__(self, pool: WorkerPool, language: str) -> None:
        self.language = language
        kinds = {"cuda": CudaFacts, "c": CFacts, "triton": TritonFacts}
        self.source: CudaFacts | CFacts | TritonFacts = kinds[language](pool)
        self.engine: FactsEngine | TritonFactsEngine = TritonFactsEngine() if language == "triton" else FactsEngine()

    async def ask(
        self, path: Path, project: Project, prefix: str, suffix: str, tally: Tally | None
    ) -> tuple[Passage, ...]:
        """The passages at a place."""
        snapshot = Snapshot(path.as_uri(), str(path), IDS[self.language], 1, prefix + suffix)
        question = await self.source.question(snapshot, project, prefix, suffix)
        start = time.process_time()
        found = self.engine.passages(question)
        if found is None or isinstance(found, Stale):
            self.engine.prepare(question)
            self.engine.passages(question)
            start = time.process_time()
            found = self.engine.passages(question)
        if tally is not None:
            # Every third question is the first in its function; at the others, somebody types on there.
            times = tally.seconds if len(tally.characters) % 3 else tally.first
            times.append(time.process_time() - start)
            tally.characters.append(sum(len(one.text) for one in found or ()))
        window = Window(prefix[-10_000:], suffix[:2_000])
        return chosen(outside(found or (), window, below(project.root, str(path))))

    async def names(self, path: Path, project: Project, text: str) -> frozenset[str]:
        """What the headers of a document declare and it does not."""
        await self.ask(path, project, text, "", None)
        snapshot = Snapshot(path.as_uri(), str(path), IDS[self.language], 1, text)
        question = await self.source.question(snapshot, project, text, "")
        if isinstance(question, triton_engine.Question) or not isinstance(self.engine, FactsEngine):
            return self._imported(text, question)
        scope = self.engine._index.known(question.path, text.encode("utf-8", "replace"), question.way)
        own = set(Own(text, "", "").declared) | set(variables(code_of(text)))
        return frozenset(scope.names) - own - KEYWORDS if scope is not None else frozenset()

    def _imported(self, text: str, question: triton_engine.Question) -> frozenset[str]:
        meanings = Meanings(question.source, text, question.package, Store())
        found = {name: meanings.told(name) for name in python_cursor.words(text)}
        return frozenset(name for name, told in found.items() if told and told.path != question.source.path)


async def measure(path: Path, root: Path, language: str, count: int, rng: random.Random, each: int) -> Tally:
    """Ask at `count` statements below a folder of the workspace `root`, `each` a file at the most."""
    tally, pool = Tally(), WorkerPool()
    model = WorkspaceModel(pool, [str(root)], VerifierSettings())
    await model.scan(lambda *_: None)
    files = sources(path, language)
    rng.shuffle(files)
    measured, left = Measured(pool, language), count
    for file in files:
        if language == "c":
            await model.find_firmware([str(file)])
        left -= await _file(file, model.project_for(str(file)), measured, tally, rng, min(each, left))
        if left <= 0:
            break
    await pool.close()
    return tally


async def _file(file: Path, project: Project, measured: Measured, tally: Tally, rng: random.Random, most: int) -> int:
    language = measured.language
    text = read(file)
    if language == "triton" and not TRITON.search(text):
        return 0
    places = list(statements(text, rng, language))
    foreign = await measured.names(file, project, text) if places else frozenset()
    name_of, blank = (python_cursor.DOTTED, python_code) if language == "triton" else (NAME, code_of)
    done = 0
    for start, end in places:
        names = [match for match in name_of.finditer(blank(text[start:end])) if match[0] in foreign]
        if not names or done >= most:
            continue
        done += 1
        here = lambda cut: measured.ask(file, project, text[: start + cut], text[end:], tally)  # noqa: B023, E731
        tally.add("start", list(dict.fromkeys(match[0] for match in names)), await here(0))
        one = rng.choice(names)
        tally.add("inside", [one[0]], await here(one.start()))
        tally.add("half", [one[0]], await here(one.start() + max(len(one[0]) // 2, 1)))
    return done


def row(name: str, tally: Tally) -> tuple[str, ...]:
    """One line of the table."""
    first, times = (sorted(one) or [0.0] for one in (tally.first, tally.seconds))
    return (
        name,
        str(tally.asked["start"]),
        *(tally.share(question) for question in ("start", "inside", "half")),
        f"{times[len(times) // 2] * 1e3:.1f}",
        f"{times[int(len(times) * 0.95)] * 1e3:.1f}",
        f"{first[int(len(first) * 0.95)] * 1e3:.1f}",
        f"{sum(tally.characters) / max(len(tally.characters), 1):.0f}",
    )


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--alone", action="store_true", help="without what other files of the workspace use")
    parser.add_argument("--root", type=Path, help="the workspace's folder, where PATH is a part of it")
    parser.add_argument("--language", choices=sorted(SUFFIXES), default="c")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--each", type=int, default=5, help="statements a file")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=0, help="names missed most often")
    options = parser.parse_args()
    if options.alone:
        usage.MOST_FILES = 0
    columns = ("sources", "names", "start", "inside", "half", "ms", "p95", "p95 of first", "characters")
    table = Table(*columns, title="Names that are told; ms of processor time, first: of a function's first question")
    for path in options.paths:
        rng = random.Random(options.seed)
        root = (options.root or path).resolve()
        tally = asyncio.run(measure(path.resolve(), root, options.language, options.count, rng, options.each))
        table.add_row(*row(path.name, tally))
        for name, times in tally.missed.most_common(options.show):
            print(f"{times:4} {name}", file=sys.stderr)
    Console().print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
