"""Ghost text as an editor gets it: the real server process, slang, and a model server over a real socket."""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ghost_editor import INVOKED, GhostEditor
from openai_server import NAME, ModelServer

pytestmark = pytest.mark.tool

COUNTER = """module counter (input wire clk, input wire reset, output reg [7:0] count);
  always @(posedge clk)
    if (reset)
      count <= 8'd0;
    else
      count <= cou|
endmodule
"""
REST = "nt + 8'd1;"
OPTIONS = {"debounce": 0.0, "timeout": 60.0, "prefetch": False, "checkTimeout": 30.0}


@pytest.fixture(scope="module")
def model() -> Iterator[ModelServer]:
    with ModelServer(REST) as server:
        yield server


@pytest.fixture(autouse=True)
def fresh(model: ModelServer) -> None:
    """Every test has the model server as new."""
    model.answer, model.holding = (lambda prompt: REST), False
    model.prompts.clear()


Open = Callable[..., GhostEditor]


@pytest.fixture(scope="module")
def open_editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    """Starts editors, each with a workspace and a server of its own; all count into one state folder."""
    folder = tmp_path_factory.mktemp("editors")
    editors: list[GhostEditor] = []

    def start(model: ModelServer, encoding: str = "utf-16", **options: Any) -> GhostEditor:
        root = folder / f"w{len(editors)}"
        root.mkdir()
        editor = GhostEditor(root, folder / options.pop("state", "state"))
        editors.append(editor)
        inline = options.pop("inline", True)
        editor.begin({"url": model.url, "backend": "openai", **OPTIONS, **options}, encoding, inline=inline)
        return editor

    yield start
    for editor in editors:
        editor.close()


@pytest.fixture(scope="module")
def started(open_editor: Open, model: ModelServer) -> GhostEditor:
    """The editor that most tests share."""
    return open_editor(model)


@pytest.fixture
def editor(started: GhostEditor, request: pytest.FixtureRequest) -> GhostEditor:
    """The shared editor with a document of the test's own: what is known of another's says nothing of it."""
    started.show(f"{re.sub(r'[^a-z0-9]+', '_', request.node.name)}.v", COUNTER)
    return started


def test_ghost_text_goes_on_from_the_word_and_carries_its_verdict(editor: GhostEditor, model: ModelServer) -> None:
    (item,) = editor.ghosts()
    assert item["insertText"] == "cou" + REST
    assert editor.shown(item) == REST
    verdict = item["command"]["arguments"][0]
    assert verdict["tools"] == ["slang"]
    assert verdict["verified"] is True
    assert verdict["model"] == NAME
    assert (verdict["refused"], verdict["cut"]) == ([], False)
    assert verdict["milliseconds"] >= 0
    assert item["command"]["title"].startswith(f"{NAME}: accepted by slang")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_columns_behind_wide_characters_are_the_clients(
    open_editor: Open, started: GhostEditor, model: ModelServer, encoding: str
) -> None:
    editor = started if encoding == "utf-16" else open_editor(model, encoding)
    editor.show("wide.v", COUNTER.replace("count <= cou", "/* é 😋 */ count <= cou"))
    (item,) = editor.ghosts()
    assert editor.shown(item) == REST
    before = totals(editor)
    editor.accept(item)
    assert "/* é 😋 */ count <= count + 8'd1;\nendmodule" in editor.text
    grown(editor, before, accepted=1, characters=8)


def test_what_is_typed_or_taken_of_it_asks_no_model_again(editor: GhostEditor, model: ModelServer) -> None:
    before = totals(editor)
    (item,) = editor.ghosts()
    assert len(model.prompts) == 1
    for part in ("nt", " +"):
        editor.accept_part(item, part)
        (item,) = editor.ghosts()
    editor.type(" 8'")
    (item,) = editor.ghosts()
    assert editor.shown(item) == "d1;"
    editor.put(editor.cursor - 3, editor.cursor, "")
    (item,) = editor.ghosts()
    assert editor.shown(item) == " 8'd1;"
    editor.accept(item)
    assert len(model.prompts) == 1
    grown(editor, before, accepted=1, parts=2, characters=8)


def test_what_may_follow_is_asked_for_once_it_is_taken(editor: GhostEditor, model: ModelServer) -> None:
    editor.configure({"prefetch": True})
    (item,) = editor.ghosts()
    editor.accept(item)
    end = time.monotonic() + 30
    while len(model.prompts) < 2 and time.monotonic() < end:
        time.sleep(0.05)
    assert "count <= count + 8'd1;" in model.prompts[1]
    editor.configure({})


