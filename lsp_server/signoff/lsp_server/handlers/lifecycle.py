"""initialize, initialized, shutdown."""

from __future__ import annotations

from lsprotocol import types

from signoff.lsp_server.server import SignoffServer
from signoff.lsp_server.uris import path_of


def register(server: SignoffServer) -> None:
    """Register the handshake and its end."""

    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        uris = [folder.uri for folder in params.workspace_folders or ()] or [params.root_uri or ""]
        server.folders = tuple(path for uri in uris if (path := path_of(uri)))
        server.options = params.initialization_options
        server.push = _can_be_pushed_to(params.capabilities)
        server.introduced.set()

    @server.feature(types.INITIALIZED)
    async def initialized(params: types.InitializedParams) -> None:
        server.spawn(server.connect())

    @server.feature(types.SHUTDOWN)
    async def shutdown(params: None) -> None:
        await server.close()


def _can_be_pushed_to(capabilities: types.ClientCapabilities) -> bool:
    """Clients that can do both would show everything twice if both were offered; pushing is the faster way."""
    document = capabilities.text_document
    return not (document and document.diagnostic and not document.publish_diagnostics)
