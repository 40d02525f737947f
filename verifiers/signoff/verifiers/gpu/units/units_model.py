"""What the workspace says of CUDA, kept up to date: the part of workspace.py that knows of compile units and GPUs."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable, Iterable

from signoff.verifiers.file_kinds import is_cuda_file
from signoff.verifiers.finding import Finding
from signoff.verifiers.gpu.hardware.targets import installed_gpu
from signoff.verifiers.gpu.units.sanity import complaints
from signoff.verifiers.gpu.units.units import CudaProjects, Situation, Units
from signoff.verifiers.project import Project
from signoff.verifiers.settings import VerifierSettings
from signoff.verifiers.snapshot import Snapshot

READ_SECONDS = 120.0
TEXT_SECONDS = 10.0
# A driver that hangs must not keep the workspace unknown; what it says later counts from then on.
GPU_SECONDS = 3.0
# Python documents without any of these have nothing to do with a GPU.
PYTHON_TRIGGERS = ("triton", "__global__")

# Calls a method of the workspace's engine: (method, arguments..., timeout in seconds).
Call = Callable[..., Awaitable[object]]


class CudaModel:
    """How the CUDA files of each folder are compiled, and the projects that follow. Use within one event loop."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._units: dict[str, Units] = {}
        self._buffers: dict[str, tuple[str, ...]] = {}
        self._installed: tuple[str, ...] = ()
        self._asking: asyncio.Task[tuple[str, ...]] | None = None
        self._projects: CudaProjects | None = None

    covers = staticmethod(CudaProjects.covers)

    def rebuild(self, folders: Iterable[str], situation: Callable[[tuple[str, ...]], Situation]) -> None:
        """Make the projects anew: for these folders, under `situation`, which is given the GPUs of this machine."""
        known = [(folder, self._units.get(folder, Units())) for folder in folders]
        self._units = dict(known)
        self._projects = CudaProjects(known, situation(self._installed))

    def project(self, path: str) -> Project:
        """The project of a file that covers() names."""
        assert self._projects is not None
        return self._projects.project(path)

    def describe(self, path: str) -> str:
        """What was understood and what was guessed."""
        assert self._projects is not None
        return self._projects.describe(path)

    def problems(self) -> tuple[Finding, ...]:
        """What is wrong in the files that say how CUDA is compiled."""
        return self._projects.findings if self._projects is not None else ()

    async def read(self, folder: str, recursive: bool, limit: int) -> None:
        """Learn what a folder says; it has been surveyed and holds CUDA."""
        found = await self._call("units", folder, recursive, limit, self._buffers, timeout=READ_SECONDS)
        assert isinstance(found, Units)
        self._units[folder] = found

    def forget(self, folder: str) -> None:
        """A folder holds no CUDA any more."""
        self._units.pop(folder, None)

    async def changed(self, folder: str, paths: Iterable[str], recursive: bool, limit: int) -> bool:
        """Files of a folder were written, made, deleted or edited; True where that changes how one is compiled."""
        paths = list(paths)
        if not self.knows(folder) and not any(is_cuda_file(path) for path in paths):
            return False
        walk = (recursive, limit, self._buffers)
        found = await self._call("units_changed", folder, paths, *walk, timeout=READ_SECONDS)
        if found is None:
            return False
        assert isinstance(found, Units)
        self._units[folder] = found
        return True

    async def edited(self, folder: str, snapshot: Snapshot, recursive: bool, limit: int) -> bool:
        """A document was opened or edited; True where that changes how something is compiled."""
        path, units = _normal(snapshot.path), self._units.get(folder, Units())
        written = await self._call("written", snapshot.text, timeout=TEXT_SECONDS)
        assert isinstance(written, tuple)
        names = units.known_among(written)
        before = self._buffers.get(path, units.written.get(path))
        self._buffers[path] = names
        return before != names and await self.changed(folder, (path,), recursive, limit)

    def closed(self, path: str) -> bool:
        """A document was closed, so its file counts again; True where it was known to be open."""
        return self._buffers.pop(path, None) is not None

    def knows(self, folder: str) -> bool:
        """Whether a folder is known to hold CUDA."""
        return bool(self._units.get(folder, Units()).files)

    def was_folder(self, path: str) -> bool:
        """Whether files that are known lie below a path."""
        return any(known.startswith(path + os.sep) for units in self._units.values() for known in units.files)

    async def ask_for_gpu(self) -> bool:
        """Learn once which GPUs this machine has; True where that is news."""
        before = self._installed
        if self._asking is None:
            self._asking = asyncio.ensure_future(installed_gpu())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GPU_SECONDS):
                self._installed = await asyncio.shield(self._asking)
        return self._installed != before


def _normal(path: str) -> str:
    return os.path.normpath(path)


def concerns_gpu(snapshot: Snapshot) -> bool:
    """Whether a document has to do with a GPU."""
    if is_cuda_file(snapshot.path):
        return True
    return snapshot.path.lower().endswith(".py") and any(word in snapshot.text for word in PYTHON_TRIGGERS)


def trouble(settings: VerifierSettings) -> tuple[str, ...]:
    """What is wrong with the user's own settings, for a person."""
    return tuple(f"The setting cuda.{one.key}: {one.message}" for one in complaints(settings.cuda))
