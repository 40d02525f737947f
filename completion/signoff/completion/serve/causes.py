"""Why vLLM ended, from what it wrote: the rows of causes.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

TABLE = Path(__file__).with_name("causes.toml")
LAST_LINES = 8
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_PREFIX = re.compile(r"^\((?:APIServer|EngineCore\w*|Worker\w*|VllmWorker\S*)(?: [^)]*)?\)\s*")
_NOISE = re.compile(r"^\s*(?:$|File \"|Traceback |\^+$|[~^]+\s*$)|For further information visit")


@cache
def _rows() -> tuple[tuple[re.Pattern[str], str], ...]:
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))["cause"]
    return tuple((re.compile(row["pattern"], re.IGNORECASE), row["words"]) for row in table)


def explain(lines: Sequence[str]) -> str:
    """The cause in words, "" where no row knows it. Of several the first row's: the particular come first."""
    for pattern, words in _rows():
        match = next((found for line in lines if (found := pattern.search(line))), None)
        if match is not None:
            groups = {key: value or "" for key, value in match.groupdict().items()}
            return words.format(**groups)
    return ""


def last_words(lines: Sequence[str]) -> str:
    """The last lines that say something, without colours, process names and the frames of tracebacks."""
    plain = (_PREFIX.sub("", _COLOUR.sub("", line)).rstrip() for line in lines)
    said = [line for line in plain if not _NOISE.search(line)]
    return "\n".join(f"  {line[:300]}" for line in said[-LAST_LINES:])
