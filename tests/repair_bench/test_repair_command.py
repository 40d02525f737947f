"""`signoff bench repair`: what cannot work is said at once; real tools find, mend and compare real faults."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


def bench(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "signoff.lsp_server.cli", "bench", "repair", *map(str, arguments)]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=280)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["{examples}/nowhere.v"], "nowhere.v: no such file"),
        (["{examples}/uart_tx.v", "--plot", "{folder}/figures.foo"], "a picture is one of .svg, .png, .pdf"),
        (["{examples}/uart_tx.v", "--json", "{folder}/gone/report.json"], "there is no folder"),
        (["{examples}/uart_tx.v", "--proposer", "nobody"], "nobody: no proposer is called that; there are rules"),
        (["{examples}/uart_tx.v", "--kind", "dma"], "no fault of that kind"),
        (["{examples}/uart_tx.v", "--kind", "nothing"], "invalid choice"),
        (["{examples}/uart_tx.v", "--faults", "0"], "less than 1"),
    ],
)
def test_what_cannot_work_is_said_in_one_line(arguments: list[str], words: str, tmp_path: Path) -> None:
    done = bench(*(one.format(examples=EXAMPLES, folder=tmp_path) for one in arguments))
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.tool
@pytest.mark.timeout(300)
def test_faults_are_found_mended_and_reported(tmp_path: Path) -> None:
    report, picture = tmp_path / "report.json", tmp_path / "figures.svg"
    before = (EXAMPLES / "uart_tx.v").read_bytes()
    kinds = ("--kind", "missing-semicolon", "--kind", "algorithm")
    done = bench(EXAMPLES / "uart_tx.v", "--faults", "2", *kinds, "--proof", "0", "--json", report, "--plot", picture)
    assert done.returncode == 0, done.stderr
    document = json.loads(report.read_text(encoding="utf-8"))
    figures = document["figures"]
    assert figures["verilog: missing-semicolon"]["detected"] == 1.0
    assert figures["verilog: missing-semicolon"]["offered"]["right"] == 1.0
    # What no lint can see is injected all the same, and not claimed to be seen.
    assert (figures["verilog: algorithm"]["faults"], figures["verilog: algorithm"]["detected"]) == (2, 0.0)
    assert len(document["faults"]) == 4
    assert "control" in done.stdout and "Each proposer" in done.stdout
    assert picture.stat().st_size > 1000
    assert (EXAMPLES / "uart_tx.v").read_bytes() == before


@pytest.mark.tool
@pytest.mark.timeout(300)
def test_the_same_seed_says_the_same(tmp_path: Path) -> None:
    reports = [tmp_path / "first.json", tmp_path / "second.json"]
    for report in reports:
        done = bench(EXAMPLES / "fifo.v", "--faults", "1", "--kind", "type", "--proof", "0", "--json", report)
        assert done.returncode == 0, done.stderr
    first, second = (json.loads(one.read_text(encoding="utf-8"))["faults"] for one in reports)
    assert [one["edits"] for one in first] == [one["edits"] for one in second] != []
