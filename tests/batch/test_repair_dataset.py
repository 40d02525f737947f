"""`signoff repair` with the real tools: what comes of samples, interrupted and taken up, and killed engines."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from batch_helpers import CLEAN, FAULTY, MENDED, dataset, verilog

from signoff.diagnostics.batch.drive import CrewTrouble, Lost
from signoff.diagnostics.batch.engine import Order
from signoff.diagnostics.batch.local import LocalCrew
from signoff.diagnostics.batch.samples import Sample

pytestmark = pytest.mark.tool

REPAIR = [sys.executable, "-m", "signoff.lsp_server", "repair"]
PROSE = "This is no code at all.\n"
LATCH = "module top (input c, d, output reg q);\n    always @(*) begin\n        if (c) q = d;\n    end\nendmodule\n"


def repair(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    argv = [*REPAIR, *map(str, arguments)]
    return subprocess.run(argv, cwd=cwd, capture_output=True, text=True, check=False, timeout=110)


def results(path: Path) -> dict[str, dict[str, Any]]:
    return {one["id"]: one for one in map(json.loads, path.read_text("utf-8").splitlines())}


def test_samples_of_all_sorts(tmp_path: Path) -> None:
    included = '`include "d.svh"\nmodule top (input a, output y);\n    assign y = a ^ `ONE\nendmodule\n'
    dataset(
        tmp_path / "d.jsonl",
        verilog("faulty"),
        verilog("clean", CLEAN),
        "oops",
        verilog("prose", PROSE),
        verilog("mark", "\ufeff" + FAULTY.replace("\n", "\r\n")),
        verilog("empty", ""),
        {"id": "files", "file": "rtl/top.sv", "code": included, "files": {"rtl/d.svh": "`define ONE 1'b1\n"}},
        {"id": "plain C", "language": "c", "code": "int main(void) { return 0 }\n"},
    )
    done = repair("--dataset", "d.jsonl", "--jobs", "2", "--attempts", cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    assert "d.jsonl:3: is no JSON" in done.stderr and "1 lines are no samples" in done.stdout
    found = results(tmp_path / "d.repaired.jsonl")
    status = {name: one["status"] for name, one in found.items()}
    assert status == {
        "faulty": "repaired",
        "clean": "clean",
        "prose": "unrepaired",
        "mark": "repaired",
        "empty": "clean",
        "files": "repaired",
        "plain C": "not judged",
    }
    assert found["faulty"]["code"] == MENDED
    assert found["mark"]["code"] == "\ufeff" + MENDED.replace("\n", "\r\n")
    assert found["prose"]["code"] == PROSE and found["prose"]["left"][0]["line"] == 1
    fix = found["files"]["applied"][0]
    assert fix["tools"] == ["slang", "verilator"] and fix["line"] == 3 and set(fix["versions"]) == set(fix["tools"])
    attempt = found["faulty"]["trajectories"][0]
    assert attempt["sample"] == "faulty" and attempt["repair"]["code"] == MENDED
    text = (tmp_path / "d.repaired.jsonl").read_text()
    assert "signoff-session" not in text and str(tmp_path) not in text, "the folder it was done in is nobody's matter"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["d.jsonl", "d.repaired.jsonl"]


def test_what_is_done_is_not_done_again(tmp_path: Path) -> None:
    data, out = dataset(tmp_path / "d.jsonl", verilog("a"), verilog("b", CLEAN)), tmp_path / "out.jsonl"
    assert repair("--dataset", data, "--output", out, "--check", cwd=tmp_path).returncode == 1
    assert {name: one["status"] for name, one in results(out).items()} == {"a": "unrepaired", "b": "clean"}
    first = out.read_bytes()
    again = repair("--dataset", data, "--output", out, "--check", cwd=tmp_path)
    assert out.read_bytes() == first and "2 of 2 samples are in" in again.stderr and again.returncode == 1
    dataset(data, verilog("a", MENDED), verilog("b", CLEAN), verilog("c", CLEAN))
    assert repair("--dataset", data, "--output", out, "--check", cwd=tmp_path).returncode == 0
    assert out.read_bytes().startswith(first) and len(out.read_bytes().splitlines()) == 4
    other = repair("--dataset", data, "--output", out, cwd=tmp_path)
    assert other.returncode == 2 and "made with other options" in other.stderr
    assert repair("--dataset", data, "--output", data, cwd=tmp_path).returncode == 2


def test_only_what_was_asked_for_is_changed(tmp_path: Path) -> None:
    data = dataset(tmp_path / "d.jsonl", verilog("a", LATCH))
    for options, code in (((), LATCH), (("--behaviour", "--restart"), None)):
        repair("--dataset", data, *options, cwd=tmp_path)
        one = results(tmp_path / "d.repaired.jsonl")["a"]
        assert (one["code"] == LATCH) is (code is not None)
        assert bool(one["withheld"]) is (code is not None) and bool(one["applied"]) is (code is None)


def lines(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def until(holds: Any, process: subprocess.Popen[bytes]) -> None:
    """Wait for what has to come; the test's own time limit ends a wait for what never does."""
    while not holds():
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize(("end", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)])
def test_an_interrupted_run_leaves_nothing_and_is_taken_up(tmp_path: Path, end: signal.Signals, status: int) -> None:
    count = 12
    data = dataset(tmp_path / "d.jsonl", *(verilog(str(number), FAULTY + f"// {number}\n") for number in range(count)))
    out = tmp_path / "d.repaired.jsonl"
    process = subprocess.Popen([*REPAIR, "--dataset", str(data), "--jobs", "1"], cwd=tmp_path, stderr=subprocess.PIPE)
    until(lambda: lines(out) >= 2, process)
    children = psutil.Process(process.pid).children(recursive=True)
    assert children
    process.send_signal(end)
    process.communicate(timeout=60)
    assert process.returncode == status
    _, alive = psutil.wait_procs(children, timeout=30)
    assert not alive
    kept = lines(out)
    assert 2 <= kept < count
    again = repair("--dataset", data, "--jobs", "2", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert f"{kept} of {count} samples are in" in again.stderr
    assert len(results(out)) == lines(out) == count, "each once"


SAMPLE = Sample("a", 1, "top.v", (("top.v", FAULTY),))


@pytest.mark.skipif(os.name != "posix", reason="signals")
async def test_a_killed_engine_is_lost_and_the_next_is_there() -> None:
    crew = LocalCrew(1)
    try:
        await crew.open(Order())
        (pid,) = crew.pids()
        task = asyncio.ensure_future(crew.repair(0, SAMPLE, Order()))
        await asyncio.sleep(0)
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(Lost, match="SIGKILL"):
            await task
        assert (await crew.repair(0, SAMPLE, Order()))["status"] == "repaired"
    finally:
        await crew.close()


async def test_a_sample_that_takes_too_long_is_given_up() -> None:
    crew = LocalCrew(1)
    try:
        told = await crew.repair(0, SAMPLE, Order(seconds=0.001))
        assert (told["status"], told["code"]) == ("failed", FAULTY) and "longer than 0.001 s" in told["message"]
        assert (await crew.repair(0, SAMPLE, Order()))["status"] == "repaired"
    finally:
        await crew.close()


async def test_a_model_that_cannot_be_asked_is_told_at_once() -> None:
    from signoff.completion.settings import CompletionSettings

    crew = LocalCrew(1)
    try:
        with pytest.raises(CrewTrouble, match=r"127\.0\.0\.1"):
            await crew.open(Order(model=CompletionSettings(backend="openai", url="http://127.0.0.1:9")))
    finally:
        await crew.close()
