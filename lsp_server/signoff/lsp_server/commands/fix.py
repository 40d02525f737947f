"""`signoff fix`: shows, explains or applies what can be proven: fixes of findings, and refactorings."""

from __future__ import annotations

import argparse

from signoff.completion.model.protocol import ModelUnavailable
from signoff.diagnostics.refactor.refactorings import REFACTORINGS
from signoff.lsp_server.commands.model_options import add_model
from signoff.lsp_server.commands.paths import BadPath, existing
from signoff.lsp_server.commands.session import run_to_end
from signoff.lsp_server.commands.status import say

TROUBLE = 2
NAMES = tuple(one.name for one in REFACTORINGS)


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command's arguments."""
    parser = subparsers.add_parser(
        "fix",
        help="mend what the tools can prove mended",
        description="Show, as a diff, the fixes that the tools accept: the fault is gone, nothing new is reported, "
        "nothing is lost. Exit status: 0 nothing to fix or all fixed, 1 errors left, 2 trouble.",
    )
    parser.add_argument("paths", nargs="+", metavar="PATH", help="file, folder, file list or signoff.toml")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--diff", action="store_true", help="show the changes as a unified diff (the default)")
    how.add_argument("--apply", action="store_true", help="write the changes into the files: all of them, or none")
    how.add_argument("--list", action="store_true", help="list every finding with the fixes that are proven for it")
    how.add_argument("--explain", action="store_true", help="explain every finding, facts first")
    _add_what(parser)
    model = parser.add_argument_group("a model as a proposer, asked where nothing else mends a finding")
    model.add_argument("--with-model", action="store_true", help="ask the model on this machine, or the one named")
    add_model(parser)


def _add_what(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--only", action="append", default=[], metavar="CODE", help="only findings with this code (may be repeated)"
    )
    parser.add_argument(
        "--refactor",
        action="append",
        default=[],
        choices=NAMES,
        metavar="NAME",
        help=f"make this change wherever it can be proven, in place of fixes: {', '.join(NAMES)} (may be repeated)",
    )
    parser.add_argument(
        "--try",
        action="store_true",
        dest="guess",
        help="also try small edits at the faulty place; of several that are accepted none is applied",
    )
    parser.add_argument(
        "--behaviour",
        action="store_true",
        help="also make changes to the hardware beyond the fault, such as a value in place of a latch",
    )
    parser.add_argument(
        "--deep", action="store_true", help="let the slow tools (Yosys, nvcc) have their say on every fix, too"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="of --list")
    parser.add_argument("--trust", action="store_true", help="also run tools that the workspace's own files name")


def run(args: argparse.Namespace) -> int:
    """Mend and report; the exit status is 0 fixed, 1 errors left, 2 trouble."""
    try:
        existing(args.paths)
        return run_to_end(_chosen(args))
    except (BadPath, OSError, ModelUnavailable) as error:
        say(str(error))
        return TROUBLE


async def _chosen(args: argparse.Namespace) -> int:
    if args.refactor and args.explain:
        raise BadPath("--explain is about findings, and --refactor needs none: leave one of the two out")
    if args.list or args.explain:
        from signoff.lsp_server.commands import fix_list

        return await fix_list.main(args)
    from signoff.lsp_server.commands import fix_apply

    return await fix_apply.main(args)
