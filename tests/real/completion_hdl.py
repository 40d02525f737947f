"""How often the facts of other files that a line of Verilog needs are in what a model is given to read.

    python tests/real/completion_hdl.py FOLDER ... [--uses 200] [--seed 1] [--show]

In each folder (a design), names are drawn that slang, on the whole elaborated design, says are declared in another
file: ports and parameters of instances, members of packages, types, enumeration values, functions, fields, macros.
The rest of the line is taken away from the name on, and the context is gathered as for a keystroke there. The name
counts as known if a passage or the window declares or shows it.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import re
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from signoff.completion.context import hole_at
from signoff.completion.facts.hdl import HdlFacts
from signoff.completion.model.protocol import Budget, Description
from signoff.completion.reader import Reader
from signoff.verifiers.hdl.slang import Slang
from signoff.verifiers.hdl.slang_design import Design, Loader
from signoff.verifiers.hdl.slang_locate import Locator
from signoff.verifiers.project import Project
from signoff.verifiers.settings import VerifierSettings
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import LineIndex
from signoff.verifiers.workers import WorkerPool
from signoff.verifiers.workspace import WorkspaceModel

TOKEN = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|`?[A-Za-z_]\w*", re.DOTALL)
ALL = Description("all", "none", "qwen", Budget(1_000_000, 750, 1_000_000))
SERVER = Description("server", "none", "qwen", Budget(3_000, 750, 1_500))
LAPTOP = Description("laptop", "none", "qwen", Budget(450, 64, 200), local=True)
DESCRIPTIONS = (ALL, SERVER, LAPTOP)


@dataclass(frozen=True)
class Use:
    path: str
    text: str
    offset: int
    name: str
    kind: str


def uses(path: str, text: str, design: Design, tries: int, chance: random.Random) -> Iterator[Use]:
    """Uses of names that other files declare, in a random order."""
    tokens = [found for found in TOKEN.finditer(text) if not found[0].startswith(("/", '"'))]
    source = design.state.named(path)
    if source is None:  # left out of its own design: a guard, or no module that anything uses
        return
    for token in chance.sample(tokens, min(tries, len(tokens))):
        name = token[0]
        if name.startswith("`"):
            if name[1:] in MACROS and f"define {name[1:]}" not in text:
                yield Use(path, text, token.start(), name, "macro")
            continue
        locator = Locator(design, source.byte(token.start()))
        found = locator.token()
        symbol = locator.symbol(*found) if found is not None and found[1].valueText == name else None
        if symbol is None:
            continue
        there = design.state.source(design.state.manager.getFullyExpandedLoc(symbol.location).buffer)
        if there is not None and there.path != path:
            kind = symbol.kind.name
            yield Use(path, text, token.start(), name, "Module" if kind == "Definition" else kind)


MACROS: set[str] = set()


def sources(folder: Path) -> dict[Path, str]:
    """The design's files; the macros of all of them are noted."""
    files = sorted(path for path in folder.rglob("*") if path.suffix in (".v", ".sv", ".vh", ".svh") and path.is_file())
    texts = {path: path.read_text("utf-8", "replace") for path in files}
    MACROS.clear()
    MACROS.update(name for text in texts.values() for name in re.findall(r"`define\s+(\w+)", text))
    return {path: text for path, text in texts.items() if path.suffix in (".v", ".sv")}


async def measure(folder: Path, wanted: int, chance: random.Random, show: bool) -> list[tuple[str, tuple[bool, ...]]]:
    pool = WorkerPool()
    try:
        workspace = WorkspaceModel(pool, [str(folder)], VerifierSettings())
        await workspace.scan()
        texts = sources(folder)
        files = [path for path in texts if 2_000 < len(texts[path]) < 300_000]
        chance.shuffle(files)
        loader, slang, rows = Loader(), Slang(pool, lane="facts"), []
        for path in files:
            if len(rows) >= wanted:
                break
            project = workspace.project_for(str(path))
            snapshot = Snapshot(path.as_uri(), str(path), "systemverilog", 1, texts[path])
            design = loader.design(snapshot, project)
            of_file: Counter[str] = Counter()
            for use in uses(str(path), texts[path], design, 60, chance):
                if of_file[use.kind] < 3 and sum(of_file.values()) < 8:
                    of_file[use.kind] += 1
                    rows.append((use.kind, await known(use, project, slang, show)))
        return rows
    finally:
        await pool.close()


async def known(use: Use, project: Project, slang: Slang, show: bool) -> tuple[bool, ...]:
    """Whether the name is shown, for each of DESCRIPTIONS."""
    # Of a module's name some letters have to be typed; of anything else none.
    cut = use.offset + (max(3, len(use.name) * 6 // 10) if use.kind == "Module" else 0)
    cut += 1 if use.name.startswith("`") else 0
    end = use.text.find("\n", use.offset)
    text = use.text[:cut] + use.text[end if end >= 0 else len(use.text) :]
    snapshot = Snapshot("file:///x", use.path, "systemverilog", 2, text)
    place = LineIndex(text).position(cut)
    hole = hole_at(snapshot, *place)
    if hole is None:
        return (True,) * len(DESCRIPTIONS)
    source = HdlFacts(slang)
    await source.gather(snapshot, project, hole)
    start = time.perf_counter()
    await source.gather(replace(snapshot, text=text + " ", version=3), project, hole)
    TIMES.append(time.perf_counter() - start)
    found = []
    for description in DESCRIPTIONS:
        reader = Reader([source])
        read = await reader.read(snapshot, project, hole, description, max_tokens=96, patience=20.0)
        await reader.close()
        shown = "\n".join((read.window.prefix, read.window.suffix, *(one.text for one in read.passages)))
        if description is ALL:
            LENGTHS.append(sum(len(one.text) for one in read.passages))
        found.append(re.search(rf"\b{re.escape(use.name.strip('`'))}\b", shown) is not None)
    if show and not found[0]:
        line = text[:cut].rsplit("\n", 1)[-1]
        print(f"  missed {use.kind} {use.name}: {use.path}:{place[0] + 1}: {line.strip()}")
    return tuple(found)


TIMES: list[float] = []
LENGTHS: list[int] = []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--uses", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", action="store_true")
    given = parser.parse_args()
    rows = []
    for folder in given.folders:
        chance = random.Random(given.seed)
        some = asyncio.run(measure(folder.resolve(), given.uses // len(given.folders), chance, given.show))
        print(f"{folder.name}: {len(some)} uses, {share([known for _, known in some])}")
        rows += some
    kinds = defaultdict(list)
    for kind, known_there in rows:
        kinds[kind].append(known_there)
    for kind in sorted(kinds):
        print(f"{kind:20} {len(kinds[kind]):4}  {share(kinds[kind])}")
    print(f"{'all':20} {len(rows):4}  {share([known for _, known in rows])}")
    ordered = sorted(TIMES)
    late = ordered[len(ordered) * 95 // 100]
    print(f"gathering, warm: median {statistics.median(ordered) * 1e3:.1f} ms, p95 {late * 1e3:.1f} ms")
    print(f"all passages of a hole: median {statistics.median(LENGTHS):.0f} characters, most {max(LENGTHS)}")


def share(rows: list[tuple[bool, ...]]) -> str:
    columns = zip(*rows, strict=True) if rows else ()
    said = (
        f"{one.name} {100 * sum(column) / len(column):.0f} %"
        for one, column in zip(DESCRIPTIONS, columns, strict=False)
    )
    return ", ".join(said)


if __name__ == "__main__":
    main()
