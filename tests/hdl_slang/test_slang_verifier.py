"""slang as a verifier, in its worker: outcomes for every failure, and nothing that takes the server along."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from slang_helpers import codes, snapshot

from signoff.verifiers.finding import Status
from signoff.verifiers.hdl import slang as slang_module
from signoff.verifiers.hdl.slang import Slang
from signoff.verifiers.project import Project
from signoff.verifiers.settings import SlangSettings, VerifierSettings
from signoff.verifiers.verifier import Speed, Verifier
from signoff.verifiers.workers import WorkerPool

pytestmark = pytest.mark.tool

FAULTY = "module m(output y);\n  assign y = nowhere;\nendmodule\n"


@pytest.fixture
async def pool():
    pool = WorkerPool()
    yield pool
    await pool.close()


def settings(**fields: object) -> VerifierSettings:
    return VerifierSettings(slang=replace(SlangSettings(), **fields))


async def test_it_is_a_verifier(pool, tmp_path: Path):
    verifier: Verifier = Slang(pool)
    assert (verifier.name, verifier.speed) == ("slang", Speed.INSTANT)
    assert verifier.available(VerifierSettings()).available
    outcome = await verifier.run(snapshot(tmp_path / "m.sv", FAULTY), Project(root=str(tmp_path)))
    assert (outcome.status, codes(outcome.findings)) == (Status.FINDINGS, ["UndeclaredIdentifier"])
    assert outcome.seconds > 0


async def test_lanes_are_processes_of_their_own(pool, tmp_path: Path):
    for lane in ("live", "proof"):
        await Slang(pool, lane).run(snapshot(tmp_path / "m.sv", FAULTY), Project(root=str(tmp_path)))
    assert len(pool.pids()) == 2


async def test_facts_come_through_the_worker(pool, tmp_path: Path):
    document, project = snapshot(tmp_path / "m.sv", FAULTY), Project(root=str(tmp_path))
    facts = await Slang(pool).symbol(document, project, 0, 16)
    assert (facts.name, facts.direction) == ("y", "output")
    assert [item.name for item in (await Slang(pool).scope(document, project, 1, 2)).names] == ["y"]


async def test_switched_off_is_said(pool, tmp_path: Path):
    project = Project(root=str(tmp_path), settings=settings(enabled=False))
    outcome = await Slang(pool).run(snapshot(tmp_path / "m.sv", FAULTY), project)
    assert outcome.status is Status.MISSING
    assert "settings" in outcome.message


async def test_a_missing_package_is_said(pool, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(slang_module, "_installed", lambda: ("", ""))
    outcome = await Slang(pool).run(snapshot(tmp_path / "m.sv", FAULTY), Project(root=str(tmp_path)))
    assert outcome.status is Status.MISSING
    assert "pip install pyslang" in outcome.message


async def test_too_slow_is_given_up_and_the_next_run_works(pool, tmp_path: Path):
    slow = "module m; localparam x = f(1);\n function int f(int x); for (int i = 0; i < 200000; i++) x += i; return x;"
    slow += " endfunction\n endmodule\n" + "module a; endmodule\n" * 200_000
    project = Project(root=str(tmp_path), settings=settings(timeout=0.05))
    verifier = Slang(pool)
    outcome = await verifier.run(snapshot(tmp_path / "m.sv", slow), project)
    assert outcome.status is Status.TIMED_OUT
    outcome = await verifier.run(snapshot(tmp_path / "m.sv", FAULTY), Project(root=str(tmp_path)))
    assert codes(outcome.findings) == ["UndeclaredIdentifier"]


async def test_a_crash_is_contained(pool, tmp_path: Path):
    # Generate blocks this deep overflow slang's stack.
    deep = "module m; " + "if (1) begin " * 20_000 + "end " * 20_000 + " endmodule\n"
    verifier, project = Slang(pool), Project(root=str(tmp_path))
    outcome = await verifier.run(snapshot(tmp_path / "m.sv", deep), project)
    assert outcome.status in {Status.CRASHED, Status.FINDINGS}
    assert outcome.message or outcome.findings or outcome.ran
    after = await verifier.run(snapshot(tmp_path / "m.sv", FAULTY), project)
    assert codes(after.findings) == ["UndeclaredIdentifier"]


MALFORMED = [
    "",
    "\0",
    "module m; // \ud800 \udfff\nendmodule\n",
    "\ufeffmodule m;\r\nendmodule\r\n",
    '`include "focus.sv"\n',
    "`define A `A\n`A\n",
    "(" * 200_000,
    "module m; initial " + "begin " * 50_000,
    "module m; wire x = " + "{" * 50_000,
    "module m; m u(); endmodule\n",
    "module m #(parameter N = 0); m #(N + 1) u(); endmodule\nmodule t; m u(); endmodule\n",
    "module m; /* " + "x" * 5_000_000 + " */ endmodule",
    "module m; wire y = 1; //" + "wire x; " * 600_000,
    "`ifdef A\n" * 20_000,
]


async def test_malformed_texts_do_no_harm(pool, tmp_path: Path):
    folder = tmp_path / "päth with spaces 😀"
    folder.mkdir()
    path = folder / "focus.sv"
    path.write_text('`include "focus.sv"\n')
    for text in MALFORMED:
        outcome = await Slang(pool).run(snapshot(path, text), Project(root=str(folder), declared=True))
        assert outcome.status is Status.FINDINGS, (text[:40], outcome.message)
        assert all(finding.path == str(path) for finding in outcome.findings), text[:40]


async def test_a_file_that_is_not_utf8(pool, tmp_path: Path):
    (tmp_path / "old.vh").write_bytes("// größer\nwire from_header = nowhere;\n".encode("latin-1"))
    (tmp_path / "old.sv").write_bytes("/* größer */ module old; wire a = nowhere; endmodule\n".encode("latin-1"))
    text = 'module m;\n`include "old.vh"\nendmodule\n'
    project = Project(root=str(tmp_path), declared=True, files=(str(tmp_path / "old.sv"), str(tmp_path / "m.sv")))
    outcome = await Slang(pool).run(snapshot(tmp_path / "m.sv", text), project)
    places = {(Path(item.path).name, item.span.start_line, item.span.start_column) for item in outcome.findings}
    assert places == {("old.vh", 1, 19), ("old.sv", 0, 34)}
