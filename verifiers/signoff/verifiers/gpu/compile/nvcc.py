"""nvcc: device code to machine code on save, for what the front end and ptxas find and for what each kernel takes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from signoff.verifiers.finding import Finding, Outcome, Severity, Status
from signoff.verifiers.gpu.checks.launch import unit_facts
from signoff.verifiers.gpu.checks.resource_checks import resource_findings
from signoff.verifiers.gpu.compile import compile_job
from signoff.verifiers.gpu.compile.compile_job import Job, NoUnit, Targets
from signoff.verifiers.gpu.compile.compile_reader import Reading, complaint_findings, incomplete, read, spill_findings
from signoff.verifiers.gpu.compile.nvcc_command import (
    COSTS,
    OPINIONS,
    RELOCATABLE,
    arguments,
    code_options,
    dialect,
    environment,
)
from signoff.verifiers.gpu.compile.ptxas import STATIC_SHARED
from signoff.verifiers.gpu.compile.some_targets import of_some
from signoff.verifiers.gpu.compile.toolkit import Toolkit, toolkit
from signoff.verifiers.gpu.facts import CUDA_LANGUAGES, PYTHON, KernelCost
from signoff.verifiers.gpu.strings import embedded
from signoff.verifiers.project import Project
from signoff.verifiers.run import Completed, ToolMissing, exit_reason, run, scratch_folder
from signoff.verifiers.settings import VerifierSettings
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.verifier import Availability, NotJudged, Speed
from signoff.verifiers.workers import WorkerPool

NAME = "nvcc"
# path, line, code
_Key = tuple[str, int, str]


@dataclass(frozen=True, slots=True)
class _Run:
    """What all runs for one document share."""

    kit: Toolkit
    work: Job
    project: Project
    source: Path
    folder: Path
    deadline: float


class Nvcc:
    """nvcc -cubin for each target."""

    name = NAME
    languages = CUDA_LANGUAGES | {PYTHON}
    speed = Speed.DEEP

    def __init__(self, pool: WorkerPool | None = None, lane: str = "live") -> None:
        """`pool` holds the launch checks' engine, which knows what is launched with what (None: not asked)."""
        self._pool = pool
        self._lane = lane

    def available(self, settings: VerifierSettings) -> Availability:
        """Where nvcc is."""
        kit = toolkit(settings)
        if not settings.nvcc.enabled:
            return Availability(False, kit.version, "".join(kit.nvcc), "switched off in the settings (nvcc.enabled)")
        return Availability(bool(kit.nvcc), f"nvcc {kit.version}" if kit.version else "", "".join(kit.nvcc), kit.note)

    async def run(self, snapshot: Snapshot, project: Project) -> Outcome:
        """Compile a CUDA document's unit, or the CUDA texts of a Python one, for every target; see Verifier.run."""
        if snapshot.language == PYTHON:
            return await embedded.checked(self._check, snapshot, project)
        return await self._check(snapshot, project)

    async def compile_whole(self, snapshot: Snapshot, project: Project) -> Outcome:
        """`nvcc -c`, on demand: host and device code, with the host's own compiler."""
        return await self._guarded(snapshot, project, whole=True)

    async def _check(self, snapshot: Snapshot, project: Project) -> Outcome:
        return await self._guarded(snapshot, project, whole=False)

    async def _guarded(self, snapshot: Snapshot, project: Project, whole: bool) -> Outcome:
        start = time.perf_counter()
        if not project.settings.nvcc.enabled:
            return Outcome(NAME, Status.MISSING, message="nvcc is switched off in the settings (nvcc.enabled)")
        kit = await asyncio.to_thread(toolkit, project.settings)
        if not kit.nvcc:
            return Outcome(NAME, Status.MISSING, message=kit.note)
        try:
            work = await asyncio.to_thread(compile_job.job, snapshot, project)
            with scratch_folder(NAME) as folder:
                source = await asyncio.to_thread(compile_job.lay_out, work, folder)
                deadline = time.monotonic() + project.settings.nvcc.timeout
                runs = _Run(kit, work, project, source, folder, deadline)
                outcome = await self._outcome(runs, snapshot, whole)
        except NoUnit as error:
            outcome = Outcome(NAME, message=f"Not compiled with nvcc: {error}.", complete=False)
        except NotJudged as failure:
            outcome = failure.outcome
        notice = " ".join(filter(None, (outcome.notice, kit.note)))
        return _renamed(replace(outcome, notice=notice, seconds=time.perf_counter() - start), snapshot)

    async def _outcome(self, runs: _Run, snapshot: Snapshot, whole: bool) -> Outcome:
        chosen = compile_job.targets(runs.project, runs.kit.architectures)
        compile_all = self._whole if whole else self._device
        findings, costs, complete = await compile_all(runs, chosen)
        if costs:
            findings += spill_findings(runs.work, costs)
            findings += await self._resources(snapshot, runs.project, costs)
        notice = compile_job.refusal(runs.kit, chosen)
        facts: dict[str, object] = {"kernels": costs}
        return Outcome(NAME, findings=findings, facts=facts, complete=complete, notice=notice)

    async def _resources(
        self, snapshot: Snapshot, project: Project, costs: tuple[KernelCost, ...]
    ) -> tuple[Finding, ...]:
        """Launches that fail for what their kernels take."""
        if self._pool is None:
            return ()
        unit = await unit_facts(self._pool, snapshot, project, self._lane)
        return resource_findings(unit, costs, project, snapshot.path) if unit is not None else ()

    async def _device(self, runs: _Run, chosen: Targets) -> tuple[tuple[Finding, ...], tuple[KernelCost, ...], bool]:
        """One run a target; what fails for some of them only is told as such."""
        said: dict[str, tuple[Finding, ...]] = {}
        costs: list[KernelCost] = []
        for name in chosen.names:
            try:
                said[name], more, complete = await _target(runs, chosen, name)
            except NotJudged:
                if not any(said.values()):
                    raise
                complete = False  # what an earlier one has said counts
                more = ()
            costs += more
            if not complete:
                return of_some(said, tuple(said)), tuple(costs), False
        return of_some(said, chosen.names), tuple(costs), True

    async def _whole(self, runs: _Run, chosen: Targets) -> tuple[tuple[Finding, ...], tuple[KernelCost, ...], bool]:
        options = (*COSTS, *code_options(chosen.names), *dialect(runs.work.unit))
        reading = await _once(runs, options, kind="-c")
        findings = await _located(runs, reading, options, "-c")
        findings, complete = await _certain(runs, findings, chosen, kind="-c")
        if len(chosen.names) > 1 and any(one.severity is Severity.ERROR for one in findings):
            # The first target that fails ends the run, and it does not say which that was.
            device, _, _ = await self._device(runs, chosen)
            some = {_key(one): one for one in device if one.severity is Severity.WARNING}
            findings = tuple(some.get(_key(one), one) for one in findings)
        return findings, reading.costs, complete


