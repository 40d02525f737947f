"""What is kept from one state of a document to the next is what a fresh look gives: examples, and random edits."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from signoff.verifiers.gpu.checks.launch_engine import LaunchEngine
from signoff.verifiers.gpu.facts import UnitFacts
from signoff.verifiers.gpu.values.analyse import analyse
from signoff.verifiers.gpu.values.memo import Memo
from signoff.verifiers.gpu.values.parsing import difference, parsed
from signoff.verifiers.gpu.values.preprocess import environment, preprocess
from signoff.verifiers.gpu.values.scanning import again, whole
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot

CASES = sorted((Path(__file__).parents[1] / "gpu_launch" / "cases").glob("*/*.cu"))
UNIT = """\
#define WIDTH 64
__constant__ int table[4];
const int rows = 128;
static int mode = 3;
struct Shape { static const int deep = 7; };
__device__ float half_of(float x) { __shared__ float cell[32]; cell[0] = x; return x / 2; }
__global__ void scale(float *data, int n) {
  __shared__ float tile[WIDTH];
  tile[threadIdx.x] = half_of(data[n]);
}
__global__ void other(float *data) { data[0] = 1; }
int chosen(int n) { return n > 4 ? 256 : 128; }
void one(float *data, int n) {
  dim3 grid(n, rows);
  scale<<<grid, chosen(8), WIDTH>>>(data, mode);
}
void two(float *data) {
  other<<<Shape::deep, 32>>>(data);
}
void idle() {
  int count = 1;
  count += 2;
}
int main() {
  float *data = 0;
  one(data, 70000);
  two(data);
  return 0;
}
"""


class Typed:
    """A document that somebody types in: every state is looked at both ways."""

    def __init__(self, text: str, path: str = "/w/a.cu") -> None:
        self.text, self.path = text, path
        self.memo = Memo()
        self.look()

    def look(self) -> UnitFacts:
        kept = analyse(self.text, self.path, memo=self.memo).facts
        assert kept == analyse(self.text, self.path).facts
        return kept

    def replaced(self, old: str, new: str) -> UnitFacts:
        assert self.text.count(old) == 1
        self.text = self.text.replace(old, new)
        return self.look()

    @property
    def kept(self) -> int:
        """How many results the latest edit left as they were."""
        return self.memo.held


def test_an_edit_in_one_function_keeps_what_is_said_of_the_others() -> None:
    typed = Typed(UNIT)
    facts = typed.replaced("  count += 2;\n", "  count += 2;\n\n  count = 9;\n")
    assert typed.kept > 5
    assert [launch.grid.x for launch in facts.launches] == [70000, 7]


def test_places_behind_an_edit_move_with_it() -> None:
    typed = Typed(UNIT)
    before = typed.look().launches[0]
    after = typed.replaced("return x / 2; }", "return x / 2;\n\n}").launches[0]
    assert (before.span.start_line, after.span.start_line) == (14, 16)
    places = [(note.message.split()[0], note.span.start_line) for note in after.notes]
    assert places == [("called", 27), ("rows", 2)]


MAIN = "int main() {"


@pytest.mark.parametrize(
    "piece",
    [
        "// scale and rows\n",
        "\n\n\n",
        "int fresh(int n) {\n  int grid = n;\n  return grid;\n}\n",
        "__global__ void fresh(float *data, int n) { data[n] = 0; }\n",
        "const int fresh = 3;\n",
        "#define FRESH 3\n",
        "#pragma once\n",
        "namespace fresh { int n; }\n",
    ],
)
def test_what_is_put_between_functions_leaves_all_that_does_not_look_for_it(piece: str) -> None:
    typed = Typed(UNIT)
    typed.replaced(MAIN, piece + MAIN)
    assert typed.kept > 10
    typed.text = UNIT
    typed.look()
    assert typed.kept > 10


@pytest.mark.parametrize(
    ("piece", "grid", "block"),
    [
        ("#undef WIDTH\n", (70000, 128), 256),
        ("int chosen(long n) { return 32; }\n", (70000, 128), None),
        ("void more(float *data) { one(data, 3); }\n", (None, 128), 256),
        ("void (*later)(float *, int) = one;\n", (None, 128), 256),
        ("#define CALL(x) one(x, 5)\n", (None, 128), 256),
    ],
)
def test_what_is_put_between_functions_and_tells_is_seen(
    piece: str, grid: tuple[int | None, int | None], block: int | None
) -> None:
    launch = Typed(UNIT).replaced(MAIN, piece + MAIN).launches[0]
    assert ((launch.grid.x, launch.grid.y), launch.block.x) == (grid, block)


@pytest.mark.parametrize(
    ("piece", "grid", "kept"),
    [
        ("int fresh = 4; idle();", 70000, True),
        ("while (mode) { idle(); }", 70000, True),
        ("int fresh = ;", 70000, True),
        ("grid.x = 9;", 9, False),
        ("n = 8;", 70000, False),
        ("if (table[0]) return;", 70000, False),
    ],
)
def test_a_launch_is_kept_where_its_own_function_changes_beside_it(piece: str, grid: int, kept: bool) -> None:
    typed = Typed(UNIT)
    before = typed.look().launches[0]
    after = typed.replaced("  scale<<<", f"  {piece}\n  scale<<<").launches[0]
    assert (after.grid.x, after.span.start_line) == (grid, before.span.start_line + 1)
    assert (after.grid is before.grid) == kept


@pytest.mark.parametrize(
    ("old", "new", "grid", "block"),
    [
        ("one(data, 70000);", "one(data, 80000);", (80000, 128), 256),
        ("one(data, 70000);", "one(data, 70000); one(data, 1);", (None, 128), 256),
        ("n > 4 ? 256", "n > 4 ? 512", (70000, 128), 512),
        ("const int rows = 128;", "const int rows = 12;", (70000, 12), 256),
        ("int count = 1;", "int rows = 1; rows = 2;", (70000, 128), 256),
        ("int count = 1;", "int chosen(int); int count = 1;", (70000, 128), 256),
        ("#define WIDTH 64", "#define WIDTH 32", (70000, 128), 256),
    ],
)
def test_what_an_edit_elsewhere_changes_is_seen(old: str, new: str, grid: tuple[int, int], block: int) -> None:
    launch = Typed(UNIT).replaced(old, new).launches[0]
    assert ((launch.grid.x, launch.grid.y), launch.block.x) == (grid, block)


def test_a_called_function_counts_with_its_caller() -> None:
    typed = Typed(UNIT)
    sizes = [{one.name: one.static_shared for one in facts.kernels}["scale"] for facts in (typed.look(),)]
    after = typed.replaced("cell[32]", "cell[33]").kernels
    assert [*sizes, {one.name: one.static_shared for one in after}["scale"]] == [64 * 4 + 32 * 4, 64 * 4 + 33 * 4]


def test_a_kernel_that_is_handed_out_elsewhere() -> None:
    typed = Typed(UNIT)
    assert not typed.look().launches[0].opt_in_unknown
    assert typed.replaced("int count = 1;", "allow((void *)scale); int count = 1;").launches[0].opt_in_unknown


def test_broken_text_and_back_again() -> None:
    typed = Typed(UNIT)
    typed.replaced("int count = 1;", "if (mode) { int count = 1;")
    typed.replaced("  count += 2;\n", "  count += 2; }\n")
    assert typed.kept > 5


def test_a_header_that_changes() -> None:
    header = ["const int wide = 64;"]
    text = '#include "a.h"\n__global__ void k() {}\nvoid f() { k<<<1, wide>>>(); }\nvoid g() { int n; }\n'
    memo = Memo()

    def block() -> int | None:
        found = analyse(text, "/w/a.cu", include=lambda *_: ("/w/a.h", header[0]), memo=memo)
        return found.facts.launches[0].block.x

    assert block() == 64
    header[0] = "const int wide = 96;"
    assert block() == 96


def test_shared_memory_of_a_macro() -> None:
    typed = Typed(UNIT)
    typed.replaced("#define WIDTH 64\n", "#define WIDTH 64\n#define MORE __shared__ int more[8]; more[0] = 1;\n")
    facts = typed.replaced("{ data[0] = 1; }", "{ MORE data[0] = 1; }")
    assert {one.name: one.static_shared for one in facts.kernels}["other"] is None


PIECES = (
    " int q = 3;", " n = 4;", "x", " ", "\n", "\n\n", "if (n > 1024) return;", "1", "0", "// c\n", "(", ")", "{", "}",
    ";", "<", "&n", "/*", "*/", '"', "#define Q 3\n", " return;", "int n;", "extern __shared__ int s[];", "\u00e9",
    "using namespace std;", "struct S { int n; };", "int f(int);",
)  # fmt: skip


BETWEEN = (
    "const int q = 3;", "// a comment n", "/* c", "*/", "", "#define Q 3", "static int helper(int n) { return n * 2; }",
    "__global__ void fresh(float *x, int n) { x[n] = 1; }", "namespace other { int n = 3; }", "using namespace std;",
    "typedef unsigned my_t;", "struct Zed { int n; static const int deep = 9; };", "int broken(", "#ifdef Q", "#endif",
    "template <int N> __global__ void many(int *p) { __shared__ int s[N]; s[0] = *p; }", "void decl(int);", "}",
    "#else", "const int {} = 7;", "#define {} 9", "int {}(int x) {{ return x; }}", "// {}", "__global__ void {}();",
    "#undef {}", "#define USES({0}) {0} = 3", "#define LAUNCH {}<<<1, 1>>>()",
)  # fmt: skip


def between(text: str, pick: random.Random) -> str:
    """The text with something put between its lines, or with a part that ends at an empty line or a brace taken out."""
    ends = [found.end() for found in re.finditer(r"^\}?\s*\n", text, re.MULTILINE)] or [0]
    at = pick.choice(ends)
    if pick.random() < 0.2:
        return text[:at] + text[min((end for end in ends if end > at), default=at) :]
    piece = pick.choice(BETWEEN)
    name = pick.choice(re.findall(r"[A-Za-z_]\w*", text) or ["a"])
    return f"{text[:at]}{piece.format(name) if '{0}' in piece or '{}' in piece else piece}\n{text[at:]}"


def edited(text: str, pick: random.Random) -> str:
    """The text after one edit as somebody (or a slip) makes it."""
    if pick.random() < 0.3:
        return between(text, pick)
    words = re.findall(r"\w+", text) or ["a"]
    at = pick.choice([found.end() for found in re.finditer(r"[;{]", text)] or [0])
    if pick.random() < 0.3:
        at = pick.randrange(len(text) + 1)
    way = pick.random()
    if way < 0.2:
        return text[:at] + text[at + pick.randrange(1, 8) :]
    if way < 0.4:
        piece = f" {pick.choice(words)}" + pick.choice((" = 7;", "(1);", "++;", ";", " "))
        return text[:at] + piece + text[at:]
    if way < 0.6:
        word = pick.choice(list(re.finditer(r"\b\w+\b", text)))
        given = pick.choice(("0", "1", "32", "2048")) if word[0].isdigit() else pick.choice(words)
        return text[: word.start()] + given + text[word.end() :]
    return text[:at] + pick.choice(PIECES) + text[at:]


def texts(pick: random.Random) -> Iterator[str]:
    yield UNIT
    for path in pick.sample(CASES, 24):
        yield path.read_text(encoding="utf-8")


@pytest.mark.parametrize("seed", range(4))
def test_random_edits(seed: int) -> None:
    pick = random.Random(seed)
    kept = 0
    for text in texts(pick):
        typed = Typed(text)
        for _ in range(8):
            before = typed.text
            typed.text = edited(before, pick)
            typed.look()
            kept += typed.kept > 0
            if pick.random() < 0.4:
                typed.text = before
    assert kept > 60


@pytest.mark.parametrize("seed", range(3))
def test_findings_and_hints_after_random_edits(seed: int) -> None:
    pick = random.Random(seed)
    for text in texts(pick):
        engine = LaunchEngine()
        for _ in range(8):
            shot = Snapshot("file:///w/a.cu", "/w/a.cu", "cuda-cpp", 1, text)
            assert engine.check(shot, Project("/w")) == LaunchEngine().check(shot, Project("/w"))
            text = edited(text, pick)


@pytest.mark.parametrize("seed", range(3))
def test_preprocessing_that_an_edit_does_not_concern_is_that_of_a_fresh_look(seed: int) -> None:
    pick, macros, moved = random.Random(seed), environment((), ()), 0
    for text in texts(pick):
        for _ in range(25):
            old, new = text.encode(), (text := edited(text, pick)).encode()
            fresh = preprocess(new, macros, lambda *_: None)
            made = preprocess(old, macros, lambda *_: None).moved(old, new, difference(old, new))
            moved += made is not None
            assert made is None or made == fresh
    assert moved > 100


@pytest.mark.parametrize("seed", range(2))
def test_a_tree_made_from_the_one_before_is_that_of_a_fresh_look(seed: int) -> None:
    pick = random.Random(seed)
    for text in texts(pick):
        old = text.encode()
        tree = parsed(old)
        for _ in range(8):
            new = edited(old.decode("utf-8", "replace"), pick).encode()
            tree = parsed(new, old, tree)
            assert outline(tree.walk()) == outline(parsed(new).walk())
            old = new


def outline(cursor: object) -> list[tuple[str, int, int, str | None]]:
    """Every node of a tree: its type, place and field."""
    found = []
    while True:
        node = cursor.node  # type: ignore[attr-defined]
        found.append((node.type, node.start_byte, node.end_byte, cursor.field_name))  # type: ignore[attr-defined]
        if cursor.goto_first_child():  # type: ignore[attr-defined]
            continue
        while not cursor.goto_next_sibling():  # type: ignore[attr-defined]
            if not cursor.goto_parent():  # type: ignore[attr-defined]
                return found


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        (b"abc", b"abc", (3, 3, 3)),
        (b"abc", b"abXc", (2, 2, 3)),
        (b"aaa", b"aaaa", (3, 3, 4)),
        (b"", b"x", (0, 0, 1)),
        ("aéb".encode(), "aêb".encode(), (1, 3, 3)),
        (b"x\nint b;\n", b"x\nint a;\nint b;\n", (2, 2, 9)),
        (b"x\nint a;\nint b;\n", b"x\nint b;\n", (2, 9, 2)),
        ("\u00e9\u00e9".encode(), "\u00e9".encode(), (2, 4, 2)),
    ],
)
def test_the_place_where_two_texts_differ(old: bytes, new: bytes, place: tuple[int, int, int]) -> None:
    found = difference(old, new)
    assert (found.start, found.old_end, found.new_end) == place
    assert old[: found.start] + new[found.start : found.new_end] + old[found.old_end :] == new


@pytest.mark.parametrize("seed", range(4))
def test_pieces_of_a_changed_text_are_those_of_a_fresh_look(seed: int) -> None:
    pick = random.Random(seed)
    for text in texts(pick):
        old = whole(text.encode())
        for _ in range(25):
            new = edited(old.data.decode("utf-8", "replace"), pick)
            joined = new[: pick.randrange(len(new))] + pick.choice(("\\\n", "'", '"', "/*", "*/", "\n#if 0 /* x", ""))
            data = (joined + new[len(joined) :] if pick.random() < 0.4 else new).encode()
            made, fresh = again(old, data, difference(old.data, data)), whole(data)
            assert (made.starts, made.ends, made.directives) == (fresh.starts, fresh.ends, fresh.directives)
            old = made
