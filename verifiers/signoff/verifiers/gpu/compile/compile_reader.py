"""What one run of nvcc said, as findings: the front end's, the host compiler's and those of ptxas."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from signoff.verifiers.finding import Category, Finding, Severity, Span
from signoff.verifiers.gpu.compile import cudafe_text, ptxas
from signoff.verifiers.gpu.compile.compile_job import Job, find_kernel, unknown_macro
from signoff.verifiers.gpu.compile.conditionals import conditional
from signoff.verifiers.gpu.compile.front_end import Placer
from signoff.verifiers.gpu.compile.mangled import kernel_name
from signoff.verifiers.gpu.facts import KernelCost
from signoff.verifiers.gpu.hardware.targets import listed
from signoff.verifiers.project import Project
from signoff.verifiers.text import LineIndex

INCOMPLETE = "IncompleteProject"
# What flags that nobody has declared would cure.
LACKING = frozenset(("MissingInclude", "ErrorDirective"))
SPILLS = "Spills"
WORD = re.compile(r"[A-Za-z_]\w*")
UNDEFINED = re.compile(r'identifier "([A-Za-z_]\w*)" is undefined')
# Template arguments longer than this say nothing to a reader.
LONGEST_NAME = 120
MISSING_INCLUDE = re.compile(r"(?:fatal error: )?'?([^':]+?)'?(?:: No such file or directory| file not found)")
HOST_MISSING = re.compile(
    r"Failed to preprocess host compiler properties|Cannot find compiler|host compiler targets unsupported"
    r"|(?:gcc|g\+\+|clang\+*|cc1plus|cl\.exe|cl)['\"]?: .*(?:No such file|not found)"
    r"|#error -- unsupported|error: unsupported (?:GNU|clang|Microsoft)"
)
FATAL = re.compile(r"nvcc (?:fatal|error) *: *(.*)")


@dataclass(frozen=True, slots=True)
class Reading:
    """One run read: findings, what kernels take, and what only a second run with -lineinfo can place."""

    findings: tuple[Finding, ...] = ()
    costs: tuple[KernelCost, ...] = ()
    complaints: tuple[ptxas.Complaint, ...] = ()
    failure: str = ""
    host_missing: bool = False

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that are errors."""
        return tuple(finding for finding in self.findings if finding.severity is Severity.ERROR)


def read(work: Job, project: Project, output: str, failed: bool, tool: str = "nvcc") -> Reading:
    """What a run's standard error says. `failed`: the run ended with an error."""
    diagnostics = cudafe_text.diagnostics(output)
    placer = Placer(tool, work.main, lambda path: is_mine(work, project, path), work.text_of)
    hostile = all("#error -- unsupported" in one.message for one in diagnostics)
    if failed and hostile and HOST_MISSING.search(output):
        return Reading(failure=_last(output), host_missing=True)
    complaints = ptxas.complaints(output)
    findings = placer.findings(diagnostics)
    bad = Severity.ERROR in {*(one.severity for one in findings), *(one.severity for one in complaints)}
    return Reading(findings, ptxas.costs(output), complaints, _last(output) if failed and not bad else "")


def is_mine(work: Job, project: Project, path: str) -> bool:
    """Whether a file is the user's: the unit itself, an open document, or one below the project's root."""
    if path == work.main or path in work.files.texts:
        return True
    if any(PurePath(path).is_relative_to(folder) for folder in work.unit.system_include_dirs):
        return False
    return bool(project.root) and PurePath(path).is_relative_to(project.root) and Path(path).is_file()


def _last(output: str) -> str:
    """The driver's own last words."""
    told = [match[1] for line in output.splitlines() if (match := FATAL.search(line))]
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return (told or lines or ["it said nothing"])[-1]


def incomplete(work: Job, findings: Sequence[Finding]) -> tuple[tuple[Finding, ...], bool]:
    """For a unit whose flags were guessed: a missing include is no error of the user's, and nothing after it counts.

    Returns the findings to show and whether they are all there is.
    """
    lacking = [one for one in findings if one.code in LACKING or unknown_macro(work, one.message) or _chosen(work, one)]
    if not lacking:
        return tuple(findings), True
    first = lacking[0]
    match = MISSING_INCLUDE.search(first.message)
    macro = unknown_macro(work, first.message) or _chosen(work, first)
    what = f"include file {match[1]}" if match else f"macro {macro}" if macro else first.message
    message = (
        f"Not found with the flags that are known: {what}. What depends on it is not checked here. "
        "Declare the unit's flags in compile_commands.json or signoff.toml for a full check."
        if match or macro
        else f"The flags that are known do not suit this file ({what}): it is not checked further. "
        "Declare the unit's flags in compile_commands.json or signoff.toml for a full check."
    )
    told = replace(first, code=INCOMPLETE, severity=Severity.INFORMATION, category=Category.OTHER, message=message)
    return (told,), False


