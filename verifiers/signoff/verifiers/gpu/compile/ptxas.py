"""What ptxas prints: what each kernel takes, and what is wrong with it. Pure; tested against golden samples.

ptxas knows no source lines. Its complaints name a kernel, or a line of the PTX text that nvcc made: from that text the
kernel follows and, where it was made with -lineinfo, the line of the user's file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from signoff.verifiers.finding import Severity
from signoff.verifiers.gpu.compile.mangled import kernel_name
from signoff.verifiers.gpu.facts import KernelCost

COMPILING = re.compile(r"Compiling entry function '([^']+)' for '([^']+)'")
PROPERTIES = re.compile(r"Function properties for '?([^']+?)'?$")
FRAME = re.compile(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads")
REGISTERS = re.compile(r"Used (\d+) registers")
SHARED = re.compile(r"(\d+)(?:\+\d+)? bytes smem")
CONSTANT = re.compile(r"(\d+)(?:\+\d+)? bytes cmem\[0\]")
COMPLAINT = re.compile(
    r"ptxas (?:(?P<file>.*?), line (?P<line>\d+); )?(?P<kind>error|warning|fatal|info) *: (?P<text>.*)"
)
PERFORMANCE = re.compile(r"\((C\d+)\) (.*)")
NAMED = re.compile(r"'([A-Za-z_$][\w$.]*)'")
TOO_MUCH = re.compile(r"uses too much shared data \(0x([0-9a-f]+) bytes, 0x([0-9a-f]+) max\)")
# Said beside every error; of the costs, which are taken from elsewhere; or of options that nvcc passed on.
NOISE = re.compile(r"Ptx assembly aborted|Registers are spilled|Local memory used|Overriding maximum register limit")
ENTRY = re.compile(r"^\s*(?:\.(?:visible|weak|extern)\s+)*\.(?:entry|func)\b(?:\s*\([^)]*\))?\s*([\w$]+)")
LOCATION = re.compile(r"^\s*\.loc\s+(\d+)\s+(\d+)\s+(\d+)")
FILE = re.compile(r'^\s*\.file\s+(\d+)\s+"([^"]*)"')
# A kernel's PTX may be long, but what a complaint is about stands near the last .loc above it.
STATIC_SHARED = "StaticSharedMemory"
SEVERITIES = {"error": Severity.ERROR, "fatal": Severity.ERROR, "warning": Severity.WARNING}


@dataclass(frozen=True, slots=True)
class Complaint:
    """One message of ptxas. `symbol` is the mangled kernel ("" unknown), `line` (from 1) one of the PTX `file`.

    `static_shared` and `limit` are bytes, where a kernel's own shared memory is too much.
    """

    severity: Severity
    message: str
    code: str = "ptxas"
    symbol: str = ""
    line: int = 0
    static_shared: int = 0
    limit: int = 0
    file: str = ""


def costs(output: str) -> tuple[KernelCost, ...]:
    """What each kernel takes, from the output of `ptxas -v`; functions that are no kernels are left out."""
    return tuple(cost for cost in _costs(output.splitlines()) if cost.registers >= 0)


def _costs(lines: Iterable[str]) -> Iterator[KernelCost]:
    cost: KernelCost | None = None
    own = False
    for line in lines:
        if match := COMPILING.search(line):
            if cost is not None:
                yield cost
            name = kernel_name(match[1])
            cost = KernelCost(name.bare, match[2], -1, instance=name.instance, symbol=match[1])
        elif match := PROPERTIES.search(line):
            own = cost is not None and match[1] == cost.symbol
        elif cost is not None and own and (match := FRAME.search(line)):
            cost = replace(cost, stack=int(match[1]), spill_stores=int(match[2]), spill_loads=int(match[3]))
        elif cost is not None and (match := REGISTERS.search(line)):
            cost = replace(
                cost, registers=int(match[1]), static_shared=_sum(SHARED, line), constant=_sum(CONSTANT, line)
            )
    if cost is not None:
        yield cost


def _sum(pattern: re.Pattern[str], line: str) -> int:
    return sum(int(match[1]) for match in pattern.finditer(line))


def complaints(output: str) -> tuple[Complaint, ...]:
    """Errors, warnings and performance notes, each once; the notes are information."""
    found: dict[Complaint, None] = {}
    for line in output.splitlines():
        match = COMPLAINT.match(line.strip())
        if match is not None and not NOISE.search(match["text"]):
            complaint = _complaint(match)
            if complaint is not None:
                found[complaint] = None
    return tuple(found)


def _complaint(match: re.Match[str]) -> Complaint | None:
    text, number = match["text"].strip(), int(match["line"] or 0)
    note = PERFORMANCE.match(text)
    named = NAMED.search(text)
    symbol = named[1] if named and not number else ""
    if match["kind"] == "info":
        return Complaint(Severity.INFORMATION, _readable(note[2]), note[1], symbol) if note else None
    severity = SEVERITIES[match["kind"]]
    if shared := TOO_MUCH.search(text):
        size, limit = int(shared[1], 16), int(shared[2], 16)
        message = (
            f"Kernel '{kernel_name(symbol).instance}' has {size} bytes of static shared memory; {limit} is the limit"
        )
        return Complaint(severity, message, STATIC_SHARED, symbol, 0, size, limit)
    return Complaint(severity, _readable(text), "ptxas", symbol, number, file=match["file"] or "")


def _readable(text: str) -> str:
    """The message with the names of kernels as the user writes them."""
    return NAMED.sub(lambda match: f"'{kernel_name(match[1]).instance}'", text)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a line of PTX comes from: a kernel's or function's symbol, and a file's line (from 1; 0: not known)."""

    symbol: str = ""
    file: str = ""
    line: int = 0
    column: int = 0


def place(ptx: str, line: int) -> Place:
    """Where line `line` (from 1) of a PTX text comes from."""
    lines = ptx.splitlines()
    files = {match[1]: match[2] for text in lines if (match := FILE.match(text))}
    location: re.Match[str] | None = None
    for text in reversed(lines[:line]):
        entry = ENTRY.match(text)
        if entry is not None:
            file, row, column = location.groups() if location else ("", "0", "0")
            return Place(entry[1], files.get(file, ""), int(row), int(column))
        location = location or LOCATION.match(text)
    return Place()
