"""Code lenses: above each kernel what it costs. A click checks deeply, which brings the figures up to date."""

from __future__ import annotations

from lsprotocol import types

from signoff.lsp_server.convert import lsp_range
from signoff.lsp_server.server import SignoffServer

COMMAND = "signoff.checkDeep"


def register(server: SignoffServer) -> None:
    """Register textDocument/codeLens."""

    @server.feature(types.TEXT_DOCUMENT_CODE_LENS)
    async def code_lens(params: types.CodeLensParams) -> list[types.CodeLens] | None:
        uri = params.text_document.uri
        document = server.documents.get(uri)
        if document is None or document.language in server.parts.slang.languages:
            return None
        if not server.parts.checking.concerns_us(document):
            return None
        lenses = await server.parts.gpu.lenses(uri)
        return [
            types.CodeLens(
                range=lsp_range(lens.span, document.index, server.documents.encoding),
                command=types.Command(title=lens.title, command=COMMAND, arguments=[uri]),
            )
            for lens in lenses
        ]
