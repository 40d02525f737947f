"""Pull diagnostics, of one document and of the workspace."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from lsprotocol import types

from signoff.lsp_server.server import SignoffServer
from signoff.lsp_server.uris import path_of, uri_of

Report = types.RelatedFullDocumentDiagnosticReport | types.RelatedUnchangedDocumentDiagnosticReport


def register(server: SignoffServer) -> None:
    """Register textDocument/diagnostic and workspace/diagnostic."""
    options = types.DiagnosticOptions(identifier="signoff", inter_file_dependencies=True, workspace_diagnostics=True)

    @server.feature(types.TEXT_DOCUMENT_DIAGNOSTIC, options)
    async def document_diagnostic(params: types.DocumentDiagnosticParams) -> Report:
        await server.parts.checking.settled(params.text_document.uri)
        plain = server.parts.publisher.diagnostics(_path(params.text_document.uri))
        identity = _identity(plain)
        if params.previous_result_id == identity:
            return types.RelatedUnchangedDocumentDiagnosticReport(result_id=identity)
        return types.RelatedFullDocumentDiagnosticReport(items=_structured(server, plain), result_id=identity)

    @server.feature(types.WORKSPACE_DIAGNOSTIC)
    async def workspace_diagnostic(params: types.WorkspaceDiagnosticParams) -> types.WorkspaceDiagnosticReport:
        for document in server.documents:
            await server.parts.checking.settled(document.uri)
        known = {previous.uri: previous.value for previous in params.previous_result_ids}
        paths = dict.fromkeys((*(document.path for document in server.documents), *server.parts.store.paths()))
        return types.WorkspaceDiagnosticReport([_workspace_report(server, path, known) for path in paths if path])

    def _path(uri: str) -> str:
        document = server.documents.get(uri)
        return document.path if document is not None else path_of(uri)


def _workspace_report(
    server: SignoffServer, path: str, known: dict[str, str]
) -> types.WorkspaceFullDocumentDiagnosticReport | types.WorkspaceUnchangedDocumentDiagnosticReport:
    document = server.documents.at_path(path)
    uri = document.uri if document else uri_of(path)
    version = document.version if document else None
    plain = server.parts.publisher.diagnostics(path)
    identity = _identity(plain)
    if known.get(uri) == identity:
        return types.WorkspaceUnchangedDocumentDiagnosticReport(uri=uri, version=version, result_id=identity)
    items = _structured(server, plain)
    return types.WorkspaceFullDocumentDiagnosticReport(uri=uri, version=version, items=items, result_id=identity)


def _identity(plain: list[dict[str, Any]]) -> str:
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:16]


def _structured(server: SignoffServer, plain: list[dict[str, Any]]) -> list[types.Diagnostic]:
    converter = server.protocol._converter
    return [converter.structure(diagnostic, types.Diagnostic) for diagnostic in plain]
