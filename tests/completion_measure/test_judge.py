"""The judge of a measurement: against the original, by all tools, and none where no tool could tell."""

from __future__ import annotations

from completion_fakes import PROJECT, FakeVerifier

from signoff.completion.measure.holes import Region
from signoff.completion.measure.judge import Judge
from signoff.verifiers.finding import Status
from signoff.verifiers.snapshot import Snapshot

TEXT = "module m;\n  assign y = a + bad;\n  assign z = b;\nendmodule\n"
DOCUMENT = Snapshot("file:///m.v", "/m.v", "verilog", 1, TEXT)
REGION = Region("/m.v", "verilog", "assignment", TEXT.index("b;"), TEXT.index("b;") + 1)


async def test_what_the_original_has_already_breaks_nothing() -> None:
    judge = Judge([FakeVerifier("bad", "worse")], lambda path: PROJECT)
    assert await judge.new_errors(DOCUMENT, REGION, "c") == ()
    assert await judge.new_errors(DOCUMENT, REGION, "worse") == ("fake: worse!",)


async def test_where_no_tool_could_tell_nothing_is_said() -> None:
    missing = FakeVerifier("worse", there=False)
    failing = FakeVerifier("worse", status=Status.TIMED_OUT)
    for verifiers in ([], [missing], [failing]):
        assert await Judge(verifiers, lambda path: PROJECT).new_errors(DOCUMENT, REGION, "worse") is None


async def test_who_looks_at_launches_only_cannot_say_that_a_file_is_whole() -> None:
    partial = FakeVerifier("worse")
    partial.name = "launch"
    judge = Judge([partial], lambda path: PROJECT)
    assert await judge.new_errors(DOCUMENT, REGION, "c") is None
    assert await judge.new_errors(DOCUMENT, REGION, "worse") == ("fake: worse!",)
