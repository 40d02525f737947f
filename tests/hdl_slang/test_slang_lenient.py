"""What other tools accept although the standard forbids it is a warning, and an error only where asked for."""

from __future__ import annotations

import pytest
from slang_helpers import codes

from signoff.verifiers.finding import Severity
from signoff.verifiers.hdl import slang_lenient, slang_options
from signoff.verifiers.settings import SlangSettings, VerifierSettings

pytestmark = pytest.mark.tool

CASES = {
    "LiteralSizeIsZero": "module m(input a, output b);\n  assign b = a & 0'b0;\nendmodule\n",
    "DisallowedPortDefault": "module m(output wire led = 1'b0);\nendmodule\n",
    "ExpectedToken": "module m(input clk, a);\n  always @(posedge clk) restrict(a);\nendmodule\n",
}


@pytest.mark.parametrize("code", CASES)
def test_accepted_text_is_a_warning(check, code):
    (finding,) = [item for item in check(CASES[code]) if item.code == code]
    assert finding.severity is Severity.WARNING


@pytest.mark.parametrize("code", CASES)
def test_strict_follows_the_standard(check, code):
    strict = VerifierSettings(slang=SlangSettings(strict=True))
    (finding,) = [item for item in check(CASES[code], settings=strict) if item.code == code]
    assert finding.severity is Severity.ERROR


def test_the_same_code_of_another_fault_stays_an_error(check):
    (finding,) = check("module m(input a, output b);\n  assign b = a\nendmodule\n")
    assert (finding.code, finding.severity) == ("ExpectedToken", Severity.ERROR)


def test_every_code_of_the_table_is_one_of_slangs_and_has_a_case():
    known = {slang_options.code_name(code) for code in slang_options.all_codes()}
    assert set(slang_lenient.accepted()) == set(CASES) and set(CASES) <= known


@pytest.mark.parametrize("value", ["~0", "-1"])
def test_all_ones_are_no_lost_value(check, value):
    assert check(f"module m(output [3:0] y);\n  assign y = {value};\nendmodule\n") == []


def test_a_constant_that_does_not_fit(check):
    for value in ("17", "-2"):
        found = codes(check(f"module m(output [3:0] y);\n  assign y = {value};\nendmodule\n"))
        assert ("ConstantConversion" in found) == (value == "17"), (value, found)
