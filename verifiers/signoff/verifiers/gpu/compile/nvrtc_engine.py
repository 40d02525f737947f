"""NVRTC in its worker process: device code of the unsaved text, compiled until what it says is certain."""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from signoff.verifiers.finding import Finding, Severity
from signoff.verifiers.gpu.compile import compile_job, cudafe_text, gnu, letters, ptxas
from signoff.verifiers.gpu.compile.blank import Kind
from signoff.verifiers.gpu.compile.compile_job import Job
from signoff.verifiers.gpu.compile.compile_reader import complaint_findings, spill_findings
from signoff.verifiers.gpu.compile.cudafe_text import Diagnostic
from signoff.verifiers.gpu.compile.front_end import Placer
from signoff.verifiers.gpu.compile.nvrtc_library import Compiled, Library
from signoff.verifiers.gpu.compile.nvrtc_pch import Precompiled
from signoff.verifiers.gpu.compile.nvrtc_unit import MISSING, Unit
from signoff.verifiers.gpu.compile.some_targets import of_some
from signoff.verifiers.gpu.compile.toolkit import Nvrtc
from signoff.verifiers.gpu.compile.unit_files import MAX_FILES
from signoff.verifiers.gpu.facts import KernelCost
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot

TOOL = "nvrtc"
# file, line, message
_Key = tuple[str, int, str]
# What code asks which target it is compiled for.
TELLS_APART = "__CUDA_ARCH"
SYNTAX_ONLY = "--fdevice-syntax-only"
# Each round leaves out every declaration that was complained about in doubt; more come to light only by nesting.
ROUNDS = 6
# Together with what came before, a pause in typing still bears it; larger kernels get their costs from nvcc.
COST_SECONDS = 0.4
KEPT = 8
# Of the flags of nvcc, those that NVRTC knows too and that bear on what kernels take.
FLAGS = ("--use_fast_math", "-use_fast_math", "--maxrregcount", "-maxrregcount", "--fmad", "-fmad", "--ftz", "-ftz")
STANDARD = re.compile(r"(?:c|gnu)\+\+(03|11|14|17|2[0-9a-c])")
# An unknown dialect or target must not make an error: what the other one accepts is none.
SECOND = ("sm_100", "c++20")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the verifier gets: findings, costs (None: not looked at), and why not everything was seen ("" if it was)."""

    findings: tuple[Finding, ...] = ()
    costs: tuple[KernelCost, ...] = ()
    left_out: tuple[tuple[int, int], ...] = ()
    reason: str = ""


class NvrtcEngine:
    """The engine class of workers.py."""

    def __init__(self) -> None:
        self._libraries: dict[str, Library] = {}
        self._kept: OrderedDict[object, Answer] = OrderedDict()
        self._precompiled = Precompiled()

    def check(self, snapshot: Snapshot, project: Project, nvrtc: Nvrtc) -> Answer:
        """Compile the document's unit. Raises LibraryFault; NoUnit is told in the answer."""
        library = self._library(nvrtc.path)
        try:
            work = compile_job.job(snapshot, project)
        except compile_job.NoUnit as error:
            return Answer(reason=f"Not compiled with NVRTC: {error}.")
        key = (nvrtc, work.main, tuple(work.found.items()), work.unit, project.settings.cuda)
        if key not in self._kept:
            self._kept[key] = _Check(library, nvrtc, work, project, self._precompiled).answer()
        self._kept.move_to_end(key)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return self._kept[key]

    def _library(self, path: str) -> Library:
        if path not in self._libraries:
            self._libraries[path] = Library(path)
        return self._libraries[path]


