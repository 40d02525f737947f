"""Go to definition and to declaration, as slang's elaborated design has it: the module of an instance for both."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types

from signoff.lsp_server.convert import lsp_range
from signoff.lsp_server.server import SignoffServer
from signoff.lsp_server.uris import uri_of

if TYPE_CHECKING:
    from signoff.verifiers.hdl.facts import Place


def register(server: SignoffServer) -> None:
    """Register textDocument/definition and textDocument/declaration."""

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    async def definition(params: types.DefinitionParams) -> types.Location | None:
        return await _declared(server, params.text_document.uri, params.position)

    @server.feature(types.TEXT_DOCUMENT_DECLARATION)
    async def declaration(params: types.DeclarationParams) -> types.Location | None:
        return await _declared(server, params.text_document.uri, params.position)


async def _declared(server: SignoffServer, uri: str, position: types.Position) -> types.Location | None:
    document, seen = server.documents.get(uri), server.parts.checking.look(uri)
    if document is None or seen is None or document.language not in server.parts.slang.languages:
        return None
    place = document.position(position.line, position.character, server.documents.encoding)
    symbol = await server.parts.slang.symbol(*seen, *place)
    found = (symbol.definition_place or symbol.declaration) if symbol is not None else None
    return _location(server, found, uri) if found is not None else None


def _location(server: SignoffServer, found: Place, uri: str) -> types.Location:
    document, asked = server.documents.at_path(found.path), server.documents.get(uri)
    if document is None and asked is not None and not asked.path and not Path(found.path).is_file():
        document = asked  # an untitled buffer has a name only within slang
    index = document.index if document is not None else server.parts.publisher.index_of(found.path)
    target = document.uri if document is not None else uri_of(found.path)
    return types.Location(target, lsp_range(found.span, index, server.documents.encoding))
