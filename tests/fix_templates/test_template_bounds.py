"""What holds for every template on every text: it is bounded, deletes nothing, silences nothing, and never fails."""

from __future__ import annotations

import random
import tomllib
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from template_helpers import Case, design

from signoff.diagnostics.fixes.gpu import tokens as c_tokens
from signoff.diagnostics.fixes.proposer import Cost, Fault
from signoff.diagnostics.fixes.restraint import SILENCE
from signoff.diagnostics.fixes.source import scan
from signoff.diagnostics.fixes.templates import families
from signoff.diagnostics.fixes.templates.templates import CANDIDATES, Templates, drafted
from signoff.verifiers.finding import Finding, Severity, Span
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import LineIndex, apply_edits

HERE = Path(__file__).parent
HDL_TEXTS = [
    case.text(case.fault)
    for case in (Case(**row) for row in tomllib.loads((HERE / "hdl_templates.toml").read_text("utf-8"))["case"])
]
C_TEXTS = [
    "int table[4] = {1, 2, 3, 4, 5};\nint f(int a, int b)\n{\n  if (a = b && a & b == 2) {\n    return table[4];\n  }\n"
    "  for (int i = 0, i <= 4, i+) { f(&a, b.c->d); }\n  a == 1;\n  return 1 << 32 + 0xFG; /* end */\n}\n",
    "__global__ void k(float *o, int n) { int i = blockIdx->x; if (i =< n) o[i] = g(n, o) }\n",
]
# What tools say, with the places that templates read out of it.
MESSAGES = (
    *("expected ';'", "expected ')'", "expected 'endfunction'", "implicit conversion truncates from 16 to 8 bits"),
    *(
        "implicit conversion expands from 4 to 8 bits",
        "use of undeclared identifier 'held_sample'",
        "unknown module 'a'",
    ),
    *("Logical operator LOGAND expects 1 bit on the LHS, but LHS's VARREF 'a' generates 8 bits.", "input port 'en'"),
    *("cannot refer to element 9 of 'logic[7:0]'", "Latch inferred for signal 'top.q'", "", "'a' is driven twice"),
    *("Suggest parentheses around assignment used as truth value", "Suggest parentheses around '&&' within '||'"),
    *("'dev' undeclared", 'Invalid suffix "G" on integer constant', "Excess elements in array initializer"),
)


def fault_in(text: str, language: str, code: str, span: Span, message: str) -> Fault:
    path = "/design/top.v" if language == "verilog" else "/src/main.c"
    snapshot = Snapshot(f"file://{path}", path, language, 2, text)
    data = (("arg2", "'logic[7:0]'"), ("location", f"{span.start_line}:{span.start_column}"))
    finding = Finding(path, span, Severity.ERROR, code, message, "slang", data=data)
    return Fault(finding, snapshot, Project("/design", files=(path,), buffers=(snapshot,)))


def places(text: str, chance: random.Random) -> Span:
    index = LineIndex(text)
    start = chance.randint(0, len(text) + 3)
    return index.span(start, start + chance.choice((0, 1, 4, 30)))


def codes(language: str) -> list[str]:
    return sorted(families.of(language))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 1 << 30), st.sampled_from(["verilog", "systemverilog", "c", "cuda-cpp"]))
def test_no_text_and_no_finding_makes_them_fail(seed: int, language: str) -> None:
    chance = random.Random(seed)
    text = chance.choice(HDL_TEXTS if "verilog" in language else C_TEXTS)
    cut = sorted(chance.randint(0, len(text)) for _ in range(2))
    text = chance.choice(
        (text, text[: cut[0]], text[cut[0] :], text[: cut[0]] + text[cut[1] :], "", "\U0001f600" + text)
    )
    text = chance.choice(
        (
            text,
            text.replace("\n", "\r\n"),
            text.replace(")", ""),
            text.replace(";", ""),
            text * 3,
            text.replace("8", "9" * 5000),
        )
    )
    for code in codes(language):
        fault = fault_in(text, language, code, places(text, chance), chance.choice(MESSAGES))
        made = drafted(fault)
        results = [apply_edits(text, candidate.edits) for candidate in made]
        assert len(made) <= CANDIDATES
        assert len(set(results)) == len(results)
        assert text not in results


@pytest.mark.parametrize("language", ["verilog", "c"])
def test_nothing_is_deleted_and_no_tool_is_silenced(language: str) -> None:
    chance = random.Random(7)
    scanner = scan if language == "verilog" else c_tokens.scan
    for text in HDL_TEXTS if language == "verilog" else C_TEXTS:
        before = Counter(token.kind for token in scanner(text))
        for code in codes(language):
            fault = fault_in(text, language, code, places(text, chance), chance.choice(MESSAGES))
            for candidate in drafted(fault):
                after = apply_edits(text, candidate.edits)
                now = Counter(token.kind for token in scanner(after))
                assert candidate.drops == ()
                assert now["word"] + now["number"] + now["operator"] >= sum(before.values()) - before["comment"] - 4
                assert now["comment"] == before["comment"]
                assert now["directive"] == before["directive"]
                assert len(SILENCE.findall(after)) == len(SILENCE.findall(text))


def test_what_they_know_and_what_they_cost() -> None:
    templates = Templates()
    assert (templates.name, templates.cost) == ("templates", Cost.MANY)
    text = HDL_TEXTS[0]
    assert templates.concerned(fault_in(text, "verilog", "ExpectedExpression", Span(0, 0, 0, 1), ""))
    assert not templates.concerned(fault_in(text, "verilog", "EOFNEWLINE", Span(0, 0, 0, 1), ""))
    assert not templates.concerned(fault_in(text, "python", "ExpectedExpression", Span(0, 0, 0, 1), ""))


def test_a_warning_of_a_text_that_does_not_parse_is_left_alone() -> None:
    from signoff.verifiers.finding import Outcome

    text = "module top (input [7:0] a, output z);\nassign z = a;\nassign z = (a;\nendmodule\n"
    snapshot, project = design(text)
    warning = Finding(
        snapshot.path, Span(1, 11, 1, 12), Severity.WARNING, "WidthTruncate", "truncates from 8 to 1 bits", "slang"
    )
    error = Finding(snapshot.path, Span(2, 13, 2, 14), Severity.ERROR, "ExpectedToken", "expected ')'", "slang")
    alone = Fault(warning, snapshot, project, {"slang": Outcome("slang", findings=(warning,))})
    behind = Fault(warning, snapshot, project, {"slang": Outcome("slang", findings=(warning, error))})
    assert drafted(alone)
    assert drafted(behind) == ()


def test_the_same_text_always_gives_the_same_candidates_in_the_same_order() -> None:
    text = HDL_TEXTS[0]
    fault = fault_in(text, "verilog", "ExpectedExpression", Span(2, 12, 2, 13), "expected expression")
    assert drafted(fault) == drafted(fault)
    assert drafted(fault)
