"""A firmware image as make, gcc and clangd know it: what Signoff's checks of it are measured beside."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import resource
import subprocess
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psutil
from client import Client, NoAnswer
from gpu_run import constant

from signoff.verifiers.mcu.compile.arguments import arguments, language_of, link_arguments
from signoff.verifiers.mcu.compile.toolchain import Toolchain
from signoff.verifiers.project import CompileUnit, Image, Project


@dataclass(frozen=True)
class Taken:
    """Wall and processor time, in seconds; the latter of this process and those that it waited for."""

    wall: float
    processor: float


Timed = Callable[[int], Awaitable[Taken | None]]


def place(text: str) -> int:
    """Where people type: the line that begins the body of the function in the middle of the file."""
    bodies = [match.end() for match in re.finditer(r"(?m)^[^\n]*\)\s*\{[ \t]*\r?\n", text)]
    return bodies[len(bodies) // 2]


def edited(text: str, number: int) -> str:
    """The text with an edit that every tool has to look at: a new constant in a function."""
    return text[: place(text)] + constant(number) + text[place(text) :]


def processor_seconds() -> float:
    """What this process, those that it waited for, and those that live below it have used so far."""
    own = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    total = sum(one.ru_utime + one.ru_stime for one in own)
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            total += sum(child.cpu_times()[:4])
    return total


async def timed(what: Awaitable[bool]) -> Taken | None:
    """How long something takes; None where it says that it failed."""
    used, start = processor_seconds(), time.perf_counter()
    done = await what
    wall = time.perf_counter() - start
    return Taken(wall, processor_seconds() - used) if done else None


async def ran(argv: Sequence[str], folder: Path) -> bool:
    """Whether a program ended well."""
    done = await asyncio.to_thread(subprocess.run, argv, cwd=folder, capture_output=True, check=False)
    return done.returncode == 0


class Build:
    """An image built by make in a folder of its own; one file of it is edited there."""

    def __init__(self, image: Image, project: Project, kit: Toolchain, folder: Path, file: CompileUnit) -> None:
        self.image, self.project, self.kit, self.folder, self.file = image, project, kit, folder, file
        self.text = Path(file.source).read_text("utf-8", "replace")
        self.copy = folder / Path(file.source).name
        self.copy.write_text(self.text, "utf-8")
        (folder / "Makefile").write_text(self._makefile(), "utf-8")

    async def cold(self) -> Taken | None:
        """Everything, from nothing."""
        for made in (*self.folder.glob("*.o"), *self.folder.glob("*.elf")):
            made.unlink()
        return await timed(ran(["make", "-s", "-j2"], self.folder))

    async def edit(self, number: int) -> Taken | None:
        """The file compiled with an edit in it, and everything linked."""
        self.copy.write_text(edited(self.text, number), "utf-8")
        return await timed(ran(["make", "-s", "-j2"], self.folder))

    async def nothing(self, number: int) -> Taken | None:
        """make finds that there is nothing to do."""
        return await timed(ran(["make", "-s", "-j2"], self.folder))

    async def compile(self, number: int) -> Taken | None:
        """gcc alone on the edited file."""
        self.copy.write_text(edited(self.text, number), "utf-8")
        argv = [self.kit.gcc, *self._flags(self.file), "-Wall", "-Wextra", "-c", str(self.copy), "-o", "alone.o"]
        return await timed(ran(argv, self.folder))

    def _flags(self, unit: CompileUnit) -> list[str]:
        """The flags of a unit; what it includes with quotes is found from the copy, too."""
        vetted = arguments(unit, self.project, self.kit)
        return [*vetted.argv, "-iquote", str(Path(unit.source).parent), "-g1"]

    def _makefile(self) -> str:
        names = {unit.source: f"{number}.o" for number, unit in enumerate(self.image.units)}
        rules = [f"image.elf: {' '.join(names.values())}\n\t{self._link(list(names.values()))}"]
        for unit in self.image.units:
            source = str(self.copy) if unit.source == self.file.source else unit.source
            command = [self._compiler(unit), *self._flags(unit), "-c", source, "-o", names[unit.source]]
            rules.append(f"{names[unit.source]}: {source}\n\t{_shell(command)}")
        return "\n".join(rules) + "\n"

    def _compiler(self, unit: CompileUnit) -> str:
        return self.kit.gxx if language_of(unit) == "c++" else self.kit.gcc

    def _link(self, objects: Sequence[str]) -> str:
        image = self.image
        cpp = any(language_of(unit) == "c++" for unit in image.units)
        machine = [flag for flag in self._flags(self.file) if flag.startswith(("-m", "-flto"))]
        scripts = [part for path in image.linker_scripts for part in ("-T", path)]
        places = [f"-L{path}" for path in (*image.library_dirs, image.root)]
        libraries = [f"-l{name}" for name in image.libraries]
        flags = [*machine, *link_arguments(image.link_flags).argv, *scripts, *places]
        compiler = self.kit.gxx if cpp else self.kit.gcc
        return _shell([compiler, *flags, *objects, *image.objects, *libraries, "-o", "image.elf"])


def _shell(words: Sequence[str]) -> str:
    """A command as a line of a Makefile."""
    return " ".join(re.sub(r"([^\w@%+=:,./-])", r"\\\1", word).replace("$", "$$") for word in words)


class Clangd:
    """clangd with one file of an image open."""

    def __init__(self, program: Path, build: Build, folder: Path, stack: ExitStack) -> None:
        argv = [build.kit.gcc, *arguments(build.file, build.project, build.kit).argv, "-Wall", "-Wextra"]
        entry = {"directory": str(folder), "file": build.file.source, "arguments": [*argv, "-c", build.file.source]}
        (folder / "compile_commands.json").write_text(json.dumps([entry]), "utf-8")
        options = ("--log=error", "--background-index=false", f"--compile-commands-dir={folder}")
        command = (str(program), *options, f"--query-driver={os.path.realpath(build.kit.gcc)},{build.kit.gcc}")
        self._client = stack.enter_context(Client(command, Path(build.file.source).parent))
        self._client.initialize()
        start = time.perf_counter()
        self._uri = self._client.open(Path(build.file.source), "c")
        arrived, _ = self._client.diagnostics(self._uri, lambda found: True, timeout=120)
        self.opening = arrived - start
        self._line = build.text[: place(build.text)].count("\n")

    async def edit(self, number: int) -> Taken | None:
        """From an edit to the diagnostics of its version."""
        used = processor_seconds()
        span = (self._line, 0, self._line + (number > 1), 0)
        sent = self._client.edit(self._uri, number + 1, span, constant(number))
        try:
            answered, _ = await asyncio.to_thread(
                self._client.diagnostics, self._uri, lambda found: True, number + 1, timeout=60
            )
        except NoAnswer:
            return None
        return Taken(answered - sent, processor_seconds() - used)