def test_kept_characters_are_counted_when_the_document_is_closed(editor: GhostEditor, model: ModelServer) -> None:
    editor.show("kept.v", COUNTER, "verilog")
    before = totals(editor, "verilog")
    (item,) = editor.ghosts()
    editor.accept(item)
    at = editor.text.index("8'd1;")
    editor.put(at, at + 4, "8'd2")
    editor.put(0, 0, "// 😋\n")
    editor.notify("textDocument/didClose", {"textDocument": {"uri": editor.uri}})
    # Of nt + 8'd1; all words but d1 are there.
    looked = {"characters_short": 8, "kept_short": 6, "characters_long": 8, "kept_long": 6}
    grown(editor, before, "verilog", accepted=1, characters=8, **looked)
    assert {row["model"] for row in editor.counted()} == {NAME}
    stored = b"".join(file.read_bytes() for file in (editor.root.parent / "state").iterdir())
    assert b"counter" not in stored
    assert b"8'd" not in stored


def test_nothing_is_counted_where_the_user_does_not_want_it(open_editor: Open, model: ModelServer) -> None:
    editor = open_editor(model, measure=False, state="unwanted")
    editor.show("counter.v", COUNTER)
    (item,) = editor.ghosts()
    editor.accept(item)
    editor.notify("textDocument/didClose", {"textDocument": {"uri": editor.uri}})
    assert editor.counted() == []
    assert not (editor.root.parent / "unwanted").exists()


def test_a_cancelled_request_hangs_up_at_the_model(editor: GhostEditor, model: ModelServer) -> None:
    model.hold()
    request = editor.ask_ghost()
    assert model.held.wait(60)
    editor.notify("$/cancelRequest", {"id": request})
    assert editor.answer(request)["error"]["code"] == -32800
    # Something else is typed: what is under way is of no use any more.
    editor.type("x")
    editor.ask_ghost()
    assert model.hung_up.wait(60)


def test_an_answer_for_a_text_that_has_changed_is_empty(editor: GhostEditor, model: ModelServer) -> None:
    model.hold()
    old = editor.ask_ghost()
    assert model.held.wait(60)
    model.holding = False
    editor.put(0, 0, "// new\n")
    editor.cursor = editor.text.index("<= cou") + 6
    new = editor.ask_ghost()
    answers = {number: editor.answer(number) for number in (old, new)}
    assert answers[old].get("result", {"items": []})["items"] == []
    (item,) = answers[new]["result"]["items"]
    assert editor.shown(item) == REST


def test_ghost_text_goes_on_from_what_a_list_has_selected(editor: GhostEditor, model: ModelServer) -> None:
    model.answer = lambda prompt: " + 8'd1;" if "count <= count<" in prompt else REST
    place = {"start": editor.place(editor.cursor - 3), "end": editor.place(editor.cursor)}
    (item,) = editor.ghosts(selected={"range": place, "text": "count"})
    assert item["range"] == place
    assert item["insertText"] == "count + 8'd1;"
    before = totals(editor)
    editor.accept(item)
    assert "count <= count + 8'd1;\nendmodule" in editor.text
    grown(editor, before, accepted=1)


@pytest.mark.parametrize(
    "text",
    ["|", "|module m; endmodule\n", "module m; endmodule|", "module m;\r\n  assign y = |\r\nendmodule\r\n", "😋|\r"],
)
def test_odd_places_are_answered(editor: GhostEditor, text: str) -> None:
    editor.show("odd.v", text)
    for item in editor.ghosts(INVOKED):
        editor.shown(item)


def test_lines_that_end_in_two_characters_get_ghost_text(editor: GhostEditor) -> None:
    editor.show("crlf.v", COUNTER.replace("\n", "\r\n"))
    (item,) = editor.ghosts()
    assert editor.shown(item) == REST


def test_a_file_of_20000_lines_gets_ghost_text(editor: GhostEditor, model: ModelServer) -> None:
    many = "".join(f"  wire w{number} = reset;\n" for number in range(20_000))
    editor.show("long.v", COUNTER.replace("  always", f"{many}  always"))
    (item,) = editor.ghosts(timeout=100)
    assert editor.shown(item) == REST
    assert len(model.prompts[-1]) < 100_000
    before = totals(editor)
    editor.accept(item)
    grown(editor, before, accepted=1)


def test_two_editors_share_a_model_server_and_the_counters(
    editor: GhostEditor, open_editor: Open, model: ModelServer
) -> None:
    other = open_editor(model)
    other.show("counter.v", COUNTER)
    before = totals(editor)
    requests = [(each, each.ask_ghost()) for each in (editor, other)]
    for each, request in requests:
        each.accept(each.answer(request)["result"]["items"][0])
    assert len(model.prompts) == 2
    grown(other, before, accepted=2)


