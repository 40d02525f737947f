"""The steps of nvcc's front end: what nvcc would run, the preprocessor in two parts, and cudafe++ behind a pipe."""

from __future__ import annotations

import asyncio
import re
import shlex
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TypeVar

from signoff.verifiers.finding import Outcome, Status
from signoff.verifiers.gpu.compile import compile_job, front_source
from signoff.verifiers.gpu.compile.compile_job import Job
from signoff.verifiers.gpu.compile.front_source import Parts
from signoff.verifiers.gpu.compile.front_waiting import Reader, Waiting, command
from signoff.verifiers.gpu.compile.nvcc_command import arguments, dialect, environment
from signoff.verifiers.gpu.compile.toolkit import Toolkit
from signoff.verifiers.gpu.compile.unit_files import directives
from signoff.verifiers.project import Project
from signoff.verifiers.run import Completed, ToolMissing, run
from signoff.verifiers.verifier import NotJudged
from signoff.verifiers.workers import WorkerPool

_Value = TypeVar("_Value")
TOOL = "nvcc"
# `nvcc --dryrun` tells the commands it would run, and what it puts into their environment.
_COMMAND = re.compile(r"^#\$ (?![A-Z_]+=)(\S.*)$", re.MULTILINE)
_PATH = re.compile(r"^#\$ PATH=(.*)$", re.MULTILINE)
_ASKED = re.compile(r'\b__has_include(?:_next)?\s*\(\s*[<"]([^>"\n]+)[>"]')
# cudafe++ comes of the Edison Design Group's front end: this has it check everything and write nothing, and not end at
# the hundredth error.
CHECK_ONLY = ("--no_code_gen", "--error_limit=100000")
# Stands for a run's own folder in what is kept.
FOLDER = "<folder>"
KEPT = 6
# Headers that are not the workspace's may change, though they hardly do.
FRESH_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Steps:
    """One run: what to compile, with what, in which folder, until when (time.monotonic())."""

    kit: Toolkit
    work: Job
    project: Project
    folder: Path
    deadline: float


@dataclass(frozen=True, slots=True)
class Read:
    """What the steps said. `stopped`: the preprocessor did not get through. `missing` are headers that nobody has,
    taken for empty; `lines` those of the document (from 0) that were read."""

    output: str
    failed: bool
    stopped: bool = False
    missing: tuple[str, ...] = ()
    lines: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Commands:
    """The two commands with FOLDER in place of a run's folder, and the PATH to find them in."""

    preprocess: tuple[str, ...]
    check: tuple[str, ...]
    path: str

    def env(self, kit: Toolkit, folder: Path) -> dict[str, str]:
        return {**environment(str(folder)), **kit.env, **({"PATH": self.path} if self.path else {})}


@dataclass(frozen=True, slots=True)
class _Upper:
    """The upper part, preprocessed: its text, the macros it leaves, and what was said and read on the way.

    `stands`: it does so by itself; `made` is when that was found out (time.monotonic()).
    """

    made: float
    stands: bool = False
    text: bytes = b""
    macros: str = ""
    said: bytes = b""
    missing: tuple[str, ...] = ()
    lines: tuple[int, ...] = ()


