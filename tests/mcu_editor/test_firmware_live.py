"""The real server over real pipes on firmware: what an editor sees. The firmware is the example's."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from client import Client

pytestmark = pytest.mark.tool

SERVE = [sys.executable, "-m", "signoff.lsp_server", "serve"]
EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "firmware"
Diagnostic = dict[str, Any]
HOST = '#include <stdio.h>\nint main(void) { undeclared(); puts("x"); }\n'


class Editor(Client):
    """The plain client with the capabilities that these tests need."""

    def shake(self) -> dict[str, Any]:
        folder = {"uri": self.root.as_uri(), "name": "w"}
        capabilities = {
            "workspace": {"codeLens": {"refreshSupport": True}},
            "textDocument": {"publishDiagnostics": {"versionSupport": True}, "hover": {"contentFormat": ["markdown"]}},
        }
        about = {"processId": None, "rootUri": folder["uri"], "workspaceFolders": [folder]}
        result = self.ask("initialize", {**about, "capabilities": capabilities})
        self.notify("initialized", {})
        return dict(result["capabilities"])

    def put(self, name: str, language: str = "c") -> str:
        return self.open(self.root / name, language)

    def codes(self, uri: str, version: int, fits: Callable[[set[str]], bool]) -> set[str]:
        found = self.diagnostics(uri, lambda found: fits({one["code"] for one in found}), version, timeout=60)[1]
        return {one["code"] for one in found}

    def hover(self, uri: str, line: int, character: int) -> str:
        where = {"textDocument": {"uri": uri}, "position": {"line": line, "character": character}}
        answer = self.ask("textDocument/hover", where, timeout=60)
        return answer["contents"]["value"] if answer else ""

    def lenses(self, uri: str) -> list[dict[str, Any]]:
        return self.ask("textDocument/codeLens", {"textDocument": {"uri": uri}}, timeout=60) or []

    def save(self, uri: str) -> None:
        self.notify("textDocument/didSave", {"textDocument": {"uri": uri}})

    def told(self, method: str) -> dict[str, Any]:
        return dict(self.wait(lambda message: message.get("method") == method, 90)[1]["params"])

    def replace(self, uri: str, version: int, old: str, new: str) -> None:
        line, column = place(self.root / Path(uri).name, old)
        self.edit(uri, version, (line, column, line, column + len(old)), new)


@pytest.fixture
def editor(tmp_path: Path) -> Iterator[Editor]:
    shutil.copytree(EXAMPLE, tmp_path / "firmware")
    with Editor(SERVE, tmp_path / "firmware") as client:
        client.shake()
        yield client


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    """One server for tests that change nothing: each opens another document."""
    folder = shutil.copytree(EXAMPLE, tmp_path_factory.mktemp("shared") / "firmware")
    with Editor(SERVE, folder) as client:
        client.shake()
        yield client


def place(path: Path, text: str) -> tuple[int, int]:
    """Line and column of the first `text` in a file."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return next((number, line.index(text)) for number, line in enumerate(lines) if text in line)


def test_what_compiler_linker_and_part_checks_find_is_shown(editor: Editor) -> None:
    uri = editor.put("faulty.c")
    assert {"UnknownHandler", "WrongClockRegister", "AlternateFunction"} <= editor.codes(
        uri, 1, lambda codes: "WrongClockRegister" in codes
    )
    editor.save(uri)
    assert "UndefinedReference" in editor.codes(uri, 1, lambda codes: "UndefinedReference" in codes)
    # An edit that mends the call takes the linker's error away at once, and the next link does not bring it back.
    editor.replace(uri, 2, "tick_wait(100U)", "ticks_wait(100U)")
    editor.save(uri)
    assert "UndefinedReference" not in editor.codes(uri, 2, lambda codes: "UndefinedReference" not in codes)


def test_memory_is_told_after_a_link_and_shown_above_main(editor: Editor) -> None:
    uri = editor.put("main.c")
    editor.save(uri)
    memory = editor.told("signoff/memory")
    assert memory["image"] == "led" and memory["linked"] and memory["uri"] == uri
    flash = next(one for one in memory["regions"] if one["name"] == "FLASH")
    assert flash["size"] == 1024 * 1024 and 0 < flash["used"] < 16 * 1024
    titles = [one["command"]["title"] for one in editor.lenses(uri)]
    assert titles[0] == "Run in emulator" and any("FLASH" in title for title in titles)
    # Who comes back to a document asks; of one in another image, not linked yet, nothing is told.
    ask = {"command": "signoff.memory", "arguments": [uri]}
    assert editor.ask("workspace/executeCommand", ask, timeout=60) == memory
    other = editor.put("too_large.c")
    assert editor.ask("workspace/executeCommand", {**ask, "arguments": [other]}, timeout=60) is None


def test_an_overflow_of_memory_is_shown_though_the_script_is_not_open(editor: Editor) -> None:
    uri = editor.put("too_large.c")
    editor.save(uri)
    memory = editor.told("signoff/memory")
    assert not memory["linked"]
    ram = next(one for one in memory["regions"] if one["name"] == "RAM")
    assert ram["used"] > ram["size"]
    assert any(one["command"]["title"].endswith("(does not link)") for one in editor.lenses(uri))


def test_hover_on_a_register_tells_its_address_and_bits(shared: Editor) -> None:
    uri = shared.put("pwm.c")
    shared.codes(uri, 1, lambda codes: True)
    text = shared.hover(uri, *place(shared.root / "pwm.c", "CCR1"))
    assert "0x4000" in text and "TIM12" in text


def test_the_image_runs_and_prints_until_it_is_cancelled(shared: Editor) -> None:
    if shutil.which("qemu-system-arm") is None:
        pytest.skip("QEMU is not here")
    uri = shared.put("main.c")
    shared.codes(uri, 1, lambda codes: True)
    server = psutil.Process(shared.process.pid)
    asked = {"command": "signoff.runEmulator", "arguments": [uri, "qemu"]}
    request = shared.request("workspace/executeCommand", asked)
    printed = ""
    while "PWM on TIM12" not in printed:
        printed += shared.told("signoff/emulatorOutput")["text"]
    assert emulators(server)
    shared.notify("$/cancelRequest", {"id": request})
    end = time.monotonic() + 5
    while emulators(server) and time.monotonic() < end:
        time.sleep(0.05)
    assert not emulators(server)


def emulators(server: psutil.Process) -> list[psutil.Process]:
    """The running emulators of a server."""
    return [one for one in server.children(recursive=True) if "qemu" in one.name()]


def test_c_outside_of_firmware_is_left_alone(shared: Editor, tmp_path: Path) -> None:
    (tmp_path / "host.c").write_text(HOST, encoding="utf-8")
    uri = shared.open(tmp_path / "host.c", "c")
    other = shared.put("faulty.c")
    spoken: list[str] = []

    def noted(message: dict[str, Any]) -> bool:
        params = message.get("params") or {}
        spoken.extend([params["uri"]] if params.get("diagnostics") else [])
        return other in spoken

    shared.wait(noted, 60)
    assert uri not in spoken
