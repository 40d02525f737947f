"""Triton kernels to machine code on save: shared memory against the targets' limits, registers, spills."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from signoff.verifiers.finding import Outcome
from signoff.verifiers.gpu.compile import ptxas
from signoff.verifiers.gpu.facts import PYTHON, KernelCost
from signoff.verifiers.gpu.hardware.limits import known, limits
from signoff.verifiers.gpu.triton import triton_limits
from signoff.verifiers.gpu.triton.triton import FAILURES, availability, call, failed, source, with_triton
from signoff.verifiers.gpu.triton.triton_data import Compiled, Job, Jobs, Source
from signoff.verifiers.gpu.triton.triton_order import Verdicts
from signoff.verifiers.gpu.triton.triton_python import Interpreter
from signoff.verifiers.project import Project
from signoff.verifiers.settings import VerifierSettings
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.verifier import Availability, Speed
from signoff.verifiers.workers import EngineMissing, WorkerPool, WorkerTimeout

NAME = "triton resources"
LANE = "machine code"
# Where nothing names a target. Triton compiles for nothing older than OLDEST.
USUAL, OLDEST = "sm_80", 75
# More shared memory than any kernel asks for: no narrower elements are tried.
NO_LIMIT = 1 << 40


@dataclass
class _Run:
    """What all compilations for one document share."""

    source: Source
    project: Project
    python: Interpreter
    deadline: float
    results: list[tuple[Job, dict[str, Compiled]]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    verdicts: Verdicts = field(default_factory=Verdicts)


class TritonResources:
    """Every kernel whose sizes are known, for each target."""

    name = NAME
    languages = frozenset({PYTHON})
    speed = Speed.DEEP

    def __init__(self, pool: WorkerPool) -> None:
        self._pool = pool

    def available(self, settings: VerifierSettings) -> Availability:
        """As Triton's front end."""
        return availability(settings)

    async def run(self, snapshot: Snapshot, project: Project) -> Outcome:
        """Compile the kernels of `snapshot`; see Verifier.run."""

        async def compiled(python: Interpreter) -> Outcome:
            deadline = time.perf_counter() + _seconds(project)
            return await self._compile(_Run(source(snapshot, project), project, python, deadline), snapshot)

        return await with_triton(NAME, snapshot, project, compiled)

    async def _compile(self, run: _Run, snapshot: Snapshot) -> Outcome:
        try:
            found: Jobs = await call(self._pool, run.python, LANE, "jobs", run.project, run.source)
        except FAILURES as error:
            return failed(NAME, error, snapshot, run.project)
        run.notes += [f"{kernel}: {why.splitlines()[0]}" for kernel, why in found.skipped]
        for job in run.verdicts.begin(found.jobs):
            if run.verdicts.needless(job):
                continue
            problem = await self._job(job, run)
            if problem is not None and not run.results:
                return failed(NAME, problem, snapshot, run.project)
            if problem is not None:
                break
        costs = tuple(cost for job, results in run.results for cost in _costs(job, results))
        findings = tuple(triton_limits.shared_findings(run.results, run.project, snapshot.path))
        message = "; ".join((*run.notes, *run.verdicts.notes()))
        return Outcome(NAME, findings=findings, message=message, facts={"kernels": costs}, complete=not run.notes)

    async def _job(self, job: Job, run: _Run) -> Exception | None:
        """One kernel for each target; the failure that ends the run, None where the next can be tried."""
        results: dict[str, Compiled] = {}
        run.results.append((job, results))
        start = time.perf_counter()
        for name in targets(run.project):
            limit = limits(name).smem_per_block_optin
            arguments = (run.source, job.number, name, limit if run.verdicts.open(job) else NO_LIMIT)
            left = run.deadline - time.perf_counter()
            try:
                result: Compiled = await call(
                    self._pool, run.python, LANE, "compile", run.project, *arguments, timeout=max(left, 0.1)
                )
            except FAILURES as error:
                run.notes.append(_trouble(job, name, error, run.project))
                return error if isinstance(error, (WorkerTimeout, EngineMissing)) else None
            if result.why:
                run.notes.append(f"{job.kernel} for {name}: {result.why.splitlines()[0]}")
            else:
                results[name] = result
        run.verdicts.add(job, results, time.perf_counter() - start)
        return None


def _seconds(project: Project) -> float:
    return min(project.settings.triton.save_timeout, project.settings.triton.timeout)


def targets(project: Project) -> tuple[str, ...]:
    """The architectures to compile for: the project's that Triton can, else the usual one."""
    named = known(project.architectures)
    return tuple(name for name in named if int(name.removeprefix("sm_")) >= OLDEST) or (() if named else (USUAL,))


def _trouble(job: Job, target: str, error: Exception, project: Project) -> str:
    what = f"{job.kernel} ({job.label})" if job.label else job.kernel
    if isinstance(error, WorkerTimeout):
        return f"compiling {what} for {target} did not end in {_seconds(project):g} s (triton.save_timeout)"
    return f"compiling {what} for {target} ended Triton's process"


def _costs(job: Job, results: Mapping[str, Compiled]) -> list[KernelCost]:
    found = []
    for target, result in results.items():
        for cost in ptxas.costs(result.log)[:1]:
            instance = f"{job.kernel} ({job.label})" if job.label else job.kernel
            own = replace(cost, kernel=job.kernel, instance=instance, architecture=target)
            found.append(replace(own, dynamic_shared=result.shared, threads=result.threads or None))
    return found
