"""What launch configurations evaluate to: each case is the body of a function, and the block's x that comes out."""

from __future__ import annotations

import pytest

from signoff.verifiers.gpu.facts import Launch
from signoff.verifiers.gpu.values.analyse import analyse

PRELUDE = "__global__ void k(int n) {}\n"


def launches(text: str, **options: object) -> tuple[Launch, ...]:
    """The launches of a text."""
    return analyse(text, "/w/a.cu", **options).facts.launches  # type: ignore[arg-type]


def value(body: str, before: str = "", parameters: str = "") -> int | None:
    """The block's x of the one launch `k<<<1, X>>>` in a body that says X."""
    found = launches(f"{PRELUDE}{before}\nvoid go({parameters}) {{\n{body}\n}}\n")
    assert len(found) == 1, body
    return found[0].block.x


EXPRESSIONS = {
    "256": 256,
    "0x100": 256,
    "0b1000": 8,
    "0400": 256,
    "1'024": 1024,
    "256u": 256,
    "16 * 16 + 1": 257,
    "(1 << 5) | 3": 35,
    "7 / 2": 3,
    "-7 / 2 + 10": 7,
    "-7 % 3 + 10": 9,
    "100 >> 2": 25,
    "~0u & 0xff": 255,
    "5 > 3 ? 64 : 128": 64,
    "(3, 64)": 64,
    "sizeof(float4) * 2": 32,
    "sizeof(double)": 8,
    "sizeof(unsigned char)": 1,
    "sizeof(int[3])": 12,
    "(int)3.9f": 3,
    "static_cast<unsigned>(2.5)": 2,
    "int(7.0)": 7,
    "unsigned{9}": 9,
    "(int)ceil(100 / 32.0)": 4,
    "(int)ceilf((float)100 / 32)": 4,
    "(int)floor(3.7)": 3,
    "std::min(64, 128)": 64,
    "max(64u, 128u)": 128,
    "true + 31": 32,
    "'a'": 97,
    "!0 ? 32 : 64": 32,
    "(100 + 32 - 1) / 32": 4,
    "0xFFFFFFFFu + 2u": 1,
    # What C++ leaves undefined, and what is not known, has no value.
    "2147483647 + 1": None,
    "1 / 0": None,
    "1 << 40": None,
    "1 << -1": None,
    "unknown": None,
    "unknown * 0": None,
    "f(3)": None,
    "(int)1e30": None,
    "sizeof(Unknown)": None,
    "*p": None,
    "a[3]": None,
    "atoi(argv[1])": None,
    "1.5e": None,
}


@pytest.mark.parametrize(("text", "expected"), EXPRESSIONS.items(), ids=EXPRESSIONS)
def test_expressions(text: str, expected: int | None) -> None:
    assert value(f"k<<<1, {text}>>>(0);") == expected


