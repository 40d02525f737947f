"""Private temporary folders: all of a server's lie under one session folder, so that nothing stays after a kill."""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

PREFIX = "signoff-session-"
LOCK = "owner"
# Set for worker processes: their folders go into the server's session and vanish with it.
INHERITED = "SIGNOFF_SESSION"
# A folder this young may belong to a server that has not yet locked it.
YOUNG_SECONDS = 60.0

_mutex = threading.Lock()
_session: Path | None = None
_held: IO[bytes] | None = None


@contextlib.contextmanager
def scratch_folder(purpose: str) -> Iterator[Path]:
    """A private temporary folder, gone afterwards. Nothing is ever written into the user's workspace."""
    path = Path(tempfile.mkdtemp(prefix=f"{purpose}-", dir=session_folder()))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def session_folder() -> Path:
    """This process's own temporary folder; the first call also removes those that killed servers left."""
    global _session, _held
    with _mutex:
        if _session is not None and _session.is_dir():
            return _session
        inherited = os.environ.get(INHERITED)
        if inherited and Path(inherited).is_dir():
            _session = Path(inherited)
            return _session
        sweep()
        _session = Path(tempfile.mkdtemp(prefix=PREFIX))
        _held = (_session / LOCK).open("wb")
        _held.write(str(os.getpid()).encode())
        _held.flush()
        _lock(_held)
        atexit.register(end_session)
        return _session


def end_session() -> None:
    """Remove the session folder with all that is in it (a worker leaves its server's alone)."""
    global _session, _held
    with _mutex:
        session, held = _session, _held
        _session = _held = None
    if held is not None and session is not None:
        held.close()
        shutil.rmtree(session, ignore_errors=True)


def sweep() -> tuple[Path, ...]:
    """Remove the session folders of servers that no longer live; returns them. Those of other users stay."""
    gone = tuple(path for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*") if _abandoned(path))
    for path in gone:
        shutil.rmtree(path, ignore_errors=True)
    return gone


@contextlib.contextmanager
def wait_for_lock(path: Path) -> Iterator[None]:
    """Hold the lock file `path` against other processes, waiting for as long as another one holds it."""
    with path.open("ab") as file:
        while not _lock(file):
            time.sleep(0.2)
        yield


def _abandoned(folder: Path) -> bool:
    try:
        stat = folder.lstat()
        if folder.is_symlink() or (hasattr(os, "getuid") and stat.st_uid != os.getuid()):
            return False
        if time.time() - stat.st_mtime < YOUNG_SECONDS:
            return False
        lock = (folder / LOCK).open("rb+")
    except FileNotFoundError:
        return True
    except OSError:
        return False
    with lock:
        return _lock(lock)


def _lock(file: IO[bytes]) -> bool:
    """Take the lock of a session. The system drops it when the owner ends in any way, so no process id can mislead."""
    try:
        if sys.platform == "win32":
            import msvcrt

            # Beyond the text, which stays readable.
            file.seek(1024)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
