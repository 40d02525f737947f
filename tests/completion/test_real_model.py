"""The whole pipeline with the downloaded model in the embedded runtime."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import psutil
import pytest
from completion_fakes import PROJECT
from completion_holes import snapshot
from real_model import MODEL, NEEDS_MODEL

from signoff.completion.engine import CompletionEngine
from signoff.completion.model import local, weights
from signoff.completion.settings import CompletionSettings
from signoff.verifiers.hdl.slang import Slang
from signoff.verifiers.workers import WorkerPool

pytestmark = NEEDS_MODEL

COUNTER = """module counter(input clk, input rst, output reg [3:0] q);
  always @(posedge clk)
    if (rst)
      q <= 4'd0;
    else
      q <= |
endmodule
"""


@pytest.fixture
async def pool() -> AsyncIterator[WorkerPool]:
    running = WorkerPool()
    yield running
    await running.close()


async def test_a_real_model_s_text_is_accepted_by_slang_and_a_cancelled_request_ends(pool: WorkerPool) -> None:
    engine = CompletionEngine(pool, [Slang(pool, lane="proof")], CompletionSettings(debounce=0.0, timeout=60.0))
    status = await engine.status()
    assert status.ready
    assert status.backend == "local"
    assert pool.pids() == []  # nothing is loaded before it is asked for
    document, line, column = snapshot(COUNTER)
    (suggestion,) = await engine.complete(document, PROJECT, line, column, automatic=True)
    assert suggestion.text.startswith("q +")
    assert suggestion.verdict.tools == ("slang",)

    path = str(weights.path_of(MODEL))
    url, key = await pool.call(local.LLAMA, path, "start", path, 1, local.CONTEXT_TOKENS, timeout=60)
    async with httpx.AsyncClient() as client:
        body = {"prompt": "a", "max_tokens": 1}
        assert (await client.post(f"{url}/v1/completions", json=body)).status_code == 401
        headers = {"Authorization": f"Bearer {key}"}
        assert (await client.post(f"{url}/v1/completions", json=body, headers=headers)).status_code == 200

    long = document.text.replace("module counter", "// " + "words " * 200 + "\nmodule counter")
    busy = asyncio.ensure_future(
        engine.complete(snapshot(long.replace("q <= \n", "q <= |\n"))[0], PROJECT, line + 1, column, automatic=True)
    )
    await asyncio.sleep(0.3)
    busy.cancel()
    await asyncio.gather(busy, return_exceptions=True)
    assert await _idle([psutil.Process(pid) for pid in pool.pids()])
    await engine.close()


async def _idle(processes: list[psutil.Process]) -> bool:
    """Whether the processes stop to use the processor within ten seconds."""
    for _ in range(40):
        before = sum(sum(process.cpu_times()[:2]) for process in processes)
        await asyncio.sleep(0.25)
        if sum(sum(process.cpu_times()[:2]) for process in processes) - before < 0.03:
            return True
    return False
