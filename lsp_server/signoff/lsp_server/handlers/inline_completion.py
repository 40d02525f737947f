"""Inline completion (ghost text, LSP 3.18), and what the editor tells of those that were taken."""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from signoff.lsp_server.convert import lsp_range
from signoff.lsp_server.server import SignoffServer
from signoff.verifiers.finding import Span

if TYPE_CHECKING:
    from signoff.completion.suggestion import Suggestion
    from signoff.lsp_server.documents import Document
    from signoff.verifiers.text import Edit

ACCEPTED = "signoff.completionAccepted"
PARTLY_ACCEPTED = "signoff/completionPartlyAccepted"
_WORD_BEFORE = re.compile(r"[^\W\d]\w*\Z")

log = logging.getLogger(__name__)


def register(server: SignoffServer) -> None:
    """Register textDocument/inlineCompletion, and the acceptance of its items."""

    @server.feature(types.TEXT_DOCUMENT_INLINE_COMPLETION, types.InlineCompletionOptions())
    async def inline_completion(params: types.InlineCompletionParams) -> types.InlineCompletionList:
        automatic = params.context.trigger_kind == types.InlineCompletionTriggerKind.Automatic
        uri, position = params.text_document.uri, params.position
        document = server.documents.get(uri)
        chosen = _chosen(document, params, server.documents.encoding) if document is not None else None
        suggestions = await server.suggest(uri, position, automatic=automatic, chosen=chosen)
        document = server.documents.get(uri)
        return types.InlineCompletionList(items(server, document, suggestions) if document is not None else [])

    @server.command(ACCEPTED)
    def completion_accepted(*arguments: Any) -> None:
        """The user took a completion, or what was left of it: the item's own argument says which."""
        about = arguments[0] if arguments and isinstance(arguments[0], dict) else {}
        taken = server.acceptance.accepted(_whole(about.get("id")))
        if taken is not None:
            log.info("taken: a completion by %s", taken.suggestion.model)
            server.parts.accepted(taken.uri, taken.suggestion)

    @server.feature(PARTLY_ACCEPTED)
    def partly_accepted(params: Any) -> None:
        """The user took a word or a line of a completion: {id, text}, the text as it was put in."""
        part = getattr(params, "text", None)
        if isinstance(part, str):
            server.acceptance.partly(_whole(getattr(params, "id", None)), part)


def items(
    server: SignoffServer, document: Document, suggestions: tuple[Suggestion, ...]
) -> list[types.InlineCompletionItem]:
    """Suggestions that hold for the document as it is, best first, in the client's units."""
    commands = acceptance_commands(server, document, suggestions)
    encoding = server.documents.encoding
    found = []
    for suggestion, command in zip(suggestions, commands, strict=True):
        whole = with_word(suggestion, document)
        place = lsp_range(whole.span, document.index, encoding)
        found.append(types.InlineCompletionItem(insert_text=whole.text, range=place, command=command))
    return found


def acceptance_commands(
    server: SignoffServer, document: Document, suggestions: tuple[Suggestion, ...]
) -> list[types.Command]:
    """What the editor runs once it has put a suggestion in; its argument is the verdict (verdicts.about) and an id."""
    if not suggestions:
        return []
    from signoff.lsp_server.verdicts import about, title

    numbers = server.acceptance.offered(document, suggestions)
    return [
        types.Command(title=title(one), command=ACCEPTED, arguments=[{"id": number, **about(one)}])
        for number, one in zip(numbers, suggestions, strict=True)
    ]


def with_word(suggestion: Suggestion, document: Document) -> Suggestion:
    """The suggestion with the word before it, which it goes on: so an editor can keep it while that is typed or erased.

    It replaces what it begins with, so the document comes out the same.
    """
    span = suggestion.span
    word = _WORD_BEFORE.search(document.index.line(span.start_line)[: span.start_column])
    if word is None or (span.start_line, span.start_column) != (span.end_line, span.end_column):
        return suggestion
    start = Span(span.start_line, word.start(), span.end_line, span.end_column)
    return replace(suggestion, text=word[0] + suggestion.text, span=start)


def _chosen(document: Document, params: types.InlineCompletionParams, encoding: str) -> Edit | None:
    """What the editor's own list has selected: ghost text has to go on from it. None where it is of no use here."""
    selected = params.context.selected_completion_info
    if selected is None or re.search(r"[\r\n]", selected.text):
        return None
    from signoff.verifiers.text import Edit

    start, end = selected.range.start, selected.range.end
    first = document.position(start.line, start.character, encoding)
    last = document.position(end.line, end.character, encoding)
    place = document.position(params.position.line, params.position.character, encoding)
    if not (first[0] == last[0] and first <= place <= last):
        return None
    return Edit(Span(*first, *last), selected.text)


def _whole(value: object) -> int:
    """A number as clients send it: some write 7 as 7.0."""
    return int(value) if isinstance(value, (int, float)) and value == value // 1 else -1
