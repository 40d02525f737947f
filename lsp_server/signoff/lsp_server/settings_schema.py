"""Writes what is generated from the settings: the VS Code client's form and the reference in docs/settings.md.

Run in a checkout: `python -m signoff.lsp_server.settings_schema --write`; without --write it says what is stale.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from signoff.lsp_server.settings import DEFAULTS, SECTION
from signoff.lsp_server.settings_values import Option, allowed, json_schema, options

CHECKOUT = Path(__file__).resolve().parents[3]
MANIFEST = Path("vscode-client/package.json")
REFERENCE = Path("docs/settings.md")

TITLES = {
    "verifiers": "Verifiers",
    "diagnostics": "Diagnostics",
    "completion": "Completion",
    "server": "Server",
    "trace": "Trace",
}

# A workspace that is not trusted may not set what is run, what it is run with, or where text is sent.
RESTRICTED_ENDINGS = (
    "path",
    "toolkit",
    "toolchain",
    "python",
    "qemu",
    "renode",
    "arguments",
    "url",
    "port",
    "apiKeyEnv",
    "localModel",
)

USER_ONLY = frozenset({"completion.url", "completion.apiKeyEnv", "diagnostics.trajectories"})

INTRODUCTION = """\
# Settings

Generated from the settings' dataclasses by `python -m signoff.lsp_server.settings_schema --write`; do not edit.

Every client sends the same names: in VS Code as below, elsewhere as nested objects without the `signoff.` in front
(`{"verifiers": {"slang": {"strict": true}}}`), as initialization options, as the answer to `workspace/configuration`
or with `workspace/didChangeConfiguration`; see [editors.md](editors.md). Changes hold at once. A value that is no good
gives one message, and the default is used.

`trusted` (true or false, default false) is no setting of a workspace: a client sends it beside the others to say
that the user trusts the workspace. Only then is a tool, plugin, flag or script that the workspace names run.
VS Code's client sends its workspace trust, and ignores the settings marked *restricted* where an untrusted workspace
sets them.
"""


def user_options() -> tuple[Option, ...]:
    """The options that a user sets: all but the trust, which is the client's to tell."""
    return tuple(option for option in options(DEFAULTS) if option.name != "trusted")


def is_restricted(option: Option) -> bool:
    """Whether an untrusted workspace may not set it."""
    return option.name.rsplit(".", 1)[-1] in RESTRICTED_ENDINGS


def configuration() -> list[dict[str, Any]]:
    """The manifest's contributes.configuration: a category a top-level group."""
    groups = []
    for order, (group, members) in enumerate(_grouped(user_options())):
        schemas = ((option.name, {**json_schema(option), "scope": _scope(option)}) for option in members)
        properties = {f"{SECTION}.{name}": schema for name, schema in schemas}
        groups.append({"title": TITLES[group], "order": order, "properties": properties})
    return groups


def manifest(text: str) -> str:
    """The text of package.json with its generated parts renewed."""
    data = json.loads(text)
    data["contributes"]["configuration"] = configuration()
    restricted = [f"{SECTION}.{option.name}" for option in user_options() if is_restricted(option)]
    data["capabilities"]["untrustedWorkspaces"]["restrictedConfigurations"] = restricted
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def reference() -> str:
    """The text of docs/settings.md."""
    parts = [INTRODUCTION]
    for group, members in _grouped(user_options()):
        rows = "\n".join(_row(option) for option in members)
        parts.append(f"\n## {TITLES[group]}\n\n| Setting | Takes | Default | |\n| --- | --- | --- | --- |\n{rows}\n")
    return "".join(parts)


def stale(root: Path, write: bool = False) -> tuple[Path, ...]:
    """The generated files under `root` that differ from what the settings say; with `write` they are renewed."""
    wanted = {MANIFEST: manifest((root / MANIFEST).read_text("utf-8")), REFERENCE: reference()}
    found = []
    for path, text in wanted.items():
        target = root / path
        if not target.exists() or target.read_text("utf-8") != text:
            found.append(path)
            if write:
                target.write_text(text, "utf-8")
    return tuple(found)


def main() -> int:
    """Exit status 1 where a generated file was stale and not written."""
    parser = argparse.ArgumentParser(prog="python -m signoff.lsp_server.settings_schema", description=__doc__)
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--write", action="store_true", help="write the files")
    mode.add_argument("--check", action="store_true", help="only say what is stale (the default)")
    write = parser.parse_args().write
    found = stale(CHECKOUT, write)
    for path in found:
        print(f"{path}: {'written' if write else 'stale, run with --write'}")
    return 1 if found and not write else 0


def _grouped(members: Iterable[Option]) -> Iterator[tuple[str, tuple[Option, ...]]]:
    for group, found in groupby(members, lambda option: option.name.split(".")[0]):
        yield group, tuple(found)


def _scope(option: Option) -> str:
    # Where code is sent and which secret goes with it is the user's to say, never a project's.
    if option.name in USER_ONLY:
        return "machine"
    # What is started is chosen once a window or a machine, never a folder.
    return "machine-overridable" if is_restricted(option) else "window"


def _row(option: Option) -> str:
    default = list(option.default) if isinstance(option.default, tuple) else option.default
    mark = " *Restricted.*" if is_restricted(option) else ""
    cells = (f"`{SECTION}.{option.name}`", allowed(option), f"`{json.dumps(default)}`", option.description + mark)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    raise SystemExit(main())
