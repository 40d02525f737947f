"""Inline completion (ghost text): only text that the tools have accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from signoff.lsp_server.convert import lsp_range
from signoff.lsp_server.server import SignoffServer

if TYPE_CHECKING:
    from signoff.completion.suggestion import Suggestion

ACCEPTED = "signoff.completionAccepted"


def register(server: SignoffServer) -> None:
    """Register textDocument/inlineCompletion."""

    @server.feature(types.TEXT_DOCUMENT_INLINE_COMPLETION, types.InlineCompletionOptions())
    async def inline_completion(params: types.InlineCompletionParams) -> types.InlineCompletionList:
        automatic = params.context.trigger_kind == types.InlineCompletionTriggerKind.Automatic
        uri, position = params.text_document.uri, params.position
        suggestions = await server.suggest(uri, position, automatic=automatic)
        document = server.documents.get(uri)
        if document is None:
            return types.InlineCompletionList([])
        encoding = server.documents.encoding
        return types.InlineCompletionList(
            [
                types.InlineCompletionItem(
                    insert_text=suggestion.text,
                    range=lsp_range(suggestion.span, document.index, encoding),
                    command=_evidence(suggestion),
                )
                for suggestion in suggestions
            ]
        )


def _evidence(suggestion: Suggestion) -> types.Command:
    """Which model wrote it and which tools accepted it; run by the editor when the user takes the text."""
    verdict = suggestion.verdict
    about = {"model": suggestion.model, "tools": list(verdict.tools), "notRun": [list(one) for one in verdict.not_run]}
    title = f"{suggestion.model}: accepted by {', '.join(verdict.tools)}"
    return types.Command(title=title, command=ACCEPTED, arguments=[about])
