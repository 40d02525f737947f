"""Which launches are reached, what calls say of parameters, and who raises a kernel's shared memory."""

from __future__ import annotations

import pytest

from signoff.verifiers.gpu.facts import Launch
from signoff.verifiers.gpu.values.analyse import analyse

PRELUDE = "template <typename T> __global__ void t(T n) {}\n__global__ void k(int n) { extern __shared__ char s[]; }\n"


def launches(text: str) -> tuple[Launch, ...]:
    """The launches of a text."""
    return analyse(PRELUDE + text, "/w/a.cu").facts.launches


REACHED = {
    "plain": "k<<<1, 1>>>(0);",
    "a true condition": "if (1 < 2) k<<<1, 1>>>(0);",
    "the else of a false one": "if (M > 65535) return; else k<<<1, 1>>>(0);",
    "a guard that does not hold": "if (M > 65535) { return; } k<<<1, 1>>>(0);",
    "an error code": "if (cudaMalloc(&p, 4) != cudaSuccess) return; k<<<1, 1>>>(0);",
    "a loop": "for (int i = 0; i < n; i++) k<<<1, 1>>>(0);",
    "a true template condition": "if constexpr (M == 4096) k<<<1, 1>>>(0);",
    "an assertion that holds": "assert(M < 65535); k<<<1, 1>>>(0);",
    "a leaving branch elsewhere": "for (int i = 0; i < n; i++) { if (i > 3) break; } k<<<1, 1>>>(0);",
    "the case": "switch (M) { case 4096: k<<<1, 1>>>(0); break; case 2: break; }",
}
CONDITIONAL = {
    "an unknown condition": "if (n > 3) k<<<1, 1>>>(0);",
    "its else": "if (n > 3) return; else k<<<1, 1>>>(0);",
    "a property": "if (prop.major >= 9) k<<<1, 1>>>(0);",
    "a guard": "if (prop.major < 9) { puts(0); return; } k<<<1, 1>>>(0);",
    "a guard that throws": 'if (n > 4) throw std::runtime_error("n"); k<<<1, 1>>>(0);',
    "a guard that exits": "if (n > 4) { exit(1); } k<<<1, 1>>>(0);",
    "a switch": "switch (n) { case 1: k<<<1, 1>>>(0); }",
    "an operator": "n > 3 && (k<<<1, 1>>>(0), 1);",
    "a lambda": "auto f = [&] { k<<<1, 1>>>(0); };",
    "an #ifdef": "#ifdef FAST\nk<<<1, 1>>>(0);\n#endif",
    "skipped": "for (int i = 0; i < n; i++) { if (i == 3) continue; k<<<1, 1>>>(0); }",
    "caught": "try { f(); } catch (...) { k<<<1, 1>>>(0); }",
    "falls through": "switch (M) { case 1: f(); case 2: k<<<1, 1>>>(0); }",
}
NEVER = {
    "a false condition": "if (0) k<<<1, 1>>>(0);",
    "a comparison": "if (M > 65535) k<<<1, 1>>>(0);",
    "a conjunction": "if (n > 3 && M > 65535) k<<<1, 1>>>(0);",
    "the else of a true one": "if (M == 4096) return; else k<<<1, 1>>>(0);",
    "after a return": "return; k<<<1, 1>>>(0);",
    "after a certain guard": "if (M > 1) return; k<<<1, 1>>>(0);",
    "after an exit": "exit(0); k<<<1, 1>>>(0);",
    "#if 0": "#if 0\nk<<<1, 1>>>(0);\n#endif",
    "an #else": "#if 1\n#else\nk<<<1, 1>>>(0);\n#endif",
    "HIP": "#ifdef __HIPCC__\nk<<<1, 1>>>(0);\n#endif",
    "a comment": "/* k<<<1, 1>>>(0); */ // k<<<1, 1>>>(0);",
    "a string": 'puts("k<<<1, 1>>>(0);");',
    "a loop that never runs": "while (M > 65535) { k<<<1, 1>>>(0); }",
    "a failed assertion": "assert(M > 65535); k<<<1, 1>>>(0);",
    "another case": "switch (M) { case 1: k<<<1, 1>>>(0); break; }",
    "a branch around more": "if (M > 65535) { for (;;) { if (n) k<<<1, 1>>>(0); } }",
    "all branches leave": "if (n) return; else throw 1; k<<<1, 1>>>(0);",
}


