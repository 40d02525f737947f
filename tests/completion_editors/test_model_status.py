"""`signoff model status` and doctor's lines: the model's state and what was kept, in words and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from openai_server import NAME, ModelServer

from signoff.completion.model.protocol import ModelStatus
from signoff.completion.tally import Row, Tally, in_words
from signoff.lsp_server.cli import main
from signoff.lsp_server.model_state import ModelState

ROW = Row("2999-01-01", "verilog", "qwen", 3, 2, 120, 100, 90, 50, 40)


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SIGNOFF_STATE_DIR", str(tmp_path))
    return tmp_path


async def test_another_thing_to_mend_is_told_and_other_words_for_the_same_trouble_are_not() -> None:
    told: list[str] = []
    rows = [ModelStatus(state=state, message=words) for state, words in STATES]

    async def ask() -> ModelStatus:
        return rows.pop(0)

    state = ModelState(ask, lambda status: told.append(status["message"]))
    while rows:
        await state.refresh()
    assert told == ["a key is wanted", "it lists no model", "gone"]


STATES = [
    ("misconfigured", "a key is wanted"),
    ("misconfigured", "a key is wanted"),
    ("misconfigured", "it lists no model"),
    ("down", "gone"),
    ("down", "does not answer"),
]


def test_counts_in_words() -> None:
    assert in_words([]) == ""
    assert in_words([Row("d", "c", "m")]) == ""
    assert in_words([ROW]) == "3 accepted whole, 2 in part, 120 characters; 90% kept after 30 s; 80% kept after 300 s"
    assert in_words([Row("d", "c", "m", 1, 0, 9)]) == "1 accepted whole, 0 in part, 9 characters"
    assert "95% kept after 30 s" in in_words([ROW, Row("d", "c", "m", characters_short=100, kept_short=100)])


def test_a_server_that_answers_is_ready(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Tally().add([ROW])
    with ModelServer("") as server:
        assert main(["model", "status", "--url", server.url]) == 0
        said = capsys.readouterr().out
        assert said.startswith("ready: ")
        assert NAME in said
        assert "verilog, qwen: 3 accepted whole" in said
        assert str(state) in said
        assert not server.prompts, "nothing is asked of the model itself"


def test_a_server_that_is_gone_is_said_to_be(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with ModelServer("") as gone:
        pass
    assert main(["model", "status", "--url", gone.url, "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["model"]["state"] == "down"
    assert gone.url in said["model"]["message"]
    assert said["kept"] == []
    assert not list(state.iterdir()), "looking writes nothing"


def test_a_key_is_read_from_the_environment_and_not_shown(
    state: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_KEY", "s3cret")
    with ModelServer("", key="s3cret") as server:
        assert main(["model", "status", "--url", server.url]) == 1
        assert "key" in capsys.readouterr().out
        assert main(["model", "status", "--url", server.url, "--key-env", "MY_KEY", "--json"]) == 0
        said = capsys.readouterr().out
    assert json.loads(said)["model"]["ready"]
    assert "s3cret" not in said


def test_a_model_that_is_not_downloaded_is_said_to_be(
    state: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SIGNOFF_MODEL_DIR", str(tmp_path / "none"))
    assert main(["model", "status"]) == 1
    said = capsys.readouterr().out
    assert "No completion was accepted yet." in said
    assert "signoff model pull" in said or "pip install" in said