def _chosen(work: Job, finding: Finding) -> str:
    """The macro that brings in a name called undefined, where a condition chooses its body; "" for none.

    A flag that nobody has declared (-DNO_ERR_CHK) may choose another body.
    """
    match = UNDEFINED.match(finding.message)
    text = work.text_of(finding.path) if match else ""
    words = set(WORD.findall(LineIndex(text).line(finding.span.start_line))) if text else set()
    if match is None or match[1] in words:
        return ""
    chosen = (name for one in work.found.values() for name in _chosen_macros(one.encode("utf-8", "replace"), match[1]))
    return next((name for name in chosen if name in words), "")


def _chosen_macros(data: bytes, name: str) -> Iterator[str]:
    """The macros with `name` in their body that are defined under a condition."""
    pattern = re.compile(
        rb"^[ \t]*#[ \t]*define[ \t]+(\w+)(?:[^\n]|\\\r?\n)*?\b%s\b" % re.escape(name.encode()), re.MULTILINE
    )
    stretches = conditional(data)
    for match in pattern.finditer(data):
        if any(start <= match.start() < end for start, end in stretches):
            yield match[1].decode()


def complaint_findings(
    work: Job, found: Iterable[ptxas.Complaint], ptx: Mapping[str, str] | None = None
) -> tuple[Finding, ...]:
    """ptxas' messages in the user's files: at the line that the PTX text names, else at the kernel's name.

    `ptx` holds PTX texts by file name, each made in the run that said these messages.
    """
    findings = (_complaint(work, one, (ptx or {}).get(PurePath(one.file).name, "")) for one in found)
    return tuple(dict.fromkeys(findings))


def _complaint(work: Job, complaint: ptxas.Complaint, ptx: str) -> Finding:
    origin = ptxas.place(ptx, complaint.line) if ptx and complaint.line else ptxas.Place()
    name = kernel_name(complaint.symbol or origin.symbol).bare if complaint.symbol or origin.symbol else ""
    if origin.line and (origin.file in work.found or origin.file in work.files.texts):
        path, span = origin.file, _line(work.text_of(origin.file), origin.line - 1)
    else:
        path, span = find_kernel(work, name)
    category = Category.SHARED_MEMORY if complaint.static_shared else Category.OTHER
    data: tuple[tuple[str, str], ...] = (("kernel", name),) if name else ()
    if complaint.static_shared:
        data += (("value", str(complaint.static_shared)), ("limit", str(complaint.limit)))
    return Finding(path, span, complaint.severity, complaint.code, complaint.message, "ptxas", category, data=data)


def _line(text: str, number: int) -> Span:
    line = LineIndex(text).line(number)
    start = len(line) - len(line.lstrip())
    return Span(number, start, number, max(len(line.rstrip()), start))


def spill_findings(work: Job, costs: Sequence[KernelCost]) -> tuple[Finding, ...]:
    """One line a kernel that spills registers, about the instance and architecture where it spills most.

    A kernel that the toolkit's own libraries bring is nobody's here to mend.
    """
    worst: dict[str, list[KernelCost]] = {}
    for cost in costs:
        if cost.spill_stores or cost.spill_loads:
            worst.setdefault(cost.kernel, []).append(cost)
    written = {word for text in work.found.values() for word in WORD.findall(text)} if worst else set()
    return tuple(_spills(work, spilling) for name, spilling in worst.items() if name in written)


def _spills(work: Job, spilling: Sequence[KernelCost]) -> Finding:
    cost = max(spilling, key=lambda one: (one.spill_stores + one.spill_loads, one.instance, one.architecture))
    where = tuple(dict.fromkeys(one.architecture for one in spilling))
    path, span = find_kernel(work, cost.kernel)
    name = cost.instance if 0 < len(cost.instance) <= LONGEST_NAME else cost.kernel
    message = (
        f"Kernel '{name}' spills registers to local memory on {listed(where)}: "
        f"{cost.spill_stores} bytes of stores and {cost.spill_loads} of loads a thread, with {cost.registers} registers"
    )
    data = (
        ("kernel", cost.kernel),
        ("registers", str(cost.registers)),
        ("value", str(cost.spill_stores + cost.spill_loads)),
        ("architectures", " ".join(where)),
    )
    return Finding(path, span, Severity.INFORMATION, SPILLS, message, "ptxas", Category.REGISTERS, data=data)
