"""When the firmware model is brought up to date, and when a build's tool is asked: workspace.py's part of firmware."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Sequence

from signoff.verifiers.mcu.build.firmware import C_FILES
from signoff.verifiers.mcu.build.model import McuModel
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.workspace_folders import Folder, normal


class Upkeep:
    """Keeps `model` up to date with documents and files, under the workspace's `lock`.

    `folder_of` gives the workspace's folder that a file is in, `rebuild` makes the projects anew, `trusted` tells
    whether what the workspace names may be run.
    """

    def __init__(
        self,
        model: McuModel,
        lock: asyncio.Lock,
        folder_of: Callable[[str], Folder | None],
        rebuild: Callable[[], None],
        trusted: Callable[[], bool],
    ) -> None:
        self._model, self._lock = model, lock
        self._folder_of, self._rebuild, self._trusted = folder_of, rebuild, trusted

    async def read(self, folders: Sequence[Folder]) -> None:
        """Learn what the workspace's folders say; the lock is held. A lone document outside of all has no image."""
        for folder in folders:
            await self._model.read(folder.path, folder.recursive, folder.limit)

    async def document(self, snapshot: Snapshot) -> bool:
        """A document of C or C++ was opened or edited; True where some project may have changed."""
        path = normal(snapshot.path)
        async with self._lock:
            folder = self._folder_of(path)
            if folder is None:
                return False
            news = await self._model.edited(folder.path, snapshot, folder.recursive, folder.limit)
            if news:
                self._rebuild()
        return await self._ask_builds(folder, path) or news

    async def find(self, paths: Iterable[str]) -> bool:
        """Read the projects that may compile these C files, and those below these folders, where a workspace has too
        many to have read all; document() does so for a document. True where some project may have changed.
        """
        news = False
        for path in map(normal, paths):
            folder = self._folder_of(os.path.join(path, ""))
            if folder is None or not (path.lower().endswith(C_FILES) or _is_folder(path)):
                continue
            async with self._lock:
                if await self._model.find(folder.path, path, folder.recursive, folder.limit):
                    self._rebuild()
                    news = True
            news = await self._ask_builds(folder, path) or news
        return news

    async def changed(self, paths: Sequence[str]) -> bool:
        """Files were written, made or deleted on disk; the lock is held. True where some project may have changed."""
        news = False
        for folder in {id(one): one for path in paths if (one := self._folder_of(path)) and one.recursive}.values():
            inside = [path for path in paths if self._folder_of(path) is folder]
            news = await self._model.changed(folder.path, inside, folder.recursive, folder.limit) or news
        if news:
            self._rebuild()
        return news

    async def ask_again(self, folders: Sequence[Folder], paths: Sequence[str]) -> bool:
        """Ask those builds again whose answers the changed files may change; the lock is free."""
        news = False
        for folder in folders if self._trusted() else ():
            for build in self._model.stale(folder.path, paths):
                news = await self._ask(folder, build) or news
        return news

    async def _ask_builds(self, folder: Folder, path: str) -> bool:
        """Where the user trusts the workspace, have a file's build say itself how that is compiled and linked.

        It may take a minute, during which all else goes on with what the build's files say as they stand.
        """
        news = False
        while build := await self._model.next_build(folder.path, path, folder.recursive, folder.limit):
            if not self._trusted():
                self._model.note_unasked(path, build)
                break
            news = await self._ask(folder, build) or news
        return news

    async def _ask(self, folder: Folder, build: str) -> bool:
        await self._model.ask(build, folder.path)
        async with self._lock:
            news = await self._model.read(folder.path, folder.recursive, folder.limit)
            if news:
                self._rebuild()
        return news


def _is_folder(path: str) -> bool:
    return os.path.isdir(path)
