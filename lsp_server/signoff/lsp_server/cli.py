"""The `signoff` command: a module a subcommand, of which only the chosen one is imported, for a fast start."""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import os
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import NoReturn

# Each is signoff.lsp_server.commands.<name> with add_parser(subparsers) and run(args) -> exit status.
COMMANDS = {
    "serve": "run the language server (an editor starts this)",
    "check": "check Verilog, CUDA, Triton and firmware files with the real tools",
    "fix": "mend what the tools can prove mended",
    "repair": "verify and repair the samples of a dataset",
    "export": "write what was tried on faults, as training data",
    "emulate": "run a firmware image in an emulator",
    "doctor": "say which tools are here, which are not, and why",
    "model": "list, download and serve completion models",
    "bench": "measure completion on your own files, with your own model",
    "demo": "see Signoff at work on example files",
}
TROUBLE = 2
INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the result is the process's exit status (2: trouble, 130: interrupted)."""
    arguments = sys.argv[1:] if argv is None else list(argv)
    chosen = next((word for word in arguments if not word.startswith("-")), "")
    module = importlib.import_module(f"signoff.lsp_server.commands.{chosen}") if chosen in COMMANDS else None
    args = _parser(chosen, module).parse_args(arguments)
    if module is None:
        _parser("", None).print_help()
        return TROUBLE
    try:
        return int(module.run(args))
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output is gone (`signoff check | head`); keep Python from complaining at its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return TROUBLE


def _parser(chosen: str, module: ModuleType | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="signoff", description="Diagnostics, fixes and completions for hardware code that the real tools accept."
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    commands = parser.add_subparsers(metavar="COMMAND", dest="command")
    for name, summary in COMMANDS.items():
        if module is not None and name == chosen:
            module.add_parser(commands)
        else:
            commands.add_parser(name, help=summary, add_help=False)
    return parser


class _Version(argparse.Action):
    """Looks the version up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        sys.stdout.write(f"signoff {importlib.metadata.version('signoff')}\n")
        parser.exit()


if __name__ == "__main__":
    sys.exit(main())
