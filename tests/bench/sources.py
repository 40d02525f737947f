"""Source packages by name, version and hash, unpacked from the package index: nothing of them is run or installed.

`pip download` would run each package's own set-up to learn its name; so the index's page is read instead (PEP 503).
"""

from __future__ import annotations

import hashlib
import html
import os
import re
import shutil
import sys
import tarfile
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

import httpx
from wheels import NotToBeHad

CACHE = Path(__file__).resolve().parents[2] / ".cache" / "sources"
LIST = Path(__file__).with_name("sources.toml")
LINK = re.compile(r"<a [^>]*href=\"([^\"]+)\"[^>]*>([^<]+)</a>")
INDEXES = ("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL")


@dataclass(frozen=True, slots=True)
class Source:
    """One pinned package; `holds` says what it is here for: "cuda", "triton" or "firmware"."""

    name: str
    version: str
    sha256: str
    holds: str


def sources(holds: str) -> tuple[Source, ...]:
    """The packages of one kind, in the order of sources.toml."""
    rows = tomllib.loads(LIST.read_text(encoding="utf-8"))["package"]
    return tuple(source for row in rows if (source := Source(**row)).holds == holds)


def unpacked(source: Source) -> Path:
    """The folder with the package's files, downloaded once. Raises NotToBeHad."""
    folder = CACHE / f"{source.name}-{source.version}"
    if not folder.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        # Unpacked beside its place and moved there whole: an interrupted download leaves nothing half done.
        with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
            archive = Path(scratch) / "archive.tar.gz"
            archive.write_bytes(_download(source))
            with tarfile.open(archive) as content:
                content.extractall(Path(scratch) / "content", filter="data")
            shutil.move(Path(scratch) / "content", folder)
    return folder


def _download(source: Source) -> bytes:
    print(f"downloading the sources of {source.name} {source.version}", file=sys.stderr, flush=True)
    try:
        # An archive that is sent "encoded" would be unpacked once too often, and its hash be another.
        plain = {"Accept-Encoding": "identity"}
        with httpx.Client(timeout=60.0, follow_redirects=True, headers=plain) as client:
            data = client.get(_link(client, source)).raise_for_status().content
    except httpx.HTTPError as error:
        raise NotToBeHad(f"the sources of {source.name} cannot be had: {error}") from error
    if hashlib.sha256(data).hexdigest() != source.sha256:
        raise NotToBeHad(f"the sources of {source.name} {source.version} are not what sources.toml expects")
    return data


def _link(client: httpx.Client, source: Source) -> str:
    index = next((os.environ[name] for name in INDEXES if os.environ.get(name)), "https://pypi.org/simple")
    page = client.get(f"{index.rstrip('/')}/{source.name}/", headers={"Accept": "text/html"}).raise_for_status()
    wanted = f"{re.sub(r'[-.]+', '_', source.name)}-{source.version}.tar.gz"
    for address, name in LINK.findall(page.text):
        if html.unescape(name).strip().lower() == wanted:
            return urljoin(str(page.url), html.unescape(address)).partition("#")[0]
    raise NotToBeHad(f"{page.url} lists no {wanted}")
