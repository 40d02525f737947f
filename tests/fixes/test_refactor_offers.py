"""Refactorings pass the judge like fixes: none that tools object to or that loses something, none in broken texts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from fix_helpers import PATH, Scripted, document

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.proven import ProvenFix
from signoff.diagnostics.fixes.verdict import Refusal
from signoff.diagnostics.prove import Level, Proof, judge
from signoff.diagnostics.refactor import offer, whole
from signoff.diagnostics.refactor.offer import Refactor, unproven, why_unproven
from signoff.diagnostics.refactor.site import Refactoring, Site
from signoff.diagnostics.refactor.whole import refactor
from signoff.verifiers.finding import Category, Finding, Severity, Span, Status
from signoff.verifiers.text import LineIndex, apply_edits

TEXT = """module top (input clk, input a, b, output reg q, r);
    always @(posedge clk) q = a;
    always @(posedge clk) r = b;
endmodule
"""
BOTH = TEXT.replace(" = ", " <= ")


def clean(name: str = "slang") -> Scripted:
    return Scripted(name, lambda text: [])


def complains(pattern: str, severity: Severity = Severity.WARNING) -> Scripted:
    """A tool that reports what matches."""

    def says(text: str) -> list[Finding]:
        index = LineIndex(text)
        found = re.finditer(pattern, text)
        return [Finding(PATH, index.span(m.start(), m.end()), severity, "Bad", "bad", "slang") for m in found]

    return Scripted("slang", says)


def work(verifier: Scripted, text: str = TEXT, **more: object) -> Refactor:
    return Refactor(*document(text), (verifier,), **more)  # type: ignore[arg-type]


def test_who_proposes_cannot_say_that_nothing_was_reported() -> None:
    """What makes the judge ask for no finding is an argument of its own, no field of a candidate."""
    assert not any("asked" in name for name in FixCandidate.__dataclass_fields__)


async def test_what_the_tools_accept_is_offered() -> None:
    found = await work(clean(), names=("nonblocking",)).offers(None)
    assert [fix.finding.span.start_line for fix in found] == [1, 2]
    assert all(fix.title.endswith("(accepted by slang)") and unproven(fix) for fix in found)
    assert found[0].proof.level is Level.ACCEPTED and "fault" not in found[0].proof.detail
    assert apply_edits(TEXT, found[0].edits) == TEXT.replace("q = ", "q <= ")


async def test_only_at_the_place_and_of_the_names() -> None:
    assert len(await work(clean()).offers(Span(2, 0, 2, 0))) == 1
    assert await work(clean()).offers(Span(3, 0, 3, 0)) == ()
    assert await work(clean(), names=("reset",)).offers(None) == ()


async def test_a_new_warning_refuses() -> None:
    assert await work(complains(r"q <=")).offers(Span(1, 0, 1, 0)) == ()
    assert len(await work(complains(r"q <=")).offers(Span(2, 0, 2, 0))) == 1


async def test_nothing_is_offered_where_something_is_broken_or_no_tool_runs() -> None:
    assert await work(complains("clk", Severity.ERROR)).offers(None) == ()
    for status in (Status.MISSING, Status.TIMED_OUT, Status.CRASHED):
        assert await work(replace(clean(), status=lambda text, status=status: status)).offers(None) == ()


async def test_one_that_deletes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: an edit that takes the process away passes every tool, and not the judge."""

    def deletes(site: Site) -> Iterator[FixCandidate]:
        for block in site.processes():
            start, end = site.src.token(block.keyword).start, site.src.token(block.last).end
            finding = site.finding("always", start, end, "'always' is too much", Category.OTHER)
            yield FixCandidate("Away", (site.replace(start, end, ""),), "x", finding, replaces=("always", "q", "="))

    monkeypatch.setattr(offer, "REFACTORINGS", (Refactoring("always", "", frozenset({"verilog"}), deletes),))
    refactoring = work(clean())
    candidates = await refactoring.candidates(None)
    assert len(candidates) == 2
    assert await refactoring.offers(None) == ()
    verdict = await judge(candidates[0], *document(TEXT), (clean(),), asked=True)
    assert isinstance(verdict, Refusal) and "drops" in verdict.reason


