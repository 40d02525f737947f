"""Commands that a client's palette offers."""

from __future__ import annotations

import logging
from typing import Any

from signoff.lsp_server.handlers.inline_completion import ACCEPTED
from signoff.lsp_server.server import SignoffServer
from signoff.verifiers.verifier import tool_of

log = logging.getLogger(__name__)


def register(server: SignoffServer) -> None:
    """Register the server's commands."""

    @server.command("signoff.checkDeep")
    async def check_deep(*uris: Any) -> None:
        """Run everything that runs on save, for one document or all."""
        for document in server.documents:
            if not uris or document.uri in uris:
                server.parts.checking.saved(document)

    @server.command("signoff.warmYosys")
    async def warm_yosys() -> None:
        """Compile Yosys for this machine, once, with progress."""
        await server.warm_yosys()

    @server.command(ACCEPTED)
    def completion_accepted(about: dict[str, Any]) -> None:
        """The user took a completion."""
        log.info("taken: a completion by %s, accepted by %s", about.get("model"), ", ".join(about.get("tools", ())))

    @server.command("signoff.status")
    async def status() -> dict[str, Any]:
        """What runs and what is off, as plain data: tools, model, projects of the open documents."""
        settings = server.parts.settings.verifiers
        tools = {tool_of(verifier): verifier.available(settings) for verifier in server.parts.verifiers}
        model = await server.parts.engine.status()
        return {
            "tools": [
                {"name": name, "available": found.available, "version": found.version, "reason": found.reason}
                for name, found in tools.items()
            ],
            "model": {"name": model.name, "backend": model.backend, "ready": model.ready, "message": model.message},
            "projects": {document.uri: server.parts.workspace.describe(document.path) for document in server.documents},
        }
