"""The parts that do the work, built once a client and joined together; nothing here knows the protocol's messages."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from signoff.diagnostics.store import Store
from signoff.lsp_server.checking import Checking, enabled
from signoff.lsp_server.documents import Document, Documents, LineChange
from signoff.lsp_server.publish import Publisher
from signoff.lsp_server.settings import Settings
from signoff.verifiers import registry
from signoff.verifiers.hdl.slang import Slang
from signoff.verifiers.hdl.yosys import Yosys
from signoff.verifiers.text import Edit, apply_edits
from signoff.verifiers.verifier import Speed, Verifier, sees_whole_image
from signoff.verifiers.workers import WorkerPool
from signoff.verifiers.workspace import WorkspaceModel

if TYPE_CHECKING:
    from signoff.completion.engine import CompletionEngine
    from signoff.completion.model.protocol import Model, ModelStatus
    from signoff.completion.passage import ContextSource
    from signoff.completion.suggestion import Suggestion
    from signoff.diagnostics.fixes.proposer import Proposer
    from signoff.lsp_server.constructs import Constructs
    from signoff.lsp_server.firmware import Firmware
    from signoff.lsp_server.fixing import Fixing
    from signoff.lsp_server.gpu import Gpu
    from signoff.lsp_server.structure import Structure

log = logging.getLogger(__name__)

# What judges edits beside those that have a lane of their own for it; nvcc only what it alone has reported (prove.py).
PROVING = frozenset(("verilator", "triton", "nvcc"))


class Parts:
    """Everything between the documents and what is shown. `complain` tells the user; `publish` sends diagnostics."""

    def __init__(
        self,
        documents: Documents,
        settings: Settings,
        folders: Sequence[str],
        publish: Callable[[dict[str, Any]], None],
        complain: Callable[[str], None],
    ) -> None:
        self.documents = documents
        self.base = self.settings = settings
        self._folders = tuple(folders)
        self.pool = WorkerPool()
        self.verifiers = registry.build(self.pool, staged=True)
        self.store = Store()
        self.publisher = Publisher(documents, self.store, publish)
        self.workspace = WorkspaceModel(self.pool, folders, settings.verifiers, settings.trusted)
        self.checking = Checking(documents, self.workspace, self.verifiers, self.store, self.publisher, complain)
        self.checking.configure(settings)
        self.checking.after_files = self._files_changed

    @cached_property
    def slang(self) -> Slang:
        """The slang that checks at every keystroke; it also answers what a name means."""
        return next(verifier for verifier in self.verifiers if isinstance(verifier, Slang))

    @cached_property
    def proof_slang(self) -> Slang:
        """slang beside the live one: a proof must neither wait for the live checks nor hold them up."""
        return Slang(self.pool, lane="proof")

    @cached_property
    def completion_slang(self) -> Slang:
        """slang as it judges completions: it also tells what the author of a file may leave as it is."""
        return Slang(self.pool, lane="proof", stage="judge")

    @cached_property
    def proof_cuda(self) -> tuple[Verifier, ...]:
        """The launch checks and NVRTC beside the live ones, for the same reason."""
        from signoff.verifiers.gpu.checks.launch import Launch
        from signoff.verifiers.gpu.compile.nvrtc import Nvrtc

        return Launch(self.pool, lane="proof"), Nvrtc(self.pool, lane="proof")

    @cached_property
    def proof_firmware(self) -> tuple[Verifier, ...]:
        """The part checks, gcc and the linker beside the live ones. The linker's objects are those of the live one."""
        from signoff.verifiers.mcu.checks.part import Part
        from signoff.verifiers.mcu.compile.gcc import Gcc
        from signoff.verifiers.mcu.link.link import Link

        return Part(self.pool, lane="proof"), Gcc(self.pool, lane="proof"), Link(self.pool, lane="proof")

    @cached_property
    def structure(self) -> Structure:
        """What answers for outlines and folds, loaded when the first is asked for."""
        from signoff.lsp_server.structure import Structure

        return Structure(self.pool)

    @cached_property
    def gpu(self) -> Gpu:
        """What answers for kernels and launches, loaded when the first is asked for."""
        from signoff.lsp_server.gpu import Gpu

        return Gpu(self.documents, self.checking, self.verifiers)

    @cached_property
    def firmware(self) -> Firmware:
        """What answers for firmware, loaded when the first is asked for."""
        from signoff.lsp_server.firmware import Firmware

        return Firmware(self.documents, self.checking)

    @cached_property
    def constructs(self) -> Constructs:
        """What completes without a model, loaded when the first completion is asked for."""
        from signoff.lsp_server.constructs import Constructs

        return Constructs(self)

    @property
    def has_constructs(self) -> bool:
        """Whether that is loaded."""
        return "constructs" in self.__dict__

    async def loaded_constructs(self) -> Constructs:
        """The same, loaded in a thread: that may take half a second, in which other messages are answered."""
        if not self.has_constructs:
            await asyncio.to_thread(importlib.import_module, "signoff.lsp_server.constructs")
        return self.constructs

    @property
    def proof_verifiers(self) -> tuple[Verifier, ...]:
        """What judges edits before they are offered, as far as the user has it switched on."""
        quick = (verifier for verifier in self.verifiers if verifier.name in PROVING)
        judges: tuple[Verifier, ...] = (self.proof_slang, *self.proof_cuda, *self.proof_firmware, *quick)
        return tuple(verifier for verifier in judges if enabled(verifier, self.settings))

    @property
    def slow_verifiers(self) -> tuple[Verifier, ...]:
        """What has its say on a fix after it is offered."""
        slow = (one for one in self.verifiers if one.speed is Speed.DEEP)
        return tuple(verifier for verifier in slow if enabled(verifier, self.settings))

    @cached_property
    def fixing(self) -> Fixing:
        """What seeks fixes, loaded when the first is asked for."""
        from signoff.lsp_server.fixing import Fixing
        from signoff.lsp_server.keeping import Keeping

        return Fixing(
            self.checking,
            lambda: self.proof_verifiers,
            lambda: self.slow_verifiers,
            self._model_proposers,
            self._model_status,
            Keeping(lambda: self.settings.diagnostics.trajectories, lambda: self._folders),
        )

    async def _model_proposers(self) -> tuple[Proposer, ...]:
        from signoff.diagnostics.fixes.proposers import with_model

        return with_model(await self.model(), self.sources)

    async def model(self) -> Model:
        """The model, for what else than completions is asked of it. Raises ModelUnavailable."""
        return await (await self._loaded_engine()).model()

    async def _model_status(self) -> ModelStatus:
        return await (await self._loaded_engine()).status()

    @cached_property
    def only_completion(self) -> tuple[Verifier, ...]:
        """What judges completions and nothing else: host code of CUDA, C of no firmware, Python around kernels."""
        from signoff.verifiers.gpu.compile.nvcc_front import NvccFront
        from signoff.verifiers.mcu.compile.guessed import GuessedC
        from signoff.verifiers.python_names import PythonNames

        return NvccFront(self.pool), GuessedC(self.pool), PythonNames(self.pool)

    @property
    def completion_verifiers(self) -> tuple[Verifier, ...]:
        """What judges completions: those that answer while somebody waits, as far as the user has them switched on."""
        firmware = (verifier for verifier in self.proof_firmware if not sees_whole_image(verifier))
        # Starting Triton takes a second and 150 MB: it is shared with the live checks.
        beside = (verifier for verifier in self.verifiers if verifier.name == "triton")
        judges = (self.completion_slang, *self.proof_cuda, *firmware, *beside, *self.only_completion)
        return tuple(verifier for verifier in judges if enabled(verifier, self.settings))

    @cached_property
    def sources(self) -> tuple[ContextSource, ...]:
        """What knows facts that a model is told."""
        from signoff.completion.facts import registry as facts

        # The live slang checks at each key, which the facts would wait for; and a check reads the same files next.
        return facts.build(self.pool, self.proof_slang, lambda uri: self.gpu.costs(uri).kernels)

    @cached_property
    def engine(self) -> CompletionEngine:
        """The completion engine, loaded when the first completion is asked for."""
        from signoff.completion.engine import CompletionEngine

        judges, wanted = self.completion_verifiers, self.settings.completion
        engine = CompletionEngine(self.pool, judges, wanted, self.sources, roots=self._folders)
        for document in self.documents:
            engine.opened(document.snapshot)
        return engine

    async def _loaded_engine(self) -> CompletionEngine:
        """The same, loaded in a thread: that takes a third of a second, in which other messages are answered."""
        if self._engine is None:
            for name in ("engine", "facts.registry"):
                await asyncio.to_thread(importlib.import_module, f"signoff.completion.{name}")
        return self.engine

    @property
    def _engine(self) -> CompletionEngine | None:
        """The engine, where it has been asked for already."""
        return self.engine if "engine" in self.__dict__ else None

    def opened(self, document: Document) -> None:
        """A document was opened."""
        self.checking.opened(document)
        if (engine := self._engine) is not None:
            engine.opened(document.snapshot)

    def edited(self, document: Document, changes: Sequence[LineChange]) -> None:
        """A document's text was changed."""
        self.checking.edited(document, changes)
        if "fixing" in self.__dict__:
            self.fixing.edited(document.uri)
        if (engine := self._engine) is not None and changes:
            engine.edited(document.snapshot, changes[-1].start)

    def closed(self, document: Document) -> None:
        """A document was closed."""
        self.checking.closed(document)
        if "fixing" in self.__dict__:
            self.fixing.edited(document.uri)
        if (engine := self._engine) is not None:
            engine.closed(document.uri)

    def _files_changed(self) -> None:
        if (engine := self._engine) is not None:
            engine.files_changed()

    def configure(self, settings: Settings, folders: Sequence[str] | None = None) -> None:
        """Take new settings (and folders), and check everything again under them."""
        self.settings = settings
        self.workspace.configure(settings.verifiers, settings.trusted, folders)
        self._folders = self._folders if folders is None else tuple(folders)
        if (engine := self._engine) is not None:
            engine.configure(settings.completion, self.completion_verifiers, self._folders)
        self.checking.configure(settings)

    async def scan(self, report: Callable[[str, int | None], None]) -> None:
        """Learn what the workspace holds, then check the open documents as parts of it."""
        try:
            await self.workspace.scan(report)
        finally:
            self.checking.workspace_known()

    async def warm_yosys(self, report: Callable[[str], None]) -> None:
        """Have Yosys compiled for this machine: once ever."""
        yosys = next(verifier for verifier in self.verifiers if isinstance(verifier, Yosys))
        wanted = enabled(yosys, self.settings) and yosys.available(self.settings.verifiers).available
        if wanted and not await asyncio.to_thread(yosys.ready, self.settings.verifiers):
            await yosys.warm(report, self.settings.verifiers)

    async def suggest(
        self, uri: str, place: tuple[int, int], *, automatic: bool, chosen: Edit | None = None
    ) -> tuple[Suggestion, ...]:
        """Completions that the tools accepted, at (line, column); for the document's present version or none.

        `chosen` is what a list in the editor would put in: it is taken as done, and what is suggested follows it
        and replaces the same span.
        """
        if not self.settings.completion.enabled:
            return ()
        engine = await self._loaded_engine()
        seen = self.checking.look(uri)
        if seen is None:
            return ()
        if chosen is not None:
            text = apply_edits(seen[0].text, [chosen])
            place = chosen.span.start_line, chosen.span.start_column + len(chosen.text)
            found = await engine.complete(replace(seen[0], text=text), seen[1], *place, automatic=automatic)
            found = tuple(replace(one, text=chosen.text + one.text, span=chosen.span) for one in found)
        else:
            found = await engine.complete(*seen, *place, automatic=automatic)
        document = self.documents.get(uri)
        # What was checked on an older text says nothing about this one.
        return found if document is not None and document.version == seen[0].version else ()

    def accepted(self, uri: str, suggestion: Suggestion) -> None:
        """The user took a suggestion whole: what may follow it is asked for at once."""
        self.engine.accepted(uri, suggestion)

    def key_changed(self) -> None:
        """The user has given the model's server another key: what was wrong before counts no more."""
        if (engine := self._engine) is not None:
            engine.reset()

    async def close(self) -> None:
        """End every run and every process of ours."""
        await self.checking.close()
        if "fixing" in self.__dict__:
            await self.fixing.close()
        if self.has_constructs:
            await self.constructs.close()
        if (engine := self._engine) is not None:
            with contextlib.suppress(Exception):
                await engine.close()
        await self.pool.close()
