"""A connection to one model server: JSON questions and streamed answers, with errors in words for a person."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx

from signoff.completion.model import trouble
from signoff.completion.model.address import LOOPBACK, host_of, server_url, shown
from signoff.completion.model.protocol import Misconfigured, ModelUnavailable, Piece

CONNECT_SECONDS = 5.0
PROBE_SECONDS = 5.0
# Between two pieces of an answer; the whole is bounded by completion.timeout.
SILENCE_SECONDS = 60.0
# Less than the five seconds after which vLLM's and SGLang's HTTP server closes a connection that rests.
KEPT_SECONDS = 4.0
ERROR_BYTES = 4096
# A line of an answer holds one token, or the whole answer of a server that does not stream.
LINE_BYTES = 4 << 20
# What a server says of all that it is asked, not of one question that it does not know.
REFUSALS = frozenset({401, 403, 429, 503}) | trouble.GATEWAY
STREAMS = ("text/event-stream", "application/x-ndjson", "application/jsonl", "text/plain")


class HttpClient:
    """A connection to one server. The API key goes to its host and nowhere else: redirects are not followed."""

    def __init__(self, url: str, api_key: str = "", transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.url = server_url(url)
        self.shown = shown(self.url)
        self._key = api_key
        # Whether what was last asked for was answered with a web page.
        self.page = False
        if not all("!" <= letter <= "~" for letter in api_key):  # httpx would tell the key in its error
            raise Misconfigured("The API key holds characters that no HTTP header can hold: copy it anew.")
        self._client = httpx.AsyncClient(
            headers={"Authorization": f"Bearer {api_key}"} if api_key else {},
            timeout=httpx.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS, pool=CONNECT_SECONDS),
            transport=transport,
            limits=httpx.Limits(keepalive_expiry=KEPT_SECONDS),
            follow_redirects=False,
            # Reading the certificates takes a tenth of a second, and plain http, without redirects, needs none.
            verify=self.url.startswith("https:"),
            # A proxy for the web must not be asked for this machine's own ports.
            trust_env=host_of(self.url) not in LOOPBACK,
        )

    async def get(self, path: str) -> Any:
        """The JSON at `path`, None where the server has nothing there. Raises ModelUnavailable if it is not there."""
        return await self._json("GET", path, None)

    async def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """The JSON that answers `body`, None where the server refuses. Raises ModelUnavailable if it is not there."""
        return await self._json("POST", path, body)

    async def _json(self, method: str, path: str, body: Mapping[str, Any] | None) -> Any:
        try:
            answer = await self._client.request(method, self.url + path, json=body, timeout=PROBE_SECONDS)
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            raise trouble.unreachable(self.shown, error) from error
        code = answer.status_code
        self.page = answer.is_success and _kind(answer) == "text/html"
        if code in REFUSALS or answer.is_redirect or (method == "GET" and code >= 500 and code != 501):
            raise trouble.refused(self.shown, answer, self._said(answer.content))
        with contextlib.suppress(ValueError):
            return answer.json() if answer.is_success else None
        return None

    async def lines(self, path: str, body: Mapping[str, Any]) -> AsyncIterator[str]:
        """The lines of a streamed answer. Closing the iterator disconnects, which ends the server's work."""
        try:
            answer = await self._sent(path, body)
            try:
                if not answer.is_success:
                    raise trouble.refused(self.shown, answer, self._said(await _beginning(answer)))
                kind = _kind(answer)
                if kind == "text/html":
                    raise trouble.no_model_server(self.shown, "a web page")
                whole = kind not in STREAMS and kind != ""
                async with contextlib.aclosing(_lines(answer.aiter_bytes(), whole)) as source:  # type: ignore[type-var]
                    async for line in source:
                        yield line
            finally:
                await answer.aclose()
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            raise trouble.unreachable(self.shown, error) from error

    async def _sent(self, path: str, body: Mapping[str, Any]) -> httpx.Response:
        """The head of an answer. A kept connection that the server closes just then is no failure: a new one is."""
        request = self._client.build_request("POST", self.url + path, json=body)
        try:
            return await self._client.send(request, stream=True)
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
            return await self._client.send(request, stream=True)

    def error(self, said: object) -> ModelUnavailable:
        """What an error object in the midst of an answer means."""
        return trouble.reported(self.shown, said)

    def _said(self, content: bytes) -> str:
        """The beginning of an error's body; a server may repeat the key in it."""
        text = content[:ERROR_BYTES].decode(errors="replace")
        return text.replace(self._key, "...") if self._key else text

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()


