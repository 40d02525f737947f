"""Repairs samples, one after the other, in a process of its own: a worker of this machine's pool, or a Ray actor."""

from __future__ import annotations

import asyncio
import hashlib
import importlib.metadata
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from signoff.completion.model.protocol import Model, ModelUnavailable
from signoff.completion.model.registry import open_model
from signoff.completion.settings import CompletionSettings
from signoff.diagnostics.batch.results import Result
from signoff.diagnostics.batch.samples import Sample
from signoff.diagnostics.batch.told import failed, told, verified
from signoff.diagnostics.fixes.mend import mend
from signoff.diagnostics.fixes.proposer import Cost, Proposer
from signoff.diagnostics.fixes.proposers import PROPOSERS, with_model
from signoff.diagnostics.prove import baselines
from signoff.diagnostics.trajectories.recorder import Recorder
from signoff.verifiers import registry
from signoff.verifiers.file_kinds import LANGUAGES
from signoff.verifiers.mcu.facts import LINK
from signoff.verifiers.project import Project
from signoff.verifiers.scratch import end_session, scratch_folder
from signoff.verifiers.settings import VerifierSettings
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import BOM
from signoff.verifiers.verifier import Speed, Verifier
from signoff.verifiers.workers import WorkerPool
from signoff.verifiers.workspace import WorkspaceModel

# Samples after which the tools' processes are replaced: none of them is meant to see thousands of designs.
RENEWED_AFTER = 500


@dataclass(frozen=True, slots=True)
class Order:
    """How samples are repaired; equal orders give results that may stand in one file.

    `repair`: mend, not only verify. `most`: the dearest proposers that are asked. `model`: settings of the model
    that is asked (None: none is). `seconds`: wall time of one sample.
    """

    repair: bool = True
    behaviour: bool = False
    deep: bool = False
    trusted: bool = False
    attempts: bool = False
    most: Cost = Cost.MANY
    model: CompletionSettings | None = None
    seconds: float = 300.0
    settings: VerifierSettings = field(default_factory=VerifierSettings)

    @property
    def digest(self) -> str:
        """16 hexadecimal digits of all that results depend on: the time limit and the version do not count."""
        kept = {name: value for name, value in asdict(self).items() if name != "seconds"}
        return hashlib.sha256(repr(sorted(kept.items())).encode()).hexdigest()[:16]


class RepairEngine:
    """Holds its tools' processes from one sample to the next. Not for several threads."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        self._tools: _Tools | None = None

    def ready(self, order: Order) -> tuple[str, str]:
        """Open what the order needs: (version of Signoff, what is in the way; "" for nothing)."""
        try:
            self._runner.run(self._opened(order))
        except ModelUnavailable as error:
            return self.version(), str(error)
        return self.version(), ""

    @staticmethod
    def version() -> str:
        """Signoff's own."""
        return importlib.metadata.version("signoff")

    def repair(self, sample: Sample, order: Order) -> Result:
        """What comes of one sample. Raises nothing that a sample is to blame for."""
        return self._runner.run(self._repair(sample, order))

    def close(self) -> None:
        """End every process of ours."""
        self._runner.run(self._closed())
        self._runner.close()
        end_session()

    async def _repair(self, sample: Sample, order: Order) -> Result:
        tools = await self._opened(order)
        tools.used += 1
        try:
            async with asyncio.timeout(order.seconds):
                with scratch_folder("sample") as folder:
                    return await _repaired(sample, order, tools, folder.resolve())
        except TimeoutError:
            return failed(sample, f"took longer than {order.seconds:g} s")
        except OSError as error:
            return failed(sample, f"its files cannot be written: {error}")

    async def _opened(self, order: Order) -> _Tools:
        """The tools for an order. Raises ModelUnavailable."""
        if self._tools is not None and (self._tools.order != order or self._tools.used >= RENEWED_AFTER):
            await self._closed()
        if self._tools is None:
            self._tools = await _open(order)
        return self._tools

    async def _closed(self) -> None:
        tools, self._tools = self._tools, None
        if tools is not None:
            if tools.model is not None:
                await tools.model.close()
            await tools.pool.close()


@dataclass(slots=True)
class _Tools:
    """The processes and what they belong to; `used`: samples they have seen."""

    order: Order
    pool: WorkerPool
    verifiers: tuple[Verifier, ...]
    proposers: tuple[Proposer, ...]
    model: Model | None = None
    used: int = 0


async def _open(order: Order) -> _Tools:
    pool = WorkerPool()
    every = registry.build(pool)
    verifiers = tuple(one for one in every if order.deep or one.speed <= Speed.QUICK or one.name == LINK)
    if order.model is None:
        return _Tools(order, pool, verifiers, PROPOSERS)
    try:
        model = await open_model(order.model, pool)
    except BaseException:
        await pool.close()
        raise
    return _Tools(order, pool, verifiers, (*PROPOSERS, *with_model(model)), model)


async def _repaired(sample: Sample, order: Order, tools: _Tools, folder: Path) -> Result:
    """What comes of a sample whose files are put into a folder of its own."""
    start = asyncio.get_running_loop().time()
    snapshot, project = await _placed(sample, order, tools, folder)
    if not order.repair:
        known = await baselines(snapshot, project, tools.verifiers)
        result = verified(sample, known, folder)
    else:
        recorder = Recorder("repair", (str(folder),), sample.id)
        mended = await mend(
            snapshot,
            project,
            tools.verifiers,
            behaviour=order.behaviour,
            proposers=tools.proposers,
            most=order.most,
            watch=recorder.take if order.attempts else None,
        )
        result = told(sample, mended, folder, tools.verifiers)
        if order.attempts:
            # Those that are applied come first: a trajectory's repair is the first that was tried in it.
            result["trajectories"] = list(recorder.records((*mended.applied, *mended.withheld)))
    result["seconds"] = round(asyncio.get_running_loop().time() - start, 3)
    return result


async def _placed(sample: Sample, order: Order, tools: _Tools, folder: Path) -> tuple[Snapshot, Project]:
    """The sample as a document of a workspace of its own. Raises OSError."""
    for name, text in sample.files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    path = folder / sample.file
    workspace = WorkspaceModel(tools.pool, [str(folder)], order.settings, order.trusted)
    await workspace.scan()
    await workspace.find_firmware([str(path)])
    language = LANGUAGES[path.suffix.lower()]
    snapshot = Snapshot(path.as_uri(), str(path), language, 0, sample.code.removeprefix(BOM))
    project = workspace.project_for(str(path))
    return snapshot, replace(project, buffers=(snapshot,))
