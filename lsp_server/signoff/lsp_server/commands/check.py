"""`signoff check`: what the tools say about files, as one list: with --deep also those that take long."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable, Sequence
from pathlib import Path, PurePath

from signoff.lsp_server.commands.checker import check
from signoff.lsp_server.commands.paths import BadPath, concerns_us, existing, request_what_is_there
from signoff.lsp_server.commands.session import Session, open_session, run_to_end
from signoff.lsp_server.commands.status import Status, say
from signoff.lsp_server.documents import HDL, LANGUAGES
from signoff.lsp_server.on_demand import OnDemand, build_extension, compile_whole
from signoff.lsp_server.report.result import CheckResult
from signoff.verifiers.finding import Severity
from signoff.verifiers.settings import CudaSettings, VerifierSettings
from signoff.verifiers.verifier import Speed

CLEAN, FINDINGS, TROUBLE = 0, 1, 2
FAIL_ON = {"error": Severity.ERROR, "warning": Severity.WARNING, "information": Severity.INFORMATION}


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command's arguments."""
    parser = subparsers.add_parser(
        "check",
        help="check Verilog, CUDA, Triton and firmware files with the real tools",
        description="Check files, folders, file lists (.f) or a signoff.toml. Exit status: 0 clean, 1 findings, "
        "2 trouble (a path that is not there, a tool that failed).",
    )
    parser.add_argument("paths", nargs="+", metavar="PATH", help="file, folder, file list or signoff.toml")
    parser.add_argument(
        "--deep", action="store_true", help="also Yosys, nvcc, Triton's machine code and linking firmware"
    )
    parser.add_argument("--compile", action="store_true", help="compile CUDA files entirely, too (nvcc -c)")
    parser.add_argument(
        "--build", action="store_true", help="also have torch build the extensions of load_inline; needs --trust"
    )
    parser.add_argument(
        "--arch", type=_architectures, default=(), metavar="LIST", help="GPU architectures to check for: sm_80,sm_90"
    )
    parser.add_argument("--format", choices=("text", "json", "sarif", "github"), default="text")
    parser.add_argument("--output", metavar="FILE", help="write the report to FILE instead of standard output")
    parser.add_argument("--fail-on", choices=tuple(FAIL_ON), default="error", help="least severity for exit status 1")
    parser.add_argument(
        "--max-per-file", type=_positive, default=100, metavar="N", help="findings a file (default 100)"
    )
    parser.add_argument("--watch", action="store_true", help="check again whenever a file changes, until Ctrl-C")
    parser.add_argument("--colour", "--color", choices=("auto", "always", "never"), default="auto")
    parser.add_argument("--trust", action="store_true", help="also run tools that the workspace's own files name")


def run(args: argparse.Namespace) -> int:
    """Check and report; the exit status is 0 clean, 1 findings, 2 trouble."""
    try:
        there = [path for path in args.paths if Path(path).exists()]
        if not there:
            existing(args.paths)
        return run_to_end(_main(args, there))
    except (BadPath, OSError) as error:
        say(str(error))
        return TROUBLE


async def _main(args: argparse.Namespace, there: Sequence[str]) -> int:
    with Status() as status:
        settings = VerifierSettings(cuda=CudaSettings(architectures=args.arch))
        async with open_session(there, settings=settings, trusted=args.trust, progress=status.scanning) as session:
            status.clear()
            for message in session.workspace.messages():
                say(message)
            await _prepare(args, session, status)
            once = _Check(args, session, status)
            return await (_watch(once) if args.watch else once())


async def _prepare(args: argparse.Namespace, session: Session, status: Status) -> None:
    """Yosys is compiled for this machine once; that takes a minute and is shown."""
    asked = request_what_is_there(args.paths, session.workspace)
    if args.deep and any(LANGUAGES.get(PurePath(file).suffix.lower()) in HDL for file in asked.files):
        from signoff.verifiers.hdl.yosys import Yosys

        for verifier in session.verifiers:
            if isinstance(verifier, Yosys) and not verifier.ready():
                await verifier.warm(status.show)


