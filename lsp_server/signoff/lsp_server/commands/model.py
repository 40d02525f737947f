"""`signoff model list|pull|status|serve`: the models that can run on this machine, and a server for larger ones."""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from signoff.completion.model.weights import DownloadError, Entry, catalogue, directory, find, path_of, pull, size_of
from signoff.lsp_server.commands import model_serve, model_status
from signoff.verifiers.extras import install

if TYPE_CHECKING:
    from rich.console import Console

TROUBLE = 2
# Without a terminal a line is printed for every such share of the download, and at most one a second.
PLAIN_STEP = 0.05
PLAIN_SECONDS = 1.0


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command and its arguments."""
    parser = subparsers.add_parser(
        "model", help="list, download and serve completion models", description="Models for completion."
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    actions.add_parser("list", help="show the models, and which are downloaded")
    fetch = actions.add_parser("pull", help="download a model (resumed where it broke off, checked by its SHA-256)")
    fetch.add_argument("name", nargs="?", default=catalogue()[0].name, help="default: %(default)s")
    fetch.add_argument("--url", default="", help="a place to try before the model's own sources")
    model_status.add_parser(actions)
    model_serve.add_parser(actions)


def run(args: argparse.Namespace) -> int:
    """List, download, look or serve; the exit status is 2 where the model could not be had."""
    if args.action in ("serve", "status"):
        return model_serve.run(args) if args.action == "serve" else model_status.run(args)
    return _list() if args.action == "list" else _pull(args.name, args.url)


def _list() -> int:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for title in ("name", "model", "size", "licence", "downloaded"):
        table.add_column(title, overflow="fold")
    for entry in catalogue():
        there = "yes" if size_of(path_of(entry)) == entry.size else "no"
        table.add_row(entry.name, entry.title, _megabytes(entry.size), entry.licence, there)
    console = Console()
    console.print(table)
    console.print(f"\nModels are kept in {directory()}", soft_wrap=True, highlight=False)
    _hint_runtime(console)
    return 0


def _pull(name: str, url: str) -> int:
    entry = find(name)
    if entry is None:
        known = ", ".join(row.name for row in catalogue())
        print(f"signoff model pull: no model is called {name}; there are {known}.", file=sys.stderr)
        return TROUBLE
    from rich.console import Console

    console = Console(stderr=True)
    try:
        path = _with_bar(entry, url, console) if console.is_terminal else _with_lines(entry, url)
    except DownloadError as error:
        print(f"signoff model pull: {error}", file=sys.stderr)
        return TROUBLE
    print(path)
    _hint_runtime(console)
    return 0


def _with_bar(entry: Entry, url: str, console: Console) -> Path:
    from rich import progress

    columns = (
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.DownloadColumn(),
        progress.TransferSpeedColumn(),
        progress.TimeRemainingColumn(),
    )
    with progress.Progress(*columns, console=console) as bar:
        task = bar.add_task(entry.name, total=entry.size)

        def show(done: int, total: int, source: str) -> None:
            bar.update(task, completed=done, total=total, description=f"{entry.name} from {source}")

        return asyncio.run(pull(entry, show, url))


def _with_lines(entry: Entry, url: str) -> Path:
    shown, last = -1.0, 0.0

    def show(done: int, total: int, source: str) -> None:
        nonlocal shown, last
        share, now = done / total, time.monotonic()
        if share < 1 and (0 <= share - shown < PLAIN_STEP or now - last < PLAIN_SECONDS):
            return
        shown, last = share, now
        print(
            f"{entry.name} from {source}: {_megabytes(done)} of {_megabytes(total)} ({share:.0%})",
            file=sys.stderr,
            flush=True,
        )

    return asyncio.run(pull(entry, show, url))


def _hint_runtime(console: Console) -> None:
    if importlib.util.find_spec("xllamacpp") is None:
        console.print(f"To run a model on this machine: {install('local-model')}", markup=False)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.0f} MB"
