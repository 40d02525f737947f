"""Who judges a candidate in which language, which of its findings refuse it, and what a judge has not looked at."""

from __future__ import annotations

import re
from collections.abc import Sequence

from signoff.completion import nesting
from signoff.completion.context import Hole
from signoff.verifiers.finding import Category, Finding, Outcome, Severity
from signoff.verifiers.gpu.facts import LINES_READ, WHOLE_FUNCTIONS
from signoff.verifiers.gpu.triton.triton_findings import concerned
from signoff.verifiers.mcu.facts import C_LANGUAGES, CALLED, GCC, GUESSED, MAY_BE_FLAGS, PART
from signoff.verifiers.project import Project
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
# A net that a name makes by itself is what a made-up name leads to, and a wire driven twice is never a habit.
IMPLICIT = "ImplicitNet"
ALWAYS = frozenset({IMPLICIT, "ConflictingDrivers", "PortDeclaredAgain"})
UNDECLARED = frozenset({IMPLICIT, "UndeclaredIdentifier", "TypoIdentifier"})
SHIFT = "ShiftCountOverflow"
NVRTC, FRONT = "nvrtc", "nvcc front end"
_LACKS = re.compile(r"undeclared|nknown type name|mplicit declaration of function")
_QUOTED = re.compile(r"'([A-Za-z_]\w*)'")
_WORD = re.compile(r"[A-Za-z_]\w*")
# "shift count of '32'd40' overflows 32-bit operand"
_DIGITS = r"(?:\d*'[sS]?([bodhBODH])\s*)?([0-9a-fA-F][0-9a-fA-F_]*)"
_COUNT = re.compile(rf"shift count of '{_DIGITS}'")
_SHIFT = re.compile(rf"(?:<<<?|>>>?)[\s(]*{_DIGITS}\b(?!\s*[-+*/%'])")
_JIT = re.compile(r"\s*@(?:triton\.jit|jit|tl\.jit)\b")
_DEF = re.compile(r"^([ \t]*)(?:async[ \t]+)?def\b", re.MULTILINE)


def usual(before: Outcome) -> frozenset[str]:
    """The codes of the warnings that the document has already: its author lives with them."""
    return frozenset(one.code for one in before.findings if one.severity is not Severity.ERROR) - ALWAYS


def named(before: Outcome) -> frozenset[str]:
    """The names without a declaration that the document uses already: a text that uses them has not made them up."""
    rows = (one for one in before.findings if one.code in UNDECLARED)
    return frozenset(name for one in rows for name in _QUOTED.findall(one.message))


def refuses(
    finding: Finding, language: str, usual: frozenset[str] = frozenset(), named: frozenset[str] = frozenset()
) -> bool:
    """Whether a candidate that brings this finding is refused. Hints never refuse, nor do `usual` warnings, nor nets
    that a name makes by itself where the document has it (`named`) already."""
    if finding.code == IMPLICIT and not named.isdisjoint(_QUOTED.findall(finding.message)):
        return False
    if finding.category in MENDED_LATER or "<error-type>" in finding.message:
        return False  # the latter follows from an error elsewhere
    if finding.severity is Severity.ERROR:
        return True
    if finding.severity is not Severity.WARNING:
        return False
    if finding.code in usual and finding.tool != "signoff":
        return False
    if language in nesting.VERILOG:
        return True
    return finding.code.removeprefix("-W").removeprefix("W") in WRONG_C or finding.tool == "signoff"


def about(finding: Finding, text: str, lines: tuple[int, int]) -> bool:
    """Whether a warning has to do with a candidate at all: it stands in its lines, or names what the candidate names.

    What slang's analysis finds out of a file comes and goes with what else it holds. A shift by what parameters make
    of it (`x >> (THREADS - n)`) is right for other values of theirs, or known to lead to zero.
    """
    if finding.code == SHIFT and not _shifts_by(finding.message, text):
        return False
    if finding.severity is Severity.ERROR or (
        finding.span.start_line <= lines[1] and lines[0] <= finding.span.end_line
    ):
        return True
    return not set(_QUOTED.findall(finding.message)).isdisjoint(_WORD.findall(text))


def _shifts_by(message: str, text: str) -> bool:
    """Whether a text shifts by the very number that a message names, as a number and nothing more."""
    count = _COUNT.search(message)
    return count is not None and _number(count) in map(_number, _SHIFT.finditer(text))


def _number(match: re.Match[str]) -> int:
    """The value of a Verilog number, in groups 1 (its base) and 2 (its digits); -1 where it is none."""
    try:
        return int(match[2], {"b": 2, "o": 8, "h": 16}.get((match[1] or "d").lower(), 10))
    except ValueError:
        return -1


def concerned_with(verifier: Verifier, snapshot: Snapshot, project: Project) -> bool:
    """Whether a verifier has anything to look at in the document at all."""
    if snapshot.language not in verifier.languages:
        return False
    if snapshot.language in C_LANGUAGES and verifier.name in (PART, GCC, GUESSED):
        return (project.image is None) == (verifier.name == GUESSED)
    if snapshot.language not in nesting.PYTHON:
        return True
    if verifier.name in ("launch", NVRTC, FRONT):
        from signoff.verifiers.gpu.strings import embedded

        return bool(embedded.units(snapshot))
    return verifier.name != "triton" or concerned(snapshot.text)


