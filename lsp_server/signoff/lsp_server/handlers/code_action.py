"""Quick fixes: only those that the tools have accepted, for exactly the version that they were proven on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from signoff.lsp_server.convert import text_edit
from signoff.lsp_server.documents import Document
from signoff.lsp_server.server import SignoffServer
from signoff.lsp_server.uris import uri_of
from signoff.verifiers.finding import Finding, Span
from signoff.verifiers.text import LineIndex

if TYPE_CHECKING:
    from signoff.diagnostics.fixes.offer import ProvenFix

CHANGED = "the document has changed since this fix was proven: ask for fixes again"


def register(server: SignoffServer) -> None:
    """Register textDocument/codeAction and codeAction/resolve."""
    proven: dict[str, tuple[str, ProvenFix]] = {}
    options = types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix], resolve_provider=True)

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, options)
    async def code_action(params: types.CodeActionParams) -> list[types.CodeAction] | None:
        uri = params.text_document.uri
        document, seen = server.documents.get(uri), server.parts.checking.look(uri)
        if document is None or seen is None or not _quick_fix_wanted(params.context):
            return None
        merged = server.parts.publisher.merged(document.path)
        findings = [finding for finding in merged if _meets(finding, document, params)]
        if not findings:
            return None
        from signoff.diagnostics.fixes.offer import offers

        server.watched("Signoff: proving fixes")
        found = await offers(findings, *seen, server.parts.proof_verifiers, server.parts.checking.baseline(uri))
        fixes = [fix for fix in found if _target(document, fix) is not None]
        for key in [key for key, (of, _) in proven.items() if of == uri]:
            del proven[key]
        return [_action(fix, f"{uri}#{number}", params.context.diagnostics) for number, fix in enumerate(fixes)]

    @server.feature(types.CODE_ACTION_RESOLVE)
    def resolve(action: types.CodeAction) -> types.CodeAction:
        uri, fix = proven.get(str((action.data or {}).get("fix")), ("", None))
        document = server.documents.get(uri)
        if fix is None or document is None or document.version != fix.version:
            raise JsonRpcException(CHANGED, types.LSPErrorCodes.ContentModified.value)
        action.edit = _edit(document, fix)
        if action.edit is None:
            raise JsonRpcException(CHANGED, types.LSPErrorCodes.ContentModified.value)
        return action

    def _action(fix: ProvenFix, key: str, shown: Sequence[types.Diagnostic]) -> types.CodeAction:
        uri = key.rpartition("#")[0]
        proven[key] = (uri, fix)
        document = server.documents.get(uri)
        action = types.CodeAction(
            title=fix.title,
            kind=types.CodeActionKind.QuickFix,
            diagnostics=[one for one in shown if _is_of(one, fix.finding)] or None,
            is_preferred=not fix.ambiguous and not fix.behaviour,
            data={"fix": key, "version": fix.version, "tools": list(fix.proof.tools), "proof": str(fix.proof.level)},
        )
        if document is not None and not _resolves():
            action.edit = _edit(document, fix)
        return action

    def _edit(document: Document, fix: ProvenFix) -> types.WorkspaceEdit | None:
        target = _target(document, fix)
        if target is None:
            return None
        identity, index = target
        edits = [text_edit(edit, index, server.documents.encoding) for edit in fix.edits]
        if not _versioned_edits():
            return types.WorkspaceEdit(changes={identity.uri: edits})
        return types.WorkspaceEdit(document_changes=[types.TextDocumentEdit(identity, list[Any](edits))])

    def _target(
        document: Document, fix: ProvenFix
    ) -> tuple[types.OptionalVersionedTextDocumentIdentifier, LineIndex] | None:
        """The file that a fix edits, as it was when the fix was proven; None where it is not that any more."""
        if fix.elsewhere is None:
            return types.OptionalVersionedTextDocumentIdentifier(document.uri, fix.version), document.index
        path, text = fix.elsewhere.path, fix.elsewhere.text
        other = server.documents.at_path(path)
        if (other.text if other is not None else _on_disk(path)) != text:
            return None
        uri, version = (other.uri, other.version) if other is not None else (uri_of(path), None)
        return types.OptionalVersionedTextDocumentIdentifier(uri, version), LineIndex(text)

    def _meets(finding: Finding, document: Document, params: types.CodeActionParams) -> bool:
        encoding = server.documents.encoding
        start = document.position(params.range.start.line, params.range.start.character, encoding)
        end = document.position(params.range.end.line, params.range.end.character, encoding)
        return _touches(finding.span, Span(*start, *end))

    def _resolves() -> bool:
        capabilities = server.client_capabilities.text_document
        action = capabilities.code_action if capabilities else None
        return bool(action and action.resolve_support and "edit" in action.resolve_support.properties)

    def _versioned_edits() -> bool:
        workspace = server.client_capabilities.workspace
        return bool(workspace and workspace.workspace_edit and workspace.workspace_edit.document_changes)


def _on_disk(path: str) -> str | None:
    try:
        return Path(path).read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _quick_fix_wanted(context: types.CodeActionContext) -> bool:
    """Whether the client asks for quick fixes, or for everything."""
    return not context.only or any(types.CodeActionKind.QuickFix.startswith(kind) for kind in context.only)


def _is_of(diagnostic: types.Diagnostic, finding: Finding) -> bool:
    """Whether a diagnostic that the client holds is this finding: its fix is then shown beside it."""
    return diagnostic.code == finding.code and diagnostic.range.start.line == finding.span.start_line


def _touches(one: Span, other: Span) -> bool:
    """Whether two spans share a line: editors send the cursor, which need not stand on the fault itself."""
    return one.start_line <= other.end_line and other.start_line <= one.end_line