CERTAIN = {
    "a constant": ("const int t = 256; k<<<1, t>>>(0);", 256),
    "an initialised variable": ("int t = 256; k<<<1, t>>>(0);", 256),
    "auto": ("auto t = 256u; k<<<1, t>>>(0);", 256),
    "one of several declarators": ("int a = 3, t = a * 2, b = 7; k<<<1, t>>>(0);", 6),
    "a conversion on the way": ("unsigned char t = 300; k<<<1, t>>>(0);", 44),
    "a float rounded to an int": ("int t = 7.9; k<<<1, t>>>(0);", 7),
    "assigned later": ("int t; t = 64; k<<<1, t>>>(0);", 64),
    "assigned twice": ("int t = 1; t = 2; t = 3; k<<<1, t>>>(0);", 3),
    "assigned afterwards": ("int t = 1; k<<<1, t>>>(0); t = 9;", 1),
    "doubled": ("int t = 16; t *= 2; k<<<1, t>>>(0);", 32),
    "of its own old value": ("int t = 16; t = t + 1; k<<<1, t>>>(0);", 17),
    "both branches alike": ("int t; if (c()) t = 8; else t = 8; k<<<1, t>>>(0);", 8),
    "the branch that is taken": ("int t = 1; if (2 > 1) { t = 8; } k<<<1, t>>>(0);", 8),
    "a branch that is not taken": ("int t = 1; if (2 < 1) t = 8; k<<<1, t>>>(0);", 1),
    "a branch that leaves": ("int t = 1; if (c()) { t = 8; return; } k<<<1, t>>>(0);", 1),
    "an inner block": ("int t = 1; { t = 5; } k<<<1, t>>>(0);", 5),
    "hidden by an inner variable": ("int t = 1; { int t = 5; t++; } k<<<1, t>>>(0);", 1),
    "the inner one": ("int t = 1; { int t = 5; k<<<1, t>>>(0); }", 5),
    "an address taken afterwards": ("int t = 4; k<<<1, t>>>(0); g(&t);", 4),
    "passed by value": ("int t = 4; byvalue(t); k<<<1, t>>>(0);", 4),
    "passed by const reference": ("int t = 4; byconst(t); k<<<1, t>>>(0);", 4),
    "printed": ('int t = 4; printf("%d", t); k<<<1, t>>>(0);', 4),
    "an argument of a launch": ("int t = 4; k<<<1, t>>>(t);", 4),
    "an address in a launch's arguments": (
        "int t = 4; void* args[] = {&t}; cudaLaunchKernel((void*)k, 1, t, args, 0, 0);",
        4,
    ),
    "declared in the loop": ("for (int i = 0; i < n; i++) { int t = 32; k<<<1, t>>>(0); }", 32),
    "declared before an idle loop": ("int t = 32; for (int i = 0; i < n; i++) k<<<1, t>>>(0);", 32),
    "assigned before the launch in a loop": (
        "int t = 1; for (int i = 0; i < n; i++) { t = 32; k<<<1, t>>>(0); }",
        32,
    ),
    "an array of constants": ("const int a[] = {32, 64, 128}; k<<<1, a[1]>>>(0);", 64),
    "an array of arrays": ("constexpr int a[2][2] = {{1, 2}, {3, 4}}; k<<<1, a[1][0]>>>(0);", 3),
    "the size of an array": ("float a[48]; k<<<1, sizeof(a) / sizeof(float)>>>(0);", 48),
    "the size of an element": ("float a[48]; k<<<1, sizeof(a) / sizeof(a[0])>>>(0);", 48),
    "std::size": ("int a[] = {1, 2, 3}; int b[5]; k<<<1, std::size(b)>>>(0);", 5),
    "captured by a lambda": ("int t = 32; auto f = [&] { k<<<1, t>>>(0); }; f();", 32),
    "dispatched": ('int t = 32; AT_DISPATCH(x, "k", [&] { k<<<1, t>>>(0); });', 32),
    "a static": ("static const int t = 32; k<<<1, t>>>(0);", 32),
    "an enumerator": ("enum { T = 64 }; k<<<1, T>>>(0);", 64),
    "in a switch": ("int t = 3; switch (n) { case 1: k<<<1, t>>>(0); }", 3),
    "in a try": ("int t = 3; try { k<<<1, t>>>(0); } catch (...) {}", 3),
    "a chain of assignments": ("int a, t; a = t = 6; k<<<1, t>>>(0);", 6),
    "after a comma": ("int a, t; a = 1, t = 6; k<<<1, t>>>(0);", 6),
}
HELPERS = "void byvalue(int a) {}\nvoid byconst(const int& a) {}\nvoid byref(int& a) { a = 7; }\nvoid byptr(int* a);\n"


@pytest.mark.parametrize(("body", "expected"), CERTAIN.values(), ids=CERTAIN)
def test_certain_variables(body: str, expected: int) -> None:
    assert value(body, HELPERS, "int n") == expected


UNCERTAIN = {
    "a parameter": "k<<<1, n>>>(0);",
    "never initialised": "int t; k<<<1, t>>>(0);",
    "increased": "int t = 1; t++; k<<<1, t>>>(0);",
    "one branch": "int t = 1; if (c()) t = 8; k<<<1, t>>>(0);",
    "two branches": "int t; if (c()) t = 8; else t = 9; k<<<1, t>>>(0);",
    "a switch": "int t = 1; switch (n) { case 1: t = 2; break; default: t = 3; } k<<<1, t>>>(0);",
    "another case before": "int t = 1; switch (n) { case 1: t = 2; case 2: k<<<1, t>>>(0); }",
    "a loop before": "int t = 1; while (c()) t *= 2; k<<<1, t>>>(0);",
    "a loop around": "int t = 512; while (t > n) { k<<<1, t>>>(0); t /= 2; }",
    "a loop variable": "for (int t = 1; t < 9; t *= 2) k<<<1, t>>>(0);",
    "a loop's outer variable": "int t; for (t = 1; t < 9; t++) k<<<1, t>>>(0);",
    "a do loop": "int t = 1; do { k<<<1, t>>>(0); t *= 2; } while (t < n);",
    "a range": "for (int t : sizes) k<<<1, t>>>(0);",
    "an address taken": "int t = 4; g(&t); k<<<1, t>>>(0);",
    "an address kept": "int t = 4; int* p = &t; t = 5; *p = 6; k<<<1, t>>>(0);",
    "a reference": "int t = 4; int& r = t; r = 5; k<<<1, t>>>(0);",
    "passed by reference": "int t = 4; byref(t); k<<<1, t>>>(0);",
    "passed to who knows": "int t = 4; mystery(t); k<<<1, t>>>(0);",
    "swapped": "int t = 4, s = 5; std::swap(t, s); k<<<1, t>>>(0);",
    "read": "int t = 4; std::cin >> t; k<<<1, t>>>(0);",
    "scanned": 'int t = 4; scanf("%d", &t); k<<<1, t>>>(0);',
    "written by a lambda": "int t = 4; auto f = [&] { t = 5; }; f(); k<<<1, t>>>(0);",
    "captured and changed later": "int t = 4; auto f = [&] { k<<<1, t>>>(0); }; t = 5; f();",
    "jumped around": "int t = 4; again: k<<<1, t>>>(0); t = 5; goto again;",
    "a structured binding": "auto [t, s] = pair(); k<<<1, t>>>(0);",
    "volatile": "volatile int t = 4; k<<<1, t>>>(0);",
    "a static that changes": "static int t = 4; k<<<1, t>>>(0); t++;",
    "tried": "int t = 4; try { t = f(); } catch (...) {} k<<<1, t>>>(0);",
    "an unknown type": "Size t = 4; k<<<1, t>>>(0);",
    "a pointer": "const int* t = q; k<<<1, *t>>>(0);",
    "an unknown index": "const int a[] = {32, 64}; k<<<1, a[n]>>>(0);",
    "beyond an array": "const int a[2] = {32, 64}; k<<<1, a[2]>>>(0);",
    "itself": "int t = t + 1; k<<<1, t>>>(0);",
    "a changed element": "int a[] = {1, 2}; a[n] = 7; k<<<1, a[1]>>>(0);",
    "a condition that assigns": "int t = 4; if ((t = n) > 3) k<<<1, t>>>(0);",
    "in the same breath": "int t = 4; k<<<t++, t>>>(0);",
}


