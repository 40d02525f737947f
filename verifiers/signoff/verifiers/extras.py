"""How the packages are installed that only some users need: a command that works for this installation."""

from __future__ import annotations

import functools
import importlib.util
import json
import re
import shlex
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

NAME = "signoff"
_EXTRA = re.compile(r"""extra\s*==\s*['"]([^'"]+)['"]""")


@functools.cache
def install(extra: str) -> str:
    """The command that brings the packages of an extra ("cuda", "triton", "local-model") into this environment.

    Signoff is on no package index yet, so `pip install "signoff[cuda]"` would fail: a clone is named by its folder,
    for any other installation the packages themselves are.
    """
    import importlib.metadata  # costs a server's start a tenth of what it may take

    try:
        installed = importlib.metadata.distribution(NAME)
    except importlib.metadata.PackageNotFoundError:
        return f"{_pip()} {extra}"
    clone = _clone(installed.read_text("direct_url.json") or "")
    if clone:
        return f"{_pip()} {clone[0]}{shlex.quote(f'{clone[1]}[{extra}]')}"
    return f"{_pip()} {shlex.join(_packages(installed.requires or (), extra)) or extra}"


def _pip() -> str:
    """`pip install`; in an environment without pip (uv's) what installs there."""
    if importlib.util.find_spec("pip") is not None:
        return "pip install"
    return f"uv pip install --python {shlex.quote(sys.executable)}"


def _clone(direct_url: str) -> tuple[str, str] | None:
    """("-e " or "", folder) of the clone that a direct_url.json (PEP 610) names; None where there is none."""
    try:
        said = json.loads(direct_url)
        address = urlsplit(said["url"])
        editable = bool(said["dir_info"].get("editable", False))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    folder = Path(unquote(address.path).lstrip("/") if re.match(r"/[A-Za-z]:", address.path) else unquote(address.path))
    if address.scheme != "file" or not (folder / "pyproject.toml").is_file():
        return None
    return "-e " if editable else "", str(folder)


def _packages(requires: list[str] | tuple[str, ...], extra: str) -> list[str]:
    """The requirements of an extra, with their versions, without their conditions."""
    halves = (requirement.partition(";") for requirement in requires)
    return [name.strip() for name, _, condition in halves if (match := _EXTRA.search(condition)) and match[1] == extra]