async def compile_whole(snapshot: Snapshot, project: Project) -> Outcome:
    """`nvcc -c` on a CUDA document, host and device code; without what only the launch checks' engine knows."""
    return await Nvcc().compile_whole(snapshot, project)


async def _target(runs: _Run, chosen: Targets, name: str) -> tuple[tuple[Finding, ...], tuple[KernelCost, ...], bool]:
    """What is said for one of the targets. Raises NotJudged."""
    options = (*COSTS, f"-arch={name}", *dialect(runs.work.unit))
    reading = await _once(runs, options)
    findings = await _located(runs, reading, options, "-cubin")
    findings, complete = await _certain(runs, findings, replace(chosen, names=(name,)))
    return findings, reading.costs, complete


async def _once(runs: _Run, options: Sequence[str], kind: str = "-cubin") -> Reading:
    """One run of nvcc. Raises NotJudged where it says nothing about the code."""
    settings = runs.project.settings
    argv = (*runs.kit.nvcc, kind, "-o", str(runs.folder / "out.bin"), *options)
    try:
        done = await run(
            (*argv, *arguments(runs.work, runs.project, str(runs.source))),
            cwd=runs.folder,
            env={**runs.kit.env, **environment(str(runs.folder))},
            timeout=max(runs.deadline - time.monotonic(), 0.1),
            memory_limit_mb=settings.memory_limit_mb,
        )
    except ToolMissing as error:
        raise NotJudged(
            Outcome(NAME, Status.MISSING, message=f"nvcc: {error}; see the setting cuda.toolkit.")
        ) from error
    if done.timed_out:
        message = f"nvcc gave no answer in {settings.nvcc.timeout:g} s (setting nvcc.timeout)."
        raise NotJudged(Outcome(NAME, Status.TIMED_OUT, message=message))
    # The host's compiler and older releases write to either stream.
    text = (done.stderr + b"\n" + done.stdout).decode("utf-8", "replace")
    reading = read(runs.work, runs.project, text, failed=done.returncode != 0)
    if reading.failure:
        raise NotJudged(_failure(reading, done))
    return reading


