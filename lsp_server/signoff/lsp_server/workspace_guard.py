"""Keeps files of a workspace from saying where code is sent, or which secret of the environment goes with it,
and that sources are kept on this machine.

An editor sends its settings as one, whether they stand in the user's own or in the workspace's. VS Code takes the
address and the key's variable from the user's settings alone (their scope is "machine"); for every other editor the
workspace's files are looked into here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from signoff.lsp_server.settings import Settings

# Where editors keep the settings of a folder.
FILES = (
    ".vscode/settings.json",
    ".zed/settings.json",
    ".helix/languages.toml",
    ".helix/config.toml",
    ".vim/coc-settings.json",
    ".neoconf.json",
    ".nvim.lua",
    ".nvimrc",
    ".exrc",
    ".lazy.lua",
    ".dir-locals.el",
    ".lsp.json",
)
PATTERNS = ("*.sublime-project", "*.code-workspace", ".nlsp-settings/*.json")
MOST_BYTES = 1 << 20


def guarded(settings: Settings, folders: Iterable[str]) -> tuple[Settings, tuple[str, ...]]:
    """The settings without what a file of the workspace named and must not name, and a message for each."""
    folders = tuple(folders)
    settings, ignored = _not_sent(settings, folders)
    settings, also_ignored = _not_kept(settings, folders)
    return settings, (*ignored, *also_ignored)


def _not_kept(settings: Settings, folders: Iterable[str]) -> tuple[Settings, tuple[str, ...]]:
    """That sources are kept is for the user alone to say."""
    if not settings.diagnostics.trajectories:
        return settings, ()
    for path in _files(folders):
        text = _read(path)
        if "signoff" in text and "trajectories" in text:
            off = replace(settings.diagnostics, trajectories=False)
            name = f"{path.parent.name}/{path.name}"
            why = f"signoff.diagnostics.trajectories is ignored, as it is set by {name} of the workspace."
            return replace(settings, diagnostics=off), (f"{why} Set it in your own settings.",)
    return settings, ()


def _not_sent(settings: Settings, folders: Iterable[str]) -> tuple[Settings, tuple[str, ...]]:
    """What is sent where is not a project's to say.

    The name of the key's variable is never taken from there; the server's address is, where the user trusts the
    workspace, but then without the key.
    """
    wanted = settings.completion
    if not (wanted.url or wanted.api_key_env):
        return settings, ()
    for path in _files(folders):
        text = _read(path)
        if "signoff" not in text:
            continue
        url, key = bool(wanted.url) and wanted.url in text, bool(wanted.api_key_env) and wanted.api_key_env in text
        if url and not settings.trusted:
            kept = replace(wanted, url="", api_key_env="")
            return replace(settings, completion=kept), (_message("signoff.completion.url", path, True),)
        if wanted.api_key_env and (url or key):
            kept = replace(wanted, api_key_env="")
            return replace(settings, completion=kept), (_message("signoff.completion.apiKeyEnv", path, False),)
    return settings, ()


def _files(folders: Iterable[str]) -> Iterable[Path]:
    for folder in map(Path, folders):
        yield from (folder / name for name in FILES)
        for pattern in PATTERNS:
            yield from sorted(folder.glob(pattern))[:8]


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES).decode(errors="replace")
    except OSError:
        return ""


def _message(name: str, path: Path, trust: bool) -> str:
    why = "in a workspace that is not trusted" if trust else "of the workspace: a key goes nowhere that a project names"
    return f"{name} is ignored, as it is set by {path.parent.name}/{path.name} {why}. Set it in your own settings."
