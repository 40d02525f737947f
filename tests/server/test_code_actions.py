"""Code actions of the real server with the real tools: what an editor is offered, and the edits of what is chosen."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from client import NoAnswer
from test_live import Editor, has_error

pytestmark = pytest.mark.tool

SERVE = [sys.executable, "-m", "signoff.lsp_server", "serve"]
RESOLVES = {"resolveSupport": {"properties": ["edit"]}}
OFF = {"completion": {"backend": "off"}, "diagnostics": {"deepIdle": 0}}
PATIENCE = 60.0
LINES = 3
BLOCKING = (
    "module top (input wire clk, input wire a, output reg [2:0] q);\n"
    + "".join(f"    always @(posedge clk) q[{number}] = a;\n" for number in range(LINES))
    + "endmodule\n"
)
TWO = (
    """module top (input wire a, output wire y, output wire z);
    assign y = a
    assign z = ~a;
endmodule
"""
    + "// far apart\n" * 10
    + """
module other (input wire c, output wire d);
    assign d = ~c
endmodule
"""
)


@pytest.fixture
def editor(tmp_path: Path) -> Iterator[Editor]:
    with Editor(SERVE, tmp_path) as client:
        yield client


def faults(editor: Editor, uri: str, count: int, code: str) -> list[dict[str, Any]]:
    def fits(found: list[dict[str, Any]]) -> bool:
        return sum(one["code"] == code for one in found) == count

    return [one for one in editor.diagnostics(uri, fits, 1, PATIENCE)[1] if one["code"] == code]


def actions(editor: Editor, uri: str, place: dict[str, Any], **context: Any) -> list[dict[str, Any]]:
    asked = {"textDocument": {"uri": uri}, "range": place, "context": {"diagnostics": [], **context}}
    return editor.ask("textDocument/codeAction", asked, PATIENCE) or []


def resolved(editor: Editor, action: dict[str, Any]) -> list[dict[str, Any]]:
    edit = editor.ask("codeAction/resolve", action, PATIENCE)["edit"]
    return [each for change in edit.get("documentChanges", []) for each in change["edits"]]


def test_a_fix_carries_its_evidence(editor: Editor) -> None:
    editor.shake(codeAction=RESOLVES, options=OFF)
    uri = editor.put("top.v", TWO)
    (fault, _) = faults(editor, uri, 2, "ExpectedToken")
    fix = actions(editor, uri, fault["range"], diagnostics=[fault])[0]
    data = fix["data"]
    assert (data["code"], data["kind"], data["proposer"]) == ("ExpectedToken", "missing-semicolon", "rules")
    assert data["proof"] == "accepted by tools" and "slang" in data["tools"]
    assert data["versions"]["slang"][0].isdigit() and data["milliseconds"] > 0
    assert fix["isPreferred"] is True and "(accepted by slang" in fix["title"]


def test_all_of_one_code_are_mended_at_once(editor: Editor) -> None:
    editor.shake(codeAction=RESOLVES, options=OFF)
    uri = editor.put("top.v", BLOCKING)
    fault = faults(editor, uri, LINES, "BLKSEQ")[0]
    offered = actions(editor, uri, fault["range"], diagnostics=[fault])
    whole = next(one for one in offered if one["kind"] == "quickfix.all")
    assert whole["title"].startswith(f"Fix all {LINES} 'BLKSEQ' in this file, which changes behaviour")
    assert "edit" not in whole
    edits = resolved(editor, whole)
    assert sorted(one["range"]["start"]["line"] for one in edits) == [1, 2, 3]
    assert {one["newText"] for one in edits} <= {"<=", "<"}


def test_fixing_all_on_save_is_asked_for_by_name(editor: Editor) -> None:
    result = editor.shake(codeAction=RESOLVES, options=OFF)
    assert "source.fixAll.signoff" in result["codeActionProvider"]["codeActionKinds"]
    uri = editor.put("top.v", TWO)
    fault = faults(editor, uri, 2, "ExpectedToken")[0]
    assert not [one for one in actions(editor, uri, fault["range"]) if one["kind"].startswith("source")]
    nowhere = {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}}
    (whole,) = actions(editor, uri, nowhere, only=["source.fixAll"])
    assert whole["kind"] == "source.fixAll.signoff"
    assert [one["newText"] for one in resolved(editor, whole)] == [";", ";"]
    assert actions(editor, uri, fault["range"], only=["refactor"]) == []


def test_what_changes_behaviour_is_not_done_on_save(editor: Editor) -> None:
    editor.shake(codeAction=RESOLVES, options=OFF)
    uri = editor.put("top.v", BLOCKING)
    fault = faults(editor, uri, LINES, "BLKSEQ")[0]
    (whole,) = actions(editor, uri, fault["range"], only=["source.fixAll"])
    assert resolved(editor, whole) == []


def test_a_client_that_resolves_nothing_is_given_the_edits_at_once(editor: Editor) -> None:
    editor.shake(options=OFF)
    uri = editor.put("top.v", TWO)
    fault = faults(editor, uri, 2, "ExpectedToken")[0]
    assert all("edit" in one or "command" in one for one in actions(editor, uri, fault["range"], diagnostics=[fault]))
    (whole,) = actions(editor, uri, fault["range"], only=["source.fixAll.signoff"])
    assert len(whole["edit"]["documentChanges"][0]["edits"]) == 2


def test_a_list_that_is_still_shown_keeps_its_meaning(editor: Editor) -> None:
    editor.shake(codeAction=RESOLVES, options=OFF)
    uri = editor.put("top.v", TWO)
    first, second = faults(editor, uri, 2, "ExpectedToken")
    shown = [actions(editor, uri, fault["range"])[0] for fault in (first, second)]
    lines = [resolved(editor, action)[0]["range"]["start"]["line"] for action in shown]
    assert lines == [1, 16]
    editor.edit(uri, 2, (0, 0, 0, 0), " ")
    for action in shown:
        with pytest.raises(NoAnswer, match="changed since"):
            editor.ask("codeAction/resolve", action)


def test_a_finding_is_explained_with_facts(editor: Editor) -> None:
    editor.shake(codeAction=RESOLVES, options=OFF)
    uri = editor.put("top.v", BLOCKING)
    fault = faults(editor, uri, LINES, "BLKSEQ")[0]
    offered = actions(editor, uri, fault["range"], diagnostics=[fault])
    explain = next(one for one in offered if one["title"] == "Explain 'BLKSEQ'")
    command = explain["command"]
    answer = editor.ask(
        "workspace/executeCommand", {"command": command["command"], "arguments": command["arguments"]}, PATIENCE
    )
    text = answer["markdown"]
    assert answer["ok"] and text.startswith("# BLKSEQ: ")
    for part in (
        "`blocking-assignment`",
        "## What the tools say",
        "**Verilator",
        "proven fix",
        "always @(posedge clk)",
    ):
        assert part in text
    assert "model" not in text, "none is asked, and none is there"
    gone = editor.ask(
        "workspace/executeCommand",
        {"command": "signoff.explain", "arguments": [uri, {"code": "NONE", "line": 1, "character": 0}]},
    )
    assert gone == {"ok": False, "markdown": ""}
    for bad in ([], [uri], [uri, None], [7, 7], [uri, {"line": "x"}], ["file:///no.v", {"line": 1, "character": 1}]):
        assert not editor.ask("workspace/executeCommand", {"command": "signoff.explain", "arguments": bad})["ok"]


def test_an_explanation_is_a_document_where_the_client_shows_one(tmp_path: Path) -> None:
    with Editor(SERVE, tmp_path) as editor:
        folder = {"uri": editor.root.as_uri(), "name": "w"}
        capabilities = {"window": {"showDocument": {"support": True}}, "textDocument": {"publishDiagnostics": {}}}
        about = {"processId": None, "rootUri": folder["uri"], "workspaceFolders": [folder]}
        editor.ask("initialize", {**about, "capabilities": capabilities, "initializationOptions": OFF})
        editor.notify("initialized", {})
        uri = editor.put("top.v", TWO)
        (fault, _) = faults(editor, uri, 2, "ExpectedToken")
        place = {"code": fault["code"], **fault["range"]["start"]}
        editor.request("workspace/executeCommand", {"command": "signoff.explain", "arguments": [uri, place]})
        _, message = editor.wait(lambda one: one.get("method") == "window/showDocument", PATIENCE)
        path = Path(message["params"]["uri"].removeprefix("file://"))
        assert path.read_text("utf-8").startswith("# ExpectedToken")
        assert tmp_path not in path.parents
    assert not path.exists() and [one.name for one in tmp_path.iterdir()] == []


def test_without_a_model_none_is_offered(editor: Editor) -> None:
    editor.shake(codeAction=RESOLVES, options=OFF)
    text = "module top (input wire a, output wire y);\n    assign y = a + frobnicate(;\nendmodule\n"
    uri = editor.put("top.v", text)
    editor.errors(uri, 1, has_error)
    place = {"start": {"line": 1, "character": 0}, "end": {"line": 1, "character": 0}}
    assert not [one for one in actions(editor, uri, place) if "model" in one["kind"]]
    with pytest.raises(NoAnswer, match="changed since"):
        editor.ask("workspace/executeCommand", {"command": "signoff.mendWithModel", "arguments": [12345]})