def test_what_is_not_verified_comes_only_where_wanted_and_is_marked(editor: GhostEditor, model: ModelServer) -> None:
    model.answer = lambda prompt: "nt + nonsense;"
    assert editor.ghosts() == []
    editor.configure({"show": "verified-first"})
    item = editor.ghosts(INVOKED)[0]
    editor.configure({})
    verdict = item["command"]["arguments"][0]
    assert verdict["verified"] is False
    assert any("nonsense" in one for one in verdict["refused"])
    assert "not verified: refused by" in item["command"]["title"]


def test_a_key_comes_from_the_client(editor: GhostEditor) -> None:
    with ModelServer(REST, key="s3cret") as model:
        editor.configure({"url": model.url})
        assert editor.ghosts() == []
        assert "key" in editor.state(lambda about: not about["ready"])["message"]
        assert editor.ask("signoff/setModelKey", {"url": 7}) == {"ok": False}
        assert editor.ask("signoff/setModelKey", {"url": model.url, "key": "s3cret"}) == {"ok": True}
        (item,) = editor.ghosts(INVOKED)
        assert editor.shown(item) == REST
        assert model.keys[-1] == "Bearer s3cret"
        editor.state(lambda about: about["ready"] and about["state"] in ("ready", "slow"))
    editor.configure({})


def test_a_server_that_is_not_there_is_told_once(editor: GhostEditor) -> None:
    with ModelServer("") as gone:
        pass
    editor.configure({"url": gone.url})
    editor.states.clear()
    assert editor.ghosts() == []
    told = editor.state(lambda about: not about["ready"])
    assert gone.url in told["message"]
    assert editor.ghosts() == []
    # The answer to another request: all that was sent before it has been read.
    editor.ask("workspace/executeCommand", {"command": "signoff.models"})
    assert len([about for about in editor.states if not about["ready"]]) == 1
    editor.configure({})


def test_an_editor_without_ghost_text_has_it_in_its_list(open_editor: Open, model: ModelServer) -> None:
    editor = open_editor(model, inline=False)
    editor.show("counter.v", COUNTER)
    place = {"textDocument": {"uri": editor.uri}, "position": editor.place(editor.cursor)}
    written = threading.Event()
    model.answer = lambda prompt: REST if written.wait(60) else ""
    first = editor.ask("textDocument/completion", place, timeout=60)
    assert first["isIncomplete"], "no name waits for the model"
    assert not [one for one in first["items"] if one.get("command")]
    written.set()
    end = time.monotonic() + 60
    found: list[Any] = []
    while not found and time.monotonic() < end:
        listed = editor.ask("textDocument/completion", place, timeout=60)["items"]
        found = [one for one in listed if one.get("command")]
    (item,) = found
    assert item["textEdit"]["newText"].endswith(REST)
    assert f"{NAME}: accepted by slang" in item["detail"]
    before = totals(editor)
    editor.accept({"insertText": item["textEdit"]["newText"], **item["textEdit"], "command": item["command"]})
    assert "count <= count + 8'd1;\nendmodule" in editor.text
    grown(editor, before, accepted=1)


def test_models_of_this_machine_are_listed(editor: GhostEditor) -> None:
    rows = editor.ask("workspace/executeCommand", {"command": "signoff.models"})
    assert {"name", "title", "bytes", "downloaded"} == set(rows[0])
    status = editor.ask("workspace/executeCommand", {"command": "signoff.status"})["model"]
    assert status["name"] == NAME
    assert status["state"] in ("ready", "slow")


def test_nonsense_about_acceptances_is_no_trouble(editor: GhostEditor) -> None:
    for arguments in ([], [7], [{}], [{"id": "x"}], [{"id": 1e300}], [{"id": 5}, 6], None):
        call = {"command": "signoff.completionAccepted", **({} if arguments is None else {"arguments": arguments})}
        assert editor.ask("workspace/executeCommand", call) is None
    for params in ({}, {"id": 1}, {"id": None, "text": "x"}, {"id": 1, "text": "x"}, [], None):
        editor.notify("signoff/completionPartlyAccepted", params)
    (item,) = editor.ghosts()
    assert editor.shown(item) == REST


def totals(editor: GhostEditor, language: str = "systemverilog") -> Counter[str]:
    """All counts of a language so far."""
    sums: Counter[str] = Counter()
    for row in editor.counted():
        if row["language"] == language:
            sums.update({name: value for name, value in row.items() if isinstance(value, int)})
    return sums


def grown(editor: GhostEditor, before: Counter[str], language: str = "systemverilog", **by: int) -> None:
    """Wait until the counts are by so much more than before: they are written beside the message loop."""
    end = time.monotonic() + 30
    while True:
        now = totals(editor, language)
        more = {name: now[name] - before[name] for name in by}
        if more == by:
            return
        assert time.monotonic() < end, f"counted {more}, not {by}"
        time.sleep(0.05)
