"""`signoff fix`: shows or applies what the tools can prove mended."""

from __future__ import annotations

import argparse
import codecs
import difflib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from signoff.diagnostics.fixes.mend import Mended, mend
from signoff.lsp_server.commands.paths import BadPath, existing, request
from signoff.lsp_server.commands.session import Session, open_session, run_to_end, snapshot_of
from signoff.lsp_server.commands.status import Status, say
from signoff.verifiers.finding import Finding, Severity
from signoff.verifiers.mcu.facts import LINK
from signoff.verifiers.project import Image, Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import BOM
from signoff.verifiers.verifier import Speed

FIXED, LEFT, TROUBLE = 0, 1, 2


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
    how.add_argument("--apply", action="store_true", help="write the changes into the files")
    parser.add_argument(
        "--behaviour",
        action="store_true",
        help="also make changes to the hardware beyond the fault, such as a value in place of a latch",
    )


def run(args: argparse.Namespace) -> int:
    """Mend and report; the exit status is 0 fixed, 1 errors left, 2 trouble."""
    try:
        existing(args.paths)
        return run_to_end(_main(args))
    except (BadPath, OSError) as error:
        say(str(error))
        return TROUBLE


@dataclass(frozen=True, slots=True)
class _File:
    """A file as it was read; `encoding` writes its text back byte for byte."""

    path: str
    data: bytes
    encoding: str
    snapshot: Snapshot


async def _main(args: argparse.Namespace) -> int:
    worst = FIXED
    with Status() as status:
        async with open_session(args.paths, progress=status.scanning) as session:
            files = [_read(path) for path in request(args.paths, session.workspace).files]
            done = _Done()
            for number, file in enumerate(files):
                status.show(f"mending {number + 1} of {len(files)}: {Path(file.path).name}")
                mended = await _mend(session, file, done, args.behaviour)
                done.take(file, mended)
                status.clear()
                worst = max(worst, _report(file, mended, done, apply=args.apply))
            worst = max(worst, _report_project(session, [file.path for file in files], done))
            for path, text in done.elsewhere.items():
                _change(_read(path), text, apply=args.apply)
    return worst


@dataclass(slots=True)
class _Done:
    """What was mended so far: documents, other files with their text, and the images that these make."""

    documents: dict[str, Snapshot] = field(default_factory=dict)
    elsewhere: dict[str, str] = field(default_factory=dict)
    images: dict[tuple[str, str], Image] = field(default_factory=dict)
    said: set[str] = field(default_factory=set)

    def say(self, text: str) -> None:
        """Tell the user, once a run: a tool that is missing is missing for every file."""
        if text not in self.said:
            self.said.add(text)
            say(text)

    def take(self, file: _File, mended: Mended) -> None:
        """Take over what came of one file."""
        self.documents[file.path] = replace(file.snapshot, text=mended.text)
        self.elsewhere.update(mended.elsewhere)
        image = mended.project.image
        if image is not None and mended.elsewhere:
            self.images[image.origin, image.name] = image

    def project(self, project: Project, file: _File) -> Project:
        """A file's project with all of this in the place of what is on disk."""
        edited = {path: Snapshot("", path, "", 0, text) for path, text in self.elsewhere.items()}
        open_ones = {one.path: one for one in project.buffers}
        buffers = {**open_ones, **self.documents, **edited, file.path: file.snapshot}
        image = project.image
        if image is not None:
            image = self.images.get((image.origin, image.name), image)
        return replace(project, buffers=tuple(buffers.values()), image=image)


async def _mend(session: Session, file: _File, done: _Done, behaviour: bool) -> Mended:
    """Mend one file, with those mended before it in place of the disk's."""
    project = done.project(session.workspace.project_for(file.path), file)
    judges = [verifier for verifier in session.verifiers if verifier.speed <= Speed.QUICK or verifier.name == LINK]
    return await mend(file.snapshot, project, judges, behaviour=behaviour)


