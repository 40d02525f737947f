"""slang's own hints: what its messages and notes say should stand there. It names no edit, so each code has its own.

What slang takes a misspelt name for, and what it expected, are the matter of rules, which know more of the place
(spelling.py, punctuation.py); hints that only silence a warning are proposed only where they make the code clearer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.proposer import Fault
from signoff.diagnostics.fixes.tools.hints import Hints
from signoff.diagnostics.fixes.tools.remedy import Remedy
from signoff.verifiers.finding import Finding

TOOL = "slang"
MEANT = re.compile(r"did you mean '([^'\s]+)'")


class SlangHints(Hints):
    """What slang has said of the fault beside that it is one."""

    name = TOOL

    def hinted(self, fault: Fault) -> Iterator[FixCandidate]:
        """The candidates of all of slang's hints at the place of a fault."""
        remedy = Remedy(fault, TOOL)
        for finding in remedy.said(TOOL):
            hint = HINTS.get(finding.code)
            if hint is not None:
                yield from hint(remedy, finding)


def _access(remedy: Remedy, finding: Finding) -> Iterator[FixCandidate]:
    """`c.x` for `c::x`, and the other way round: slang names what stands there and what should."""
    data, number = dict(finding.data), remedy.spot(finding)
    if remedy.src.word(number) == data.get("arg0") and data.get("arg1"):
        yield remedy.candidate(finding.code, [remedy.swap(number, data["arg1"])])


def _package(remedy: Remedy, finding: Finding) -> Iterator[FixCandidate]:
    """`package.name` for `package::name`: slang stands at the dot."""
    number = remedy.spot(finding)
    if remedy.src.word(number) == "." and remedy.src.word(number - 1) == dict(finding.data).get("arg0"):
        yield remedy.candidate(finding.code, [remedy.swap(number, "::")])


def _brackets(remedy: Remedy, finding: Finding) -> Iterator[FixCandidate]:
    """An empty list of connections or arguments, which IEEE 1800 asks for where nothing is connected or handed over.

    slang stands at the name of a function, and behind that of an instance.
    """
    number = remedy.spot(finding)
    name = remedy.src.token(number if remedy.src.token(number).kind == "word" else number - 1)
    if name.kind == "word":
        yield remedy.candidate(finding.code, [remedy.insert(name.end, "()")])


def _noted(remedy: Remedy, finding: Finding) -> Iterator[FixCandidate]:
    """The name that a note says was meant."""
    number, wrong = remedy.spot(finding), dict(finding.data).get("arg0")
    for note in finding.related:
        match = MEANT.fullmatch(note.message.rstrip("?"))
        if match and remedy.src.word(number) == wrong:
            yield remedy.candidate(finding.code, [remedy.swap(number, match[1])])


Hint = Callable[[Remedy, Finding], Iterator[FixCandidate]]
HINTS: Mapping[str, Hint] = {
    "InvalidAccessDotColon": _access,
    "UndeclaredButFoundPackage": _package,
    "InstanceMissingParens": _brackets,
    "MissingInvocationParens": _brackets,
    "ChainedMethodParens": _brackets,
    "UnknownMember": _noted,
}
