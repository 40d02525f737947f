"""Checks many files with few runs: a declared project is run once, a guessed one once by all but the fastest tool."""

from __future__ import annotations

import asyncio
import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from signoff.diagnostics.merge import merge, without
from signoff.lsp_server.commands import configs
from signoff.lsp_server.commands.paths import Request
from signoff.lsp_server.commands.session import Session, snapshot_of
from signoff.lsp_server.documents import HDL
from signoff.lsp_server.on_demand import OnDemand
from signoff.lsp_server.report.result import CheckResult, ToolReport, bare_version
from signoff.verifiers.display import display
from signoff.verifiers.finding import NOT_JUDGED, Finding, Outcome, Severity, Status
from signoff.verifiers.mcu.facts import LinkedImage
from signoff.verifiers.project import Image, Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import LineIndex
from signoff.verifiers.verifier import Speed

# Of the parts of one file that a tool could not judge, so many are named.
MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Job:
    """One run of every tool up to `deepest`: `snapshot` stands for the whole of a declared project, else for itself."""

    snapshot: Snapshot
    project: Project
    deepest: Speed


@dataclass(frozen=True, slots=True)
class Plan:
    """The runs that look at all that is asked for, in a fixed order; `unread` are the files that cannot be read."""

    jobs: tuple[Job, ...]
    unread: tuple[str, ...] = ()


def plan(asked: Request, session: Session, deepest: Speed) -> Plan:
    """Few runs that look at everything.

    In Verilog, slang speaks of one file of a guessed project, so each is looked at for itself; the slower tools speak
    of all its files, so they need not run on one that they have seen in the project of another, nor on headers. Of GPU
    code each file is checked for itself; a header that was not named only by what needs no unit around it. A firmware
    image is linked once.
    """
    projects = [(path, session.workspace.project_for(path)) for path in (*asked.files, *asked.headers)]
    # The file that needs the most others comes first: the files that it brings in are then seen already.
    projects.sort(key=lambda pair: (not pair[1].declared, -len(pair[1].files), pair[0]))
    declared: set[object] = set()
    images: list[Image] = []
    seen_in: dict[str, list[Project]] = defaultdict(list)
    jobs, unread = list[Job](), list[str]()
    for path, project in projects:
        try:
            snapshot = snapshot_of(path)
        except OSError as error:
            unread.append(f"{path}: {error.strerror}")
            continue
        if snapshot.language not in HDL:
            named = Speed.INSTANT if path in asked.headers else deepest
            if project.image is not None and named >= Speed.DEEP:
                if project.image in images:
                    named = Speed.QUICK
                else:
                    images.append(project.image)
            jobs.append(Job(snapshot, project, named))
            continue
        key = (project.root, project.origin, project.name, project.files)
        if project.declared and key in declared:
            continue
        seen = path in asked.headers or any(_stands_for(other, project) for other in seen_in[path])
        jobs.append(Job(snapshot, project, Speed.INSTANT if seen and not project.declared else deepest))
        if project.declared:
            declared.add(key)
        elif not seen:
            for file in project.files:
                seen_in[file].append(project)
    return Plan(tuple(jobs), tuple(unread))


def _stands_for(larger: Project, project: Project) -> bool:
    """Whether a run over a guessed project says all that one over a part of it would.

    Where something is missing, errors may only follow from that, and are not told.
    """
    alike = (larger.origin, larger.defines, larger.settings) == (project.origin, project.defines, project.settings)
    return alike and set(larger.missing) <= set(project.missing)


async def check(
    session: Session,
    asked: Request,
    *,
    deepest: Speed,
    cap: int,
    folder: str,
    told: Callable[[int, int, str], None],
    demanded: Sequence[OnDemand] = (),
) -> CheckResult:
    """Check all that is asked for. `told` hears (runs done, runs in all, what ran).

    `demanded` runs on each file that was asked about, beside the verifiers. `cap` bounds the findings a file;
    `folder` is the one that paths are shown relative to.
    """
    start = time.perf_counter()
    planned = plan(asked, session, deepest)
    jobs = planned.jobs
    results = await _run_all(session, jobs, told, demanded)
    outcomes = [outcome for outcomes in results for outcome in outcomes]
    settings = {job.project.settings.disabled_codes for job in jobs}
    disabled = {code for codes in settings for code in codes}
    about_configs = configs.relevant(asked, [job.project for job in jobs], session.workspace)
    said = [*about_configs, *(finding for outcome in outcomes for finding in outcome.findings)]
    shown = merge(without(said, disabled), cap=cap)
    in_configs = {finding.path for finding in about_configs}
    # What the linker finds in a script concerns every file of the image.
    in_configs |= {script for job in jobs if job.project.image for script in job.project.image.linker_scripts}
    # A flag that gcc does not know concerns them, too.
    in_configs |= {job.project.image.origin for job in jobs if job.project.image}
    in_configs |= {job.project.unit.origin for job in jobs if job.project.unit}
    wanted = tuple(finding for finding in shown if asked.wants(finding.path) or finding.path in in_configs)
    errors = sum(1 for finding in shown if finding.severity is Severity.ERROR)
    kept = sum(1 for finding in wanted if finding.severity is Severity.ERROR)
    return CheckResult(
        findings=wanted,
        files=asked.files,
        tools=_tools(session, jobs, results),
        folder=folder,
        texts=_texts(wanted),
        elsewhere=errors - kept,
        seconds=time.perf_counter() - start,
        not_utf8=tuple(path for path in asked.files if not _is_utf8(path)),
        trouble=(*asked.trouble, *planned.unread),
        notices=_notices(outcomes),
        not_judged=tuple(_not_judged(jobs, results)),
        images=tuple(_images(outcomes)),
    )


