"""Candidates for a branch that is switched off, judged with it on: what that may say of them, and what it may not."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from signoff.completion import judges
from signoff.completion.branches import Switched
from signoff.completion.check import Checker
from signoff.completion.runs import Runs
from signoff.verifiers.finding import Finding, Outcome, Severity
from signoff.verifiers.verifier import Verifier

UNFIT = "a condition leaves this place out, and with {} the file does not compile"
LACKING = "a condition leaves this place out, and with {} '{}' may be declared"
BY_VALUE = "a condition leaves this place out, and with {} a width or a value need not be as it is"
# What slang says of letters and names, whatever the values of parameters are.
_OF_NAMES = re.compile(r"Expected|Unknown|Undeclared|Typo|Implicit|Redefinition|.*DoesNotExist\Z|Unfinished")
_WORD = re.compile(r"[A-Za-z_]\w*")


class SwitchedChecker(Checker):
    """The checker of `made`, beside the `plain` one of the document as it stands."""

    def __init__(
        self, made: Switched, plain: Checker, verifiers: Sequence[Verifier], *, runs: Runs, eager: bool
    ) -> None:
        super().__init__(verifiers, made.snapshot, made.project, made.hole, runs=runs, eager=eager)
        self._plain = plain
        self._under = made.words
        self._assumed = made.assumed

    def _on(self) -> Checker | None:
        return None

    async def _doubt(
        self, row: Verifier, runs: tuple[Outcome, Outcome], fresh: tuple[Finding, ...], text: str, deadline: float
    ) -> tuple[tuple[Finding, ...], str]:
        fresh, doubt = await super()._doubt(row, runs, fresh, text, deadline)
        if doubt:
            return fresh, doubt
        if await self._is_unfit(row, runs, text, deadline):
            return (), UNFIT.format(", ".join(self._under))
        if self._assumed and fresh and not any(_OF_NAMES.match(one.code) for one in fresh):
            return (), BY_VALUE.format(", ".join(self._under))
        sure = tuple(one for one in fresh if not self._may_be_declared(one, text))
        if sure or not fresh:
            return sure, ""
        return (), LACKING.format(", ".join(self._under), (judges.named_in(fresh[0]) or [fresh[0].message])[0])

    async def _is_unfit(self, row: Verifier, runs: tuple[Outcome, Outcome], text: str, deadline: float) -> bool:
        """Whether the document does not compile with the branch on, whatever is in the hole: for another machine, or
        without what else the branch needs. `runs` are those without and with the text."""
        before, after = runs
        if judges.lacks(after):
            return False  # it is told of each function whether it needs what is missing
        if not any(one.severity is Severity.ERROR for one in before.findings):
            return False
        usual = await self._plain._before(row, after, deadline)
        if usual is None:
            return True
        left = Counter(self._splice.new(usual, after, text)) - Counter(self._splice.new(before, after, text))
        left -= Counter(self._splice.unmended(before, after, text))  # those are the hole's own
        return any(one.severity is Severity.ERROR for one in left)

    def _may_be_declared(self, finding: Finding, text: str) -> bool:
        """Whether a name is unknown that only what else the branch goes with may declare: the document uses it
        elsewhere, or a macro of the text does."""
        names = judges.named_in(finding) if judges.is_unknown(finding) else []
        if not names:
            return False
        words = set(_WORD.findall(text))
        around = self._hole.prefix, self._hole.suffix
        return words.isdisjoint(names) or any(re.search(rf"\b{name}\b", part) for name in names[:1] for part in around)
