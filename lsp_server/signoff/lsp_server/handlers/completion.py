"""Plain completion: the names that slang sees here, and the model's text for editors without inline completion."""

from __future__ import annotations

from lsprotocol import types

from signoff.lsp_server.convert import lsp_range
from signoff.lsp_server.server import SignoffServer

KINDS = {
    "net": types.CompletionItemKind.Variable,
    "variable": types.CompletionItemKind.Variable,
    "port": types.CompletionItemKind.Interface,
    "parameter": types.CompletionItemKind.Constant,
    "localparam": types.CompletionItemKind.Constant,
    "genvar": types.CompletionItemKind.Variable,
    "enum value": types.CompletionItemKind.EnumMember,
    "function": types.CompletionItemKind.Function,
    "task": types.CompletionItemKind.Function,
    "instance": types.CompletionItemKind.Module,
    "module": types.CompletionItemKind.Class,
    "typedef": types.CompletionItemKind.Struct,
    "package": types.CompletionItemKind.Module,
}


def register(server: SignoffServer) -> None:
    """Register textDocument/completion."""

    @server.feature(types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=["."]))
    async def completion(params: types.CompletionParams) -> types.CompletionList:
        uri, position = params.text_document.uri, params.position
        items = await _names(server, uri, position)
        if not _has_inline(server):
            items = [*await _model_text(server, uri, position), *items]
        return types.CompletionList(is_incomplete=False, items=items)


async def _names(server: SignoffServer, uri: str, position: types.Position) -> list[types.CompletionItem]:
    document, seen = server.documents.get(uri), server.parts.checking.look(uri)
    if document is None or seen is None or document.language not in server.parts.slang.languages:
        return []
    place = document.position(position.line, position.character, server.documents.encoding)
    scope = await server.parts.slang.scope(*seen, *place)
    return [
        types.CompletionItem(label=name.name, kind=KINDS.get(name.kind), detail=name.type or name.kind)
        for name in scope.names
    ]


async def _model_text(server: SignoffServer, uri: str, position: types.Position) -> list[types.CompletionItem]:
    suggestions = await server.suggest(uri, position, automatic=True)
    document = server.documents.get(uri)
    if document is None:
        return []
    return [
        types.CompletionItem(
            label=suggestion.text.strip().splitlines()[0],
            kind=types.CompletionItemKind.Snippet,
            detail=f"{suggestion.model}, accepted by {', '.join(suggestion.verdict.tools)}",
            documentation=suggestion.text,
            sort_text="0",
            preselect=True,
            filter_text=document.index.line(position.line)[: position.character].split(" ")[-1] or suggestion.text,
            text_edit=types.TextEdit(
                lsp_range(suggestion.span, document.index, server.documents.encoding), suggestion.text
            ),
        )
        for suggestion in suggestions
    ]


def _has_inline(server: SignoffServer) -> bool:
    document = server.client_capabilities.text_document
    return bool(document and document.inline_completion)
