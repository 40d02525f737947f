"""What the real server keeps of what is tried: nothing, unless the user wants it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from test_live import Editor

pytestmark = pytest.mark.tool

SERVE = [sys.executable, "-m", "signoff.lsp_server", "serve"]
FAULTY = "module top (input a, output y); // zaphod@corp.example\n    assign y = a\nendmodule\n"
PATIENCE = 60.0


@pytest.mark.parametrize("wanted", [False, True])
def test_what_is_tried_is_kept_where_the_user_wants_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wanted: bool
) -> None:
    state, workspace = tmp_path / "state", tmp_path / "w"
    workspace.mkdir()
    monkeypatch.setenv("SIGNOFF_STATE_DIR", str(state))
    with Editor(SERVE, workspace) as editor:
        editor.shake(options={"completion": {"backend": "off"}, "diagnostics": {"deepIdle": 0, "trajectories": wanted}})
        uri = editor.put("top.sv", FAULTY)
        found = editor.diagnostics(uri, lambda found: any(one["code"] == "ExpectedToken" for one in found), 1, PATIENCE)
        place = next(one["range"] for one in found[1] if one["code"] == "ExpectedToken")
        asked = {"textDocument": {"uri": uri}, "range": place, "context": {"diagnostics": [], "triggerKind": 1}}
        assert editor.ask("textDocument/codeAction", asked, PATIENCE)
        editor.ask("shutdown", None, PATIENCE)
        editor.notify("exit", None)
        editor.process.wait(PATIENCE)
    files = list((state / "trajectories").glob("*.jsonl")) if state.exists() else []
    assert len(files) == wanted
    for line in (line for path in files for line in path.read_text("utf-8").splitlines()):
        told = json.loads(line)
        assert (told["origin"], told["file"], told["fault"]["code"]) == ("editor", "top.sv", "ExpectedToken")
        assert told["repair"]["code"] == FAULTY.replace("= a\n", "= a;\n").replace("zaphod@corp.example", "<mail>")
    assert [path.name for path in workspace.iterdir()] == []
