"""From an edit to published diagnostics: documents, projects, schedule, store and publisher joined together."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from signoff.diagnostics.schedule import Pauses, Run, Schedule, group_name
from signoff.diagnostics.store import Store
from signoff.lsp_server.documents import HDL, Document, Documents, LineChange
from signoff.lsp_server.publish import Publisher
from signoff.lsp_server.settings import Settings
from signoff.verifiers.file_kinds import is_unit_file
from signoff.verifiers.finding import Outcome, Status
from signoff.verifiers.gpu.strings.triggers import concerns
from signoff.verifiers.mcu.facts import C_LANGUAGES
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import BOM
from signoff.verifiers.verifier import Speed, Verifier, sees_whole_image, tool_of
from signoff.verifiers.workspace import WorkspaceModel

log = logging.getLogger(__name__)
# Seconds that a slower verifier's answer waits for an instant one's, so that both are shown of the same version.
PATIENCE = 0.5
INCOMPLETE = "IncompleteProject"


class Checking:
    """Keeps the diagnostics of all open documents right. `complain` tells the user something, once a text."""

    def __init__(
        self,
        documents: Documents,
        workspace: WorkspaceModel,
        verifiers: Sequence[Verifier],
        store: Store,
        publisher: Publisher,
        complain: Callable[[str], None],
    ) -> None:
        self.documents = documents
        self.workspace = workspace
        self.store = store
        self.publisher = publisher
        self.schedule = Schedule(verifiers, self.look, self._on_run)
        self.after_run: Callable[[Run], None] = lambda run: None
        self.after_files: Callable[[], None] = lambda: None
        # A later stage of an instant tool ("slang analysis") answers after the first has been published.
        self._speeds: Mapping[str, Speed] = {
            verifier.name: verifier.speed if verifier.name == tool_of(verifier) else Speed.QUICK
            for verifier in verifiers
        }
        self._overdue: dict[str, asyncio.TimerHandle] = {}
        self._complain = complain
        self._complained: set[tuple[str, Status] | str] = set()
        self._latest: dict[tuple[str, str], Run] = {}
        self._seen: dict[str, Project] = {}
        self._known = False
        # Documents that nobody has looked into yet for what they need.
        self._fresh: set[str] = set()
        self._unread: set[str] = set()
        self._edited: set[str] = set()
        self._membership: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def configure(self, settings: Settings) -> None:
        """Take new settings and check everything again under them."""
        shown = settings.diagnostics
        self.publisher.cap = shown.max_per_file
        self.publisher.hidden_codes = frozenset(settings.verifiers.disabled_codes)
        self.schedule.pauses = Pauses(shown.quick_pause / 1000, shown.deep_idle or None)
        self._complained.clear()
        self.schedule.wanted = lambda verifier: enabled(verifier, settings)
        for verifier in self.schedule.verifiers:
            if not enabled(verifier, settings):
                self.publisher.publish(self.store.forget_tool(verifier.name))
        self.check_all()
        self._ask_about_c()

    def check_all(self) -> None:
        """Check every open document anew."""
        for document in self.documents:
            self._check_again(document)

    def check_moved(self) -> None:
        """Check those open documents anew whose project is no longer the one they were checked in."""
        for document in self.documents:
            if document.path and self.workspace.project_for(document.path) != self._seen.get(document.uri):
                self._check_again(document)

    def workspace_known(self) -> None:
        """The workspace has been read: from now on, what is missing is missing."""
        self._known = True
        self._seen = {uri: project for uri, project in self._seen.items() if project.declared}
        self.publish_problems()
        self.check_moved()
        self._ask_about_c()

    def _ask_about_c(self) -> None:
        """Look again at what compiles the open C documents: builds that were not read, or not to be trusted, before."""
        for document in self.documents:
            if document.language in C_LANGUAGES and document.path:
                self._plan_membership(document.uri, edited=False, fresh=True)

    def concerns_us(self, document: Document) -> bool:
        """Whether to look at a document: once something was said about it, always, so that it can be taken back."""
        if self.store.knows(document.path):
            return True
        if document.language in C_LANGUAGES:
            return bool(document.path) and self.workspace.is_firmware(document.path)
        return concerns(document.language, document.text)

    def completes(self, document: Document) -> bool:
        """Whether completions are offered in a document: also in C of no firmware, of which nothing else is said."""
        return self.concerns_us(document) or (document.language in C_LANGUAGES and bool(document.path))

    def _check_again(self, document: Document) -> None:
        if not self.concerns_us(document):
            return
        self._expect(document)
        self.schedule.again(document.uri)
        self._publish([document.path])

    def knows_surroundings(self, uri: str) -> bool:
        """Whether the workspace has been read, and what a document needs of it is known: what is missing is missing."""
        return self._known and uri not in self._fresh

    def look(self, uri: str) -> tuple[Snapshot, Project] | None:
        """The present text of an open document, and its project with all open documents in it."""
        document = self.documents.get(uri)
        if document is None or not document.path:
            return None
        project = self.workspace.project_for(document.path)
        return document.snapshot, replace(project, buffers=self.documents.snapshots(document.language))

    def edited(self, document: Document, changes: Sequence[LineChange]) -> None:
        """A document's text was changed."""
        if not self.concerns_us(document):
            return
        for change in changes:
            self.store.edited(document.path, change.start, change.end, change.delta, self._speeds)
        self.schedule.changed(document.uri)
        self._plan_membership(document.uri, edited=True)

    def opened(self, document: Document) -> None:
        """A document was opened."""
        if not self.concerns_us(document):
            if document.language in C_LANGUAGES:
                # What lies beside it may say that it is firmware.
                self._plan_membership(document.uri, edited=False, fresh=True)
            return
        self._expect(document)
        self.schedule.changed(document.uri)
        self._plan_membership(document.uri, edited=not _is_as_on_disk(document), fresh=True)

    def closed(self, document: Document) -> None:
        """A document was closed: the file on disk counts again."""
        if not self.concerns_us(document):
            return
        self.schedule.closed(document.uri)
        self.publisher.withdraw(document.path)
        self.store.forget(document.path)
        self._spawn(self._reread(document))

    def saved(self, document: Document) -> None:
        """A document was saved."""
        if self.concerns_us(document):
            self.schedule.saved(document.uri)

    def demanded(self, snapshot: Snapshot, project: Project, name: str, outcome: Outcome) -> None:
        """Show what a run that the user asked for has found, where the document is still the one it looked at.

        It stands in the place of what the verifier `name` said, until that runs again or the line is edited.
        """
        if outcome.ran and self._version(snapshot.path) == snapshot.version:
            changed = self.store.put(name, group_name(snapshot, project), [snapshot.path], outcome)
            self._publish(changed | {snapshot.path})

    def baseline(self, uri: str) -> Mapping[str, Outcome]:
        """The outcomes, by tool, that were computed from exactly the present texts: what a proof compares with."""
        seen = self.look(uri)
        if seen is None:
            return {}
        _, project = seen
        outcomes: dict[str, Outcome] = {}
        for tool in {tool_of(verifier): None for verifier in self.schedule.verifiers}:
            stages = [verifier.name for verifier in self.schedule.verifiers if tool_of(verifier) == tool]
            runs = [run for name in stages if (run := self._latest.get((self._group(seen, name), name))) is not None]
            if len(runs) == len(stages) and all(self._is_present(run, project) for run in runs):
                findings = tuple(finding for run in runs for finding in run.outcome.findings)
                outcomes[tool] = replace(runs[0].outcome, findings=findings)
        return outcomes

    def _is_present(self, run: Run, project: Project) -> bool:
        """Whether a run saw exactly the present texts."""
        if sees_whole_image(run.verifier):
            return (run.project.image, run.project.buffers) == (project.image, project.buffers)
        return run.project == project and run.snapshot.version == self._version(run.snapshot.path)

    def facts(self, uri: str, tool: str) -> Mapping[str, object]:
        """What a tool last learnt about a document's group of files."""
        seen = self.look(uri)
        return self.store.facts(self._group(seen, tool), tool) if seen else {}

    def latest(self, uri: str, verifier: str) -> Run | None:
        """The last run of a verifier on a document's group of files that came to its end."""
        seen = self.look(uri)
        return self._latest.get((self._group(seen, verifier), verifier)) if seen else None

    def _group(self, seen: tuple[Snapshot, Project], name: str) -> str:
        """What the verifier called `name` checks together with a document."""
        return group_name(*seen, next((one for one in self.schedule.verifiers if one.name == name), None))

    async def settled(self, uri: str) -> None:
        """Wait until the instant verifiers have answered for the present version of a document."""
        await self.schedule.settled(uri, Speed.INSTANT)

    async def files_changed(self, paths: Sequence[str]) -> None:
        """Files changed on disk."""
        open_paths = {document.path for document in self.documents}
        changed = await self.workspace.files_changed(tuple(path for path in paths if path not in open_paths))
        self.after_files()
        self.publish_problems()
        # Most C headers of a workspace concern no open document.
        if changed or not all(is_unit_file(path) for path in paths):
            self.check_all()
        else:
            self._check_dependents(set(paths))

    def publish_problems(self) -> None:
        """Show what is wrong in the project's own files (signoff.toml, file lists)."""
        problems = self.workspace.problems()
        before = {path for path in self.store.paths() if self.store.findings(path)[0].tool == "project"}
        paths = before | {finding.path for finding in problems}
        found = tuple(replace(finding, tool="project") for finding in problems)
        self.publisher.publish(self.store.put("project", "", paths, Outcome("project", findings=found)))

    async def close(self) -> None:
        """End every run."""
        for timer in (self._membership, *self._overdue.values()):
            if timer is not None:
                timer.cancel()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.schedule.close()

    def _on_run(self, run: Run) -> None:
        outcome = run.outcome
        if not outcome.ran:
            self._report(outcome, f"{outcome.tool}: {outcome.message or outcome.status}")
            if self._version(run.snapshot.path) == run.snapshot.version:
                # It has answered after all: with nothing, and nobody need wait for it.
                silent = replace(outcome, findings=(), facts={})
                self._publish(self.store.put(run.verifier.name, run.group, [run.snapshot.path], silent))
            return
        if outcome.notice:
            self._report(outcome, outcome.notice)
        self._latest[run.group, run.verifier.name] = run
        project = self._seen[run.snapshot.uri] = replace(run.project, buffers=())
        if not self._known or project != self.workspace.project_for(run.snapshot.path):
            # While the workspace is being read, or read anew, nobody can say what is missing from it.
            kept = tuple(finding for finding in outcome.findings if finding.code != INCOMPLETE)
            outcome = replace(outcome, findings=kept)
        versions = {buffer.path: buffer.version for buffer in run.project.buffers}
        paths = [path for path in self._concerned(run) if self._version(path) == versions.get(path)]
        changed = self.store.put(run.verifier.name, run.group, paths, outcome)
        # The focused document is answered for every version, also where nothing changed: that is an answer, too.
        self._publish(changed | ({run.snapshot.path} & set(paths)))
        self.after_run(run)

    def _expect(self, document: Document) -> None:
        wanted = [one for one in self.schedule.verifiers if self.schedule.wanted(one)]
        instant = [one.name for one in wanted if document.language in one.languages]
        self.store.expect(document.path, [name for name in instant if self._speeds[name] is Speed.INSTANT])

    def _publish(self, paths: Iterable[str]) -> None:
        """Publish what is said about files; of one that an instant verifier is just looking at, in a moment."""
        for path in paths:
            if not self.store.awaits(path):
                self._forget_overdue(path)
                self.publisher.publish([path])
            elif path not in self._overdue:
                loop = asyncio.get_running_loop()
                self._overdue[path] = loop.call_later(PATIENCE, self._publish_overdue, path)

    def _publish_overdue(self, path: str) -> None:
        """The instant verifier hangs: the others must not be silenced by it."""
        self._overdue.pop(path, None)
        self.publisher.publish([path])

    def _forget_overdue(self, path: str) -> None:
        if path in self._overdue:
            self._overdue.pop(path).cancel()

    def _concerned(self, run: Run) -> set[str]:
        """The files that this run speaks for: in a guessed project the focused document alone."""
        if not run.project.declared and not sees_whole_image(run.verifier):
            return {run.snapshot.path}
        told = {finding.path for finding in run.outcome.findings}
        before = self.store.told(run.group, run.verifier.name)
        return told | before | {buffer.path for buffer in run.project.buffers if self._same(run, buffer)}

    def _same(self, run: Run, buffer: Snapshot) -> bool:
        return buffer.path == run.snapshot.path or (
            group_name(buffer, self.workspace.project_for(buffer.path), run.verifier) == run.group
        )

    def _version(self, path: str) -> int | None:
        document = self.documents.at_path(path)
        return document.version if document is not None else None

    def _report(self, outcome: Outcome, message: str) -> None:
        key = (outcome.tool, outcome.status)
        # Of a toolkit's trouble its compilers tell with one voice.
        told: set[tuple[str, Status] | str] = {key, message}
        told.update({outcome.message} if outcome.message else ())
        if self._complained.isdisjoint(told):
            self._complained.update(told)
            self._complain(message)

    def _plan_membership(self, uri: str, *, edited: bool, fresh: bool = False) -> None:
        """After a pause, look again at which files the documents need, and who needs those that were edited."""
        self._unread.add(uri)
        if fresh:
            self._fresh.add(uri)
        if edited:
            self._edited.add(uri)
        if self._membership is not None:
            self._membership.cancel()
        pause = max(self.schedule.pauses.quick, 0.1)
        self._membership = asyncio.get_running_loop().call_later(pause, self._start_membership)

    def _start_membership(self) -> None:
        self._membership = None
        self._spawn(self._update_membership())

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _reread(self, closed: Document) -> None:
        if closed.path and await self.workspace.buffer_closed(closed.path):
            self.check_moved()
        self._check_dependents({closed.path})

    async def _update_membership(self) -> None:
        unread, self._unread = self._unread, set()
        edited, self._edited = self._edited, set()
        try:
            for uri in unread:
                document = self.documents.get(uri)
                if document is not None and document.path:
                    await self.workspace.buffer_changed(document.snapshot)
            self.check_moved()
        except Exception:
            log.exception("the index could not be brought up to date")
        finally:
            self._fresh -= unread
        documents = (self.documents.get(uri) for uri in edited)
        self._check_dependents({document.path for document in documents if document is not None})

    def _check_dependents(self, paths: set[str]) -> None:
        """In guessed projects each document is checked by itself: check those, too, that use the changed ones."""
        for other in self.documents:
            if not other.path or other.path in paths:
                continue
            project = self.workspace.project_for(other.path)
            # Of a CUDA file's project the headers are what it includes.
            read = project.files if other.language in HDL else (*project.files, *project.headers)
            if not project.declared and not paths.isdisjoint(read):
                self.schedule.again(other.uri)


def _is_as_on_disk(document: Document) -> bool:
    """Whether a document that was just opened holds what its file holds: editors restore unsaved texts."""
    try:
        saved = Path(document.path).read_bytes().decode("utf-8-sig", errors="replace")
    except OSError:
        return False
    return saved == document.text.removeprefix(BOM)


def enabled(verifier: Verifier, settings: Settings) -> bool:
    """Whether the user has this verifier switched on."""
    own = getattr(settings.verifiers, tool_of(verifier), None)
    return bool(getattr(own, "enabled", True))
