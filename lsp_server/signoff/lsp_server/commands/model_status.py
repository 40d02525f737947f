"""`signoff model status`: which model would be used, how it is, and what was kept of its completions."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from signoff.completion.tally import Row, Tally, in_words, summed

if TYPE_CHECKING:
    from signoff.completion.model.protocol import ModelStatus
    from signoff.completion.settings import CompletionSettings

READY, NOT_READY = 0, 1


def add_parser(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the action's arguments."""
    parser = actions.add_parser(
        "status",
        help="say how the model is, and what was kept of its completions",
        description="Exit status: 0 the model can be asked, 1 it cannot. Loads no model.",
    )
    parser.add_argument("--url", default="", help="the model server to look at (default: the model on this machine)")
    parser.add_argument("--key-env", default="", metavar="NAME", help="the environment variable with the server's key")
    parser.add_argument("--json", action="store_true", help="write JSON, with the counts of every day")


def run(args: argparse.Namespace) -> int:
    """Look and report; the exit status is 0 where the model can be asked."""
    from signoff.completion.settings import CompletionSettings

    status = asyncio.run(look(replace(CompletionSettings(), url=args.url, api_key_env=args.key_env)))
    tally = Tally()
    rows = tally.rows()
    if args.json:
        about = {"model": asdict(status), "kept": [asdict(row) for row in rows], "file": str(tally.path)}
        sys.stdout.write(json.dumps(about, indent=2) + "\n")
    else:
        sys.stdout.write(
            "\n".join([*_status(status), "", *_kept(summed(rows)), f"Counted only in {tally.path}"]) + "\n"
        )
    return READY if status.ready else NOT_READY


async def look(settings: CompletionSettings) -> ModelStatus:
    """How the model of the settings is; a server is asked, nothing is loaded."""
    from signoff.completion.model.keeper import Keeper
    from signoff.verifiers.workers import WorkerPool

    pool = WorkerPool()
    keeper = Keeper(settings, pool)
    try:
        return await keeper.status()
    finally:
        await keeper.close()
        await pool.close()


def _status(status: ModelStatus) -> list[str]:
    lines = [f"{status.state or ('ready' if status.ready else 'off')}: {status.message}"]
    return [*lines, status.note] if status.note and status.note not in status.message else lines


def _kept(rows: Sequence[Row]) -> list[str]:
    if not rows:
        return ["No completion was accepted yet."]
    return ["Accepted completions"] + [f"  {row.language}, {row.model}: {in_words([row])}" for row in rows]