@pytest.mark.parametrize("body", REACHED.values(), ids=REACHED)
def test_reached(body: str) -> None:
    (launch,) = launches(f"const int M = 4096;\nvoid go(int n) {{\n{body}\n}}")
    assert not launch.conditional


@pytest.mark.parametrize("body", CONDITIONAL.values(), ids=CONDITIONAL)
def test_conditional(body: str) -> None:
    (launch,) = launches(f"const int M = 4096;\nvoid go(int n) {{\n{body}\n}}")
    assert launch.conditional


@pytest.mark.parametrize("body", NEVER.values(), ids=NEVER)
def test_never(body: str) -> None:
    assert launches(f"const int M = 4096;\nvoid go(int n) {{\n{body}\n}}") == ()


def test_a_guard_of_the_caller() -> None:
    text = "void fast() { k<<<1, 1>>>(0); }\nvoid go() { if (prop.major >= 9) fast(); }"
    assert launches(text)[0].conditional
    assert launches("void slow() { k<<<1, 1>>>(0); }\nvoid go() { if (0) slow(); }") == ()


CALLS = {
    "one call": ("void run(int b) { k<<<1, b>>>(0); } void go() { run(2048); }", 2048),
    "two alike": ("void run(int b) { k<<<1, b>>>(0); } void go() { run(64); run(64); }", 64),
    "two that differ": ("void run(int b) { k<<<1, b>>>(0); } void go() { run(64); run(128); }", None),
    "one not known": ("void run(int b) { k<<<1, b>>>(0); } void go(int n) { run(64); run(n); }", None),
    "never called": ("void run(int b) { k<<<1, b>>>(0); }", None),
    "a default": ("void run(int b = 96) { k<<<1, b>>>(0); } void go() { run(); }", 96),
    "through two functions": (
        "void in(int b) { k<<<1, b>>>(0); } void out(int c) { in(c * 2); } void go() { out(64); }",
        128,
    ),
    "its address is taken": ("void run(int b) { k<<<1, b>>>(0); } void go() { run(64); call(run); }", None),
    "overloaded": ("void run(int b) { k<<<1, b>>>(0); } void run(float b) {} void go() { run(64); }", None),
    "changed before": ("void run(int b) { b /= 2; k<<<1, b>>>(0); } void go() { run(64); }", 32),
    "a template argument": ("template <int B> void run() { k<<<1, B>>>(0); } void go() { run<2048>(); }", 2048),
    "a template's default": ("template <int B = 32> void run() { k<<<1, B>>>(0); } void go() { run(); }", 32),
    "two instances": ("template <int B> void run() { k<<<1, B>>>(0); } void go() { run<1>(); run<2>(); }", None),
    "no instance": ("template <int B> void run() { k<<<1, B>>>(0); }", None),
    "a constant as argument": (
        "const int W = 64; template <int B> void run() { k<<<1, B>>>(0); } void go() { run<W>(); }",
        64,
    ),
    "a recursion": ("void run(int b) { k<<<1, b>>>(0); if (b) run(b - 1); } void go() { run(64); }", None),
    "a macro that calls": (
        "#define RUN(n) run(n)\nvoid run(int b) { k<<<1, b>>>(0); } void go() { run(64); RUN(65); }",
        None,
    ),
    "a helper": ("int up(int a, int b) { return (a + b - 1) / b; } void go() { k<<<1, up(100, 32)>>>(0); }", 4),
    "a helper's template": (
        "template <typename T> constexpr T up(T a, T b) { return (a + b - 1) / b; }"
        " void go() { k<<<1, up(100, 32)>>>(0); }",
        4,
    ),
    "a helper that decides": (
        "int p2(int n) { if (n <= 32) return 32; if (n <= 64) { return 64; } return 128; }"
        " void go() { k<<<1, p2(50)>>>(0); }",
        64,
    ),
    "a helper with a loop": (
        "int p2(int n) { int r = 1; while (r < n) r *= 2; return r; } void go() { k<<<1, p2(50)>>>(0); }",
        None,
    ),
    "a helper's type": ("unsigned char low(int a) { return a; } void go() { k<<<1, low(300)>>>(0); }", 44),
    "a recursive helper": ("int f(int n) { return n < 2 ? 1 : n * f(n - 1); } void go() { k<<<1, f(4)>>>(0); }", 24),
    "a struct's constant": ("struct C { static constexpr int B = 96; }; void go() { k<<<1, C::B>>>(0); }", 96),
    "a scoped enumerator": ("enum class E { A = 5, B }; void go() { k<<<1, (int)E::B>>>(0); }", 6),
    "a namespace's constant": ("namespace n { const int B = 7; } void go() { k<<<1, n::B>>>(0); }", 7),
    "a template parameter that the arguments tell": (
        "template <int B = 4> void run(int (&a)[B]) { k<<<1, B>>>(0); } void go() { int a[8]; run(a); }",
        None,
    ),
    "a template parameter after a pack": (
        "template <typename... T, int B> void run() { k<<<1, B>>>(0); } void go() { run<int, 4>(); }",
        None,
    ),
    "a lambda of a function's name": (
        "int up(int a) { return 1; } void go() { auto up = [](int a) { return 2; }; k<<<1, up(100)>>>(0); }",
        None,
    ),
    "a lambda of the library's name": (
        "void go() { auto min = [](int a, int b) { return b; }; k<<<1, min(1, 2)>>>(0); }",
        None,
    ),
    "a capture with a value": ("void go(int q) { int n = 4; auto f = [n = q] { k<<<1, n>>>(0); }; }", None),
    "a method outside of its class": (
        "const int b = 3; struct C { int b; void go(); }; void C::go() { k<<<1, b>>>(0); }",
        None,
    ),
    "a constant of a method's class": (
        "const int b = 3; struct C { static const int b = 5; void go(); }; void C::go() { k<<<1, b>>>(0); }",
        5,
    ),
    "a global in a method": ("const int b = 3; struct C { void go(); }; void C::go() { k<<<1, b>>>(0); }", 3),
    "an inherited member": (
        "const int b = 3; struct A { int b; }; struct C : A { void go() { k<<<1, b>>>(0); } };",
        None,
    ),
    "a namespace that nobody uses": ("namespace n { const int b = 3; } void go() { k<<<1, b>>>(0); }", None),
    "a namespace opened again": ("namespace n { const int b = 3; } namespace n { void go() { k<<<1, b>>>(0); } }", 3),
    "a namespace that is used": (
        "namespace n::m { const int b = 3; } using namespace n::m; void go() { k<<<1, b>>>(0); }",
        3,
    ),
    "an unnamed namespace": ("namespace { const int b = 3; } void go() { k<<<1, b>>>(0); }", 3),
    "a member": ("struct C { int b = 96; void go() { k<<<1, b>>>(0); } };", None),
    "a member that hides": ("const int b = 3; struct C { int b; void go() { k<<<1, b>>>(0); } };", None),
}


