"""`signoff bench complete`: what cannot work is said before minutes are spent; the real model fills real holes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from real_model import THERE

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


def bench(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "signoff.lsp_server.cli", "bench", "complete", *map(str, arguments)]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=280)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["{examples}/nowhere.v"], "nowhere.v: no such file"),
        (["{folder}"], "no Verilog, SystemVerilog or CUDA file"),
        (["{examples}/uart_tx.v", "--plot", "{folder}/figures.foo"], "a picture is one of .svg, .png, .pdf"),
        (["{examples}/uart_tx.v", "--json", "{folder}/gone/report.json"], "there is no folder"),
        (["{examples}/uart_tx.v", "--model", "no-such-model"], "No model is called no-such-model"),
        (["{examples}/uart_tx.v", "--url", "http://127.0.0.1:9"], "http://127.0.0.1:9"),
        (["{examples}/uart_tx.v", "--holes", "0"], "less than 1"),
    ],
)
def test_what_cannot_work_is_said_in_one_line(arguments: list[str], words: str, tmp_path: Path) -> None:
    done = bench(*(one.format(examples=EXAMPLES, folder=tmp_path) for one in arguments))
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.model
@pytest.mark.tool
@pytest.mark.timeout(300)
@pytest.mark.skipif(not THERE, reason="needs `signoff model pull` and the [local-model] extra")
def test_holes_are_filled_and_reported(tmp_path: Path) -> None:
    report, picture = tmp_path / "report.json", tmp_path / "figures.svg"
    done = bench(EXAMPLES / "uart_tx.v", "--holes", "1", "--json", report, "--plot", picture)
    assert done.returncode == 0, done.stderr
    document = json.loads(report.read_text(encoding="utf-8"))
    (hole,) = document["holes"]
    assert hole["truth"] in (EXAMPLES / "uart_tx.v").read_text(encoding="utf-8")
    assert document["figures"]["all"]["on"]["holes"] == 1
    # By its own tools nothing that is shown breaks the file.
    assert not hole["on"]["broke"]
    assert picture.stat().st_size > 1000
    assert "with checking" in done.stdout