def _failure(reading: Reading, done: Completed) -> Outcome:
    if reading.host_missing:
        message = f"nvcc cannot use the host's C++ compiler ({reading.failure}): install g++, or one that it supports."
        return Outcome(NAME, Status.MISSING, message=message)
    how = exit_reason(done.returncode)
    return Outcome(NAME, Status.CRASHED, message=f"nvcc could not compile this file ({how}): {reading.failure}")


async def _located(runs: _Run, reading: Reading, options: Sequence[str], kind: str) -> tuple[Finding, ...]:
    """All findings of a run; where ptxas names a line of the PTX only, again with the PTX kept and its lines told."""
    complaints, texts = reading.complaints, dict[str, str]()
    if any(one.line for one in complaints):
        kept = runs.folder / "kept"
        kept.mkdir(exist_ok=True)
        try:
            again = await _once(runs, (*options, "-lineinfo", "-keep", "-keep-dir", str(kept)), kind)
        except NotJudged:
            again = reading
        if again is not reading:
            complaints = again.complaints
            texts = {path.name: path.read_text("utf-8", "replace") for path in kept.glob("*.ptx")}
    return (*reading.findings, *complaint_findings(runs.work, complaints, texts))


async def _certain(
    runs: _Run, findings: tuple[Finding, ...], chosen: Targets, kind: str = "-cubin"
) -> tuple[tuple[Finding, ...], bool]:
    """Where flags or target were guessed, only errors that other guesses do not cure. The rest: not complete."""
    if not runs.work.unit.declared:
        findings, complete = incomplete(runs.work, findings)
        if not complete:
            return findings, False
    if runs.work.unit.declared and chosen.named:
        return findings, True
    doubtful = {_key(one) for one in findings if one.severity is Severity.ERROR}
    # Of code for other units to link with, ptxas does not say what shared memory is too much.
    own = {key for key in doubtful if key[2] == STATIC_SHARED}
    certain = await _agreed(runs, doubtful - own, _opinions(runs, chosen, kind, linked=True), kind)
    certain |= await _agreed(runs, own, _opinions(runs, chosen, kind, linked=False), kind)
    kept = tuple(one for one in findings if one.severity is not Severity.ERROR or _key(one) in certain)
    return kept, certain == doubtful


async def _agreed(runs: _Run, doubtful: set[_Key], opinions: Sequence[tuple[str, ...]], kind: str) -> set[_Key]:
    """Those of the errors that every other opinion has, too."""
    for options in opinions:
        if doubtful:
            doubtful = doubtful & await _errors(runs, options, kind)
    return doubtful


def _opinions(runs: _Run, chosen: Targets, kind: str, linked: bool) -> list[tuple[str, ...]]:
    """Other targets where none is named, another dialect and linkage where nobody has declared any."""
    found = []
    for target, standard in OPINIONS:
        # For a chip's own variant alone ("sm_90a") ptxas lets static shared memory be as large as the opt-in limit.
        named = code_options(chosen.names) if kind == "-c" else (f"-arch={chosen.names[0]}",)
        other = (f"-arch={target if linked else target.rstrip('a')}",)
        own = dialect(runs.work.unit) if runs.work.unit.declared else (f"-std={standard}",)
        linkage = (RELOCATABLE,) if linked and not runs.work.unit.declared else ()
        found.append((*COSTS, *(named if chosen.named else other), *own, *linkage))
    return list(dict.fromkeys(found))


async def _errors(runs: _Run, options: tuple[str, ...], kind: str) -> set[_Key]:
    """The errors of another run; none where it could not be made, so that nothing uncertain is shown."""
    try:
        reading = await _once(runs, options, kind)
    except NotJudged:
        return set()
    findings = await _located(runs, reading, options, kind)
    return {_key(one) for one in findings if one.severity is Severity.ERROR}


def _key(finding: Finding) -> _Key:
    return finding.path, finding.span.start_line, finding.code


def _renamed(outcome: Outcome, snapshot: Snapshot) -> Outcome:
    """An untitled document has no path: neither have its findings."""
    if snapshot.path:
        return outcome
    findings = tuple(
        replace(one, path="") if Path(one.path).name == compile_job.UNTITLED else one for one in outcome.findings
    )
    return replace(outcome, findings=findings)
