"""The command that explains a finding: facts first, a model's words only where there is one, and marked."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from signoff.lsp_server.documents import Document
from signoff.lsp_server.handlers.code_action import EXPLAIN
from signoff.lsp_server.handlers.hover import hover_at
from signoff.lsp_server.server import SignoffServer
from signoff.verifiers.finding import Finding

if TYPE_CHECKING:
    from signoff.diagnostics.explain.finding import Asked

# Seconds that the facts of a place may take: an explanation is read when it is asked for.
FACTS_SECONDS = 5.0
# Characters of an explanation in a message, for clients that show no documents.
MESSAGE = 600
PAPER = "explanation.md"


def register(server: SignoffServer) -> None:
    """Register the command."""

    @server.command(EXPLAIN)
    async def explain(*arguments: Any) -> dict[str, Any]:
        """(uri, {code, line, character, show, words}): what a finding means, as Markdown.

        It is shown unless `show` is false, and a model's words follow; a client that shows it itself asks for them with
        `words`.
        """
        uri, about = (str(arguments[0]) if arguments else ""), _plain(arguments[1] if len(arguments) > 1 else None)
        document = server.documents.get(uri)
        finding = _finding(server, document, about) if document is not None else None
        if document is None or finding is None:
            server.warn("Signoff: the finding is not there any more")
            return {"ok": False, "markdown": ""}
        return {"ok": True, "markdown": await _told(server, document, finding, about)}


async def _told(server: SignoffServer, document: Document, finding: Finding, about: Mapping[str, Any]) -> str:
    """The explanation, shown as it grows where the server is to show it."""
    from signoff.diagnostics.explain.finding import explained

    show = bool(about.get("show", True))
    asked = await _asked(server, document, finding)
    text = explained(asked)
    if show:
        await _show(server, text)
    if about.get("words", show) and (worded := await _worded(server, asked)) is not asked:
        text = explained(worded)
        if show:
            await _show(server, text)
    return text


async def _asked(server: SignoffServer, document: Document, finding: Finding) -> Asked:
    from signoff.diagnostics.explain.finding import Asked

    facts, offered, versions = await asyncio.gather(
        _facts(server, document, finding),
        server.parts.fixing.fixes(document.uri, [finding], automatic=True),
        asyncio.to_thread(_versions, server, finding),
    )
    said = server.parts.store.findings(document.path)
    titles = [one.fix.title for one in offered]
    return Asked(finding, document.text, document.language, said, versions, facts, titles)


async def _worded(server: SignoffServer, asked: Asked) -> Asked:
    """The same with a model's words, where there is one that can be talked to. The user may cancel that."""
    if not server.parts.settings.diagnostics.model_fixes or not await server.parts.fixing.model_name(wait=True):
        return asked
    from signoff.completion.model.chat import chatting
    from signoff.completion.model.protocol import ModelUnavailable
    from signoff.diagnostics.explain.words import words

    server.watched("Signoff: the model explains")
    try:
        chat = await chatting(await server.parts.model())
        said = await words(chat, asked)
    except ModelUnavailable:
        return asked
    return replace(asked, words=said, model=chat.description.name) if said else asked


async def _facts(server: SignoffServer, document: Document, finding: Finding) -> str:
    """The hover of the place, or "" where it is not to be had in time."""
    try:
        async with asyncio.timeout(FACTS_SECONDS):
            found = await hover_at(server, document, (finding.span.start_line, finding.span.start_column))
    except TimeoutError:
        return ""
    contents = found.contents if found is not None else None
    return contents.value if isinstance(contents, types.MarkupContent) else ""


def _versions(server: SignoffServer, finding: Finding) -> Mapping[str, str]:
    """The versions of the tools that speak, by the names that findings and verifiers have for them."""
    from signoff.diagnostics.fixes.search import version_of
    from signoff.verifiers.display import display
    from signoff.verifiers.verifier import tool_of

    found: dict[str, str] = {}
    told = {finding.tool, *finding.tools}
    for verifier in server.parts.verifiers:
        names = {tool_of(verifier), display(tool_of(verifier))}
        if names & told:
            found.update(dict.fromkeys(names, version_of(verifier, server.parts.settings.verifiers)))
    return found


def _finding(server: SignoffServer, document: Document, about: Mapping[str, Any]) -> Finding | None:
    """The finding that is meant: of the code on the line, the nearest to the column; without a code any on the line."""
    line, column = about.get("line"), about.get("character")
    if not isinstance(line, int) or not isinstance(column, int):
        return None
    place = document.position(line, column, server.documents.encoding)
    found = [one for one in server.parts.publisher.merged(document.path) if one.span.start_line == place[0]]
    named = [one for one in found if one.code == about.get("code")] or ([] if about.get("code") else found)
    return min(named, key=lambda one: abs(one.span.start_column - place[1]), default=None)


async def _show(server: SignoffServer, text: str) -> None:
    """Open it as a document, where the client can; else a message."""
    window = server.client_capabilities.window
    if window is not None and window.show_document is not None and window.show_document.support:
        path = await asyncio.to_thread(server.papers.write, PAPER, text)
        await server.window_show_document_async(types.ShowDocumentParams(path.as_uri(), take_focus=True))
        return
    short = text if len(text) <= MESSAGE else f"{text[:MESSAGE]}..."
    server.window_show_message(types.ShowMessageParams(types.MessageType.Info, short))


def _plain(value: Any) -> dict[str, Any]:
    """An argument as a dict, in whatever form pygls has read it."""
    if isinstance(value, Mapping):
        return dict(value)
    return dict(value._asdict()) if hasattr(value, "_asdict") else {}
