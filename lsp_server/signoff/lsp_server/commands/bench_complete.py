"""`signoff bench complete`: the model, the tools and the files joined together, and the reports."""

from __future__ import annotations

import argparse
import importlib
import json
import math
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from signoff.completion.measure import holes
from signoff.completion.measure.complete import Tried, fill
from signoff.completion.measure.holes_judged import draw_judged
from signoff.completion.measure.judge import Judge
from signoff.completion.measure.report import rows, summary, table
from signoff.lsp_server.commands.bench_engines import both_ways, completion_judges
from signoff.lsp_server.commands.model_options import settings_of as settings_of
from signoff.lsp_server.commands.paths import BadPath, request
from signoff.lsp_server.commands.session import Session, open_session, snapshot_of
from signoff.lsp_server.commands.status import Status, say
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.verifier import Speed

# The languages as the command line calls them.
CALLED = {
    "verilog": frozenset({"verilog", "systemverilog"}),
    "cuda": frozenset({"cuda-cpp"}),
    "triton": frozenset({"python"}),
    "c": frozenset({"c"}),
}
# A file of more characters is made by a machine.
LARGEST = 400_000
PICTURES = (".svg", ".png", ".pdf")


async def main(args: argparse.Namespace) -> int:
    """Measure what the arguments ask for. Raises BadPath, OSError, ModelUnavailable, ModuleNotFoundError."""
    _ready(args)
    with Status() as status:
        async with open_session(args.paths, trusted=args.trust, progress=status.scanning) as session:
            files = sources(args, session)
            if args.replay:
                from signoff.lsp_server.commands.bench_replay import replay_file

                status.clear()
                return await replay_file(args, session, files)
            return await _fill(args, session, files, status)


def _ready(args: argparse.Namespace) -> None:
    """What would fail after minutes is told now: a package that is missing, a report that cannot be written."""
    importlib.import_module("rapidfuzz")
    if args.plot:
        importlib.import_module("matplotlib")
        if args.plot.suffix not in PICTURES:
            raise BadPath(f"{args.plot}: a picture is one of {', '.join(PICTURES)}.")
    for path in filter(None, (args.json, args.plot)):
        if not path.absolute().parent.is_dir():
            raise BadPath(f"{path}: there is no folder {path.absolute().parent}.")


async def _fill(args: argparse.Namespace, session: Session, files: Sequence[Snapshot], status: Status) -> int:
    texts = {snapshot.path: snapshot for snapshot in files}
    found = [region for one in files for region in holes.regions(one.path, one.language, one.text)]
    chosen = await _drawn(args, session, found, texts)
    if not chosen:
        raise BadPath(f"{', '.join(args.paths)}: nothing there could be masked.")
    tried: list[Tried] = []
    async with both_ways(settings_of(args), session) as engines:
        judge = Judge([one for one in session.verifiers if one.speed <= Speed.DEEP], session.workspace.project_for)
        run = fill(
            chosen,
            texts.__getitem__,
            session.workspace.project_for,
            engines.off,
            engines.on,
            judge,
            automatic=not args.explicit,
        )
        async for one in run:
            tried.append(one)
            status.show(f"{len(tried)} of {len(chosen)}: {Path(one.region.path).name}:{one.line + 1}")
        name = engines.model.description.name
    status.clear()
    _report(args, tried, name)
    return 0


async def _drawn(
    args: argparse.Namespace, session: Session, found: Sequence[holes.Region], texts: Mapping[str, Snapshot]
) -> tuple[holes.Region, ...]:
    if not args.judged:
        return holes.draw(found, args.holes, args.seed)
    judges, project_of = completion_judges(session), session.workspace.project_for
    drawn = await draw_judged(found, args.holes, args.seed, texts.__getitem__, project_of, judges)
    say(f"{len(drawn.regions)} holes that a tool judges; {drawn.passed_over} were passed over that none does.")
    return drawn.regions


def _report(args: argparse.Namespace, tried: Sequence[Tried], model: str) -> None:
    figures = summary(tried)
    sys.stdout.write(f"{model}, {len(tried)} holes, seed {args.seed}, ")
    sys.stdout.write("as on a key\n\n" if args.explicit else "as while typing\n\n")
    sys.stdout.writelines(f"{line}\n" for line in table(figures))
    if args.json:
        document = {"version": 1, "model": model, "seed": args.seed, "figures": figures, "holes": rows(tried)}
        args.json.write_text(dumps(document), encoding="utf-8")
    if args.plot:
        from signoff.completion.measure.plot import plot

        plot(figures, args.plot, f"{model}: {len(tried)} holes of real files")


def dumps(document: object) -> str:
    """JSON with null where a figure does not exist: "NaN" is no JSON."""
    return json.dumps(_finite(document), indent=2, ensure_ascii=False) + "\n"


def _finite(value: object) -> object:
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    return [_finite(one) for one in value] if isinstance(value, list | tuple) else value


def sources(args: argparse.Namespace, session: Session) -> list[Snapshot]:
    """The sources below the paths, in order, without those that are too large or cannot be read. Raises BadPath."""
    wanted = frozenset().union(*(CALLED[one] for one in args.language or CALLED))
    found: list[Snapshot] = []
    for path in request(args.paths, session.workspace).files:
        try:
            snapshot = snapshot_of(path)
        except OSError as error:
            say(f"{path}: {error.strerror}")
            continue
        if snapshot.language in wanted and len(snapshot.text) <= LARGEST:
            found.append(snapshot)
    if not found:
        raise BadPath(f"{', '.join(args.paths)}: no source file there that completion knows.")
    return found
