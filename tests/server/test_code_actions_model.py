"""The model's help in the real server with the real tools: proven or not applied, with progress and cancel."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from chat_server_fake import MODEL, ChatServer, Says
from client import NoAnswer
from test_live import Editor

pytestmark = pytest.mark.tool

SERVE = [sys.executable, "-m", "signoff.lsp_server", "serve"]
PATIENCE = 60.0
LINE, MENDED = "    assign y = a & ;\n", "    assign y = a & b;\n"
OTHER = "    assign z = ~a;\n"
TEXT = f"module top (input wire a, input wire b, output wire y, output wire z);\n{LINE}{OTHER}endmodule\n"


def edit(search: str, replace: str) -> str:
    return f"<<<<<<< SEARCH\n{search}=======\n{replace}>>>>>>> REPLACE\n"


RIGHT = edit(LINE, MENDED)
CHEATS = {
    "deletes": edit(LINE, ""),
    "deletes more": edit(LINE + OTHER, OTHER),
    "comments out": edit(LINE, f"    // {LINE.strip()}\n"),
    "pragma": edit(LINE, f"    /* verilator lint_off ALL */\n{MENDED}    /* verilator lint_on ALL */\n"),
    "switches off": edit(LINE, f"`ifdef NEVER\n{LINE}`endif\n"),
    "unrelated": edit(OTHER, "    assign z = a;\n"),
    "right and unrelated": edit(LINE + OTHER, f"{MENDED}    assign z = a;\n"),
    "prose": "You have to add a second operand to the expression.",
    "nothing": "",
    "1 MB": "x" * 1_000_000,
    "1 MB of code": edit(LINE, MENDED + "    wire q;\n" * 80_000),
    "the same": edit(LINE, LINE),
}


@contextmanager
def opened(folder: Path, says: Says, *, progress: bool = False) -> Iterator[tuple[Editor, ChatServer]]:
    with ChatServer(says) as model, Editor(SERVE, folder) as editor:
        root = {"uri": editor.root.as_uri(), "name": "w"}
        capabilities = {
            "workspace": {"workspaceEdit": {"documentChanges": True}},
            "window": {"workDoneProgress": progress},
            "textDocument": {
                "publishDiagnostics": {"versionSupport": True},
                "codeAction": {"resolveSupport": {"properties": ["edit"]}},
            },
        }
        options = {"completion": {"backend": "openai", "url": model.url}, "diagnostics": {"deepIdle": 0}}
        about = {"processId": None, "rootUri": root["uri"], "workspaceFolders": [root]}
        editor.ask("initialize", {**about, "capabilities": capabilities, "initializationOptions": options})
        editor.notify("initialized", {})
        yield editor, model


def offered(editor: Editor) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fault, and the action that asks the model about it."""
    uri = editor.put("top.v", TEXT)
    found = editor.diagnostics(uri, lambda some: any("slang" in one["source"] for one in some), 1, PATIENCE)[1]
    fault = next(one for one in found if one["severity"] == 1)
    asked = {"textDocument": {"uri": uri}, "range": fault["range"], "context": {"diagnostics": [fault]}}
    for _ in range(100):
        # The model is looked for beside the first question, and found in time for a later one.
        actions = editor.ask("textDocument/codeAction", asked, PATIENCE) or []
        for action in actions:
            if action["kind"] == "quickfix.model":
                return fault, action
    raise AssertionError(f"the model is not offered: {[one['title'] for one in actions]}")


def test_what_the_model_thinks_of_is_applied_once_it_is_proven(tmp_path: Path) -> None:
    answers = iter([CHEATS["deletes"], RIGHT])
    with opened(tmp_path, lambda messages: next(answers)) as (editor, model):
        _, action = offered(editor)
        assert MODEL in action["title"] and "edit" not in action and not model.talks, "nobody has asked it yet"
        asked = editor.request("codeAction/resolve", action)
        _, told = editor.wait(lambda one: one.get("method") == "window/showMessage", PATIENCE)
        _, answer = editor.wait(lambda one: one.get("id") == asked and "method" not in one, PATIENCE)
        (change,) = answer["result"]["edit"]["documentChanges"]
        assert change["textDocument"]["version"] == 1
        assert "".join(one["newText"] for one in change["edits"]).strip().endswith("b")
        assert f"proposed by {MODEL}, round 2; accepted by slang" in told["params"]["message"]
        assert "refused" in model.talks[1][-1]["content"], "it is told why its first answer was refused"