class FrontSteps:
    """Runs the steps, and keeps what the next run can use."""

    def __init__(self, pool: WorkerPool | None) -> None:
        self._waiting = Waiting(pool)
        self._commands: OrderedDict[object, _Commands] = OrderedDict()
        self._uppers: OrderedDict[object, _Upper] = OrderedDict()

    async def read(self, steps: Steps) -> Read:
        """What the front end says. Raises NotJudged."""
        source = await asyncio.to_thread(_laid_out, steps)
        commands = await self._known(steps, source)
        text = source.read_text(encoding="utf-8", errors="replace").partition("\n")[2]
        # In a header that is being typed in, nothing stays the same for the unit that includes it.
        own = steps.work.document == steps.work.main
        for parts in front_source.parted(text, steps.work.main) if own else ():
            upper = await self._upper(steps, commands, parts)
            if upper is not None:
                return await self._below(steps, commands, upper, parts)
        return await self._whole(steps, commands, source)

    async def _known(self, steps: Steps, source: Path) -> _Commands:
        """What nvcc would run. Raises NotJudged."""
        chosen = compile_job.targets(steps.project, steps.kit.architectures)
        options = (f"-arch={chosen.names[0]}", *dialect(steps.work.unit))
        given = arguments(steps.work, steps.project, str(source))
        argv = (*steps.kit.nvcc, "--dryrun", "-cuda", "-o", str(steps.folder / "out.ii"), *options, *given)
        key = (*(_placed(word, steps.folder, FOLDER) for word in argv), *sorted(steps.kit.env.items()))
        if key not in self._commands:
            self._commands[key] = await _asked(argv, steps)
        return _kept(self._commands, key)

    async def _upper(self, steps: Steps, commands: _Commands, parts: Parts) -> _Upper | None:
        """The upper part; None where it does not stand by itself. Raises NotJudged."""
        others = frozenset((path, text) for path, text in steps.work.found.items() if path != steps.work.main)
        key = (commands, steps.work.main, _placed(parts.upper, steps.folder, FOLDER), others)
        known = self._uppers.get(key)
        if known is None or time.monotonic() - known.made > FRESH_SECONDS:
            self._uppers[key] = await _preprocessed_upper(steps, commands, parts)
        found = _kept(self._uppers, key)
        return found if found.stands else None

    async def _below(self, steps: Steps, commands: _Commands, upper: _Upper, parts: Parts) -> Read:
        """The lower part, given to a front end that has read the upper one, or will now. Raises NotJudged."""
        macros, lower, out = (steps.folder / name for name in ("macros.h", "lower.cu", "lower.ii"))
        macros.write_text(upper.macros, encoding="utf-8", errors="replace")
        lower.write_text(parts.lower, encoding="utf-8", errors="replace")
        words = tuple(front_source.below(commands.preprocess))
        argv = _filled(words, steps.folder, str(lower), str(out))
        done = await _run((argv[0], "-imacros", str(macros), *argv[1:]), steps, commands)
        said = upper.said + b"\n" + done.stderr
        if done.returncode:
            return _stopped(said, upper.missing)
        rest = out.read_bytes()
        check = command((commands.check[0], *CHECK_ONLY, *commands.check[1:]))
        settings = steps.project.settings
        env = (*sorted(steps.kit.env.items()), *((("PATH", commands.path),) if commands.path else ()))
        reader = Reader(check, env, settings.memory_limit_mb, settings.nvcc.timeout, upper.text)
        try:
            async with asyncio.timeout(max(steps.deadline - time.monotonic(), 0.1)):
                done = await self._waiting.run(reader, rest)
        except TimeoutError:
            raise NotJudged(_late(steps)) from None
        except ToolMissing as error:
            raise NotJudged(Outcome(TOOL, Status.MISSING, message=f"nvcc: {error}")) from error
        lines = front_source.lines_read(rest.decode("utf-8", "replace"), steps.work.document)
        said += b"\n" + done.stderr + b"\n" + done.stdout
        return Read(said.decode("utf-8", "replace"), done.returncode != 0, False, upper.missing, upper.lines + lines)

    async def _whole(self, steps: Steps, commands: _Commands, source: Path) -> Read:
        """The unit in one piece. Raises NotJudged."""
        out = steps.folder / "whole.ii"
        done = await _run(_filled(commands.preprocess, steps.folder, str(source), str(out)), steps, commands)
        said = done.stderr
        if done.returncode:
            return _stopped(said, ())
        check = (commands.check[0], *CHECK_ONLY, *commands.check[1:-1], str(out))
        done = await _run(check, steps, commands)
        said += b"\n" + done.stderr + b"\n" + done.stdout
        text = await asyncio.to_thread(out.read_text, encoding="utf-8", errors="replace")
        missing = front_source.read_from(text, str(steps.folder / MISSING))
        lines = await asyncio.to_thread(front_source.lines_read, text, steps.work.document)
        return Read(said.decode("utf-8", "replace"), done.returncode != 0, False, missing, lines)


# Of a run's folder, the part that has empty headers for those that nobody has.
MISSING = "missing"


def _laid_out(steps: Steps) -> Path:
    source = compile_job.lay_out(steps.work, steps.folder)
    _stand_in(steps.work.found, steps.work, steps.folder / MISSING)
    return source


def _stand_in(found: Mapping[str, str], work: Job, folder: Path) -> None:
    """Empty files for all includes that the unit's folders do not hold; they are looked up last of all."""
    folder.mkdir(exist_ok=True)
    # A file that is asked for may be missing: it is not taken for one that is there.
    asked = {name for text in found.values() for name in _ASKED.findall(text)}
    for path, text in found.items():
        for include in directives(text):
            place = PurePath(include.name)
            if include.name in asked or place.is_absolute() or ".." in place.parts:
                continue
            if work.files.resolve(include, path) is not None:
                continue
            try:
                (folder / place).parent.mkdir(parents=True, exist_ok=True)
                (folder / place).touch()
            except (OSError, ValueError):  # half-typed: a folder of that name, a NUL
                continue


