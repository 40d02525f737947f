"""Which files belong together: the workspace's designs, declared or guessed, and the project of each file."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

from signoff.verifiers.file_kinds import is_build_file, is_config, is_source, is_unit_file
from signoff.verifiers.finding import Finding, Severity
from signoff.verifiers.gpu.units.units import Situation
from signoff.verifiers.gpu.units.units_model import CudaModel, concerns_gpu, trouble
from signoff.verifiers.hdl.design import Declarations, declared_by
from signoff.verifiers.hdl.index import FileFacts
from signoff.verifiers.hdl.membership import Membership
from signoff.verifiers.hdl.workspace_index import WorkspaceIndex, nearest
from signoff.verifiers.mcu.build.firmware import C_FILES
from signoff.verifiers.mcu.build.model import McuModel
from signoff.verifiers.mcu.build.sanity import trouble as firmware_trouble
from signoff.verifiers.mcu.build.upkeep import Upkeep
from signoff.verifiers.project import Project
from signoff.verifiers.settings import VerifierSettings
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.survey import Stamp
from signoff.verifiers.workers import Engine, WorkerPool
from signoff.verifiers.workspace_folders import Folder, folder_of, roots

ENGINE = Engine("signoff.verifiers.workspace_engine:WorkspaceEngine", idle_seconds=20.0)
KEY = "index"
WALK_SECONDS = 120.0
READ_SECONDS = 120.0
TEXT_SECONDS = 10.0
# Small enough that the event loop unpickles an answer within a few milliseconds.
CHUNK_FILES = 150

Progress = Callable[[str, int | None], None]


class WorkspaceModel:
    """The project of every file. Use within one event loop; everything slow runs in a worker process of `pool`.

    project_for() answers at once from what is known so far: before the first scan each file is a guessed project
    of its own. The other methods bring what is known up to date.
    """

    def __init__(
        self, pool: WorkerPool, folders: Sequence[str], settings: VerifierSettings, trusted: bool = False
    ) -> None:
        self._pool = pool
        self._settings = settings
        self._trusted = trusted
        self._folders = [Folder(path) for path in roots(folders)]
        self._loose: dict[str, Folder] = {}
        self._index = WorkspaceIndex()
        self._stamps: dict[str, Stamp] = {}
        self._buffers: dict[str, FileFacts] = {}
        self._membership = Membership(WorkspaceIndex(), (), settings, trusted, scanned=False)
        self._cuda = CudaModel(self._call)
        self._mcu = McuModel(self._call)
        self._lock = asyncio.Lock()
        self._upkeep = Upkeep(
            self._mcu, self._lock, self._folder_of, self._rebuild_as_before, trusted=lambda: self._trusted
        )
        self._rebuild(scanned=False)

    @property
    def folders(self) -> tuple[str, ...]:
        """The workspace's folders."""
        return tuple(folder.path for folder in self._folders)

    def configure(
        self, settings: VerifierSettings, trusted: bool | None = None, folders: Sequence[str] | None = None
    ) -> None:
        """Take new settings, trust or folders. A folder not known before needs a scan()."""
        self._settings = settings
        self._trusted = self._trusted if trusted is None else trusted
        if folders is not None:
            known = {folder.path: folder for folder in self._folders}
            self._folders = [known.get(path, Folder(path)) for path in roots(folders)]
            self._loose = {path: one for path, one in self._loose.items() if self._folder_of(path + os.sep) is None}
            self._forget_outside()
        self._rebuild(self._membership.scanned)

    def project_for(self, path: str) -> Project:
        """The project that a file is checked in, without buffers. Dictionary look-ups once it has been asked for."""
        if self._mcu.covers(normal := os.path.normpath(path)):
            return self._mcu.project(normal)
        return self._cuda.project(path) if self._cuda.covers(path) else self._membership.project(path)

    @property
    def firmware(self) -> McuModel:
        """What is known of firmware images."""
        return self._mcu

    def is_firmware(self, path: str) -> bool:
        """Whether a C or C++ file belongs to a firmware image: of others nothing is said. Quick."""
        return self.project_for(path).image is not None

    def declared_by(self, path: str) -> tuple[Project, ...]:
        """The projects that one configuration file (signoff.toml, file list, core) declares."""
        return (*self._membership.declared_by(os.path.normpath(path)), *self._mcu.declared_by(os.path.normpath(path)))

    def modules(self, prefix: str, near: str, most: int = 100) -> dict[str, str]:
        """Modules and interfaces whose names begin with `prefix`, with the file of each that is nearest to `near`."""
        names = itertools.islice(self._index.units_from(prefix), most)
        return {name: nearest(self._index.units(name), near)[0] for name in names}

    def packages(self, prefix: str, near: str, most: int = 100) -> dict[str, str]:
        """Packages whose names begin with `prefix`, with the file of each that is nearest to `near`."""
        names = itertools.islice(self._index.packages_from(prefix), most)
        return {name: nearest(self._index.packages(name), near)[0] for name in names}

    def describe(self, path: str) -> str:
        """For a person, in a sentence or two: which project a file is in or how it is compiled, and why."""
        if self._mcu.covers(normal := os.path.normpath(path)):
            return self._mcu.describe(normal)
        folder = self._folder_of(normal)
        if normal.lower().endswith(C_FILES) and folder is not None and not self._cuda.knows(folder.path):
            return self._mcu.why_not(normal)
        return self._cuda.describe(path) if self._cuda.covers(path) else self._membership.describe(path)

    def problems(self) -> tuple[Finding, ...]:
        """What is wrong in the files that declare designs; of one that nobody uses, only what is more than a remark."""
        told = (finding for folder in self._known() for finding in folder.declarations.findings)
        used = self._membership.used
        found = (one for one in told if one.severity < Severity.INFORMATION or one.path in used)
        return (*found, *self._of_builds())

    def problems_of(self, configs: Collection[str]) -> tuple[Finding, ...]:
        """All that is wrong in these configuration files (signoff.toml, lists, cores) and in the lists they name."""
        told = (finding for folder in self._known() for finding in folder.declarations.findings)
        found = (one for one in told if one.path in configs or not declared_by(one).isdisjoint(configs))
        return (*found, *(one for one in self._of_builds() if one.path in configs))

    def _of_builds(self) -> tuple[Finding, ...]:
        return tuple(dict.fromkeys((*self._cuda.problems(), *self._mcu.problems())))

    def messages(self) -> tuple[str, ...]:
        """What a person should know: a folder too large to be known entirely, a setting that means nothing."""
        left_out = (folder.survey.left_out for folder in self._known() if folder.survey.left_out)
        return (*left_out, *trouble(self._settings), *firmware_trouble(self._settings))

    async def scan(self, progress: Progress | None = None) -> None:
        """Read the workspace. Files whose time and size are unchanged since the last scan are not read again."""
        report = progress or (lambda message, percentage: None)
        async with self._lock:
            report("Looking for files", None)
            for folder in self._known():
                await self._survey(folder)
            await self._read_files(report)
            report("Reading file lists", None)
            await self._read_declarations()
            await self._read_cuda()
            await self._upkeep.read(self._folders)
            self._rebuild(scanned=True)

    async def buffer_changed(self, snapshot: Snapshot) -> bool:
        """Note what an open document defines and uses now; True where the project of some file changed by it."""
        if snapshot.path and concerns_gpu(snapshot):
            return await self._gpu_document(snapshot)
        if snapshot.path.lower().endswith(C_FILES):
            return await self._upkeep.document(snapshot)
        if not snapshot.path or not is_source(snapshot.path):
            return False
        path = os.path.normpath(snapshot.path)
        adopted = self._folder_of(path) is None and await self._adopt(os.path.dirname(path))
        facts: FileFacts = await self._call("extract_text", snapshot.text, timeout=TEXT_SECONDS)
        self._buffers[path] = facts
        return self._take_facts(path, facts) or adopted

    async def buffer_closed(self, path: str) -> bool:
        """A document was closed: its file counts again. True where the project of some file changed by it."""
        path = os.path.normpath(path)
        was_open = self._cuda.closed(path) or self._mcu.closed(path)
        if self._buffers.pop(path, None) is None and not was_open:
            return False
        return await self.files_changed((path,))

    async def files_changed(self, paths: Iterable[str]) -> bool:
        """Files or folders were written, made or deleted on disk; True where some project may have changed."""
        paths = [os.path.normpath(path) for path in paths]
        if any(os.path.isdir(path) or self._was_folder(path) for path in paths):
            await self.scan()
            return True
        sources = [path for path in paths if is_source(path)]
        configs = [path for path in paths if is_config(path) and self._folder_of(path)]
        units = [path for path in paths if (is_unit_file(path) or is_build_file(path)) and self._folder_of(path)]
        if not sources and not configs and not units:
            return False
        async with self._lock:
            recompiled = await self._units_changed(units)
            recompiled = await self._upkeep.changed([*units, *configs]) or recompiled
            changed = await self._files_changed(sources, configs) or recompiled
        return await self._upkeep.ask_again(self._folders, paths) or changed

    async def _units_changed(self, paths: list[str]) -> bool:
        changed = False
        for folder in self._known():
            found = [path for path in paths if self._folder_of(path) is folder]
            if found and await self._cuda.changed(folder.path, found, folder.recursive, folder.limit):
                changed = True
        if changed:
            self._rebuild(scanned=self._membership.scanned)
        return changed

    async def _gpu_document(self, snapshot: Snapshot) -> bool:
        """A CUDA document, or one of Python with kernels, was opened or edited."""
        path = os.path.normpath(snapshot.path)
        news = await self._cuda.ask_for_gpu()
        adopted = self._folder_of(path) is None and await self._adopt(os.path.dirname(path))
        async with self._lock:
            folder = self._folder_of(path)
            if folder is not None and is_unit_file(path):
                news = await self._cuda.edited(folder.path, snapshot, folder.recursive, folder.limit) or news
            if news:
                self._rebuild(scanned=self._membership.scanned)
        return adopted or news

    async def _adopt(self, path: str) -> bool:
        async with self._lock:
            if path not in self._loose and os.path.isdir(path):
                folder = self._loose[path] = Folder(path, recursive=False)
                await self._survey(folder)
                await self._read_files(lambda message, percentage: None)
                await self._read_folder(folder)
                await self._read_cuda()
                self._rebuild(scanned=True)
                return True
        return False

    async def _survey(self, folder: Folder) -> None:
        walk = (folder.path, folder.recursive, folder.limit)
        folder.survey = await self._call("survey", *walk, timeout=WALK_SECONDS)

    async def _read_cuda(self) -> None:
        """How CUDA is compiled in each folder that holds any."""
        for folder in self._known():
            if folder.survey.cuda:
                await self._cuda.read(folder.path, folder.recursive, folder.limit)
            else:
                self._cuda.forget(folder.path)
        if any(folder.survey.cuda for folder in self._known()):
            await self._cuda.ask_for_gpu()

    async def find_firmware(self, paths: Iterable[str]) -> bool:
        """Read the projects that may compile these C files, and those below these folders, where a workspace has too
        many to have read all; buffer_changed() does so for a document. True where some project may have changed.
        """
        return await self._upkeep.find(paths)

    async def _files_changed(self, sources: list[str], configs: list[str]) -> bool:
        existed = {path for path in sources if path in self._index}
        changed = await self._read_changed(sources)
        appeared_or_gone = {path for path in sources if (path in self._index) != (path in existed)}
        for folder in self._known():
            found = [path for path in configs if self._folder_of(path) is folder]
            if found:
                alive = {*folder.survey.configs, *found}
                configs_now = tuple(sorted(path for path in alive if os.path.isfile(path)))
                folder.survey = replace(folder.survey, configs=configs_now)
            if found or any(self._folder_of(path) is folder for path in appeared_or_gone):
                await self._read_folder(folder)
                changed = True
        if changed:
            self._rebuild(scanned=self._membership.scanned)
        return changed

    async def _read_changed(self, sources: list[str]) -> bool:
        changed = False
        wanted = [path for path in sources if path in self._index or self._folder_of(path)]
        for path, stamp, facts in await self._call("extract", wanted, timeout=READ_SECONDS) if wanted else ():
            if stamp == (0, 0):
                self._index.discard(path)
                self._stamps.pop(path, None)
                changed = True
            elif path not in self._buffers:
                self._stamps[path] = stamp
                changed = changed or facts != self._index.facts(path) or path not in self._index
                self._index.set(path, facts)
        return changed

    async def _read_files(self, report: Progress) -> None:
        present = {path: stamp for folder in self._known() for path, stamp in folder.survey.files.items()}
        for path in [path for path in self._index.paths() if path not in present and path not in self._buffers]:
            self._index.discard(path)
            self._stamps.pop(path, None)
        changed = [path for path, stamp in present.items() if self._stamps.get(path) != stamp]
        for start in range(0, len(changed), CHUNK_FILES):
            report(f"Reading {len(changed)} files", 100 * start // len(changed))
            await self._extract(changed[start : start + CHUNK_FILES], listed=False)

    async def _extract(self, paths: Sequence[str], *, listed: bool) -> None:
        for path, stamp, facts in await self._call("extract", list(paths), listed, timeout=READ_SECONDS):
            self._stamps[path] = stamp
            self._index.set(path, self._buffers.get(path, facts))

    async def _read_declarations(self) -> None:
        for folder in self._known():
            await self._read_folder(folder)

    async def _read_folder(self, folder: Folder) -> None:
        configs = list(folder.survey.configs)
        declared = await self._call("declarations", folder.path, configs, timeout=READ_SECONDS) if configs else None
        folder.declarations = declared or Declarations()
        listed = {path for design in folder.declarations.designs for path in (*design.files, *design.headers)}
        unknown = [path for path in listed if path not in self._index]
        for start in range(0, len(unknown), CHUNK_FILES):
            await self._extract(unknown[start : start + CHUNK_FILES], listed=True)

    async def _call(self, method: str, *args: object, timeout: float) -> Any:
        return await self._pool.call(ENGINE, KEY, method, *args, timeout=timeout)

    def _take_facts(self, path: str, facts: FileFacts) -> bool:
        if path in self._index and self._index.facts(path) == facts:
            return False
        self._index.set(path, facts)
        return self._membership.refresh()

    def _rebuild(self, scanned: bool) -> None:
        declarations = [(folder.path, folder.declarations) for folder in self._known()]
        self._membership = Membership(self._index, declarations, self._settings, self._trusted, scanned)
        self._cuda.rebuild([folder.path for folder in self._known()], self._situation)
        self._mcu.rebuild([folder.path for folder in self._folders], self._situation(()))

    def _rebuild_as_before(self) -> None:
        self._rebuild(self._membership.scanned)

    def _situation(self, installed: tuple[str, ...]) -> Situation:
        member = self._membership

        def toml_of(path: str) -> str:
            return member.override_of(path, "cuda", "architectures")

        return Situation(self._settings, member.settings_at, toml_of, member.root_of, self._trusted, installed)

    def _folder_of(self, path: str) -> Folder | None:
        return folder_of(path, self._folders, self._loose)

    def _known(self) -> list[Folder]:
        return [*self._folders, *self._loose.values()]

    def _was_folder(self, path: str) -> bool:
        below = path + os.sep
        return any(known.startswith(below) for known in self._index.paths()) or self._cuda.was_folder(path)

    def _forget_outside(self) -> None:
        for path in [path for path in self._index.paths() if not self._folder_of(path)]:
            self._index.discard(path)
            self._stamps.pop(path, None)
