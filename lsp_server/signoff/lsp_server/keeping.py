"""Keeps what is tried on faults in the editor, where the user wants that: on this machine and nowhere else."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # Not for the server's start, which this module is part of.
    from signoff.diagnostics.fixes.proven import ProvenFix
    from signoff.diagnostics.fixes.search import Attempt, Watch
    from signoff.diagnostics.trajectories.keep import Store
    from signoff.diagnostics.trajectories.recorder import Recorder


class Keeping:
    """`wanted` says whether the user wants it, `folders` are the workspace's; `store` is the user's own where None."""

    def __init__(
        self, wanted: Callable[[], bool], folders: Callable[[], Sequence[str]], store: Store | None = None
    ) -> None:
        self._wanted = wanted
        self._folders = folders
        self._store = store
        self._writing: set[asyncio.Future[bool]] = set()

    async def of(
        self, search: Callable[[Watch | None], Awaitable[tuple[ProvenFix, ...]]], watch: Watch | None = None
    ) -> tuple[ProvenFix, ...]:
        """What a search finds, which is given a watcher; `watch` hears of each attempt as well.

        What was tried before it was cut off is kept, too.
        """
        if not self._wanted():
            return await search(watch)
        from signoff.diagnostics.trajectories.recorder import Recorder

        recorder = Recorder("editor", self._folders())
        found: tuple[ProvenFix, ...] = ()
        try:
            found = await search(_both(recorder.take, watch))
            return found
        finally:
            self._write(recorder, found)

    async def close(self) -> None:
        """Wait until all is written."""
        await asyncio.gather(*self._writing, return_exceptions=True)

    def _write(self, recorder: Recorder, found: Sequence[ProvenFix]) -> None:
        """In a thread: taking secrets out of large sources takes longer than a key may."""
        from signoff.diagnostics.trajectories.keep import Store

        if recorder.empty:
            return
        store = self._store or Store()
        task = asyncio.ensure_future(asyncio.to_thread(recorder.keep, tuple(found), store))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)


KEEP_NOTHING = Keeping(lambda: False, lambda: ())


def _both(one: Watch, other: Watch | None) -> Watch:
    def hear(attempt: Attempt) -> None:
        one(attempt)
        if other is not None:
            other(attempt)

    return hear
