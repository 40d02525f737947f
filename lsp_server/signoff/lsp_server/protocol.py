"""pygls' protocol with Signoff's own documents, and the handshake's answers that pygls has no option for."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.protocol import LanguageServerProtocol
from pygls.protocol.language_server import lsp_method

if TYPE_CHECKING:
    from signoff.lsp_server.server import SignoffServer


class SignoffProtocol(LanguageServerProtocol):
    """Hands text synchronization to signoff.lsp_server.documents (see there why not to pygls)."""

    _server: SignoffServer

    @lsp_method(types.INITIALIZE)
    def lsp_initialize(self, params: types.InitializeParams) -> Generator[Any, Any, types.InitializeResult]:
        """Answer the handshake; a client that can be pushed to is not asked to pull the same diagnostics again."""
        result: types.InitializeResult = yield from super().lsp_initialize(params)
        encoding = result.capabilities.position_encoding or types.PositionEncodingKind.Utf16
        self._server.documents.encoding = str(getattr(encoding, "value", encoding))
        if self._server.push:
            result.capabilities.diagnostic_provider = None
        # Only what the answer needs has been imported; the rest is built once the answer is on its way.
        asyncio.get_running_loop().call_soon(lambda: self._server.parts)
        return result

    def structure_message(self, data: dict[str, Any]) -> Any:
        """Read a message; a request that is not of its method's form is answered so, where pygls lets it hang."""
        try:
            return super().structure_message(data)
        except JsonRpcException as error:
            if "jsonrpc" in data and "method" in data and "id" in data:
                reason = f"{data['method']}: the parameters are not of the form that the protocol asks for"
                code = types.ErrorCodes.InvalidParams.value
                self._send_response(data["id"], error=types.ResponseError(code=code, message=reason))
            raise error

    def _run_generator(self, future: Any, *, gen: Generator[Any, Any, Any], result_future: Any) -> None:
        """Run a part of a built-in request; cancelling the request also ends the command that it waits for.

        pygls cancels the request's own future only: an emulator would run on.
        """
        before = set(self._request_futures)
        super()._run_generator(future, gen=gen, result_future=result_future)
        started = [self._request_futures[name] for name in self._request_futures.keys() - before]

        def end(done: Any) -> None:
            if done.cancelled():
                for one in started:
                    one.cancel()

        if started:
            result_future.add_done_callback(end)

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        """Take the document's text."""
        self._server.opened(params.text_document)

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        """Apply the edits."""
        self._server.edited(params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        """Forget the document."""
        self._server.closed(params.text_document.uri)

    @lsp_method(types.EXIT)
    def lsp_exit(self, *args: Any) -> None:  # type: ignore[override]
        """End this client's server; pygls would end the whole process, and with it our workers' clean-up."""
        self._server.stopped.set()

    @property
    def shut_down(self) -> bool:
        """Whether the client has asked for shutdown."""
        return self._shutdown

    def notify_json(self, method: str, params: dict[str, Any]) -> None:
        """Send a notification of plain JSON data as it is: no conversion through lsprotocol's classes."""
        self._send_data({"jsonrpc": self.VERSION, "method": method, "params": params})
