"""API keys: from the environment, or from the editor's secret store for as long as this process lives.

A key is in no setting, no file, no log and no message; it goes to the server that it was given for and to no other.
"""

from __future__ import annotations

import os

from signoff.completion.model.address import origin
from signoff.completion.model.protocol import Misconfigured
from signoff.completion.settings import CompletionSettings

_remembered: dict[tuple[str, str, int | None], str] = {}


def remember(url: str, key: str) -> None:
    """Keep the key of the server at `url` in memory; an empty one is forgotten."""
    if key.strip():
        _remembered[origin(url)] = key.strip()
    else:
        forget(url)


def forget(url: str) -> None:
    """Drop the key of the server at `url`."""
    _remembered.pop(origin(url), None)


def key_for(settings: CompletionSettings) -> str:
    """The key for settings.url, "" where none is needed. Raises Misconfigured where the named variable is not set.

    The environment's comes first. One from the secret store goes to the very scheme, host and port it was given for.
    """
    key = ""
    if settings.api_key_env:
        key = os.environ.get(settings.api_key_env, "").strip()
        if not key and origin(settings.url) not in _remembered:
            raise Misconfigured(
                f"completion.apiKeyEnv names the environment variable {settings.api_key_env}, which is not set: "
                "set it where the editor is started."
            )
    return key or _remembered.get(origin(settings.url), "")


def remembered() -> tuple[str, ...]:
    """All keys that are in memory now: for whoever has to keep them out of what is written."""
    return tuple(_remembered.values())
