"""initialize, initialized, shutdown."""

from __future__ import annotations

from lsprotocol import types
from signoff.lsp_server.server import SignoffServer
from signoff.lsp_server.settings import parse
from signoff.lsp_server.uris import path_of


def register(server: SignoffServer) -> None:
    """Register the handshake and its end."""

    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        server.settings, server.settings_messages = parse(params.initialization_options)
        server.publisher.push = _can_be_pushed_to(params.capabilities)
        folders = [path_of(folder.uri) for folder in params.workspace_folders or ()]
        if not folders and params.root_uri:
            folders = [path_of(params.root_uri)]
        server.take_folders(folders)
        server.apply_settings()
        server.introduced.set()

    @server.feature(types.INITIALIZED)
    async def initialized(params: types.InitializedParams) -> None:
        for message in server.settings_messages:
            server.warn(message)
        server.spawn(server.connect())

    @server.feature(types.SHUTDOWN)
    async def shutdown(params: None) -> None:
        await server.close()


def _can_be_pushed_to(capabilities: types.ClientCapabilities) -> bool:
    """Clients that can do both would show everything twice if both were offered; pushing is the faster way."""
    document = capabilities.text_document
    return not (document and document.diagnostic and not document.publish_diagnostics)
