"""The real server over real pipes with the real tools: what an editor sees."""

from __future__ import annotations

import json
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from client import Client, NoAnswer

pytestmark = pytest.mark.tool

SERVE = [sys.executable, "-m", "signoff.lsp_server", "serve"]
GOOD = """module blinker (input wire clk, output reg led);
    always @(posedge clk)
        led <= ~led;
endmodule
"""
Diagnostic = dict[str, Any]


class Editor(Client):
    """The plain client with one capability set and document versions kept."""

    def shake(self, encodings: tuple[str, ...] = ("utf-16",), options: Any = None, **document: Any) -> dict[str, Any]:
        folder = {"uri": self.root.as_uri(), "name": "w"}
        capabilities = {
            "general": {"positionEncodings": list(encodings)},
            "workspace": {"workspaceEdit": {"documentChanges": True}},
            "textDocument": {"publishDiagnostics": {"versionSupport": True}, **document},
        }
        about = {"processId": None, "rootUri": folder["uri"], "workspaceFolders": [folder]}
        result = self.ask("initialize", {**about, "capabilities": capabilities, "initializationOptions": options})
        self.notify("initialized", {})
        return dict(result["capabilities"])

    def put(self, name: str, text: str, version: int = 1) -> str:
        uri = (self.root / name).as_uri()
        item = {"uri": uri, "languageId": "systemverilog", "version": version, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": item})
        return uri

    def replace(self, uri: str, version: int, text: str) -> None:
        document = {"uri": uri, "version": version}
        self.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [{"text": text}]})

    def errors(self, uri: str, version: int, fits: Callable[[list[Diagnostic]], bool]) -> list[Diagnostic]:
        return [one for one in self.diagnostics(uri, fits, version, timeout=30)[1] if one["severity"] == 1]


def has_error(found: list[Diagnostic]) -> bool:
    return any(one["severity"] == 1 for one in found)


def no_error(found: list[Diagnostic]) -> bool:
    return not has_error(found)


@pytest.fixture
def editor(tmp_path: Path) -> Iterator[Editor]:
    with Editor(SERVE, tmp_path) as client:
        yield client


def test_a_fault_is_shown_with_its_version_and_shown_gone(editor: Editor) -> None:
    capabilities = editor.shake()
    assert capabilities["textDocumentSync"]["change"] == 2 and capabilities["inlineCompletionProvider"] is not None
    assert capabilities.get("diagnosticProvider") is None, "what is pushed is not offered for pulling as well"
    uri = editor.put("blinker.v", GOOD)
    editor.errors(uri, 1, no_error)
    editor.edit(uri, 2, (2, 19, 2, 20), "")
    # Whichever tool answers first, slang's place is shown once it has answered.
    (fault,) = editor.errors(uri, 2, lambda found: any("slang" in one["source"] for one in found))
    assert fault["range"]["start"]["line"] == 2 and fault["code"] == "ExpectedToken"
    assert "slang" in fault["source"] and fault["data"]["category"] == "missing-semicolon"
    editor.edit(uri, 3, (2, 19, 2, 19), ";")
    assert editor.errors(uri, 3, no_error) == []


