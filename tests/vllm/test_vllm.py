"""A real vLLM, started by `signoff model serve --cpu`: what our backend finds out, asks and gives up. See make vllm."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator

import httpx
import psutil
import pytest
import vllm_server
from vllm_server import Served

from signoff.completion.engine import CompletionEngine
from signoff.completion.model.protocol import Model, ModelUnavailable, Request
from signoff.completion.model.registry import open_model
from signoff.completion.serve.environment import probe
from signoff.completion.serve.gpus import Gpu
from signoff.completion.serve.layout import lay_out
from signoff.completion.serve.plan import Wish, plan
from signoff.completion.serve.weights import resolve
from signoff.completion.settings import CompletionSettings
from signoff.verifiers.hdl.slang import Slang
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.workers import WorkerPool

pytestmark = [
    pytest.mark.vllm,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not vllm_server.there(), reason="needs `make vllm`"),
]

HEAD = "module counter(input clk, input rst, output reg [3:0] q);\n  always @(posedge clk)\n    if (rst)\n"
PREFIX = f"{HEAD}      q <= 4'd0;\n    else\n      q <= "
FIM = "<|fim_prefix|>{}<|fim_suffix|>\nendmodule\n<|fim_middle|>"
# What vLLM's own command line makes of ours, without starting anything.
PARSE = """
import json, sys
from vllm.entrypoints.cli.serve import cmd_init
from vllm.utils.argparse_utils import FlexibleArgumentParser
parser = FlexibleArgumentParser()
commands = parser.add_subparsers(dest="command")
for command in cmd_init():
    command.subparser_init(commands)
for argv in json.load(sys.stdin):
    found = parser.parse_args(argv)
    print(json.dumps({key: value for key, value in vars(found).items() if isinstance(value, (str, int, float))}))
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with vllm_server.served(tmp_path_factory.mktemp("state")) as running:
        yield running
        pids = running.pids()
    _, alive = psutil.wait_procs([psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)], timeout=20)
    assert not [one for one in alive if one.status() != psutil.STATUS_ZOMBIE], "processes outlived the command"


@pytest.fixture
async def pool() -> AsyncIterator[WorkerPool]:
    running = WorkerPool()
    yield running
    await running.close()


@pytest.fixture
def settings(server: Served, monkeypatch: pytest.MonkeyPatch) -> CompletionSettings:
    monkeypatch.setenv("OWN_KEY", server.key)
    return CompletionSettings(url=server.url, api_key_env="OWN_KEY", debounce=0.0, timeout=120.0, check_timeout=30.0)


@pytest.fixture
async def model(settings: CompletionSettings, pool: WorkerPool) -> AsyncIterator[Model]:
    opened = await open_model(settings, pool)
    yield opened
    await opened.close()


def request(prompt: str, **more: object) -> Request:
    return Request(prompt, prompt, "", **more)  # type: ignore[arg-type]


async def texts(model: Model, asked: Request) -> dict[int, str]:
    found: dict[int, str] = {}
    async for piece in model.stream(asked):
        found[piece.candidate] = found.get(piece.candidate, "") + piece.text
    return found


async def until(holds: Callable[[], bool]) -> bool:
    """Whether something comes to hold within a minute."""
    for _ in range(600):
        if await asyncio.to_thread(holds):
            return True
        await asyncio.sleep(0.1)
    return False


