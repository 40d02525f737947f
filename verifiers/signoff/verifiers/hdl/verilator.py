"""Verilator's lint: shortly after typing stops, over the whole project, with the open documents as they stand."""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass, replace
from pathlib import Path

from signoff.verifiers import tools
from signoff.verifiers.finding import Finding, Outcome, Status
from signoff.verifiers.hdl import verilator_sarif, verilator_text
from signoff.verifiers.hdl.overlay import SourceLines, Sources, lay_out
from signoff.verifiers.hdl.verilator_codes import DELAY, NEEDS_TIMING
from signoff.verifiers.hdl.verilator_context import in_place
from signoff.verifiers.hdl.verilator_trust import LIMIT, is_doubtful, trustworthy, without_limits
from signoff.verifiers.project import Project
from signoff.verifiers.run import Completed, ToolMissing, exit_reason, run, scratch_folder
from signoff.verifiers.settings import VerifierSettings
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.verifier import Availability, Speed, Verifier

NAME = "verilator"
REPORT = "report.sarif"
# Verilator's own default set, and of its style warnings those that point at faults. Not -Wall: on picorv32, serv,
# mor1kx and ibex it says 344 more things, all but 21 of them about unused names, unnamed generate blocks, file names
# and pins left open on purpose. MULTITOP, TIMESCALEMOD: about the set of files. UNOPTFLAT: about simulation speed, on
# four of twelve taped-out designs (Yosys tells true loops); SPLITVAR, ZERODLY as well. SYMRSVDWORD: about C++ words.
# ASCRANGE: about style. INITIALDLY: `<=` in an initial block is no fault, and good style in a testbench after an event.
WARNINGS = (
    "-Wno-fatal",
    "-Wwarn-BLKSEQ",
    "-Wwarn-SYNCASYNCNET",
    "-Wno-MULTITOP",
    "-Wno-TIMESCALEMOD",
    "-Wno-UNOPTFLAT",
    "-Wno-SPLITVAR",
    "-Wno-ZERODLY",
    "-Wno-INITIALDLY",
    "-Wno-SYMRSVDWORD",
    "-Wno-ASCRANGE",
)
# A pass that only makes simulations faster; on ibex it takes four fifths of the time of a lint run.
# Unrolling, too: of 30000 statements, as it is by default, a CRC's constant function takes minutes and gigabytes.
SPEED = ("-fno-dfg", "--unroll-stmts", "3000")


# Where Verilator speaks of itself.
NO_FILE = re.compile(r"<|AstRoot$")
NOTHING_THERE = "No top level module"


@dataclass(frozen=True, slots=True)
class _Job:
    tool: tools.Tool
    project: Project
    sources: Sources
    lines: SourceLines
    folder: Path


class Verilator:
    """verilator --lint-only."""

    name = NAME
    languages = frozenset({"verilog", "systemverilog"})
    speed = Speed.QUICK

    def __init__(self, referee: Verifier | None = None) -> None:
        """`referee` is asked about errors that may be Verilator's own limits: it reads less than IEEE 1800 allows."""
        self._referee = referee
        # Programs too old for SARIF, by path: their text is read instead.
        self._text_only: set[str] = set()

    def available(self, settings: VerifierSettings) -> Availability:
        """Where Verilator is."""
        return tools.verilator(settings).availability

    async def run(self, snapshot: Snapshot, project: Project) -> Outcome:
        """Lint the project with `snapshot` in it."""
        start = time.perf_counter()
        tool = await asyncio.to_thread(tools.verilator, project.settings)
        if not tool.argv:
            return Outcome(NAME, Status.MISSING, message=tool.note)
        with scratch_folder(NAME) as folder:
            sources = lay_out(snapshot, project, folder)
            outcome = await self._lint(_Job(tool, project, sources, SourceLines(sources.texts), folder), snapshot)
        return replace(outcome, notice=tool.note, seconds=time.perf_counter() - start)

    async def _lint(self, job: _Job, snapshot: Snapshot) -> Outcome:
        """Once as hardware; where that turns out to be a testbench, once more as a simulation."""
        outcome = await self._once(job, "--no-timing")
        findings = outcome.findings
        if any(finding.code in NEEDS_TIMING for finding in findings):
            outcome = await self._once(job, "--timing")
            findings = (*outcome.findings, *(finding for finding in findings if finding.code == DELAY))
        findings, message = in_place(findings, job.lines), ""
        if not job.project.declared:
            findings, message = trustworthy(findings, job.project)
        findings = await self._judged(findings, snapshot, job)
        whole = outcome.complete and not message and not any(finding.code == LIMIT for finding in findings)
        return replace(outcome, findings=findings, message=outcome.message or message, complete=whole)

    async def _judged(self, findings: tuple[Finding, ...], snapshot: Snapshot, job: _Job) -> tuple[Finding, ...]:
        """The findings, with what only Verilator cannot read told as that."""
        doubtful = {finding.path for finding in findings if is_doubtful(finding)}
        if self._referee is None or not doubtful:
            return findings
        # In a guessed project the referee speaks of the one file that it is asked about: each must be asked about.
        focuses = {snapshot.path} if job.project.declared else doubtful
        seconds = await asyncio.gather(*(self._referee.run(*_focus(path, snapshot, job)) for path in sorted(focuses)))
        if not all(second.ran for second in seconds):
            return findings
        return without_limits(findings, [finding for second in seconds for finding in second.findings])

    async def _once(self, job: _Job, timing: str) -> Outcome:
        settings = job.project.settings
        sarif = job.tool.path not in self._text_only
        try:
            done = await run(
                (*job.tool.argv, *arguments(job.project, job.sources, timing, sarif)),
                cwd=job.folder,
                env=job.tool.env,
                timeout=settings.verilator.timeout,
                memory_limit_mb=settings.memory_limit_mb,
            )
        except ToolMissing as error:
            return Outcome(NAME, Status.MISSING, message=f"Verilator: {error}; see the setting verilator.path.")
        if sarif and b"Invalid option: --diagnostics-sarif" in done.stderr:
            self._text_only.add(job.tool.path)
            return await self._once(job, timing)
        return read(done, job.folder / REPORT if sarif else None, job.sources, job.lines, settings)


