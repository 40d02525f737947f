"""The outline, folds and going to definitions, over real pipes."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from client import Client
from test_live import SERVE, Editor

pytestmark = pytest.mark.tool

LEAF = "/* 😋 */ module leaf #(parameter W = 1) (input wire [W-1:0] d, output wire q);\n  assign q = ^d;\nendmodule\n"
TOP = """module top (input wire [3:0] a, output wire z);
  wire mid;
  /* é😋 */ leaf #(.W(4)) u_leaf (.d(a), .q(mid));
  assign z = mid;
endmodule
"""
HIERARCHY = {"documentSymbol": {"hierarchicalDocumentSymbolSupport": True}}


@pytest.fixture
def editor(tmp_path: Path) -> Iterator[Editor]:
    (tmp_path / "leaf.v").write_text(LEAF, encoding="utf-8")
    (tmp_path / "top.v").write_text(TOP, encoding="utf-8")
    (tmp_path / "signoff.toml").write_text('[[design]]\nname = "all"\nfiles = ["leaf.v", "top.v"]\n')
    with Editor(SERVE, tmp_path) as client:
        yield client


def at(uri: str, text: str, word: str) -> dict[str, Any]:
    line = next(number for number, line in enumerate(text.split("\n")) if word in line)
    before = text.split("\n")[line].partition(word)[0]
    return {"textDocument": {"uri": uri}, "position": {"line": line, "character": utf16(before)}}


def utf16(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def scanned(editor: Editor, uri: str, text: str, word: str, method: str = "definition") -> dict[str, Any]:
    """The answer once the server has read the project: until then a file is alone, and its modules are unknown."""
    end = time.monotonic() + 20
    while True:
        found = editor.ask(f"textDocument/{method}", at(uri, text, word))
        if (found and not found["uri"].endswith("top.v")) or time.monotonic() > end:
            return dict(found)
        time.sleep(0.05)


def symbols(client: Client, uri: str) -> list[dict[str, Any]]:
    return list(client.ask("textDocument/documentSymbol", {"textDocument": {"uri": uri}}))


def test_the_outline_has_the_clients_columns(editor: Editor) -> None:
    capabilities = editor.shake(**HIERARCHY)
    assert capabilities["documentSymbolProvider"] and capabilities["foldingRangeProvider"]
    (module,) = symbols(editor, editor.put("top.v", TOP))
    assert (module["name"], module["kind"]) == ("top", 2)
    assert [child["name"] for child in module["children"]] == ["a", "z", "mid", "u_leaf"]
    instance = module["children"][3]
    column = utf16("  /* é😋 */ leaf #(.W(4)) ")
    assert instance["detail"] == "leaf"
    assert instance["selectionRange"]["start"] == {"line": 2, "character": column}
    assert instance["selectionRange"]["end"] == {"line": 2, "character": column + len("u_leaf")}
    assert instance["range"]["start"] == {"line": 2, "character": utf16("  /* é😋 */ ")}


def test_the_outline_is_that_of_the_present_text_though_it_does_not_parse(editor: Editor) -> None:
    editor.shake(**HIERARCHY)
    uri = editor.put("top.v", TOP)
    editor.edit(uri, 2, (1, 0, 1, 0), "  wire late;\n  always @(posedge a[0]) begin\n")
    (module,) = symbols(editor, uri)
    assert {"late", "mid", "u_leaf"} <= {child["name"] for child in module["children"]}


def test_a_client_without_hierarchy_gets_a_flat_outline(editor: Editor) -> None:
    editor.shake()
    uri = editor.put("top.v", TOP)
    found = symbols(editor, uri)
    assert [(one["name"], one.get("containerName")) for one in found][:2] == [("top", ""), ("a", "top")]
    assert found[0]["location"] == {
        "uri": uri,
        "range": {"start": {"line": 0, "character": 0}, "end": {"line": 4, "character": 9}},
    }


def test_folds(editor: Editor) -> None:
    editor.shake()
    uri = editor.put("top.v", "// a\n// b\n" + TOP)
    found = editor.ask("textDocument/foldingRange", {"textDocument": {"uri": uri}})
    assert found == [{"startLine": 0, "endLine": 1, "kind": "comment"}, {"startLine": 2, "endLine": 5}]


def test_other_languages_have_neither(editor: Editor) -> None:
    editor.shake()
    uri = (editor.root / "a.txt").as_uri()
    item = {"uri": uri, "languageId": "plaintext", "version": 1, "text": TOP}
    editor.notify("textDocument/didOpen", {"textDocument": item})
    for method in ("documentSymbol", "foldingRange", "definition"):
        position = {"position": {"line": 0, "character": 8}} if method == "definition" else {}
        assert editor.ask(f"textDocument/{method}", {"textDocument": {"uri": uri}, **position}) is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
@pytest.mark.parametrize("method", ["definition", "declaration"])
def test_an_instance_and_a_module_name_lead_to_the_module_in_its_file(
    editor: Editor, method: str, encoding: str
) -> None:
    assert editor.shake((encoding,))[f"{method}Provider"]
    uri = editor.put("top.v", TOP.replace("é😋", "e"))
    for word in ("leaf #", "u_leaf"):
        found = scanned(editor, uri, TOP.replace("é😋", "e"), word, method)
        assert found["uri"] == (editor.root / "leaf.v").as_uri()
        column = {"utf-8": 18, "utf-16": 16, "utf-32": 15}[encoding]
        start, end = {"line": 0, "character": column}, {"line": 0, "character": column + 4}
        assert found["range"] == {"start": start, "end": end}


def test_names_lead_to_their_declarations(editor: Editor) -> None:
    editor.shake()
    uri = editor.put("top.v", TOP)
    mid = editor.ask("textDocument/definition", at(uri, TOP, "mid;"))
    assert (mid["uri"], mid["range"]["start"]) == (uri, {"line": 1, "character": 7})
    port = scanned(editor, uri, TOP, "d(a)")
    assert port["uri"] == (editor.root / "leaf.v").as_uri()
    assert port["range"]["start"] == {"line": 0, "character": utf16(LEAF.partition("d,")[0])}
    assert editor.ask("textDocument/definition", at(uri, TOP, "assign")) is None


def test_an_open_file_is_meant_as_it_stands_in_the_editor(editor: Editor) -> None:
    editor.shake()
    leaf, top = editor.put("leaf.v", "\n\n" + LEAF), editor.put("top.v", TOP)
    found = scanned(editor, top, TOP, "u_leaf")
    assert (found["uri"], found["range"]["start"]["line"]) == (leaf, 2)


def test_an_untitled_buffer_leads_into_itself(editor: Editor) -> None:
    editor.shake()
    uri, text = "untitled:Untitled-1", "module m;\n  wire w;\n  wire v = w;\nendmodule\n"
    item = {"uri": uri, "languageId": "verilog", "version": 1, "text": text}
    editor.notify("textDocument/didOpen", {"textDocument": item})
    found = editor.ask("textDocument/definition", at(uri, text, "w;"))
    assert (found["uri"], found["range"]["start"]) == (uri, {"line": 1, "character": 7})


def test_the_worker_starts_without_lsprotocol() -> None:
    code = "import sys, signoff.lsp_server.structure; print([m for m in ('lsprotocol', 'pygls') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"