async def _asked(argv: Sequence[str], steps: Steps) -> _Commands:
    """The commands that `nvcc --dryrun` tells. Raises NotJudged."""
    done = await _run(argv, steps, None)
    told = done.stderr.decode("utf-8", "replace")
    found = [shlex.split(line) for line in _COMMAND.findall(told)]
    preprocess = next((row for row in found if "-E" in row and "-D__CUDACC__" in row and _output(row)), None)
    check = next((row for row in found if Path(row[0]).stem == "cudafe++"), None)
    if done.returncode or preprocess is None or check is None or check[-1] != _output(preprocess):
        last = told.strip().splitlines()[-1:] or ["nothing"]
        raise NotJudged(Outcome(TOOL, message=f"The steps of nvcc are not known: it says {last[0]}", complete=False))
    path = _PATH.search(told)
    words = [_SOURCE if word == argv[-1] else _OUT if word == _output(preprocess) else word for word in preprocess]
    kept, checked = (tuple(_placed(word, steps.folder, FOLDER) for word in row) for row in (words, check))
    return _Commands(kept, checked, path[1] if path else "")


_SOURCE, _OUT = "<source>", "<out>"


def _output(row: Sequence[str]) -> str:
    return row[row.index("-o") + 1] if "-o" in row[:-1] else ""


def _filled(words: Sequence[str], folder: Path, source: str, out: str) -> tuple[str, ...]:
    """The preprocessor's command for these files. Headers that nobody has are looked up last."""
    named = {_SOURCE: source, _OUT: out}
    return (
        *(named.get(word) or word.replace(FOLDER, str(folder)) for word in words),
        "-idirafter",
        str(folder / MISSING),
    )


def _placed(word: str, folder: Path, name: str) -> str:
    return word.replace(str(folder), name)


async def _preprocessed_upper(steps: Steps, commands: _Commands, parts: Parts) -> _Upper:
    upper, out = steps.folder / "upper.cu", steps.folder / "upper.ii"
    line = f'#line 1 "{front_source.quoted(steps.work.main)}"\n'
    upper.write_text(line + parts.upper, encoding="utf-8", errors="replace")
    argv = _filled(commands.preprocess, steps.folder, str(upper), str(out))
    done = await _run((argv[0], "-dD", *argv[1:]), steps, commands)
    if done.returncode:
        return _Upper(time.monotonic())
    return await asyncio.to_thread(_made, steps, out, done.stderr)


def _made(steps: Steps, out: Path, said: bytes) -> _Upper:
    text = out.read_text(encoding="utf-8", errors="replace")
    apart = front_source.macros_apart(text)
    if apart is None:
        return _Upper(time.monotonic())
    missing = front_source.read_from(apart[0], str(steps.folder / MISSING))
    lines = front_source.lines_read(apart[0], steps.work.document)
    return _Upper(time.monotonic(), True, f"{apart[0]}\n".encode("utf-8", "replace"), apart[1], said, missing, lines)


def _kept(rows: OrderedDict[object, _Value], key: object) -> _Value:
    """The value, and no more than the last few of the others."""
    rows.move_to_end(key)
    while len(rows) > KEPT:
        rows.popitem(last=False)
    return rows[key]


def _stopped(said: bytes, missing: tuple[str, ...]) -> Read:
    return Read(said.decode("utf-8", "replace"), True, True, missing)


def _late(steps: Steps) -> Outcome:
    message = f"nvcc's front end gave no answer in {steps.project.settings.nvcc.timeout:g} s (setting nvcc.timeout)."
    return Outcome(TOOL, Status.TIMED_OUT, message=message)


async def _run(argv: Sequence[str], steps: Steps, commands: _Commands | None) -> Completed:
    """One step. Raises NotJudged."""
    kit, folder = steps.kit, steps.folder
    env = commands.env(kit, folder) if commands is not None else {**kit.env, **environment(str(folder))}
    left = max(steps.deadline - time.monotonic(), 0.1)
    try:
        done = await run(
            argv, cwd=folder, env=env, timeout=left, memory_limit_mb=steps.project.settings.memory_limit_mb
        )
    except ToolMissing as error:
        raise NotJudged(Outcome(TOOL, Status.MISSING, message=f"nvcc: {error}")) from error
    if done.timed_out:
        raise NotJudged(_late(steps))
    return done
