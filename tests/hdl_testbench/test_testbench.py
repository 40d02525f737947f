"""A project's testbench: what a simulation's end says, what is run and where, and who is trusted."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from signoff.verifiers.hdl import testbench
from signoff.verifiers.hdl.testbench import Result, judged, simulate
from signoff.verifiers.project import Project
from signoff.verifiers.run import Completed
from signoff.verifiers.settings import TestbenchSettings, VerifierSettings
from signoff.verifiers.snapshot import Snapshot

COUNTER = """\
module counter(input clk, input rst, output reg [3:0] q);
    always @(posedge clk) if (rst) q <= 0; else q <= q + 1;
endmodule
"""
BENCH = """\
module bench;
    reg clk = 0, rst = 1; wire [3:0] q; reg [7:0] wanted [0:0];
    counter dut(.clk(clk), .rst(rst), .q(q));
    always #5 clk = ~clk;
    initial begin
        $readmemh("data/wanted.hex", wanted);
        #12 rst = 0;
        #100;
        if (q != wanted[0][3:0]) $display("FAILED: %d", q); else $display("all is well");
        $finish;
    end
endmodule
"""


def ended(text: str, code: int = 0, *, timed_out: bool = False) -> Completed:
    return Completed(code, text.encode(), b"", timed_out, 0.1)


@pytest.mark.parametrize(
    ("text", "code", "passes", "result"),
    [
        ("ok\n- b.v:3: Verilog $finish\n", 0, "", Result.PASSED),
        ("0 errors\nb.v:3: $finish called at 12 (1s)\n", 0, "", Result.PASSED),
        ("Errors: 0\n$finish\n", 0, "", Result.PASSED),
        ("Mismatches: 0 in 100 samples\n$finish\n", 0, "", Result.PASSED),
        ("no mismatch found\n$finish\n", 0, "", Result.PASSED),
        ("Mismatches: 3 in 100 samples\n$finish\n", 0, "", Result.FAILED),
        ("Errors: 10\n$finish\n", 0, "", Result.FAILED),
        ("test FAILED\n$finish\n", 0, "", Result.FAILED),
        ("0 errors, 2 failures\n$finish\n", 0, "", Result.FAILED),
        ("ok\n", 0, "", Result.UNKNOWN),
        ("", 0, "", Result.UNKNOWN),
        ("ok\n$finish\n", 1, "", Result.FAILED),
        ("ok\n$finish\n", -9, "", Result.FAILED),
        ("%Error: b.v:3: Assertion failed in bench\n$finish\n", 0, "", Result.FAILED),
        ("ERROR: b.v:3: wrong\n$finish\n", 0, "PASS", Result.FAILED),
        ("PASS\n", 0, "^PASS$", Result.PASSED),
        ("BYPASSED\n$finish\n", 0, "^PASS$", Result.FAILED),
        ("PASS\n", 0, "(", Result.UNKNOWN),
    ],
)
def test_what_the_end_of_a_simulation_says(text: str, code: int, passes: str, result: Result) -> None:
    assert judged(ended(text, code), passes)[0] is result


def test_what_did_not_end_says_nothing() -> None:
    assert judged(ended("PASS\n$finish", timed_out=True), "PASS")[0] is Result.UNKNOWN


def project_in(folder: Path, bench: str = BENCH, **settings: object) -> tuple[Snapshot, Project]:
    (folder / "data").mkdir()
    (folder / "data" / "wanted.hex").write_text("0a\n")
    design, test = folder / "counter.v", folder / "bench.v"
    design.write_text(COUNTER)
    test.write_text(bench)
    chosen = replace(TestbenchSettings((str(test),), "bench", timeout=300.0), **settings)  # type: ignore[arg-type]
    given = replace(VerifierSettings(), testbench=chosen)
    project = Project(str(folder), declared=True, trusted=True, files=(str(design),), settings=given)
    return Snapshot(design.as_uri(), str(design), "verilog", 1, COUNTER), project


async def test_nothing_runs_in_a_workspace_that_is_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*_: object, **__: object) -> Completed:
        raise AssertionError("something was run")

    monkeypatch.setattr(testbench, "run", never)
    snapshot, project = project_in(tmp_path)
    assert (await simulate(snapshot, replace(project, trusted=False))).result is Result.UNKNOWN
    assert (await simulate(snapshot, replace(project, settings=VerifierSettings()))).result is Result.UNKNOWN


async def test_without_a_simulator_it_says_what_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(testbench.tools, "on_path", lambda name: "")
    found = await simulate(*project_in(tmp_path))
    assert found.result is Result.UNKNOWN
    assert "make" in found.why


@pytest.mark.parametrize(("said", "result"), [("all is well", Result.PASSED), ("FAILED: 3", Result.FAILED)])
async def test_icarus_is_asked_where_it_is(
    said: str, result: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "iverilog").write_text('#!/bin/sh\n[ "$1" = -V ] && echo "Icarus Verilog version 12.0" || exit 0\n')
    (programs / "vvp").write_text(f'#!/bin/sh\ncat data/wanted.hex\necho "{said}"\necho "b.v:1: \\$finish called"\n')
    for program in programs.iterdir():
        program.chmod(0o755)
    monkeypatch.setattr(testbench.tools, "on_path", lambda name: shutil.which(name, path=str(programs)) or "")
    (tmp_path / "ws").mkdir()
    found = await simulate(*project_in(tmp_path / "ws"))
    assert (found.result, found.tool, found.version) == (result, "icarus", "Icarus Verilog version 12.0")


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.tool
async def test_a_design_is_simulated_as_it_stands_in_the_editor(tmp_path: Path) -> None:
    if not (shutil.which("make") and shutil.which("c++")):
        pytest.skip("no C++ compiler")
    bench = BENCH.replace("$finish;", '$finish;\n        $fclose($fopen("left_behind.txt", "w"));')
    snapshot, project = project_in(tmp_path, bench)
    before = files_of(tmp_path)
    passed = await simulate(snapshot, project)
    assert (passed.result, passed.top) == (Result.PASSED, "bench"), passed.why
    assert passed.version
    failed = await simulate(replace(snapshot, text=COUNTER.replace("q + 1", "q + 2")), project)
    assert failed.result is Result.FAILED and "FAILED" in failed.why
    broken = await simulate(replace(snapshot, text=COUNTER.replace("q + 1", "q + ")), project)
    assert broken.result is Result.FAILED and "compiled" in broken.why
    assert files_of(tmp_path) == before, "nothing is written into the workspace"


@pytest.mark.tool
async def test_one_that_never_ends_is_ended(tmp_path: Path) -> None:
    if not (shutil.which("make") and shutil.which("c++")):
        pytest.skip("no C++ compiler")
    snapshot, project = project_in(tmp_path, BENCH.replace("$finish;", ""))
    # Compiling must come to its end before the time that simulating may take is set.
    held = testbench.run

    async def bounded(argv, **options):  # type: ignore[no-untyped-def]
        compiling = "--binary" in argv or "-g2012" in argv
        return await held(argv, **{**options, "timeout": options["timeout"] if compiling else 0.5})

    testbench.run = bounded  # type: ignore[assignment]
    try:
        found = await simulate(snapshot, project)
    finally:
        testbench.run = held  # type: ignore[assignment]
    assert found.result is Result.UNKNOWN and "end" in found.why
