"""Several fixes at once, and what slow tools say of one: proven like each by itself, with scripted tools."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from fix_helpers import PATH, Scripted, document
from proposer_fakes import Told

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.confirm import confirmed, outstanding
from signoff.diagnostics.fixes.offer import FixCache, offers
from signoff.diagnostics.fixes.proposer import Cost, Fault
from signoff.diagnostics.fixes.proven import ProvenFix
from signoff.diagnostics.fixes.together import together
from signoff.diagnostics.fixes.verdict import Refusal
from signoff.diagnostics.prove import Proof
from signoff.verifiers.finding import Finding, Outcome, Severity, Status
from signoff.verifiers.text import Edit, LineIndex, apply_edits
from signoff.verifiers.verifier import Speed

LINES = 4
TEXT = (
    "module top (input clk, input a, output reg [3:0] q);\n"
    + "".join(f"    always @(posedge clk) q[{number}] = a;\n" for number in range(LINES))
    + "endmodule\n"
)


def says(text: str) -> list[Finding]:
    """A tool that wants non-blocking assignments in clocked processes."""
    index = LineIndex(text)
    return [
        Finding(PATH, index.span(found.start(), found.end()), Severity.WARNING, "BLKSEQ", "blocking '='", "verilator")
        for found in re.finditer(r" = ", text)
    ]


def tool(name: str = "verilator", speed: Speed = Speed.QUICK) -> Scripted:
    return Scripted(name, lambda text: [replace(one, tool=name) for one in says(text)], speed)


def nonblocking(of: Fault) -> list[FixCandidate]:
    return [FixCandidate("Use '<='", (Edit(of.finding.span, " <= "),), "test", of.finding)]


async def fixes_of(verifier: Scripted, told: Told | None = None) -> tuple[ProvenFix, ...]:
    snapshot, project = document(TEXT)
    proposers = [told or Told(nonblocking)]
    return await offers(says(TEXT), snapshot, project, (verifier,), cache=FixCache(), proposers=proposers, budget=60)


async def known_of(verifiers: Sequence[Scripted]) -> dict[str, Outcome]:
    return {one.name: await one.run(*document(TEXT)) for one in verifiers}


async def test_fixes_that_hold_together_are_one_edit() -> None:
    verifier = tool()
    fixes = await fixes_of(verifier)
    assert len(fixes) == LINES
    verifier.texts.clear()
    found = await together(fixes, *document(TEXT), (verifier,), await known_of([tool()]))
    assert found is not None and found.fixes == fixes and not found.left
    assert apply_edits(TEXT, found.edits) == TEXT.replace(" = ", " <= ")
    assert len(verifier.texts) == 1, "the tools are asked once about all of them"
    assert found.proof.tools == ("verilator",) and found.version == 7


async def test_the_one_that_clashes_with_the_others_is_left_out() -> None:
    def clash(text: str) -> list[Finding]:
        both = all(f"q[{number}] <= a" in text for number in (1, 3))
        new = Finding(PATH, LineIndex(text).span(0, 6), Severity.ERROR, "Clash", "1 and 3 do not agree", "verilator")
        return [*says(text), *([new] if both else [])]

    verifier = Scripted("verilator", clash, Speed.QUICK)
    fixes = await fixes_of(verifier)
    found = await together(fixes, *document(TEXT), (verifier,), await known_of([verifier]))
    assert found is not None and len(found.fixes) == LINES - 1
    assert found.left == (fixes[3],)
    assert "q[3] = a" in apply_edits(TEXT, found.edits)


async def test_what_a_person_must_choose_is_not_among_them() -> None:
    several = Told(lambda of: [*nonblocking(of), FixCandidate("Or", (Edit(of.finding.span, "<= "),), "t", of.finding)])
    for told in (
        replace(several, says=lambda of: [replace(one, behaviour="q is late") for one in nonblocking(of)]),
        replace(several, cost=Cost.MANY),
    ):
        fixes = await fixes_of(tool(), told)
        assert fixes
        assert await together(fixes, *document(TEXT), (tool(),), await known_of([tool()])) is None


async def test_nothing_holds_where_the_tool_is_gone_or_crashes() -> None:
    fixes = await fixes_of(tool())
    for status in (Status.MISSING, Status.CRASHED, Status.TIMED_OUT):
        broken = replace(tool(), status=lambda text, status=status: status)
        assert await together(fixes, *document(TEXT), (broken,), await known_of([tool()])) is None


async def test_fixes_of_another_version_are_not_taken() -> None:
    fixes = await fixes_of(tool())
    snapshot, project = document(TEXT, version=8)
    assert await together(fixes, snapshot, project, (tool(),), await known_of([tool()])) is None


async def test_a_slow_tool_that_has_spoken_is_named_once_it_accepts() -> None:
    fix = (await fixes_of(tool()))[0]
    slow = Scripted("yosys", lambda text: [], Speed.DEEP)
    known = await known_of([tool(), slow])
    assert outstanding(fix, *document(TEXT), (tool(), slow), known) == [slow]
    assert outstanding(fix, *document(TEXT), (tool(), slow), {"verilator": known["verilator"]}) == []
    sure = await confirmed(fix, *document(TEXT), (tool(), slow), known)
    assert isinstance(sure, ProvenFix) and sure.proof.tools == ("verilator", "yosys")
    assert sure.title.endswith("accepted by Verilator, Yosys)") and sure.edits == fix.edits
    assert outstanding(sure, *document(TEXT), (tool(), slow), known) == []


async def test_a_slow_tool_that_objects_refuses_the_fix() -> None:
    fix = (await fixes_of(tool()))[0]

    def latch(text: str) -> list[Finding]:
        span = LineIndex(text).span(0, 6)
        return [] if text == TEXT else [Finding(PATH, span, Severity.WARNING, "Latch", "a latch", "yosys")]

    slow = Scripted("yosys", latch, Speed.DEEP)
    result = await confirmed(fix, *document(TEXT), (slow,), await known_of([tool(), slow]))
    assert isinstance(result, Refusal) and "Latch" in result.reason
    crashing = replace(slow, says=lambda text: [], status=lambda text: Status.CRASHED)
    known = {"yosys": Outcome("yosys")}
    assert isinstance(await confirmed(fix, *document(TEXT), (crashing,), known), Refusal)


async def test_a_slow_tool_that_cannot_say_is_not_named() -> None:
    fix = (await fixes_of(tool()))[0]
    slow = replace(Scripted("yosys", lambda text: [], Speed.DEEP), status=lambda text: Status.TIMED_OUT)
    result = await confirmed(fix, *document(TEXT), (slow,), {"yosys": Outcome("yosys")})
    assert isinstance(result, ProvenFix) and isinstance(result.proof, Proof)
    assert result.proof.tools == ("verilator",)
