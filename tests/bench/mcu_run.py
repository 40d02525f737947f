"""What each rung of firmware's ladder takes, beside gcc, make and clangd, in turns in one run. Part of `make bench`.

    python tests/bench/mcu_run.py                                # CMSIS-DSP, 70 objects and more, which pip brings
    python tests/bench/mcu_run.py --project PATH --file main.c   # the user's own firmware

The rungs are asked for as the server does, with an edited text each time: a new constant in a function. The pauses that
the server keeps before gcc and the linker are not in it. Processor time is that of all processes that have a part in a
step, in steps of 10 ms for those that live on: on a busy machine it says more than the clock. Nothing is written into
the user's folders.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from client import Client
from gpu_run import peer
from mcu_make import Build, Clangd, Taken, Timed, edited, timed
from mcu_packages import EXAMPLE, dsp
from rich.console import Console
from rich.table import Table
from wheels import NotToBeHad

from signoff.lsp_server.commands.session import Session, open_session, snapshot_of
from signoff.verifiers.mcu.build.programs import has_main
from signoff.verifiers.mcu.compile.toolchain import toolchain
from signoff.verifiers.mcu.emulate.run import emulate
from signoff.verifiers.mcu.link.link import Link
from signoff.verifiers.mcu.link.store import Store
from signoff.verifiers.project import CompileUnit, Image, Project
from signoff.verifiers.settings import EmulatorSettings, VerifierSettings
from signoff.verifiers.verifier import Verifier

OUTPUT = Path(__file__).resolve().parents[2] / ".cache" / "bench_mcu.json"
OBJECTS, LONG_LINES = 36, 3000
LONG = "long.c"
RELINK_TARGET_MS, PART_TARGET_MS = 150.0, 15.0
EMULATED = ("qemu", "unicorn")
EMULATION_SECONDS = 3.0


@dataclass
class Row:
    """One line of the table: what was measured, by whom, how long each time took."""

    what: str
    who: str
    taken: list[Taken]

    def milliseconds(self) -> float | None:
        """Median wall time."""
        return round(1000 * statistics.median(one.wall for one in self.taken), 1) if self.taken else None

    def processor(self) -> float | None:
        """Mean processor time; None where it is not known."""
        known = [one.processor for one in self.taken] if any(one.processor for one in self.taken) else []
        return round(1000 * statistics.mean(known), 1) if known else None


def long_file(lines: int) -> str:
    """C code at the registers' level of so many lines: the example's, again and again under other names."""
    texts = [(EXAMPLE / name).read_text("utf-8") for name in ("pwm.c", "uart.c")]
    heads = [re.split(r"(?m)^void ", text, maxsplit=1)[0] for text in texts]
    body = "\n".join(text[len(head) :] for text, head in zip(texts, heads, strict=True))
    names = re.findall(r"(?m)^void (\w+)\(", body)
    parts = ["\n".join(heads).replace('#include "board.h"\n', "")]
    while sum(part.count("\n") for part in parts) < lines:
        parts.append(re.sub(rf"\b({'|'.join(names)})\b", rf"\1_{len(parts)}", body))
    return "\n".join(re.sub(r"(?m)^void (\w+)\((.*)\)$", r"void \1(\2);\nvoid \1(\2)", part) for part in parts)


def default_project() -> Path:
    """CMSIS-DSP with a file of 3,000 lines of ours. Raises NotToBeHad."""
    folder = dsp("bench", OBJECTS)
    (folder / LONG).write_text(long_file(LONG_LINES), "utf-8")
    recipe = folder / "signoff.toml"
    recipe.write_text(recipe.read_text("utf-8").replace('"main.c"', f'"main.c", "{LONG}"'), "utf-8")
    return folder


def largest(session: Session, wanted: str) -> Image:
    """The image of most files, among those that have a file of this name. Raises SystemExit where there is none."""
    known = session.workspace.firmware.images()
    images = [one for one in known if any(unit.source.endswith(wanted) for unit in one.units)]
    if not images:
        raise SystemExit(f"no firmware image with a file {wanted} was found; see `signoff doctor`")
    return max(images, key=lambda one: len(one.units))


def files(image: Image, wanted: str) -> dict[str, CompileUnit]:
    """What is edited: the file asked for or with main(), one of middling length, and the longest below 4,000 lines."""
    sizes = {
        unit: _lines(unit)
        for unit in image.units
        if unit.source.endswith(".c") and _lines(unit) < 4000 and _has_body(unit)
    }
    main = next((unit for unit in sizes if wanted and unit.source.endswith(wanted)), None)
    main = main or next((unit for unit in sizes if has_main(unit.source)), max(sizes, key=lambda one: sizes[one]))
    rest = [unit for unit in sizes if unit != main]
    middle = min(rest, key=lambda unit: abs(sizes[unit] - 800))
    return {"main": main, "middle": middle, "long": max(rest, key=lambda unit: sizes[unit])}


def _has_body(unit: CompileUnit) -> bool:
    try:
        edited(snapshot_of(unit.source).text, 0)
    except (OSError, IndexError):
        return False
    return True


def _lines(unit: CompileUnit) -> int:
    try:
        return Path(unit.source).read_bytes().count(b"\n")
    except OSError:
        return 0


def rung(verifier: Verifier, unit: CompileUnit, project: Project) -> Timed:
    """One of Signoff's verifiers on a file, edited anew each time."""
    snapshot, project = snapshot_of(unit.source), replace(project, unit=unit)

    async def once(number: int) -> Taken | None:
        text = replace(snapshot, text=edited(snapshot.text, number), version=number)

        async def run() -> bool:
            return (await verifier.run(text, project)).ran

        return await timed(run())

    return once


