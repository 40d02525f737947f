"""The VS Code client: its own tests pass, and it builds to a .vsix that holds what it needs and nothing else."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from signoff.lsp_server.version import __version__

ROOT = Path(__file__).resolve().parents[2]
CLIENT = ROOT / "vscode-client"
MANIFEST = json.loads((CLIENT / "package.json").read_text("utf-8"))


def npm(*args: str) -> str:
    """Run npm in the client's folder; a failure shows what it printed."""
    environment = {**os.environ, "PYTHON": sys.executable}
    done = subprocess.run(["npm", *args], cwd=CLIENT, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def client() -> Path:
    """The client with its packages installed exactly as locked; nothing is fetched where they already are."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node and npm are not installed")
    lock, installed = CLIENT / "package-lock.json", CLIENT / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        npm("ci", "--no-audit", "--no-fund")
    return CLIENT


@pytest.mark.vscode
def test_the_client_finds_and_installs_the_server(client: Path) -> None:
    assert re.search(r"^# pass [1-9]", npm("test"), re.MULTILINE)


@pytest.mark.vscode
@pytest.mark.timeout(300)
def test_the_package_holds_the_bundle_and_the_servers_wheel(client: Path) -> None:
    package = client / "signoff.vsix"
    package.unlink(missing_ok=True)
    npm("run", "package")
    with zipfile.ZipFile(package) as archive:
        files = {info.filename: info.file_size for info in archive.infolist()}
        bundle = archive.read("extension/out/extension.js").decode()
    wheels = {name for name in files if name.startswith("extension/wheel/")}
    wanted = {
        "package.json",
        "readme.md",
        "language-configuration.json",
        "out/extension.js",
        "out/ThirdPartyNotices.txt",
    }
    wanted |= {"LICENSE.txt", "syntaxes/systemverilog.tmLanguage.json", "syntaxes/verilog.tmLanguage.json"}
    packaging = {"[Content_Types].xml", "extension.vsixmanifest"}
    assert set(files) == {f"extension/{name}" for name in wanted} | wheels | packaging
    assert len(wheels) == 1
    assert all(name.endswith(f"/signoff-{MANIFEST['version']}-py3-none-any.whl") for name in wheels)
    assert sum(files.values()) < 5_000_000
    builtin = subprocess.check_output(["node", "-p", "require('module').builtinModules.join(' ')"], text=True).split()
    assert {name.removeprefix("node:") for name in re.findall(r'require\("([^"]+)"\)', bundle)} <= {"vscode", *builtin}


def test_the_lock_names_no_registry() -> None:
    lock = (CLIENT / "package-lock.json").read_text("utf-8")
    assert "resolved" not in lock
    assert "omit-lockfile-registry-resolved=true" in (CLIENT / ".npmrc").read_text("utf-8")
    assert "registry" not in lock


def test_every_version_is_pinned_and_the_clients_is_the_servers() -> None:
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in MANIFEST["devDependencies"].values())
    assert MANIFEST["version"] == __version__


def test_every_command_of_the_manifest_is_registered() -> None:
    offered = {command["command"] for command in MANIFEST["contributes"]["commands"]}
    registered = set(
        re.findall(r'^ +"(signoff\.\w+)": \(\) =>', (CLIENT / "src/extension.ts").read_text("utf-8"), re.M)
    )
    assert offered == registered


def test_no_command_of_the_manifest_is_one_the_server_registers_itself() -> None:
    """The language client registers the server's commands under their own names: a second one would be refused."""
    handlers = (ROOT / "lsp_server/signoff/lsp_server/handlers").glob("*.py")
    served = {name for one in handlers for name in re.findall(r'server\.command\("([^"]+)"\)', one.read_text("utf-8"))}
    assert served
    assert not served & {command["command"] for command in MANIFEST["contributes"]["commands"]}
    asked = re.findall(r'this\.ask\("([^"]+)"', (CLIENT / "src/extension.ts").read_text("utf-8"))
    assert set(asked) <= served


def test_word_brackets_and_folding_are_valid_patterns() -> None:
    language = json.loads((CLIENT / "language-configuration.json").read_text("utf-8"))
    assert ["begin", "end"] in language["brackets"]
    increase = re.compile(language["indentationRules"]["increaseIndentPattern"])
    decrease = re.compile(language["indentationRules"]["decreaseIndentPattern"])
    for line in (
        "always @(posedge clk) begin",
        "  case (state)",
        "module top (",
        "  end else begin",
        "function int f();",
    ):
        assert increase.search(line), line
    for line in ("assign a = b;", "// begin", "case (x) 1: y = 2; endcase", "if (a) begin b = 1; end"):
        assert not increase.search(line), line
    for line in ("  end else begin", "endmodule", ");"):
        assert decrease.search(line), line
    assert not decrease.search("  end_of_frame <= 1;")


def test_the_grammar_colours_what_it_should() -> None:
    grammar = json.loads((CLIENT / "syntaxes/systemverilog.tmLanguage.json").read_text("utf-8"))
    keywords = [re.compile(rule["match"]) for rule in grammar["repository"]["keywords"]["patterns"]]
    for word in ("always_ff", "logic", "endmodule", "posedge", "localparam", "unique0", "null"):
        assert sum(bool(pattern.fullmatch(word)) for pattern in keywords) == 1, word
    assert not any(pattern.search("endless_loop module_a") for pattern in keywords)
    numbers = [re.compile(rule["match"]) for rule in grammar["repository"]["numbers"]["patterns"]]
    for number in ("8'hFf", "'0", "4'sb1x_z?", "12", "1.5e-9", "10ns", "32 'd15"):
        assert any(pattern.fullmatch(number) for pattern in numbers), number
