"""Hover: what slang knows of a name and Yosys made of it; what a kernel costs and a launch asks for; what a register,
pin or interrupt of the microcontroller is."""

from __future__ import annotations

from lsprotocol import types

from signoff.lsp_server.convert import lsp_range
from signoff.lsp_server.documents import Document
from signoff.lsp_server.server import SignoffServer
from signoff.verifiers.mcu.facts import C_LANGUAGES


def register(server: SignoffServer) -> None:
    """Register textDocument/hover."""

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def hover(params: types.HoverParams) -> types.Hover | None:
        document = server.documents.get(params.text_document.uri)
        if document is None:
            return None
        place = document.position(params.position.line, params.position.character, server.documents.encoding)
        return await hover_at(server, document, place)


async def hover_at(server: SignoffServer, document: Document, place: tuple[int, int]) -> types.Hover | None:
    """What is known of a place (line, column) of an open document."""
    if document.language in server.parts.slang.languages:
        return await _hdl(server, document.uri, place)
    return await _told(server, document.uri, place)


async def _hdl(server: SignoffServer, uri: str, place: tuple[int, int]) -> types.Hover | None:
    seen = server.parts.checking.look(uri)
    symbol = await server.parts.slang.symbol(*seen, *place) if seen is not None else None
    if symbol is None:
        return None
    from signoff.diagnostics.explain import hover as explain

    costs = server.parts.checking.facts(uri, "yosys").get("modules")
    return types.Hover(_markdown(explain(symbol, costs if isinstance(costs, dict) else None)))


async def _told(server: SignoffServer, uri: str, place: tuple[int, int]) -> types.Hover | None:
    document = server.documents.get(uri)
    if document is None or not server.parts.checking.concerns_us(document):
        return None
    of = server.parts.firmware if document.language in C_LANGUAGES else server.parts.gpu
    found = await of.hover(uri, place)
    if found is None:
        return None
    text, span = found
    where = lsp_range(span, document.index, server.documents.encoding) if span is not None else None
    return types.Hover(_markdown(text), where)


def _markdown(text: str) -> types.MarkupContent:
    return types.MarkupContent(types.MarkupKind.Markdown, text)
