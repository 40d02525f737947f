"""Constructs as an editor gets them: ordinary completion items of the real server."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from test_live import Editor

pytestmark = pytest.mark.tool

SERVE = [sys.executable, "-m", "signoff.lsp_server", "serve"]
LEAF = "module leaf (input clk, input [3:0] d, output q);\n  assign q = clk & ^d;\nendmodule\n"
TOP = "module top (input clk, input [3:0] d, output q);\n  leaf u_leaf (\n  );\nendmodule\n"
PATIENCE = 60.0
OFF = {"completion": {"backend": "off"}}


@pytest.fixture
def editor(tmp_path: Path) -> Iterator[Editor]:
    (tmp_path / "leaf.v").write_text(LEAF)
    with Editor(SERVE, tmp_path) as client:
        yield client


def items(editor: Editor, uri: str, line: int, character: int, label: str = "") -> list[dict[str, Any]]:
    """The list in its order once it is whole and holds `label`; an editor too asks again at each key."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        position = {"textDocument": {"uri": uri}, "position": {"line": line, "character": character}}
        answer = editor.ask("textDocument/completion", position)
        found = answer["items"]
        if not answer["isIncomplete"] and (not label or label in {item["label"] for item in found}):
            return sorted(found, key=lambda item: str(item.get("sortText") or item["label"]))
    raise AssertionError(f"{label or 'a whole list'} was never offered")


def test_ports_come_as_a_snippet_with_who_accepted_them(editor: Editor) -> None:
    wanted = {"completionItem": {"snippetSupport": True, "documentationFormat": ["markdown"]}}
    editor.shake(options=OFF, completion=wanted)
    uri = editor.put("top.v", TOP)
    editor.errors(uri, 1, lambda found: True)
    first = items(editor, uri, 1, 15, "ports of leaf")[0]
    assert first["label"] == "ports of leaf" and first["insertTextFormat"] == 2
    assert ".clk(clk)" in first["textEdit"]["newText"] and "accepted by slang" in first["detail"]
    assert first["documentation"]["kind"] == "markdown" and "same name and width" in first["documentation"]["value"]


def test_an_editor_without_snippets_gets_plain_text_in_its_own_units(editor: Editor) -> None:
    editor.shake(options=OFF)
    uri = editor.put("top.v", TOP.replace("  leaf u", "  /* 🙂 */ leaf u"))
    editor.errors(uri, 1, lambda found: True)
    first = items(editor, uri, 1, 24, "ports of leaf")[0]
    assert first["insertTextFormat"] == 1 and "$" not in first["textEdit"]["newText"]
    assert first["textEdit"]["range"]["start"] == {"line": 1, "character": 24}, "an astral character is two units"


def test_nothing_but_names_where_nothing_is_asked_for(editor: Editor) -> None:
    editor.shake(options=OFF)
    uri = editor.put("top.v", TOP.replace("leaf u_leaf (\n  );", "assign q = "))
    editor.errors(uri, 1, lambda found: True)
    found = items(editor, uri, 1, 13)
    assert {"clk", "d", "q"} == {item["label"] for item in found}


def test_the_first_list_says_that_more_will_come(editor: Editor) -> None:
    editor.shake(options=OFF)
    uri = editor.put("top.v", TOP)
    position = {"textDocument": {"uri": uri}, "position": {"line": 1, "character": 15}}
    first = editor.ask("textDocument/completion", position)
    assert first["isIncomplete"] or first["items"], "nothing is final before anything is known"
    assert items(editor, uri, 1, 15, "ports of leaf")


def test_no_names_in_comments_and_numbers(editor: Editor) -> None:
    editor.shake(options=OFF)
    uri = editor.put("top.v", TOP.replace("leaf u_leaf (\n  );", "assign q = 4'h // cl"))
    assert items(editor, uri, 1, 16) == [] and items(editor, uri, 1, 22) == []
