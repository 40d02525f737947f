"""All of Signoff's settings in one place, and reading them from whatever a client sends.

The dataclasses are the one source: the VS Code client's form and docs/settings.md are generated from them
(`python -m signoff.lsp_server.settings_schema --write`).
"""

from __future__ import annotations

import reprlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from signoff.completion.settings import CompletionSettings
from signoff.diagnostics.settings import DiagnosticsSettings
from signoff.lsp_server.settings_values import Option, allowed, camel, convert, options, with_values
from signoff.verifiers.settings import VerifierSettings, setting

SECTION = "signoff"


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """How an editor finds the server, and what the server logs."""

    path: str = setting(
        "",
        "VS Code: path of the `signoff` command to start; empty: the one on PATH, else one that the client installs.",
    )
    port: int = setting(
        0,
        "VS Code: connect to a server that already listens on this port of this machine (`signoff serve --tcp`) "
        "instead of starting one; 0: start one.",
        minimum=0,
        maximum=65535,
    )
    log_level: str = setting(
        "info",
        "The least important messages that the server writes to its log.",
        enum=["error", "warning", "info", "debug"],
    )


@dataclass(frozen=True, slots=True)
class TraceSettings:
    """What the editor writes down of the protocol."""

    server: str = setting(
        "messages",
        "VS Code: what the output panel shows of the messages between editor and server, once its log level is Trace.",
        enum=["off", "messages", "verbose"],
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting. `trusted` is never a setting of a workspace: it says whether the user trusts that workspace."""

    verifiers: VerifierSettings = field(default_factory=VerifierSettings)
    diagnostics: DiagnosticsSettings = field(default_factory=DiagnosticsSettings)
    completion: CompletionSettings = field(default_factory=CompletionSettings)
    server: ServerSettings = field(default_factory=ServerSettings)
    trace: TraceSettings = field(default_factory=TraceSettings)
    trusted: bool = setting(
        False,
        "Whether the user trusts the workspace: only then is a tool, plugin, flag or script that it names run.",
    )


DEFAULTS = Settings()


def parse(raw: object, base: Settings = DEFAULTS) -> tuple[Settings, tuple[str, ...]]:
    """Settings from any JSON value a client may send, and a message for each part of it that is no good.

    Nested objects, dotted keys ("slang.enabled"), camelCase and snake_case are all read, with or without the
    section's own name around them. A setting that is absent, null or bad keeps its value in `base`. Never raises.
    """
    known = _known(base)
    values: dict[str, object] = {}
    messages: list[str] = []
    for name, value in _leaves(_section(raw), known, messages):
        option = known[name]
        try:
            values[option.name] = convert(option, value)
        except ValueError:
            messages.append(
                f"{SECTION}.{option.name}: {_short(value)} is not {allowed(option)}; using {_short(option.default)}."
            )
    return with_values(base, values), tuple(messages)


def _known(base: Settings) -> dict[str, Option]:
    return {option.name: option for option in options(base)}


def _section(raw: object) -> object:
    """The part of a client's settings that is ours: all of it, or what stands under "signoff"."""
    if not isinstance(raw, Mapping):
        return raw
    own: dict[str, object] = {}
    for key, value in raw.items():
        if key == SECTION and isinstance(value, Mapping):
            own.update(value)
        elif isinstance(key, str) and key.startswith(SECTION + "."):
            own[key.removeprefix(SECTION + ".")] = value
    return own or ({} if SECTION in raw else raw)


def _leaves(
    raw: object, known: Mapping[str, Option], messages: list[str], prefix: str = ""
) -> Iterator[tuple[str, object]]:
    """(name, value) of every known setting in `raw`; a message for what is not one."""
    if raw is None:
        return
    # An empty Lua table is written as an empty JSON array.
    if not isinstance(raw, Mapping):
        if raw != []:
            where = SECTION + "." + prefix if prefix else SECTION + "."
            messages.append(f"{where[:-1]}: {_short(raw)} is not an object of settings; it is ignored.")
        return
    for key, value in raw.items():
        name = prefix + ".".join(camel(part) for part in str(key).split("."))
        if name in known:
            if value is not None:
                yield name, value
        elif any(other.startswith(name + ".") for other in known):
            yield from _leaves(value, known, messages, name + ".")
        else:
            messages.append(_unknown(name, known))


def _unknown(name: str, known: Mapping[str, Option]) -> str:
    import difflib  # only where something is wrong: the server starts without it

    near = difflib.get_close_matches(name[:200], known, n=1)
    hint = f" Did you mean {SECTION}.{near[0]}?" if near else ""
    return f"{SECTION}.{reprlib.repr(name)[1:-1]}: there is no such setting; it is ignored.{hint}"


def _short(value: Any) -> str:
    """A value as a short text for a message; safe for values of any depth and size."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + (value if len(value) <= 60 else value[:57] + "...") + '"'
    return reprlib.repr(list(value) if isinstance(value, tuple) else value)
