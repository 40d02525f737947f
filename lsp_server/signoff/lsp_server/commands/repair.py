"""`signoff repair`: verifies and repairs the samples of a dataset, on this machine or on a Ray cluster."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

from signoff.completion.model.protocol import ModelUnavailable
from signoff.diagnostics.batch import results, samples
from signoff.diagnostics.batch.cluster import RayCrew
from signoff.diagnostics.batch.drive import Crew, CrewTrouble, drive
from signoff.diagnostics.batch.engine import Order
from signoff.diagnostics.batch.local import LocalCrew, fitting
from signoff.diagnostics.batch.results import NotResults, Results
from signoff.diagnostics.batch.samples import BadLine, Sample
from signoff.diagnostics.fixes.proposer import Cost
from signoff.lsp_server.commands.model_options import add_model, settings_of
from signoff.lsp_server.commands.session import run_to_end
from signoff.lsp_server.commands.status import Status, say

DONE, LEFT, TROUBLE = 0, 1, 2
# So many bad lines are told one by one.
MOST_TOLD = 20
# Seconds between two lines about the progress where there is no terminal.
TOLD_EVERY = 30.0
ORDER_OF_STATUS = (
    results.CLEAN,
    results.REPAIRED,
    results.PARTLY,
    results.UNREPAIRED,
    results.NOT_JUDGED,
    results.FAILED,
)


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command's arguments."""
    parser = subparsers.add_parser(
        "repair",
        help="verify and repair the samples of a dataset",
        description="Verifies and repairs each sample of a dataset (JSON Lines) as `signoff fix` does a file, many at "
        "once, and appends what came of it to a file of results. Run again with the same options, it goes on where it "
        "was interrupted. Exit status: 0 every sample is clean or repaired, 1 some are not, 2 trouble.",
    )
    parser.add_argument("--dataset", type=Path, metavar="FILE.jsonl", help="the samples, one a line")
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="the results (default: beside the dataset, FILE.repaired.jsonl)"
    )
    parser.add_argument("--format", action="store_true", help="describe samples and results, and exit")
    _add_kind(parser)
    parser.add_argument("--jobs", type=_jobs, metavar="N", help="samples at once (default: what the machine can bear)")
    parser.add_argument("--ray", metavar="ADDRESS", help="repair on this Ray cluster; local: on one of its own")
    parser.add_argument("--restart", action="store_true", help="begin anew: what is in the output is lost")
    parser.add_argument("--retry", action="store_true", help="try again what has failed in an earlier run")