def _read(path: str) -> _File:
    """Bytes that are not UTF-8 are read as Latin-1, which keeps each of them. Raises OSError."""
    snapshot, data = snapshot_of(path), Path(path).read_bytes()
    try:
        data.decode("utf-8")
        return _File(path, data, "utf-8-sig" if data.startswith(codecs.BOM_UTF8) else "utf-8", snapshot)
    except UnicodeDecodeError:
        return _File(path, data, "latin-1", replace(snapshot, text=data.decode("latin-1")))


def _report_project(session: Session, asked: Sequence[str], done: _Done) -> int:
    """Tell what is wrong in the files that say what belongs together: no fix here mends those."""
    projects = [session.workspace.project_for(path) for path in asked]
    names = {one.origin for one in projects} | {one.image.origin for one in projects if one.image is not None}
    errors = [one for one in session.workspace.problems() if one.severity is Severity.ERROR and one.path in names]
    for finding in errors:
        done.say(_left(finding))
    return LEFT if errors else FIXED


def _left(finding: Finding) -> str:
    return f"{_shown(finding.path)}:{finding.span.start_line + 1}: left: {finding.message} [{finding.code}]"


def _report(file: _File, mended: Mended, done: _Done, *, apply: bool) -> int:
    """Print (or write) the changes of one file and say what was done; its exit status."""
    name = _shown(file.path)
    for fix in mended.applied:
        say(f"{name}: {fix.title}")
    for fix in mended.withheld:
        why = "one of several ways, choose in an editor" if fix.ambiguous else "not applied without --behaviour"
        say(f"{name}:{fix.finding.span.start_line + 1}: {why}: {fix.title}")
    failed = [outcome for outcome in mended.outcomes.values() if not outcome.ran]
    troubles = {(outcome.status.value, outcome.message): None for outcome in failed}
    for status, message in troubles:
        tools = ", ".join(one.tool for one in failed if (one.status.value, one.message) == (status, message))
        done.say(f"{tools}: {status}: {message}")
    # The linker also speaks of its script and of the build.
    image = mended.project.image
    elsewhere = {image.origin, *image.linker_scripts} if image is not None else set()
    found = [
        finding for outcome in mended.outcomes.values() for finding in outcome.findings if finding.path in elsewhere
    ]
    errors = [finding for finding in (*mended.left, *found) if finding.severity is Severity.ERROR]
    for finding in errors:
        done.say(_left(finding))
    _change(file, mended.text, apply=apply)
    if failed and len(failed) == len(mended.outcomes):
        return TROUBLE
    return LEFT if errors else FIXED


def _change(file: _File, text: str, *, apply: bool) -> None:
    """Write a file's new text, or show the difference."""
    if text == file.snapshot.text:
        return
    if apply:
        _write(file, text)
        return
    mark = BOM if file.encoding == "utf-8-sig" else ""
    sys.stdout.writelines(diff(mark + file.snapshot.text, mark + text, _shown(file.path)))


def _shown(path: str) -> str:
    relative = os.path.relpath(path)
    return path if relative.startswith("..") else relative


def diff(before: str, after: str, name: str) -> Iterator[str]:
    """A unified diff that `patch` takes; lines end where \\n stands, so that a \\r stays part of its line."""
    old, new = _lines(before), _lines(after)
    # A path from the root is its own: `patch -p1 -d /` takes it.
    names = (name, name) if Path(name).is_absolute() else (f"a/{name}", f"b/{name}")
    for line in difflib.unified_diff(old, new, *names):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _lines(text: str) -> list[str]:
    lines = [f"{line}\n" for line in text.split("\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]


def _write(file: _File, text: str) -> None:
    """Replace the file in one step, with its permissions. Raises OSError, also where it has changed meanwhile."""
    target = Path(file.path).resolve()
    if target.read_bytes() != file.data:
        raise OSError(f"{file.path}: changed on disk meanwhile, not written")
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(text.encode(file.encoding))
        shutil.copymode(target, name)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
