"""Invariant 5 of the design: what a proof needs, with verifiers that say what they are told to."""

from __future__ import annotations

import pytest
from fix_helpers import Scripted, document, finding_at, replaced

from signoff.diagnostics.prove import Level, Proof, Refusal, judge, prove
from signoff.verifiers.finding import Finding, Severity, Status
from signoff.verifiers.verifier import Speed

FAULTY = "module top (input a, output y);\n    wire b = a\n    assign y = b;\nendmodule\n"
MENDED = FAULTY.replace("= a\n", "= a;\n")
TARGET = finding_at(FAULTY, "a\n    assign", "ExpectedToken", "expected ';'")


def syntax_error(text: str) -> list[Finding]:
    return [] if "= a;" in text or "wire b" not in text else [TARGET]


def slang() -> Scripted:
    return Scripted("slang", syntax_error)


def verilator(after: list[Finding] | None = None, before: bool = True) -> Scripted:
    error = finding_at(FAULTY, "assign y", "SYNTAX", "syntax error, unexpected assign", "verilator")
    return Scripted("verilator", lambda text: (after or []) if text != FAULTY else [error] * before, Speed.QUICK)


GOOD = replaced(FAULTY, "= a\n", "= a;\n", TARGET)


async def test_a_right_fix_is_proven_and_names_its_tools() -> None:
    proof = await prove(GOOD, *document(FAULTY), (verilator(), slang()))
    assert proof is not None
    assert (proof.level, proof.tools) == (Level.ACCEPTED, ("slang", "verilator"))
    assert "nothing is lost" in proof.detail


async def test_the_control_that_deletes_the_faulty_lines_is_refused() -> None:
    deletion = replaced(FAULTY, "    wire b = a\n", "", TARGET)
    result = await judge(deletion, *document(FAULTY), (slang(), verilator()))
    assert isinstance(result, Refusal)
    assert "drops" in result.reason


async def test_a_finding_that_stays_is_a_refusal() -> None:
    useless = replaced(FAULTY, "assign y = b;", "assign y = b;;", TARGET)
    result = await judge(useless, *document(FAULTY), (slang(),))
    assert isinstance(result, Refusal)
    assert "still reported" in result.reason


@pytest.mark.parametrize("severity", [Severity.ERROR, Severity.WARNING])
async def test_a_new_finding_is_a_refusal(severity: Severity) -> None:
    new = finding_at(MENDED, "b;\nend", "WIDTHTRUNC", "expects 1 bits", "verilator", severity)
    result = await judge(GOOD, *document(FAULTY), (slang(), verilator([new], before=False)))
    assert isinstance(result, Refusal)
    assert "WIDTHTRUNC" in result.reason


@pytest.mark.parametrize("code", ["UNUSEDSIGNAL", "EOFNEWLINE"])
async def test_unused_signals_are_no_reason_against_a_fix(code: str) -> None:
    new = finding_at(MENDED, "b;\nend", code, "", "verilator", Severity.WARNING)
    assert await prove(GOOD, *document(FAULTY), (slang(), verilator([new], before=False)))


async def test_what_the_fault_hid_is_told_and_not_blamed_on_the_fix() -> None:
    hidden = finding_at(MENDED, "module", "DECLFILENAME", "file name", "verilator", Severity.WARNING)
    proof = await prove(GOOD, *document(FAULTY), (slang(), verilator([hidden])))
    assert proof is not None
    assert proof.revealed == (hidden,)
    assert "1 warning" in proof.detail


async def test_a_hidden_warning_about_a_name_of_the_edit_counts_as_new() -> None:
    target = finding_at(FAULTY, "b;", "UndeclaredIdentifier", "use of undeclared identifier 'q'")
    renamed = replaced(FAULTY, "y = b", "y = c", finding_at(FAULTY, "b;", target.code, "undeclared identifier 'b'"))
    hidden = finding_at(FAULTY, "module", "UNDRIVEN", "Signal is not driven: 'c'", "verilator", Severity.WARNING)
    verifiers = (Scripted("slang", lambda text: [renamed.finding] if "= b" in text else []), verilator([hidden]))
    result = await judge(renamed, *document(FAULTY), verifiers)
    assert isinstance(result, Refusal)
    assert "UNDRIVEN" in result.reason