async def _run_all(
    session: Session, jobs: Sequence[Job], told: Callable[[int, int, str], None], demanded: Sequence[OnDemand]
) -> list[list[Outcome]]:
    """The outcomes of each job, in order, as many at once as there are processors."""
    free = asyncio.Semaphore(os.cpu_count() or 1)
    done = 0

    async def one(job: Job) -> list[Outcome]:
        nonlocal done
        async with free:
            outcomes = await session.run(job.snapshot, job.project, deepest=job.deepest)
            for work in demanded:
                outcome = await work(job.snapshot, job.project)
                outcomes += [outcome] if outcome is not None else []
        done += 1
        told(done, len(jobs), job.snapshot.path)
        return outcomes

    return list(await asyncio.gather(*(one(job) for job in jobs)))


def _tools(session: Session, jobs: Sequence[Job], results: Sequence[list[Outcome]]) -> tuple[ToolReport, ...]:
    seconds: dict[str, float] = defaultdict(float)
    trouble: dict[str, dict[str, None]] = defaultdict(dict)
    judged: set[str] = set()
    for job, outcomes in zip(jobs, results, strict=True):
        for outcome in outcomes:
            seconds[outcome.tool] += outcome.seconds
            told = any(finding.severity <= Severity.WARNING for finding in outcome.findings)
            judged |= {outcome.tool} if outcome.complete or told else set()
            if outcome.status is Status.MISSING:
                trouble[outcome.tool][f"{outcome.status}: {outcome.message}"] = None
            elif not outcome.ran:
                trouble[outcome.tool][f"{outcome.status} at {job.snapshot.path}: {outcome.message}"] = None
    # A verifier is called by its own name, the tool that it runs ("arm-none-eabi-gcc") by another.
    called = {str(getattr(one, "tool", one.name)): one for one in session.verifiers}
    found = {name: one.available(session.settings) for name, one in called.items() if name in seconds}
    versions = {name: bare_version(one.version) for name, one in found.items()}
    return tuple(
        ToolReport(name, versions.get(name, ""), seconds[name], tuple(trouble.get(name, ())), name in judged)
        for name in seconds
    )


def _images(outcomes: Iterable[Outcome]) -> Iterator[LinkedImage]:
    linked = (outcome.facts.get("image") for outcome in outcomes if outcome.facts)
    yield from (one for one in linked if isinstance(one, LinkedImage))


def _notices(outcomes: Iterable[Outcome]) -> tuple[str, ...]:
    """What the tools want the user to know, each once, also where one says what another does and more."""
    said = dict.fromkeys(outcome.notice for outcome in outcomes if outcome.notice)
    return tuple(one for one in said if not any(one in other and one != other for other in said))


def _not_judged(jobs: Sequence[Job], results: Sequence[list[Outcome]]) -> Iterator[tuple[str, str]]:
    """(path, what was not judged there and why), a line for each tool and file."""
    for job, outcomes in zip(jobs, results, strict=True):
        for outcome in outcomes:
            parts = outcome.facts.get(NOT_JUDGED)
            listed = list(parts) if isinstance(parts, tuple) else []
            tool = display(outcome.tool)
            if not listed:
                silent = outcome.ran and not outcome.complete and not outcome.findings
                if silent and outcome.message and job.snapshot.language not in HDL:
                    yield job.snapshot.path, f"not judged by {tool}: {outcome.message}"
                continue
            text = "; ".join(
                f"{name}: {why.splitlines()[0] if why else 'unknown'}" for name, why in listed[:MOST_NAMED]
            )
            more = f"; and {len(listed) - MOST_NAMED} more" if len(listed) > MOST_NAMED else ""
            yield job.snapshot.path, f"not judged by {tool}: {text}{more}"


def _texts(findings: Iterable[Finding]) -> dict[str, LineIndex]:
    texts: dict[str, LineIndex] = {}
    for path in dict.fromkeys(finding.path for finding in findings):
        try:
            texts[path] = LineIndex(snapshot_of(path).text)
        except OSError:
            continue
    return texts


def _is_utf8(path: str) -> bool:
    try:
        Path(path).read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        return False
    except OSError:
        return True
    return True
