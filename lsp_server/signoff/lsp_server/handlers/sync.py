"""Saving. Opening, editing and closing are in protocol.py, which replaces pygls' own text store."""

from __future__ import annotations

from lsprotocol import types

from signoff.lsp_server.server import SignoffServer


def register(server: SignoffServer) -> None:
    """Register didSave."""

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def did_save(params: types.DidSaveTextDocumentParams) -> None:
        document = server.documents.get(params.text_document.uri)
        if document is not None:
            server.parts.checking.saved(document)
