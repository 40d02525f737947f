"""Plain completion: whole constructs from facts, the names that slang sees, and for editors without inline completion
the model's text."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from lsprotocol import types

from signoff.lsp_server.convert import lsp_range
from signoff.lsp_server.server import SignoffServer

if TYPE_CHECKING:
    from signoff.completion.structural.judge import Offer
    from signoff.completion.structural.offers import Offers
    from signoff.completion.suggestion import Suggestion
    from signoff.lsp_server.constructs import Constructs
    from signoff.lsp_server.documents import Document

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
    "field": types.CompletionItemKind.Field,
    "snippet": types.CompletionItemKind.Snippet,
    "constant": types.CompletionItemKind.Constant,
    "register": types.CompletionItemKind.Field,
}
# Behind these a name means something of what stands before them, not what is in scope.
_OF_ANOTHER = re.compile(r"(?:\.|::|->|`|\.\s*\w+|::\w+|->\w+|`\w+)\Z")
TRIGGERS = [".", "(", "#", ":", ">"]
# Where a construct is not what the place asks for, it comes behind the names.
LAST = "~"
# How long a list waits for the model, and for what makes the rest of it to be loaded, in seconds.
WAIT_SECONDS = 0.15


def register(server: SignoffServer) -> None:
    """Register textDocument/completion."""

    @server.feature(types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=TRIGGERS))
    async def completion(params: types.CompletionParams) -> types.CompletionList:
        uri, position = params.text_document.uri, params.position
        document = server.documents.get(uri)
        if document is None or not server.parts.checking.completes(document):
            # While the workspace is being read, a C file may still turn out to be firmware.
            early = document is not None and not server.parts.checking.knows_surroundings(uri)
            return types.CompletionList(is_incomplete=early, items=[])
        place = document.position(position.line, position.character, server.documents.encoding)
        typed = (
            params.context is not None and params.context.trigger_kind is types.CompletionTriggerKind.TriggerCharacter
        )
        asks_model = not typed and not _has_inline(server)
        (offers, names), suggested = await asyncio.gather(
            _known(server, document, place, typed),
            _model_text(server, uri, position) if asks_model else _nothing(),
        )
        document = server.documents.get(uri)
        found = offers.items if offers is not None and document is not None else ()
        items = [_construct(server, document, *one) for one in enumerate(found)] if document is not None else []
        complete = offers is not None and offers.complete and names is not None and suggested is not None
        return types.CompletionList(is_incomplete=not complete, items=[*(suggested or ()), *items, *(names or ())])


async def _known(
    server: SignoffServer, document: Document, place: tuple[int, int], typed: bool
) -> tuple[Offers | None, list[types.CompletionItem] | None]:
    """(whole constructs, names), as far as they are known in a moment: each bounds its own time."""
    asked = server.spawn(_asked(server, document, place, typed))
    await asyncio.wait([asked], timeout=None if server.parts.has_constructs else WAIT_SECONDS)
    # What was still being loaded goes on to ask the tools, for the next list.
    return asked.result() if asked.done() else (None, None)


async def _asked(
    server: SignoffServer, document: Document, place: tuple[int, int], typed: bool
) -> tuple[Offers, list[types.CompletionItem] | None]:
    constructs = await server.parts.loaded_constructs()
    return await asyncio.gather(constructs.offers(document.uri, place), _names(constructs, document, place, typed))


async def _names(
    constructs: Constructs, document: Document, place: tuple[int, int], typed: bool
) -> list[types.CompletionItem] | None:
    """What is in scope; nothing where a character asks for something else than a name. None: not known yet."""
    if typed or _OF_ANOTHER.search(document.index.line(place[0])[: place[1]]):
        return []
    scope = await constructs.names(document.uri, place)
    if scope is None:
        return None
    return [
        types.CompletionItem(label=name.name, kind=KINDS.get(name.kind), detail=name.type or name.kind)
        for name in scope.names
    ]


def _construct(server: SignoffServer, document: Document, number: int, offer: Offer) -> types.CompletionItem:
    from signoff.lsp_server.verdicts import said

    proposal, wanted = offer.proposal, _wanted(server)
    snippets = bool(wanted and wanted.snippet_support)
    modes = wanted.insert_text_mode_support if wanted else None
    span = document.index.span(proposal.start, proposal.end)
    evidence = said(offer.verdict) if offer.verdict.tools else ""
    opened = f"fill in {', '.join(proposal.open)}" if proposal.open else ""
    return types.CompletionItem(
        label=proposal.label,
        kind=KINDS.get(proposal.kind),
        detail="; ".join(filter(None, (proposal.detail, opened, evidence))),
        documentation=_documentation(server, document, offer, evidence),
        sort_text=f"{'0' if proposal.asked else LAST}{number:03}",
        filter_text=proposal.filter or proposal.label,
        insert_text_format=types.InsertTextFormat.Snippet if snippets else types.InsertTextFormat.PlainText,
        # The text has its indentation already.
        insert_text_mode=types.InsertTextMode.AsIs if modes and types.InsertTextMode.AsIs in modes.value_set else None,
        text_edit=types.TextEdit(
            lsp_range(span, document.index, server.documents.encoding), proposal.snippet if snippets else proposal.text
        ),
    )


def _documentation(
    server: SignoffServer, document: Document, offer: Offer, evidence: str
) -> types.MarkupContent | str | None:
    """The text as it will stand there, what comes in and why, and who accepted it."""
    proposal, wanted = offer.proposal, _wanted(server)
    if not offer.verdict.tools:
        return proposal.documentation or None
    notes = [proposal.documentation, evidence and f"{evidence[0].upper()}{evidence[1:]}."]
    notes += [f"{tool} did not run: {reason}" for tool, reason in offer.verdict.not_run]
    if proposal.open:
        notes.append(f"Judged with something neutral in place of {', '.join(f'`{one}`' for one in proposal.open)}.")
    formats = (wanted.documentation_format or []) if wanted else []
    told = "\n\n".join(filter(None, notes))
    if types.MarkupKind.Markdown not in formats:
        return f"{proposal.text}\n\n{told}"
    return types.MarkupContent(types.MarkupKind.Markdown, f"```{document.language}\n{proposal.text}\n```\n\n{told}")


async def _nothing() -> list[types.CompletionItem]:
    return []


async def _model_text(server: SignoffServer, uri: str, position: types.Position) -> list[types.CompletionItem] | None:
    """The model's text where it is there in a moment, else None: names never wait for a model, and what it writes
    meanwhile is kept for the next list."""
    from signoff.lsp_server.handlers.inline_completion import acceptance_commands
    from signoff.lsp_server.verdicts import documentation, title

    asked = server.spawn(_suggested(server, uri, position))
    await asyncio.wait([asked], timeout=WAIT_SECONDS)
    if not asked.done() or asked.cancelled():
        return None
    suggestions = asked.result()
    document = server.documents.get(uri)
    if document is None:
        return []
    line, column = document.position(position.line, position.character, server.documents.encoding)
    typed = document.index.line(line)[:column].split(" ")[-1]
    commands = acceptance_commands(server, document, suggestions)
    return [
        types.CompletionItem(
            label=suggestion.text.strip().splitlines()[0],
            kind=types.CompletionItemKind.Snippet,
            detail=title(suggestion),
            documentation=types.MarkupContent(types.MarkupKind.Markdown, documentation(suggestion, document.language)),
            sort_text=f"00{number:02}",
            preselect=True,
            filter_text=typed or suggestion.text,
            text_edit=types.TextEdit(
                lsp_range(suggestion.span, document.index, server.documents.encoding), suggestion.text
            ),
            command=command,
        )
        for number, (suggestion, command) in enumerate(zip(suggestions, commands, strict=True))
    ]


async def _suggested(server: SignoffServer, uri: str, position: types.Position) -> tuple[Suggestion, ...]:
    try:
        return await server.suggest(uri, position, automatic=True)
    except Exception as error:  # whatever ails the model, what is known without one is shown
        server.report_server_error(error, None)
        return ()


def _wanted(server: SignoffServer) -> types.ClientCompletionItemOptions | None:
    """What the client can do with items."""
    document = server.client_capabilities.text_document
    return document.completion.completion_item if document and document.completion else None


def _has_inline(server: SignoffServer) -> bool:
    document = server.client_capabilities.text_document
    return bool(document and document.inline_completion)