def judged(verifier: Verifier, outcome: Outcome) -> bool:
    """Whether a run may say something of the hole: of a file's kernels Triton may judge some (see probe.py), and nvcc's
    front end those functions of an incomplete unit that need nothing of what it lacks."""
    return outcome.judged or (outcome.ran and (verifier.name == "triton" or lacks(outcome)))


def passed_over(verifier: Verifier, outcome: Outcome, hole: Hole, lines: tuple[int, int], refused: bool) -> str:
    """Why a verifier that ran has not looked at the candidate's lines; "" where it has."""
    if lacks(outcome):
        return "" if refused or _within(outcome.facts[WHOLE_FUNCTIONS], lines) else outcome.message
    if verifier.name == NVRTC and _overlap(outcome.facts.get("left_out"), lines):
        return "compiles no host code"
    if verifier.name == NVRTC and hole.language in nesting.PYTHON:
        return "looks at CUDA in strings only"
    if verifier.name == "triton" and not in_kernel(hole) and not refused:
        return "looks at kernels and launches only"
    return ""


def called(verifier: Verifier, outcome: Outcome) -> str:
    """What a verifier that has accepted a text is called in the verdict."""
    return str(outcome.facts.get(CALLED, verifier.name))


def certain(fresh: Sequence[Finding], before: Outcome) -> tuple[tuple[Finding, ...], str]:
    """(those of a text's new findings that refuse it, why the others say nothing of it).

    Where the flags of a build are guessed, a macro in capitals may be one of theirs, and so may a name that the
    document uses elsewhere and that is not known there either.
    """
    lacking = {name for one in before.findings if one.code == MAY_BE_FLAGS or is_unknown(one) for name in named_in(one)}
    doubted = [
        one for one in fresh if one.code == MAY_BE_FLAGS or (is_unknown(one) and not lacking.isdisjoint(named_in(one)))
    ]
    why = f"{doubted[0].message}: what may be missing is a flag of the build" if doubted else ""
    return tuple(one for one in fresh if one not in doubted), why


def lacks(outcome: Outcome) -> bool:
    """Whether a CUDA unit lacks headers or flags, so that only some of its functions are judged."""
    return WHOLE_FUNCTIONS in outcome.facts


def sure(fresh: Sequence[Finding], before: Outcome, line: int) -> tuple[tuple[Finding, ...], str]:
    """certain() for such a unit and a cursor in `line`: only what breaks the grammar and nothing else is wrong for
    certain, and only in a function that needed nothing of what is missing."""
    whole = _within(before.facts.get(WHOLE_FUNCTIONS), (line, line))
    doubted = next((one for one in fresh if not whole or one.category is not Category.GPU_SYNTAX), None)
    return ((), f"{doubted.message}: it may come of what is not there") if doubted is not None else (tuple(fresh), "")


def is_unknown(finding: Finding) -> bool:
    """Whether a finding of a C compiler is that it does not know a name."""
    return finding.severity is Severity.ERROR and _LACKS.search(finding.message) is not None


def named_in(finding: Finding) -> list[str]:
    """The names that a finding quotes."""
    return _QUOTED.findall(finding.message)


def tells_lines(outcome: Outcome, lines: tuple[int, int]) -> bool:
    """Whether a verifier tells that it has read the candidate's lines, so that it need not be probed."""
    read = outcome.facts.get(LINES_READ)
    return isinstance(read, tuple) and any(lines[0] <= line <= lines[1] for line in read)


def turns(verifiers: Sequence[Verifier], hole: Hole) -> tuple[list[Verifier], list[Verifier]]:
    """(who is asked first, who is asked only where none of them could vouch for the text).

    nvcc's front end judges all of a CUDA file, and has read its headers by then; NVRTC judges device code.
    """
    late = FRONT in {row.name for row in verifiers}
    last = [row for row in verifiers if late and row.name == NVRTC]
    return [row for row in verifiers if row not in last], last


def _overlap(stretches: object, lines: tuple[int, int]) -> bool:
    rows = stretches if isinstance(stretches, (tuple, list)) else ()
    return any(first <= lines[1] and lines[0] <= last for first, last in rows)


def _within(stretches: object, lines: tuple[int, int]) -> bool:
    rows = stretches if isinstance(stretches, (tuple, list)) else ()
    return any(first <= lines[0] and lines[1] <= last for first, last in rows)


def in_kernel(hole: Hole) -> bool:
    """Whether the cursor is in a function that Triton compiles."""
    text = hole.prefix[-60_000:]
    before = hole.line_prefix
    column = len(before) - len(before.lstrip(" \t"))
    for match in reversed(list(_DEF.finditer(text))):
        own_line = match.start() >= len(text) - len(before)
        if own_line or len(match[1]) < max(column, 1):
            return _decorated(text[: match.start()])
    return False


def _decorated(before: str) -> bool:
    """Whether the lines right above a function say that Triton is to compile it."""
    for line in reversed(before.rstrip("\n").split("\n")):
        if not line.strip() or re.match(r"\s*(?:def|class|import|from|return)\b", line):
            return False
        if _JIT.match(line):
            return True
    return False


def short_of(name: str, verifiers: Sequence[Verifier], hole: Hole) -> str:
    """Why the verifier's consent is not enough for a text to be called verified; "" where it is."""
    if name == "pyflakes" and any(row.name == "triton" for row in verifiers) and in_kernel(hole):
        return "knows names only, and in a kernel that is not enough"
    return PARTIAL.get(name, "")
