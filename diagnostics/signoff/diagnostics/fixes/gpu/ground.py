"""What a rule for GPU code stands on: one finding, the facts about its launch and kernel, and the text as tokens."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from signoff.diagnostics.fixes.candidate import FixCandidate, replacement
from signoff.diagnostics.fixes.gpu.tokens import CudaSource, definitions, source
from signoff.diagnostics.fixes.source import Token
from signoff.verifiers.finding import Finding, Outcome, Span
from signoff.verifiers.gpu.facts import PYTHON, Kernel, Launch, UnitFacts
from signoff.verifiers.gpu.strings.embedded import units
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import Edit, LineIndex


@dataclass(frozen=True)
class Ground:
    """One finding in one state of a document. `unit` are the launch checks' facts of exactly this text."""

    finding: Finding
    snapshot: Snapshot
    project: Project
    index: LineIndex
    unit: UnitFacts

    @cached_property
    def src(self) -> CudaSource:
        """The tokens of the CUDA text; what lies around it in a Python document is left out, places are kept."""
        return source(cuda_text(self.snapshot, self.index, self.finding.span))

    @cached_property
    def data(self) -> dict[str, str]:
        """The finding's own arguments."""
        return dict(self.finding.data)

    def number(self, key: str) -> int | None:
        """One of them that is a number."""
        text = self.data.get(key, "")
        return int(text) if text.isdigit() else None

    @cached_property
    def launch(self) -> Launch | None:
        """The launch that the finding is about."""
        of_kernel = [one for one in self.unit.launches if one.kernel == self.data.get("kernel", one.kernel)]
        return next((one for one in of_kernel if self.finding.span in _places(one)), None)

    def launches(self, kernel: str) -> tuple[Launch, ...]:
        """Every launch of a kernel; one that was evaluated for several call sites comes as often."""
        return tuple(one for one in self.unit.launches if one.kernel == kernel)

    def kernel(self, name: str) -> Kernel | None:
        """The kernel of that name where this document defines it, once and in one version; else None."""
        named = [one for one in self.unit.kernels if one.name == name]
        if len(named) != 1 or not named[0].defined or named[0].path not in ("", self.snapshot.path):
            return None
        return named[0] if definitions(self.src.text, name) == 1 else None

    def text(self, span: Span) -> str:
        """The text of a span."""
        start, end = self.index.offsets(span)
        return self.src.text[start:end]

    def range(self, span: Span) -> range:
        """The indices of the tokens inside a span."""
        start, end = self.index.offsets(span)
        return range(self.src.from_(start), self.src.before(end) + 1)

    def tokens(self, span: Span) -> list[Token]:
        """The tokens inside a span."""
        inside = self.range(span)
        return self.src.tokens[inside.start : inside.stop]

    def replace(self, token: Token, text: str) -> Edit:
        """The edit that puts `text` in place of a token."""
        return replacement(self.index, token.start, token.end, text)

    def insert(self, offset: int, text: str) -> Edit:
        """The edit that inserts `text` at an offset."""
        return replacement(self.index, offset, offset, text)

    def candidate(
        self, title: str, edits: Iterable[Edit], rule: str, replaces: Iterable[str] = (), behaviour: str = ""
    ) -> FixCandidate:
        """A candidate for this finding; edits in the order of the text, each once."""
        ordered = tuple(sorted(dict.fromkeys(edits), key=lambda edit: edit.span))
        return FixCandidate(title, ordered, rule, self.finding, behaviour, replaces=tuple(dict.fromkeys(replaces)))


def ground(
    finding: Finding, snapshot: Snapshot, project: Project, index: LineIndex, known: Mapping[str, Outcome]
) -> Ground:
    """The ground for a finding; without the launch checks' facts, one that knows no launch and no kernel."""
    outcome = known.get("launch")
    unit = outcome.facts.get("unit") if outcome is not None and outcome.ran else None
    return Ground(finding, snapshot, project, index, unit if isinstance(unit, UnitFacts) else UnitFacts())


def cuda_text(snapshot: Snapshot, index: LineIndex, span: Span) -> str:
    """The CUDA text that holds `span`, at its place in the document; "" where a Python string writes it in escapes."""
    if snapshot.language != PYTHON:
        return snapshot.text
    for unit in (each.bare or each for each in units(snapshot)):
        whole = LineIndex(unit.text).span(0, len(unit.text))
        start, end = index.offsets(unit.placed.span(whole))
        inside = unit.placed.span(whole)
        plain = snapshot.text[start:end].replace("\r\n", "\n") == unit.text
        if plain and inside.start_line <= span.start_line <= inside.end_line:
            before = snapshot.text[:start]
            return "".join(letter if letter in "\r\n" else " " for letter in before) + snapshot.text[start:end]
    return ""


def _places(launch: Launch) -> tuple[Span | None, ...]:
    raised = (launch.opt_in.span, launch.opt_in.bytes_span) if launch.opt_in else ()
    return (
        *(launch.span, launch.kernel_span, launch.grid_span, launch.block_span, launch.shared_span),
        *launch.axes,
        *raised,
    )
