"""Files of a workspace neither send code somewhere nor take a secret along."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from signoff.lsp_server.settings import Settings, parse
from signoff.lsp_server.settings_schema import configuration
from signoff.lsp_server.workspace_guard import guarded

URL, KEY = "https://gpu.example:8000/v1", "AWS_SECRET_ACCESS_KEY"


def settings(trusted: bool = False, url: str = URL, key: str = KEY) -> Settings:
    return parse({"completion": {"url": url, "apiKeyEnv": key}, "trusted": trusted})[0]


def zed(folder: Path, **values: str) -> None:
    file = folder / ".zed" / "settings.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps({"lsp": {"signoff": {"initialization_options": {"completion": values}}}}))


def test_the_user_s_own_settings_hold(tmp_path: Path) -> None:
    zed(tmp_path, localModel="qwen2.5-coder-1.5b")
    assert guarded(settings(), [str(tmp_path)]) == (settings(), ())


@pytest.mark.parametrize("trusted", [False, True])
def test_a_workspace_names_no_key(tmp_path: Path, trusted: bool) -> None:
    zed(tmp_path, apiKeyEnv=KEY)
    found, messages = guarded(settings(trusted), [str(tmp_path)])
    assert (found.completion.url, found.completion.api_key_env) == (URL, "")
    assert messages == (
        "signoff.completion.apiKeyEnv is ignored, as it is set by .zed/settings.json of the workspace: a key goes "
        "nowhere that a project names. Set it in your own settings.",
    )


def test_an_untrusted_workspace_names_no_address(tmp_path: Path) -> None:
    zed(tmp_path, url=URL)
    found, messages = guarded(settings(), [str(tmp_path)])
    assert (found.completion.url, found.completion.api_key_env) == ("", "")
    assert len(messages) == 1
    assert "not trusted" in messages[0]


def test_a_trusted_workspace_s_address_gets_no_key(tmp_path: Path) -> None:
    zed(tmp_path, url=URL)
    found, messages = guarded(settings(trusted=True), [str(tmp_path)])
    assert (found.completion.url, found.completion.api_key_env) == (URL, "")
    assert len(messages) == 1
    assert guarded(settings(trusted=True, key=""), [str(tmp_path)])[1] == ()


def test_a_workspace_does_not_have_sources_kept(tmp_path: Path) -> None:
    wanted = parse({"diagnostics": {"trajectories": True}, "trusted": True})[0]
    assert guarded(wanted, [str(tmp_path)]) == (wanted, ())
    (tmp_path / ".vscode").mkdir()
    (tmp_path / ".vscode" / "settings.json").write_text('{"signoff.diagnostics.trajectories": true}')
    found, messages = guarded(wanted, [str(tmp_path)])
    assert not found.diagnostics.trajectories
    assert "signoff.diagnostics.trajectories is ignored, as it is set by .vscode/settings.json" in messages[0]


def test_other_files_and_odd_ones_are_no_matter(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(f"signoff {URL} {KEY}")
    (tmp_path / ".nvim.lua").mkdir()
    (tmp_path / ".exrc").write_bytes(b"\xff\xfe signoff")
    assert guarded(settings(), [str(tmp_path), str(tmp_path / "gone")])[1] == ()


def test_vs_code_takes_both_from_the_user_alone() -> None:
    rows = {name: row for group in configuration() for name, row in group["properties"].items()}
    scopes = {name: rows[f"signoff.completion.{name}"]["scope"] for name in ("url", "apiKeyEnv", "localModel")}
    assert scopes == {"url": "machine", "apiKeyEnv": "machine", "localModel": "machine-overridable"}
