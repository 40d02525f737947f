"""`signoff model`: what it prints and how it ends."""

from pathlib import Path

import pytest

from signoff.completion.model import weights
from signoff.lsp_server import cli
from signoff.lsp_server.commands import model


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SIGNOFF_MODEL_DIR", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


def test_list_says_what_there_is_and_where(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    assert cli.main(["model", "list"]) == 0
    out = capsys.readouterr().out
    assert all(entry.name in out for entry in weights.catalogue())
    assert "491 MB" in out
    assert str(folder) in out
    assert "yes" not in out


def test_a_half_downloaded_file_is_not_called_downloaded(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    entry = weights.catalogue()[0]
    with (folder / entry.file).open("wb") as file:
        file.truncate(entry.size)
    cli.main(["model", "list"])
    assert "yes" in capsys.readouterr().out
    with (folder / entry.file).open("wb") as file:
        file.truncate(entry.size - 1)
    cli.main(["model", "list"])
    assert "yes" not in capsys.readouterr().out


def test_pull_of_an_unknown_model_names_the_known(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["model", "pull", "nonsense"]) == 2
    assert weights.catalogue()[0].name in capsys.readouterr().err


def test_pull_prints_progress_lines_and_the_path(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    async def pull(entry: weights.Entry, progress: weights.Progress, url: str = "") -> Path:
        assert url == "http://mirror/file"
        for done in range(101):
            progress(done, 100, "the hub")
        return folder / entry.file

    monkeypatch.setattr(model, "pull", pull)
    assert cli.main(["model", "pull", "0.5b", "--url", "http://mirror/file"]) == 0
    printed = capsys.readouterr()
    assert printed.out.splitlines()[0] == str(folder / weights.catalogue()[0].file)
    lines = printed.err.splitlines()
    assert "(0%)" in lines[0]
    assert any("(100%)" in line for line in lines)
    assert len(lines) < 5


def test_a_failed_pull_ends_with_2_and_says_why(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def pull(entry: weights.Entry, progress: weights.Progress, url: str = "") -> Path:
        raise weights.DownloadError("no source answers")

    monkeypatch.setattr(model, "pull", pull)
    assert cli.main(["model", "pull"]) == 2
    assert "no source answers" in capsys.readouterr().err
