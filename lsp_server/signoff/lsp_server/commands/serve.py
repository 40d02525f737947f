"""`signoff serve`: the language server, over standard input and output or TCP."""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import sys

MAX_PORT = 65535
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command's arguments."""
    parser = subparsers.add_parser("serve", help="run the language server (what an editor starts)")
    parser.add_argument("--stdio", action="store_true", help="speak over standard input and output (the default)")
    parser.add_argument("--tcp", type=_port, metavar="PORT", help="listen on this TCP port instead (0: any free one)")
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on with --tcp (default: this machine only)"
    )
    parser.add_argument("--log-level", choices=("error", "warning", "info", "debug"), default="warning")


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > MAX_PORT:
        raise argparse.ArgumentTypeError(f"{text} is no port: 0 (any free one) to {MAX_PORT}")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Serve until the client ends it. Returns the exit status that the protocol asks for."""
    logging.basicConfig(stream=sys.stderr, level=args.log_level.upper(), format="%(name)s: %(message)s")
    # Importing the protocol's 600 classes makes a lot of objects and no garbage: collecting costs 40 ms of the start.
    gc.disable()
    from signoff.lsp_server import compiled

    with compiled.kept():
        from signoff.lsp_server import transport

    gc.freeze()
    gc.enable()
    try:
        if args.tcp is None:
            return asyncio.run(transport.serve_stdio())
        if args.host not in LOOPBACK:
            print(f"signoff: anyone who reaches {args.host} can read files through this server", file=sys.stderr)
        asyncio.run(transport.serve_tcp(args.host, args.tcp))
    except KeyboardInterrupt:
        return 0
    except OSError as error:
        print(f"signoff serve: cannot listen on {args.host}:{args.tcp}: {error.strerror or error}", file=sys.stderr)
        return 2
    return 0
