"""-Werror of a build: which of gcc's warnings would stop it, as Signoff asks for more warnings than the build does."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from signoff.verifiers.mcu.compile import command
from signoff.verifiers.mcu.compile.gcc_messages import Diagnostic
from signoff.verifiers.mcu.compile.toolchain import Toolchain
from signoff.verifiers.run import ToolMissing

FLAG = "-Werror"
SECONDS = 5.0
# "  -Wunused-variable           [enabled]", "  -Wformat=                   1"
ENABLED = re.compile(rb"^\s+-W([\w+-]+)=?(?:<[^>]*>)?\s+(?:\[enabled\]|[1-9]\d*)\s*$", re.MULTILINE)

_known: dict[tuple[str, ...], frozenset[str]] = {}


async def stopping(
    diagnostics: Iterable[Diagnostic], flags: Sequence[str], kit: Toolchain, language: str, folder: Path
) -> tuple[Diagnostic, ...]:
    """The diagnostics, with those warnings as errors that the build itself asks for. `flags` are the build's."""
    found = tuple(diagnostics)
    if FLAG not in flags or not any(one.kind == "warning" for one in found):
        return found
    enabled = await _enabled(tuple(flags), kit, language, folder)
    excepted = {flag.removeprefix("-Wno-error=") for flag in flags if flag.startswith("-Wno-error=")}
    return tuple(_promoted(one, enabled - excepted) for one in found)


def _promoted(one: Diagnostic, enabled: frozenset[str]) -> Diagnostic:
    option = one.option.removeprefix("-W").rstrip("=")
    return replace(one, kind="error") if one.kind == "warning" and option in enabled else one


async def _enabled(flags: tuple[str, ...], kit: Toolchain, language: str, folder: Path) -> frozenset[str]:
    """The warnings that a build's flags switch on, without "-W"; none where gcc does not say."""
    warnings = tuple(
        flag for flag in flags if flag.startswith(("-W", "-pedantic", "-w", "-std", "-O")) and flag != FLAG
    )
    key = (kit.gcc, kit.version, language, *warnings)
    if key not in _known:
        empty = folder / "empty.c"
        empty.touch()
        rest = ("-Q", "--help=warnings", "-fsyntax-only", "-x", language, str(empty))
        try:
            done, _ = await command.gcc(
                kit, language, warnings, rest, folder=folder, timeout=SECONDS, memory_limit_mb=None
            )
        except ToolMissing:
            return frozenset()
        _known[key] = frozenset(name.decode() for name in ENABLED.findall(done.stdout))
    return _known[key]
