"""Code actions: fixes that the tools have accepted, for exactly the version that they were proven on; and what is worth
asking for: all of one code at once, the model's help, an explanation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from signoff.lsp_server.documents import Document
from signoff.lsp_server.handlers.edits import resolves, workspace_edit
from signoff.lsp_server.handlers.refactor import COMMAND as REFACTOR
from signoff.lsp_server.handlers.refactor import REWRITE, Refactorings, Unproven
from signoff.lsp_server.server import SignoffServer
from signoff.lsp_server.shelf import Promise, Shelf
from signoff.verifiers.finding import Finding, Severity, Span

if TYPE_CHECKING:
    from signoff.diagnostics.fixes.proven import ProvenFix
    from signoff.diagnostics.fixes.search import Attempt
    from signoff.lsp_server.fixing import Offered

CHANGED = "the document has changed since this fix was proven: ask for fixes again"
QUICK_FIX = types.CodeActionKind.QuickFix.value
FIX_ALL = f"{types.CodeActionKind.SourceFixAll.value}.signoff"
MEND, EXPLAIN = "signoff.mendWithModel", "signoff.explain"


def register(server: SignoffServer) -> None:
    """Register textDocument/codeAction, codeAction/resolve and the command that asks the model."""
    actions = _Actions(server)
    kinds = [types.CodeActionKind.QuickFix, types.CodeActionKind.RefactorRewrite, FIX_ALL]
    options = types.CodeActionOptions(code_action_kinds=kinds, resolve_provider=True)

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, options)
    async def code_action(params: types.CodeActionParams) -> list[types.CodeAction] | None:
        document = server.documents.get(params.text_document.uri)
        if document is None or server.parts.checking.look(document.uri) is None:
            return None
        return await actions.of(document, params) or None

    @server.feature(types.CODE_ACTION_RESOLVE)
    async def resolve(action: types.CodeAction) -> types.CodeAction:
        action.edit = await actions.edit(actions.shelf.get(action.data))
        return action

    @server.command(REFACTOR)
    async def refactor(*arguments: Any) -> dict[str, Any]:
        """Make a refactoring, by the number of its code action; the edit is applied once it is proven."""
        return await mend_with_model(*arguments)

    @server.command(MEND)
    async def mend_with_model(*arguments: Any) -> dict[str, Any]:
        """Have the model mend a finding, by the number of its code action; the edit is applied once it is proven."""
        edit = await actions.edit(actions.shelf.at(arguments[0] if arguments else None))
        answer = await server.workspace_apply_edit_async(types.ApplyWorkspaceEditParams(edit, "Signoff"))
        return {"ok": bool(answer and answer.applied)}


class _Actions:
    """What is offered in documents, and the edits of what is chosen of it."""

    def __init__(self, server: SignoffServer) -> None:
        self.shelf = Shelf()
        self._refactorings = Refactorings(server, self.shelf)
        self._server = server

    async def of(self, document: Document, params: types.CodeActionParams) -> list[types.CodeAction]:
        """The actions for a stretch of a document, of the kinds that the client asks for."""
        context, here = params.context, self._findings(document)
        actions: list[types.CodeAction] = []
        if _wanted(context, QUICK_FIX) and (asked := [one for one in here if self._meets(one, document, params)]):
            automatic = context.trigger_kind == types.CodeActionTriggerKind.Automatic
            self._server.watched("Signoff: proving fixes")
            offered = await self._server.parts.fixing.fixes(document.uri, asked, automatic=automatic)
            actions += [action for one in offered if (action := self._fix(one, document, context)) is not None]
            actions += self._all_of_code(offered, here, document)
            actions += await self._by_model(offered, asked, document, wait=not automatic)
            actions += _explanations(asked, document, context)
        if _wanted(context, REWRITE):
            actions += await self._refactorings.of(document, params)
        if context.only and _wanted(context, FIX_ALL) and any(one.severity <= Severity.WARNING for one in here):
            actions.append(await self._fix_all(document))
        return actions

    async def edit(self, promise: Promise | None) -> types.WorkspaceEdit:
        """The edit of an action that was chosen. Raises JsonRpcException where there is none."""
        document = self._server.documents.get(promise.uri) if promise is not None else None
        if promise is None or document is None or document.version != promise.version:
            raise _changed()
        if promise.finding is not None:
            return await self._mended(document, promise.finding)
        if promise.refactoring and promise.fix is not None:
            return await self._refactored(document, promise.fix)
        if promise.fix is None:
            return await self._all_of(document, promise.code)
        edit = workspace_edit(self._server, document, promise.fix)
        if edit is None:
            raise _changed()
        return edit

    async def _refactored(self, document: Document, fix: ProvenFix) -> types.WorkspaceEdit:
        """The edit of a refactoring, once what it claims is proven; says why there is none."""
        from signoff.lsp_server.fixing import Outdated

        try:
            edit = await self._refactorings.edit(document, fix)
        except Outdated:
            raise _changed() from None
        except Unproven as error:
            raise self._none(str(error)) from None
        if edit is None:
            raise _changed()
        return edit

    async def _mended(self, document: Document, finding: Finding) -> types.WorkspaceEdit:
        """The edit that the model thought of and the tools accept. Says what it is, or why there is none."""
        from signoff.completion.model.protocol import ModelUnavailable
        from signoff.lsp_server.fixing import Outdated

        tried = _Tried(self._server.watched("Signoff: the model mends, the tools judge"))
        try:
            found = await self._server.parts.fixing.by_model(document.uri, finding, tried.take)
        except Outdated:
            raise _changed() from None
        except ModelUnavailable as error:
            raise self._none(f"the model cannot be asked: {error}") from None
        edit = workspace_edit(self._server, document, found[0]) if found else None
        if edit is None:
            raise self._none(f"the model's answers mend nothing: {tried.summary}")
        self._tell(types.MessageType.Info, found[0].title)
        return edit

    async def _all_of(self, document: Document, code: str) -> types.WorkspaceEdit:
        """The edit of all that is proven; an empty one where that is nothing."""
        from signoff.lsp_server.fixing import Outdated

        self._server.watched("Signoff: proving fixes")
        try:
            found = await self._server.parts.fixing.all_of(document.uri, self._findings(document), code)
        except Outdated:
            raise _changed() from None
        if found is None:
            return types.WorkspaceEdit()
        if found.left and code:
            kept, left = len(found.fixes), len(found.left)
            self._tell(types.MessageType.Info, f"{kept} are mended; {left} could not be proven together with them")
        return workspace_edit(self._server, document, found) or types.WorkspaceEdit()

    def _fix(self, one: Offered, document: Document, context: types.CodeActionContext) -> types.CodeAction | None:
        from signoff.diagnostics.fixes.proven import evidence

        edit = workspace_edit(self._server, document, one.fix)
        if edit is None:
            return None
        number = self.shelf.put(Promise(document.uri, one.fix.version, fix=one.fix))
        return types.CodeAction(
            title=one.fix.title,
            kind=types.CodeActionKind.QuickFix,
            diagnostics=[shown for shown in context.diagnostics if _is_of(shown, one.fix.finding)] or None,
            is_preferred=one.preferred,
            data={"fix": number, "version": one.fix.version, **evidence(one.fix)},
            edit=None if resolves(self._server) else edit,
        )

    def _all_of_code(
        self, offered: Sequence[Offered], here: Sequence[Finding], document: Document
    ) -> list[types.CodeAction]:
        """All of one code at once, where one of them has a fix that nobody need choose among others."""
        changes: dict[str, bool] = {}
        for fix in (one.fix for one in offered if one.fix.certain):
            changes.setdefault(fix.finding.code, bool(fix.behaviour))
        actions = []
        for code, behaviour in changes.items():
            count = sum(finding.code == code for finding in here)
            if count > 1 and resolves(self._server):
                number = self.shelf.put(Promise(document.uri, document.version, code=code))
                note = ", which changes behaviour" if behaviour else ""
                title = f"Fix all {count} '{code}' in this file{note} (what is proven, each and together)"
                actions.append(_promised(title, f"{QUICK_FIX}.all", number))
        return actions

    async def _by_model(
        self, offered: Sequence[Offered], asked: Sequence[Finding], document: Document, *, wait: bool
    ) -> list[types.CodeAction]:
        """The model's help, for the first finding that nothing else mends for certain."""
        mended = {one.fix.finding for one in offered if one.fix.preferred or one.fix.rounds}
        bad = [one for one in asked if one not in mended and one.severity <= Severity.WARNING]
        if not bad or not self._server.parts.settings.diagnostics.model_fixes:
            return []
        name = await self._server.parts.fixing.model_name(wait=wait)
        if not name:
            return []
        number = self.shelf.put(Promise(document.uri, document.version, finding=bad[0]))
        action = _promised(f"Ask {name} to mend '{bad[0].code}' (applied if proven)", f"{QUICK_FIX}.model", number)
        if not resolves(self._server):
            action.command = types.Command(title=action.title, command=MEND, arguments=[number])
        return [action]

    async def _fix_all(self, document: Document) -> types.CodeAction:
        number = self.shelf.put(Promise(document.uri, document.version))
        action = _promised("Fix all that is proven to be mended (Signoff)", FIX_ALL, number)
        if not resolves(self._server):
            action.edit = await self._all_of(document, "")
        return action

    def _findings(self, document: Document) -> list[Finding]:
        return [one for one in self._server.parts.publisher.merged(document.path) if one.path == document.path]

    def _meets(self, finding: Finding, document: Document, params: types.CodeActionParams) -> bool:
        encoding = self._server.documents.encoding
        start = document.position(params.range.start.line, params.range.start.character, encoding)
        end = document.position(params.range.end.line, params.range.end.character, encoding)
        return _touches(finding.span, Span(*start, *end))

    def _none(self, why: str) -> JsonRpcException:
        """Why there is no fix, told to the user as well: editors keep an action's error to themselves."""
        self._tell(types.MessageType.Warning, why)
        return JsonRpcException(why, types.LSPErrorCodes.RequestFailed.value)

    def _tell(self, kind: types.MessageType, text: str) -> None:
        self._server.window_show_message(types.ShowMessageParams(kind, f"Signoff: {text}"))


