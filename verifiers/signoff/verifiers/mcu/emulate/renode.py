"""Runs a linked image in Renode, where it is installed: a script is generated, and what the serial ports send is shown.

Not tried with a Renode of its own: none could be had where this was written. The script follows Renode's documentation
and its platform files; a run is bounded and ended like every other process.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import time
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from signoff.verifiers import tools
from signoff.verifiers.mcu.emulate.elf_image import ElfImage
from signoff.verifiers.mcu.emulate.emulation import OUTPUT_LIMIT, RENODE, TIME_LIMIT, Emulation, not_run
from signoff.verifiers.mcu.emulate.uart_text import PortFiles, UartText
from signoff.verifiers.mcu.parts import library
from signoff.verifiers.mcu.parts.part import Part
from signoff.verifiers.project import Project
from signoff.verifiers.run import ToolMissing, kill_group, scratch_folder, spawn
from signoff.verifiers.settings import EmulatorSettings

HOW = "renode.io, or set emulator.renode to its path"
UNTRIED = "Signoff's use of Renode follows its documentation; it could not be tried with a Renode when it was written."
# Renode is a .NET program: it starts within seconds, and runs slower or faster than the part.
START_SECONDS = 30.0
POLL_SECONDS = 0.05
GONE_SECONDS = 5.0
# Lines of its log that say what went wrong.
TROUBLE = (b"[ERROR]", b"non existing peripheral", b"There was an error")
MAX_NOTES = 12
LOG_BYTES = 1 << 20


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath("renode.toml").read_text(encoding="utf-8"))


def program(settings: EmulatorSettings) -> str:
    """The path of Renode; "" where there is none."""
    if settings.renode:
        path = Path(settings.renode).expanduser()
        return str(path) if path.is_absolute() and path.is_file() else ""
    return tools.on_path("renode")


def script(image: ElfImage, elf: Path, ports: Mapping[str, Path], part: Part | None, seconds: float) -> str:
    """The commands that Renode is started with: the board, the image, a file for each port, a bounded run."""
    table = _table()
    lines = ['mach create "signoff"', f"machine LoadPlatformDescription {table['platform']}"]
    for region in part.regions if part else ():
        if region.kind in table["missing_kinds"] and _used(image, region.origin, region.size):
            name = region.name.lower()
            memory = f"{name}: Memory.MappedMemory @ sysbus 0x{region.origin:x} {{ size: 0x{region.size:x} }}"
            lines.append(f'machine LoadPlatformDescriptionFromString "{memory}"')
    lines += [f"{table['ports'][port]} CreateFileBackend {_path(path)} true" for port, path in ports.items()]
    lines += [f"sysbus LoadELF {_path(elf)}", f"sysbus.cpu VectorTableOffset 0x{image.table:x}"]
    return "\n".join((*lines, f'emulation RunFor "{seconds:g}"', "quit", ""))


def _used(image: ElfImage, origin: int, size: int) -> bool:
    return any(origin <= address < origin + size for address in image.addresses.values())


def _path(path: Path) -> str:
    return "@" + path.as_posix().replace(" ", "\\ ")


async def run_renode(
    image: ElfImage, project: Project, settings: EmulatorSettings, on_output: Callable[[str], None]
) -> Emulation:
    """Run an image for `settings.seconds` of its own time. Cancelling ends Renode."""
    part = await asyncio.to_thread(library.for_project, project)
    renode = program(settings)
    with scratch_folder("renode") as folder:
        ports = PortFiles(folder, tuple(_table()["ports"]))
        elf = folder / "image.elf"
        text = script(image, elf, ports.paths, part, settings.seconds)
        if not renode:
            wrong = f"The setting emulator.renode names {settings.renode}, which is no program. "
            missing = not_run(RENODE, f"{wrong if settings.renode else ''}renode was not found: {HOW}")
            return replace(missing, notes=(f"The script that it would be run with:\n{text}",))
        shutil.copyfile(image.path, elf)
        (folder / "run.resc").write_text(text, encoding="utf-8")
        argv = (renode, "--disable-gui", "--console", "--plain", str(folder / "run.resc"))
        return await _run(argv, folder, ports, settings.seconds, on_output)


async def _run(
    argv: tuple[str, ...], folder: Path, ports: PortFiles, seconds: float, on_output: Callable[[str], None]
) -> Emulation:
    start = time.monotonic()
    try:
        process = await spawn(argv, cwd=folder)
    except ToolMissing as error:
        return not_run(RENODE, str(error))
    assert process.stdout and process.stderr
    log: list[bytes] = []
    listeners = [asyncio.ensure_future(_listen(stream, log)) for stream in (process.stdout, process.stderr)]
    waiter = asyncio.ensure_future(process.wait())
    text, first = UartText(on_output), None
    ended = TIME_LIMIT
    try:
        while not waiter.done() and time.monotonic() - start < seconds + START_SECONDS:
            await asyncio.wait({waiter}, timeout=POLL_SECONDS)
            ports.poll(text)
            first = time.monotonic() - start if first is None and text.size else first
            if text.full:
                ended = OUTPUT_LIMIT
                break
    finally:
        kill_group(process)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(waiter, GONE_SECONDS)
        await asyncio.wait(listeners, timeout=GONE_SECONDS)
    ports.poll(text)
    trouble = trouble_in(b"".join(log))
    if process.returncode and not text.size:
        return not_run(RENODE, f"renode ended with status {process.returncode}: {' '.join(trouble[:2])}".rstrip(": "))
    notes = (UNTRIED, *(f"Renode says: {line}" for line in trouble))
    return Emulation(RENODE, text.finish(), (), (), ended, time.monotonic() - start, notes, first_output=first)


async def _listen(stream: asyncio.StreamReader, log: list[bytes]) -> None:
    size = 0
    while data := await stream.read(1 << 16):
        if size < LOG_BYTES:
            log.append(data)
        size += len(data)


def trouble_in(log: bytes) -> tuple[str, ...]:
    """The lines of Renode's log that say that something went wrong, each once. Pure."""
    found = {
        line.strip().decode(errors="replace").partition("] ")[2] or line.strip().decode(errors="replace"): None
        for line in log.splitlines()
        if any(word in line for word in TROUBLE)
    }
    return tuple(found)[:MAX_NOTES]
