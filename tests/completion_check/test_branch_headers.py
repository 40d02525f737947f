"""Headers that define otherwise what a branch asks for: their text with the values, line for line."""

from __future__ import annotations

from pathlib import Path

from signoff.completion import branch_headers
from signoff.completion.conditions import Values
from signoff.verifiers.project import CompileUnit, Project
from signoff.verifiers.snapshot import Snapshot

CONFIG = """#ifndef CONFIG_H
#define CONFIG_H
#include "more.h"
#  define DEPTH ( 4 + \\
                  1 ) // five
#define DEPTHS 9
#define DEPTH_OF(x) x
#ifndef DEPTH
#define DEPTH 2
#endif
#define NAMED
#endif
"""


def headers(folder: Path, values: Values, compared: set[str], *buffers: Snapshot) -> dict[str, str]:
    (folder / "config.h").write_bytes(CONFIG.encode())
    (folder / "more.h").write_text("#define OTHER 3\n")
    path = str(folder / "main.c")
    document = Snapshot("file:///main.c", path, "c", 1, '#include "config.h"\n#define DEPTH 1\n')
    project = Project(root=str(folder), unit=CompileUnit(path, include_dirs=(str(folder),)), buffers=buffers)
    found = branch_headers.rewritten(document, project, values, compared)
    return {Path(one.path).name: one.text for one in found}


def test_only_the_definition_changes_and_no_line_moves(tmp_path: Path) -> None:
    found = headers(tmp_path, {"DEPTH": "7", "NAMED": "1"}, {"DEPTH"})
    assert list(found) == ["config.h"]
    before, after = CONFIG.split("\n"), found["config.h"].split("\n")
    assert len(before) == len(after)
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert changed == [
        ("#  define DEPTH ( 4 + \\", "#  define DEPTH 7 \\"),
        ("                  1 ) // five", " // five"),
    ]
    assert (tmp_path / "config.h").read_text() == CONFIG


def test_what_is_not_to_be_defined_is_undefined_and_a_guard_stays(tmp_path: Path) -> None:
    found = headers(tmp_path, {"NAMED": None, "OTHER": None, "CONFIG_H": None}, set())
    assert "#undef NAMED \n" in found["config.h"] and "#ifndef CONFIG_H\n#define CONFIG_H\n" in found["config.h"]
    assert found["more.h"] == "#undef OTHER \n"


def test_an_open_header_counts_as_it_is_open(tmp_path: Path) -> None:
    path = tmp_path / "more.h"
    buffer = Snapshot("file:///as/the/editor/names/it.h", str(path), "c", 3, "int open;\n#define OTHER 5\n")
    assert headers(tmp_path, {"OTHER": "8"}, {"OTHER"}, buffer)["more.h"] == "int open;\n#define OTHER 8 \n"


def test_nothing_to_do_is_nothing(tmp_path: Path) -> None:
    assert headers(tmp_path, {"NAMED": "1", "ABSENT": "2"}, {"ABSENT"}) == {}
