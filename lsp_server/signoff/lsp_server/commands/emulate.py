"""`signoff emulate`: link a firmware image and run it, with what it sends over its UARTs on standard output."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from signoff.lsp_server.commands.paths import BadPath, existing, request
from signoff.lsp_server.commands.session import Session, open_session, run_to_end
from signoff.lsp_server.commands.status import Status, say
from signoff.lsp_server.documents import LANGUAGES
from signoff.verifiers.mcu.facts import C_LANGUAGES
from signoff.verifiers.project import Project
from signoff.verifiers.settings import VerifierSettings

CLEAN, FAULTS, TROUBLE = 0, 1, 2
ENGINES = ("qemu", "unicorn", "renode")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command's arguments."""
    parser = subparsers.add_parser(
        "emulate",
        help="run a firmware image in an emulator",
        description="Link the firmware image of a file or folder and run it. What it sends over its UARTs goes to "
        "standard output, what is found to standard error. Exit status: 0 it ran, 1 it faulted or used a peripheral "
        "without its clock, 2 it could not be run.",
    )
    parser.add_argument("path", nargs="?", default=".", metavar="PATH", help="a file of the image, or its folder")
    parser.add_argument("--engine", choices=ENGINES, default=ENGINES[0], help="what runs it (default qemu)")
    parser.add_argument("--seconds", type=float, metavar="N", help="end it after N seconds (default: the setting)")
    parser.add_argument("--trust", action="store_true", help="also run tools that the workspace's own files name")


def run(args: argparse.Namespace) -> int:
    """Run the image; the exit status is 0 fine, 1 faults, 2 trouble."""
    try:
        existing([args.path])
        if args.seconds is not None and not args.seconds > 0:
            raise BadPath(f"--seconds {args.seconds}: must be above 0")
        return run_to_end(_main(args))
    except (BadPath, OSError) as error:
        say(str(error))
        return TROUBLE


async def _main(args: argparse.Namespace) -> int:
    settings = VerifierSettings()
    if args.seconds is not None:
        settings = replace(settings, emulator=replace(settings.emulator, seconds=args.seconds))
    with Status() as status:
        async with open_session(
            [args.path], settings=settings, trusted=args.trust, progress=status.scanning
        ) as session:
            status.clear()
            return await _emulate(args, _project(args.path, session))


def _project(path: str, session: Session) -> Project:
    """The project of the image that a path stands for. Raises BadPath where there is none, or several."""
    files = [file for file in request([path], session.workspace).files if _is_c(file)]
    projects = {project.image: project for file in files if (project := session.workspace.project_for(file)).image}
    if not projects:
        raise BadPath(f"{path}: no firmware image; see `signoff doctor {path}` for what was looked for")
    if len(projects) > 1:
        names = ", ".join(sorted(image.name for image in projects if image is not None))
        raise BadPath(f"{path}: {len(projects)} firmware images ({names}); name a file of one of them")
    return next(iter(projects.values()))


async def _emulate(args: argparse.Namespace, project: Project) -> int:
    from signoff.lsp_server.firmware import verdict
    from signoff.verifiers.mcu.emulate.run import emulate

    def stream(text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()

    done = await emulate(project, engine=args.engine, on_output=stream, settings=project.settings)
    for finding in done.findings:
        say(f"{finding.path}:{finding.span.start_line + 1}: {finding.message} [{finding.code}: {finding.tool}]")
    for note in done.notes:
        say(note)
    well, text = verdict(done, f"{project.image.name if project.image else ''} in {args.engine}")
    say(text)
    if not done.ran:
        return TROUBLE
    return CLEAN if well else FAULTS


def _is_c(file: str) -> bool:
    return LANGUAGES.get(Path(file).suffix.lower()) in C_LANGUAGES
