"""Candidates in a branch that is switched off: judged with it on by who reads it then, and by nobody else."""

from __future__ import annotations

import re

from judging_fakes import PROJECT, Told, blaming

from signoff.completion.check import HIDDEN, Checked, Checker
from signoff.completion.context import hole_at
from signoff.completion.runs import Runs
from signoff.verifiers.finding import Finding, Outcome, Severity, Status
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import LineIndex

OFF = "#ifdef DMA\nint f(void) {\n  ¦\n}\n#endif\n"
_BRANCH = re.compile(r"#(?:ifdef DMA|if (\d))\n(.*?)#endif", re.DOTALL)


def reading(*words: str, broken: str = "", elsewhere: str = "") -> Told:
    """A compiler that blames words where it reads them: under #if 1, not under #ifdef DMA. What is `broken` it blames
    in the branch as well, and a header (`elsewhere`) once the branch is on."""

    def says(text: str) -> Outcome:
        on = _BRANCH.search(text)
        read = text if on is None or on[1] == "1" else text[: on.start(2)] + " " * len(on[2]) + text[on.end(2) :]
        found = blaming(*words, *filter(None, [broken]), "_signoff_probe")(read).findings
        if elsewhere and on is not None and on[1] == "1":
            span = LineIndex("").span(0, 0)
            found += (Finding("/other.h", span, Severity.ERROR, "", elsewhere, "told"),)
        return Outcome("told", Status.FINDINGS, found)

    return Told(says)


async def judged(tool: Told, candidate: str, text: str = OFF, runs: Runs | None = None) -> Checked:
    before, _, after = text.partition("¦")
    document = Snapshot("file:///m", "/m", "c", 1, before + after)
    hole = hole_at(document, before.count("\n"), len(before.rpartition("\n")[2]))
    assert hole is not None
    one = Checker([tool], document, PROJECT, hole, budget=30.0, runs=runs)
    try:
        return await one.check(candidate)
    finally:
        one.close()


async def test_a_text_is_accepted_with_its_branch_on_and_says_so() -> None:
    found = await judged(reading("wrong"), "start();")
    assert found.accepted and found.tools == ("told",) and found.under == ("DMA defined",)


async def test_a_wrong_text_is_refused_where_it_stands() -> None:
    found = await judged(reading("wrong"), "wrong();")
    assert not found.accepted
    assert [(one.code, one.span.start_line, one.span.start_column) for one in found.refused] == [("wrong", 2, 2)]


async def test_a_place_that_is_read_is_judged_as_it_is() -> None:
    tool = reading("wrong")
    found = await judged(tool, "start();", "int f(void) {\n  ¦\n}\n")
    assert found.accepted and found.under == () and not any("#if 1" in text for text in tool.seen)


async def test_a_branch_that_does_not_compile_is_not_judged() -> None:
    text = "#ifdef DMA\nint old;\nint f(void) {\n  ¦\n}\n#endif\n"
    for tool in (reading(broken="old"), reading(elsewhere="no such header")):
        for candidate in ("start();", "wrong();"):
            found = await judged(tool, candidate, text)
            assert not found.accepted and not found.tools and not found.refused
            assert found.not_run == (
                ("told", "a condition leaves this place out, and with DMA defined the file does not compile"),
            )


async def test_what_is_wrong_with_the_branch_off_as_well_is_no_reason() -> None:
    found = await judged(reading("old"), "start();", "int old;\n" + OFF)
    assert found.accepted


async def test_a_condition_that_nothing_meets_leaves_the_place_unjudged() -> None:
    tool = Told(lambda text: Outcome("told", Status.FINDINGS))
    found = await judged(tool, "start();", "#if 0\n¦\n#endif\n")
    assert found.not_run == (("told", HIDDEN),) and not found.under


async def test_one_that_reads_it_in_neither_case_vouches_for_nothing() -> None:
    found = await judged(Told(lambda text: Outcome("told", Status.FINDINGS)), "start();")
    assert found.not_run == (("told", HIDDEN),) and not found.accepted


async def test_the_next_text_at_such_a_place_is_not_tried_with_the_branch_off_again() -> None:
    runs, tool = Runs(), reading("wrong")
    assert (await judged(tool, "start();", runs=runs)).accepted
    tool.seen.clear()
    assert (await judged(tool, "stop();", runs=runs)).accepted
    assert not [text for text in tool.seen if "#ifdef DMA" in text and "stop();" in text]
    await runs.aclose()


async def test_a_place_known_to_be_left_out_may_come_to_be_read() -> None:
    """The branch no longer compiles when it is switched on; and it need not be: a header has it on now."""
    runs, tool = Runs(), reading("wrong")
    assert (await judged(tool, "start();", runs=runs)).under == ("DMA defined",)
    tool.says = blaming("wrong", "#if 1", "_signoff_probe")
    found = await judged(tool, "stop();", runs=runs)
    assert found.accepted and found.under == ()
    await runs.aclose()