async def test_a_hidden_error_is_a_refusal_unless_another_tool_knew_it() -> None:
    error = finding_at(MENDED, "endmodule", "MODDUP", "twice", "verilator")
    known = finding_at(FAULTY, "endmodule", "Duplicate", "twice", "slang")
    assert await prove(GOOD, *document(FAULTY), (slang(), verilator([error]))) is None
    also = Scripted("slang", lambda text: [*syntax_error(text), known])
    proof = await prove(GOOD, *document(FAULTY), (also, verilator([error])))
    assert proof is not None
    assert proof.tools == ("slang",), "a tool that stops at an error has not accepted anything"


@pytest.mark.parametrize("status", [Status.MISSING, Status.TIMED_OUT])
async def test_a_tool_that_did_not_run_is_not_named(status: Status) -> None:
    absent = Scripted("verilator", lambda text: [], Speed.QUICK, lambda text: status)
    proof = await prove(GOOD, *document(FAULTY), (slang(), absent))
    assert proof is not None
    assert proof.tools == ("slang",)


async def test_a_tool_that_times_out_on_the_mended_text_is_not_named() -> None:
    slow = Scripted(
        "verilator", lambda text: [], Speed.QUICK, lambda text: Status.FINDINGS if text == FAULTY else Status.TIMED_OUT
    )
    proof = await prove(GOOD, *document(FAULTY), (slang(), slow))
    assert proof is not None
    assert proof.tools == ("slang",)


async def test_a_tool_that_crashes_on_the_mended_text_does_not_accept_it() -> None:
    broken = Scripted(
        "verilator", lambda text: [], Speed.QUICK, lambda text: Status.FINDINGS if text == FAULTY else Status.CRASHED
    )
    assert await prove(GOOD, *document(FAULTY), (slang(), broken)) is None


async def test_nothing_is_proven_where_no_tool_ran() -> None:
    absent = Scripted("slang", lambda text: [], status=lambda text: Status.MISSING)
    assert await prove(GOOD, *document(FAULTY), (absent,)) is None
    assert await prove(GOOD, *document(FAULTY), ()) is None


async def test_nothing_is_proven_where_the_tool_that_sees_the_fault_did_not_run() -> None:
    proof = await prove(GOOD, *document(FAULTY), (Scripted("verilator", lambda text: []),))
    assert proof is None


async def test_the_quickest_tool_judges_first_and_spares_the_others() -> None:
    useless = replaced(FAULTY, "assign y = b;", "assign y = b;;", TARGET)
    slow = verilator()
    await judge(useless, *document(FAULTY), (slow, slang()))
    assert slow.texts == [FAULTY]


async def test_a_consequence_is_not_mended_before_its_cause() -> None:
    text = "modul top (input a);\nwire b = a;\nendmodule\n"
    first = finding_at(text, "top", "ExpectedToken", "expected ';'")
    later = finding_at(text, "endmodule", "UnexpectedEndDelim", "unexpected 'endmodule' delimiter")
    says = Scripted("slang", lambda now: [first, *([later] if "endmodule" in now else [])])
    result = await judge(replaced(text, "endmodule", "", later), *document(text), (says,))
    assert isinstance(result, Refusal)
    assert "ExpectedToken" in result.reason


async def test_edits_that_overlap_or_change_nothing_are_refused() -> None:
    from dataclasses import replace

    overlapping = replace(GOOD, edits=(*GOOD.edits, *GOOD.edits))
    nothing = replaced(FAULTY, "wire", "wire", TARGET)
    for candidate in (overlapping, nothing):
        assert not isinstance(await judge(candidate, *document(FAULTY), (slang(),)), Proof)


async def test_a_declaration_of_the_wrong_width_is_refused_though_the_complaint_was_there_before() -> None:
    """An implicit net is one bit wide, and so the tool says the same before and after a declaration of one bit."""
    from dataclasses import replace

    text = "module top (input [3:0] a, output [3:0] y);\n    assign b = a;\n    assign y = ~b;\nendmodule\n"
    implicit = finding_at(text, "b = a", "IMPLICIT", "creating implicitly: 'b'", "verilator", Severity.WARNING)
    width = finding_at(text, "y = ~b", "WIDTHEXPAND", "expects 4 bits", "verilator", Severity.WARNING)

    def says(now: str) -> list[Finding]:
        if "wire [3:0] b" in now:
            return []
        return [replace(width, span=width.span)] if "wire b" in now else [implicit, width]

    narrow, wide = (
        replace(replaced(text, "    assign b", f"    wire {packed}b;  assign b", implicit), declares="b")
        for packed in ("", "[3:0] ")
    )
    assert await prove(narrow, *document(text), (Scripted("verilator", says),)) is None
    assert await prove(wide, *document(text), (Scripted("verilator", says),))
