"""Small pieces of Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

BACKTICKS = re.compile(r"`+")
# A hover is read at a glance: longer tables and lists end with how much is left out.
ROWS_SHOWN = 40


def code(text: str) -> str:
    """An inline code span, whatever backticks the text holds (macros do)."""
    longest = max((len(run) for run in BACKTICKS.findall(text)), default=0)
    fence = "`" * (longest + 1)
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{space}{text}{space}{fence}"


def block(text: str) -> str:
    """A block of SystemVerilog."""
    return f"```systemverilog\n{text}\n```"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table; each cell is Markdown already."""
    lines = [head, ["---"] * len(head), *rows[:ROWS_SHOWN]]
    text = "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
    left = len(rows) - ROWS_SHOWN
    return text + (f"\n\n... and {left} more" if left > 0 else "")


def bullets(items: Iterable[str]) -> str:
    """A list."""
    return "\n".join(f"- {item}" for item in items)


def plural(number: int, noun: str, many: str = "") -> str:
    """ "1 cell", "2 cells"."""
    return f"{number:,} {noun if number == 1 else many or noun + 's'}"
