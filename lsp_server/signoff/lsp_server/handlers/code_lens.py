"""Code lenses: above each kernel what it costs (a click checks deeply, which brings the figures up to date); above
main of a firmware image its emulators and memory use."""

from __future__ import annotations

from lsprotocol import types

from signoff.lsp_server.convert import lsp_range
from signoff.lsp_server.server import SignoffServer
from signoff.verifiers.mcu.facts import C_LANGUAGES

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
        if document.language in C_LANGUAGES:
            told = [
                (one.span, one.title, one.command, one.arguments) for one in await server.parts.firmware.lenses(uri)
            ]
        else:
            told = [(one.span, one.title, COMMAND, (uri,)) for one in await server.parts.gpu.lenses(uri)]
        return [
            types.CodeLens(
                range=lsp_range(span, document.index, server.documents.encoding),
                command=types.Command(title=title, command=command, arguments=list(arguments)),
            )
            for span, title, command, arguments in told
        ]
