"""Places written as text with a mark at the cursor, and the kinds asked at them with the real tools."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from signoff.completion.structural import registry
from signoff.completion.structural.judge import Offer
from signoff.completion.structural.offers import Structural
from signoff.completion.structural.place import Place, place_at
from signoff.verifiers.gpu.checks.launch import Launch
from signoff.verifiers.hdl.slang import Slang
from signoff.verifiers.project import Project
from signoff.verifiers.settings import VerifierSettings
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import LineIndex
from signoff.verifiers.verifier import Verifier
from signoff.verifiers.workers import WorkerPool
from signoff.verifiers.workspace import WorkspaceModel

MARK = "‸"
# Far longer than any of it takes: no test may depend on how fast the machine is.
PATIENCE = 60.0


def place(text: str, language: str = "systemverilog", path: str = "/m.sv") -> Place:
    """The place of the mark."""
    offset = text.index(MARK)
    whole = text.replace(MARK, "", 1)
    snapshot = Snapshot(f"file://{path}", path, language, 1, whole)
    return place_at(snapshot, *LineIndex(whole).position(offset))


class Bench:
    """A workspace of its own with the kinds as the server has them."""

    def __init__(
        self, pool: WorkerPool, root: Path, workspace: WorkspaceModel, verifiers: tuple[Verifier, ...]
    ) -> None:
        self.root, self.workspace = root, workspace
        kinds = registry.build(
            pool, Slang(pool), workspace.modules, workspace.packages, Launch(pool), lambda uri, kernel: None
        )
        self.structural = Structural(kinds, lambda: verifiers)

    async def project(self, snapshot: Snapshot) -> Project:
        """The project as the text stands."""
        await self.workspace.buffer_changed(snapshot)
        return self.workspace.project_for(snapshot.path)

    async def offers(self, text: str, name: str = "m.sv", language: str = "systemverilog") -> tuple[Offer, ...]:
        """What is offered at the mark."""
        here = place(text, language, str(self.root / name))
        project = await self.project(here.snapshot)
        async with asyncio.timeout(PATIENCE):
            while True:  # as an editor does: what is still being read is there at a later key
                found = await self.structural.offers(here.snapshot, project, *here.position, wait=PATIENCE)
                if found.complete:
                    return found.items
                await asyncio.sleep(0.01)


@asynccontextmanager
async def bench(root: Path, *verifiers: type, files: Mapping[str, str] | None = None) -> AsyncIterator[Bench]:
    """A bench in a folder; `verifiers` are the classes of the judges."""
    for name, text in (files or {}).items():
        (root / name).write_text(text)
    pool = WorkerPool()
    workspace = WorkspaceModel(pool, [str(root)], VerifierSettings())
    made = Bench(pool, root, workspace, tuple(one(pool, lane="proof") for one in verifiers))
    try:
        await workspace.scan()
        yield made
    finally:
        await made.structural.close()
        await pool.close()


def spliced(text: str, offer: Offer) -> str:
    """The document with an offer in it."""
    whole = text.replace(MARK, "", 1)
    return whole[: offer.proposal.start] + offer.proposal.text + whole[offer.proposal.end :]
