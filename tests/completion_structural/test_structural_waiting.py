"""What an editor waits for: answers that come too late are there at the next key, and nothing is asked in comments."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from completion_fakes import PROJECT, FakeVerifier
from structural_places import MARK, place

from signoff.completion.structural.gathering import Gathering
from signoff.completion.structural.in_scope import NamesInScope
from signoff.completion.structural.kind import NotKnownYet
from signoff.completion.structural.offers import Structural
from signoff.completion.structural.place import Place
from signoff.completion.structural.proposal import Proposal
from signoff.verifiers.finding import Outcome
from signoff.verifiers.hdl.facts import NameFacts, ScopeFacts, SymbolKind
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot

HERE = place(f"module m;\n  {MARK}\nendmodule\n", "verilog", "/m.v")
LATER = place(f"module m;\n  x{MARK}\nendmodule\n", "verilog", "/m.v")


class Gate:
    """A kind, or a slang, that answers once it is let."""

    languages = frozenset({"verilog", "systemverilog"})

    def __init__(self) -> None:
        self.let, self.asked = asyncio.Event(), 0
        self.reading = False

    def wants(self, place: Place) -> bool:
        return True

    async def propose(self, place: Place, project: Project) -> Sequence[Proposal]:
        self.asked += 1
        await self.let.wait()
        found = [Proposal("a", ("wire good;",), place.start, place.offset)]
        if self.reading:
            raise NotKnownYet(found)
        return found

    async def scope(self, snapshot: Snapshot, project: Project, line: int, column: int) -> ScopeFacts:
        self.asked += 1
        await self.let.wait()
        return ScopeFacts("m", (NameFacts("clk", SymbolKind.PORT),))


class Told(FakeVerifier):
    """Tells when it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.began = asyncio.Event()

    async def run(self, snapshot: Snapshot, project: Project) -> Outcome:
        self.began.set()
        return await super().run(snapshot, project)


async def test_facts_that_come_late_are_judged_and_there_at_the_next_key() -> None:
    gate, judge = Gate(), Told()
    structural = Structural([gate], lambda: (judge,))
    for _ in range(3):
        found = await structural.offers(HERE.snapshot, PROJECT, *HERE.position, wait=0.0)
        assert not found.items and not found.complete
    gate.let.set()
    await asyncio.wait_for(judge.began.wait(), 60.0)
    found = await structural.offers(HERE.snapshot, PROJECT, *HERE.position, wait=60.0)
    assert [one.proposal.label for one in found.items] == ["a"] and found.complete
    assert gate.asked == 1, "what is being asked is not asked again"
    await structural.offers(HERE.snapshot, PROJECT, *HERE.position, wait=60.0)
    assert gate.asked == 2, "an answer is given once: files may have changed"
    await structural.close()


async def test_keys_typed_fast_do_not_queue_up() -> None:
    gate = Gate()
    structural = Structural([gate], lambda: (FakeVerifier(),))
    for one in (HERE, LATER, HERE, LATER):
        assert not (await structural.offers(one.snapshot, PROJECT, *one.position, wait=0.0)).complete
    assert gate.asked == 1
    gate.let.set()
    assert (await structural.offers(LATER.snapshot, PROJECT, *LATER.position, wait=60.0)).items
    assert gate.asked == 2
    await structural.close()


async def test_what_was_found_before_the_workspace_was_read_is_not_kept() -> None:
    gate = Gate()
    structural = Structural([gate], lambda: (FakeVerifier(),))
    await structural.offers(HERE.snapshot, PROJECT, *HERE.position, wait=0.0, era=False)
    gate.let.set()
    assert (await structural.offers(HERE.snapshot, PROJECT, *HERE.position, wait=60.0, era=True)).items
    assert gate.asked == 2
    await structural.close()


async def test_what_is_known_while_headers_are_read_is_shown_as_incomplete() -> None:
    gate = Gate()
    gate.let.set()
    gate.reading = True
    structural = Structural([gate], lambda: (FakeVerifier(),))
    found = await structural.offers(HERE.snapshot, PROJECT, *HERE.position, wait=60.0)
    assert found.items and not found.complete
    gate.reading = False
    assert (await structural.offers(HERE.snapshot, PROJECT, *HERE.position, wait=60.0)).complete
    await structural.close()


async def test_names_are_asked_for_once_a_word() -> None:
    gate = Gate()
    names = NamesInScope(gate)  # type: ignore[arg-type]
    assert await names.at(HERE.snapshot, PROJECT, *HERE.position, wait=0.0) is None
    gate.let.set()
    for one in (HERE, LATER):
        found = await names.at(one.snapshot, PROJECT, *one.position, wait=60.0)
        assert found is not None and [name.name for name in found.names] == ["clk"]
    assert gate.asked == 1
    await names.close()


async def test_a_question_that_failed_is_asked_again() -> None:
    answers: Gathering[int] = Gathering(again=True)

    async def fails() -> int:
        raise RuntimeError("gone")

    async def answers_() -> int:
        return 1

    until = asyncio.get_running_loop().time() + 60
    with pytest.raises(RuntimeError):
        await answers.answer("u", 1, fails, until=until)
    assert await answers.answer("u", 1, answers_, until=until) == 1
    await answers.close()


@pytest.mark.parametrize(
    ("text", "language", "takes"),
    [
        ("// bu‸", "systemverilog", False),
        ("assign busy = go; // re‸", "verilog", False),
        ("// The ‸timer stands", "systemverilog", False),
        ("/* a\n b‸ */", "verilog", False),
        ('$display("a‸");', "verilog", False),
        ("assign q = 8'h‸;", "verilog", False),
        ("assign q = 8'hf‸;", "verilog", False),
        ("assign q = 'b‸", "verilog", False),
        ("assign q = 12‸", "verilog", False),
        ("#1.5‸", "verilog", False),
        ("assign q = a12‸", "verilog", True),
        ("assign q = a[3:‸", "verilog", True),
        ("assign q = /* b */ a‸", "verilog", True),
        ("assign q = '{‸", "systemverilog", True),
        ("always @(*) h‸", "verilog", True),
        ("x = 0x1f‸", "c", False),
        ("x = tl.‸", "python", True),
        ("# add‸", "python", False),
    ],
)
async def test_where_a_name_may_stand(text: str, language: str, takes: bool) -> None:
    here = place(f"{text}\n", language)
    assert here.takes_names is takes
    gate = Gate()
    gate.let.set()
    gate.languages = frozenset({language})
    names = NamesInScope(gate)  # type: ignore[arg-type]
    found = await names.at(here.snapshot, PROJECT, *here.position, wait=60.0)
    assert found is not None and bool(found.names) is takes
