"""nvcc's front end alone: the host's preprocessor and cudafe++, which read host and device code but make none.

nvcc itself compiles device code at once; a front end takes a fraction of that, so it can judge what is being typed.
"""

from __future__ import annotations

import asyncio
import re
import shlex
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from signoff.verifiers.finding import Outcome, Status
from signoff.verifiers.gpu.compile import compile_job
from signoff.verifiers.gpu.compile.compile_job import Job, NoUnit
from signoff.verifiers.gpu.compile.compile_reader import LACKING, incomplete, read
from signoff.verifiers.gpu.compile.nvcc_command import arguments, dialect, environment
from signoff.verifiers.gpu.compile.toolkit import Toolkit, toolkit
from signoff.verifiers.gpu.facts import CUDA_LANGUAGES, LINES_READ
from signoff.verifiers.project import Project
from signoff.verifiers.run import Completed, ToolMissing, run, scratch_folder
from signoff.verifiers.settings import VerifierSettings
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.verifier import Availability, NotJudged, Speed
from signoff.verifiers.workers import WorkerPool

NAME = "nvcc front end"
TOOL = "nvcc"

# `nvcc --dryrun` tells the commands it would run, and what it puts into their environment.
_COMMAND = re.compile(r"^#\$ (?![A-Z_]+=)(\S.*)$", re.MULTILINE)
_PATH = re.compile(r"^#\$ PATH=(.*)$", re.MULTILINE)
# cudafe++ comes of the Edison Design Group's front end: this has it check everything and write nothing.
CHECK_ONLY = "--no_code_gen"


@dataclass(frozen=True, slots=True)
class _Steps:
    """The two commands, and the PATH to find them in."""

    preprocess: tuple[str, ...]
    check: tuple[str, ...]
    path: str


class NvccFront:
    """The verifier. Its processes are its own for each run, so `pool` and `lane` are not needed."""

    name = NAME
    tool = TOOL
    languages = CUDA_LANGUAGES
    speed = Speed.QUICK

    def __init__(self, pool: WorkerPool | None = None, lane: str = "live") -> None:
        self._pool, self._lane = pool, lane

    def available(self, settings: VerifierSettings) -> Availability:
        """Where nvcc is."""
        kit = toolkit(settings)
        if not settings.nvcc.enabled:
            return Availability(False, kit.version, "".join(kit.nvcc), "switched off in the settings (nvcc.enabled)")
        return Availability(bool(kit.nvcc), f"nvcc {kit.version}" if kit.version else "", "".join(kit.nvcc), kit.note)

    async def run(self, snapshot: Snapshot, project: Project) -> Outcome:
        """Check host and device code of a CUDA document's unit; see Verifier.run."""
        start = time.perf_counter()
        try:
            outcome = await self._checked(snapshot, project)
        except NoUnit as error:
            outcome = Outcome(TOOL, message=f"Not compiled with nvcc: {error}.", complete=False)
        except NotJudged as failure:
            outcome = failure.outcome
        return replace(outcome, seconds=time.perf_counter() - start)

    async def _checked(self, snapshot: Snapshot, project: Project) -> Outcome:
        if not project.settings.nvcc.enabled:
            return Outcome(TOOL, Status.MISSING, message="nvcc is switched off in the settings (nvcc.enabled)")
        kit = await asyncio.to_thread(toolkit, project.settings)
        if not kit.nvcc:
            return Outcome(TOOL, Status.MISSING, message=kit.note)
        work = await asyncio.to_thread(compile_job.job, snapshot, project)
        deadline = time.monotonic() + project.settings.nvcc.timeout
        with scratch_folder("nvcc-front") as folder:
            source = await asyncio.to_thread(compile_job.lay_out, work, folder)
            steps = await _steps(kit, work, project, source, folder, deadline)
            outcome = await _read(kit, steps, work, project, folder, deadline)
            lines = await asyncio.to_thread(lines_read, _preprocessed(steps), snapshot.path)
            return replace(outcome, facts={**outcome.facts, LINES_READ: lines})


