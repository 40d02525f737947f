"""The options that say which model a command asks; the same for each that asks one."""

from __future__ import annotations

import argparse
from dataclasses import replace

from signoff.completion.settings import BACKENDS, CompletionSettings


def add_model(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--backend", choices=[one for one in BACKENDS if one != "off"], default="auto")
    parser.add_argument("--url", default="", help="the model server's base URL")
    parser.add_argument(
        "--model", default="", help="the server's name of the model; without --url a name of `signoff model list`"
    )
    parser.add_argument("--api-key-env", default="", metavar="NAME", help="environment variable with the API key")
    parser.add_argument("--threads", type=int, default=0, metavar="N", help="processor threads of a local model")


def settings_of(args: argparse.Namespace) -> CompletionSettings:
    """The settings of completion that the arguments ask for; no pause before the model is asked."""
    settings = CompletionSettings(
        backend=args.backend, url=args.url, api_key_env=args.api_key_env, threads=args.threads, debounce=0.0
    )
    if args.url:
        return replace(settings, model=args.model)
    return replace(settings, local_model=args.model) if args.model else settings
