"""One thin file a feature of the protocol; register() in each hangs it onto the server."""

from __future__ import annotations

from signoff.lsp_server.handlers import (
    code_action,
    commands,
    completion,
    configuration,
    diagnostics,
    hover,
    inline_completion,
    lifecycle,
    sync,
)
from signoff.lsp_server.server import SignoffServer

FEATURES = (
    lifecycle,
    configuration,
    sync,
    diagnostics,
    hover,
    code_action,
    inline_completion,
    completion,
    commands,
)


def register(server: SignoffServer) -> None:
    """Register every feature."""
    for feature in FEATURES:
        feature.register(server)
