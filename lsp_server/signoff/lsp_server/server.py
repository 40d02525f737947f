"""The composition root: builds every part once and joins it to pygls."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.metadata
import logging
import os
import re
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from signoff.diagnostics.schedule import Run
from signoff.diagnostics.store import Store
from signoff.lsp_server import registration
from signoff.lsp_server.checking import Checking, enabled
from signoff.lsp_server.documents import Document, Documents
from signoff.lsp_server.progress import Progress
from signoff.lsp_server.protocol import SignoffProtocol
from signoff.lsp_server.publish import Publisher
from signoff.lsp_server.settings import Settings, parse
from signoff.lsp_server.uris import path_of
from signoff.verifiers import registry
from signoff.verifiers.hdl.facts import interface
from signoff.verifiers.hdl.slang import Slang
from signoff.verifiers.hdl.yosys import Yosys
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.verifier import Verifier
from signoff.verifiers.workers import WorkerPool
from signoff.verifiers.workspace import WorkspaceModel

if TYPE_CHECKING:
    from signoff.completion.engine import CompletionEngine, Suggestion
    from signoff.verifiers.watch import Watcher

log = logging.getLogger(__name__)


class SignoffServer(LanguageServer):
    """One client's server. Handlers (handlers/) are thin; what they need hangs here."""

    protocol: SignoffProtocol

    def __init__(self) -> None:
        self.settings = Settings()
        self.settings_messages: tuple[str, ...] = ()
        self.documents = Documents()
        self.store = Store()
        self.pool = WorkerPool()
        self.publisher = Publisher(self.documents, self.store, self._publish)
        super().__init__("signoff", version(), protocol_cls=SignoffProtocol)
        self.verifiers = registry.build(self.pool)
        self.workspace_model = WorkspaceModel(self.pool, (), self.settings.verifiers)
        self.checking = Checking(
            self.documents, self.workspace_model, self.verifiers, self.store, self.publisher, self.warn
        )
        self.busy = Progress(self)
        self.introduced, self.stopped = asyncio.Event(), asyncio.Event()
        self._background: set[asyncio.Task[Any]] = set()
        self._watcher: Watcher | None = None
        self._closed = False
        self.checking.schedule.on_busy = self._on_busy
        self.checking.after_run = self._after_run

    @cached_property
    def proof_verifiers(self) -> tuple[Verifier, ...]:
        """What judges edits before they are offered: slang in a process of its own, and the other quick tools.

        A proof must neither wait for the live checks nor hold them up.
        """
        others = tuple(verifier for verifier in self.verifiers if verifier.name == "verilator")
        return (self.proof_slang, *others)

    @cached_property
    def proof_slang(self) -> Slang:
        """slang beside the live one, for candidates."""
        return Slang(self.pool, lane="proof")

    @cached_property
    def live_slang(self) -> Slang:
        """The slang that checks at every keystroke; it also answers what a name means."""
        return next(verifier for verifier in self.verifiers if isinstance(verifier, Slang))

    @cached_property
    def engine(self) -> CompletionEngine:
        """The completion engine, loaded when the first completion is asked for."""
        from signoff.completion.engine import CompletionEngine

        return CompletionEngine(self.pool, (self.proof_slang,), self.settings.completion)

    def opened(self, item: types.TextDocumentItem) -> None:
        """textDocument/didOpen."""
        document = self.documents.open(item.uri, path_of(item.uri), item.language_id, item.version, item.text)
        self.checking.opened(document)

    def edited(self, params: types.DidChangeTextDocumentParams) -> None:
        """textDocument/didChange."""
        document = self.documents.get(params.text_document.uri)
        if document is None:
            log.warning("a change to %s, which is not open, is ignored", params.text_document.uri)
            return
        changes = [self._apply(document, change) for change in params.content_changes]
        document.version = params.text_document.version
        self.checking.edited(document, changes)

    def closed(self, uri: str) -> None:
        """textDocument/didClose."""
        document = self.documents.close(uri)
        if document is not None:
            self.checking.closed(document)

    def configure(self, raw: object) -> None:
        """Take settings as the client sends them; what is wrong with them is said once, and the defaults used."""
        settings, messages = parse(raw, self.settings)
        for message in messages:
            self.warn(message)
        if settings != self.settings:
            self.settings = settings
            self.apply_settings()

    def take_folders(self, folders: Sequence[str]) -> None:
        """The workspace's folders, as absolute paths; "" for those that are not on this machine is left out."""
        known = tuple(folder for folder in folders if folder)
        self.workspace_model.configure(self.settings.verifiers, self.settings.trusted, known)

    def apply_settings(self) -> None:
        """Hand the settings to every part."""
        logging.getLogger("signoff").setLevel(self.settings.server.log_level.upper())
        self.workspace_model.configure(self.settings.verifiers, self.settings.trusted)
        if "engine" in self.__dict__:
            self.engine.configure(self.settings.completion)
        self.checking.configure(self.settings)

    async def connect(self) -> None:
        """After the handshake: ask for settings, arrange to hear of changed files, learn what the workspace holds."""
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

    async def warm_yosys(self) -> None:
        """Have Yosys compiled for this machine: once ever, and visibly."""
        settings = self.settings.verifiers
        yosys = next(verifier for verifier in self.verifiers if isinstance(verifier, Yosys))
        if not enabled(yosys, self.settings) or await asyncio.to_thread(yosys.ready, settings):
            return
        task = asyncio.current_task()
        assert task is not None
        report = self.busy.watch("Signoff: preparing Yosys (once)", task)
        await yosys.warm(lambda message: report(message, None), settings)

    async def suggest(self, uri: str, line: int, character: int, *, automatic: bool) -> tuple[Suggestion, ...]:
        """Completions that the tools accepted, at a client position."""
        document, seen = self.documents.get(uri), self.checking.look(uri)
        if document is None or seen is None:
            return ()
        place = document.position(line, character, self.documents.encoding)
        context = await self._exact_facts(seen[0], seen[1], place)
        found = await self.engine.complete(*seen, *place, automatic=automatic, context=context)
        # What was checked on an older text says nothing about this one.
        return found if document.version == seen[0].version else ()

    async def _exact_facts(self, snapshot: Snapshot, project: Project, place: tuple[int, int]) -> tuple[str, ...]:
        """The interfaces of the modules that the document names: what a model most often gets wrong."""
        if snapshot.language not in self.live_slang.languages:
            return ()
        scope = await self.live_slang.scope(snapshot, project, *place)
        # In the order of their names, so that the prompt's beginning stays the same from key to key.
        named = [module for module in scope.modules if re.search(rf"\b{re.escape(module.name)}\b", snapshot.text)]
        return tuple(interface(module) for module in sorted(named, key=lambda module: module.name))

    async def scan(self) -> None:
        """Learn what the workspace holds, then check the open documents as parts of it."""
        task = asyncio.current_task()
        assert task is not None
        report = self.busy.watch("Signoff: reading the workspace", task)
        await self.workspace_model.scan(report)
        self.checking.publish_problems()
        self.checking.check_all()

    def watch_files(self) -> None:
        """Watch the workspace's folders ourselves: the client has no file watching."""
        from signoff.verifiers.watch import Watcher

        loop = asyncio.get_running_loop()

        def changed(paths: tuple[str, ...]) -> None:
            self.spawn(self.checking.files_changed(paths))

        def in_thread(paths: tuple[str, ...]) -> None:
            loop.call_soon_threadsafe(changed, paths)

        self._watcher = Watcher(self.workspace_model.folders, in_thread)
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
        params = types.ShowMessageParams(types.MessageType.Warning, message)
        self.window_show_message(params)

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Faults of the server go to the log and the client's output, not into the user's face."""
        log.error("%s", error, exc_info=error)
        self.window_log_message(types.LogMessageParams(types.MessageType.Error, f"{type(error).__name__}: {error}"))

    async def close(self) -> None:
        """End every run and every process of ours."""
        if self._closed:
            return
        self._closed = True
        self.busy.close()
        if self._watcher is not None:
            self._watcher.stop()
        for task in list(self._background):
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        await self.checking.close()
        if "engine" in self.__dict__:
            with contextlib.suppress(Exception):
                await self.engine.close()
        await self.pool.close()

    def _apply(self, document: Document, change: types.TextDocumentContentChangeEvent) -> Any:
        if isinstance(change, types.TextDocumentContentChangeWholeDocument):
            return document.replace_all(change.text)
        start, end = change.range.start, change.range.end
        encoding = self.documents.encoding
        return document.replace((start.line, start.character), (end.line, end.character), change.text, encoding)

    def _publish(self, params: dict[str, Any]) -> None:
        self.protocol.notify_json(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS, params)

    def _on_busy(self, verifier: Verifier, task: asyncio.Task[None]) -> None:
        self.busy.watch(f"Signoff: {verifier.name}", task)

    def _after_run(self, run: Run) -> None:
        if not self.publisher.push and self._refreshes:
            self.protocol.send_request(types.WORKSPACE_DIAGNOSTIC_REFRESH)

    @property
    def _refreshes(self) -> bool:
        workspace = self.client_capabilities.workspace
        return bool(workspace and workspace.diagnostics and workspace.diagnostics.refresh_support)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._background.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("background work failed", exc_info=task.exception())


def version() -> str:
    """Signoff's version, as installed."""
    return importlib.metadata.version("signoff")


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
