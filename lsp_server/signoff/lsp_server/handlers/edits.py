"""Proven edits as a client takes them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from signoff.lsp_server.convert import text_edit
from signoff.lsp_server.documents import Document
from signoff.lsp_server.server import SignoffServer
from signoff.lsp_server.uris import uri_of
from signoff.verifiers.text import LineIndex

if TYPE_CHECKING:
    from signoff.diagnostics.fixes.proven import ProvenFix
    from signoff.diagnostics.fixes.together import Together


def workspace_edit(server: SignoffServer, document: Document, fix: ProvenFix | Together) -> types.WorkspaceEdit | None:
    """The edit of a fix, for exactly the text that it was proven on; None where that is not the text any more."""
    target = _target(server, document, fix)
    if target is None:
        return None
    identity, index = target
    edits = [text_edit(edit, index, server.documents.encoding) for edit in fix.edits]
    if not _versioned_edits(server):
        return types.WorkspaceEdit(changes={identity.uri: edits})
    return types.WorkspaceEdit(document_changes=[types.TextDocumentEdit(identity, list[Any](edits))])


def resolves(server: SignoffServer) -> bool:
    """Whether the client asks for an action's edit once it is chosen."""
    capabilities = server.client_capabilities.text_document
    action = capabilities.code_action if capabilities else None
    return bool(action and action.resolve_support and "edit" in action.resolve_support.properties)


def _target(
    server: SignoffServer, document: Document, fix: ProvenFix | Together
) -> tuple[types.OptionalVersionedTextDocumentIdentifier, LineIndex] | None:
    """The file that a fix edits, as it was when the fix was proven; None where it is not that any more."""
    elsewhere = getattr(fix, "elsewhere", None)
    if elsewhere is None:
        if document.version != fix.version:
            return None
        return types.OptionalVersionedTextDocumentIdentifier(document.uri, fix.version), document.index
    path, text = elsewhere.path, elsewhere.text
    other = server.documents.at_path(path)
    if (other.text if other is not None else _on_disk(path)) != text:
        return None
    uri, version = (other.uri, other.version) if other is not None else (uri_of(path), None)
    return types.OptionalVersionedTextDocumentIdentifier(uri, version), LineIndex(text)


def _on_disk(path: str) -> str | None:
    try:
        return Path(path).read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _versioned_edits(server: SignoffServer) -> bool:
    workspace = server.client_capabilities.workspace
    return bool(workspace and workspace.workspace_edit and workspace.workspace_edit.document_changes)
