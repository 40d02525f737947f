"""Invariant 5 for completion: shown is what named verifiers accepted in the document as it stands."""

import pytest
from completion_fakes import PROJECT, FakeVerifier
from completion_holes import hole, snapshot

from signoff.completion.check import Checked, Checker
from signoff.completion.rank import rank
from signoff.verifiers.finding import Status
from signoff.verifiers.verifier import Speed

BLOCK = "module m;\n  old_fault;\n  |\n  wire z; late_fault;\nendmodule\n"


def checker(text: str, *verifiers: FakeVerifier) -> Checker:
    return Checker(verifiers, snapshot(text)[0], PROJECT, hole(text))


async def test_accepted_where_nothing_new_is_found_though_the_document_has_faults() -> None:
    checked = await checker(BLOCK, FakeVerifier("fault")).check("wire a;\n  wire b;")
    assert checked.accepted
    assert checked.tools == ("fake",)
    assert checked.remaining == 2


async def test_refused_for_one_new_finding_of_a_kind_that_is_there_before() -> None:
    checked = await checker(BLOCK, FakeVerifier("fault")).check("fault f();")
    assert not checked.accepted
    assert [finding.code for finding in checked.refused] == ["fault"]


async def test_shortened_to_the_whole_statements_that_pass() -> None:
    checked = await checker(BLOCK, FakeVerifier("bad")).check("wire a;\n  wire b;\n  bad c;\n  wire d;")
    assert checked.accepted
    assert checked.text == "wire a;\n  wire b;"


async def test_never_shortened_to_nothing() -> None:
    assert not (await checker(BLOCK, FakeVerifier("bad")).check("bad c;\n  wire d;")).accepted
    assert not (await checker(BLOCK, FakeVerifier()).check("")).accepted


async def test_the_fault_of_the_hole_must_go() -> None:
    text = "module m;\n  assign y = |HOLE;\nendmodule\n"
    checked = await checker(text, FakeVerifier("HOLE")).check("a &")
    assert not checked.accepted


async def test_no_verifier_no_acceptance() -> None:
    assert not (await checker(BLOCK).check("wire a;")).accepted
    missing = await checker(BLOCK, FakeVerifier(there=False)).check("wire a;")
    assert not missing.accepted
    assert missing.not_run == (("fake", "not installed"),)


async def test_a_verifier_that_fails_accepts_nothing_and_is_named() -> None:
    checked = await checker(BLOCK, FakeVerifier(status=Status.TIMED_OUT)).check("wire a;")
    assert not checked.accepted
    assert checked.not_run == (("fake", "timed out"),)
    both = await checker(BLOCK, FakeVerifier(), FakeVerifier(status=Status.CRASHED)).check("wire a;")
    assert both.accepted
    assert both.tools == ("fake",)
    assert both.not_run == (("fake", "crashed"),)


async def test_the_document_is_checked_once_for_all_candidates() -> None:
    verifier = FakeVerifier()
    judge = checker(BLOCK, verifier)
    judge.prepare()
    await judge.check("wire a;")
    await judge.check("wire b;")
    assert [BLOCK.replace("|", text) for text in ("", "wire a;", "wire b;")] == verifier.seen


@pytest.mark.parametrize("bad", [(), ("fault",)])
async def test_where_the_text_comes_soon_a_tool_is_asked_of_the_document_only_if_it_matters(bad) -> None:
    verifier, slow = FakeVerifier(*bad), FakeVerifier()
    slow.name, slow.speed = "slow", Speed.QUICK
    judge = checker(BLOCK, verifier, slow)
    judge.prepare(soon=True)
    assert (await judge.check("wire a;")).accepted
    document = BLOCK.replace("|", "")
    assert verifier.seen == [BLOCK.replace("|", "wire a;"), *([document] if bad else [])]
    assert slow.seen[0] == document


async def test_who_skims_is_asked_whether_a_place_is_read() -> None:
    class Thorough(FakeVerifier):
        name = "slang"
        skimmer = FakeVerifier()

    verifier, text = Thorough(), "module m;\n  |\nendmodule\n"
    assert (await checker(text, verifier).check("wire a;")).accepted
    assert (len(verifier.seen), len(verifier.skimmer.seen)) == (1, 1)
    assert "_signoff_probe" in verifier.skimmer.seen[0]


def test_rank_shows_the_accepted_once_and_the_one_that_mends_most_first() -> None:
    items = (
        Checked("a", ("t",), remaining=2),
        Checked("b", ("t",), remaining=1),
        Checked("a", ("t",), remaining=2),
        Checked("c"),
    )
    assert [item.text for item in rank(items)] == ["b", "a"]