def _focus(path: str, snapshot: Snapshot, job: _Job) -> tuple[Snapshot, Project]:
    """A file as the one that is looked at, in the job's project and with its unsaved text."""
    if path == snapshot.path:
        return snapshot, job.project
    others = (buffer for buffer in job.project.buffers if buffer.path != snapshot.path)
    buffers = (*others, snapshot) if snapshot.path else (*others,)
    # A file that Verilator met but the project does not list was included.
    headers = job.project.headers if path in job.project.files else (*job.project.headers, path)
    focus = replace(snapshot, uri=Path(path).absolute().as_uri(), path=path, text=job.lines.text(path))
    return focus, replace(job.project, buffers=buffers, headers=headers)


def arguments(project: Project, sources: Sources, timing: str, sarif: bool) -> tuple[str, ...]:
    """The command line of one lint run, without the program."""
    return (
        "--lint-only",
        *(("--diagnostics-sarif", "--diagnostics-sarif-output", REPORT) if sarif else ()),
        timing,
        # What other tools do by themselves; after the declared folders, so it cannot change what is found there.
        "--relative-includes",
        *WARNINGS,
        *SPEED,
        # Of a design with black boxes, slang tells which of the modules that are not there should be.
        *(() if project.declared and not project.missing else ("-Wno-MODMISSING",)),
        *project.settings.verilator.arguments,
        *(f"-I{folder}" for folder in sources.include_dirs),
        *(f"-D{define}" for define in project.defines),
        *(part for folder in sources.library_dirs for part in ("-y", folder)),
        *(("+libext+" + "+".join(project.library_extensions),) if sources.library_dirs else ()),
        *(("--top-module", project.top[0]) if len(project.top) == 1 and sources.listed else ()),
        # Waivers by file name count only for what is read after them.
        *project.waivers,
        *(part for file in sources.library_files for part in ("-v", file)),
        *sources.files,
    )


def read(
    done: Completed, report: Path | None, sources: Sources, lines: SourceLines, settings: VerifierSettings
) -> Outcome:
    """What a finished run says. A run that ended badly and said nothing of the code is a failure of the tool."""
    if done.timed_out:
        limit = settings.verilator.timeout
        return _failed(Status.TIMED_OUT, f"gave no answer in {limit:g} s (setting verilator.timeout)")
    if report is not None and done.returncode == 0 and not report.exists():
        return _failed(Status.CRASHED, "ended well but wrote no report: is what verilator.path names a Verilator?")
    findings, garbled = _reported(done, report, verilator_sarif.Names(sources.originals, lines))
    complaint = next((finding for finding in findings if NO_FILE.match(finding.path)), None)
    findings = tuple(finding for finding in findings if not NO_FILE.match(finding.path))
    if done.returncode == 0 or findings:
        # Ended by a signal, it had not seen everything.
        return Outcome(NAME, findings=findings, complete=done.returncode >= 0)
    if complaint is not None and complaint.message.startswith(NOTHING_THERE):
        return Outcome(NAME, message="no module to check with Verilator", complete=False)
    if complaint is not None:
        return _failed(Status.CRASHED, f"could not run: {complaint.message}")
    if garbled:
        return _failed(Status.CRASHED, f"wrote {garbled}")
    said = done.stderr.decode(errors="replace").strip().splitlines()
    return _failed(Status.CRASHED, f"{_end(done, settings)}: {said[-1] if said else 'it said nothing'}")


def _reported(done: Completed, report: Path | None, names: verilator_sarif.Names) -> tuple[tuple[Finding, ...], str]:
    """The findings, and what is wrong with the report: then they are those of the text beside it.

    Verilator 5.48 crashes while it writes SARIF about a set of files without a module.
    """
    garbled = ""
    if report is not None and report.exists():
        try:
            return verilator_sarif.parse(report.read_bytes(), names), ""
        except verilator_sarif.GarbledOutput as error:
            garbled = str(error)
    return verilator_text.parse(done.stderr, names), garbled


def _end(done: Completed, settings: VerifierSettings) -> str:
    if done.overflowed:
        return "wrote more than 64 MiB of output"
    if b"bad_alloc" in done.stderr or b"out of memory" in done.stderr.lower():
        return f"ran out of its {settings.memory_limit_mb} MiB (setting memory_limit_mb)"
    return exit_reason(done.returncode)


def _failed(status: Status, what: str) -> Outcome:
    return Outcome(NAME, status, message=f"Verilator {what}.")
