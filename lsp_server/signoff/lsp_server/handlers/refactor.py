"""Refactorings as code actions: listed once the quick tools accept them, applied once what they claim is proven."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from signoff.lsp_server.documents import Document
from signoff.lsp_server.handlers.edits import resolves, workspace_edit
from signoff.lsp_server.server import SignoffServer
from signoff.lsp_server.shelf import Promise, Shelf
from signoff.verifiers.finding import Span

if TYPE_CHECKING:
    from signoff.diagnostics.fixes.proven import ProvenFix
    from signoff.lsp_server.refactoring import Refactoring

REWRITE = types.CodeActionKind.RefactorRewrite.value
COMMAND = "signoff.refactor"
LATER = "proven to keep the behaviour before it is applied"


class Unproven(Exception):
    """A refactoring that is not what it claims to be, or not shown to be; the text says why, for a person."""


class Refactorings:
    """What is offered in documents, and the edits of what is chosen of it."""

    def __init__(self, server: SignoffServer, shelf: Shelf) -> None:
        self._server = server
        self._shelf = shelf

    @cached_property
    def _work(self) -> Refactoring:
        from signoff.lsp_server.refactoring import Refactoring

        parts = self._server.parts
        return Refactoring(parts.checking, parts.fixing, lambda: parts.proof_verifiers, lambda: parts.verifiers)

    async def of(self, document: Document, params: types.CodeActionParams) -> list[types.CodeAction]:
        """The actions for a stretch of a document; none while nobody asks: most lines have some."""
        if params.context.trigger_kind == types.CodeActionTriggerKind.Automatic:
            return []
        encoding = self._server.documents.encoding
        start = document.position(params.range.start.line, params.range.start.character, encoding)
        end = document.position(params.range.end.line, params.range.end.character, encoding)
        self._server.watched("Signoff: judging refactorings")
        return [self._action(fix, document) for fix in await self._work.offers(document.uri, Span(*start, *end))]

    async def edit(self, document: Document, fix: ProvenFix) -> types.WorkspaceEdit | None:
        """The edit of one that was chosen; None where the document is another one by now. Raises Unproven, Outdated."""
        from signoff.diagnostics.fixes.proven import ProvenFix
        from signoff.diagnostics.refactor.offer import unproven, why_unproven

        self._server.watched("Signoff: proving the refactoring")
        done = await self._work.finished(document.uri, fix)
        if not isinstance(done, ProvenFix):
            raise Unproven(done.reason)
        if unproven(done):
            raise Unproven(f"that it behaves as before is not proven: {why_unproven(done)}")
        return workspace_edit(self._server, document, done)

    def _action(self, fix: ProvenFix, document: Document) -> types.CodeAction:
        from signoff.diagnostics.fixes.proven import evidence

        number = self._shelf.put(Promise(document.uri, fix.version, fix=fix, refactoring=True))
        data: dict[str, Any] = {"fix": number, "version": fix.version, **evidence(fix)}
        action = types.CodeAction(title=_title(fix), kind=f"{REWRITE}.{fix.rule}", data=data)
        if not resolves(self._server):
            action.command = types.Command(title=action.title, command=COMMAND, arguments=[number])
        return action


def _title(fix: ProvenFix) -> str:
    """Its title says what is proven by now; what still has to be, before it is applied, follows."""
    keeps = fix.candidate is not None and fix.candidate.keeps
    return f"{fix.title[:-1]}; {LATER})" if keeps else fix.title
