"""The model as the editor's user sees it: which there are, which is in use, its key, what was kept of its text."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Any

from signoff.lsp_server.server import SignoffServer

SET_KEY = "signoff/setModelKey"


def register(server: SignoffServer) -> None:
    """Register the requests and commands about models."""

    @server.feature(SET_KEY)
    async def set_model_key(params: Any) -> dict[str, Any]:
        """{url, key}: the key of a model server, out of the client's secret store; "" forgets it. Held in memory."""
        from signoff.completion.model import keys

        url, key = getattr(params, "url", None), getattr(params, "key", None)
        if not (isinstance(url, str) and isinstance(key, str) and url):
            return {"ok": False}
        keys.remember(url, key)
        server.parts.key_changed()
        server.spawn(server.model_state.refresh())
        return {"ok": True}

    @server.command("signoff.models")
    def models() -> list[dict[str, Any]]:
        """The models that can run on this machine, and which are downloaded."""
        from signoff.completion.model import weights

        return [
            {
                "name": entry.name,
                "title": entry.title,
                "bytes": entry.size,
                "downloaded": weights.size_of(weights.path_of(entry)) == entry.size,
            }
            for entry in weights.catalogue()
        ]

    @server.command("signoff.keptCharacters")
    async def kept_characters() -> list[dict[str, Any]]:
        """What was accepted on this machine and what was kept of it, a day, language and model; see tally.Row."""
        return [asdict(row) for row in await asyncio.to_thread(server.acceptance.tally.rows)]
