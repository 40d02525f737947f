"""The watcher: what it tells of, that it tells once, and that it ends."""

import threading
import time
from pathlib import Path

import pytest

from signoff.verifiers.watch import Watcher


class Told:
    """Collects what a watcher tells, and waits for it."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, ...]] = []
        self._more = threading.Event()

    def __call__(self, paths: tuple[str, ...]) -> None:
        self.calls.append(paths)
        self._more.set()

    def wait_for(self, path: Path) -> None:
        end = time.monotonic() + 10.0
        while not any(str(path) in paths for paths in self.calls):
            assert time.monotonic() < end, f"{path} not told of, but {self.calls}"
            self._more.wait(0.2)
            self._more.clear()


def test_sources_and_declarations_are_told_of_and_others_not(tmp_path: Path) -> None:
    (tmp_path / "build").mkdir()
    told = Told()
    watcher = Watcher([str(tmp_path)], told, quiet=0.05)
    assert watcher.start() == ""
    try:
        for name in ("notes.txt", "build/x.sv", "a.sv", "signoff.toml"):
            (tmp_path / name).write_text("module a; endmodule")
        told.wait_for(tmp_path / "a.sv")
        told.wait_for(tmp_path / "signoff.toml")
        (tmp_path / "a.sv").rename(tmp_path / "b.sv")
        told.wait_for(tmp_path / "b.sv")
        (tmp_path / "b.sv").unlink()
        (tmp_path / "sub").mkdir()
        told.wait_for(tmp_path / "sub")
    finally:
        watcher.stop()
    seen = {path for paths in told.calls for path in paths}
    assert str(tmp_path / "notes.txt") not in seen
    assert str(tmp_path / "build/x.sv") not in seen


def test_many_changes_are_told_together(tmp_path: Path) -> None:
    told = Told()
    watcher = Watcher([str(tmp_path)], told, quiet=0.3)
    watcher.start()
    try:
        for number in range(50):
            (tmp_path / f"f{number}.sv").write_text("")
        told.wait_for(tmp_path / "f49.sv")
    finally:
        watcher.stop()
    assert len(told.calls) <= 3


def test_own_patterns(tmp_path: Path) -> None:
    told = Told()
    watcher = Watcher([str(tmp_path)], told, patterns=["*.cu"], quiet=0.05)
    watcher.start()
    try:
        (tmp_path / "a.sv").write_text("")
        (tmp_path / "k.cu").write_text("")
        told.wait_for(tmp_path / "k.cu")
    finally:
        watcher.stop()
    assert all(path.endswith(".cu") for paths in told.calls for path in paths)


def test_no_thread_is_left_and_nothing_told_after_the_end(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    told = Told()
    watcher = Watcher([str(tmp_path)], told, quiet=0.05)
    watcher.start()
    watcher.stop()
    watcher.stop()
    (tmp_path / "late.sv").write_text("")
    time.sleep(0.3)
    assert told.calls == []
    assert [thread for thread in threading.enumerate() if thread not in before and thread.is_alive()] == []


def test_a_folder_that_cannot_be_watched_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import watchdog.observers

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "inotify watch limit reached")

    monkeypatch.setattr(watchdog.observers.Observer, "schedule", full)
    watcher = Watcher([str(tmp_path)], Told())
    message = watcher.start()
    watcher.stop()
    assert str(tmp_path) in message
    assert "inotify" in message
    assert "max_user_watches" in message


def test_a_listener_that_is_gone_ends_the_watch_quietly(tmp_path: Path) -> None:
    def gone(_: tuple[str, ...]) -> None:
        raise RuntimeError("Event loop is closed")

    watcher = Watcher([str(tmp_path)], gone, quiet=0.05)
    watcher.start()
    (tmp_path / "a.sv").write_text("")
    time.sleep(0.3)
    watcher.stop()
    assert not watcher._teller.is_alive()
