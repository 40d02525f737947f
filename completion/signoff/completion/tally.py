"""Counters of accepted completions, on this machine and nowhere else: numbers a day, language and model.

No text and no path is among them. A small database in the user's state folder, as several editors may count at once.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from signoff.completion.kept import MARKS, Measured

DIRECTORY_VARIABLE = "SIGNOFF_STATE_DIR"
# Days after which numbers are forgotten.
REMEMBERED_DAYS = 400
BUSY_SECONDS = 2.0
_SHORT, _LONG = MARKS
_NUMBERS = ("accepted", "parts", "characters", "characters_short", "kept_short", "characters_long", "kept_long")
_CREATE = (
    "CREATE TABLE IF NOT EXISTS kept (day TEXT, language TEXT, model TEXT, "
    + ", ".join(f"{name} INTEGER NOT NULL DEFAULT 0" for name in _NUMBERS)
    + ", PRIMARY KEY (day, language, model))"
)


@dataclass(frozen=True, slots=True)
class Row:
    """The counts of a day, a language and a model; each of the three is "" in a sum over all of them.

    `accepted` completions were taken whole and `parts` in words or lines, of `characters` (blanks aside) in all.
    Of `characters_short` looked at after 30 s `kept_short` were still there, of `characters_long` after 300 s
    `kept_long`.
    """

    day: str
    language: str
    model: str
    accepted: int = 0
    parts: int = 0
    characters: int = 0
    characters_short: int = 0
    kept_short: int = 0
    characters_long: int = 0
    kept_long: int = 0

    @property
    def share_short(self) -> float | None:
        """The share kept after 30 s; None where nothing was looked at."""
        return self.kept_short / self.characters_short if self.characters_short else None

    @property
    def share_long(self) -> float | None:
        """The share kept after 300 s; None where nothing was looked at."""
        return self.kept_long / self.characters_long if self.characters_long else None


def taken(language: str, model: str, day: str, characters: int, *, whole: bool) -> Row:
    """The count of one acceptance."""
    return Row(day, language, named(model), accepted=int(whole), parts=int(not whole), characters=characters)


def looked_at(found: Measured, day: str) -> Row:
    """The count of one look at an accepted text."""
    if found.mark == _SHORT:
        short = {"characters_short": found.characters, "kept_short": found.kept}
        return Row(day, found.language, named(found.model), **short)
    long = {"characters_long": found.characters, "kept_long": found.kept}
    return Row(day, found.language, named(found.model), **long)


def named(model: str) -> str:
    """A model's name without the folder that some servers put in front of it."""
    return PurePosixPath(model.replace("\\", "/")).name


def today() -> str:
    """The day, as the user's calendar has it."""
    return datetime.date.today().isoformat()


def directory() -> Path:
    """The user's state folder, or $SIGNOFF_STATE_DIR."""
    import platformdirs

    named_so = os.environ.get(DIRECTORY_VARIABLE)
    return Path(named_so or platformdirs.user_state_dir("signoff", appauthor=False))


class Tally:
    """The counters. Every method may block for a moment; none raises, as counting must never be in the way."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or directory() / "kept.sqlite3"

    def add(self, rows: Sequence[Row]) -> bool:
        """Add counts; whether they could be written."""
        with self._open(create=True) as database:
            if database is None:
                return False
            columns = ", ".join(_NUMBERS)
            marks = ", ".join("?" * (3 + len(_NUMBERS)))
            sums = ", ".join(f"{name} = {name} + excluded.{name}" for name in _NUMBERS)
            into = f"INSERT INTO kept (day, language, model, {columns}) VALUES ({marks})"
            values = [(row.day, row.language, row.model, *(getattr(row, name) for name in _NUMBERS)) for row in rows]
            with contextlib.suppress(sqlite3.Error), database:
                database.executemany(f"{into} ON CONFLICT (day, language, model) DO UPDATE SET {sums}", values)
                database.execute("DELETE FROM kept WHERE day < date('now', ?)", (f"-{REMEMBERED_DAYS} days",))
                return True
        return False

    def rows(self) -> tuple[Row, ...]:
        """All counts, the latest day first."""
        with self._open(create=False) as database:
            if database is None:
                return ()
            with contextlib.suppress(sqlite3.Error):
                columns = ", ".join(("day", "language", "model", *_NUMBERS))
                found = database.execute(f"SELECT {columns} FROM kept ORDER BY day DESC, language, model")
                return tuple(Row(*values) for values in found)
        return ()

    @contextlib.contextmanager
    def _open(self, *, create: bool) -> Iterator[sqlite3.Connection | None]:
        database = None
        try:
            if create:
                self.path.parent.mkdir(parents=True, exist_ok=True)
            if create or self.path.is_file():
                database = sqlite3.connect(self.path, timeout=BUSY_SECONDS)
                database.execute(_CREATE)
        except (OSError, sqlite3.Error):
            database = None
        try:
            yield database
        finally:
            if database is not None:
                database.close()


def summed(rows: Sequence[Row]) -> tuple[Row, ...]:
    """The counts of each language and model over all days, the most accepted first."""
    sums: dict[tuple[str, str], Row] = {}
    for row in rows:
        known = sums.get((row.language, row.model), Row("", row.language, row.model))
        numbers = {name: getattr(known, name) + getattr(row, name) for name in _NUMBERS}
        sums[row.language, row.model] = Row("", row.language, row.model, **numbers)
    return tuple(sorted(sums.values(), key=lambda row: -row.characters))


def in_words(rows: Sequence[Row]) -> str:
    """All counts in one line; "" where nothing was accepted yet."""
    sums = {name: sum(getattr(row, name) for row in rows) for name in _NUMBERS}
    if not any(sums.values()):
        return ""
    looks = (("30 s", "kept_short", "characters_short"), ("300 s", "kept_long", "characters_long"))
    kept = "".join(f"; {sums[kept] / sums[of]:.0%} kept after {after}" for after, kept, of in looks if sums[of])
    return "{accepted} accepted whole, {parts} in part, {characters} characters".format(**sums) + kept
