"""Where an API key comes from, and where it may go."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from model_server_fake import Call, FakeServer

from signoff.completion.model import keys, registry
from signoff.completion.model.address import server_url, shown
from signoff.completion.model.protocol import Misconfigured
from signoff.completion.settings import CompletionSettings
from signoff.verifiers.workers import WorkerPool


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    keys._remembered.clear()
    yield
    keys._remembered.clear()


def key(url: str, env: str = "") -> str:
    return keys.key_for(CompletionSettings(url=url, api_key_env=env))


def test_the_environment_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    keys.remember("https://gpu:8000", "stored")
    assert key("https://gpu:8000") == "stored"
    monkeypatch.setenv("MY_KEY", " from-env\n")
    assert key("https://gpu:8000", "MY_KEY") == "from-env"


def test_a_variable_that_is_not_set_is_told() -> None:
    with pytest.raises(Misconfigured, match="MY_KEY, which is not set"):
        key("https://gpu:8000", "MY_KEY")


@pytest.mark.parametrize(
    "other", ["https://gpu:8001", "http://gpu:8000", "https://gpu.evil.example:8000", "https://evil/?gpu:8000", ""]
)
def test_a_stored_key_goes_to_its_own_server_only(other: str) -> None:
    keys.remember("https://gpu:8000/v1/", "stored")
    assert key(other) == ""
    assert key("https://GPU:8000") == "stored"


def test_the_default_port_is_a_port() -> None:
    keys.remember("https://api.example.com", "stored")
    assert key("https://api.example.com:443/v1") == "stored"
    assert key("http://api.example.com") == ""


def test_an_empty_key_is_forgotten() -> None:
    keys.remember("https://gpu", "stored")
    keys.remember("https://gpu", " ")
    assert key("https://gpu") == ""


async def test_a_key_that_no_header_can_hold_is_told_without_it() -> None:
    async def handler(call: Call) -> None:
        await call.json({})

    async with FakeServer(handler) as server:
        for bad in ("schlüssel\u2028", "two\nlines"):
            keys.remember(server.url, bad)
            with pytest.raises(Misconfigured) as caught:
                await registry.open_model(CompletionSettings(url=server.url, backend="openai"), WorkerPool())
            assert bad not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("localhost:8000", "http://localhost:8000"),
        (" http://h:1/v1/ ", "http://h:1"),
        ("https://h/v1", "https://h"),
        ("", ""),
    ],
)
def test_users_write_addresses_in_several_ways(given: str, used: str) -> None:
    assert server_url(given) == used


def test_a_shown_address_has_no_secret() -> None:
    assert shown("https://me:pw@h:1/path?token=x#y") == "https://h:1/path"
    assert "pw" not in shown("http://me:pw@[::1")
