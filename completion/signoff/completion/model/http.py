"""What every model behind HTTP shares: one client, streamed lines, and errors in words for a person."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx

from signoff.completion import fim
from signoff.completion.model.protocol import Budget, Description, ModelUnavailable, ServerUnreachable
from signoff.completion.settings import CompletionSettings

CONNECT_SECONDS = 5.0
PROBE_SECONDS = 5.0
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1", "[::1]"})


def server_url(url: str) -> str:
    """The base URL without a trailing /v1: users give either."""
    url = url.strip().rstrip("/")
    return url.removesuffix("/v1") if "://" in url or not url else f"http://{url}".removesuffix("/v1")


class HttpClient:
    """A connection to one server. The API key is read from the environment and goes nowhere else."""

    def __init__(self, url: str, api_key: str = "", transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.url = server_url(url)
        host = urlsplit(self.url).hostname or ""
        self._client = httpx.AsyncClient(
            headers={"Authorization": f"Bearer {api_key}"} if api_key else {},
            timeout=httpx.Timeout(None, connect=CONNECT_SECONDS, pool=CONNECT_SECONDS),
            transport=transport,
            # A proxy for the web must not be asked for this machine's own ports.
            trust_env=host not in LOOPBACK,
        )

    async def get(self, path: str) -> Any:
        """The JSON at `path`, None where the server answers otherwise. Raises ModelUnavailable if it is not there."""
        return await self._json("GET", path, None)

    async def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """The JSON that answers `body`, None where the server refuses. Raises ModelUnavailable if it is not there."""
        return await self._json("POST", path, body)

    async def _json(self, method: str, path: str, body: Mapping[str, Any] | None) -> Any:
        try:
            answer = await self._client.request(method, self.url + path, json=body, timeout=PROBE_SECONDS)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._unreachable(error) from error
        if answer.status_code in (401, 403):
            raise ModelUnavailable(
                f"The model server at {self.url} refuses the API key (HTTP {answer.status_code}): set "
                "completion.api_key_env to the name of the environment variable that holds it."
            )
        with contextlib.suppress(ValueError):
            return answer.json() if answer.is_success else None
        return None

    async def lines(self, path: str, body: Mapping[str, Any]) -> AsyncIterator[str]:
        """The lines of a streamed answer. Closing the iterator disconnects, which ends the server's work."""
        try:
            async with self._client.stream("POST", self.url + path, json=body) as answer:
                if not answer.is_success:
                    detail = (await answer.aread()).decode(errors="replace").strip()[:300]
                    raise ModelUnavailable(
                        f"The model server at {self.url} answers HTTP {answer.status_code}: {detail}"
                    )
                async for line in answer.aiter_lines():
                    yield line
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._unreachable(error) from error

    def _unreachable(self, error: Exception) -> ServerUnreachable:
        reason = str(error) or type(error).__name__
        return ServerUnreachable(f"No model server answers at {self.url} ({reason}).")

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()


async def events(lines: AsyncIterator[str]) -> AsyncIterator[dict[str, Any]]:
    """The JSON objects of a stream of server-sent events, or of one object a line (Ollama)."""
    async with contextlib.aclosing(lines) as source:  # type: ignore[type-var]
        async for line in source:
            line = line.removeprefix("data:").strip()
            if line == "[DONE]":
                return
            if not line.startswith("{"):
                continue
            with contextlib.suppress(ValueError):
                yield json.loads(line)


def api_key(settings: CompletionSettings) -> str:
    """The key of the environment variable that the settings name. Raises ModelUnavailable if it is not set."""
    if not settings.api_key_env:
        return ""
    key = os.environ.get(settings.api_key_env, "")
    if not key:
        raise ModelUnavailable(f"completion.api_key_env names {settings.api_key_env}, which is not set.")
    return key


async def find_family(name: str, settings: CompletionSettings, count_tokens: Callable[[str], Any] | None = None) -> str:
    """The template family: the user's choice, else by the model's name, else by the tokenizer's own tokens.

    `count_tokens` is an awaitable function that says into how many tokens the served model cuts a text.
    """
    if settings.family:
        return settings.family
    if known := fim.by_name(name):
        return known.name
    for family in fim.FAMILIES if count_tokens else ():
        if family.marker and await count_tokens(family.marker) == 1:  # type: ignore[misc]
            return family.name
    return ""


def describe(
    name: str, backend: str, family: str, settings: CompletionSettings, budget: Budget | None = None
) -> Description:
    """A Description with the budget that the settings ask for, else the backend's own."""
    default = budget or Budget()
    chosen = Budget(
        settings.prefix_tokens or default.prefix,
        settings.suffix_tokens or default.suffix,
        settings.context_tokens if settings.context_tokens >= 0 else default.passages,
    )
    return Description(name, backend, family, chosen)