def _add_kind(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--check", action="store_true", help="only verify, mend nothing")
    parser.add_argument("--no-templates", action="store_true", help="no fixes that are found by trying")
    parser.add_argument("--with-model", action="store_true", help="ask a model where nothing else mends")
    add_model(parser)
    parser.add_argument("--behaviour", action="store_true", help="also make changes to the hardware beyond the fault")
    parser.add_argument("--deep", action="store_true", help="ask the slow verifiers, too (Yosys, nvcc)")
    parser.add_argument("--attempts", action="store_true", help="put every attempt into the results, scrubbed")
    parser.add_argument("--time", type=float, default=300.0, metavar="S", help="seconds for one sample (default 300)")
    parser.add_argument("--trust", action="store_true", help="run what the samples name: testbenches, build files")


def _jobs(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return number


def run(args: argparse.Namespace) -> int:
    """Repair and report; the exit status is 0 all good, 1 some are not, 2 trouble."""
    if args.format:
        _describe()
        return DONE
    if args.dataset is None:
        say("which samples? --dataset FILE.jsonl; `signoff repair --format` describes them")
        return TROUBLE
    try:
        return run_to_end(_main(args))
    except (OSError, NotResults, CrewTrouble, ModelUnavailable) as error:
        say(str(error))
        return TROUBLE


async def _main(args: argparse.Namespace) -> int:
    order = _order(args)
    output = args.output or args.dataset.with_name(f"{args.dataset.stem}.repaired.jsonl")
    if output.exists() and output.samefile(args.dataset):
        raise NotResults(f"{output} is the dataset itself; choose another --output")
    wanted, bad = _looked_through(args.dataset)
    with Results(output, order.digest, restart=args.restart) as kept, Status() as status:
        todo = {key for key in wanted if not _is_done(kept, key, args.retry)}
        if len(todo) < len(wanted):
            say(f"{len(wanted) - len(todo)} of {len(wanted)} samples are in {output} already")
        if todo:
            await _repair(args, order, kept, _Progress(status, kept, wanted, todo))
        counts = kept.counts(wanted)
    _report(counts, len(wanted), bad, output)
    return DONE if not bad and sum(counts[one] for one in results.GOOD) == len(wanted) else LEFT


def _is_done(kept: Results, key: tuple[str, str], retry: bool) -> bool:
    status = kept.status(*key)
    return bool(status) and not (retry and status == results.FAILED)


async def _repair(args: argparse.Namespace, order: Order, kept: Results, progress: _Progress) -> None:
    crew: Crew = RayCrew(args.ray, args.jobs) if args.ray else LocalCrew(min(args.jobs or fitting(), progress.total))
    try:
        progress.show("starting")
        await crew.open(order)
        progress.show(f"{crew.size} at once")
        async with aclosing(drive(_todo(args.dataset, progress.todo), crew, order)) as done:
            async for result in done:
                kept.add(result)
                progress.took(result)
    finally:
        await crew.close()


def _todo(dataset: Path, wanted: set[tuple[str, str]]) -> Iterator[Sample]:
    """The samples that are still to be done. The dataset is read again, as it may not fit into memory."""
    for one in samples.samples(dataset):
        if isinstance(one, Sample) and (one.id, one.digest) in wanted:
            yield one


def _looked_through(dataset: Path) -> tuple[set[tuple[str, str]], int]:
    """All samples, by id and digest, and how many lines are none: these are told before any work. Raises OSError."""
    wanted: set[tuple[str, str]] = set()
    bad = 0
    for one in samples.samples(dataset):
        if isinstance(one, BadLine):
            bad += 1
            if bad <= MOST_TOLD:
                say(f"{dataset}:{one.line}: {one.why}")
        else:
            wanted.add((one.id, one.digest))
    if bad > MOST_TOLD:
        say(f"{dataset}: {bad - MOST_TOLD} more lines are no samples")
    return wanted, bad


class _Progress:
    """Tells how far it is: a line on a terminal that changes, a line now and then elsewhere."""

    def __init__(self, status: Status, kept: Results, wanted: set[tuple[str, str]], todo: set[tuple[str, str]]) -> None:
        self.todo = todo
        self.total = len(todo)
        self._status = status
        self._counts = kept.counts(wanted - todo)
        self._all = len(wanted)
        self._start = self._told = time.monotonic()
        self._done = 0

    def show(self, text: str) -> None:
        """What goes on before the first result."""
        self._status.show(f"{self._all - self.total} of {self._all}: {text}")

    def took(self, result: results.Result) -> None:
        """Another sample is done."""
        self._done += 1
        self._counts[result["status"]] += 1
        good = sum(self._counts[one] for one in results.GOOD)
        now = time.monotonic()
        left = (now - self._start) / self._done * (self.total - self._done)
        done = self._all - self.total + self._done
        text = f"{done} of {self._all}: {good} clean or repaired, {_minutes(left)} left"
        self._status.show(text)
        if not sys.stderr.isatty() and now - self._told >= TOLD_EVERY:
            self._told = now
            say(text)


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"


def _order(args: argparse.Namespace) -> Order:
    most = Cost.MODEL if args.with_model else Cost.TOOL if args.no_templates else Cost.MANY
    return Order(
        repair=not args.check,
        behaviour=args.behaviour,
        deep=args.deep,
        trusted=args.trust,
        attempts=args.attempts,
        most=most,
        model=settings_of(args) if args.with_model else None,
        seconds=args.time,
    )


def _report(counts: Counter[str], wanted: int, bad: int, output: Path) -> None:
    told = ", ".join(f"{counts[status]} {status}" for status in ORDER_OF_STATUS if counts[status])
    sys.stdout.write(f"{wanted} samples: {told or 'none done'}\n")
    if bad:
        sys.stdout.write(f"{bad} lines are no samples\n")
    sys.stdout.write(f"results: {output}\n")


def _describe() -> None:
    for title, fields in (
        ("A sample is a line of JSON, an object:", samples.FIELDS),
        ("A result is one, too:", results.FIELDS),
    ):
        sys.stdout.write(f"{title}\n\n")
        sys.stdout.writelines(f"  {name}: {meaning}\n" for name, meaning in fields.items())
        sys.stdout.write("\n")
