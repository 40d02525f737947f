"""Names that Signoff gives to slang or expects of it exist, and the user's own choice of warnings holds."""

from __future__ import annotations

import tomllib
from importlib import resources

import pyslang
import pytest
from slang_helpers import codes

from signoff.verifiers.hdl import slang_elaborate, slang_incomplete, slang_options
from signoff.verifiers.settings import SlangSettings, VerifierSettings

pytestmark = pytest.mark.tool

OTHER_TOOLS = {"MultipleDrivers", "LatchInferred", "ConflictingDrivers"}


def known_codes() -> set[str]:
    return {slang_options.code_name(code) for code in slang_options.all_codes()}


@pytest.mark.parametrize("option", slang_options.CHOSEN_WARNINGS)
def test_each_chosen_warning_exists(option):
    engine = pyslang.DiagnosticEngine(pyslang.SourceManager())
    assert len(engine.setWarningOptions([option])) == 0


def test_each_code_of_the_tables_exists():
    text = (resources.files("signoff.verifiers.hdl") / "pragmas.toml").read_text("utf-8")
    table = {code for codes_of_name in tomllib.loads(text)["codes"].values() for code in codes_of_name}
    tables = (
        slang_options._SILENT,
        slang_elaborate._UNDECLARED,
        slang_incomplete._MISSING,
        slang_incomplete._TEXT,
        slang_incomplete._NAMES,
        slang_incomplete._GUESSWORK,
        slang_incomplete._FROM_OTHERS,
    )
    assert table | {code for each in tables for code in each} <= known_codes() | OTHER_TOOLS


def test_warnings_are_added_and_removed(check):
    text = "module m(input [7:0] a, output [3:0] y);\n  wire unused;\n  assign y = a;\nendmodule\n"
    assert codes(check(text)) == ["WidthTruncate"]
    chosen = VerifierSettings(slang=SlangSettings(warnings=("no-width-trunc", "unused-net")))
    assert codes(check(text, settings=chosen)) == ["UnusedNet"]


def test_slangs_own_pragmas_hold(check):
    text = (
        "module m(input [7:0] a, output [3:0] y, z);\n"
        '`pragma diagnostic ignore="-Wwidth-trunc"\n'
        "  assign y = a;\n"
        '`pragma diagnostic warn="-Wwidth-trunc"\n'
        "  assign z = a;\nendmodule\n"
    )
    assert [(item.code, item.span.start_line) for item in check(text)] == [("WidthTruncate", 4)]


def test_verilators_pragmas_hold_for_slang(check):
    text = "module m(input [7:0] a, output [3:0] y);\n  // verilator lint_off WIDTH\n  assign y = a;\nendmodule\n"
    assert check(text) == []
