"""The design's invariants where only the whole server shows them; docs/architecture.md lists where each is tested."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import pytest
from client import NoAnswer
from test_live import GOOD, SERVE, Editor, has_error, no_error

pytestmark = pytest.mark.tool

# A latch, which Verilator alone reports, and an undeclared name, which slang reports.
LATCH = "module m(input wire a, b, output reg y);\n  always @(*) if (a) y = b;\nendmodule\n"
FAULTY = LATCH.replace("y = b", "y = nowhere")

# Stand-ins for a native Verilator that misbehaves; the real one runs in every other test.
BROKEN = {
    "hangs": "#!/bin/sh\ncase $1 in --version) echo Verilator 9.0;; *) sleep 3600;; esac\n",
    "crashes": "#!/bin/sh\ncase $1 in --version) echo Verilator 9.0;; *) kill -SEGV $$;; esac\n",
    "prints garbage": "#!/bin/sh\ncase $1 in --version) echo Verilator 9.0;; *) head -c 100000 /dev/urandom;; esac\n",
    "is missing": "",
}


class Listener(Editor):
    """An editor that keeps what the user is told, whatever else it is waiting for."""

    def __init__(self, *args: Any) -> None:
        self.told: list[str] = []
        super().__init__(*args)

    def _oblige(self, message: dict[str, Any]) -> None:
        if message.get("method") == "window/showMessage":
            self.told.append(message["params"]["message"])
        super()._oblige(message)


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins are shell scripts")
@pytest.mark.parametrize("way", BROKEN)
def test_a_tool_that_fails_is_told_once_by_name_and_silences_no_other(tmp_path: Path, way: str) -> None:
    tool = tmp_path / "verilator"
    if BROKEN[way]:
        tool.write_text(BROKEN[way])
        tool.chmod(0o755)
    workspace = tmp_path / "w"
    workspace.mkdir()
    verilator = {"path": str(tool), "timeout": 0.5}
    with Listener(SERVE, workspace) as editor:
        editor.shake(options={"verifiers": {"verilator": verilator}})
        uri = editor.put("m.sv", FAULTY)
        (fault,) = [one for one in editor.errors(uri, 1, has_error) if one["code"] == "UndeclaredIdentifier"]
        assert fault["source"].startswith("slang")
        for version in (2, 3):
            editor.replace(uri, version, FAULTY + "\n" * version)
            editor.errors(uri, version, has_error)
            editor.settle(2.0, timeout=10.0)
        about = [one for one in editor.told if "erilator" in one]
        assert len(about) == 1, editor.told


def test_in_an_untrusted_workspace_nothing_that_it_names_is_run(tmp_path: Path) -> None:
    trap, mark = tmp_path / "w" / "verilator", tmp_path / "run"
    trap.parent.mkdir()
    trap.write_text(f"#!/bin/sh\ntouch '{mark}'\n")
    trap.chmod(0o755)
    for name in ("yosys", "slang", "signoff", "python"):
        (trap.parent / name).write_bytes(trap.read_bytes())
        (trap.parent / name).chmod(0o755)
    (trap.parent / "pickle.py").write_text(f"open({str(mark)!r}, 'w')\n")
    manifest = f'[verilator]\npath = "{trap}"\n[yosys]\npath = "{trap}"\n[[design]]\nname = "d"\nfiles = ["m.sv"]\n'
    (trap.parent / "signoff.toml").write_text(manifest)
    (trap.parent / "m.sv").write_text(LATCH)
    # As an editor starts it; `python -m` would itself look for modules in the folder that it is started in.
    command = [str(Path(sys.executable).with_name("signoff")), "serve"]
    for trusted in (False, True):
        with Editor(command, trap.parent) as editor:
            editor.shake(options={"trusted": trusted})
            uri = editor.put("m.sv", LATCH)
            editor.settle(1.0)
            editor.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
            editor.settle(3.0)
        assert mark.exists() is trusted, "trusted, the very same setting is followed"


def test_without_a_model_all_else_works_and_the_status_says_so(editor: Editor) -> None:
    editor.shake(options={"completion": {"backend": "off"}}, inlineCompletion={})
    uri = editor.put("m.sv", FAULTY)
    assert editor.errors(uri, 1, has_error)
    place = {"textDocument": {"uri": uri}, "position": {"line": 1, "character": 28}}
    answer = editor.ask("textDocument/inlineCompletion", {**place, "context": {"triggerKind": 1}})
    assert answer in (None, []) or answer["items"] == []
    # A list that came before slang had answered says that it is not whole, and an editor asks again.
    end = time.monotonic() + 60.0
    while (names := editor.ask("textDocument/completion", place))["isIncomplete"] and time.monotonic() < end:
        continue
    assert {"a", "b", "y"} <= {item["label"] for item in names["items"]}
    model = editor.ask("workspace/executeCommand", {"command": "signoff.status"})["model"]
    assert model["ready"] is False and model["message"]


def test_a_model_server_that_is_not_there_is_no_error(editor: Editor) -> None:
    editor.shake(options={"completion": {"backend": "openai", "url": "http://127.0.0.1:9"}}, inlineCompletion={})
    uri = editor.put("m.sv", LATCH)
    editor.errors(uri, 1, no_error)
    place = {"textDocument": {"uri": uri}, "position": {"line": 1, "character": 28}}
    answer = editor.ask("textDocument/inlineCompletion", {**place, "context": {"triggerKind": 1}})
    assert answer in (None, []) or answer["items"] == []
    model = editor.ask("workspace/executeCommand", {"command": "signoff.status"})["model"]
    assert model["ready"] is False and "127.0.0.1:9" in model["message"]


def test_only_the_present_version_is_ever_published(editor: Editor) -> None:
    editor.shake()
    uri = editor.put("m.sv", GOOD)
    versions = []

    def note(message: dict[str, Any]) -> bool:
        if message.get("method") == "textDocument/publishDiagnostics":
            versions.append((message["params"]["version"], has_error(message["params"]["diagnostics"])))
        return False

    for version in range(2, 60):
        # Odd versions are faulty: a result of another version would show as the wrong answer.
        editor.replace(uri, version, GOOD.replace("led;\n", "led\n") if version % 2 else GOOD)
        with pytest.raises(NoAnswer):
            editor.wait(note, 0.01 if version % 7 else 0.2)
    editor.wait(lambda message: note(message) or (59, True) in versions, 60.0)
    with pytest.raises(NoAnswer):
        editor.wait(note, 2.0)
    assert versions == sorted(versions) and versions[-1] == (59, True)
    assert [version for version, faulty in versions if faulty != bool(version % 2)] == []


def test_a_client_without_file_watching_hears_of_changed_files(editor: Editor) -> None:
    (editor.root / "sub.v").write_text("module sub(input wire a); endmodule\n")
    (editor.root / "signoff.toml").write_text('[[design]]\nname = "d"\nfiles = ["sub.v", "top.v"]\n')
    top = "module top; sub s(.a(1'b0)); endmodule\n"
    (editor.root / "top.v").write_text(top)
    editor.shake()
    uri = editor.put("top.v", top)
    editor.errors(uri, 1, no_error)
    editor.settle(1.0)
    (editor.root / "sub.v").write_text("module sub(input wire b); endmodule\n")
    assert editor.errors(uri, 1, has_error)


def test_two_folders_with_modules_of_one_name_are_two_designs(tmp_path: Path) -> None:
    for name, port in (("one", "a"), ("two", "b")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "sub.v").write_text(f"module sub(input wire {port}); endmodule\n")
        (tmp_path / name / "top.v").write_text(f"module top; sub s(.{port}(1'b0)); endmodule\n")
    with Editor(SERVE, tmp_path) as editor:
        folders = [{"uri": (tmp_path / name).as_uri(), "name": name} for name in ("one", "two")]
        about = {"processId": None, "rootUri": None, "workspaceFolders": folders}
        editor.ask("initialize", {**about, "capabilities": {"textDocument": {"publishDiagnostics": {}}}})
        editor.notify("initialized", {})
        uris = [editor.put(f"{name}/top.v", (tmp_path / name / "top.v").read_text()) for name in ("one", "two")]
        editor.settle(2.0)
        for uri, name, wrong in zip(uris, ("one", "two"), ("b", "a"), strict=True):
            editor.replace(uri, 2, f"module top; sub s(.{wrong}(1'b0)); endmodule\n")
            found = editor.errors(uri, 2, has_error)
            assert [one["code"] for one in found if one["code"] == "PortDoesNotExist"], name


@pytest.fixture
def editor(tmp_path: Path) -> Any:
    with Editor(SERVE, tmp_path) as client:
        yield client
