"""The outline and the folds of a document: from its text alone, so also where it does not parse."""

from __future__ import annotations

from typing import Any

from lsprotocol import types

from signoff.lsp_server.documents import Document
from signoff.lsp_server.server import SignoffServer


def register(server: SignoffServer) -> None:
    """Register textDocument/documentSymbol and textDocument/foldingRange; the answers are plain JSON."""

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    async def document_symbol(params: types.DocumentSymbolParams) -> list[dict[str, Any]] | None:
        document = _document(server, params.text_document.uri)
        if document is None:
            return None
        structure, encoding = server.parts.structure, server.documents.encoding
        if _hierarchical(server):
            return await structure.outline(document.text, encoding)
        return await structure.flat(document.text, encoding, document.uri)

    @server.feature(types.TEXT_DOCUMENT_FOLDING_RANGE)
    async def folding_range(params: types.FoldingRangeParams) -> list[dict[str, Any]] | None:
        document = _document(server, params.text_document.uri)
        return await server.parts.structure.folds(document.text) if document is not None else None


def _document(server: SignoffServer, uri: str) -> Document | None:
    document = server.documents.get(uri)
    known = document is not None and document.language in server.parts.slang.languages
    return document if known else None


def _hierarchical(server: SignoffServer) -> bool:
    document = server.client_capabilities.text_document
    about = document.document_symbol if document else None
    return bool(about and about.hierarchical_document_symbol_support)