async def test_every_flag_is_one_of_vllms_own() -> None:
    there = await probe(str(vllm_server.PYTHON))
    assert there.cpu
    cards = tuple(Gpu(index, f"GPU-{index}", "Card", 48e9, 48e9, 9.0) for index in range(8))
    plans = [
        plan(chosen, there, lay_out(chosen, cards, nodes=nodes), Wish(nodes=nodes, cpu=cpu, speculate=speculate))
        for chosen in (resolve("incoder-32b"), resolve("incoder-32b-awq"), resolve("qwen2.5-coder-7b"))
        for nodes, cpu, speculate in ((1, False, False), (1, False, True), (2, False, False), (1, True, False))
    ]
    argvs = json.dumps([made.argv[3:] for made in plans]).encode()
    done = await asyncio.to_thread(
        subprocess.run, [str(vllm_server.PYTHON), "-c", PARSE], input=argvs, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    found = [json.loads(line) for line in done.stdout.decode().splitlines() if line.startswith("{")]
    assert len(found) == len(plans)
    assert found[0]["tensor_parallel_size"] == 4
    assert found[2]["pipeline_parallel_size"] == 2
    assert found[2]["distributed_executor_backend"] == "ray"
    assert all(row["enable_prefix_caching"] and row["generation_config"] == "vllm" for row in found)


async def test_the_family_is_found_by_the_tokenizer_and_the_context_by_the_server(model: Model) -> None:
    # It is served under a name that says nothing.
    assert model.description.name == vllm_server.MODEL.name == "model"
    assert model.description.backend == "openai"
    assert model.description.family == "qwen"
    assert model.description.context_tokens == 4096
    assert model.description.candidates > 1


async def test_tokens_are_counted_by_the_model_s_own_tokenizer(model: Model) -> None:
    assert await model.count_tokens("") == 0
    assert await model.count_tokens("module m;") == 3
    assert await model.count_tokens("<|fim_prefix|>module") == 2


async def test_several_candidates_come_of_one_request(server: Served, model: Model) -> None:
    before = server.metrics()
    greedy = await texts(model, request(FIM.format(PREFIX), max_tokens=8, stop=("\n",)))
    assert greedy[0].startswith("q +")
    drawn = await texts(model, request(FIM.format(PREFIX), max_tokens=16, temperature=0.9, seed=1, n=3))
    assert sorted(drawn) == [0, 1, 2]
    assert len(set(drawn.values())) > 1
    after = server.metrics()
    assert after.finished() - before.finished() <= 4


async def test_a_wrong_key_is_refused_and_said(
    settings: CompletionSettings, pool: WorkerPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OWN_KEY", "another")
    with pytest.raises(ModelUnavailable, match="key"):
        await open_model(settings, pool)


async def test_giving_up_ends_the_work_at_the_server(server: Served, model: Model) -> None:
    before = server.aborted()
    endless = request("1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,", max_tokens=3000)
    async with contextlib.aclosing(model.stream(endless)) as pieces:  # type: ignore[type-var]
        async for _ in pieces:
            break
    assert await until(lambda: server.aborted() == before + 1)
    assert await until(lambda: server.metrics().get("num_requests_running") == 0)


async def test_a_cancelled_question_ends_the_work_too(server: Served, model: Model) -> None:
    before = server.aborted()
    drawn = request("a b c d e f g h i j k l m n", max_tokens=3000, temperature=0.5, seed=3, n=2)
    task = asyncio.ensure_future(texts(model, drawn))
    assert await until(lambda: server.metrics().get("num_requests_running") > 0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert await until(lambda: server.aborted() > before)
    assert await until(lambda: server.metrics().get("num_requests_running") == 0)


async def test_what_stays_the_same_of_a_prompt_is_read_once(server: Served, model: Model) -> None:
    module = "".join(f"  assign a{index} = b{index} & c{index};\n" for index in range(60))
    prompt = f"<|fim_prefix|>module wide;\n{module}  assign z = "
    size = await model.count_tokens(prompt)
    assert size is not None
    for number, tail in enumerate(("", "a", "a1")):
        before = server.metrics().get("prefix_cache_hits_total")
        await texts(model, request(f"{prompt}{tail}<|fim_suffix|>\nendmodule\n<|fim_middle|>", max_tokens=2))
        hits = server.metrics().get("prefix_cache_hits_total") - before
        # The cache holds whole blocks, of 128 tokens on a processor.
        assert hits >= size // 128 * 128 if number else hits < size


async def test_a_prompt_that_is_too_long_is_refused_with_400_and_asked_shorter(server: Served, model: Model) -> None:
    long = "assign a = b;\n" * 2000
    body = {"model": "model", "prompt": long, "max_tokens": 4}
    async with httpx.AsyncClient(trust_env=False) as client:
        headers = {"Authorization": f"Bearer {server.key}"}
        answer = await client.post(f"{server.url}/v1/completions", json=body, headers=headers, timeout=60)
    assert answer.status_code == 400
    assert "4096" in answer.text
    found = await texts(model, Request(FIM.format(long), long, "", max_tokens=4))
    assert sum(len(text) for text in found.values()) > 0


async def test_the_engine_shows_what_slang_accepts(pool: WorkerPool, settings: CompletionSettings) -> None:
    engine = CompletionEngine(pool, [Slang(pool, lane="proof")], settings)
    document = Snapshot("file:///m.v", "/m.v", "verilog", 1, f"{PREFIX}\nendmodule\n")
    try:
        found = await engine.complete(document, Project(root="/"), 5, 11, automatic=True)
        assert found[0].text.startswith("q +")
        assert found[0].verdict.tools == ("slang",)
        assert found[0].model == "model"
    finally:
        await engine.close()


def test_the_log_holds_no_prompt_and_no_key(server: Served) -> None:
    text = server.log.read_text()
    assert "Loading" in text
    assert server.log.stat().st_mode & 0o077 == 0
    assert server.key not in text
    assert "counter" not in text
    assert "assign a" not in text


async def test_a_server_that_is_killed_comes_back(
    server: Served, settings: CompletionSettings, pool: WorkerPool
) -> None:
    """The last: it costs a start."""
    first = server.pids()
    os.kill(first[0], signal.SIGKILL)
    await asyncio.to_thread(server.wait_for, "starting it again")
    await asyncio.to_thread(server.wait_for, "answers at")
    _, alive = psutil.wait_procs([psutil.Process(pid) for pid in first if psutil.pid_exists(pid)], timeout=20)
    assert not [one for one in alive if one.status() != psutil.STATUS_ZOMBIE]
    opened = await open_model(settings, pool)
    try:
        found = await texts(opened, request(FIM.format(PREFIX), max_tokens=8, stop=("\n",)))
        assert found[0].startswith("q +")
    finally:
        await opened.close()
