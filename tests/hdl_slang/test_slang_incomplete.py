"""A file without its project: no error that only a declared project could justify, and one line that says so."""

from __future__ import annotations

import pytest
from slang_helpers import codes

from signoff.verifiers.finding import Severity

pytestmark = pytest.mark.tool

UNKNOWN = """module m(input clk, output [3:0] y);
  helper u(.clk(clk), .y(y));
  other v(.a(u.inner));
endmodule
"""


def test_an_unknown_module_is_one_information_line(check):
    findings = check(UNKNOWN, declared=False)
    assert codes(findings) == ["IncompleteProject"]
    assert findings[0].severity is Severity.INFORMATION
    assert "module helper" in findings[0].message
    assert "module other" in findings[0].message
    assert findings[0].span.start_line == 1


def test_a_module_of_nearly_that_name_is_suggested(check):
    text = "module fifo_leaf(input a); endmodule\nmodule m(input a);\n  other v(a);\n  fifo_laef u(a);\nendmodule\n"
    (finding,) = check(text, declared=False)
    assert "For 'fifo_laef', did you mean 'fifo_leaf'?" in finding.message
    assert finding.span.start_line == 3
    for other in ("fifo_leaf2", "sink"):
        (finding,) = check(text.replace("fifo_laef", other), declared=False)
        assert "did you mean" not in finding.message


def test_in_a_declared_project_it_is_an_error(check):
    findings = check(UNKNOWN, declared=True)
    assert [finding.severity for finding in findings if finding.code == "UnknownModule"] == [Severity.ERROR] * 2


@pytest.mark.parametrize(
    "text",
    [
        '`include "absent.vh"\nmodule m(input [`WIDTH-1:0] a); `ASSERT(x, a == 1) wire t = `ONE; endmodule\n',
        "module m import absent_pkg::*; (input word_t a, output word_t y); assign y = a + OFFSET; endmodule\n",
        "module m(input absent_pkg::word_t a); absent_pkg::word_t b; assign b = absent_pkg::f(a); endmodule\n",
        "module m(bus_if.master bus, input clk); assign bus.valid = clk; endmodule\n",
        "module m(input state_t s); my_state_e e; endmodule\n",
        "class test extends uvm_test; `uvm_component_utils(test) function new(); endfunction endclass\n",
    ],
)
def test_what_another_file_would_bring_is_no_error(check, text):
    findings = check(text, declared=False)
    assert codes(findings) == ["IncompleteProject"]


def test_a_true_fault_beside_it_is_still_found(check):
    text = "module m(input a, output y);\n  helper u(.a(a));\n  assign y = a &;\n  wire z = nowhere;\nendmodule\n"
    found = codes(check(text, declared=False))
    assert {"IncompleteProject", "ExpectedExpression", "UndeclaredIdentifier"} == set(found)


def test_only_the_file_in_focus_is_judged(check):
    other = {"other.sv": "module other; wire a = nowhere; endmodule\n"}
    assert check("module m; other u(); endmodule\n", other, declared=False) == []
    assert codes(check("module m; other u(); endmodule\n", other, declared=True)) == ["UndeclaredIdentifier"]


def test_what_a_half_known_file_declares_is_not_judged(check):
    package = {"pk.sv": '`include "absent.vh"\npackage pk; `DECLARE(word_t) localparam A = 1; endpackage\n'}
    text = "module m import pk::*; (output y); assign y = pk::OFFSET + BASE; leaf u(.z(y)); endmodule\n"
    assert codes(check(text, package, declared=False)) == ["IncompleteProject"]
    whole = {"pk.sv": "package pk; localparam A = 1; endpackage\n"}
    assert {"UnknownPackageMember", "UndeclaredIdentifier"} <= set(codes(check(text, whole, declared=False)))


def test_of_two_designs_with_one_name_the_users_own_counts(check):
    other = {"other.sv": "module m(input a); endmodule\n"}
    assert codes(check("module m; wire a = nowhere; endmodule\n", other, declared=False)) == ["UndeclaredIdentifier"]


def test_a_header_alone_is_judged_by_its_tokens_only(engine, tmp_path):
    from slang_helpers import snapshot

    from signoff.verifiers.project import Project

    path = tmp_path / "part.vh"
    alone = snapshot(path, "input clk,\n  output [`WIDTH-1:0] y\n")
    assert engine.check(alone, Project(root=str(tmp_path))) == []


def test_an_old_file_may_use_later_keywords_as_names(engine, tmp_path):
    from slang_helpers import snapshot

    from signoff.verifiers.project import Project

    text = "module m(input do, output checker);\n  assign checker = do;\nendmodule\n"
    path = tmp_path / "old.v"
    assert engine.check(snapshot(path, text), Project(root=str(tmp_path))) == []
    assert engine.check(snapshot(tmp_path / "new.sv", text), Project(root=str(tmp_path))) != []


def test_a_placeholder_default_gives_no_verdict_on_values(check):
    text = "module fifo #(parameter width_p = -1)(input [width_p-1:0] a, output y); assign y = a[3]; endmodule\n"
    assert check(text) == []
    used = text + "module top(input [1:0] a, output y); fifo #(2) u(a, y); endmodule\n"
    assert codes(check(used)) == ["IndexOOB"]
