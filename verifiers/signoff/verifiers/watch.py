"""Watching folders for clients that cannot, and for `signoff check --watch`."""

from __future__ import annotations

import fnmatch
import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from signoff.verifiers.file_kinds import KEPT, is_build_file, is_config, is_skipped, is_source, is_unit_file

if TYPE_CHECKING:
    from watchdog.events import FileSystemEvent

log = logging.getLogger(__name__)

# An editor's save is several events, a checkout thousands: they are told as one.
QUIET_SECONDS = 0.2
LONGEST_WAIT_SECONDS = 2.0
# Reading a file is an event, too, and one of ours.
_CHANGES = frozenset({"created", "modified", "deleted", "moved"})


class Watcher:
    """Tells of changed, made and deleted files below `folders`, several at once after a short quiet.

    `on_change` gets absolute paths, in a thread of the watcher's own (use loop.call_soon_threadsafe). `patterns`
    are file names with wildcards; None: sources and what declares designs and builds. A folder that went is told of by
    its own path. stop() ends all threads; nothing is told after it.
    """

    def __init__(
        self,
        folders: Sequence[str],
        on_change: Callable[[tuple[str, ...]], None],
        patterns: Sequence[str] | None = None,
        quiet: float = QUIET_SECONDS,
    ) -> None:
        self._folders = tuple(folders)
        self._on_change = on_change
        self._patterns = tuple(patterns) if patterns is not None else None
        self._quiet = quiet
        self._waiting: dict[str, None] = {}
        self._wake = threading.Condition()
        self._stopped = False
        self._observer: Any = None
        self._teller = threading.Thread(target=self._tell, name="signoff-watch", daemon=True)

    def start(self) -> str:
        """Begin; returns "" or, for a person, why some folder is not watched (the system's limit on watches)."""
        from watchdog.events import FileSystemEventHandler
        from watchdog.observers import Observer

        watcher = self

        class Handler(FileSystemEventHandler):
            def on_any_event(self, event: FileSystemEvent) -> None:
                watcher._event(event)

        self._observer = Observer()
        self._observer.daemon = True
        trouble = [message for folder in self._folders if (message := self._schedule(Handler(), folder))]
        try:
            self._observer.start()
        except OSError as error:
            trouble.append(_trouble(", ".join(self._folders), error))
            self._observer = None
        self._teller.start()
        for message in trouble:
            log.warning("%s", message)
        return " ".join(trouble)

    def stop(self) -> None:
        """End. May be called twice, and before start()."""
        with self._wake:
            self._stopped = True
            self._wake.notify_all()
        if self._observer is not None and self._observer.is_alive():
            self._observer.stop()
            self._observer.join(timeout=5.0)
        if self._teller.is_alive() and threading.current_thread() is not self._teller:
            self._teller.join(timeout=5.0)

    def _schedule(self, handler: Any, folder: str) -> str:
        try:
            self._observer.schedule(handler, folder, recursive=True)
        except OSError as error:
            return _trouble(folder, error)
        return ""

    def _event(self, event: FileSystemEvent) -> None:
        if event.event_type not in _CHANGES or (event.is_directory and event.event_type == "modified"):
            return
        paths = [os.fsdecode(path) for path in (event.src_path, event.dest_path) if path]
        wanted = [path for path in paths if self._wants(path, event.is_directory)]
        if wanted:
            with self._wake:
                self._waiting.update(dict.fromkeys(wanted))
                self._wake.notify_all()

    def _wants(self, path: str, is_directory: bool) -> bool:
        folder = max((folder for folder in self._folders if path.startswith(folder)), key=len, default="")
        parts = PurePath(path[len(folder) :].strip(os.sep)).parts or ("",)
        # Build folders are skipped, but for what says how things are built.
        if any(is_skipped(part) for part in parts[:-1]) and parts[-1] not in KEPT:
            return False
        if is_directory:
            return not is_skipped(parts[-1])
        if self._patterns is None:
            return is_source(path) or is_config(path) or is_unit_file(path) or is_build_file(path)
        return any(fnmatch.fnmatch(parts[-1], pattern) for pattern in self._patterns)

    def _tell(self) -> None:
        while paths := self._gather():
            try:
                self._on_change(paths)
            except RuntimeError:
                # The event loop was closed between our last look and the call: nobody listens any more.
                return

    def _gather(self) -> tuple[str, ...]:
        """Wait for changes, then for quiet; () once stopped."""
        with self._wake:
            self._wake.wait_for(lambda: self._waiting or self._stopped)
            latest = time.monotonic() + LONGEST_WAIT_SECONDS
            # Each new event wakes the wait early; only one that runs out means quiet.
            while not self._stopped and time.monotonic() < latest and self._wake.wait(self._quiet):
                pass
            paths, self._waiting = tuple(self._waiting), {}
            return () if self._stopped else paths


def _trouble(folder: str, error: OSError) -> str:
    reason = error.strerror or str(error)
    advice = " Raise fs.inotify.max_user_watches, or open a smaller folder." if error.errno in (24, 28) else ""
    return f"Changes in {folder} are not noticed: {reason}.{advice}"