@pytest.mark.parametrize(("text", "expected"), CALLS.values(), ids=CALLS)
def test_calls(text: str, expected: int | None) -> None:
    assert launches(text)[0].block.x == expected


ATTRIBUTE = "cudaFuncAttributeMaxDynamicSharedMemorySize"
OPT_INS = {
    "none": ("k<<<1, 1, 65536>>>(0);", None, False),
    "its own": (f"cudaFuncSetAttribute(k, {ATTRIBUTE}, 64 << 10); k<<<1, 1, 65536>>>(0);", 65536, False),
    "checked": (f"CHECK(cudaFuncSetAttribute(&k, {ATTRIBUTE}, 99)); k<<<1, 1>>>(0);", 99, False),
    "cast": (f"cudaFuncSetAttribute((const void*)k, {ATTRIBUTE}, 99); k<<<1, 1>>>(0);", 99, False),
    "a variable": (f"auto f = k; cudaFuncSetAttribute(f, {ATTRIBUTE}, 99); f<<<1, 1>>>(0);", 99, False),
    "when it is much": (
        f"int m = 99; if (m > 48) cudaFuncSetAttribute(k, {ATTRIBUTE}, m); k<<<1, 1, 9>>>(0);",
        99,
        False,
    ),
    "another attribute": (
        "cudaFuncSetAttribute(k, cudaFuncAttributePreferredSharedMemoryCarveout, 50); k<<<1, 1>>>(0);",
        None,
        False,
    ),
    "another kernel's": (f"cudaFuncSetAttribute(t<int>, {ATTRIBUTE}, 99); k<<<1, 1>>>(0);", None, False),
    "the same instance": (f"cudaFuncSetAttribute(t<int>, {ATTRIBUTE}, 99); t<int><<<1, 1>>>(0);", 99, False),
    "another instance": (f"cudaFuncSetAttribute(t<int>, {ATTRIBUTE}, 99); t<float><<<1, 1>>>(0);", None, True),
    "one of two": (f"auto f = n ? k : t<int>; cudaFuncSetAttribute(f, {ATTRIBUTE}, 99); k<<<1, 1>>>(0);", None, True),
    "twice, differently": (
        f"cudaFuncSetAttribute(k, {ATTRIBUTE}, 9); cudaFuncSetAttribute(k, {ATTRIBUTE}, 8); k<<<1, 1>>>(0);",
        None,
        True,
    ),
    "a wrapper": ("raise_limit(k, 99999); k<<<1, 1>>>(0);", None, True),
    "a table": ("Entry table[] = {{k, 3}}; apply(table); k<<<1, 1>>>(0);", None, True),
    "a harmless question": ("cudaOccupancyMaxActiveBlocksPerMultiprocessor(&b, k, 1, 0); k<<<1, 1>>>(0);", None, False),
    "not compiled": (f"#if 0\ncudaFuncSetAttribute(k, {ATTRIBUTE}, 9);\n#endif\nk<<<1, 1>>>(0);", None, False),
    "an unknown size": (f"cudaFuncSetAttribute(k, {ATTRIBUTE}, n); k<<<1, 1, 9>>>(0);", -1, False),
    "a kernel from elsewhere": ("other<<<1, 1>>>(0);", None, True),
    "a function pointer": ("p<<<1, 1>>>(0);", None, True),
}


@pytest.mark.parametrize(("body", "size", "unknown"), OPT_INS.values(), ids=OPT_INS)
def test_opt_ins(body: str, size: int | None, unknown: bool) -> None:
    (launch,) = launches(f"void go(int n, void (*p)(int)) {{\n{body}\n}}")
    assert launch.opt_in_unknown == unknown
    if not unknown:
        assert (launch.opt_in is None) == (size is None)
        assert launch.opt_in is None or launch.opt_in.bytes == (None if size == -1 else size)


def test_an_opt_in_in_another_function() -> None:
    text = f"void go() {{ k<<<1, 1>>>(0); }}\nvoid prepare() {{ cudaFuncSetAttribute(k, {ATTRIBUTE}, 99); }}"
    opt_in = launches(text)[0].opt_in
    assert opt_in is not None and opt_in.bytes == 99 and opt_in.bytes_span is not None


def test_a_macro_that_raises_the_limit() -> None:
    text = f"#define PREPARE cudaFuncSetAttribute(k, {ATTRIBUTE}, 99)\nvoid go() {{ PREPARE; k<<<1, 1>>>(0); }}"
    assert launches(text)[0].opt_in_unknown