def relink(link: Link, unit: CompileUnit, project: Project) -> Timed:
    """The whole image with an edit in one file: the second time with the same edit nothing has changed."""
    snapshot, project = snapshot_of(unit.source), replace(project, unit=unit)

    async def once(number: int) -> Taken | None:
        text = edited(snapshot.text, number)

        async def run() -> bool:
            outcome = await link.run(replace(snapshot, text=text, version=number), project)
            return bool(getattr(outcome.facts.get("image"), "linked", False))

        return await timed(run())

    return once


async def cold(image: Image, unit: CompileUnit, project: Project, folder: Path) -> Taken | None:
    """The whole image with nothing known of it."""
    return await relink(Link(store=Store(folder)), unit, project)(0)


async def measured(folder: Path, wanted: str, rounds: int, clangd: Path | None) -> list[Row]:
    """Every step on the largest image of a folder."""
    async with AsyncExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        session = await stack.enter_async_context(open_session([folder]))
        image = largest(session, wanted)
        chosen = files(image, wanted)
        project = replace(session.workspace.project_for(chosen["main"].source), image=image, unit=chosen["main"])
        print(f"{image.name}: {len(image.units)} objects; {', '.join(_named(unit) for unit in chosen.values())}")
        rows = await _cold(image, chosen["main"], project, scratch)
        # In a process of its own: to each, every text differs from its last in one place.
        other = await stack.enter_async_context(open_session([folder]))
        ways = _ways(session, other, image, chosen, project, scratch)
        ways |= _rivals(image, chosen, project, scratch, clangd, stack.enter_context(ExitStack()))
        return rows + await in_turns(ways, rounds)


def _named(unit: CompileUnit) -> str:
    return f"{Path(unit.source).name} ({_lines(unit)} lines)"


async def _cold(image: Image, main: CompileUnit, project: Project, scratch: Path) -> list[Row]:
    ours = await cold(image, main, project, scratch / "cold")
    build = Build(image, project, toolchain(VerifierSettings()), _made(scratch / "coldmake"), main)
    theirs = await build.cold()
    what = "first build of all"
    return [Row(what, who, [one] if one else []) for who, one in (("Signoff", ours), ("make -j2", theirs))]


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


Ways = dict[tuple[str, str], Timed]


