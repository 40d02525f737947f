"""What the command line's subcommands share: the pool, the workspace and the verifiers, without an editor."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from signoff.diagnostics.prove import has_something
from signoff.lsp_server.commands.roots import absolute, workspace_roots
from signoff.lsp_server.documents import LANGUAGES
from signoff.verifiers import registry
from signoff.verifiers.finding import Outcome
from signoff.verifiers.project import Project
from signoff.verifiers.settings import VerifierSettings
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.verifier import Speed, Verifier, tool_of
from signoff.verifiers.workers import WorkerPool
from signoff.verifiers.workspace import WorkspaceModel

# As a shell reports a process that SIGTERM ended.
TERMINATED = 128 + signal.SIGTERM


@dataclass(frozen=True, slots=True)
class Session:
    """Everything to check files with. `workspace` has been scanned."""

    pool: WorkerPool
    workspace: WorkspaceModel
    verifiers: tuple[Verifier, ...]
    settings: VerifierSettings

    async def check(self, path: str | Path, *, deepest: Speed = Speed.QUICK) -> list[Outcome]:
        """What every verifier up to the speed class `deepest` says about a file on disk. Raises OSError."""
        snapshot = snapshot_of(path)
        return await self.run(snapshot, self.workspace.project_for(snapshot.path), deepest=deepest)

    async def run(self, snapshot: Snapshot, project: Project, *, deepest: Speed = Speed.QUICK) -> list[Outcome]:
        """What the verifiers that are switched on say about a text in its project, in the order of the registry."""
        chosen = [one for one in self.verifiers if one.speed <= deepest and snapshot.language in one.languages]
        chosen = [one for one in chosen if has_something(one, snapshot)]
        wanted = [one for one in chosen if getattr(getattr(project.settings, tool_of(one), None), "enabled", True)]
        return list(await asyncio.gather(*(verifier.run(snapshot, project) for verifier in wanted)))


@asynccontextmanager
async def open_session(
    paths: Sequence[str | Path],
    *,
    settings: VerifierSettings | None = None,
    trusted: bool = False,
    progress: Callable[[str, int | None], None] | None = None,
) -> AsyncIterator[Session]:
    """A session on the workspaces that `paths` lie in; leaving it ends every process.

    `progress` is told what the scan of the workspace is at, and the percentage done where it is known.
    """
    settings = settings or VerifierSettings()
    pool = WorkerPool()
    try:
        workspace = WorkspaceModel(pool, workspace_roots(paths), settings, trusted)
        await workspace.scan(progress)
        await workspace.find_firmware(str(path) for path in map(absolute, paths))
        yield Session(pool, workspace, registry.build(pool), settings)
    finally:
        await pool.close()


def run_to_end(main: Coroutine[Any, Any, int]) -> int:
    """Run a command; where SIGTERM ends it, its processes end with it, and the exit status says so (143)."""
    return asyncio.run(_terminable(main))


async def _terminable(main: Coroutine[Any, Any, int]) -> int:
    task, asked = asyncio.current_task(), False

    def end() -> None:
        nonlocal asked
        asked = True
        if task is not None:
            task.cancel()

    # Windows has no such signal to wait for.
    with contextlib.suppress(NotImplementedError):
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, end)
    try:
        return await main
    except asyncio.CancelledError:
        if not asked:
            raise
        return TERMINATED


def snapshot_of(path: str | Path) -> Snapshot:
    """A file on disk as a snapshot of version 0, as an editor reads it: without a byte order mark, U+FFFD for bytes
    that are not UTF-8. Raises OSError.
    """
    place = absolute(path)
    text = place.read_bytes().decode("utf-8-sig", errors="replace")
    language = LANGUAGES.get(place.suffix.lower(), "systemverilog")
    return Snapshot(place.as_uri(), str(place), language, 0, text)
