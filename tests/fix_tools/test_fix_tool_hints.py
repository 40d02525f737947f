"""The hints of tools that have spoken already: what slang, Verilator and gcc say should stand there."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from fix_tools_helpers import (
    FIRMWARE,
    candidates,
    fault,
    finding_at,
    firmware,
    judged,
    note_at,
    proven_texts,
    texts,
    verilog,
)

from signoff.diagnostics.fixes.tools.gcc import GccFixits
from signoff.diagnostics.fixes.tools.slang import SlangHints
from signoff.diagnostics.fixes.tools.verilator import VerilatorHints
from signoff.verifiers.hdl.slang import Slang
from signoff.verifiers.hdl.verilator import Verilator
from signoff.verifiers.mcu.compile.gcc import Gcc
from signoff.verifiers.mcu.compile.gcc_findings import Scene, findings
from signoff.verifiers.mcu.compile.gcc_messages import parse
from signoff.verifiers.mcu.compile.overlay import Laid
from signoff.verifiers.verifier import Verifier
from signoff.verifiers.workers import WorkerPool

PACKAGE = "package p; localparam logic W = 1; endpackage\nmodule m(output y); assign y = p.W; endmodule\n"
INSTANCE = "module s(); endmodule\nmodule m;\n  s u0;\nendmodule\n"
MEMBER = "module m;\n  typedef struct packed { logic valid; } t;\n  t x;\n  wire y = x.vald;\nendmodule\n"
PIN = "module s(input data_in); endmodule\nmodule m(input d);\n  s u0(.data_inn(d));\nendmodule\n"
CALL = "module m;\n  int x;\n  function automatic int g(); return 2; endfunction\n  initial x = g;\nendmodule\n"
SYSTEM = "module m(output [7:0] y);\n  assign y = 8'($clg2(8));\nendmodule\n"


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def verifiers() -> AsyncIterator[tuple[Verifier, ...]]:
    pool = WorkerPool()
    yield Slang(pool, "proof"), Verilator()
    await pool.close()


@pytest.mark.tool
@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        (PACKAGE, "p.W", "p::W"),
        (INSTANCE, "s u0;", "s u0();"),
        (MEMBER, "x.vald", "x.valid"),
        (PIN, ".data_inn(", ".data_in("),
        (CALL, "x = g;", "x = g();"),
        (SYSTEM, "$clg2", "$clog2"),
    ],
    ids=["package", "instance", "member", "pin", "call", "system"],
)
async def test_what_a_tool_says_should_stand_there_is_proven(
    text: str, old: str, new: str, verifiers: tuple[Verifier, ...]
) -> None:
    _, attempts = await judged(*verilog(text), verifiers, (SlangHints(), VerilatorHints()))
    assert text.replace(old, new) in proven_texts(text, attempts), attempts


async def test_a_note_of_slang_says_which_member_was_meant() -> None:
    finding = finding_at(MEMBER, "vald;", "UnknownMember", "no member named 'vald' in 't'")
    meant = replace(finding, data=(("arg0", "vald"), *finding.data))
    meant = replace(meant, related=(note_at(MEMBER, "valid", "did you mean 'valid'?"),))
    of = fault(MEMBER, meant)
    assert texts(of, await candidates(SlangHints(), of)) == [MEMBER.replace("x.vald", "x.valid")]
    silent = fault(MEMBER, replace(meant, related=()))
    assert await candidates(SlangHints(), silent) == []


async def test_the_hint_of_the_tool_whose_finding_is_not_shown_counts() -> None:
    shown = finding_at(PIN, "data_inn", "PortDoesNotExist", "port 'data_inn' does not exist in 's'")
    message = "Pin not found: 'data_inn'; Suggested alternative: 'data_in'"
    hinted = replace(shown, code="PINNOTFOUND", message=message, tool="verilator")
    of = fault(PIN, shown, hinted)
    found = await candidates(VerilatorHints(), of)
    assert texts(of, found) == [PIN.replace(".data_inn", ".data_in")]
    assert found[0].finding == shown and found[0].title == "Replace 'data_inn' by 'data_in'"


async def test_a_hint_of_another_place_is_not_this_fault_s() -> None:
    shown = finding_at(PIN, "u0", "UnconnectedInputPort", "input port 'data_in' has no connection")
    message = "Pin not found: 'data_inn'; Suggested alternative: 'data_in'"
    elsewhere = replace(finding_at(PIN, "data_inn", "PINNOTFOUND", message), tool="verilator")
    assert await candidates(VerilatorHints(), fault(PIN, shown, elsewhere)) == []


GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("version", ["gcc-12.2"])
async def test_fixits_of_gcc_and_of_its_notes(version: str) -> None:
    """The sample is what gcc, Arm's and the host's, wrote of fixits.c: -Wall -Wextra -fdiagnostics-format=json."""
    text = (GOLDEN / "fixits.c").read_text()
    output = (GOLDEN / f"{version}.json").read_bytes()
    lines = text.splitlines()
    scene = Scene(FIRMWARE, FIRMWARE, "", Laid(FIRMWARE), lambda path, line: lines[line] if line < len(lines) else "")
    made: dict[str, list[str]] = {}
    for finding in findings(parse(output.replace(b"fixits.c", FIRMWARE.encode())).diagnostics, scene):
        of = fault(text, finding)
        for one in await candidates(GccFixits(), of):
            made.setdefault(f"{finding.span.start_line + 1} {finding.code}", []).append(one.title)
    assert made == json.loads((GOLDEN / "fixits.expected.json").read_text())


FAULTY = """#include <stdint.h>
struct s { int value; };
int f(struct s *p, int a, int b) {
  if (!a == b) a++;
  bool q = a;
  return p.value + q;
}
"""


@pytest.mark.tool
async def test_fixits_of_gcc_are_proven(tmp_path: Path) -> None:
    pool = WorkerPool()
    verifier = Gcc(pool)
    snapshot, project = firmware(tmp_path / "main.c", FAULTY)
    if not verifier.available(project.settings).available:
        pytest.skip("no Arm compiler")
    _, attempts = await judged(snapshot, project, (verifier,), (GccFixits(),))
    await pool.close()
    assert proven_texts(FAULTY, attempts) == [
        FAULTY.replace("!a == b", "(!a) == b"),
        FAULTY.replace("<stdint.h>\n", "<stdint.h>\n#include <stdbool.h>\n"),
        FAULTY.replace("p.value", "p->value"),
    ]


async def test_a_header_of_the_library_is_not_put_where_one_of_the_project_is_missing() -> None:
    text = "uint32_t count;\nvoid f(void)\n{\n  ticks_init();\n}\n"
    edit = {"path": FIRMWARE, "start_line": 0, "start_column": 0, "end_line": 0, "end_column": 0}
    noted = json.dumps([{"message": "is defined in header", "edits": [{**edit, "text": "#include <stdint.h>\n"}]}])
    tool = "arm-none-eabi-gcc"
    shown = finding_at(text, "uint32_t", "error", "Unknown type name 'uint32_t'", tool, FIRMWARE)
    shown = replace(shown, data=(("note_fixits", noted),))
    message = "Implicit declaration of function 'ticks_init'"
    other = replace(finding_at(text, "ticks_init", "implicit-function-declaration", message, "gcc", FIRMWARE), data=())
    assert len(await candidates(GccFixits(), fault(text, shown))) == 1
    assert await candidates(GccFixits(), fault(text, shown, other)) == []
    misspelt = replace(other, data=(("fixits", "[]"),))
    assert len(await candidates(GccFixits(), fault(text, shown, misspelt))) == 1