async def _steps(kit: Toolkit, work: Job, project: Project, source: Path, folder: Path, deadline: float) -> _Steps:
    """What nvcc would run first. Raises NotJudged."""
    chosen = compile_job.targets(project, kit.architectures)
    options = (f"-arch={chosen.names[0]}", *dialect(work.unit), *arguments(work, project, str(source)))
    argv = (*kit.nvcc, "--dryrun", "-cuda", "-o", str(folder / "out.ii"), *options)
    done = await _run(argv, kit.env, project, folder, deadline)
    told = done.stderr.decode("utf-8", "replace")
    found = [shlex.split(line) for line in _COMMAND.findall(told)]
    preprocess = next((row for row in found if "-E" in row and "-D__CUDACC__" in row and _output(row)), None)
    check = next((row for row in found if Path(row[0]).stem == "cudafe++"), None)
    if done.returncode or preprocess is None or check is None or check[-1] != _output(preprocess):
        last = told.strip().splitlines()[-1:] or ["nothing"]
        raise NotJudged(Outcome(TOOL, message=f"The steps of nvcc are not known: it says {last[0]}", complete=False))
    path = _PATH.search(told)
    return _Steps(tuple(preprocess), (check[0], CHECK_ONLY, *check[1:]), path[1] if path else "")


def _preprocessed(steps: _Steps) -> str:
    try:
        return Path(_output(steps.preprocess)).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def lines_read(preprocessed: str, path: str) -> tuple[int, ...]:
    """The lines (from 0) of the file that the preprocessor has left something of: the front end reads all of them."""
    name = re.escape(path.replace("\\", "\\\\").replace('"', '\\"'))
    found: set[int] = set()
    for marker in re.finditer(rf'^# (\d+) "{name}"[^\n]*\n', preprocessed, re.MULTILINE):
        end = preprocessed.find("\n# ", marker.end() - 1)
        rows = preprocessed[marker.end() : end if end >= 0 else len(preprocessed)].split("\n")
        found.update(int(marker[1]) - 1 + number for number, row in enumerate(rows) if row.strip())
    return tuple(sorted(found))


def _output(command: Sequence[str]) -> str:
    return command[command.index("-o") + 1] if "-o" in command[:-1] else ""


async def _read(kit: Toolkit, steps: _Steps, work: Job, project: Project, folder: Path, deadline: float) -> Outcome:
    """What the two steps say."""
    env = {**kit.env, **({"PATH": steps.path} if steps.path else {})}
    done = await _run(steps.preprocess, env, project, folder, deadline)
    said = done.stderr
    stopped = bool(done.returncode)
    if not stopped:
        done = await _run(steps.check, env, project, folder, deadline)
        said += b"\n" + done.stderr + b"\n" + done.stdout
    reading = read(work, project, said.decode("utf-8", "replace"), failed=done.returncode != 0)
    if reading.failure:
        status = Status.MISSING if reading.host_missing else Status.CRASHED
        raise NotJudged(Outcome(TOOL, status, message=f"nvcc's front end: {reading.failure}"))
    findings, complete = (reading.findings, True) if work.unit.declared else incomplete(work, reading.findings)
    # It reads no further than to a header that is not there.
    complete = complete and not stopped and not any(one.code in LACKING for one in findings)
    message = "" if complete else "nvcc's front end could not read all of the file"
    return Outcome(TOOL, findings=findings, complete=complete, message=message)


async def _run(argv: Sequence[str], env: dict[str, str], project: Project, folder: Path, deadline: float) -> Completed:
    """One step. Raises NotJudged."""
    settings = project.settings
    own = {**environment(str(folder)), **env} if "PATH" in env else {**env, **environment(str(folder))}
    try:
        done = await run(
            argv,
            cwd=folder,
            env=own,
            timeout=max(deadline - time.monotonic(), 0.1),
            memory_limit_mb=settings.memory_limit_mb,
        )
    except ToolMissing as error:
        raise NotJudged(Outcome(TOOL, Status.MISSING, message=f"nvcc: {error}")) from error
    if done.timed_out:
        message = f"nvcc's front end gave no answer in {settings.nvcc.timeout:g} s (setting nvcc.timeout)."
        raise NotJudged(Outcome(TOOL, Status.TIMED_OUT, message=message))
    return done
