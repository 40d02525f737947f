"""The same on a real Ray cluster of this machine: the same results, engines that are lost, nothing left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from batch_helpers import CLEAN, FAULTY, dataset, verilog

from signoff.diagnostics.batch.cluster import LOCAL, RayCrew
from signoff.diagnostics.batch.drive import CrewTrouble, Lost
from signoff.diagnostics.batch.engine import Order
from signoff.diagnostics.batch.samples import Sample

pytestmark = pytest.mark.tool

REPAIR = [sys.executable, "-m", "signoff.lsp_server", "repair"]


def of_ray() -> set[int]:
    return {one.pid for one in psutil.process_iter() if any(part in one.name() for part in ("raylet", "gcs_server"))}


def repaired(data: Path, *options: str) -> dict[str, dict[str, object]]:
    out = data.with_suffix(".out")
    argv = [*REPAIR, "--dataset", str(data), "--output", str(out), "--restart", *options]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=110)
    assert done.returncode == 1, done.stderr
    found = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    return {one["id"]: {key: one[key] for key in ("status", "code", "left", "sample", "order")} for one in found}


@pytest.mark.timeout(240)
def test_a_cluster_comes_to_the_same_results(tmp_path: Path) -> None:
    pytest.importorskip("ray")
    before = of_ray()
    codes = (FAULTY, CLEAN, "no code\n", FAULTY.replace("assign", "asign"))
    data = dataset(tmp_path / "d.jsonl", *(verilog(str(number), code) for number, code in enumerate(codes)))
    here = repaired(data)
    there = repaired(data, "--ray", "local", "--jobs", "2")
    assert here == there and [one["status"] for one in here.values()].count("repaired") == 2
    assert of_ray() <= before


@pytest.mark.timeout(240)
async def test_an_actor_that_ends_is_replaced() -> None:
    pytest.importorskip("ray")
    crew = RayCrew(LOCAL, 1)
    sample = Sample("a", 1, "top.v", (("top.v", FAULTY),))
    try:
        await crew.open(Order())
        assert crew.size == 1
        crew.kill(0)
        with pytest.raises(Lost, match="actor"):
            await crew.repair(0, sample, Order())
        assert (await crew.repair(0, sample, Order()))["status"] == "repaired"
    finally:
        await crew.close()


async def test_without_ray_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    crew = RayCrew(LOCAL, 1)
    with pytest.raises(CrewTrouble, match="Ray is not installed"):
        await crew.open(Order())
    await crew.close()
    assert os.environ["RAY_USAGE_STATS_ENABLED"] == "0", "Ray reports to nobody"
