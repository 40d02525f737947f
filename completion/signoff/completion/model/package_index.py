"""A wheel from a package index where there is no pip (an environment made by uv), over PyPI's simple API.

Source: PEP 503 (names), PEP 691 (JSON answers).
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from signoff.completion.model.weights import SourceError

INDEX = "https://pypi.org/simple"
VARIABLES = ("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL")


def index_url() -> str:
    """The index that the user's environment names, else PyPI."""
    return next((os.environ[name] for name in VARIABLES if os.environ.get(name)), INDEX).rstrip("/") + "/"


async def download_wheel(requirement: str, folder: Path, report: Callable[[int], None]) -> Path:
    """The wheel of "name==version", with the hash that the index gives. Raises SourceError."""
    from signoff.completion.model.fetch import download

    name, _, version = requirement.partition("==")
    file = await _find(name, version)
    path = folder / Path(file["filename"]).name
    await download(file["url"], path, lambda done, _: report(done))
    expected = (file.get("hashes") or {}).get("sha256")
    with path.open("rb") as content:
        if expected and hashlib.file_digest(content, "sha256").hexdigest() != expected:
            raise SourceError(f"{path.name} is not what the index promises")
    return path


async def _find(name: str, version: str) -> dict[str, Any]:
    import httpx

    project = re.sub(r"[-_.]+", "-", name).lower()
    page = urljoin(index_url(), f"{project}/")
    accept = {"Accept": "application/vnd.pypi.simple.v1+json, text/html;q=0.1"}
    try:
        async with httpx.AsyncClient(timeout=httpx.Timeout(15.0, connect=5.0), follow_redirects=True) as client:
            answer = await client.get(page, headers=accept)
    except (httpx.HTTPError, httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise SourceError(f"{page} cannot be reached ({error or type(error).__name__})") from error
    try:
        files = _files(answer.raise_for_status())
        start = f"{project.replace('-', '_')}-{version}-"
        found = next(row for row in files if row["filename"].startswith(start) and row["filename"].endswith(".whl"))
        return {**found, "url": urljoin(str(answer.url), found["url"])}
    except (httpx.HTTPStatusError, ValueError, KeyError, StopIteration) as error:
        raise SourceError(f"{page} lists no wheel {name} {version}") from error


def _files(answer: Any) -> list[dict[str, Any]]:
    """The files that an index lists, as JSON or, from one that knows only HTML, as links (PEP 503)."""
    if answer.text.lstrip().startswith("{"):
        listed: list[dict[str, Any]] = answer.json()["files"]
        return listed
    links = re.findall(r'<a\s[^>]*href="([^"]+)"[^>]*>\s*([^<\s]+)\s*</a>', answer.text)
    rows = []
    for link, name in links:
        url, _, digest = unescape(link).partition("#sha256=")
        rows.append({"filename": unescape(name), "url": url, "hashes": {"sha256": digest} if digest else {}})
    return rows
