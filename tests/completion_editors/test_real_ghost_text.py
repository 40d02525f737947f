"""Ghost text by the downloaded model in the embedded runtime, through the real server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ghost_editor import INVOKED, GhostEditor
from real_model import MODEL, NEEDS_MODEL

pytestmark = NEEDS_MODEL

ADDER = """module adder (input wire [7:0] a, input wire [7:0] b, output wire [8:0] sum);
  assign sum = a + |
endmodule
"""


@pytest.fixture
def editor(tmp_path: Path) -> Iterator[GhostEditor]:
    (tmp_path / "w").mkdir()
    with GhostEditor(tmp_path / "w", tmp_path / "state") as one:
        one.begin({"backend": "local", "localModel": MODEL.name, "timeout": 60.0, "debounce": 0.0, "prefetch": False})
        yield one


@pytest.mark.timeout(180)
def test_the_model_of_this_machine_writes_what_slang_accepts(editor: GhostEditor) -> None:
    editor.show("adder.v", ADDER)
    # Under load the first answer may take the model longer than it is given: what it has read is kept for the next.
    for _ in range(3):
        if items := editor.ghosts(INVOKED, timeout=150):
            break
    verdict = items[0]["command"]["arguments"][0]
    assert editor.shown(items[0]).startswith("b")
    assert verdict["tools"] == ["slang"]
    assert verdict["verified"]
    editor.accept(items[0])
    # What is there now is what slang has accepted: no error is reported for it.
    _, found = editor.diagnostics(editor.uri, lambda found: True, editor.version)
    assert not [one for one in found if one["severity"] == 1]
    assert editor.state(lambda about: about["ready"])["backend"] == "local"
