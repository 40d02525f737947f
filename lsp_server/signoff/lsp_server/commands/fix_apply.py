"""`signoff fix` that changes files, or shows how it would."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from signoff.diagnostics.fixes.mend import Mended, mend
from signoff.diagnostics.fixes.proven import ProvenFix
from signoff.diagnostics.refactor.offer import unproven, why_unproven
from signoff.diagnostics.refactor.whole import refactor
from signoff.lsp_server.commands.fix_proposers import Proposing, judges, proposing
from signoff.lsp_server.commands.paths import request
from signoff.lsp_server.commands.rewriting import Changes, SourceFile, read, shown
from signoff.lsp_server.commands.session import Session, open_session
from signoff.lsp_server.commands.status import Status, say
from signoff.verifiers.finding import Finding, Severity
from signoff.verifiers.project import Image, Project
from signoff.verifiers.snapshot import Snapshot

FIXED, LEFT, TROUBLE = 0, 1, 2


async def main(args: argparse.Namespace) -> int:
    """Mend (or refactor) all files, then show the changes or write them. Raises BadPath, OSError, ModelUnavailable."""
    worst, changes, done = FIXED, Changes(), _Done()
    with Status() as status:
        async with (
            open_session(args.paths, trusted=args.trust, progress=status.scanning) as session,
            proposing(args, session) as asked,
        ):
            files = [read(path) for path in request(args.paths, session.workspace).files]
            for number, file in enumerate(files):
                status.show(f"mending {number + 1} of {len(files)}: {Path(file.path).name}")
                mended = await _mend(args, session, asked, file, done)
                done.take(file, mended)
                status.clear()
                worst = max(worst, _report(file, mended, done))
                changes.put(file, mended.text)
            worst = max(worst, _report_project(session, [file.path for file in files], done))
            for path, text in done.elsewhere.items():
                changes.put(read(path), text)
    if args.apply:
        changes.write()
    else:
        changes.show()
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

    def take(self, file: SourceFile, mended: Mended) -> None:
        """Take over what came of one file."""
        self.documents[file.path] = replace(file.snapshot, text=mended.text)
        self.elsewhere.update(mended.elsewhere)
        image = mended.project.image
        if image is not None and mended.elsewhere:
            self.images[image.origin, image.name] = image

    def project(self, project: Project, file: SourceFile) -> Project:
        """A file's project with all of this in the place of what is on disk."""
        edited = {path: Snapshot("", path, "", 0, text) for path, text in self.elsewhere.items()}
        open_ones = {one.path: one for one in project.buffers}
        buffers = {**open_ones, **self.documents, **edited, file.path: file.snapshot}
        image = project.image
        if image is not None:
            image = self.images.get((image.origin, image.name), image)
        return replace(project, buffers=tuple(buffers.values()), image=image)


async def _mend(args: argparse.Namespace, session: Session, asked: Proposing, file: SourceFile, done: _Done) -> Mended:
    """Mend or refactor one file, with those before it in place of the disk's."""
    project = done.project(session.workspace.project_for(file.path), file)
    judging = list(session.verifiers) if args.deep else judges(session)
    if args.refactor:
        return await refactor(
            file.snapshot, project, judging, session.verifiers, args.refactor, behaviour=args.behaviour
        )
    return await mend(
        file.snapshot,
        project,
        judging,
        behaviour=args.behaviour,
        proposers=asked.proposers,
        most=asked.most,
        codes=args.only,
        provers=session.verifiers,
        deep=args.deep,
    )


def _report_project(session: Session, asked: Sequence[str], done: _Done) -> int:
    """Tell what is wrong in the files that say what belongs together: no fix here mends those."""
    projects = [session.workspace.project_for(path) for path in asked]
    names = {one.origin for one in projects} | {one.image.origin for one in projects if one.image is not None}
    errors = [one for one in session.workspace.problems() if one.severity is Severity.ERROR and one.path in names]
    for finding in errors:
        done.say(_left(finding))
    return LEFT if errors else FIXED


def _left(finding: Finding) -> str:
    return f"{shown(finding.path)}:{finding.span.start_line + 1}: left: {finding.message} [{finding.code}]"


def _report(file: SourceFile, mended: Mended, done: _Done) -> int:
    """Say what was done to one file, and what was not; its exit status."""
    name = shown(file.path)
    for fix in mended.applied:
        say(f"{name}: {fix.title}")
    for fix in mended.withheld:
        say(f"{name}:{fix.finding.span.start_line + 1}: {why_withheld(fix)}: {fix.title}")
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
    if failed and len(failed) == len(mended.outcomes):
        return TROUBLE
    return LEFT if errors else FIXED


def why_withheld(fix: ProvenFix) -> str:
    """Why a proven fix is not applied."""
    if fix.ambiguous:
        return "one of several ways, choose in an editor"
    if unproven(fix):
        return f"not applied without --behaviour ({why_unproven(fix)})"
    if fix.behaviour:
        return "not applied without --behaviour"
    return "found by trying, choose in an editor or ask for it with --try"
