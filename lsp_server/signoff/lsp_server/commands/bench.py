"""`signoff bench`: measures Signoff on the user's own files, with the user's own model and tools."""

from __future__ import annotations

import argparse
from pathlib import Path

from signoff.completion.model.protocol import ModelUnavailable
from signoff.lsp_server.commands.model_options import add_model
from signoff.lsp_server.commands.paths import BadPath, existing
from signoff.lsp_server.commands.session import run_to_end
from signoff.lsp_server.commands.status import say
from signoff.verifiers.extras import install
from signoff.verifiers.finding import Category

TROUBLE = 2
LANGUAGES = ("verilog", "cuda", "triton", "c")
KINDS = tuple(str(one) for one in Category if one is not Category.OTHER)


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command's arguments."""
    parser = subparsers.add_parser("bench", help="measure completion and fixes on your own files")
    kinds = parser.add_subparsers(metavar="WHAT", dest="what", required=True)
    complete = kinds.add_parser(
        "complete",
        help="fill masked regions of source files, or type one again",
        description="Masks regions of source files (right sides, always blocks, case items, instances, statements, "
        "blocks, launches), asks the configured model to fill them in with checking off and on, and prints how near "
        "it came, what broke the file and how long it took. With --replay a file is typed again key by key instead, "
        "and what the model was asked is counted beside one request a keystroke. Nothing is written but the reports.",
    )
    _add_complete(complete)
    repair = kinds.add_parser(
        "repair",
        help="put faults into clean sources and see which are found and mended",
        description="Puts small faults of every kind into clean source files, in memory, one at a time, and counts "
        "which of them the verifiers find, name and locate, for which a fix is proven, and how often that is the right "
        "one: the clean text again, or equivalent to it. Beside every rate stands how often mere deletions get through "
        "the same proof. Nothing is written but the reports.",
    )
    _add_repair(repair)


def _add_repair(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", metavar="PATH", help="file or folder of clean sources")
    parser.add_argument("--language", action="append", choices=LANGUAGES, help="only this one (may be repeated)")
    parser.add_argument(
        "--kind",
        action="append",
        choices=KINDS,
        metavar="KIND",
        help="only faults of this kind, such as missing-end (may be repeated)",
    )
    parser.add_argument("--faults", type=_count, default=3, metavar="N", help="of each kind (default 3)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="which faults are drawn (default 1)")
    parser.add_argument("--proposer", action="append", metavar="NAME", help="ask only this one (may be repeated)")
    parser.add_argument("--with-model", action="store_true", help="ask a model, too, as another proposer")
    add_model(parser)
    parser.add_argument("--judged", action="store_true", help="only in files that a compiler or the like judges whole")
    parser.add_argument("--deep", action="store_true", help="ask the slow verifiers, too (Yosys, nvcc)")
    parser.add_argument(
        "--budget", type=float, default=20.0, metavar="S", help="seconds a proposer and finding (default 20)"
    )
    parser.add_argument(
        "--proof", type=float, default=20.0, metavar="S", help="seconds to prove that two texts mean the same (0: none)"
    )
    parser.add_argument(
        "--no-control", action="store_true", help="leave out the deletions that show what a proof is worth"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every fault and all figures here")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="write a picture here (.svg, .png or .pdf)")
    parser.add_argument("--trust", action="store_true", help="let the projects' own build files be asked")


def _add_complete(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", metavar="PATH", help="file or folder of sources")
    parser.add_argument("--language", action="append", choices=LANGUAGES, help="only this one (may be repeated)")
    parser.add_argument("--holes", type=_count, default=60, metavar="N", help="regions to be filled (default 60)")
    parser.add_argument(
        "--judged", action="store_true", help="only regions whose true text a tool judges; says how many it passed over"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="which regions are drawn (default 1)")
    parser.add_argument("--explicit", action="store_true", help="ask as on a key, for several candidates")
    add_model(parser)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every hole and all figures here")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="write a picture here (.svg, .png or .pdf)")
    parser.add_argument("--replay", action="store_true", help="type the first file again, key by key, in real time")
    parser.add_argument("--keystrokes", type=_count, default=500, metavar="N", help="keys of a replay (default 500)")
    parser.add_argument("--from-line", type=_count, default=0, metavar="N", help="the replay's first line")
    parser.add_argument("--trust", action="store_true", help="let the projects' own build files be asked")


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return number


def run(args: argparse.Namespace) -> int:
    """Measure and report; the exit status is 0, or 2 for trouble."""
    from signoff.lsp_server.commands import bench_complete, bench_repair

    measure = bench_repair.main if args.what == "repair" else bench_complete.main
    try:
        existing(args.paths)
        return run_to_end(measure(args))
    except ModuleNotFoundError as error:
        if error.name not in ("rapidfuzz", "matplotlib"):
            raise
        say(f"{error.name} is not installed, which measuring needs: {install('bench')}")
    except (BadPath, OSError, ModelUnavailable) as error:
        say(str(error))
    return TROUBLE