@pytest.mark.parametrize(("encoding", "column"), [("utf-8", 18), ("utf-16", 16), ("utf-32", 15)])
def test_columns_are_in_the_clients_units(editor: Editor, encoding: str, column: int) -> None:
    assert editor.shake((encoding,))["positionEncoding"] == encoding
    uri = editor.put("é 😋.v", "module m;\n /* 😋 é */ wire w = nope;\nendmodule\n")
    line = " /* 😋 é */ wire w = nope;"
    units = {"utf-8": 1, "utf-16": 2, "utf-32": 4}[encoding]
    codec = {"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}[encoding]
    wanted = len(line[: line.index("nope")].encode(codec)) // units
    (fault,) = [one for one in editor.errors(uri, 1, has_error) if one["code"] == "UndeclaredIdentifier"]
    assert fault["range"]["start"] == {"line": 1, "character": wanted}
    assert fault["range"]["end"]["character"] == wanted + 4


def test_a_client_that_pulls_is_answered_and_not_pushed_to(tmp_path: Path) -> None:
    with Client(SERVE, tmp_path) as client:
        about = {"processId": None, "rootUri": tmp_path.as_uri(), "capabilities": {"textDocument": {"diagnostic": {}}}}
        result = client.ask("initialize", about)
        assert result["capabilities"]["diagnosticProvider"]["workspaceDiagnostics"] is True
        client.notify("initialized", {})
        uri = (tmp_path / "a.v").as_uri()
        item = {"uri": uri, "languageId": "verilog", "version": 1, "text": GOOD.replace(";\nendmodule", "\nendmodule")}
        client.notify("textDocument/didOpen", {"textDocument": item})
        report = client.ask("textDocument/diagnostic", {"textDocument": {"uri": uri}})
        assert report["kind"] == "full" and has_error(report["items"])
        # A slower tool may answer in between, with more to say of the same text.
        end = time.monotonic() + 20
        while report["kind"] != "unchanged" and time.monotonic() < end:
            again = {"textDocument": {"uri": uri}, "previousResultId": report["resultId"]}
            report = client.ask("textDocument/diagnostic", again)
        assert report["kind"] == "unchanged"
        whole = client.ask("workspace/diagnostic", {"previousResultIds": []})
        assert [one["uri"] for one in whole["items"] if one["items"]] == [uri]
        with pytest.raises(NoAnswer):
            client.diagnostics(uri, lambda found: True, timeout=1)


def test_a_thousand_quick_edits_end_in_exactly_the_right_diagnostics(editor: Editor) -> None:
    editor.shake()
    uri = editor.put("blinker.v", GOOD)
    random.seed(3)
    text, version = GOOD, 1
    for _ in range(1000):
        version += 1
        lines = text.split("\n")
        line = random.randrange(len(lines))
        column = random.randrange(len(lines[line]) + 1)
        new = random.choice([";", "\n", "x", "wire q;", "(", "end", "😋"])
        editor.edit(uri, version, (line, _utf16(lines[line][:column]), line, _utf16(lines[line][:column])), new)
        lines[line] = lines[line][:column] + new + lines[line][column:]
        text = "\n".join(lines)
    wrong = "module m;\n  wire w = nope;\nendmodule\n"
    editor.replace(uri, version + 1, wrong)
    (fault,) = editor.errors(uri, version + 1, has_error)
    assert fault["code"] == "UndeclaredIdentifier" and fault["range"]["start"] == {"line": 1, "character": 11}
    editor.replace(uri, version + 2, GOOD)
    assert editor.errors(uri, version + 2, no_error) == []


def _utf16(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def test_shutdown_leaves_no_process_and_no_file(tmp_path: Path) -> None:
    scratch = Path(tempfile.mkdtemp())
    workspace = tmp_path / "w"
    workspace.mkdir()
    (workspace / "blinker.v").write_text(GOOD)
    client = Editor(SERVE, workspace, env={"TMPDIR": str(scratch)})
    client.shake()
    uri = client.put("blinker.v", GOOD.replace("led;", "led"))
    client.errors(uri, 1, has_error)
    children = psutil.Process(client.process.pid).children(recursive=True)
    assert children, "the engines run in processes of their own"
    client.close()
    assert client.process.returncode == 0
    assert not [child for child in children if _alive(child)]
    assert list(scratch.iterdir()) == [] and [path.name for path in workspace.iterdir()] == ["blinker.v"]
    scratch.rmdir()


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent-death signal is Linux's")
def test_a_killed_server_leaves_no_process(editor: Editor) -> None:
    editor.shake()
    uri = editor.put("blinker.v", GOOD)
    editor.errors(uri, 1, no_error)
    children = psutil.Process(editor.process.pid).children(recursive=True)
    editor.process.send_signal(signal.SIGKILL)
    editor.process.wait()
    end = time.monotonic() + 5
    while (left := [child for child in children if _alive(child)]) and time.monotonic() < end:
        time.sleep(0.05)
    assert not left


def test_the_server_ends_with_its_input_and_says_1_without_shutdown(tmp_path: Path) -> None:
    client = Editor(SERVE, tmp_path)
    client.shake()
    assert client.process.stdin is not None
    client.process.stdin.close()
    assert client.process.wait(timeout=10) == 1


def _alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\x00\x00",
        'module m; initial $display("' + "x" * 5_000_000 + '"); endmodule',
        '`include "loop.vh"\nmodule m; endmodule\n',
        "module m;\r\nendmodule\r\n",
        "\ud83d module \udc00",
        "(" * 5000,
        "`define A `B\n`define B `A\nmodule m; wire w = `A; endmodule\n",
    ],
    ids=["empty", "nul", "5 MB in one line", "include loop", "CRLF", "lone surrogates", "nesting", "macro loop"],
)
def test_odd_texts_are_answered_and_the_next_is_right(editor: Editor, text: str) -> None:
    (editor.root / "loop.vh").write_text('`include "loop.vh"\n')
    editor.shake()
    uri = editor.put("a path with ünïcode.sv", text)
    editor.diagnostics(uri, lambda found: True, 1, timeout=60)
    editor.replace(uri, 2, GOOD.replace("led;", "led"))
    assert editor.errors(uri, 2, has_error)


