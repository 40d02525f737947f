"""The conditions around a place, and the document with its branch on: no line moves, nothing else changes."""

from __future__ import annotations

import pytest
from completion_holes import hole

from signoff.completion import branches
from signoff.completion.branches import enclosing, rewritten, switched
from signoff.verifiers.project import CompileUnit, Project
from signoff.verifiers.snapshot import Snapshot

C = """#ifndef BOARD_H
#define BOARD_H
/*
#if COMMENT
*/
static const char *s = "\\
#if STRING";
#if defined(DMA) && \\
    LEVEL > 2 // fast
int dma;
#  ifdef SLOW
#  elif MODE == 1
int f(void) {
  ¦
}
#  endif
#elif defined( DMA )
#endif
#ifndef DMA
#endif
#endif
"""


def conditions(text: str, language: str) -> list[tuple[str, ...]]:
    found = enclosing(text.partition("¦")[0], language)
    return [tuple(" ".join(one.split()) for one in (row.own, *row.earlier)) for row in found if not row.sure]


def on(text: str, language: str, project: Project) -> branches.Switched | None:
    at = hole(text.replace("¦", "|"), language)
    return switched(Snapshot("file:///m", "/m", language, 1, at.prefix + at.suffix), at, project)


def project(*defines: str) -> Project:
    return Project(root="/", unit=CompileUnit("/m", defines=defines), defines=defines)


def test_conditions_are_found_outermost_first_without_comments_strings_and_guards() -> None:
    assert conditions(C, "c") == [("defined(DMA) && LEVEL > 2",), ("MODE == 1", "defined(SLOW)")]


def test_verilog_has_the_same() -> None:
    text = "// `ifdef NO\n`ifdef A\n`elsif B\n`ifndef C\n`else\n  ¦\n`endif `endif\n"
    assert conditions(text, "verilog") == [("defined(B)", "defined(A)"), ("1", "!defined(C)")]


def test_half_typed_conditions_do_no_harm() -> None:
    for text in (
        "#endif\n#else\n#if\n¦",
        "#ifdef\n¦",
        "#if defined(\n¦",
        "#\n#elif A\n¦",
        "`else `endif `ifdef\n¦",
        "¦",
    ):
        for language in ("c", "verilog", "cuda-cpp"):
            conditions(text, language)
            on(text, language, project())


def test_the_branch_is_on_by_definitions_and_in_the_document_s_own_conditions() -> None:
    made = on(C, "c", project("LEVEL=1", "OTHER=2", "DMA_X"))
    assert made is not None and made.project.unit is not None
    assert made.words == ("DMA defined", "LEVEL = 3", "MODE defined", "SLOW not defined")
    assert made.project.unit.defines == ("OTHER=2", "DMA_X", "DMA=1", "LEVEL=3", "MODE=1")
    assert made.project.unit.undefines == ("SLOW",)
    before, after = C.replace("¦", "").split("\n"), made.snapshot.text.split("\n")
    assert len(before) == len(after) and made.snapshot.text == made.hole.prefix + made.hole.suffix
    changed = {old: new for old, new in zip(before, after, strict=True) if old != new}
    assert changed == {
        "#if defined(DMA) && \\": "#if 1 && \\",
        "    LEVEL > 2 // fast": "    3 > 2 // fast",
        "#  ifdef SLOW": "#if 0",
        "#  elif MODE == 1": "#elif 1 == 1",
        "#elif defined( DMA )": "#elif 1",
        "#ifndef DMA": "#if 0",
    }


def test_in_verilog_nothing_of_the_text_changes() -> None:
    made = on("module m;\n`ifdef FORMAL\n  |\n`endif\nendmodule\n", "systemverilog", project("SYNTHESIS=1"))
    assert made is not None and made.project.defines == ("SYNTHESIS=1", "FORMAL=1")
    assert "`ifdef FORMAL\n" in made.hole.prefix and made.words == ("FORMAL defined",)
    gone = on("`ifndef SYNTHESIS\n|\n`endif\n", "verilog", project("SYNTHESIS", "WIDTH=4"))
    assert gone is not None and gone.project.defines == ("WIDTH=4",)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_line_ends_stay(newline: str) -> None:
    text = f"#ifdef A \\{newline}{newline}#if A > 1{newline}#endif{newline}#endif{newline}"
    assert rewritten(text, {"A": "2"}) == f"#if 1\\{newline}{newline}#if 2 > 1{newline}#endif{newline}#endif{newline}"


def test_there_is_nothing_to_switch_on_outside_and_in_python() -> None:
    assert on("int a;\n|\n", "c", project()) is None
    assert on("#if 1\n|\n#endif\n", "c", project()) is None
    assert on("#if A\n|\n#endif\n", "python", project()) is None


def test_a_long_file_of_conditions() -> None:
    text = "#ifdef A\nint a;\n#else\nint b;\n#endif\n" * 4000 + "#ifdef LAST\n|\n#endif\n"
    made = on(text, "c", project())
    assert made is not None and made.words == ("LAST defined",) and made.snapshot.text.count("\n") == 20_003
