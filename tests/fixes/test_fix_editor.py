"""Fixes of open documents without an editor: what slow tools say meanwhile, a model's work, its end with an edit."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest
from fix_helpers import Scripted, document, finding_at, replaced
from proposer_fakes import Hanging, Told

from signoff.completion.model.protocol import ModelStatus, ModelUnavailable
from signoff.diagnostics.fixes.offer import FixCache
from signoff.diagnostics.fixes.proposer import Cost, Fault, Proposer
from signoff.lsp_server.fixing import Fixing, Outdated
from signoff.verifiers.finding import Finding, Outcome, Severity
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import apply_edits
from signoff.verifiers.verifier import Speed

URI = "file:///design/top.v"
FAULTY = """module top (input a, output y);
    wire b = a
    assign y = b;
endmodule

module other (input c, input d, output z);
    assign z = d;
endmodule
"""
TARGET = finding_at(FAULTY, "a\n    assign", "ExpectedToken", "expected ';'")
ODD = finding_at(FAULTY, "d;", "Odd", "something that no rule knows")


@dataclass
class Opened:
    """One open document; `said` is what tools have told of it."""

    text: str = FAULTY
    version: int = 1
    said: dict[str, Outcome] = field(default_factory=dict)

    def look(self, uri: str) -> tuple[Snapshot, Project] | None:
        return document(self.text, version=self.version) if uri == URI else None

    def baseline(self, uri: str) -> Mapping[str, Outcome]:
        return self.said


@dataclass
class Bench:
    """The part under test with fakes around it."""

    opened: Opened = field(default_factory=Opened)
    slow: list[Scripted] = field(default_factory=list)
    asked: list[Proposer] = field(default_factory=list)
    status: ModelStatus = field(default_factory=lambda: ModelStatus("qwen", "fake", True))
    error: ModelUnavailable | None = None

    def __post_init__(self) -> None:
        self.quick = Scripted("slang", self.says)
        self.fixing = Fixing(self.opened, lambda: (self.quick,), lambda: self.slow, self.models, self.model_status)

    def says(self, text: str) -> list[Finding]:
        return [*([] if "wire b = a;" in text else [TARGET]), *([ODD] if "z = d;" in text else [])]

    async def models(self) -> tuple[Proposer, ...]:
        if self.error is not None:
            raise self.error
        return tuple(self.asked)

    async def model_status(self) -> ModelStatus:
        return self.status


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test with a cache of its own."""
    monkeypatch.setattr("signoff.diagnostics.fixes.offer._shared", FixCache())


def mends(of: Fault) -> list[object]:
    return [replaced(FAULTY, "z = d;", "z = c;", of.finding)]


def told(says: object = mends) -> Told:
    return Told(says, "qwen", Cost.MODEL)  # type: ignore[arg-type]


async def test_a_fix_is_preferred_once_the_slow_tools_have_accepted_it() -> None:
    bench = Bench(slow=[Scripted("yosys", lambda text: [], Speed.DEEP)])
    (first,) = await bench.fixing.fixes(URI, [TARGET])
    assert first.preferred, "a slow tool that has said nothing yet is not waited for"
    bench.opened.said["yosys"] = Outcome("yosys")
    (second,) = await bench.fixing.fixes(URI, [TARGET])
    assert not second.preferred and "Yosys" not in second.fix.title
    while not second.preferred:
        await asyncio.sleep(0)
        (second,) = await bench.fixing.fixes(URI, [TARGET])
    assert second.fix.title.endswith("(accepted by slang, Yosys)")


async def test_a_fix_that_a_slow_tool_refuses_is_offered_no_more() -> None:
    def latch(text: str) -> list[Finding]:
        return [] if text == FAULTY else [replace(TARGET, code="Latch", tool="yosys", severity=Severity.WARNING)]

    bench = Bench(slow=[Scripted("yosys", latch, Speed.DEEP)])
    bench.opened.said["yosys"] = Outcome("yosys")
    found = await bench.fixing.fixes(URI, [TARGET])
    assert len(found) == 1 and not found[0].preferred
    while found:
        await asyncio.sleep(0)
        found = await bench.fixing.fixes(URI, [TARGET])
    bench.opened.text += "\n"
    bench.opened.version += 1
    assert len(await bench.fixing.fixes(URI, [TARGET])) == 1, "of another text nothing is known"
    await bench.fixing.close()


async def test_the_model_is_asked_by_nobody_but_the_user() -> None:
    bench = Bench()
    model = told()
    bench.asked = [model]
    assert await bench.fixing.fixes(URI, [ODD]) == () and model.asked == 0
    tried: list[object] = []
    (fix,) = await bench.fixing.by_model(URI, ODD, tried.append)
    assert apply_edits(FAULTY, fix.edits) == FAULTY.replace("z = d;", "z = c;")
    assert model.asked == 1 and len(tried) == 1
    (offered,) = await bench.fixing.fixes(URI, [ODD])
    assert offered.fix == fix and not offered.preferred, "what it has thought of is offered from now on"
    assert await bench.fixing.by_model(URI, ODD) == (fix,) and model.asked == 1


async def test_what_a_model_cheats_with_is_not_offered() -> None:
    bench = Bench()
    bench.asked = [told(lambda of: [replaced(FAULTY, "    assign z = d;\n", "", of.finding)])]
    assert await bench.fixing.by_model(URI, ODD) == ()
    assert await bench.fixing.fixes(URI, [ODD]) == ()


async def test_an_edit_ends_the_models_work() -> None:
    bench = Bench()
    hanging = Hanging(cost=Cost.MODEL)
    bench.asked = [hanging]
    work = asyncio.create_task(bench.fixing.by_model(URI, ODD))
    await hanging.begun.wait()
    bench.fixing.edited(URI)
    with pytest.raises(Outdated):
        await work
    assert hanging.ended.is_set()


async def test_the_user_cancels_the_models_work() -> None:
    bench = Bench()
    hanging = Hanging(cost=Cost.MODEL)
    bench.asked = [hanging]
    work = asyncio.create_task(bench.fixing.by_model(URI, ODD))
    await hanging.begun.wait()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    await hanging.ended.wait()
    await bench.fixing.close()


async def test_a_model_that_is_gone_says_so() -> None:
    bench = Bench(error=ModelUnavailable("it is down"))
    with pytest.raises(ModelUnavailable, match="down"):
        await bench.fixing.by_model(URI, ODD)
    with pytest.raises(Outdated):
        await bench.fixing.by_model("file:///other.v", ODD)


async def test_the_models_name_is_known_where_it_is_ready() -> None:
    assert await Bench().fixing.model_name(wait=True) == "qwen"
    assert await Bench(status=ModelStatus("qwen", "fake", False)).fixing.model_name(wait=True) == ""
    bench = Bench()
    assert await bench.fixing.model_name(wait=False) == "", "nobody waits for it"
    assert await bench.fixing.model_name(wait=True) == await bench.fixing.model_name(wait=False) == "qwen"


async def test_all_of_a_file_are_mended_at_once() -> None:
    bench = Bench()
    found = await bench.fixing.all_of(URI, [TARGET, ODD])
    assert found is not None and apply_edits(FAULTY, found.edits) == FAULTY.replace("= a\n", "= a;\n")
    assert await bench.fixing.all_of(URI, [TARGET, ODD], "Odd") is None
    with pytest.raises(Outdated):
        await bench.fixing.all_of("file:///other.v", [TARGET])
