"""`signoff model serve`: a vLLM server for completion, started with the right flags and watched."""

from __future__ import annotations

import argparse
import shlex
import socket
import sys
from pathlib import Path

from signoff.completion.serve.plan import EVERYWHERE, Plan, Wish, ray_lines
from signoff.completion.serve.prepare import Order, Prepared, prepare
from signoff.completion.serve.weights import ServeError
from signoff.lsp_server.commands.status import Status, say

TROUBLE = 2
DEFAULT = "incoder-32b"
KEY_ENV = "SIGNOFF_MODEL_KEY"
MAX_PORT = 65535


def add_parser(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the action and its arguments."""
    parser = actions.add_parser(
        "serve",
        help="start and watch a vLLM server for completion",
        description="Start a vLLM server for completion, for this machine or a whole team, and start it again where it "
        "ends. Ctrl-C ends it. vLLM is not part of Signoff: it is found in an environment of its own.",
    )
    parser.add_argument(
        "model", nargs="?", default=DEFAULT, help="a name of --list, a folder, or a Hugging Face name (%(default)s)"
    )
    parser.add_argument("--list", action="store_true", help="show the models known by name, and what they need")
    parser.add_argument("--dry-run", action="store_true", help="print the command and start nothing")
    parser.add_argument("--python", default="", metavar="PATH", help="the Python of the environment that has vLLM")
    parser.add_argument("--force", action="store_true", help="start even where the memory seems not to suffice")
    parser.add_argument(
        "--vllm-args", default="", metavar="ARGS", help="more arguments for vLLM: --vllm-args='--max-num-seqs 64'"
    )
    _add_model(parser)
    _add_machine(parser)


def _add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--quantise", "--quantize", default="", metavar="METHOD", help="quantised weights: fp8, awq or gptq"
    )
    parser.add_argument("--context", type=_positive, default=0, metavar="TOKENS", help="default: what fits")
    parser.add_argument("--dtype", default="", help="as vLLM's (default: the model's own)")
    parser.add_argument("--trust-remote-code", action="store_true", help="let vLLM run the repository's own Python")
    parser.add_argument(
        "--speculate",
        action="store_true",
        help="guess what the answer copies from the prompt: quicker for few users, slower for many",
    )


def _add_machine(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    parser.add_argument("--port", type=_port, default=8000, help="default: %(default)s")
    parser.add_argument(
        "--key-env", default=KEY_ENV, metavar="NAME", help="variable that holds the key to ask for (%(default)s)"
    )
    parser.add_argument("--gpus", type=_positive, default=0, metavar="N", help="split over N (default: what it needs)")
    parser.add_argument("--memory-share", type=_share, default=0.0, metavar="F", help="of each GPU's memory (0.9)")
    parser.add_argument("--nodes", type=_positive, default=1, metavar="N", help="machines, joined by Ray")
    parser.add_argument("--ray-address", default="", metavar="HOST:PORT", help="the Ray cluster's head")
    parser.add_argument("--cpu", action="store_true", help="serve on the processor (small models only)")


def run(args: argparse.Namespace) -> int:
    """Serve until it is ended; the exit status is 2 where it could not be."""
    if args.list:
        return _list()
    from signoff.lsp_server.commands.session import run_to_end  # loads what a workspace is, which `model list` spares

    try:
        return run_to_end(_main(args))
    except KeyboardInterrupt:
        return 0
    except (ServeError, OSError) as error:
        print(f"signoff model serve: {error}", file=sys.stderr)
        return TROUBLE


async def _main(args: argparse.Namespace) -> int:
    if sys.platform == "win32" and not args.dry_run:
        raise ServeError("vLLM runs on Linux and macOS; on Windows, run this inside WSL.")
    prepared = await prepare(_order(args))
    for note in prepared.notes:
        say(note)
    if args.nodes > 1 and not args.ray_address:
        python = prepared.plan.argv[0]
        print(ray_lines(python, args.nodes))
        return 0
    if args.dry_run:
        print(prepared.plan.shell())
        return 0
    return await _watch(prepared, args.key_env)


def _order(args: argparse.Namespace) -> Order:
    try:
        extra = tuple(shlex.split(args.vllm_args))
    except ValueError as error:
        raise ServeError(f"--vllm-args: {error}") from None
    wish = Wish(
        host=args.host,
        port=args.port,
        dtype=args.dtype,
        nodes=args.nodes,
        ray_address=args.ray_address,
        cpu=args.cpu,
        trust_remote_code=args.trust_remote_code,
        speculate=args.speculate,
        extra=extra,
    )
    return Order(
        args.model,
        wish,
        quantise=args.quantise.lower(),
        # Not resolved: the Python of an environment is a link.
        python=str(Path(args.python).expanduser().absolute()) if args.python else "",
        count=args.gpus,
        context=args.context,
        share=args.memory_share,
        key_env=args.key_env,
        force=args.force,
        dry=args.dry_run or (args.nodes > 1 and not args.ray_address),
    )


async def _watch(prepared: Prepared, key_env: str) -> int:
    from signoff.completion.serve.log import Log, folder
    from signoff.completion.serve.watch import Watch

    plan = prepared.plan
    log = Log(folder() / f"vllm-{plan.port}.log")
    say(f"starting vLLM; its log: {log.path}")
    told = False
    with Status() as status:

        def ready(seconds: float) -> None:
            nonlocal told
            status.clear()
            say(f"{plan.name} answers at {plan.url} after {seconds:.0f} s. Ctrl-C ends it.")
            if not told:
                print(settings_lines(plan, key_env, prepared.new_key), flush=True)
            told = True

        def tell(text: str) -> None:
            status.clear()
            say(text)

        try:
            await Watch(plan, log, tell, status.show).run(ready)
        finally:
            log.close()
    return 0


def settings_lines(plan: Plan, key_env: str, new_key: str = "") -> str:
    """What goes into the editor's settings; a new key with it, this once."""
    url = plan.url
    if plan.host in EVERYWHERE:
        url = f"http://{socket.gethostname()}:{plan.port}"
    lines = [f'    "signoff.completion.url": "{url}",', f'    "signoff.completion.model": "{plan.name}"']
    if plan.key:
        lines[-1] += ","
        lines.append(f'    "signoff.completion.apiKeyEnv": "{key_env}"')
    if new_key:
        lines.append(f"The key, for the variable {key_env} where the editor runs (it is not shown again):")
        lines.append(f"    {new_key}")
    return "\n".join(["For the editor's settings:", *lines])


def _list() -> int:
    from rich.console import Console
    from rich.table import Table

    from signoff.completion.serve.catalogue import rows

    table = Table(box=None, pad_edge=False)
    for title in ("name", "weights", "quantised", "context", "licence", "repository"):
        table.add_column(title, overflow="fold")
    for row in rows():
        small = ", ".join(f"{method} {row.weights(method) / 1e9:.0f} GB" for method in row.quantised)
        size = f"{row.weights('') / 1e9:.0f} GB"
        table.add_row(row.name, size, small, str(row.context), row.licence, row.repository)
    Console().print(table)
    return 0


def _positive(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text} is no whole number above 0")
    return int(text)


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= MAX_PORT:
        raise argparse.ArgumentTypeError(f"{text} is no port: 1 to {MAX_PORT}")
    return int(text)


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = 0.0
    if not 0 < share <= 1:
        raise argparse.ArgumentTypeError(f"{text} is no share: above 0, at most 1")
    return share
