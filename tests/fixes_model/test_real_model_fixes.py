"""The downloaded 0.5B model proposes, slang judges: filling in, being talked to, and being given up."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from model_fakes import PATH
from real_model import NEEDS_MODEL

from signoff.completion.model.chat import Talk, Turn, chatting, whole
from signoff.completion.model.keeper import Keeper
from signoff.completion.settings import CompletionSettings
from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.model import instruction
from signoff.diagnostics.fixes.model.cloze import Cloze
from signoff.diagnostics.fixes.model.instruction import Instruction
from signoff.diagnostics.fixes.proposer import Cost, Fault
from signoff.diagnostics.fixes.search import Search
from signoff.verifiers.hdl.slang import Slang
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import apply_edits
from signoff.verifiers.workers import WorkerPool

pytestmark = [*NEEDS_MODEL, pytest.mark.slow]

FAULTY = """module counter (input clk, input rst, output reg [3:0] count);
    always @(posedge clk)
        if (rst)
            count <= 4'd0;
        else
            count <= value + 4'd1;
endmodule
"""


@pytest.fixture
async def pool() -> AsyncIterator[WorkerPool]:
    running = WorkerPool()
    yield running
    await running.close()


@pytest.fixture
async def keeper(pool: WorkerPool) -> AsyncIterator[Keeper]:
    running = Keeper(CompletionSettings(), pool)
    yield running
    await running.close()


async def faulty(slang: Slang) -> Fault:
    snapshot = Snapshot(f"file://{PATH}", PATH, "verilog", 1, FAULTY)
    project = Project("/design", declared=True, files=(PATH,), buffers=(snapshot,))
    outcome = await slang.run(snapshot, project)
    (finding,) = [one for one in outcome.findings if one.code == "UndeclaredIdentifier"]
    return Fault(finding, snapshot, project, {slang.name: outcome})


async def test_what_it_fills_in_is_proven_or_not_offered(pool: WorkerPool, keeper: Keeper) -> None:
    slang = Slang(pool)
    fault = await faulty(slang)
    search = Search(fault, (slang,))
    await search.ask([Cloze(await keeper.open())], most=Cost.MODEL)
    assert search.fixes, "the model knows a counter"
    texts = [apply_edits(FAULTY, fix.edits) for fix in search.fixes]
    assert FAULTY.replace("value", "count") in texts
    assert all(fix.candidate is not None and fix.candidate.model.startswith("qwen2.5") for fix in search.fixes)


async def test_it_can_be_talked_to_by_its_own_template(keeper: Keeper) -> None:
    model = await chatting(await keeper.open())
    told = await whole(model, Talk((Turn("user", "Answer with one word: the opposite of low?"),), 16))
    assert "high" in told.text.lower() and told.finish == "stop"
    assert "<|" not in told.text


async def test_what_it_answers_to_an_instruction_is_an_edit_or_nothing(
    pool: WorkerPool, keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(instruction, "LOCAL_ROUNDS", 1)
    fault = await faulty(Slang(pool))
    proposing = Instruction(await keeper.open()).propose(fault)
    with contextlib.suppress(StopAsyncIteration):
        candidate = await anext(proposing)
        assert isinstance(candidate, FixCandidate) and apply_edits(FAULTY, candidate.edits) != FAULTY
    await proposing.aclose()


async def test_giving_it_up_frees_the_model_for_the_next(pool: WorkerPool, keeper: Keeper) -> None:
    fault, model = await faulty(Slang(pool)), await chatting(await keeper.open())
    task = asyncio.ensure_future(anext(Instruction(model).propose(fault)))  # type: ignore[arg-type]
    await asyncio.wait([task], timeout=0.5)  # wherever it is by then
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert (await whole(model, Talk((Turn("user", "Answer with one word: yes or no?"),), 8))).text
