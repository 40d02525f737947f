"""One thin file a feature of the protocol; register() in each hangs it onto the server."""

from __future__ import annotations

from signoff.lsp_server.handlers import (
    code_action,
    code_lens,
    commands,
    completion,
    configuration,
    definition,
    diagnostics,
    explain,
    hover,
    inline_completion,
    lifecycle,
    model,
    structure,
    sync,
)
from signoff.lsp_server.server import SignoffServer

FEATURES = (
    lifecycle,
    model,
    configuration,
    sync,
    diagnostics,
    hover,
    definition,
    structure,
    code_action,
    explain,
    code_lens,
    inline_completion,
    completion,
    commands,
)


def register(server: SignoffServer) -> None:
    """Register every feature."""
    for feature in FEATURES:
        feature.register(server)
