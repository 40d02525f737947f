"""Hover: what slang knows of a name, and what Yosys made of it."""

from __future__ import annotations

from lsprotocol import types

from signoff.lsp_server.server import SignoffServer


def register(server: SignoffServer) -> None:
    """Register textDocument/hover."""

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def hover(params: types.HoverParams) -> types.Hover | None:
        uri = params.text_document.uri
        document, seen = server.documents.get(uri), server.parts.checking.look(uri)
        if document is None or seen is None or document.language not in server.parts.slang.languages:
            return None
        place = document.position(params.position.line, params.position.character, server.documents.encoding)
        symbol = await server.parts.slang.symbol(*seen, *place)
        if symbol is None:
            return None
        from signoff.diagnostics.explain import hover as explain

        costs = server.parts.checking.facts(uri, "yosys").get("modules")
        text = explain(symbol, costs if isinstance(costs, dict) else None)
        return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, text))
