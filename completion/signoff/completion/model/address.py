"""Addresses of model servers: as users write them, as requests need them, and as a message may show them."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def server_url(url: str) -> str:
    """The base URL without a trailing /v1: users give either, with or without http://."""
    url = url.strip().rstrip("/")
    return url.removesuffix("/v1") if "://" in url or not url else f"http://{url}".removesuffix("/v1")


def host_of(url: str) -> str:
    """The host of a URL, "" where it has none."""
    return origin(url)[1]


def origin(url: str) -> tuple[str, str, int | None]:
    """(scheme, host, port) of a server's URL: what a key may be sent to."""
    try:
        parts = urlsplit(server_url(url))
        scheme = parts.scheme.lower()
        return scheme, (parts.hostname or "").lower(), parts.port or {"http": 80, "https": 443}.get(scheme)
    except ValueError:
        return "", url, None


def shown(url: str) -> str:
    """A URL without user, password, query and fragment: fit for a message or a log."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url.rpartition("@")[2]
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