def _ways(
    session: Session, other: Session, image: Image, chosen: dict[str, CompileUnit], project: Project, scratch: Path
) -> Ways:
    """Signoff's steps, by what and who."""
    by_name = {one.name: one for one in session.verifiers}
    part = next(one for one in other.verifiers if one.name == "part")
    link = Link(store=Store(scratch / "cold"))
    main, middle, long = chosen["main"], chosen["middle"], chosen["long"]
    return {
        (f"part checks, {_named(long)}", "Signoff"): rung(by_name["part"], long, project),
        (f"part checks, {_named(main)}", "Signoff"): rung(part, main, project),
        (f"compile, {_named(main)}", "Signoff"): rung(by_name["gcc"], main, project),
        (f"compile, {_named(middle)}", "Signoff"): rung(by_name["gcc"], middle, project),
        ("link after an edit", "Signoff"): relink(link, main, project),
        # Right behind, with the same text.
        ("link, nothing changed", "Signoff"): relink(link, main, project),
    }


def _rivals(
    image: Image, chosen: dict[str, CompileUnit], project: Project, scratch: Path, clangd: Path | None, stack: ExitStack
) -> Ways:
    """The others' steps: gcc, make, clangd."""
    kit = toolchain(VerifierSettings())
    ways: Ways = {}
    for name in ("main", "middle"):
        unit = chosen[name]
        build = Build(image, project, kit, _made(scratch / name), unit)
        ways[(f"compile, {_named(unit)}", "gcc -c")] = build.compile
        if clangd is not None:
            ways[(f"compile, {_named(unit)}", "clangd")] = Clangd(clangd, build, scratch / name, stack).edit
    build = Build(image, project, kit, _made(scratch / "make"), chosen["main"])
    ways[("link after an edit", "make -j2")] = build.edit
    ways[("link, nothing changed", "make -j2")] = build.nothing
    return ways


async def in_turns(ways: Ways, rounds: int) -> list[Row]:
    """Every way once, and again, `rounds` times; the first two are not counted: processes start, caches fill."""
    taken: dict[tuple[str, str], list[Taken | None]] = {key: [] for key in ways}
    for number in range(1, rounds + 3):
        for key, way in ways.items():
            taken[key].append(await way(number))
    return [Row(*key, [one for one in found[2:] if one is not None]) for key, found in taken.items()]


async def emulated(rounds: int) -> list[Row]:
    """The example from the command to its first text, linked before."""
    rows = []
    async with open_session([EXAMPLE]) as session:
        project = session.workspace.project_for(str(EXAMPLE / "main.c"))
        settings = VerifierSettings(emulator=EmulatorSettings(seconds=EMULATION_SECONDS))
        for engine in EMULATED:
            found = [await _first_text(project, engine, settings) for _ in range(rounds + 1)]
            rows.append(Row("example, to its first text", engine, [one for one in found[1:] if one is not None]))
    return rows


async def _first_text(project: Project, engine: str, settings: VerifierSettings) -> Taken | None:
    came = asyncio.Event()
    start = time.perf_counter()
    loop = asyncio.get_running_loop()
    run = asyncio.create_task(
        emulate(project, engine=engine, on_output=lambda text: loop.call_soon_threadsafe(came.set), settings=settings)
    )
    waiting = asyncio.create_task(came.wait())
    await asyncio.wait((run, waiting), return_when=asyncio.FIRST_COMPLETED)
    taken = Taken(time.perf_counter() - start, 0.0) if came.is_set() else None
    for task in (run, waiting):
        task.cancel()
    await asyncio.gather(run, waiting, return_exceptions=True)
    return taken