def _kind(answer: httpx.Response) -> str:
    return str(answer.headers.get("content-type", "")).partition(";")[0].strip().lower()


async def _beginning(answer: httpx.Response) -> bytes:
    content = b""
    async for part in answer.aiter_bytes():
        content += part
        if len(content) >= ERROR_BYTES:
            break
    return content


async def _lines(parts: AsyncIterator[bytes], whole: bool) -> AsyncIterator[str]:
    """Lines end at a line feed only: JSON strings may hold the other line ends of Unicode as they are.

    `whole`: one JSON value over all lines, as a server sends it that does not stream.
    """
    rest = b""
    async for part in parts:
        *ended, rest = (rest + part).split(b"\n") if not whole else (rest + part,)
        for line in ended:
            yield line.decode(errors="replace")
        if len(rest) > LINE_BYTES:
            raise httpx.DecodingError("a line without end")
    if rest.strip():
        yield rest.decode(errors="replace")


async def events(client: HttpClient, lines: AsyncIterator[str], *fields: str) -> AsyncIterator[dict[str, Any]]:
    """The JSON objects of a stream of server-sent events, of one object a line, or of a whole answer.

    Ends at [DONE]. Raises ModelUnavailable for what is not JSON, where objects came and none has one of `fields`, and
    for a connection cut before the first object; where it is cut later {"cut": True} comes last: what was sent is of
    use.
    """
    some, known, last = False, False, dict[str, Any]()
    async with contextlib.aclosing(lines) as source:  # type: ignore[type-var]
        try:
            async for line in source:
                text = line.strip().removeprefix("data:").strip()
                if text == "[DONE]":
                    break
                if not text or line.startswith((":", "event:", "id:", "retry:")):
                    continue
                try:
                    event = json.loads(text)
                except ValueError:
                    raise trouble.no_model_server(client.shown, "what is not JSON") from None
                if isinstance(event, dict):
                    some, last = True, event
                    known = known or any(event.get(field) not in (None, []) for field in ("error", *fields))
                    yield event
        except ModelUnavailable:
            if not some:
                raise
            yield {"cut": True}
            return
    if some and not known:
        raise trouble.without_text(client.shown, last)


async def spoken(
    client: HttpClient, lines: AsyncIterator[str], field: str, end: str, limit: tuple[str, str]
) -> AsyncIterator[Piece]:
    """The pieces of one text of which each object tells more.

    `field` holds the text and `end` is true in the last object, which says by `limit` (field, value) that the text was
    cut off by its length. Raises ModelUnavailable where the server reports an error before any text; later, what came
    is of use.
    """
    some = False
    async with contextlib.aclosing(events(client, lines, field, end)) as answers:  # type: ignore[type-var]
        async for answer in answers:
            if answer.get("cut") or (some and answer.get("error")):
                break
            if error := answer.get("error"):
                raise client.error(error)
            ended = bool(answer.get(end))
            finish = ("length" if answer.get(limit[0]) == limit[1] else "stop") if ended else ""
            text = answer.get(field)
            if (isinstance(text, str) and text) or finish:
                some = True
                yield Piece(text if isinstance(text, str) else "", 0, finish)
            if ended:
                return
    if some:
        yield Piece("", 0, "cut")
