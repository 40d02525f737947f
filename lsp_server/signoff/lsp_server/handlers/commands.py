"""Commands that a client's palette offers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

from lsprotocol import types

from signoff.lsp_server.on_demand import OnDemand, build_extension, compile_whole, verdict
from signoff.lsp_server.server import SignoffServer
from signoff.verifiers.finding import Severity


def register(server: SignoffServer) -> None:
    """Register the server's commands."""

    @server.command("signoff.checkDeep")
    async def check_deep(*uris: Any) -> None:
        """Run everything that runs on save, for one document or all."""
        for document in server.documents:
            if not uris or document.uri in uris:
                server.parts.checking.saved(document)

    @server.command("signoff.compileUnit")
    async def compile_unit(*uris: Any) -> dict[str, Any]:
        """Compile a CUDA document entirely (nvcc -c), with progress; the answer says how it went."""
        return await _on_demand(server, uris, compile_whole, "nvcc", "Signoff: compiling")

    @server.command("signoff.buildExtension")
    async def build(*uris: Any) -> dict[str, Any]:
        """Have torch build what a Python document gives to load_inline, with progress; only where trusted."""
        return await _on_demand(server, uris, build_extension, "torch", "Signoff: torch builds the extension")

    @server.command("signoff.runEmulator")
    async def run_emulator(*arguments: Any) -> dict[str, Any]:
        """Run a C document's image: (uri, engine), the engine qemu, unicorn or renode. Its output is a notification."""
        return await _emulate(server, str(arguments[0]) if arguments else "", *map(str, arguments[1:2]))

    @server.command("signoff.memory")
    def memory(*uris: Any) -> dict[str, Any] | None:
        """The parameters of signoff/memory for a C document's image; null where it is of none, or not yet linked."""
        return server.parts.firmware.memory(str(uris[0])) if uris else None

    @server.command("signoff.warmYosys")
    async def warm_yosys() -> None:
        """Compile Yosys for this machine, once, with progress."""
        await server.warm_yosys()

    @server.command("signoff.status")
    async def status() -> dict[str, Any]:
        """What runs and what is off, as plain data: tools, model, what was kept, projects of the open documents."""
        from signoff.completion.tally import in_words
        from signoff.lsp_server.model_state import model_json  # not for the server's start
        from signoff.verifiers.verifier import tool_of

        settings = server.parts.settings.verifiers
        tools = {tool_of(verifier): verifier.available(settings) for verifier in server.parts.verifiers}
        return {
            "tools": [
                {"name": name, "available": found.available, "version": found.version, "reason": found.reason}
                for name, found in tools.items()
            ],
            "model": model_json(await server.parts.engine.status()),
            "kept": in_words(await asyncio.to_thread(server.acceptance.tally.rows)),
            "projects": {document.uri: server.parts.workspace.describe(document.path) for document in server.documents},
        }


async def _on_demand(
    server: SignoffServer, uris: Sequence[Any], work: OnDemand, name: str, title: str
) -> dict[str, Any]:
    """Run what the user asks for on one open document; findings stand in the place of those of the verifier `name`."""
    seen = server.parts.checking.look(str(uris[0])) if uris else None
    if seen is None:
        return _told(server, False, "Signoff: open the file first; the command needs its uri")
    server.watched(f"{title} {PurePath(seen[0].path).name}")
    outcome = await work(*seen)
    if outcome is None:
        return _told(server, False, f"Signoff: {PurePath(seen[0].path).name} has nothing that this command is for")
    server.parts.checking.demanded(*seen, name, outcome)
    accepted = outcome.judged and not any(finding.severity is Severity.ERROR for finding in outcome.findings)
    return _told(server, accepted, f"Signoff: {verdict(outcome, PurePath(seen[0].path).name)}")


async def _emulate(server: SignoffServer, uri: str, engine: str = "qemu") -> dict[str, Any]:
    seen = server.parts.checking.look(uri)
    if seen is None or seen[1].image is None:
        return _told(server, False, "Signoff: open a file of a firmware image first; the command needs its uri")
    from signoff.lsp_server.firmware import OUTPUT_NOTIFICATION, verdict

    name = seen[1].image.name
    server.watched(f"Signoff: running {name} in {engine}")

    def stream(text: str) -> None:
        server.protocol.notify_json(OUTPUT_NOTIFICATION, {"uri": uri, "engine": engine, "text": text})

    return _told(server, *verdict(await server.parts.firmware.emulate(*seen, engine, stream), f"{name} in {engine}"))


def _told(server: SignoffServer, ok: bool, message: str) -> dict[str, Any]:
    kind = types.MessageType.Info if ok else types.MessageType.Warning
    server.window_show_message(types.ShowMessageParams(kind, message))
    return {"ok": ok, "message": message}
