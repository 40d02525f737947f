"""The transports: standard input and output, and TCP on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import stat
import sys
from threading import Event

from pygls.io_ import StdinAsyncReader, StdoutWriter, run_async

from signoff.lsp_server.server import SignoffServer, build, watch_parent

log = logging.getLogger(__name__)


async def serve_stdio() -> int:
    """Serve one client on standard input and output until it says exit or goes away. Returns the exit status."""
    server = build()
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints must not garble the protocol
    server.protocol.set_writer(StdoutWriter(output))
    return await _serve(server, await _stdin())


async def serve_tcp(host: str, port: int) -> None:
    """Listen for clients; each gets a server of its own. Prints the address that is listened on to stderr."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server = build()
        server.protocol.set_writer(writer)
        with contextlib.suppress(ConnectionError):
            await _serve(server, reader)
        with contextlib.suppress(ConnectionError):
            writer.close()
            await writer.wait_closed()

    listener = await asyncio.start_server(connected, host, port)
    for socket in listener.sockets:
        address = socket.getsockname()
        print(f"signoff listens on {address[0]}:{address[1]}", file=sys.stderr, flush=True)
    async with listener:
        await listener.serve_forever()


async def _serve(server: SignoffServer, reader: object) -> int:
    """Serve until exit, end of input or the client's death. As the protocol has it: 0 only after a shutdown request."""
    messages = run_async(Event(), reader, server.protocol, log, server.report_server_error)  # type: ignore[arg-type]
    ways = [asyncio.ensure_future(way) for way in (messages, server.stopped.wait(), _parent_gone(server))]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        await server.close()
    return 0 if server.protocol.shut_down else 1


async def _parent_gone(server: SignoffServer) -> None:
    await server.introduced.wait()
    if server.process_id is None:
        await asyncio.Event().wait()  # the client did not say who it is: its end of the pipe must do
    else:
        await watch_parent(server.process_id)


async def _stdin() -> object:
    """Standard input as an asynchronous reader: straight from the pipe where there is one, else by a thread."""
    mode = os.fstat(0).st_mode
    if os.name == "posix" and (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)):
        reader = asyncio.StreamReader(limit=1 << 20)
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin.buffer)
        return reader
    return StdinAsyncReader(sys.stdin.buffer)
