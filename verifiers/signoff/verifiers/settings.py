"""The verifiers' settings: frozen data with defaults. The metadata is the settings reference and the client's form."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


def setting(default: Any, description: str, **schema: Any) -> Any:
    """A dataclass field with its description and, where given, JSON schema keys (enum, minimum, maximum)."""
    metadata = {"description": description, "schema": schema}
    if isinstance(default, (tuple, dict)) or callable(default):
        factory = default if callable(default) else (lambda: default)
        return field(default_factory=factory, metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True)
class SlangSettings:
    """slang: parsing, elaboration and analysis at every keystroke."""

    enabled: bool = setting(True, "Check with slang on every change.")
    strict: bool = setting(
        False,
        "Follow IEEE 1800 to the letter. Off, slang accepts what taped-out designs rely on "
        "(--compat all --timescale 1ns/1ps --single-unit).",
    )
    warnings: tuple[str, ...] = setting(
        (), "slang warning options beside Signoff's own choice, without -W: for example no-unused-net, width-trunc."
    )
    timeout: float = setting(20.0, "Seconds after which a slang run is given up.", minimum=0.1)


@dataclass(frozen=True, slots=True)
class VerilatorSettings:
    """Verilator lint: shortly after typing stops."""

    enabled: bool = setting(True, "Check with Verilator's lint shortly after typing stops.")
    path: str = setting("", "Path of a verilator to use; empty: the one on PATH if newer, else the one Signoff brings.")
    arguments: tuple[str, ...] = setting((), "Further arguments for verilator --lint-only, for example -Wall.")
    timeout: float = setting(60.0, "Seconds after which a Verilator run is given up.", minimum=0.1)


@dataclass(frozen=True, slots=True)
class YosysSettings:
    """Yosys: synthesis checks and costs, on save and when idle."""

    enabled: bool = setting(True, "Synthesize with Yosys on save and when idle: latches, drivers, cells, flip-flops.")
    path: str = setting("", "Path of a yosys to use; empty: the one on PATH if newer, else the one Signoff brings.")
    timeout: float = setting(120.0, "Seconds after which a Yosys run is given up.", minimum=0.1)


@dataclass(frozen=True, slots=True)
class VerifierSettings:
    """The settings of all verifiers."""

    slang: SlangSettings = field(default_factory=SlangSettings)
    verilator: VerilatorSettings = field(default_factory=VerilatorSettings)
    yosys: YosysSettings = field(default_factory=YosysSettings)
    memory_limit_mb: int = setting(4096, "Memory limit of one tool process, in MiB.", minimum=256)
    disabled_codes: tuple[str, ...] = setting((), "Codes of findings never to show, for example UNUSEDSIGNAL.")
