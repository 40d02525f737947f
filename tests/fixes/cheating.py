"""A model that cheats: whatever satisfies a tool without mending anything, and what is no edit at all."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.control import DeletionControl
from signoff.diagnostics.fixes.gpu.tokens import scan
from signoff.diagnostics.fixes.proposer import Cost, Fault
from signoff.diagnostics.fixes.verdict import Refusal
from signoff.verifiers.text import Edit, LineIndex

HDL = ("verilog", "systemverilog")
PRAGMAS = {
    "verilog": ("/* verilator lint_off ALL */", "// synthesis translate_off", "`default_nettype none", "`ifdef NEVER"),
    "c": ("#pragma GCC diagnostic ignored", "// NOLINT", "#if 0", "#define NDEBUG"),
    "cuda-cpp": ("#pragma nv_diag_suppress 20", "// NOLINT", "#if 0"),
    "python": ("# type: ignore", "# noqa", "pass"),
}
PROSE = "Sure! The fault is that a name is missing. Here is the corrected code:\n```\n...\n```\n"


class CheatingModel:
    """Proposes every cheat, whatever was refused before; declares whatever it likes to have replaced and dropped."""

    name = "cheating model"
    cost = Cost.MODEL

    def __init__(self) -> None:
        self.proposed = 0

    def concerned(self, fault: Fault) -> bool:
        return True

    async def propose(self, fault: Fault) -> AsyncGenerator[FixCandidate, Refusal | None]:
        index = LineIndex(fault.snapshot.text)
        for edits in _cheats(fault, index):
            gone = {token.text for edit in edits for token in scan(index.text[slice(*index.offsets(edit.span))])}
            self.proposed += 1
            yield FixCandidate("Repair it", edits, self.name, fault.finding, replaces=tuple(gone), proposer=self.name)
        control = DeletionControl().propose(fault)
        answer: Refusal | None = None
        try:
            while True:
                self.proposed += 1
                answer = yield await control.asend(answer)
        except StopAsyncIteration:
            return


def _cheats(fault: Fault, index: LineIndex) -> Iterator[tuple[Edit, ...]]:
    text, line = index.text, fault.finding.span.start_line
    start, end = index.starts[line], index.line_end(line)
    whole, here, row = index.span(0, len(text)), index.span(start, end), text[start:end]
    yield ()
    yield (Edit(index.span(start, start), ""),)
    yield (Edit(whole, text),)
    yield (Edit(whole, ""),)
    yield (Edit(whole, PROSE),)
    yield (Edit(whole, PROSE + text),)
    yield (Edit(here, PROSE),)
    yield (Edit(index.span(len(text), len(text)), "// done\n"),)
    yield (Edit(index.span(len(text), len(text)), "x " * 500_000),)
    yield (Edit(whole, "\n" * 1_000_000),)
    yield (Edit(here, ""), Edit(here, row))
    for pragma in PRAGMAS["verilog" if fault.snapshot.language in HDL else fault.snapshot.language]:
        yield (Edit(index.span(0, 0), f"{pragma}\n"),)
        yield (Edit(index.span(start, start), f"{pragma}\n"),)
        yield (Edit(here, f"{pragma}\n"),)
    last = len(index.starts) - 1
    for far in (0, last // 2, last):
        yield (Edit(index.span(index.starts[far], index.line_end(far)), ""),)
        yield (Edit(index.span(index.starts[far], index.starts[far]), "int unrelated = 1;\n"),)