def served(rounds: int) -> list[Row]:
    """Through the server, over its pipes: a hover, and an edit until its fault is shown, in a copy of the example."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "firmware")
        shutil.copytree(EXAMPLE, folder)
        with Client((sys.executable, "-m", "signoff.lsp_server", "serve"), folder) as client:
            client.initialize()
            path = folder / "pwm.c"
            uri = client.open(path, "c")
            client.settle(3.0)
            hovers = [_hover(client, uri, path.read_text("utf-8")) for _ in range(rounds)]
            shown = [_fault(client, uri, path.read_text("utf-8"), 2 * number) for number in range(1, rounds + 1)]
    return [Row("hover on a register, server", "Signoff", hovers), Row("fault shown, pwm.c, server", "Signoff", shown)]


def _hover(client: Client, uri: str, text: str) -> Taken:
    before = text[: text.index("APB1ENR |=")]
    at = {"line": before.count("\n"), "character": len(before.rpartition("\n")[2]) + 2}
    start = time.perf_counter()
    if not client.ask("textDocument/hover", {"textDocument": {"uri": uri}, "position": at}):
        raise SystemExit("the server says nothing of a register")
    return Taken(time.perf_counter() - start, 0.0)


def _fault(client: Client, uri: str, text: str, version: int) -> Taken:
    """The clock's bit in another bus' register, and right again."""
    before = text[: text.index("APB1ENR |=")]
    line, column = before.count("\n"), len(before.rpartition("\n")[2])
    span = (line, column, line, column + len("APB1ENR"))
    sent = client.edit(uri, version, span, "APB2ENR")
    arrived, _ = client.diagnostics(uri, lambda said: any(one.get("code") == "WrongClockRegister" for one in said))
    client.edit(uri, version + 1, span, "APB1ENR")
    client.settle(1.0)
    return Taken(arrived - sent, 0.0)


def show(rows: list[Row]) -> None:
    """Print everything as a table, and how it stands with the targets."""
    table = Table(title="Milliseconds, median")
    for column in ("what", "who", "by the clock", "processor", "of Signoff's"):
        table.add_column(column, justify="left" if column in ("what", "who") else "right")
    ours = {row.what: row.milliseconds() for row in rows if row.who == "Signoff"}
    for row in rows:
        value, own = row.milliseconds(), ours.get(row.what)
        ratio = f"{value / own:.2f}" if value and own and row.who != "Signoff" else ""
        table.add_row(row.what, row.who, _text(value), _text(row.processor()), ratio)
    Console(width=120).print(table)
    print('"-": failed, or not known')
    _judge("link after an edit", RELINK_TARGET_MS, rows)
    _judge(f"part checks, {LONG}", PART_TARGET_MS, rows)


def _text(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _judge(what: str, target: float, rows: list[Row]) -> None:
    value = next((row.milliseconds() for row in rows if row.who == "Signoff" and row.what.startswith(what)), None)
    if value is not None:
        print(f"target {what} <= {target:g} ms: {value:.1f} ({'met' if value <= target else 'NOT MET'})")


def attempted(what: Callable[[], list[Row]]) -> list[Row]:
    """Some rows; none, and said why, where something that they need is not there."""
    try:
        return what()
    except NotToBeHad as error:
        print(f"left out: {error}", file=sys.stderr)
        return []


def main() -> int:
    """Measure, print, and write the JSON file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--project", type=Path, help="a folder with firmware of yours")
    parser.add_argument("--file", default="", help="the end of the path of the file to edit in it")
    parser.add_argument("--rounds", type=int, default=9)
    given = parser.parse_args()
    if not toolchain(VerifierSettings()).gcc:
        print(toolchain(VerifierSettings()).note)
        return 0
    clangd, load = peer(), os.getloadavg()[0]
    project: Callable[[], Path] = (lambda: given.project.resolve()) if given.project else default_project
    rows = attempted(lambda: asyncio.run(measured(project(), given.file, given.rounds, clangd)))
    rows += attempted(lambda: asyncio.run(emulated(given.rounds)))
    rows += attempted(lambda: served(given.rounds))
    if max(load, os.getloadavg()[0]) > (os.cpu_count() or 1):
        print(f"This machine was busy (load {load:.1f} to {os.getloadavg()[0]:.1f}): trust ratios and processor times.")
    show(rows)
    found = [{"what": row.what, "who": row.who, "ms": row.milliseconds(), "cpu_ms": row.processor()} for row in rows]
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    OUTPUT.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(f"written to {OUTPUT}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
