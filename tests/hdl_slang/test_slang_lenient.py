"""What other tools accept although the standard forbids it is a warning, and an error only where asked for."""

from __future__ import annotations

import pytest
from slang_helpers import codes

from signoff.verifiers.finding import Severity
from signoff.verifiers.hdl import slang_lenient, slang_options
from signoff.verifiers.settings import SlangSettings, VerifierSettings

pytestmark = pytest.mark.tool

SUB = "module sub #(parameter W = 1, D = 2) (input a);\nendmodule\n"
CASES = {
    "LiteralSizeIsZero": "module m(input a, output b);\n  assign b = a & 0'b0;\nendmodule\n",
    "DisallowedPortDefault": "module m(output wire led = 1'b0);\nendmodule\n",
    "ExpectedToken": "module m(input clk, a);\n  always @(posedge clk) restrict(a);\nendmodule\n",
}
NAMED = SUB + "module m #(parameter W = 1, D = 2) (input a);\n  sub #(.W, .D) u (.a);\nendmodule\n"
ALL = [*CASES.items(), ("ExpectedToken", NAMED)]


def severities(findings, code):
    return {item.severity for item in findings if item.code == code}


@pytest.mark.parametrize(("code", "text"), ALL)
def test_accepted_text_is_a_warning(check, code, text):
    found = check(text)
    assert severities(found, code) == {Severity.WARNING}
    assert not any(item.severity is Severity.ERROR for item in found)


@pytest.mark.parametrize(("code", "text"), ALL)
def test_strict_follows_the_standard(check, code, text):
    strict = VerifierSettings(slang=SlangSettings(strict=True))
    assert severities(check(text, settings=strict), code) == {Severity.ERROR}


@pytest.mark.parametrize(
    "text",
    [
        "module m(input a, output b);\n  assign b = a\nendmodule\n",
        "module m(input a);\n  sub u a);\nendmodule\n" + SUB,
        "module m(input a, b);\n  always @* if a) ;\nendmodule\n",
    ],
)
def test_the_same_code_of_another_fault_stays_an_error(check, text):
    assert severities(check(text), "ExpectedToken") == {Severity.ERROR}


def test_every_code_of_the_table_is_one_of_slangs_and_has_a_case():
    known = {slang_options.code_name(code) for code in slang_options.all_codes()}
    assert set(slang_lenient.accepted()) == set(CASES) and set(CASES) <= known


def test_a_random_number_is_cut_to_size_on_purpose(check):
    text = "module m(input clk, input [7:0] v, output reg [3:0] y);\n  always @(posedge clk) y <= {};\nendmodule\n"
    assert check(text.format("$urandom")) == [] and check(text.format("$urandom_range(0, 3)")) == []
    assert codes(check(text.format("v + $urandom"))) != []


@pytest.mark.parametrize("value", ["~0", "-1"])
def test_all_ones_are_no_lost_value(check, value):
    assert check(f"module m(output [3:0] y);\n  assign y = {value};\nendmodule\n") == []


def test_a_constant_that_does_not_fit(check):
    for value in ("17", "-2"):
        found = codes(check(f"module m(output [3:0] y);\n  assign y = {value};\nendmodule\n"))
        assert ("ConstantConversion" in found) == (value == "17"), (value, found)