class _Check:
    """One check of all paths, which --watch repeats."""

    def __init__(self, args: argparse.Namespace, session: Session, status: Status) -> None:
        self.args, self.session, self.status = args, session, status

    async def __call__(self) -> int:
        """Check, write the report, and tell the exit status. Raises BadPath and OSError."""
        deepest = Speed.DEEP if self.args.deep else Speed.QUICK
        asked = request_what_is_there(self.args.paths, self.session.workspace)
        folder = str(Path.cwd())
        result = await check(
            self.session,
            asked,
            deepest=deepest,
            cap=self.args.max_per_file,
            folder=folder,
            told=self.status.checked,
            demanded=_demanded(self.args),
        )
        self.status.clear()
        _complain(result)
        if result.files or result.findings:
            _write(self.args, _renderer(self.args)(result))
        return _exit_status(result, FAIL_ON[self.args.fail_on])


def _demanded(args: argparse.Namespace) -> tuple[OnDemand, ...]:
    """What runs only because the user asks for it."""
    return (*((compile_whole,) if args.compile else ()), *((build_extension,) if args.build else ()))


async def _watch(once: _Check) -> int:
    from signoff.verifiers.watch import Watcher

    changes: asyncio.Queue[tuple[str, ...]] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def tell(paths: tuple[str, ...]) -> None:
        loop.call_soon_threadsafe(changes.put_nowait, paths)

    # It listens before the first check, so that no change falls between the two.
    watcher = Watcher(once.session.workspace.folders, tell)
    if trouble := watcher.start():
        say(trouble)
    try:
        while True:
            try:
                await once()
            except (BadPath, OSError) as error:
                say(str(error))
            say("waiting for changes (Ctrl-C ends)")
            changed = set(await changes.get())
            while not changes.empty():
                changed |= set(changes.get_nowait())
            await once.session.workspace.files_changed(tuple(sorted(changed)))
    finally:
        watcher.stop()


def _complain(result: CheckResult) -> None:
    for text in (*result.trouble, *result.notices):
        say(text)
    for path, text in result.not_judged:
        say(f"{result.name(path)}: {text}")
    # A toolchain that is missing is one trouble, however many tools it has.
    troubled: dict[str, list[str]] = {}
    for tool in result.tools:
        for text in tool.trouble:
            troubled.setdefault(text, []).append(tool.name)
    for text, tools in troubled.items():
        say(f"{', '.join(tools)}: {text}")
    for path in result.not_utf8:
        say(f"{result.name(path)}: not UTF-8; bytes that are not are read as U+FFFD")


def _exit_status(result: CheckResult, least: Severity) -> int:
    # Python without GPU code is no trouble, though no tool had a look at it.
    nothing_ran = not result.tools and any(concerns_us(Path(file)) for file in result.files)
    if result.trouble or nothing_ran or any(tool.trouble for tool in result.tools):
        return TROUBLE
    return FINDINGS if any(finding.severity <= least for finding in result.findings) else CLEAN


def _renderer(args: argparse.Namespace) -> Callable[[CheckResult], str]:
    """The chosen format; only its module is imported."""
    if args.format == "json":
        from signoff.lsp_server.report.json import render as render_json

        return render_json
    if args.format == "sarif":
        from signoff.lsp_server.report.sarif import render as render_sarif

        return render_sarif
    if args.format == "github":
        from signoff.lsp_server.report.github import render as render_github

        return render_github
    from signoff.lsp_server.report.text import render

    colour = args.colour == "always" or (args.colour == "auto" and not args.output and sys.stdout.isatty())
    return lambda result: render(result, colour=colour)


def _write(args: argparse.Namespace, text: str) -> None:
    if args.output:
        try:
            Path(args.output).write_text(text, encoding="utf-8")
        except OSError as error:
            raise BadPath(
                f"cannot write the report to {args.output}: {error.strerror}; name a file in a folder that is there "
                "and may be written, or leave --output out"
            ) from error
        return
    # A terminal or pipe that is not UTF-8 gets what it can show.
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, errors="replace").decode(encoding))
    sys.stdout.flush()


def _architectures(text: str) -> tuple[str, ...]:
    from signoff.verifiers.gpu.hardware.limits import ARCHITECTURES, normal

    names = [normal(word) for word in text.replace(",", " ").split()]
    unknown = [
        word for word, name in zip(text.replace(",", " ").split(), names, strict=True) if name not in ARCHITECTURES
    ]
    if unknown or not names:
        known = f"known are {ARCHITECTURES[0]} to {ARCHITECTURES[-1]}"
        raise argparse.ArgumentTypeError(f"{', '.join(unknown) or 'nothing'} is no GPU architecture ({known})")
    return tuple(dict.fromkeys(filter(None, names)))


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return number
