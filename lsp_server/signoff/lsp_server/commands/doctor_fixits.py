"""What `signoff doctor` says of the tools that are asked for fixes only: none is needed, and none reports anything."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from signoff.verifiers import tools
from signoff.verifiers.settings import VerifierSettings
from signoff.verifiers.tools import Tool

TOOLS: tuple[tuple[str, Callable[[VerifierSettings], Tool], str], ...] = (
    ("Verible", tools.verible, "no fixes by Verible's linter for Verilog"),
    ("clang-tidy", tools.clang_tidy, "no fixes by clang and clang-tidy for firmware"),
)

# Name, whether it is there, state, path, advice.
Row = tuple[str, bool, str, str, str]


async def rows(settings: VerifierSettings) -> list[Row]:
    """The rows; starts each tool at most once, for its version."""
    return [await asyncio.to_thread(_row, *one, settings) for one in TOOLS]


def _row(name: str, locate: Callable[[VerifierSettings], Tool], loss: str, settings: VerifierSettings) -> Row:
    tool = locate(settings)
    advice = tool.note if tool.path else f"{tool.note} Without it: {loss}."
    return name, bool(tool.path), tool.version, tool.path, advice
