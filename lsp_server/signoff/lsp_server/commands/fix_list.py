"""`signoff fix --list` and `--explain`: every finding with what is proven to mend it, or with what is known of it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

from signoff.diagnostics.explain.finding import Asked, explained
from signoff.diagnostics.fixes.mend import BUDGET, MODEL_BUDGET, here
from signoff.diagnostics.fixes.offer import FixCache, offers
from signoff.diagnostics.fixes.proposer import Cost
from signoff.diagnostics.fixes.proven import ProvenFix
from signoff.diagnostics.prove import baselines, wanted
from signoff.diagnostics.refactor.offer import Refactor
from signoff.lsp_server.commands.fix_proposers import Proposing, judges, proposing
from signoff.lsp_server.commands.paths import request
from signoff.lsp_server.commands.rewriting import SourceFile, read, shown
from signoff.lsp_server.commands.session import Session, open_session
from signoff.lsp_server.commands.status import Status, say
from signoff.lsp_server.report.fixes import Listed, as_json, as_text
from signoff.verifiers.finding import Finding, Outcome, Severity
from signoff.verifiers.project import Project
from signoff.verifiers.verifier import Speed, tool_of

CLEAN, LEFT = 0, 1


@dataclass(frozen=True, slots=True)
class _Seen:
    """A file as the tools see it: what each, by name, says of it."""

    file: SourceFile
    project: Project
    known: dict[str, Outcome]


async def main(args: argparse.Namespace) -> int:
    """List or explain; the exit status is 1 where there are errors. Raises BadPath, OSError, ModelUnavailable."""
    listed: list[Listed] = []
    with Status() as status:
        async with (
            open_session(args.paths, trusted=args.trust, progress=status.scanning) as session,
            proposing(args, session) as asked,
        ):
            async for one in _all(args, session, asked, status):
                listed.append(one)
                if args.format == "text" or args.explain:
                    status.clear()
                    sys.stdout.write(_printable(one.text if args.explain else as_text(one)))
                    sys.stdout.flush()
    if args.format == "json" and not args.explain:
        sys.stdout.write(as_json(listed))
    return LEFT if any(one.finding.severity is Severity.ERROR for one in listed) else CLEAN


async def _all(args: argparse.Namespace, session: Session, asked: Proposing, status: Status) -> AsyncIterator[Listed]:
    for path in request(args.paths, session.workspace).files:
        file = read(path)
        status.show(f"checking {shown(path)}")
        seen = await _seen(session, file)
        if args.refactor:
            async for one in _refactorings(args, session, seen):
                yield one
            continue
        for finding in here(seen.known, file.snapshot):
            if args.only and finding.code not in args.only:
                continue
            status.show(f"{shown(path)}:{finding.span.start_line + 1}: {finding.code}")
            fixes = await _fixes(session, asked, seen, finding)
            text = await _explained(session, asked, seen, finding, fixes) if args.explain else ""
            yield Listed(shown(path), finding, fixes, seen.file.snapshot.text, text)


async def _seen(session: Session, file: SourceFile) -> _Seen:
    project = session.workspace.project_for(file.path)
    open_ones = (one for one in project.buffers if one.path != file.path)
    project = replace(project, buffers=(*open_ones, file.snapshot))
    known = await baselines(file.snapshot, project, judges(session))
    for one in wanted(judges(session), file.snapshot, project):
        if one.speed is Speed.DEEP:
            known[one.name] = await one.run(file.snapshot, project)
    return _Seen(file, project, known)


async def _fixes(session: Session, asked: Proposing, seen: _Seen, finding: Finding) -> tuple[ProvenFix, ...]:
    return await offers(
        [finding],
        seen.file.snapshot,
        seen.project,
        judges(session),
        seen.known,
        cache=FixCache(),
        budget=MODEL_BUDGET if asked.most is Cost.MODEL else BUDGET,
        proposers=asked.proposers,
        most=asked.most,
    )


async def _refactorings(args: argparse.Namespace, session: Session, seen: _Seen) -> AsyncIterator[Listed]:
    """Each with all that can be proven of it; what is not what it claims to be is left out."""
    work = Refactor(seen.file.snapshot, seen.project, judges(session), seen.known, args.refactor)
    for candidate in await work.candidates(None):
        fix = await work.judged(candidate)
        done = await work.finished(fix, session.verifiers) if fix is not None else None
        if isinstance(done, ProvenFix):
            yield Listed(shown(seen.file.path), done.finding, (done,), seen.file.snapshot.text)


async def _explained(
    session: Session, asked: Proposing, seen: _Seen, finding: Finding, fixes: tuple[ProvenFix, ...]
) -> str:
    said = [one for outcome in seen.known.values() for one in outcome.findings]
    versions = {tool_of(one): one.available(session.settings).version for one in session.verifiers}
    snapshot = seen.file.snapshot
    about = Asked(finding, snapshot.text, snapshot.language, said, versions, "", [fix.title for fix in fixes])
    if asked.model is not None:
        about = await _worded(asked, about)
    return explained(about)


async def _worded(asked: Proposing, about: Asked) -> Asked:
    """The same with the model's words, where it can be talked to."""
    from signoff.completion.model.chat import chatting
    from signoff.completion.model.protocol import ModelUnavailable
    from signoff.diagnostics.explain.words import words

    try:
        chat = await chatting(asked.model)
        said = await words(chat, about)
    except ModelUnavailable as error:
        say(f"the model explains nothing: {error}")
        return about
    return replace(about, words=said, model=chat.description.name) if said else about


def _printable(text: str) -> str:
    """A terminal or pipe that is not UTF-8 gets what it can show."""
    encoding = sys.stdout.encoding or "utf-8"
    return text.encode(encoding, "replace").decode(encoding)