def test_a_file_that_is_not_utf8_is_read_as_part_of_the_design(editor: Editor) -> None:
    (editor.root / "sub.v").write_bytes(b"// caf\xe9\nmodule sub(input wire a); endmodule\n")
    (editor.root / "signoff.toml").write_text('[[design]]\nname = "d"\nfiles = ["sub.v", "top.v"]\n')
    text = "module top; sub s(.b(1'b0)); endmodule\n"
    (editor.root / "top.v").write_text(text)
    editor.shake()
    uri = editor.put("top.v", text)
    faults = editor.errors(uri, 1, lambda found: any(one["code"] == "PortDoesNotExist" for one in found))
    assert any("'b'" in one["message"] for one in faults)


def test_hover_tells_type_width_and_drivers(editor: Editor) -> None:
    editor.shake()
    uri = editor.put(
        "a.v",
        "module a(input wire clk, output reg [7:0] count);\nalways @(posedge clk) count <= count + 1'b1;\nendmodule\n",
    )
    editor.diagnostics(uri, lambda found: True, 1)
    answer = editor.ask("textDocument/hover", {"textDocument": {"uri": uri}, "position": {"line": 1, "character": 24}})
    text = answer["contents"]["value"]
    assert "count" in text and "8" in text and "7:0" in text
    nothing = {"textDocument": {"uri": uri}, "position": {"line": 2, "character": 0}}
    assert editor.ask("textDocument/hover", nothing) is None


def test_a_fix_is_proven_and_applies_only_to_its_version(editor: Editor) -> None:
    editor.shake(codeAction={"resolveSupport": {"properties": ["edit"]}})
    uri = editor.put("blinker.v", GOOD.replace("led;\n", "led\n"))
    (fault,) = editor.errors(uri, 1, has_error)
    params = {"textDocument": {"uri": uri}, "range": fault["range"], "context": {"diagnostics": [fault]}}
    actions = editor.ask("textDocument/codeAction", params)
    assert actions and "slang" in actions[0]["title"] and "edit" not in actions[0]
    resolved = editor.ask("codeAction/resolve", actions[0])
    (change,) = resolved["edit"]["documentChanges"]
    assert change["textDocument"] == {"uri": uri, "version": 1}
    assert change["edits"][0]["newText"].strip() == ";"
    editor.edit(uri, 2, (0, 0, 0, 0), " ")
    with pytest.raises(NoAnswer, match="changed since"):
        editor.ask("codeAction/resolve", actions[0])


