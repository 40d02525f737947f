"""Who judges a candidate in which language, which of its findings refuse it, and what a judge has not looked at."""

from __future__ import annotations

import re
from collections.abc import Sequence

from signoff.completion import nesting
from signoff.completion.context import Hole
from signoff.verifiers.finding import Category, Finding, Outcome, Severity
from signoff.verifiers.gpu.triton.triton_findings import concerned
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.verifier import Verifier

# Checks of ours look at launches and registers only: they can refuse a text, but never vouch for it alone.
PARTIAL = {"launch": "checks launches only", "part": "checks what the microcontroller is asked for only"}
# What another line may still mend is no fault of a line: an enabled clock, a handler, a barrier.
MENDED_LATER = frozenset(
    {
        Category.CLOCK_ENABLE, Category.VECTOR_TABLE, Category.INTERRUPT, Category.SHARED_DATA, Category.LAUNCH_ERROR,
        Category.SYNCHRONIZATION, Category.LINK, Category.REGISTERS,
    }
)  # fmt: skip
# gcc's warnings that later releases have made errors, or that no later line can mend. Others (a variable that is not
# used, a function that does not return yet) are the rule while a function is being written.
WRONG_C = frozenset(
    {
        "implicit-function-declaration", "implicit-int", "int-conversion", "incompatible-pointer-types",
        "return-mismatch", "declaration-missing-parameter-type", "format", "format=", "format-extra-args",
        "format-overflow", "array-bounds", "array-bounds=", "div-by-zero", "overflow", "shift-count-overflow",
        "shift-count-negative", "return-local-addr", "sizeof-pointer-memaccess", "sizeof-pointer-div", "nonnull",
        "stringop-overflow", "memset-elt-size", "memset-transposed-args", "address", "tautological-compare",
        "unused-value", "statement-without-effect", "uninitialized", "builtin-declaration-mismatch",
    }
)  # fmt: skip
NVRTC, FRONT = "nvrtc", "nvcc front end"
_DEVICE = re.compile(r"\b__(?:global|device)__\b")
_FUNCTION_END = re.compile(r"^\}", re.MULTILINE)
_DEF = re.compile(r"^([ \t]*)(?:async[ \t]+)?def\b", re.MULTILINE)


def usual(before: Outcome) -> frozenset[str]:
    """The codes of the warnings that the document has already: its author lives with them."""
    return frozenset(one.code for one in before.findings if one.severity is not Severity.ERROR)


def refuses(finding: Finding, language: str, usual: frozenset[str] = frozenset()) -> bool:
    """Whether a candidate that brings this finding is refused. Hints never refuse, nor do `usual` warnings."""
    if finding.category in MENDED_LATER:
        return False
    if finding.severity is Severity.ERROR:
        return True
    if finding.severity is not Severity.WARNING:
        return False
    if finding.code in usual and finding.tool != "signoff":
        return False
    if language in nesting.VERILOG:
        return True
    return finding.code.removeprefix("-W").removeprefix("W") in WRONG_C or finding.tool == "signoff"


def concerned_with(verifier: Verifier, snapshot: Snapshot) -> bool:
    """Whether a verifier has anything to look at in the document at all."""
    if snapshot.language not in verifier.languages:
        return False
    if snapshot.language not in nesting.PYTHON:
        return True
    if verifier.name in ("launch", NVRTC, FRONT):
        from signoff.verifiers.gpu.strings import embedded

        return bool(embedded.units(snapshot))
    return verifier.name != "triton" or concerned(snapshot.text)


def passed_over(verifier: Verifier, outcome: Outcome, hole: Hole, lines: tuple[int, int]) -> str:
    """Why a verifier that ran has not looked at the candidate's lines; "" where it has."""
    if verifier.name == NVRTC and _overlap(outcome.facts.get("left_out"), lines):
        return "compiles no host code"
    if verifier.name == NVRTC and hole.language in nesting.PYTHON:
        return "looks at CUDA in strings only"
    if verifier.name == "triton" and not in_kernel(hole):
        return "looks at kernels only"
    return ""


def turns(verifiers: Sequence[Verifier], hole: Hole) -> tuple[list[Verifier], list[Verifier]]:
    """(who is asked first, who is asked only where none of them could vouch for the text).

    NVRTC judges device code and is the quicker one there; nvcc's front end judges all of a CUDA file.
    """
    names = {row.name for row in verifiers}
    if not {NVRTC, FRONT} <= names:
        return list(verifiers), []
    last = FRONT if in_device_code(hole) else NVRTC
    return [row for row in verifiers if row.name != last], [row for row in verifiers if row.name == last]


def in_device_code(hole: Hole) -> bool:
    """Whether the cursor is in a function for the device, by the text since the function before it."""
    text = hole.prefix[-20_000:]
    return _DEVICE.search(text, max((match.end() for match in _FUNCTION_END.finditer(text)), default=0)) is not None


def _overlap(stretches: object, lines: tuple[int, int]) -> bool:
    rows = stretches if isinstance(stretches, (tuple, list)) else ()
    return any(first <= lines[1] and lines[0] <= last for first, last in rows)


def in_kernel(hole: Hole) -> bool:
    """Whether the cursor is in a function that @triton.jit compiles."""
    text = hole.prefix[-60_000:]
    column = len(hole.line_prefix) - len(hole.line_prefix.lstrip(" \t"))
    for match in reversed(list(_DEF.finditer(text))):
        indent = len(match[1])
        if indent < max(column, 1) or not hole.line_prefix.strip():
            return _decorated(text[: match.start()])
    return False


def _decorated(before: str) -> bool:
    found = []
    for line in reversed(before.rstrip("\n").split("\n")):
        if not line.strip() or re.match(r"\s*(?:def|class|import|from|return)\b", line):
            break
        found.append(line)
    return any(re.search(r"@.*\bjit\b", line) for line in found)


def stands(verifiers: Sequence[Verifier], names: Sequence[str]) -> bool:
    """Whether one of the named verifiers vouches for a text, not only for a part of what it says."""
    return any(row.name in names and row.name not in PARTIAL for row in verifiers)
