"""The search: who is asked when, what a proposer hears of its candidates, and that no cheat gets through."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from typing import Any

import pytest
from fix_helpers import Scripted, document, finding_at, replaced
from proposer_fakes import Hanging, Told

from signoff.diagnostics.fixes.candidate import Elsewhere, FixCandidate
from signoff.diagnostics.fixes.offer import FixCache, offers
from signoff.diagnostics.fixes.proposer import Cost, Fault, Proposer
from signoff.diagnostics.fixes.proven import evidence
from signoff.diagnostics.fixes.search import LONGEST_EDIT, TRIED, Attempt, Search
from signoff.diagnostics.fixes.verdict import Refusal
from signoff.diagnostics.prove import Proof
from signoff.verifiers.finding import Category, Finding, Span
from signoff.verifiers.settings import VerifierSettings
from signoff.verifiers.text import Edit, LineIndex, apply_edits
from signoff.verifiers.verifier import Availability

FAULTY = """module top (input a, output y);
    wire b = a
    assign y = b;
endmodule

module other (input c, output d);
    assign d = ~c;
endmodule
"""
TARGET = finding_at(FAULTY, "a\n    assign", "ExpectedToken", "expected ';'")


def says(text: str) -> list[Finding]:
    """A tool that reports the missing semicolon and nothing else: whoever deletes enough satisfies it."""
    return [TARGET] if re.search(r"wire\s+b = a\n", text) and "endmodule" in text else []


def slang() -> Scripted:
    return Scripted("slang", says)


def fault(finding: Finding = TARGET) -> Fault:
    snapshot, project = document(FAULTY)
    return Fault(finding, snapshot, project)


def good(finding: Finding = TARGET) -> FixCandidate:
    return replaced(FAULTY, "= a\n", "= a;\n", finding)


def useless(number: int = 0) -> FixCandidate:
    return replaced(FAULTY, "assign y = b;", f"assign y = b;{';' * (number + 1)}", TARGET)


async def test_a_proposer_hears_what_came_of_each_candidate() -> None:
    told = Told(lambda of: [useless(), good(), useless(1)])
    search = Search(fault(), (slang(),))
    await search.ask([told])
    first, second, third = told.heard
    assert isinstance(first, Refusal) and "still reported" in first.reason
    assert second is None
    assert isinstance(third, Refusal)
    (fix,) = search.fixes
    assert apply_edits(FAULTY, fix.edits) == FAULTY.replace("= a\n", "= a;\n")
    assert told.ended


async def test_the_tools_findings_come_with_the_refusal() -> None:
    new = finding_at(FAULTY, "endmodule", "Broken", "it is broken now")
    tool = Scripted("slang", lambda text: [*says(text), *([new] if "q;" in text else [])])
    told = Told(lambda of: [replaced(FAULTY, "= a\n", "= a; wire q;\n", TARGET), good()])
    await Search(fault(), (tool,)).ask([told])
    refusal = told.heard[0]
    assert refusal is not None and [one.message for one in refusal.findings] == ["it is broken now"]


async def test_the_same_text_is_judged_once_and_answered_alike() -> None:
    told, tool = Told(lambda of: [useless(), useless(), good(), good()]), slang()
    await Search(fault(), (tool,)).ask([told])
    assert told.heard[0] == told.heard[1] and told.heard[0] is not None
    assert told.heard[2:] == [None, None]
    assert len(tool.texts) == len(set(tool.texts)) + 1, "but for the document as it is, no text is looked at twice"


async def test_the_cheaper_are_asked_first_and_the_dearer_only_in_need() -> None:
    order: list[str] = []

    def noting(name: str, cost: Cost, *candidates: FixCandidate) -> Told:
        def tell(of: Fault) -> list[FixCandidate]:
            order.append(name)
            return list(candidates)

        return Told(tell, name, cost)

    many, free, tool = noting("many", Cost.MANY), noting("free", Cost.FREE), noting("tool", Cost.TOOL, good())
    await Search(fault(), (slang(),)).ask([many, tool, free])
    assert order == ["free", "tool"]
    order.clear()
    await Search(fault(), (slang(),)).ask([noting("model", Cost.MODEL), many, free])
    assert order == ["free", "many"], "a model is asked by nobody but the user"
    order.clear()
    await Search(fault(), (slang(),)).ask([noting("model", Cost.MODEL, good()), many], most=Cost.MODEL)
    assert order == ["many", "model"]


async def test_only_so_many_candidates_are_judged() -> None:
    told, tool = Told(lambda of: (useless(number) for number in range(1000))), slang()
    await Search(fault(), (tool,)).ask([told])
    assert len(tool.texts) <= 2 * TRIED[Cost.TOOL] and told.ended


async def test_one_that_fails_silences_no_other() -> None:
    class Failing(Told):
        async def propose(self, fault: Fault) -> AsyncGenerator[FixCandidate, Refusal | None]:
            raise RuntimeError("broken")
            yield

    class Confused(Told):
        def concerned(self, fault: Fault) -> bool:
            raise RuntimeError("broken")

    class Stubborn(Told):
        async def propose(self, fault: Fault) -> AsyncGenerator[FixCandidate, Refusal | None]:
            try:
                yield useless()
                raise RuntimeError("broken")
            finally:
                raise ValueError("does not end well")

    search = Search(fault(), (slang(),))
    broken = [kind(lambda of: []) for kind in (Failing, Confused, Stubborn)]
    await search.ask([*broken, Told(lambda of: [good()])])
    assert len(search.fixes) == 1


async def test_a_tool_that_fails_on_a_text_refuses_it() -> None:
    class Fragile(Scripted):
        async def run(self, snapshot: Any, project: Any) -> Any:
            if ";;" in snapshot.text:
                raise RuntimeError("cannot stand it")
            return await super().run(snapshot, project)

    told = Told(lambda of: [useless(), good()])
    search = Search(fault(), (Fragile("slang", says),))
    await search.ask([told])
    assert "judge failed" in (told.heard[0] or Refusal("")).reason
    assert len(search.fixes) == 1


async def test_cancelling_ends_the_proposers_work() -> None:
    hanging = Hanging()
    task = asyncio.create_task(Search(fault(), (slang(),)).ask([hanging]))
    await hanging.begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert hanging.ended.is_set()


async def test_what_is_proven_before_the_time_is_up_is_offered_and_not_remembered() -> None:
    snapshot, project = document(FAULTY)
    hanging, cache, told = Hanging(), FixCache(), Told(lambda of: [good(of.finding)])
    for _ in range(2):
        proposers: list[Proposer] = [told, hanging]
        fixes = await offers([TARGET], snapshot, project, (slang(),), cache=cache, budget=0.3, proposers=proposers)
        assert len(fixes) == 1
    assert told.asked == 2 and hanging.ended.is_set()


async def test_who_proposes_few_is_asked_of_all_findings_before_who_tries_many_is_asked_of_one() -> None:
    snapshot, project = document(FAULTY)
    other = finding_at(FAULTY, "~c", "Other", "something else")
    asked: list[tuple[str, str]] = []

    def noting(name: str, cost: Cost) -> Told:
        return Told(lambda of: asked.append((name, of.finding.code)) or [], name, cost)

    proposers = [noting("many", Cost.MANY), noting("free", Cost.FREE)]
    await offers([TARGET, other], snapshot, project, (slang(),), cache=FixCache(), proposers=proposers)
    assert asked == [("free", "ExpectedToken"), ("free", "Other"), ("many", "ExpectedToken"), ("many", "Other")]


async def test_every_attempt_is_told_to_who_watches() -> None:
    attempts: list[Attempt] = []
    await Search(fault(), (slang(),), watch=attempts.append).ask([Told(lambda of: [useless(), good()])])
    assert [isinstance(one.verdict, Proof) for one in attempts] == [False, True]
    assert {one.candidate.proposer for one in attempts} == {"told"}, "a proposer cannot call itself another"


async def test_the_evidence_names_who_proposed_and_which_versions_accepted() -> None:
    class Versioned(Scripted):
        def available(self, settings: VerifierSettings) -> Availability:
            return Availability(True, version="12.1")

    search = Search(fault(replace(TARGET, category=Category.MISSING_SEMICOLON)), (Versioned("slang", says),))
    await search.ask([Told(lambda of: [replace(good(of.finding), rounds=2)])])
    (fix,) = search.fixes
    told = evidence(fix)
    assert told["versions"] == {"slang": "12.1"} and told["tools"] == ["slang"]
    assert (told["proposer"], told["rounds"], told["kind"]) == ("told", 2, "missing-semicolon")
    assert fix.title == "Change it (proposed by told, round 2; accepted by slang)"


async def test_several_guesses_are_a_matter_for_a_person() -> None:
    named = finding_at(FAULTY, "b;", "UndeclaredIdentifier", "undeclared identifier 'b'")
    tool = Scripted("slang", lambda text: [named] if "y = b;" in text else [])
    guesses = [replaced(FAULTY, "y = b;", f"y = {name};", named) for name in ("a", "top", "y")]
    for cost, ambiguous in ((Cost.TOOL, False), (Cost.MANY, True)):
        search = Search(fault(named), (tool,))
        await search.ask([Told(lambda of: guesses, cost=cost)])
        assert search.fixes and all(fix.ambiguous is ambiguous for fix in search.fixes)
    one = Search(fault(named), (tool,))
    await one.ask([Told(lambda of: guesses[:1], cost=Cost.MANY)])
    assert [fix.ambiguous for fix in one.fixes] == [False] and not one.fixes[0].preferred


def cut(old: str, new: str) -> Callable[[], FixCandidate]:
    return lambda: replaced(FAULTY, old, new, TARGET)


def whole(text: str) -> Callable[[], FixCandidate]:
    edit = Edit(LineIndex(FAULTY).span(0, len(FAULTY)), text)
    return lambda: FixCandidate("Rewrite it", (edit,), "cheat", TARGET)


CHEATS: dict[str, Callable[[], Any]] = {
    "deletes the line": cut("    wire b = a\n", ""),
    "deletes the module": cut(FAULTY[: FAULTY.index("module other")], ""),
    "deletes everything": whole(""),
    "deletes the assignment, too": cut("wire b = a\n    assign y = b;", "wire b = a;"),
    "comments it out": cut("wire b = a\n", "// wire b = a\n"),
    "comments a stretch out": cut("wire b = a\n    assign y = b;", "/* wire b = a\n    assign y = b; */"),
    "switches it off": cut("    wire b = a\n", "`ifdef NEVER\n    wire b = a\n`endif\n"),
    "says lint_off": cut("wire b = a\n", "/* verilator lint_off ALL */ wire b = a;\n"),
    "says pragma": cut("wire b = a\n", "// pragma translate_off\nwire b = a;\n// pragma translate_on\n"),
    "prose": whole("Sure! Here is the corrected code: you have to add a semicolon behind the declaration of b.\n"),
    "prose around the code": whole(
        f"Here is the code:\n```verilog\n{FAULTY.replace('= a', '= a;')}```\nIt works because of the semicolon.\n"
    ),
    "nothing": lambda: FixCandidate("Nothing", (), "cheat", TARGET),
    "blanks": cut("wire b", "wire  b"),
    "1 MB": cut("= a\n", f"= a;\n// {'x' * 1_000_000}\n"),
    "1 MB of code": cut("= a\n", "= a;\n" + "wire q;\n" * (LONGEST_EDIT // 4)),
    "10,000 places": lambda: FixCandidate("Many", (Edit(Span(0, 0, 0, 0), " "),) * 10_000, "cheat", TARGET),
    "overlapping edits": lambda: replace(good(), edits=(*good().edits, *good().edits)),
    "a place before the text": lambda: FixCandidate("Before", (Edit(Span(-3, 0, -1, 0), ";"),), "cheat", TARGET),
    "a place backwards": lambda: FixCandidate("Back", (Edit(Span(2, 0, 1, 0), ";"),), "cheat", TARGET),
    "half a character": cut("= a\n", "= a; // \ud83d\n"),
    "a zero": cut("= a\n", "= a;\0\n"),
    "another finding": lambda: replace(good(), finding=replace(TARGET, code="Harmless", message="")),
    "another file": lambda: replace(good(), elsewhere=Elsewhere("/design/other.v", FAULTY)),
    "what may go": lambda: replace(cut("    wire b = a\n", "")(), drops=("wire", "b", "=", "a")),
    "what is replaced": lambda: replace(cut("    wire b = a\n", "")(), replaces=("wire", "b", "=", "a")),
    "none": lambda: None,
    "a text": lambda: "assign y = a;",
}


@pytest.mark.parametrize("cost", [Cost.TOOL, Cost.MANY, Cost.MODEL])
@pytest.mark.parametrize("name", CHEATS)
async def test_no_cheat_gets_through(name: str, cost: Cost) -> None:
    told = Told(lambda of: [CHEATS[name]()], cost=cost)
    snapshot, project = document(FAULTY)
    fixes = await offers(
        [TARGET], snapshot, project, (slang(),), cache=FixCache(), proposers=[told], most=Cost.MODEL, budget=60
    )
    assert fixes == () and told.asked == 1
    assert told.heard and isinstance(told.heard[0], Refusal) and told.heard[0].reason


async def test_who_cheats_first_and_is_honest_then_is_heard() -> None:
    told = Told(lambda of: [*(cheat() for cheat in list(CHEATS.values())[:10]), good()], cost=Cost.MODEL)
    search = Search(fault(), (slang(),))
    await search.ask([told], most=Cost.MODEL)
    assert [one is None for one in told.heard] == [False] * 10 + [True]
    assert apply_edits(FAULTY, search.fixes[0].edits) == FAULTY.replace("= a\n", "= a;\n")


async def test_an_operator_of_two_operands_is_not_replaced_by_one_of_one() -> None:
    """Seen of a small model: `a & ;` became `~a;`."""
    text = "module top (input a, input b, output y);\n    assign y = a & ;\nendmodule\n"
    missing = finding_at(text, "; ".strip() + "\nendmodule", "ExpectedExpression", "expected expression")
    tool = Scripted("slang", lambda now: [missing] if "& ;" in now else [])
    snapshot, project = document(text)
    unary = replace(replaced(text, "a & ", "~a", missing), replaces=("&",))
    right = replace(replaced(text, "& ;", "& b;", missing), replaces=("&",))
    told = Told(lambda of: [unary, right], cost=Cost.MODEL)
    await Search(Fault(missing, snapshot, project), (tool,)).ask([told], most=Cost.MODEL)
    assert told.heard[0] is not None and "drops '&'" in told.heard[0].reason
    assert told.heard[1] is None
