"""Work-done progress for whatever takes longer than a second, with its cancel button."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lsprotocol import types

if TYPE_CHECKING:
    from signoff.lsp_server.server import SignoffServer

log = logging.getLogger(__name__)
PATIENCE = 1.0


class Progress:
    """Watches tasks; the one that runs longer than a second is shown to the user until it ends."""

    def __init__(self, server: SignoffServer) -> None:
        self._server = server
        self._watching: set[asyncio.Task[None]] = set()

    @property
    def supported(self) -> bool:
        """Whether the client shows progress that the server starts."""
        window = self._server.client_capabilities.window
        return bool(window and window.work_done_progress)

    def watch(self, title: str, task: asyncio.Future[Any]) -> Callable[[str, int | None], None]:
        """Show `title` while `task` runs, once it has run for a second; the user's cancel cancels it.

        Returns a function that takes a message and, where known, a percentage.
        """
        said: list[tuple[str, int | None]] = []
        shown: list[str] = []

        def report(message: str, percentage: int | None = None) -> None:
            said[:] = [(message, percentage)]
            if shown:
                value = types.WorkDoneProgressReport(message=message, percentage=percentage)
                self._server.work_done_progress.report(shown[0], value)

        if self.supported:
            watcher = asyncio.ensure_future(self._show(title, task, said, shown))
            self._watching.add(watcher)
            watcher.add_done_callback(self._watching.discard)
        return report

    def close(self) -> None:
        """Stop showing anything."""
        for watcher in self._watching:
            watcher.cancel()

    async def _show(
        self, title: str, task: asyncio.Future[Any], said: list[tuple[str, int | None]], shown: list[str]
    ) -> None:
        await asyncio.wait([task], timeout=PATIENCE)
        if task.done():
            return
        progress, token = self._server.work_done_progress, str(uuid.uuid4())
        await progress.create_async(token)
        loop = asyncio.get_running_loop()
        # pygls cancels this future, possibly outside the loop's own callbacks, when the user presses cancel.
        progress.tokens[token].add_done_callback(lambda _: loop.call_soon_threadsafe(task.cancel))
        message, percentage = said[0] if said else (None, None)
        begin = types.WorkDoneProgressBegin(title=title, message=message, percentage=percentage, cancellable=True)
        progress.begin(token, begin)
        shown.append(token)
        try:
            await asyncio.wait([task])
        finally:
            shown.clear()
            progress.end(token, types.WorkDoneProgressEnd())
            progress.tokens.pop(token, None)
