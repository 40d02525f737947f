"""`signoff bench repair`: faults are put into the user's own clean sources, and what is made of them is counted."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from signoff.completion.model.registry import open_model
from signoff.diagnostics.fixes.proposer import Proposer
from signoff.diagnostics.fixes.proposers import PROPOSERS, with_model
from signoff.diagnostics.measure.figures import proposers_table, rows, summary, table
from signoff.diagnostics.measure.sameness import proving, undecided
from signoff.diagnostics.measure.trial import Bench
from signoff.diagnostics.measure.tried import Trial
from signoff.diagnostics.mutate.draw import draw
from signoff.lsp_server.commands.bench_complete import PICTURES, dumps, settings_of, sources
from signoff.lsp_server.commands.bench_engines import completion_sources
from signoff.lsp_server.commands.paths import BadPath
from signoff.lsp_server.commands.session import Session, open_session
from signoff.lsp_server.commands.status import Status, say
from signoff.verifiers.finding import Category

# A control that gets through more often than this makes the rates beside it mean little.
CONTROL_LIMIT = 0.05
# So many times more faults are drawn than are asked for: some prove to be none, some files are of no use.
SPARES = 4


async def main(args: argparse.Namespace) -> int:
    """Measure what the arguments ask for. Raises BadPath, OSError, ModelUnavailable, ModuleNotFoundError."""
    _ready(args)
    kinds = tuple(Category(one) for one in args.kind or ())
    with Status() as status:
        async with (
            open_session(args.paths, trusted=args.trust, progress=status.scanning) as session,
            _proposers(args, session) as (proposers, model),
        ):
            files = sources(args, session)
            status.show(f"looking for places for faults in {len(files)} files")
            mutants = draw(files, session.workspace.project_for, SPARES * args.faults, args.seed, kinds)
            if not mutants:
                raise BadPath(f"{', '.join(args.paths)}: no fault of that kind could be put in there.")
            bench = _bench(args, session, proposers)
            trials: list[Trial] = []
            async for one in bench.trials(mutants, args.faults):
                trials.append(one)
                place = f"{Path(one.mutant.clean.path).name}:{one.mutant.lines[0] + 1}"
                status.show(f"{len(trials)} done: {one.mutant.category} in {place}")
    _report(args, trials, bench, model)
    return 0


def _ready(args: argparse.Namespace) -> None:
    """What would fail after minutes is told now: a package that is missing, a report that cannot be written."""
    if args.plot:
        importlib.import_module("matplotlib")
        if args.plot.suffix not in PICTURES:
            raise BadPath(f"{args.plot}: a picture is one of {', '.join(PICTURES)}.")
    for path in filter(None, (args.json, args.plot)):
        if not path.absolute().parent.is_dir():
            raise BadPath(f"{path}: there is no folder {path.absolute().parent}.")


@contextlib.asynccontextmanager
async def _proposers(args: argparse.Namespace, session: Session) -> AsyncIterator[tuple[tuple[Proposer, ...], str]]:
    """Those that were asked for, and the model's name. Raises BadPath and ModelUnavailable."""
    if not args.with_model:
        yield _named(args.proposer or (), PROPOSERS), ""
        return
    model = await open_model(settings_of(args), session.pool)
    try:
        yield (
            _named(args.proposer or (), (*PROPOSERS, *with_model(model, completion_sources(session)))),
            model.description.name,
        )
    finally:
        await model.close()


def _named(names: Sequence[str], every: Sequence[Proposer]) -> tuple[Proposer, ...]:
    """Those of the names, all where there are none. Raises BadPath."""
    known = {one.name: one for one in every}
    if unknown := [name for name in names if name not in known]:
        raise BadPath(f"{', '.join(unknown)}: no proposer is called that; there are {', '.join(known)}.")
    return tuple(known[name] for name in names) if names else tuple(every)


def _bench(args: argparse.Namespace, session: Session, proposers: Sequence[Proposer]) -> Bench:
    return Bench(
        session.verifiers,
        session.workspace.project_for,
        proposers,
        proving(session.pool, args.proof) if args.proof else undecided,
        deep=args.deep,
        budget=args.budget,
        control=not args.no_control,
        judged=args.judged,
    )


def _report(args: argparse.Namespace, trials: Sequence[Trial], bench: Bench, model: str) -> None:
    figures = summary(trials)
    sys.stdout.write(f"{len(trials)} faults, seed {args.seed}{f', with {model}' if model else ''}")
    sys.stdout.writelines(f"; {count} left out ({why})" for why, count in bench.left_out.items())
    sys.stdout.write("\n\n")
    sys.stdout.writelines(f"{line}\n" for line in table(figures))
    sys.stdout.write("\nEach proposer as if it had been the only one:\n\n")
    sys.stdout.writelines(f"{line}\n" for line in proposers_table(figures))
    _control(args, figures["all"]["control"])
    if args.json:
        head = {"version": 1, "seed": args.seed, "model": model, "left_out": bench.left_out}
        document = {**head, "figures": figures, "faults": rows(trials)}
        args.json.write_text(dumps(document), encoding="utf-8")
    if args.plot:
        from signoff.diagnostics.measure.plot import plot

        plot(figures, args.plot, f"{len(trials)} faults in clean sources")


def _control(args: argparse.Namespace, share: float) -> None:
    """What the rates are worth."""
    if args.no_control:
        say("without the deletion control the rates of repair mean little")
    elif share == share and share > CONTROL_LIMIT:
        say(f"deletions get through at {share:.0%} of the faults: the rates of repair mean little (at most 5 % should)")
