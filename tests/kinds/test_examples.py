"""docs/examples: what its README says of each file is what the tools say, and each edit of faults.toml is found."""

from __future__ import annotations

import asyncio
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from signoff.diagnostics.merge import merge
from signoff.lsp_server.commands.session import Session, open_session, snapshot_of
from signoff.verifiers.finding import Finding

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
FAULTS = tomllib.loads((EXAMPLES / "faults.toml").read_text(encoding="utf-8"))["fault"]
CLEAN = ("uart_tx.v", "fifo.v", "traffic_light.sv", "pulse_stretcher.v")
# Of the files that are faulty on purpose: (category, line from 1) of each diagnostic.
FAULTY = {
    "karnaugh.v": {("missing-end", 27)},
    "led_top.v": {("module-connection", 10), ("module-connection", 13), ("bit-width", 15)},
    "counter.v": {("sensitivity-list", 12)},
    "priority_encoder.v": {("latch", 7)},
    "rmsnorm.cu": {("launch-geometry", 52)},
    "softmax.py": {("triton-api", 11)},
}

pytestmark = [pytest.mark.tool, pytest.mark.timeout(300)]


async def look(session: Session, name: str, text: str) -> tuple[Finding, ...]:
    snapshot = replace(snapshot_of(EXAMPLES / name), text=text, version=1)
    project = replace(session.workspace.project_for(snapshot.path), buffers=(snapshot,))
    outcomes = await session.run(snapshot, project)
    assert all(outcome.ran for outcome in outcomes)
    found = merge((finding for outcome in outcomes for finding in outcome.findings), cap=100)
    return tuple(finding for finding in found if finding.path == snapshot.path)


async def look_at_all() -> dict[tuple[str, str], tuple[Finding, ...]]:
    texts = {name: (EXAMPLES / name).read_text(encoding="utf-8") for name in (*CLEAN, *FAULTY)}
    cases = {(name, ""): text for name, text in texts.items()}
    cases |= {(one["file"], one["becomes"]): edited(one, texts[one["file"]]) for one in FAULTS}
    async with open_session([EXAMPLES]) as session:
        assert session.workspace.problems() == ()
        return {case: await look(session, case[0], text) for case, text in cases.items()}


def edited(fault: dict[str, Any], text: str) -> str:
    assert text.count(fault["text"]) == 1
    return text.replace(fault["text"], fault["becomes"])


@pytest.fixture(scope="module")
def found() -> dict[tuple[str, str], tuple[Finding, ...]]:
    return asyncio.run(look_at_all())


@pytest.mark.parametrize("name", CLEAN)
def test_a_correct_example_is_left_in_peace(name: str, found: dict[tuple[str, str], tuple[Finding, ...]]) -> None:
    assert found[name, ""] == ()


@pytest.mark.parametrize("name", FAULTY)
def test_a_faulty_example_shows_its_fault(name: str, found: dict[tuple[str, str], tuple[Finding, ...]]) -> None:
    assert {(str(one.category), one.span.start_line + 1) for one in found[name, ""]} == FAULTY[name]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault["category"])
def test_an_edit_of_the_table_is_found(
    fault: dict[str, Any], found: dict[tuple[str, str], tuple[Finding, ...]]
) -> None:
    before = (EXAMPLES / fault["file"]).read_text(encoding="utf-8").partition(fault["text"])[0]
    line = before.count("\n")
    seen = {(str(one.category), one.span.start_line - line) for one in found[fault["file"], fault["becomes"]]}
    assert seen & {(fault["category"], 0), (fault["category"], 1)}, seen
