"""Every family of templates on small faults: the first edit that the real tools accept is the expected one."""

from __future__ import annotations

import tomllib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from template_helpers import Case, design, faults, proposed, proven

from signoff.diagnostics.fixes.templates.families import HDL
from signoff.diagnostics.prove import baselines
from signoff.verifiers.hdl.slang import Slang
from signoff.verifiers.hdl.verilator import Verilator
from signoff.verifiers.verifier import Verifier
from signoff.verifiers.workers import WorkerPool

TABLE = tomllib.loads((Path(__file__).parent / "hdl_templates.toml").read_text(encoding="utf-8"))
CASES = [Case(**row) for row in TABLE["case"]]
SHOWN = 3

pytestmark = [pytest.mark.tool, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def verifiers() -> AsyncIterator[tuple[Verifier, ...]]:
    pool = WorkerPool()
    yield Slang(pool, "proof"), Verilator()
    await pool.close()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_the_expected_edit_is_proven(case: Case, verifiers: tuple[Verifier, ...]) -> None:
    found = await proven(*design(case.text(case.fault), sv=case.sv), verifiers)
    ways = [texts[: SHOWN if case.among else 1] for texts in found.values()]
    assert any(case.text(case.mended) in texts for texts in ways), list(found.items())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_the_mended_text_has_nothing_to_mend(case: Case, verifiers: tuple[Verifier, ...]) -> None:
    snapshot, project = design(case.text(case.mended), sv=case.sv)
    known = await baselines(snapshot, project, verifiers)
    assert [fault.finding for fault in faults(snapshot, project, known)] == [] or case.among


async def test_every_family_has_a_case(verifiers: tuple[Verifier, ...]) -> None:
    used = set()
    for case in CASES:
        snapshot, project = design(case.text(case.fault), sv=case.sv)
        known = await baselines(snapshot, project, verifiers)
        for fault in faults(snapshot, project, known):
            used |= {candidate.rule for candidate in await proposed(fault)}
    assert used >= {family.__module__.rpartition(".")[2] for _, family in HDL} - {"kinds"}
