"""`signoff export`: the trajectories that were kept, filtered, as JSON Lines; and what their format is."""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from signoff.diagnostics.trajectories.keep import Store, Unreadable, line_of, read
from signoff.diagnostics.trajectories.record import FIELDS, FORMAT, Record
from signoff.diagnostics.trajectories.select import Wanted, selected
from signoff.lsp_server.commands.status import say
from signoff.verifiers.finding import Category

DONE, NOTHING, TROUBLE = 0, 1, 2
SETTING = "signoff.diagnostics.trajectories"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
# As the user calls the languages.
LANGUAGES = {
    "verilog": ("verilog", "systemverilog"),
    "cuda": ("cuda-cpp",),
    "triton": ("python",),
    "c": ("c", "cpp"),
}


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command's arguments."""
    parser = subparsers.add_parser(
        "export",
        help="write the trajectories of repairs that were kept",
        description="Writes what was tried on faults and what came of it, one JSON object a line, each once. It is "
        f"kept only where the setting {SETTING} is on, or by `signoff repair --attempts`, on this machine, without "
        "secrets and paths. Exit status: 0 some were written, 1 there are none, 2 trouble.",
    )
    parser.add_argument(
        "files",
        nargs="*",
        type=Path,
        metavar="FILE",
        help="results of `signoff repair` (default: what the editor kept)",
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help="write here (default: to standard output)")
    parser.add_argument("--format", action="store_true", help="describe the format, and exit")
    parser.add_argument("--count", action="store_true", help="write only how many there are, by language and kind")
    _add_filters(parser)


def _add_filters(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--language", action="append", choices=tuple(LANGUAGES), help="only this one (repeatable)")
    parser.add_argument(
        "--kind",
        action="append",
        choices=[str(one) for one in Category],
        metavar="KIND",
        help="only faults of this kind (repeatable)",
    )
    parser.add_argument("--code", action="append", metavar="CODE", help="only findings of this code (repeatable)")
    parser.add_argument("--proposer", action="append", metavar="NAME", help="only repairs that this one thought of")
    parser.add_argument("--origin", action="append", choices=("editor", "repair"), help="only from there")
    parser.add_argument("--since", type=_day, metavar="YYYY-MM-DD", help="from this day on")
    parser.add_argument("--until", type=_day, metavar="YYYY-MM-DD", help="up to this day")
    parser.add_argument("--proven", action="store_true", help="only those with a repair")
    parser.add_argument("--certain", action="store_true", help="only those with a repair that no person need choose")


def _day(text: str) -> str:
    if not _DAY.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text} is no day (YYYY-MM-DD)")
    return text


def run(args: argparse.Namespace) -> int:
    """Write them; the exit status is 0 some were written, 1 there are none, 2 trouble."""
    if args.format:
        sys.stdout.write(f"A trajectory ({FORMAT}) is a line of JSON, an object:\n\n")
        sys.stdout.writelines(f"  {name}: {meaning}\n" for name, meaning in FIELDS.items())
        return DONE
    files = args.files or Store().files()
    if not files:
        say(f"nothing was kept: the setting {SETTING} is off, or nothing was mended since")
        return NOTHING
    try:
        records = selected(_all(files), _wanted(args))
        count = _counted(records) if args.count else _written(records, args.output, files)
    except OSError as error:
        say(str(error))
        return TROUBLE
    say(f"{count} trajectories")
    return DONE if count else NOTHING


def _wanted(args: argparse.Namespace) -> Wanted:
    return Wanted(
        languages=frozenset(one for name in args.language or () for one in LANGUAGES[name]),
        kinds=frozenset(args.kind or ()),
        codes=frozenset(args.code or ()),
        proposers=frozenset(args.proposer or ()),
        origins=frozenset(args.origin or ()),
        since=args.since or "",
        until=args.until or "",
        proven=args.proven,
        certain=args.certain,
    )


def _all(files: tuple[Path, ...] | list[Path]) -> Iterator[Record]:
    for path in files:
        for one in read(path):
            if isinstance(one, Unreadable):
                say(f"{one.path}:{one.line}: {one.why}")
            else:
                yield one


def _written(records: Iterator[Record], output: Path | None, sources: tuple[Path, ...] | list[Path]) -> int:
    """How many were written. A file is put in place whole, or not at all; one that is read here is not written over."""
    if output is None:
        count = _copied(records, sys.stdout.buffer)
        sys.stdout.buffer.flush()
        return count
    if output.exists() and any(output.samefile(one) for one in sources):
        raise OSError(f"{output} is among what is exported; choose another --output")
    handle, name = tempfile.mkstemp(dir=output.absolute().parent, prefix=f".{output.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            count = _copied(records, file)
        Path(name).replace(output)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink(missing_ok=True)
        raise
    return count


def _copied(records: Iterator[Record], file: IO[bytes]) -> int:
    return sum(bool(file.write(line_of(record))) for record in records)


def _counted(records: Iterator[Record]) -> int:
    """How many there are; prints them by language and kind, and how many of each have a repair."""
    counts: dict[tuple[str, str], tuple[int, int]] = {}
    for record in records:
        key = (record["language"], str(record["fault"].get("kind", "")))
        seen, proven = counts.get(key, (0, 0))
        counts[key] = (seen + 1, proven + (record["repair"] is not None))
    for (language, kind), (seen, proven) in sorted(counts.items()):
        sys.stdout.write(f"{language}\t{kind}\t{seen}\t{proven} repaired\n")
    return sum(seen for seen, _ in counts.values())
