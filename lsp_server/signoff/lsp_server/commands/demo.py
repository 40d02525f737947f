"""`signoff demo`: the real server at work on the example files."""

from __future__ import annotations

import argparse
import asyncio
import math
import re
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command's arguments."""
    parser = subparsers.add_parser("demo", help="show the server at work on example files")
    parser.add_argument("--no-model", action="store_true", help="leave out the model (and its download)")


def run(args: argparse.Namespace) -> int:
    """Run the demo. Returns 0 where every step came out as it should, 2 where not."""
    from rich.console import Console

    from signoff.lsp_server.demo.script import examples_folder

    folder = examples_folder()
    console = Console(highlight=False)
    if folder is None:
        print("signoff demo: the example files (docs/examples) were not found", file=sys.stderr)
        return 2
    model_off = "left out by --no-model" if args.no_model else _model(console)
    try:
        return asyncio.run(_show(console, folder, model_off))
    except KeyboardInterrupt:
        return 130


def _model(console: object) -> str:
    """Have the small model on this machine. Returns why it is not, "" where it is."""
    import importlib.util

    from signoff.completion.model.weights import catalogue
    from signoff.lsp_server.commands import model
    from signoff.verifiers.extras import install

    if importlib.util.find_spec("xllamacpp") is None:
        return f"the model runtime is not installed: {install('local-model')}"
    if model.run(argparse.Namespace(action="pull", name=catalogue()[0].name, url="")) != 0:
        return "the model could not be downloaded (see above)"
    return ""


# Seconds that the demo lets firmware run.
RUN = 2.5


class _Progress:
    """Prints the server's progress; of messages that differ in numbers only, one in ten seconds."""

    def __init__(self, print_line: Callable[[str], None]) -> None:
        self._print = print_line
        self._last: dict[str, float] = {}

    def __call__(self, message: str) -> None:
        kind, now = re.sub(r"\d+", "", message), time.monotonic()
        if kind and now - self._last.get(kind, -math.inf) >= 10:
            self._last[kind] = now
            self._print(f"  [dim]{message}[/]")


async def _show(console: object, folder: Path, model_off: str) -> int:
    from rich.console import Console

    from signoff.lsp_server.demo.client import Client, Stopwatch
    from signoff.lsp_server.demo.script import Demo
    from signoff.verifiers.run import scratch_folder

    assert isinstance(console, Console)
    with scratch_folder("demo") as scratch:
        # A copy: the demo edits, and nothing is ever written into a user's files.
        copy = scratch / "examples"
        shutil.copytree(folder, copy)
        watch = Stopwatch()
        client = await Client.start(copy, {"trusted": False, "verifiers": {"emulator": {"seconds": RUN}}})
        console.print(f"signoff serve answers initialize after {watch.seconds * 1000:.0f} ms")
        client.on_progress = _Progress(console.print)
        demo = Demo(client, console)
        try:
            await demo.run(model_off)
        finally:
            await client.stop()
    for failure in demo.failures:
        console.print(f"[red]not as it should be:[/] {failure}")
    return 2 if demo.failures else 0
