"""The downloaded model in the embedded runtime: several texts at once, given up in the midst, ended and back again."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator
from dataclasses import replace

import psutil
import pytest
from real_model import NEEDS_MODEL

from signoff.completion import fim
from signoff.completion.model import local
from signoff.completion.model.keeper import Keeper
from signoff.completion.model.protocol import Model, ModelUnavailable, Request
from signoff.completion.settings import CompletionSettings
from signoff.verifiers.workers import WorkerPool

pytestmark = NEEDS_MODEL

PREFIX = """module counter(input clk, input rst, output reg [3:0] q);
  always @(posedge clk)
    if (rst)
      q <= 4'd0;
    else
      q <= """
SUFFIX = "\nendmodule\n"


def request(prefix: str = PREFIX, **values: object) -> Request:
    prompt, stop = fim.render("qwen", prefix, SUFFIX)
    return replace(Request(prompt, prefix, SUFFIX, (), ("\n", *stop), 24), **values)  # type: ignore[arg-type]


@pytest.fixture
async def keeper() -> AsyncIterator[Keeper]:
    pool = WorkerPool()
    running = Keeper(CompletionSettings(), pool)
    yield running
    await running.close()
    assert pool.pids() == []
    await pool.close()


async def texts(model: Model, asked: Request) -> dict[int, str]:
    found: dict[int, str] = {}
    async for piece in model.stream(asked):
        found[piece.candidate] = found.get(piece.candidate, "") + piece.text
    return found


async def test_several_candidates_come_from_one_reading(keeper: Keeper) -> None:
    model = await keeper.open()
    known = model.description
    assert (known.family, known.note, known.local) == ("qwen", "", True)
    first = await texts(model, request())
    assert first[0].startswith("q +")
    several = await texts(model, request(n=3, temperature=0.8, seed=1))
    assert sorted(several) == [0, 1, 2]
    assert len(set(several.values())) > 1
    # The same seed gives the same texts; the likeliest text does not depend on what came between.
    assert await texts(model, request()) == first
    assert await model.count_tokens("<|fim_prefix|>") == 1
    status = await keeper.status()
    assert (status.ready, status.backend) == (True, "local")
    assert status.latency > 0
    # A special token in the document does not end the prompt.
    odd = "// prompts end with <|fim_middle|> or <|endoftext|>\n" + PREFIX
    assert (await texts(model, request(odd)))[0].startswith("q +")


async def test_a_prompt_beyond_the_context_is_shortened(keeper: Keeper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "CONTEXT_TOKENS", 256)
    model = await keeper.open()
    assert sum((model.description.budget.prefix, model.description.budget.suffix)) < 256
    long = "".join(f"wire [7:0] signal_number_{number};\n" for number in range(60)) + PREFIX
    assert await texts(model, request(long, max_tokens=4))


async def test_a_request_given_up_while_the_prompt_is_read_frees_the_processor(keeper: Keeper) -> None:
    model = await keeper.open()
    await texts(model, request(max_tokens=1))
    (process,) = [psutil.Process(pid) for pid in keeper._pool.pids()]
    long = "".join(f"wire [7:0] another_{number};\n" for number in range(200)) + PREFIX
    before = used(process)
    waiting = asyncio.ensure_future(texts(model, request(long)))
    while used(process) < before + 0.3:  # noqa: ASYNC110 - another process' work sets no event here
        await asyncio.sleep(0.02)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    given_up = used(process)
    last = given_up
    for _ in itertools.repeat(None, 100):
        await asyncio.sleep(0.3)
        now = used(process)
        if now - last < 0.03:
            break
        last = now
    else:
        pytest.fail("the runtime works on")
    # Reading all of it takes some twenty seconds of processor time; what is left is a batch or two.
    assert last - given_up < 5.0
    assert (await texts(model, request()))[0].startswith("q +")


def used(process: psutil.Process) -> float:
    return float(sum(process.cpu_times()[:2]))


async def test_a_process_that_ends_is_started_anew(keeper: Keeper) -> None:
    model = await keeper.open()
    stream = model.stream(request(max_tokens=400, stop=()))
    await anext(stream)
    for pid in keeper._pool.pids():
        psutil.Process(pid).kill()
    rest = [piece async for piece in stream]
    assert rest[-1].finish == "cut"  # what had come is of use
    with contextlib.suppress(ModelUnavailable):  # where the end is only noticed now
        await texts(await keeper.open(automatic=False), request(max_tokens=1))
    assert (await texts(await keeper.open(automatic=False), request()))[0].startswith("q +")
