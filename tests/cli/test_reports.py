"""The formats of `signoff check`, on plain findings."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from signoff.lsp_server.report import github, sarif, text
from signoff.lsp_server.report import json as json_report
from signoff.lsp_server.report.result import CheckResult, ToolReport
from signoff.verifiers.finding import Category, Finding, Related, Severity, Span
from signoff.verifiers.mcu.facts import LinkedImage, RegionUse
from signoff.verifiers.text import LineIndex

SOURCE = "module m;\n\tassign ü = 4'd99; // wide\nendmodule\n"
WIDE = Finding(
    "/w/my rtl/a.v",
    Span(1, 12, 1, 17),
    Severity.ERROR,
    "VectorLiteralOverflow",
    "vector literal too large, 7 bits needed: 100%",
    "slang",
    category=Category.INVALID_LITERAL,
    help_url="https://sv-lang.com/warning-ref.html#vector-overflow",
    related=(Related("/w/b.v", Span(4, 2, 4, 3), "declared here"),),
    tools=("slang", "verilator"),
)
FAR = Finding("/elsewhere/c.vh", Span(0, 0, 2, 1), Severity.INFORMATION, "IncompleteProject", "two\nlines", "slang")


def result(*findings: Finding, **more: Any) -> CheckResult:
    given: dict[str, Any] = {
        "tools": (ToolReport("slang", "12.1", 0.5), ToolReport("verilator", "5.48", 1.0)),
        "texts": {WIDE.path: LineIndex(SOURCE)},
        "seconds": 2.04,
    }
    return CheckResult(findings=findings, files=("/w/my rtl/a.v", "/w/b.v"), folder="/w", **(given | more))


def test_the_text_shows_the_line_with_a_mark_below_the_place() -> None:
    lines = text.render(result(WIDE)).splitlines()
    assert lines[0] == (
        "my rtl/a.v:2:13: error: vector literal too large, 7 bits needed: 100% "
        "[VectorLiteralOverflow: slang, verilator]"
    )
    assert lines[1] == "     2 |     assign ü = 4'd99; // wide"
    assert lines[2].index("^") == lines[1].index("4'd99")
    assert lines[2].rstrip().endswith("^~~~~")
    assert lines[3].strip() == "b.v:5:3: declared here"
    assert lines[4] == "1 error in 2 files, as told by slang 12.1, Verilator 5.48 in 2.0 s."


def test_wide_characters_shift_the_mark() -> None:
    index = LineIndex("// 電路 x\n")
    finding = Finding(WIDE.path, Span(0, 6, 0, 7), Severity.WARNING, "C", "m", "slang")
    lines = text.render(result(finding, texts={WIDE.path: index})).splitlines()
    # Two characters before the place take two columns each.
    assert lines[2].index("^") == lines[1].index("x") + 2


def test_a_file_cannot_command_the_terminal() -> None:
    index = LineIndex("wire \x1b[2J;\n")
    shown = text.render(result(WIDE, texts={WIDE.path: LineIndex("\n" + index.text)}))
    assert "\x1b" not in shown


def test_a_line_of_megabytes_is_cut_around_the_place() -> None:
    index = LineIndex("a" * 1_000_000 + "X" + "b" * 1_000_000)
    finding = Finding(WIDE.path, Span(0, 1_000_000, 0, 1_000_001), Severity.ERROR, "C", "m", "slang")
    lines = text.render(result(finding, texts={WIDE.path: index})).splitlines()
    assert len(lines[1]) < 250
    assert lines[2].index("^") == lines[1].index("X")


def test_colours_only_when_asked_for() -> None:
    assert "\x1b[" in text.render(result(WIDE), colour=True)
    assert "\x1b[" not in text.render(result(WIDE))


@pytest.mark.parametrize(
    ("findings", "more", "said"),
    [
        ((), {}, "No errors, no warnings in 2 files"),
        ((WIDE, WIDE), {}, "2 errors in 2 files"),
        ((), {"elsewhere": 1}, "1 error in other files of the project not shown."),
        ((), {"tools": (ToolReport("slang", trouble=("crashed",)),)}, "as told by no tool"),
        ((), {"tools": (ToolReport("launch"), ToolReport("nvrtc", judged=False))}, "Not judged by NVRTC."),
        ((), {"tools": (ToolReport("slang", trouble=("timed out",)),)}, "Not run to the end: slang."),
    ],
)
def test_the_summary_counts(findings: tuple[Finding, ...], more: dict[str, Any], said: str) -> None:
    assert said in text.summary(result(*findings, **more))


def test_json_counts_from_one() -> None:
    document = json.loads(json_report.render(result(WIDE, FAR)))
    first = document["findings"][0]
    assert (first["path"], first["line"], first["column"], first["endColumn"]) == ("my rtl/a.v", 2, 13, 18)
    assert first["tools"] == ["slang", "verilator"]
    assert first["category"] == "invalid-literal"
    assert document["findings"][1]["path"] == "/elsewhere/c.vh"
    assert document["summary"] == {"files": 2, "errors": 1, "warnings": 0, "errorsElsewhere": 0, "seconds": 2.04}


def test_linked_images_tell_their_memory() -> None:
    regions = (RegionUse("FLASH", 0x08000000, 1000, 250), RegionUse("RAM", 0x20000000, 100, 110))
    linked = result(images=(LinkedImage("blink", regions=regions, change=(("FLASH", -12),)),))
    lines = text.render(linked).splitlines()
    assert "25.0 %" in lines[0] and "-12 since the last link" in lines[0]
    assert "110.0 %" in lines[1] and "since" not in lines[1]
    (image,) = json.loads(json_report.render(linked))["images"]
    assert image["name"] == "blink" and image["linked"] is False
    assert image["memory"][0] == {"name": "FLASH", "origin": 0x08000000, "size": 1000, "used": 250, "change": -12}


def test_github_commands_are_escaped() -> None:
    first, second, summary = github.render(result(WIDE, FAR)).splitlines()
    assert first == (
        "::error file=my rtl/a.v,line=2,endLine=2,col=13,endColumn=17,"
        "title=VectorLiteralOverflow (slang%2C verilator)::vector literal too large, 7 bits needed: 100%25"
    )
    assert second == "::notice file=/elsewhere/c.vh,line=1,endLine=3,title=IncompleteProject (slang)::two%0Alines"
    assert summary.startswith("1 error")


def test_sarif_keeps_the_rules_of_the_standard() -> None:
    trouble = (ToolReport("verilator", trouble=("timed out: 60 s",)),)
    document = json.loads(sarif.render(result(WIDE, FAR, WIDE, tools=trouble)))
    assert document["version"] == "2.1.0"
    assert document["$schema"].endswith("sarif-schema-2.1.0.json")
    (run,) = document["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["IncompleteProject", "VectorLiteralOverflow"]
    assert len({json.dumps(rule) for rule in rules}) == len(rules), "rules are unique (3.19.23)"
    assert rules[1]["helpUri"] == WIDE.help_url
    for entry in run["results"]:
        assert entry["ruleId"] == rules[entry["ruleIndex"]]["id"]
        assert entry["level"] in {"none", "note", "warning", "error"}
        assert entry["message"]["text"]
        for location in entry["locations"]:
            check_location(location["physicalLocation"], run["originalUriBaseIds"])
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is False
    assert invocation["toolExecutionNotifications"][0]["message"]["text"] == "verilator: timed out: 60 s"


def test_sarif_carries_the_kinds_as_a_taxonomy() -> None:
    (run,) = json.loads(sarif.render(result(WIDE, FAR)))["runs"]
    (taxonomy,) = run["taxonomies"]
    assert run["tool"]["driver"]["supportedTaxonomies"] == [{"name": taxonomy["name"]}]
    assert [one["id"] for one in taxonomy["taxa"]] == ["invalid-literal", "other"]
    assert taxonomy["taxa"][0]["shortDescription"]["text"] == "Invalid literal"
    (wide,) = (one for one in run["results"] if one["ruleId"] == "VectorLiteralOverflow")
    assert wide["taxa"] == [{"id": "invalid-literal", "toolComponent": {"name": taxonomy["name"]}}]


def check_location(location: dict[str, Any], bases: dict[str, Any]) -> None:
    region, artifact = location["region"], location["artifactLocation"]
    assert region["startLine"] >= 1
    assert (region["startLine"], region["startColumn"]) <= (region["endLine"], region["endColumn"])
    assert re.fullmatch(r"[A-Za-z0-9._~:/%+-]+", artifact["uri"]), "a valid URI reference"
    if "uriBaseId" in artifact:
        assert bases[artifact["uriBaseId"]]["uri"].endswith("/"), "3.14.14"
        assert not artifact["uri"].startswith("/")
    else:
        assert artifact["uri"].startswith("file:///")


def test_sarif_names_files_relative_to_the_folder() -> None:
    (run,) = json.loads(sarif.render(result(WIDE)))["runs"]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "my%20rtl/a.v", "uriBaseId": "SRCROOT"}
    assert run["originalUriBaseIds"]["SRCROOT"]["uri"] == "file:///w/"
    assert place["region"] == {"startLine": 2, "startColumn": 13, "endLine": 2, "endColumn": 18}
    assert run["columnKind"] == "unicodeCodePoints"
    related = run["results"][0]["relatedLocations"][0]
    assert (related["id"], related["message"]["text"]) == (0, "declared here")
