"""The kept snippets of attrs: the same classes with them as without, and no harm from a file that is not theirs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import builtins, json, sys
from pathlib import Path
from signoff.lsp_server import compiled
calls = []
plain = builtins.compile
builtins.compile = lambda *given, **more: (calls.append(given[1:2]), plain(*given, **more))[1]
with compiled.kept(Path(sys.argv[1])):
    from lsprotocol import types
position = types.Position(3, character=4)
try:
    types.Position("a", 1)
    refused = False
except Exception:
    refused = True
compiled_here = sum("lsprotocol" in str(name) for name in calls)
print(json.dumps({"compiled": compiled_here, "position": repr(position), "equal": position == types.Position(3, 4),
                  "refused": refused}))
"""


def start(file: Path) -> dict[str, object]:
    done = subprocess.run([sys.executable, "-c", PROGRAM, str(file)], capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def test_a_second_start_compiles_nothing_and_means_the_same(tmp_path: Path) -> None:
    first, second = start(tmp_path / "snippets"), start(tmp_path / "snippets")
    assert int(str(first.pop("compiled"))) > 500 and second.pop("compiled") == 0
    assert first == second == {"position": first["position"], "equal": True, "refused": first["refused"]}
    assert [path.name for path in tmp_path.iterdir()] == ["snippets"]


@pytest.mark.parametrize("content", [b"", b"garbage", b"\xff" * 1000, b"i\x01\x00\x00\x00"])
def test_a_file_that_is_not_ours_is_replaced(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "snippets"
    file.write_bytes(content)
    assert int(str(start(file)["compiled"])) > 500
    assert start(file)["compiled"] == 0


def test_a_folder_that_cannot_be_written_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "a file").write_text("")
    assert int(str(start(tmp_path / "a file" / "snippets")["compiled"])) > 500
