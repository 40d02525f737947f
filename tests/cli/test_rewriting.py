"""Files that a command changes: all of them in one step or none, byte for byte, and the diff that `patch` takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from signoff.lsp_server.commands import rewriting
from signoff.lsp_server.commands.rewriting import Changes, diff, read

OLD, NEW = "module a;\nendmodule\n", "module b;\nendmodule\n"


def files(folder: Path, count: int = 3) -> list[Path]:
    paths = [folder / f"{number}.v" for number in range(count)]
    for path in paths:
        path.write_text(OLD)
    return paths


def changes_of(paths: list[Path]) -> Changes:
    changes = Changes()
    for path in paths:
        changes.put(read(str(path)), NEW)
    return changes


def test_all_are_written(tmp_path: Path) -> None:
    paths = files(tmp_path)
    changes_of(paths).write()
    assert {path.read_text() for path in paths} == {NEW}
    assert len(list(tmp_path.iterdir())) == 3


def test_one_that_changed_meanwhile_keeps_all_as_they_are(tmp_path: Path) -> None:
    paths = files(tmp_path)
    changes = changes_of(paths)
    paths[2].write_text("// somebody else was here\n")
    with pytest.raises(OSError, match="changed on disk meanwhile"):
        changes.write()
    assert [path.read_text() for path in paths[:2]] == [OLD, OLD]
    assert len(list(tmp_path.iterdir())) == 3


def test_where_one_cannot_be_replaced_the_others_become_what_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = files(tmp_path)
    changes = changes_of(paths)
    replace = Path.replace

    def fails(self: Path, target: Path) -> Path:
        if target.name == "2.v":
            raise PermissionError("no")
        return replace(self, target)

    monkeypatch.setattr(rewriting.Path, "replace", fails)
    with pytest.raises(PermissionError):
        changes.write()
    assert {path.read_text() for path in paths} == {OLD}
    assert len(list(tmp_path.iterdir())) == 3


def test_bytes_permissions_and_links_are_kept(tmp_path: Path) -> None:
    target, link = tmp_path / "real.v", tmp_path / "link.v"
    target.write_bytes(b"\xef\xbb\xbf// gr\xc3\xbcn\r\nmodule a;\r\nendmodule\r\n")
    target.chmod(0o640)
    link.symlink_to(target)
    file, changes = read(str(link)), Changes()
    changes.put(file, file.snapshot.text.replace("module a", "module b"))
    changes.write()
    assert link.is_symlink() and target.read_bytes() == b"\xef\xbb\xbf// gr\xc3\xbcn\r\nmodule b;\r\nendmodule\r\n"
    assert target.stat().st_mode & 0o777 == 0o640


def test_what_is_not_utf_8_keeps_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "old.v"
    path.write_bytes(b"// gr\xfcn\nmodule a;\nendmodule\n")
    file, changes = read(str(path)), Changes()
    changes.put(file, file.snapshot.text.replace("module a", "module b"))
    changes.write()
    assert path.read_bytes() == b"// gr\xfcn\nmodule b;\nendmodule\n"


def test_the_same_text_is_no_change(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (path,) = files(tmp_path, 1)
    before = path.stat().st_ino
    file, changes = read(str(path)), Changes()
    changes.put(file, NEW)
    changes.put(file, OLD)
    changes.show()
    changes.write()
    assert capsys.readouterr().out == "" and path.stat().st_ino == before


def test_a_text_without_a_last_newline_is_shown_as_patch_wants_it() -> None:
    assert "".join(diff("a", "b", "x.v")).endswith(
        "-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n"
    )
