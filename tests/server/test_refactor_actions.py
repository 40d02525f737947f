"""Refactorings in an editor: listed once the tools accept them, their edit only once what they claim is proven."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from client import NoAnswer
from test_code_actions import OFF, RESOLVES, SERVE, actions, resolved
from test_live import Editor

pytestmark = [pytest.mark.tool, pytest.mark.slow, pytest.mark.timeout(300)]

DESIGN = """module top (input logic clk, input logic [3:0] a, output logic [3:0] q);
    always @(posedge clk) q <= a;
endmodule
"""
# Non-blocking, each round of the loop would read what q was before the edge.
CARRIED = """module top (input clk, input [3:0] d, output reg [3:0] q);
    integer i;
    initial q = 4'd0;
    always @(posedge clk) for (i = 1; i < 4; i = i + 1) q[i] = q[i - 1] ^ d[i];
endmodule
"""
HERE = {"start": {"line": 1, "character": 4}, "end": {"line": 1, "character": 4}}
LOOP = {"start": {"line": 3, "character": 4}, "end": {"line": 3, "character": 4}}
REWRITE = "refactor.rewrite"


@pytest.fixture
def editor(tmp_path: Path) -> Iterator[Editor]:
    with Editor(SERVE, tmp_path) as client:
        yield client


def refactorings(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in found if one["kind"].startswith(REWRITE)]


def test_one_is_listed_and_its_edit_is_proven(editor: Editor) -> None:
    answer = editor.shake(codeAction=RESOLVES, options=OFF)
    assert REWRITE in answer["codeActionProvider"]["codeActionKinds"]
    uri = editor.put("top.sv", DESIGN)
    (one,) = refactorings(actions(editor, uri, HERE, only=["refactor"]))
    assert one["title"].startswith("Turn 'always' into 'always_ff' (accepted by slang")
    assert "proven to keep the behaviour before it is applied" in one["title"] and "edit" not in one
    assert (one["kind"], one["data"]["kind"]) == (f"{REWRITE}.always", "blocking-assignment")
    (edit,) = resolved(editor, one)
    assert edit["newText"] == "always_ff"


def test_none_while_nobody_asks(editor: Editor) -> None:
    editor.shake(codeAction=RESOLVES, options=OFF)
    uri = editor.put("top.sv", DESIGN)
    assert refactorings(actions(editor, uri, HERE))
    assert not refactorings(actions(editor, uri, HERE, triggerKind=2))
    assert not refactorings(actions(editor, uri, HERE, only=["quickfix"]))


def test_one_that_changes_the_circuit_gives_no_edit(editor: Editor) -> None:
    editor.shake(codeAction=RESOLVES, options=OFF)
    uri = editor.put("top.v", CARRIED)
    (one,) = [each for each in refactorings(actions(editor, uri, LOOP)) if each["kind"].endswith("nonblocking")]
    with pytest.raises(NoAnswer, match="Yosys shows"):
        resolved(editor, one)


def test_a_client_that_asks_for_no_edits_gets_a_command(editor: Editor) -> None:
    editor.shake(options=OFF)
    uri = editor.put("top.sv", DESIGN)
    (one,) = refactorings(actions(editor, uri, HERE))
    assert "edit" not in one and one["command"]["command"] == "signoff.refactor"
