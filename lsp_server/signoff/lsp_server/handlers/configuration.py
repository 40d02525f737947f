"""Settings and files that change while the server runs: from the client, or by our own watching where it has none."""

from __future__ import annotations

from lsprotocol import types

from signoff.lsp_server.server import SignoffServer
from signoff.lsp_server.uris import path_of


def register(server: SignoffServer) -> None:
    """Register what the client tells about settings, files and folders."""

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    async def did_change_configuration(params: types.DidChangeConfigurationParams) -> None:
        if params.settings:
            server.configure(params.settings)
        else:
            # Clients of the newer kind send nothing: the settings are asked for.
            await server.pull_settings()

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    async def did_change_watched_files(params: types.DidChangeWatchedFilesParams) -> None:
        await server.parts.checking.files_changed([path for change in params.changes if (path := path_of(change.uri))])

    @server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    async def did_change_workspace_folders(params: types.DidChangeWorkspaceFoldersParams) -> None:
        server.take_folders(server.workspace.folders)
