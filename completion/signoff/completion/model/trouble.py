"""What goes wrong with a model server, as one sentence for a person: which server, what it said, what to do."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from signoff.completion.model.address import shown
from signoff.completion.model.protocol import (
    Misconfigured,
    ModelChanged,
    ModelUnavailable,
    NoModelServer,
    PromptTooLong,
    ServerBusy,
    ServerLoading,
    ServerUnreachable,
)

DETAIL = 200
# What a proxy answers whose server is not there: it is starting, or has ended.
GATEWAY = frozenset({502, 504})
KEY_HINT = "set completion.apiKeyEnv to the name of the environment variable that holds it, or give it in the editor"
_TOO_LONG = re.compile(
    r"maximum (?:context|model|input) length|context (?:length|size|window)|exceed_context_size|too (?:long|large)"
    r"|too many tokens|max_model_len",
    re.IGNORECASE,
)
_LIMIT = re.compile(
    r"(?:context length (?:is|of)(?: only)?|n_ctx\"?:?|context size \(?|max_model_len\D{0,4})\s*(\d+)", re.IGNORECASE
)


def unreachable(url: str, error: Exception) -> ModelUnavailable:
    """No answer at all came from `url`."""
    reason = str(error) or type(error).__name__
    if isinstance(error, (httpx.InvalidURL, httpx.UnsupportedProtocol)):
        return Misconfigured(f"completion.url {url} is not the address of a server ({reason}).")
    if "CERTIFICATE_VERIFY_FAILED" in reason:
        return Misconfigured(
            f"The certificate of {url} is not trusted: set the environment variable SSL_CERT_FILE to your "
            f"organisation's certificates."
        )
    if "WRONG_VERSION_NUMBER" in reason or "RECORD_LAYER_FAILURE" in reason:
        return Misconfigured(f"{url} does not speak TLS: write http:// instead of https:// in completion.url.")
    if "SSL" in reason:
        return Misconfigured(f"No secure connection to {url} can be made ({reason[:DETAIL]}).")
    if isinstance(error, httpx.TimeoutException):
        return ServerUnreachable(f"The model server at {url} does not answer in time ({type(error).__name__}).")
    return ServerUnreachable(f"No model server answers at {url} ({reason[:DETAIL]}).")


def refused(url: str, answer: httpx.Response, body: str) -> ModelUnavailable:
    """`answer` is not a success; `body` is the beginning of what it says, free of secrets."""
    code, said = answer.status_code, detail(body)
    if code in (401, 403):
        return Misconfigured(f"The model server at {url} refuses the API key (HTTP {code}): {KEY_HINT}.")
    if answer.is_redirect:
        target = shown(answer.headers.get("location", ""))
        return Misconfigured(f"The model server at {url} redirects to {target}: set completion.url to that server.")
    if code in GATEWAY:
        return ServerUnreachable(f"The model server at {url} is down (HTTP {code}){said}")
    if code in (429, 503):
        wait = retry_after(answer.headers.get("retry-after", ""))
        why = "has too many requests" if code == 429 else "is not ready"
        again = f"; it asks to wait {wait:.0f} s" if wait else ""
        kind = ServerBusy if code == 429 else ServerLoading
        return kind(f"The model server at {url} {why} (HTTP {code}{again}){said}", wait)
    if code in (400, 413, 422) and _TOO_LONG.search(body):
        return PromptTooLong(f"The prompt is too long for the model at {url}{said}", limit_in(body))
    if code == 404 and "model" in body.lower():
        return ModelChanged(f"The server at {url} does not serve that model (any more): see completion.model{said}")
    if code == 404:
        return Misconfigured(
            f"The server at {url} has no completions at this address (HTTP 404): completion.url must be the address of "
            "a model server, with or without /v1."
        )
    return ModelUnavailable(f"The model server at {url} answers HTTP {code}{said}")


def no_model_server(url: str, kind: str) -> NoModelServer:
    """A success whose content is no answer to what was asked: `kind` says what it is."""
    return NoModelServer(f"What answers at {url} is no model server (it sends {kind}): see completion.url.")


def without_text(url: str, event: dict[str, object]) -> NoModelServer:
    """An answer in which no text was said to be: `event` is the last of it."""
    fields = ", ".join(map(repr, list(event)[:5])) or "nothing"
    return NoModelServer(
        f"The server at {url} answers without text (it sends {fields}): is completion.url the address of a model "
        "server for completions?"
    )


def reported(url: str, error: object) -> ModelUnavailable:
    """An error object that came in the midst of an answer."""
    text = error.get("message") if isinstance(error, dict) else error
    words = str(text or error)
    if _TOO_LONG.search(words):
        return PromptTooLong(f"The prompt is too long for the model at {url}: {words[:DETAIL]}", limit_in(words))
    if "not found" in words and "model" in words:
        return ModelChanged(f"The server at {url} does not serve that model (any more): {words[:DETAIL]}")
    return ModelUnavailable(f"The model server at {url} reports: {words[:DETAIL]}")


def detail(body: str) -> str:
    """ ": " and what an error's body says in words, "." where it says nothing fit for a person."""
    text = body.strip()
    try:
        data = json.loads(text)
        inner = data.get("error") or data.get("detail") or data.get("message") if isinstance(data, dict) else ""
        text = str(inner.get("message") or inner) if isinstance(inner, dict) else str(inner or "")
    except ValueError:
        if text.startswith("<"):
            text = ""
    text = " ".join(text.split())
    return f": {text[:DETAIL]}" if text else "."


def limit_in(text: str) -> int:
    """The context's length in tokens that an error names, 0 where it names none."""
    found = _LIMIT.search(text)
    return int(found[1]) if found else 0


def retry_after(value: str, now: datetime | None = None) -> float:
    """Seconds of a Retry-After header: a number or a date (RFC 9110, section 10.2.3); 0 for anything else."""
    value = value.strip()
    if value.isdecimal():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, IndexError, TypeError):
        return 0.0
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max((moment - (now or datetime.now(UTC))).total_seconds(), 0.0)