class _Check:
    """One document's check."""

    def __init__(
        self, library: Library, nvrtc: Nvrtc, work: Job, project: Project, precompiled: Precompiled | None = None
    ) -> None:
        self.library = library
        self.precompiled = precompiled or Precompiled()
        self.nvrtc = nvrtc
        self.work = work
        self.project = project
        self.end = time.monotonic() + project.settings.nvrtc.timeout
        self.targets = compile_job.targets(project, library.architectures())
        self.unit = Unit(work, nvrtc.include_dirs)
        self.slowest = 0.0  # seconds that a front-end run took

    def answer(self) -> Answer:
        if len(self.work.found) >= MAX_FILES:
            return Answer(reason="The unit includes too many files for NVRTC.")
        found: tuple[Diagnostic, ...] = ()
        ended = False
        for _ in range(ROUNDS):
            compiled = self._compile(self.targets.names[0], self.work.unit.standard, SYNTAX_ONLY)
            found = self._read(compiled)
            lacking = self.unit.lacking(found)
            if lacking:
                return Answer(reason=f"Not compiled with NVRTC: {', '.join(lacking)} is not there for it.")
            if compiled.gave_up:
                return Answer(reason="NVRTC took too long.")
            if not self.unit.leave_out(found):
                ended = True
                break
        if not ended:
            return Answer(left_out=self.unit.left_out(), reason="NVRTC stumbles over this code time and again.")
        return self._told(found)

    def _told(self, found: tuple[Diagnostic, ...]) -> Answer:
        certain = list(self._certain(found, self.targets.names[0]))
        errors = _errors(found)
        findings, doubt = self._of_all_targets(certain, bool(errors))
        costs: tuple[KernelCost, ...] = ()
        # Machine code is made without precompiled headers: it takes at least as long again.
        if not errors and self.unit.whole and self.slowest < COST_SECONDS:
            costs, more = self._costs()
            findings += more
        doubt |= len(_errors(certain)) < len(errors) or not self.unit.whole
        reason = "Part of the device code needs what NVRTC does not have." if doubt else ""
        return Answer(findings, costs, self.unit.left_out(), reason)

    def _of_all_targets(self, certain: Sequence[Diagnostic], broken: bool) -> tuple[tuple[Finding, ...], bool]:
        """What is said for the first target and the others, and whether there is more, in doubt.

        They are looked at where something is wrong, and where the code tells them apart.
        """
        placer = Placer(TOOL, self.work.main, self.unit.mine, self.unit.text)
        said = {self.targets.names[0]: placer.findings(certain)}
        if not broken and not any(TELLS_APART in text for text in self.work.found.values()):
            return said[self.targets.names[0]], False
        known = {_key(one) for one in _errors(certain)}
        doubt = False
        for name in self.targets.names[1:]:
            compiled = self._compile(name, self.work.unit.standard, SYNTAX_ONLY)
            if compiled.gave_up:
                return of_some(said, tuple(said)), True
            found = self._read(compiled)
            sure = {_key(one) for one in self._certain(found, name)} | known
            errors = _errors(found)
            doubt |= not {_key(one) for one in errors} <= sure
            said[name] = placer.findings([one for one in errors if _key(one) in sure])
        return of_some(said, self.targets.names), doubt

    def _certain(self, found: tuple[Diagnostic, ...], target: str) -> Iterator[Diagnostic]:
        """What can be shown: a doubtful error ends it, as those after it may follow from it."""
        again = self._second(found, target)
        for one in found:
            sure = self.unit.certain(one)
            if one.severity is Severity.ERROR:
                if not sure or (again is not None and _key(one) not in again):
                    return
                yield one
            elif sure and MISSING not in one.message and self._inside(one):
                yield one

    def _inside(self, diagnostic: Diagnostic) -> bool:
        """Whether a warning is about statements: of a function that is only named, the host part may make use."""
        place = self.unit.region(diagnostic)
        if place is None or place[1].kind is not Kind.DEVICE or diagnostic.message.startswith("function "):
            return False
        before = place[0].data[: place[1].body].count(b"\n")
        return diagnostic.line - 1 >= before

    def _second(self, found: tuple[Diagnostic, ...], target: str) -> set[_Key] | None:
        """The errors under another target and dialect, where these were not declared; None where they were."""
        declared = self.work.unit.declared and self.targets.named
        if declared or not any(one.severity is Severity.ERROR for one in found):
            return None
        target = target if self.targets.named else SECOND[0]
        standard = self.work.unit.standard if self.work.unit.declared else SECOND[1]
        again = self._read(self._compile(target, standard, SYNTAX_ONLY))
        return {_key(one) for one in again}

    def _read(self, compiled: Compiled) -> tuple[Diagnostic, ...]:
        return cudafe_text.diagnostics(letters.told(compiled.log, self.unit.names))

    def _costs(self) -> tuple[tuple[KernelCost, ...], tuple[Finding, ...]]:
        """What kernels take, where that comes quickly."""
        costs: tuple[KernelCost, ...] = ()
        findings: tuple[Finding, ...] = ()
        end = time.monotonic() + COST_SECONDS
        for name in self.targets.names:
            left = end - time.monotonic()
            if left <= 0:
                break
            compiled = self._compile(name, self.work.unit.standard, "--ptxas-options=-v", seconds=left)
            if compiled.gave_up:
                break
            costs += tuple(map(self._named, ptxas.costs(compiled.log)))
            # What is not defined here may be in another unit. A kernel with a name of ours is left to nvcc.
            said = (one for one in ptxas.complaints(compiled.log) if one.static_shared and not self.unit.names)
            findings += complaint_findings(self.work, said)
        return costs, (*dict.fromkeys(findings), *spill_findings(self.work, costs))

    def _named(self, cost: KernelCost) -> KernelCost:
        kernel, instance = (letters.told(name, self.unit.names) for name in (cost.kernel, cost.instance))
        return replace(cost, kernel=kernel, instance=instance)

    def _compile(self, target: str, standard: str, *options: str, seconds: float | None = None) -> Compiled:
        text, headers = self.unit.served()
        left = max(self.end - time.monotonic(), 0.1) if seconds is None else seconds
        given = (f"-arch={target}", "-default-device", *self._flags(standard), *options)
        if seconds is not None:
            return self.library.compile(self.work.main, text, headers, given, left)
        start = time.monotonic()
        compiled = self.precompiled.compile(
            self.library, self.work.main, text, headers, given, tuple(self.unit.toolkit), left
        )
        self.slowest = max(self.slowest, time.monotonic() - start)
        return compiled

    def _flags(self, standard: str) -> Iterator[str]:
        unit = self.work.unit
        yield from gnu.OPTIONS
        # The newest that this NVRTC knows stands in for a newer one; "c99" and the like are none of its.
        if match := STANDARD.fullmatch(standard):
            yield f"-std={min(f'c++{match[1]}', SECOND[1])}"
        yield from (f"-I{folder}" for folder in (*unit.include_dirs, *unit.system_include_dirs))
        yield from (f"-I{folder}" for folder in self.nvrtc.include_dirs)
        yield from (f"-D{define}" for define in unit.defines)
        yield from (f"-U{name}" for name in unit.undefines)
        yield from (f"--pre-include={path}" for path in unit.forced_includes)
        flags = (*(unit.flags if self.project.trusted else ()), *self.project.settings.cuda.arguments)
        yield from (flag for flag in flags if flag.partition("=")[0] in FLAGS)


def _errors(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    return [one for one in found if one.severity is Severity.ERROR]


def _key(diagnostic: Diagnostic) -> _Key:
    return diagnostic.file, diagnostic.line, diagnostic.message
