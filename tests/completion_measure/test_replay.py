"""A typed replay: every key arrives, what agrees is taken, and what the model was asked is counted."""

from __future__ import annotations

import asyncio
import random

import pytest
from completion_fakes import FakeModel

from signoff.completion.measure import replay as module
from signoff.completion.measure import typist
from signoff.completion.measure.plain import PlainPolicy
from signoff.completion.measure.recording import RecordedModel
from signoff.completion.measure.replay import replay
from signoff.completion.measure.typist import next_key, takes
from signoff.completion.model.protocol import Request
from signoff.verifiers.snapshot import Snapshot

TEXT = "module m(input a, output y);\n  wire b;\n  assign y = a & b;\nendmodule\n"
DOCUMENT = Snapshot("file:///m.v", "/m.v", "verilog", 1, TEXT)
START = TEXT.index("  wire")
AFTER = "\nendmodule\n"
KEYS = len(TEXT) - START - len(AFTER) - 2  # the indentation belongs to the line end before it


class Oracle:
    """Offers what stands in the file, from memory; `asked` are the places."""

    def __init__(self, model: RecordedModel) -> None:
        self.model = model
        self.asked: list[Snapshot] = []
        self.taken: list[str] = []

    async def ask(self, snapshot: Snapshot, line: int, column: int) -> tuple[str, ...]:
        self.asked.append(snapshot)
        async for _ in self.model.stream(Request("", "", "")):
            pass
        line_rest = TEXT[len(snapshot.text) - len(AFTER) :].split("\n")[0]
        return (line_rest,) if line_rest else ()

    def typed(self, snapshot: Snapshot, line: int) -> None:
        self.version = snapshot.version

    def accepted(self, snapshot: Snapshot, text: str) -> None:
        self.taken.append(text)


def test_a_line_end_and_the_indentation_behind_it_are_one_key() -> None:
    chance = random.Random(1)
    assert next_key("\n    x", "begin", chance).text == "\n    "
    assert next_key("x", "  ", chance).text == "x"
    assert next_key("x", "  ", chance).seconds > typist.THOUGHT[0]


def test_what_is_taken_must_agree_and_have_been_seen() -> None:
    assert takes("wire b;", "wire b;\n", 1.0)
    assert not takes("wire b;", "wire b;\n", 0.0)
    assert not takes("wire c;", "wire b;\n", 1.0)
    assert not takes(";", ";\n", 1.0)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typist, "MEDIAN", 0.002)
    monkeypatch.setattr(typist, "THOUGHT", (0.0, 0.001))
    monkeypatch.setattr(typist, "HESITATION", (0.0, 0.001))


async def test_every_key_is_typed_and_the_document_comes_out_whole(quick: None) -> None:
    model = RecordedModel(FakeModel("nothing"))
    policy = Oracle(model)
    policy.ask = _nothing  # type: ignore[method-assign]
    done = await replay(DOCUMENT, START, policy, model, keystrokes=500, seed=1)
    assert done.keystrokes == KEYS
    assert (done.requests, done.shown, done.taken) == (0, 0, 0)


async def _nothing(snapshot: Snapshot, line: int, column: int) -> tuple[str, ...]:
    return ()


async def test_no_more_keys_than_asked_for(quick: None) -> None:
    model = RecordedModel(FakeModel("nothing"))
    assert (await replay(DOCUMENT, START, Oracle(model), model, keystrokes=7, seed=1)).keystrokes == 7


@pytest.mark.parametrize("keystrokes", [1, 20, 500])
def test_a_part_is_of_whole_blocks_and_leaves_its_block_whole(keystrokes: int) -> None:
    text = "module m;\n  always @* begin\n    a = b;\n    c = d;\n  end\n  wire e;\nendmodule\n"
    inner, outer = text.index("    a ="), text.index("  always")
    end = module.part_end(text, "verilog", inner, keystrokes)
    assert text[inner:end] == ("    a = b;" if keystrokes == 1 else "    a = b;\n    c = d;")
    part = text[outer : module.part_end(text, "verilog", outer, keystrokes)]
    assert part.endswith("  wire e;" if keystrokes == 500 else "  end")


async def test_what_is_shown_and_agrees_is_taken(quick: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typist, "LOOK", 0.0)
    monkeypatch.setattr(typist, "MEDIAN", 0.03)
    model = RecordedModel(FakeModel("wire b;"))
    policy = Oracle(model)
    done = await replay(DOCUMENT, START, policy, model, keystrokes=500, seed=1)
    assert done.taken == len(policy.taken) > 0
    assert done.keystrokes == KEYS - done.saved
    assert done.requests == model.traffic.requests > 0


async def test_the_plain_policy_asks_after_its_pause_only(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeModel("a & b;")
    model = RecordedModel(fake)
    policy = PlainPolicy(model, 16)
    asked = asyncio.ensure_future(policy.ask(DOCUMENT, 1, 2))
    await asyncio.sleep(0)
    asked.cancel()
    await asyncio.gather(asked, return_exceptions=True)
    assert fake.requests == []
    monkeypatch.setattr("signoff.completion.measure.plain.DEBOUNCE", 0.0)
    assert await policy.ask(DOCUMENT, 1, 2) != ()
    assert len(fake.requests) == 1


async def test_an_answer_is_given_again_and_counted() -> None:
    fake = FakeModel("a b c")
    model = RecordedModel(fake, again=True)
    request = Request("p", "p", "")
    first = [piece.text async for piece in model.stream(request)]
    assert [piece.text async for piece in model.stream(request)] == first
    assert len(fake.requests) == 1
    assert (model.traffic.requests, model.traffic.finished, model.traffic.aborted) == (2, 2, 0)
    stream = model.stream(Request("q", "q", ""))
    await anext(stream)
    await stream.aclose()  # type: ignore[attr-defined]
    assert (model.traffic.aborted, fake.ended_early) == (1, 1)


def test_a_generation_is_wasted_where_nothing_of_it_was_shown() -> None:
    model = RecordedModel(FakeModel(""))
    model.said = ["a & b;\nendmodule", "junk"]
    result = module.Replayed()
    module._count(result, model, ["a & b;"])
    assert result.wasted == 1