class _Tried:
    """Tells how the model fares while it is at work."""

    def __init__(self, report: Callable[[str, int | None], None]) -> None:
        self._report = report
        self._count = 0
        self._last = ""

    @property
    def summary(self) -> str:
        """What came of it, for a person."""
        return f"{self._count} tried, the last: {self._last}" if self._count else "it proposed nothing"

    def take(self, attempt: Attempt) -> None:
        """Another of its answers was judged."""
        self._count += 1
        self._last = getattr(attempt.verdict, "reason", "accepted")
        self._report(f"answer {self._count}: {self._last}"[:120], None)


def _promised(title: str, kind: str, number: int) -> types.CodeAction:
    return types.CodeAction(title=title, kind=kind, data={"fix": number})


def _explanations(
    asked: Sequence[Finding], document: Document, context: types.CodeActionContext
) -> list[types.CodeAction]:
    """For each diagnostic that the client points at."""
    pairs = [(one, next((each for each in context.diagnostics if _is_of(each, one)), None)) for one in asked]
    return [_explanation(one, shown, document) for one, shown in pairs if shown is not None]


def _explanation(finding: Finding, shown: types.Diagnostic, document: Document) -> types.CodeAction:
    place = {"code": finding.code, "line": shown.range.start.line, "character": shown.range.start.character}
    title = f"Explain '{finding.code}'"
    command = types.Command(title=title, command=EXPLAIN, arguments=[document.uri, place])
    return types.CodeAction(title=title, kind=f"{QUICK_FIX}.explain", diagnostics=[shown], command=command)


def _changed() -> JsonRpcException:
    return JsonRpcException(CHANGED, types.LSPErrorCodes.ContentModified.value)


def _wanted(context: types.CodeActionContext, kind: str) -> bool:
    """Whether the client asks for actions of this kind, or for everything."""
    return not context.only or any(one == "" or f"{kind}.".startswith(f"{one}.") for one in context.only)


def _is_of(diagnostic: types.Diagnostic, finding: Finding) -> bool:
    """Whether a diagnostic that the client holds is this finding: its fix is then shown beside it."""
    return diagnostic.code == finding.code and diagnostic.range.start.line == finding.span.start_line


def _touches(one: Span, other: Span) -> bool:
    """Whether two spans share a line: editors send the cursor, which need not stand on the fault itself."""
    return one.start_line <= other.end_line and other.start_line <= one.end_line
