"""The composition root: joins pygls to the parts that do the work.

An editor waits for the answer to `initialize`; so only what that answer needs is imported here, and the parts
(parts.py) are built right after it.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from signoff.lsp_server.documents import Document, Documents, LineChange
from signoff.lsp_server.protocol import SignoffProtocol
from signoff.lsp_server.uris import path_of
from signoff.lsp_server.version import __version__

if TYPE_CHECKING:
    from signoff.completion.suggestion import Suggestion
    from signoff.diagnostics.schedule import Run
    from signoff.lsp_server.acceptance import Acceptance
    from signoff.lsp_server.model_state import ModelState
    from signoff.lsp_server.papers import Papers
    from signoff.lsp_server.parts import Parts
    from signoff.lsp_server.progress import Progress
    from signoff.lsp_server.settings import Settings
    from signoff.verifiers.text import Edit
    from signoff.verifiers.verifier import Verifier
    from signoff.verifiers.watch import Watcher

log = logging.getLogger(__name__)


class SignoffServer(LanguageServer):
    """One client's server. Handlers (handlers/) are thin; what they need hangs here."""

    protocol: SignoffProtocol

    def __init__(self) -> None:
        self.documents = Documents()
        self.push = True
        self.options: object = None
        self.folders: tuple[str, ...] = ()
        self.introduced, self.stopped = asyncio.Event(), asyncio.Event()
        self._background: set[asyncio.Task[Any]] = set()
        self._watcher: Watcher | None = None
        self._closed = False
        super().__init__("signoff", __version__, protocol_cls=SignoffProtocol)

    @cached_property
    def parts(self) -> Parts:
        """What does the work; built on the first use after the handshake."""
        from signoff.lsp_server.parts import Parts

        settings, messages = self._settings(self.options)
        parts = Parts(self.documents, settings, self.folders, self._publish, self.warn)
        parts.publisher.push = self.push
        parts.checking.schedule.on_busy = self._on_busy
        parts.checking.after_run = self._after_run
        logging.getLogger("signoff").setLevel(settings.server.log_level.upper())
        for message in messages:
            self.warn(message)
        return parts

    @cached_property
    def busy(self) -> Progress:
        """Shows the user what takes long."""
        from signoff.lsp_server.progress import Progress

        return Progress(self)

    @cached_property
    def acceptance(self) -> Acceptance:
        """Follows what becomes of completions; built with the first one that is offered."""
        from signoff.lsp_server.acceptance import Acceptance

        return Acceptance(self.documents, self.spawn, lambda: self.parts.settings.completion.measure)

    @cached_property
    def model_state(self) -> ModelState:
        """Tells the client how the model is, from the first completion on."""
        from signoff.lsp_server.model_state import NOTIFICATION, ModelState

        return ModelState(
            lambda: self.parts.engine.status(), lambda about: self.protocol.notify_json(NOTIFICATION, about)
        )

    @cached_property
    def papers(self) -> Papers:
        """Texts that are shown as documents; built with the first one."""
        from signoff.lsp_server.papers import Papers

        return Papers()

    def opened(self, item: types.TextDocumentItem) -> None:
        """textDocument/didOpen."""
        document = self.documents.open(item.uri, path_of(item.uri), item.language_id, item.version, item.text)
        self.parts.opened(document)

    def edited(self, params: types.DidChangeTextDocumentParams) -> None:
        """textDocument/didChange."""
        document = self.documents.get(params.text_document.uri)
        if document is None:
            log.warning("a change to %s, which is not open, is ignored", params.text_document.uri)
            return
        changes = [self._apply(document, change) for change in params.content_changes]
        document.version = params.text_document.version
        self.parts.edited(document, changes)

    def closed(self, uri: str) -> None:
        """textDocument/didClose."""
        document = self.documents.close(uri)
        if document is not None:
            if "acceptance" in self.__dict__:
                self.acceptance.closed(document)
            self.parts.closed(document)

    def configure(self, raw: object) -> None:
        """Take settings as the client sends them; what is wrong with them is said, and the value of the start kept."""
        # On top of the initialization options, not of what was set since: a setting taken out is at its start again.
        settings, messages = self._settings(raw, self.parts.base)
        for message in messages:
            self.warn(message)
        if settings != self.parts.settings:
            logging.getLogger("signoff").setLevel(settings.server.log_level.upper())
            self.parts.configure(settings)

    def take_folders(self, uris: Iterable[str]) -> None:
        """The workspace's folders changed: read them."""
        self.folders = tuple(path for uri in uris if (path := path_of(uri)))
        self.parts.configure(self.parts.settings, self.folders)
        self.spawn(self.scan())

    async def connect(self) -> None:
        """After the handshake: ask for settings, arrange to hear of changed files, learn what the workspace holds."""
        from signoff.lsp_server import registration

        for step in (registration.register(self), self.pull_settings(), self.scan()):
            # One of them failing (a client that answers nonsense) must not keep the next from happening.
            try:
                await step
            except Exception as error:
                self.report_server_error(error, None)
        self.spawn(self.warm_yosys())

    async def pull_settings(self) -> None:
        """Ask the client for our section of its settings, where it answers such questions."""
        workspace = self.client_capabilities.workspace
        if workspace and workspace.configuration:
            item = types.ConfigurationItem(section="signoff")
            values = await self.workspace_configuration_async(types.ConfigurationParams([item]))
            if values and values[0]:
                self.configure(values[0])

    async def scan(self) -> None:
        """Read the workspace, with progress."""
        await self.parts.scan(self.watched("Signoff: reading the workspace"))
        for message in self.parts.workspace.messages():
            self.warn(message)

    async def warm_yosys(self) -> None:
        """Compile Yosys for this machine where that is still to be done, with progress."""
        report = self.watched("Signoff: preparing Yosys (once)")
        await self.parts.warm_yosys(lambda message: report(message, None))

    async def suggest(
        self, uri: str, position: types.Position, *, automatic: bool, chosen: Edit | None = None
    ) -> tuple[Suggestion, ...]:
        """Completions that the tools accepted, at a client position; see Parts.suggest."""
        document = self.documents.get(uri)
        if document is None or not self.parts.checking.completes(document):
            return ()
        place = document.position(position.line, position.character, self.documents.encoding)
        self.watched("Signoff: asking the model")
        try:
            return await self.model_state.follow(self.parts.suggest(uri, place, automatic=automatic, chosen=chosen))
        finally:
            self.spawn(self.model_state.refresh())

    def watch_files(self) -> None:
        """Watch the workspace's folders ourselves: the client has no file watching."""
        from signoff.verifiers.watch import Watcher

        loop = asyncio.get_running_loop()

        def changed(paths: tuple[str, ...]) -> None:
            self.spawn(self.parts.checking.files_changed(paths))

        def in_thread(paths: tuple[str, ...]) -> None:
            loop.call_soon_threadsafe(changed, paths)

        self._watcher = Watcher(self.folders, in_thread)
        if trouble := self._watcher.start():
            self.warn(trouble)

    def spawn(self, work: Any) -> asyncio.Task[Any]:
        """Run a coroutine beside the message loop; a failure is logged, and the task ends with the server."""
        task: asyncio.Task[Any] = asyncio.ensure_future(work)
        self._background.add(task)
        task.add_done_callback(self._ended)
        return task

    def warn(self, message: str) -> None:
        """Tell the user, and the log."""
        log.warning(message)
        self.window_show_message(types.ShowMessageParams(types.MessageType.Warning, message))

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Faults of the server go to the log and the client's output, not into the user's face."""
        log.error("%s", error, exc_info=error)
        self.window_log_message(types.LogMessageParams(types.MessageType.Error, f"{type(error).__name__}: {error}"))

    async def close(self) -> None:
        """End every run and every process of ours."""
        if self._closed:
            return
        self._closed = True
        if self._watcher is not None:
            self._watcher.stop()
        for task in list(self._background):
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        if "busy" in self.__dict__:
            self.busy.close()
        if "acceptance" in self.__dict__:
            await self.acceptance.close()
        if "papers" in self.__dict__:
            self.papers.close()
        if "parts" in self.__dict__:
            await self.parts.close()

    def watched(self, title: str) -> Callable[[str, int | None], None]:
        """Show progress for the task that calls this, once it has run for a second; see Progress.watch."""
        task = asyncio.current_task()
        assert task is not None
        return self.busy.watch(title, task)

    def _settings(self, raw: object, base: Settings | None = None) -> tuple[Settings, tuple[str, ...]]:
        """The settings that a client sent, without what a file of the workspace must not say; and what is wrong."""
        from signoff.lsp_server.settings import DEFAULTS, parse
        from signoff.lsp_server.workspace_guard import guarded

        settings, messages = parse(raw, base or DEFAULTS)
        settings, ignored = guarded(settings, self.folders)
        return settings, (*messages, *ignored)

    def _apply(self, document: Document, change: types.TextDocumentContentChangeEvent) -> LineChange:
        followed = "acceptance" in self.__dict__ and self.acceptance.follows(document.uri)
        if isinstance(change, types.TextDocumentContentChangeWholeDocument):
            if followed:
                self.acceptance.editing(document, 0, len(document.text), change.text)
            return document.replace_all(change.text)
        start, end = change.range.start, change.range.end
        encoding = self.documents.encoding
        if followed:
            places = [document.position(place.line, place.character, encoding) for place in (start, end)]
            first, last = sorted(document.index.offset(*place) for place in places)
            self.acceptance.editing(document, first, last, change.text)
        return document.replace((start.line, start.character), (end.line, end.character), change.text, encoding)

    def _publish(self, params: dict[str, Any]) -> None:
        self.protocol.notify_json(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS, params)

    def _on_busy(self, verifier: Verifier, task: asyncio.Task[None]) -> None:
        self.busy.watch(f"Signoff: {verifier.name}", task)

    def _after_run(self, run: Run) -> None:
        workspace = self.client_capabilities.workspace
        if not self.push and workspace and workspace.diagnostics and workspace.diagnostics.refresh_support:
            self.protocol.send_request(types.WORKSPACE_DIAGNOSTIC_REFRESH)
        linked = "image" in run.outcome.facts
        if linked and (memory := self.parts.firmware.memory(run.snapshot.uri)) is not None:
            self.protocol.notify_json("signoff/memory", memory)
        if (
            (linked or "kernels" in run.outcome.facts)
            and workspace
            and workspace.code_lens
            and workspace.code_lens.refresh_support
        ):
            self.protocol.send_request(types.WORKSPACE_CODE_LENS_REFRESH)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._background.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("background work failed", exc_info=task.exception())


def build() -> SignoffServer:
    """A server with all its features."""
    from signoff.lsp_server import handlers

    server = SignoffServer()
    handlers.register(server)
    return server


async def watch_parent(pid: int, seconds: float = 5.0) -> None:
    """Return once the process `pid` is gone: an editor that crashed leaves no server behind."""
    import psutil

    while psutil.pid_exists(pid) and pid != os.getpid():  # noqa: ASYNC110 - another process' end sets no event here
        await asyncio.sleep(seconds)