async def test_one_that_fails_silences_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(site: Site) -> Iterator[FixCandidate]:
        raise RuntimeError

    broken = Refactoring("broken", "", frozenset({"verilog"}), fails)
    monkeypatch.setattr(offer, "REFACTORINGS", (broken, *offer.REFACTORINGS))
    assert len(await work(clean()).offers(None)) == 2


def shown(level: Level) -> object:
    """strengthen() as it would be with a Yosys that finds this."""

    async def strengthen(
        candidate: FixCandidate, snapshot: object, project: object, proof: Proof, verifiers: object
    ) -> Proof:
        return replace(proof, level=level, tools=(*proof.tools, "yosys")) if level is not Level.ACCEPTED else proof

    return strengthen


async def refused(*_: object) -> Refusal:
    return Refusal("it is said to keep the behaviour, and Yosys shows that q differs")


async def test_what_is_proven_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    refactoring = work(clean())
    fix = (await refactoring.offers(None))[0]
    monkeypatch.setattr(offer, "strengthen", shown(Level.EQUIVALENT))
    done = await refactoring.finished(fix, ())
    assert isinstance(done, ProvenFix) and not unproven(done) and not done.behaviour and done.preferred
    assert "equivalent" in done.title and done.title.endswith("accepted by slang, Yosys)")
    monkeypatch.setattr(offer, "strengthen", shown(Level.ACCEPTED))
    done = await refactoring.finished(fix, ())
    assert isinstance(done, ProvenFix) and unproven(done) and not done.preferred
    assert "not proven to behave as before" in done.title
    monkeypatch.setattr(offer, "strengthen", refused)
    assert isinstance(await refactoring.finished(fix, ()), Refusal)


async def test_a_whole_text_is_changed_with_one_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    async def strengthen(
        candidate: FixCandidate, snapshot: object, project: object, proof: Proof, verifiers: object
    ) -> Proof:
        asked.append(apply_edits(TEXT, candidate.edits))
        return replace(proof, level=Level.EQUIVALENT)

    monkeypatch.setattr(whole, "strengthen", strengthen)
    done = await refactor(*document(TEXT), (clean(),), (), ["nonblocking"])
    assert done.text == BOTH and asked == [BOTH]
    assert [fix.finding.span.start_line for fix in done.applied] == [1, 2]
    assert all(fix.proof.level is Level.EQUIVALENT and not fix.behaviour for fix in done.applied)


async def test_where_they_are_not_equivalent_together_each_is_proven(monkeypatch: pytest.MonkeyPatch) -> None:
    async def strengthen(
        candidate: FixCandidate, snapshot: object, project: object, proof: Proof, verifiers: object
    ) -> object:
        return (
            Refusal("q differs")
            if "q <=" in apply_edits(TEXT, candidate.edits)
            else replace(proof, level=Level.BOUNDED)
        )

    monkeypatch.setattr(whole, "strengthen", strengthen)
    monkeypatch.setattr(offer, "strengthen", strengthen)
    done = await refactor(*document(TEXT), (clean(),), (), ["nonblocking"])
    assert done.text == TEXT.replace("r = ", "r <= ")
    assert len(done.applied) == 1 and "equivalent for" in done.applied[0].title


async def test_what_is_not_proven_is_withheld(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole, "strengthen", shown(Level.ACCEPTED))
    monkeypatch.setattr(offer, "strengthen", shown(Level.ACCEPTED))
    done = await refactor(*document(TEXT), (clean(),), (), ["nonblocking"])
    assert done.text == TEXT and not done.applied and len(done.withheld) == 2
    done = await refactor(*document(TEXT), (clean(),), (), ["nonblocking"], behaviour=True)
    assert done.text == BOTH and all("not proven" in fix.title for fix in done.applied)


async def test_the_proofs_of_one_file_have_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole, "strengthen", shown(Level.ACCEPTED))
    monkeypatch.setattr(offer, "strengthen", shown(Level.EQUIVALENT))
    monkeypatch.setattr(whole, "SINGLY", -1.0)
    done = await refactor(*document(TEXT), (clean(),), (), ["nonblocking"])
    assert done.text == TEXT and len(done.withheld) == 2
    assert all("is over" in why_unproven(fix) and "not proven" in fix.title for fix in done.withheld)
