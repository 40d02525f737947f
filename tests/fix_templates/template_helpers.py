"""What the tests of repair templates share: small designs, the tools that judge, what is proven of a fault."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.proposer import Fault
from signoff.diagnostics.fixes.templates.templates import Templates
from signoff.diagnostics.merge import merge
from signoff.diagnostics.prove import baselines, prove
from signoff.diagnostics.taxonomy import classify
from signoff.verifiers.finding import Finding, Outcome, Severity
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import apply_edits
from signoff.verifiers.verifier import Verifier

PORTS = """input clk, input rst, input rst_n, input [7:0] a, input [7:0] b, input c,
            output reg [7:0] q, output [7:0] y, output z"""


@dataclass(frozen=True)
class Case:
    """One golden case of the table: a fault in a small module, and what templates make of it."""

    name: str
    fault: str
    mended: str
    body: str = "@@"
    below: str = ""
    sv: bool = False
    among: bool = False

    def text(self, inside: str) -> str:
        below = f"\n{self.below}\n" if self.below else ""
        return f"module top ({PORTS});\n{self.body.replace('@@', inside)}\nendmodule\n{below}"


def design(text: str, *, sv: bool = False) -> tuple[Snapshot, Project]:
    path = "/design/top.sv" if sv else "/design/top.v"
    snapshot = Snapshot(f"file://{path}", path, "systemverilog" if sv else "verilog", 4, text)
    return snapshot, Project("/design", declared=True, files=(path,), buffers=(snapshot,))


def faults(snapshot: Snapshot, project: Project, known: dict[str, Outcome]) -> list[Fault]:
    """The faults of a document that are worth mending, errors first."""
    merged = merge((classify(one) for outcome in known.values() for one in outcome.findings), cap=50)
    found = [
        one for one in merged if one.severity <= Severity.WARNING and not one.code.startswith(("UNUSED", "Unused"))
    ]
    ordered = sorted(found, key=lambda one: (one.severity, one.span))
    return [Fault(one, snapshot, project, known) for one in ordered]


async def proposed(fault: Fault) -> list[FixCandidate]:
    return [candidate async for candidate in Templates().propose(fault)]


async def proven(snapshot: Snapshot, project: Project, verifiers: Sequence[Verifier]) -> dict[Finding, list[str]]:
    """The mended texts that the judge accepts, a finding."""
    known = await baselines(snapshot, project, verifiers)
    found: dict[Finding, list[str]] = {}
    for fault in faults(snapshot, project, known):
        for candidate in await proposed(fault):
            if await prove(candidate, snapshot, project, verifiers, known) is not None:
                found.setdefault(fault.finding, []).append(apply_edits(snapshot.text, candidate.edits))
    return found
