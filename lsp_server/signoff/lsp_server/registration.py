"""What the server asks of the client once it runs: news of changed settings and files."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from lsprotocol import types

if TYPE_CHECKING:
    from signoff.lsp_server.server import SignoffServer

log = logging.getLogger(__name__)

WATCHED = (
    "**/*.{v,vh,sv,svh,svi,f,vc,core,vlt,filelist}",
    "**/*.{cu,cuh,h,hh,hpp,hxx,inl,cmake}",
    "**/*.{c,cc,cpp,cxx,ld,lds,mk,ioc,svd,uvprojx,ewp}",
    "**/{.cproject,.project,platformio.ini,CMakeCache.txt,eide.json,eide.yml,eide.yaml}",
    "**/{signoff.toml,compile_commands.json,CMakeLists.txt,CMakePresets.json,CMakeUserPresets.json}",
    "**/{setup.py,Makefile,makefile,GNUmakefile}",
)


async def register(server: SignoffServer) -> None:
    """Register for changes with the client; where it has no file watching, watch ourselves."""
    workspace = server.client_capabilities.workspace
    wanted: list[types.Registration] = []
    settings = workspace.did_change_configuration if workspace else None
    if settings and settings.dynamic_registration:
        wanted.append(_registration(types.WORKSPACE_DID_CHANGE_CONFIGURATION, None))
    files = workspace.did_change_watched_files if workspace else None
    if files and files.dynamic_registration:
        watchers = [types.FileSystemWatcher(pattern) for pattern in WATCHED]
        options = types.DidChangeWatchedFilesRegistrationOptions(watchers)
        wanted.append(_registration(types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options))
    else:
        server.watch_files()
    if wanted:
        try:
            await server.client_register_capability_async(types.RegistrationParams(wanted))
        except Exception:
            log.warning("the client refused a registration", exc_info=True)


def _registration(method: str, options: object) -> types.Registration:
    return types.Registration(id=f"signoff-{method}", method=method, register_options=options)