def test_nothing_unproven_reaches_the_client(tmp_path: Path) -> None:
    said = [""]
    with opened(tmp_path, lambda messages: said[0]) as (editor, model):
        _, action = offered(editor)
        for said[0] in CHEATS.values():
            with pytest.raises(NoAnswer, match="mend nothing"):
                editor.ask("codeAction/resolve", action, PATIENCE)
        assert len(model.talks) >= len(CHEATS)


def test_the_user_ends_the_models_work(tmp_path: Path) -> None:
    with opened(tmp_path, lambda messages: None, progress=True) as (editor, model):
        _, action = offered(editor)
        asked = editor.request("codeAction/resolve", action)
        _, shown = editor.wait(
            lambda one: one.get("method") == "$/progress" and "model" in one["params"]["value"].get("title", ""),
            PATIENCE,
        )
        assert shown["params"]["value"]["cancellable"] is True
        editor.notify("window/workDoneProgress/cancel", {"token": shown["params"]["token"]})
        _, answer = editor.wait(lambda one: one.get("id") == asked and "method" not in one, PATIENCE)
        assert "error" in answer
        assert model.left.wait(PATIENCE), "its work is given up"


def test_an_edit_ends_the_models_work(tmp_path: Path) -> None:
    with opened(tmp_path, lambda messages: None) as (editor, model):
        _, action = offered(editor)
        asked = editor.request("codeAction/resolve", action)
        assert model.asked.wait(PATIENCE)
        editor.edit((editor.root / "top.v").as_uri(), 2, (0, 0, 0, 0), " ")
        _, answer = editor.wait(lambda one: one.get("id") == asked and "method" not in one, PATIENCE)
        assert "changed since" in answer["error"]["message"]
        assert model.left.wait(PATIENCE)


def test_a_client_that_resolves_nothing_asks_by_a_command(tmp_path: Path) -> None:
    with ChatServer(lambda messages: RIGHT) as model, Editor(SERVE, tmp_path) as editor:
        options = {"completion": {"backend": "openai", "url": model.url}, "diagnostics": {"deepIdle": 0}}
        editor.shake(options=options)
        _, action = offered(editor)
        command = action["command"]
        editor.request("workspace/executeCommand", {"command": command["command"], "arguments": command["arguments"]})
        _, applied = editor.wait(lambda one: one.get("method") == "workspace/applyEdit", PATIENCE)
        (change,) = applied["params"]["edit"]["documentChanges"]
        assert change["edits"] and change["textDocument"]["version"] == 1


def test_a_models_words_stand_below_the_facts(tmp_path: Path) -> None:
    counts = itertools.count()
    with opened(tmp_path, lambda messages: f"The operand behind '&' is missing. {next(counts)}.") as (editor, model):
        fault, _ = offered(editor)
        uri = (editor.root / "top.v").as_uri()
        place = {"code": fault["code"], **fault["range"]["start"], "show": False}
        command = {"command": "signoff.explain", "arguments": [uri, place]}
        facts = editor.ask("workspace/executeCommand", command, PATIENCE)["markdown"]
        assert not model.talks and MODEL not in facts
        command["arguments"] = [uri, {**place, "words": True}]
        text = editor.ask("workspace/executeCommand", command, PATIENCE)["markdown"]
        assert text.startswith(facts.rstrip()) and f"## What {MODEL} says" in text
        assert "*A model's words: no tool has checked them.*\n\n> The operand behind '&' is missing." in text
        assert facts[:1000] in model.talks[0][-1]["content"]