def test_bad_settings_are_said_once_and_the_defaults_used(editor: Editor) -> None:
    editor.shake(options={"diagnostics": {"maxPerFile": "many"}, "nonsense": 1})
    said = []
    for _ in range(2):
        _, message = editor.wait(lambda message: message.get("method") == "window/showMessage", 10)
        said.append(message["params"]["message"])
    assert any("maxPerFile" in one and "many" in one for one in said) and any("nonsense" in one for one in said)
    uri = editor.put("blinker.v", GOOD.replace("led;", "led"))
    assert editor.errors(uri, 1, has_error)


def test_settings_change_while_it_runs(editor: Editor) -> None:
    editor.shake()
    uri = editor.put("blinker.v", GOOD.replace("led;", "led"))
    editor.errors(uri, 1, has_error)
    off = {"slang": {"enabled": False}, "verilator": {"enabled": False}}
    editor.notify("workspace/didChangeConfiguration", {"settings": {"signoff": {"verifiers": off}}})
    assert editor.errors(uri, 1, no_error) == []
    # A client that sends only what is set leaves a setting out to take it back.
    on = {"verilator": {"enabled": False}}
    editor.notify("workspace/didChangeConfiguration", {"settings": {"signoff": {"verifiers": on}}})
    assert editor.errors(uri, 1, has_error)


def test_a_file_changed_on_disk_is_noticed(editor: Editor) -> None:
    (editor.root / "sub.v").write_text("module sub(input wire a); endmodule\n")
    (editor.root / "signoff.toml").write_text('[[design]]\nname = "d"\nfiles = ["sub.v", "top.v"]\n')
    top = "module top; sub s(.a(1'b0)); endmodule\n"
    (editor.root / "top.v").write_text(top)
    editor.shake()
    uri = editor.put("top.v", top)
    editor.errors(uri, 1, no_error)
    editor.settle(1.0)
    (editor.root / "sub.v").write_text("module sub(input wire b); endmodule\n")
    change = {"uri": (editor.root / "sub.v").as_uri(), "type": 2}
    editor.notify("workspace/didChangeWatchedFiles", {"changes": [change]})
    assert editor.errors(uri, 1, has_error)


def test_a_cancelled_request_is_answered_as_cancelled(editor: Editor) -> None:
    editor.shake()
    uri = editor.put("blinker.v", GOOD.replace("led;", "led"))
    editor.errors(uri, 1, has_error)
    whole = {"start": {"line": 0, "character": 0}, "end": {"line": 9, "character": 0}}
    params = {"textDocument": {"uri": uri}, "range": whole, "context": {"diagnostics": []}}
    request = editor.request("textDocument/codeAction", params)
    editor.notify("$/cancelRequest", {"id": request})
    _, answer = editor.wait(lambda message: message.get("id") == request, 10)
    assert answer["error"]["code"] == -32800


def test_tcp_listens_on_loopback_and_serves_more_than_one_client(tmp_path: Path) -> None:
    import socket
    import subprocess

    server = subprocess.Popen([*SERVE, "--tcp", "0"], stderr=subprocess.PIPE, cwd=tmp_path)
    try:
        assert server.stderr is not None
        host, _, port = server.stderr.readline().decode().split()[-1].rpartition(":")
        assert host == "127.0.0.1"
        for _ in range(2):
            with socket.create_connection((host, int(port)), timeout=10) as connection:
                _say(connection, {"id": 1, "method": "initialize", "params": {"processId": None, "capabilities": {}}})
                assert b'"capabilities"' in _hear(connection)
                _say(connection, {"id": 2, "method": "shutdown"})
                _hear(connection)
                _say(connection, {"method": "exit"})
                assert connection.recv(1) == b"", "the connection ends with exit"
        assert server.poll() is None, "the listener goes on"
    finally:
        server.terminate()
        server.wait(timeout=10)


def _say(connection: Any, message: dict[str, Any]) -> None:
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    connection.sendall(b"Content-Length: %d\r\n\r\n" % len(body) + body)


def _hear(connection: Any) -> bytes:
    reader = connection.makefile("rb")
    size = 0
    while (line := reader.readline()) not in (b"\r\n", b""):
        if line.lower().startswith(b"content-length:"):
            size = int(line.split(b":")[1])
    return bytes(reader.read(size))
