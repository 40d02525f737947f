"""What clients send beside the usual: commands, unsaved documents, foreign uris, nonsense, many documents at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from client import NoAnswer
from test_live import GOOD, SERVE, Diagnostic, Editor, has_error, no_error

pytestmark = pytest.mark.tool


@pytest.fixture
def editor(tmp_path: Path) -> Iterator[Editor]:
    with Editor(SERVE, tmp_path) as client:
        yield client


def test_commands_take_what_clients_send(editor: Editor) -> None:
    editor.shake()
    uri = editor.put("blinker.v", GOOD)
    editor.errors(uri, 1, no_error)
    for arguments in ([], [uri], None):
        call = {"command": "signoff.checkDeep", **({} if arguments is None else {"arguments": arguments})}
        assert editor.ask("workspace/executeCommand", call) is None
    status = editor.ask("workspace/executeCommand", {"command": "signoff.status"})
    names = {tool["name"] for tool in status["tools"]}
    gpu, firmware = {"launch", "nvrtc", "nvcc", "triton"}, {"part", "gcc", "link"}
    assert names == {"slang", "verilator", "yosys"} | gpu | firmware
    assert all(tool["available"] for tool in status["tools"]) and uri in status["projects"]


def test_a_document_that_was_never_saved_is_a_design_by_itself(editor: Editor) -> None:
    editor.shake()
    uri = "untitled:Untitled-1"
    item = {"uri": uri, "languageId": "systemverilog", "version": 1, "text": GOOD.replace("led;", "led")}
    editor.notify("textDocument/didOpen", {"textDocument": item})
    (fault,) = editor.errors(uri, 1, has_error)
    assert fault["range"]["start"]["line"] == 2
    editor.replace(uri, 2, GOOD)
    assert editor.errors(uri, 2, no_error) == []


@pytest.mark.parametrize("uri", ["git:/w/a.v?%7B%7D", "http://example.org/a.v", "foo.v", "", "file:///a%00b.v"])
def test_views_into_something_else_are_left_alone(editor: Editor, uri: str) -> None:
    editor.shake()
    item = {"uri": uri, "languageId": "verilog", "version": 1, "text": GOOD.replace("led;", "led")}
    editor.notify("textDocument/didOpen", {"textDocument": item})
    place = {"textDocument": {"uri": uri}, "position": {"line": 0, "character": 8}}
    assert editor.ask("textDocument/hover", place) is None
    editor.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    other = editor.put("blinker.v", GOOD.replace("led;", "led"))
    found = editor.errors(other, 1, lambda found: any("slang" in one["source"] for one in found))
    assert [one["code"] for one in found] == ["ExpectedToken"]


def test_a_malformed_request_is_answered_with_an_error(editor: Editor) -> None:
    editor.shake()
    for params in ({}, {"textDocument": {"uri": "file:///a.v"}, "position": {"line": -1, "character": 0}}):
        with pytest.raises(NoAnswer, match="-32602"):
            editor.ask("textDocument/hover", params, timeout=5)


def test_many_documents_opened_at_once_are_all_answered_rightly(editor: Editor) -> None:
    names = [f"m{number}" for number in range(60)]
    for number, name in enumerate(names):
        inner = f"m{number - 1} u(.x(x), .y(y));" if number else "assign y = x;"
        text = f"module {name}(input wire x, output wire y);\n  {inner}\nendmodule\n"
        (editor.root / f"{name}.v").write_text(text)
    editor.shake()
    uris = [editor.put(f"{name}.v", (editor.root / f"{name}.v").read_text()) for name in names]
    editor.put("bad.v", "module bad(input wire x, output wire y);\n  m7 u(.x(x), .z(y));\nendmodule\n")
    told: dict[str, list[Diagnostic]] = {}

    def note(message: dict[str, Any]) -> bool:
        if message.get("method") == "textDocument/publishDiagnostics":
            told[message["params"]["uri"]] = message["params"]["diagnostics"]
            assert not any(one["code"] == "IncompleteProject" for one in message["params"]["diagnostics"])
        return False

    for _ in range(3):
        with pytest.raises(NoAnswer):
            editor.wait(note, 3)
    assert all(told[uri] == [] for uri in uris)
    assert [one["code"] for one in told[(editor.root / "bad.v").as_uri()] if one["severity"] == 1] == [
        "PortDoesNotExist"
    ]
