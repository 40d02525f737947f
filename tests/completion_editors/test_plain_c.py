"""C of no firmware image as an editor sees it: ghost text by the compiler of this machine, and why there is none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from client import Message
from ghost_editor import INVOKED, GhostEditor
from openai_server import ModelServer

pytestmark = pytest.mark.tool

PROGRAM = """#include <stdio.h>

int main(void) {
  int total = 0;
  |
  return total;
}
"""


class Watching(GhostEditor):
    """Keeps what diagnostics are published."""

    def __init__(self, root: Path, state: Path) -> None:
        super().__init__(root, state)
        self.alarms: list[Message] = []

    def _oblige(self, message: Message) -> None:
        if message.get("method") == "textDocument/publishDiagnostics":
            self.alarms += message["params"]["diagnostics"]
        super()._oblige(message)


@pytest.fixture
def model() -> Iterator[ModelServer]:
    with ModelServer("total += 1;\n") as server:
        yield server


@pytest.fixture
def editor(model: ModelServer, tmp_path: Path) -> Iterator[Watching]:
    (tmp_path / "w").mkdir()
    with Watching(tmp_path / "w", tmp_path / "state") as one:
        options = {"debounce": 0.0, "timeout": 60.0, "prefetch": False, "checkTimeout": 30.0}
        one.begin({"url": model.url, "backend": "openai", **options})
        yield one


def test_a_lone_file_has_ghost_text_and_no_alarm(editor: Watching) -> None:
    editor.show("main.c", PROGRAM, "c")
    (item,) = editor.ghosts()
    assert editor.shown(item) == "total += 1;"
    assert item["command"]["arguments"][0]["tools"] == ["gcc (flags guessed)"]
    editor.accept(item)
    # Candidates are judged; of the file itself nothing is said.
    editor.type("wrong(")
    assert editor.ghosts() == []
    assert not editor.alarms


def test_the_status_says_why_nothing_is_shown(editor: Watching, model: ModelServer) -> None:
    editor.show("main.c", f'#include "board.h"\n{PROGRAM}', "c")
    assert editor.ghosts(INVOKED) == []
    note = editor.state(lambda about: bool(about["note"]))["note"]
    assert note.startswith("Nothing shown in main.c: no tool could judge what the model wrote (C compiler with guessed")
    assert "board.h: No such file or directory" in note
    model.answer = lambda prompt: "totl += 1;\n"
    editor.show("other.c", PROGRAM, "c")
    assert editor.ghosts(INVOKED) == []
    note = editor.state(lambda about: "other.c" in about["note"])["note"]
    assert note.startswith(
        "Nothing shown in other.c: what the model wrote is refused (gcc (flags guessed): 'totl' undeclared"
    )
    model.answer = lambda prompt: "total += 2;\n"
    editor.show("third.c", PROGRAM, "c")
    assert editor.ghosts(INVOKED)
    assert editor.state(lambda about: not about["note"])["ready"]
