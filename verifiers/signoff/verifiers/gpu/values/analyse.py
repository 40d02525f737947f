"""From the text of a CUDA document to facts: its kernels and launches, as far as they are certain."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tree_sitter import Node

from signoff.verifiers.gpu.facts import UnitFacts
from signoff.verifiers.gpu.values.budget import Budget
from signoff.verifiers.gpu.values.evaluate import Evaluator
from signoff.verifiers.gpu.values.kernels import kernels
from signoff.verifiers.gpu.values.launches import launches
from signoff.verifiers.gpu.values.memo import Memo
from signoff.verifiers.gpu.values.optin import OptIns
from signoff.verifiers.gpu.values.unit import Include, Unit


@dataclass(eq=False, slots=True)
class Analysis:
    """What was found, and what hints need to look further: the tree, the bytes it is of, and the evaluator."""

    facts: UnitFacts
    evaluator: Evaluator
    _memo: Memo

    @property
    def unit(self) -> Unit:
        """The document and its headers."""
        return self.evaluator.unit

    @property
    def memo(self) -> Memo:
        """For more results: what is kept of the document, where this is the latest state of it."""
        if self._memo.unit is not self.unit:
            self._memo = Memo()
            self._memo.begin(self.unit, Budget())
        return self._memo

    @property
    def root(self) -> Node:
        """The document's syntax tree; nodes have the document's byte offsets."""
        return self.evaluator.unit.main.source.root

    @property
    def source(self) -> bytes:
        """What was parsed: the document in UTF-8, with what is not compiled blanked."""
        return self.evaluator.unit.main.source.data


def analyse(
    text: str,
    path: str,
    *,
    defines: Iterable[str] = (),
    undefines: Iterable[str] = (),
    include: Include | None = None,
    memo: Memo | None = None,
) -> Analysis:
    """The facts of a CUDA document. `include` finds the project's headers; what it does not find is not known.

    `memo` holds what was found in an earlier text of the same document, with the same macros and folders.
    """
    memo = memo or Memo()
    with _without_collections():
        return _analyse(Unit(text, path, defines, undefines, include, memo.latest), memo)


@contextmanager
def _without_collections() -> Iterator[None]:
    """Of all that is made, little is garbage: to look for it took two thirds of the time of a large file."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _analyse(unit: Unit, memo: Memo) -> Analysis:
    budget = Budget()
    memo.begin(unit, budget)
    found = kernels(memo)
    reader = OptIns(memo, found)
    launched = tuple(reader.completed(launch, callee) for launch, callee in launches(memo))
    memo.end()
    truncated = unit.truncated or ("" if all(one.evaluated for one in launched) else "too much to evaluate")
    return Analysis(UnitFacts(found, launched, truncated), Evaluator(unit, budget.part()), memo)
