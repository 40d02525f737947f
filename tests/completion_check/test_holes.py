"""What the place at the cursor asks for, in every language, and that finding it out is cheap in large files."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.completion import balance, nesting
from signoff.completion.context import Hole, hole_at
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import LineIndex


def place(text: str, language: str) -> Hole | None:
    before, _, after = text.partition("¦")
    line = before.count("\n")
    return hole_at(Snapshot("file:///x", "/x", language, 1, before + after), line, len(before.rpartition("\n")[2]))


def hole(text: str, language: str) -> Hole:
    found = place(text, language)
    assert found is not None
    return found


LINE, BLOCK, ONE, REST = (False, False, False), (True, False, False), (True, True, False), (True, False, True)


@pytest.mark.parametrize(
    ("language", "text", "wanted"),
    [
        ("verilog", "module m;\n  ¦\nendmodule", BLOCK),
        ("verilog", "module m;\n  assign y = ¦\nendmodule", REST),
        ("verilog", "module m;\n  assign y = ¦;\nendmodule", LINE),
        ("verilog", "always @(posedge clk) begin : count¦\nend", BLOCK),
        ("verilog", "always @*¦\n", ONE),
        ("verilog", "  if (rst) // reset\n    ¦\n", ONE),
        ("verilog", "case (s)\n  2'd0:¦\nendcase", ONE),
        ("verilog", "case (s)\n  default:\n    ¦\nendcase", ONE),
        ("verilog", "case (s)\n  ¦\nendcase", BLOCK),
        ("verilog", "  counter u(¦\n", REST),
        ("verilog", "  counter u(¦);\n", BLOCK),
        ("verilog", "  counter u(\n    ¦\n  );\n", ONE),
        ("verilog", "  q <= d;¦\n", LINE),
        ("verilog", "  wire a,¦\n", REST),
        ("verilog", "`define W ¦\n", LINE),
        ("verilog", "generate¦\nendgenerate", BLOCK),
        ("c", "int f(void) {\n  ¦\n}", BLOCK),
        ("c", "int f(void) {¦}", BLOCK),
        ("c", "int f(void)¦\n", REST),
        ("c", "  if (a)\n    ¦\n", ONE),
        ("c", "  else¦\n", ONE),
        ("c", "  for (;;)¦\n", ONE),
        ("c", "  x = ¦\n", REST),
        ("c", "  x = ¦;\n", LINE),
        ("c", "  f(a, ¦)\n", LINE),
        ("c", "  f(¦)\n", BLOCK),
        ("c", "  return;¦\n", LINE),
        ("c", "#define A ¦\n", LINE),
        ("c", "  case 3:¦\n", BLOCK),
        ("cuda-cpp", "__global__ void k() {¦\n}", BLOCK),
        ("cuda-cpp", "  k<<<1, ¦\n", REST),
        ("python", "def f():\n    ¦\n", BLOCK),
        ("python", "def f():¦\n", BLOCK),
        ("python", "x = ¦\n", REST),
        ("python", "f(¦)\n", BLOCK),
        ("python", "f(a, ¦)\n", LINE),
        ("python", "¦", BLOCK),
        ("verilog", "¦", BLOCK),
        ("c", "int x;\n¦", BLOCK),
    ],
)
def test_what_is_wanted(language: str, text: str, wanted: tuple[bool, bool, bool]) -> None:
    found = hole(text, language)
    assert (found.block, found.single, found.statement) == wanted


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("verilog", "// a no¦te\n"),
        ("verilog", "/* a ¦\n*/"),
        ("verilog", '$display("a¦");'),
        ("verilog", "`define W 3 // no¦te"),
        ("c", "#define A 1 /* it goes on\n here ¦ */"),
        ("c", 'puts("a \\\n ¦");'),
        ("c", "x; /* a\n" + "b\n" * 3000 + "¦ */"),
        ("python", "# no¦te"),
        ("python", '"""a\n¦\n"""'),
        ("python", "x = 'a¦'"),
        ("python", "'''" + "text\n" * 3000 + "¦"),
    ],
)
def test_none_in_comments_and_strings(language: str, text: str) -> None:
    assert place(text, language) is None


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("verilog", "wire a; ¦// note"),
        ("verilog", "x = 4'b0¦;"),
        ("verilog", "// what is wanted\n¦"),
        ("c", "/* a */ ¦"),
        ("c", "char c = '\"';\n¦"),
        ("c", 'x = "// no comment"; ¦'),
        ("python", "x = '#'\n¦"),
        ("python", '"""a"""\n¦'),
    ],
)
def test_beside_them_there_is_one(language: str, text: str) -> None:
    assert place(text, language) is not None


@pytest.mark.parametrize(
    ("language", "text", "missing"),
    [
        ("verilog", "module m;\n  initial begin\n    ¦\n", ("end", "endmodule")),
        ("verilog", "module m;\n  initial begin\n    ¦\n  end\nendmodule", ()),
        ("verilog", "module m;\n  case (a)\n  0: begin\n    ¦\n  end\nendmodule", ("endcase",)),
        ("verilog", "module m;\n`ifdef A\n  initial begin\n`else\n  initial begin\n`endif\n  ¦\n  end\nendmodule", ()),
        ("c", "int f() {\n  if (a) {\n    ¦\n}", ("}",)),
        ("c", "int f() {\n#if A\n  if (a) {\n#else\n  if (b) {\n#endif\n  ¦\n  }\n}", ()),
        ("c", "int f() {\n#if A\n  if (a) {\n  ¦\n#else\n  if (b) {\n#endif\n  }\n}", ()),
        ("c", "#define OPEN {\nint f() {\n  ¦\n}", ()),
        ("c", '#ifdef __cplusplus\nextern "C" {\n#endif\n¦\n#ifdef __cplusplus\n}\n#endif\n', ()),
        ("cuda-cpp", "k<<<(n + 255¦", (")",)),
        ("python", "f(a[¦", ("]", ")")),
    ],
)
def test_missing_closers(language: str, text: str, missing: tuple[str, ...]) -> None:
    assert hole(text, language).missing == missing


def test_conditions_and_line_ends_are_noted() -> None:
    assert hole("#ifdef A\nint a;\n¦\n#endif", "c").conditions == 1
    assert hole("#ifdef A\nint a;\n#endif\n¦\n", "c").conditions == 0
    assert hole("module m;\r\n  ¦\r\nendmodule\r\n", "verilog").newline == "\r\n"
    assert hole("module m;\n  ¦\nendmodule\n", "verilog").newline == "\n"


@given(
    st.text(alphabet="begin end(){}[]\"'/*\n\\#`ifdelse𝕏;", max_size=200),
    st.integers(0, 200),
    st.sampled_from(["verilog", "c", "python"]),
)
def test_in_pieces_as_in_one(text: str, at: int, language: str) -> None:
    """What is open is found alike, however the text is cut into pieces."""
    prefix, suffix = text[:at], text[at:]
    whole = balance.around(prefix, suffix, language)
    size = balance.PIECE
    try:
        balance.PIECE = 8
        balance._piece.cache_clear()
        pieces = balance.around(prefix, suffix, language)
    finally:
        balance.PIECE = size
        balance._piece.cache_clear()
    if not _odd(text):
        assert pieces == whole


WORDS = "begin end fork join_any function endfunction extern default clocking x 1'b0 `ifdef `else `endif `define #if"
TOKENS = (*WORDS.split(), *"(){}[];\"'\\#𝕏\n\t ", "/*", "*/", "//", "#else", "#endif", "\r\n")


@given(st.lists(st.sampled_from(TOKENS), max_size=40), st.sampled_from(["verilog", "c", "cuda-cpp", "python"]))
def test_what_is_left_of_a_text_is_what_its_marks_leave(parts: list[str], language: str) -> None:
    text = "".join(parts)
    left: list[tuple[str, str, str]] = []
    for mark in nesting.marks(text, language):
        if mark.closes and left and left[-1][0] == mark.closes:
            left.pop()
        elif mark.closer or mark.closes or mark.turn:
            left.append((mark.closer, mark.closes, mark.turn))
    rest, inside = nesting.rest_of(text, language)
    assert [(mark.closer, mark.closes, mark.turn) for mark in rest] == left
    last = list(nesting.tokens(text, language))[-1:]
    assert inside == (nesting.open_end(last[0][0], language) if last and last[0].end() == len(text) else "")


def _odd(text: str) -> bool:
    """A string that is never closed ends with its line, but for one that a backslash carries on: rare, and not read
    alike where a piece ends there."""
    return "\\" in text or '"' in text or "'" in text


def test_a_large_file_is_read_once() -> None:
    body = "".join(f"  always @(posedge clk) begin\n    q{n} <= d{n}; // {n}\n  end\n" for n in range(7000))
    text = f"module m;\n{body}  ¦\n{body}endmodule\n"
    hole(text, "verilog")
    before = balance._piece.cache_info()
    typed = text.replace("¦", "assign y = a¦")
    start = time.process_time()
    found = hole(typed, "verilog")
    spent = time.process_time() - start
    after = balance._piece.cache_info()
    assert found.missing == ()
    assert after.misses - before.misses <= 4
    # Milliseconds; a bound that no machine should reach.
    assert spent < 1


def test_scanning_is_linear_in_half_typed_text() -> None:
    for text in ("((((" * 20_000, "begin " * 20_000, '"' * 20_000, "/*" * 20_000, "'" * 20_000, "#if A\n" * 20_000):
        for language in ("verilog", "c", "python"):
            balance.around(text, text, language)
            list(nesting.marks(text[:1000], language))


@given(st.text(alphabet="ab𝕏\n", max_size=40), st.integers(-2, 12), st.integers(-2, 12), st.booleans())
def test_positions_as_the_line_index_has_them(text: str, line: int, column: int, crlf: bool) -> None:
    text = text.replace("\n", "\r\n") if crlf else text
    index = LineIndex(text)
    found = hole_at(Snapshot("file:///x", "/x", "c", 1, text), line, column)
    assert found is not None
    offset = index.offset(line, column)
    assert (len(found.prefix), found.line, found.column) == (offset, *index.position(offset))
    assert found.prefix + found.suffix == text
    assert found.line_prefix + found.line_suffix == index.line(found.line)