@pytest.mark.parametrize("body", UNCERTAIN.values(), ids=UNCERTAIN)
def test_uncertain_variables(body: str) -> None:
    assert value(body, HELPERS, "int n") is None


FILE_SCOPE = {
    "const": ("const int T = 128;", 128),
    "constexpr": ("constexpr int T = 128;", 128),
    "static": ("static int T = 128;", 128),
    "in a namespace": ("namespace a { constexpr int T = 128; } using namespace a;", 128),
    "an enumerator after another": ("enum { S = 127, T };", 128),
    "a macro": ("#define T 128", 128),
    "a macro of an expression": ("#define A 100\n#define T A + 28", 128),
    "a macro with parameters": ("#define ADD(a, b) ((a) + (b))\n#define T ADD(100, ADD(20, 8))", 128),
    "a default": ("#ifndef T\n#define T 128\n#endif", 128),
    "a default by defined": ("#if !defined(T)\n#define T 128\n#endif", 128),
    "a choice": ("#define W 3\n#if W == 3\n#define T 128\n#else\n#define T 1\n#endif", 128),
    "redefined": ("#define T 1\n#undef T\n#define T 128", 128),
    "a sum without parentheses": ("#define S 60 + 4\n#define T S * 2", 68),
    "a global that may change": ("int T = 128;", None),
    "a static that changes": ("static int T = 128; void set() { T = 5; }", None),
    "a static whose address is taken": ("static int T = 128; int* where() { return &T; }", None),
    "declared elsewhere": ("extern const int T;", None),
    "defined twice": ("#ifdef SMALL\n#define T 64\n#else\n#define T 128\n#endif", None),
    "defined alike twice": ("#define T 128\n#ifdef SMALL\n#define T 128\n#endif", 128),
    "perhaps undefined": ("#define T 128\n#ifdef SMALL\n#undef T\nconst int T = 5;\n#endif", None),
    "two constants": ("namespace a { const int T = 1; } namespace b { const int T = 2; }", None),
    "stringised": ("#define T #x", None),
    "two values": ("#define T 128, 2", None),
    "only in a comment": ("// const int T = 128;", None),
    "not compiled": ("#if 0\nconst int T = 128;\n#endif", None),
    "a parenthesised macro over lines": ("#define T (100 + \\\n 28)", 128),
    "a negative": ("const int T = -(-128);", 128),
    "a digit separator": ("const int T = 1'28;", 128),
}


@pytest.mark.parametrize(("before", "expected"), FILE_SCOPE.values(), ids=FILE_SCOPE)
def test_file_scope(before: str, expected: int | None) -> None:
    assert value("k<<<1, T>>>(0);", before) == expected


def test_command_line() -> None:
    text = f"#ifndef T\n#define T 128\n#endif\n{PRELUDE}void go() {{ k<<<1, T>>>(0); }}"
    assert launches(text, defines=("T=64",))[0].block.x == 64
    assert launches(text, defines=("T",))[0].block.x == 1
    assert launches(text, undefines=("T",))[0].block.x == 128


def test_a_macro_is_what_it_was_where_it_stands() -> None:
    text = (
        f"{PRELUDE}#define T 1\nvoid a() {{ k<<<1, T>>>(0); }}\n#undef T\n#define T 2\nvoid b() {{ k<<<1, T>>>(0); }}"
    )
    assert [launch.block.x for launch in launches(text)] == [1, 2]


def test_swapped_names_are_taken_by_place() -> None:
    (launch,) = launches(f"{PRELUDE}void go() {{ int grid = 64, block = 1000; k<<<block, grid>>>(0); }}")
    assert (launch.grid.x, launch.block.x) == (1000, 64)


def test_notes_say_where_a_value_comes_from() -> None:
    run = "void run(int rows) { k<<<dim3(1, rows), 32>>>(0); }"
    text = f"{PRELUDE}const int N = 1 << 18;\n{run}\nvoid go() {{ run(N); }}"
    (launch,) = launches(text)
    assert launch.grid.y == 262144
    assert [note.message for note in launch.notes] == ["N is 262144 here", "called with rows = 262144 here"]
    assert launch.notes[0].span.start_line == 1
