"""NVRTC on the device code of unsaved CUDA documents, with the real library: what it sees, and what it must not say."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from signoff.verifiers.finding import Finding, Severity, Status
from signoff.verifiers.gpu.compile.nvrtc import Nvrtc
from signoff.verifiers.gpu.compile.nvrtc_engine import Answer, NvrtcEngine
from signoff.verifiers.gpu.compile.toolkit import toolkit
from signoff.verifiers.gpu.facts import KernelCost
from signoff.verifiers.project import CompileUnit, Project
from signoff.verifiers.settings import NvrtcSettings, VerifierSettings
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.workers import WorkerPool

SETTINGS = VerifierSettings()
pytestmark = [
    pytest.mark.tool,
    pytest.mark.skipif(not toolkit(SETTINGS).nvrtc.path, reason="no NVRTC"),
]
HOST = """
#include <algorithm>
#include <iostream>
#include <string>
#include <vector>
#include <cuda_runtime.h>

struct Options { std::string name; std::vector<int> sizes; };
std::vector<float> table = {1.0f, 2.0f};
static void fill(std::vector<float> &v) { std::fill(v.begin(), v.end(), 0.0f); }
template <typename T> T twice(const T &x) { std::cout << x; return x + x; }
void report(const Options &o);

__global__ void scale(float *x, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) x[i] = x[i] * 2.0f;
}

int main() {
    std::vector<float> v(16);
    fill(v);
    scale<<<1, 16>>>(v.data(), 16);
    cudaDeviceSynchronize();
    return twice(0);
}
"""


@pytest.fixture
async def nvrtc() -> AsyncIterator[Nvrtc]:
    pool = WorkerPool()
    yield Nvrtc(pool)
    await pool.close()


def project(root: Path, **changes: object) -> Project:
    return replace(Project(str(root), architectures=("sm_80",)), **changes)  # type: ignore[arg-type]


def snapshot(root: Path, text: str, name: str = "a.cu") -> Snapshot:
    path = root / name
    return Snapshot(path.as_uri(), str(path), "cuda-cpp", 1, text)


@cache
def engine() -> NvrtcEngine:
    """In this process: starting one for each test takes longer than the tests."""
    return NvrtcEngine()


def check(root: Path, text: str, at: Project | None = None, name: str = "a.cu") -> Answer:
    return engine().check(snapshot(root, text, name), at or project(root), toolkit(SETTINGS).nvrtc)


def shown(outcome: Answer, text: str) -> list[tuple[int, str, str]]:
    """(line from 1, marked text, code) of each error."""
    found = []
    for finding in outcome.findings:
        if finding.severity is Severity.ERROR:
            span, line = finding.span, text.split("\n")[finding.span.start_line]
            found.append((span.start_line + 1, line[span.start_column : span.end_column], finding.code))
    return found


async def test_an_ordinary_program_is_clean_and_its_kernels_cost_is_known(nvrtc: Nvrtc, tmp_path: Path) -> None:
    outcome = await nvrtc.run(snapshot(tmp_path, HOST), project(tmp_path))
    assert (outcome.findings, outcome.judged, outcome.message) == ((), True, "")
    costs = outcome.facts["kernels"]
    assert isinstance(costs, tuple) and [cost.kernel for cost in costs] == ["scale"]
    cost: KernelCost = costs[0]
    assert cost.architecture == "sm_80" and 0 < cost.registers < 64


@pytest.mark.parametrize(
    ("old", "new", "marked", "code"),
    [
        ("x[i] * 2.0f", "y[i] * 2.0f", "y", "UndefinedIdentifier"),
        ("x[i] * 2.0f;", "x[i] * 2.0f", "}", "Expected"),
        ("threadIdx.x;", "threadIdx.w;", "w", "NoMember"),
        ("if (i < n) x[i] = x[i] * 2.0f;", "__syncthread();", "__syncthread", "UndefinedIdentifier"),
        ("x[i] * 2.0f", 'x + "a"', '"', "Type"),
        ("__global__ void scale", "__global__ int scale", "__global__", "KernelRule"),
    ],
)
def test_faults_in_a_kernel_are_found_among_host_code(
    tmp_path: Path, old: str, new: str, marked: str, code: str
) -> None:
    text = HOST.replace(old, new, 1)
    assert text != HOST
    found = shown(check(tmp_path, text), text)
    assert [(mark, kind) for _, mark, kind in found] == [(marked, code)]


# Each is right in nvcc, or at least no fault that NVRTC could know of: it must say nothing.
LEGAL = {
    "a name of a header that is not served": "__device__ float f(float x) { return std::max(x, 0.0f) + fdim(x, 1); }",
    "a host function with the same name": "int f(int x) { return x; }\n__device__ float f(float x) { return x; }",
    "the C library": "__host__ __device__ long l(long x) { return labs(x) + BUFSIZ + strlen(__FILE__); }",
    "the runtime's API in device code": "__global__ void k(void **p) { cudaMalloc(p, 16); }\n",
    "a launch in device code": "__global__ void a() {}\n__global__ void b() { a<<<1, 1>>>(); }\n",
    "compiler builtins": "__device__ int b(int x) { return __builtin_expect(x, 1); }",
    "letters beyond ASCII": "__device__ float größe(float ä) { return ä * 2; }",
    "a macro that declares host functions": "#define TEST(n) int n() { return rand(); }\nTEST(one)\nTEST(two)\n",
    "an unknown macro as specifier": "#include <vector>\nAPI_EXPORT void f(std::vector<int> v) { v.clear(); }\n",
    "a member of a class with host parts": (
        "#include <string>\nclass C { std::string s; public: C(const char *t) : s(t) {} "
        "__device__ int f() const { return g; } int g; };\n__global__ void k(C *c, int *o) { *o = c->f(); }\n"
    ),
    "extern C of a host function": 'extern "C" void h(int) { }\ntemplate <int N> __device__ int f() { return N; }\n',
    "a struct with an attribute": "struct __align__(8) V { float x, y; };\n__device__ float f(V v) { return v.x; }\n",
    "types that a library's header brings": "#include <cublas_v2.h>\n__device__ float f(__half *p) { return p[1]; }\n",
    "names of a namespace that is not there": (
        "#include <cub/cub.cuh>\nusing namespace cub;\n__global__ void k() { BlockReduce<int, 32> r; }\n"
    ),
    "a macro that a flag may define": "__global__ void k(int *p) { *p = TILE_SIZE; }\n",
    "host functions under a condition": (
        "#ifndef QUIET\nint h() { return nosuch; }\n#endif\n#ifdef A\nint i() { return nosuch; }\n#else\n#endif\n"
        "namespace n { int j() { return nosuch; } }\n__device__ int k(int x) { return x; }\n"
    ),
    "a statement in parentheses, by way of macros": (
        "#define MIN(a, b) ({ int x_ = (a); int y_ = (b); x_ < y_ ? x_ : y_; })\n#define LOW(a) MIN(a, 3)\n"
        "__global__ void k(int *p) {\n    for (int i = 0; i < MIN(p[0], p[1]); i++) p[i] = LOW(p[i]) + ({ i; });\n}\n"
    ),
    "a literal of a struct": "struct S { int a; };\n__global__ void k(S *p) { *p = (S){1}; }\n",
    "a macro that makes a literal": (
        "struct S { int a; };\n#define MAKE(x) (S){x}\n__global__ void k(S *p) { *p = MAKE(1); }\n"
    ),
    "a condition that is the value": "__global__ void k(int *p) { p[0] = p[1] ?: 2; }\n",
    "a range of cases": "__global__ void k(int *p) { switch (p[0]) { case 1 ... 5: p[1] = 2; } }\n",
    "GNU's words": (
        "__global__ void k(int *p) { register int r = 1; typeof(r) s = r; __typeof__(r) t = s; p[0] = t; "
        '__asm__ volatile("membar.gl;"); __int128 w = r; p[1] = (int)w; }\n'
    ),
    "no blank behind extern C": 'extern "C"__global__ void k(int *p) { p[0] = 1; }\n',
    "what only nvcc or GNU's compiler defines": (
        "#ifdef __NVCC__\n__device__ int f();\n#endif\n"
        "#if defined(__GNUC__)\n#define TWO 2\n__device__ int g();\n#endif\n"
        "__global__ void k(int *p) { p[0] = f(); p[1] = TWO + g(); }\n"
    ),
    "POSIX and OpenGL": (
        "#include <fcntl.h>\n#include <pthread.h>\n#include <GL/gl.h>\nGLuint vbo;\nstatic pthread_t t;\n"
        "struct S { GLfloat x; pthread_mutex_t m; };\n"
        "__global__ void k(S *s, GLint *p) { s->x = GL_TRUE; *p = O_RDONLY; }\n"
    ),
    "64-bit integers": (
        "#include <cstdint>\n__device__ void f(unsigned long *p);\n__device__ void g(uint64_t *p) { f(p); }\n"
    ),
}


@pytest.mark.parametrize("name", LEGAL)
def test_nothing_is_said_of_what_nvcc_accepts(tmp_path: Path, name: str) -> None:
    text = LEGAL[name]
    outcome = check(tmp_path, text)
    assert shown(outcome, text) == []


def test_faults_beside_extensions_of_gnu_are_found(tmp_path: Path) -> None:
    text = (
        "#define MIN(a, b) ({ int x_ = (a); int y_ = (b); x_ < y_ ? x_ : y_; })\n"
        'extern "C"__global__ void a(int *p) { p[0] = q; }\n__global__ void b(int *p) { p[0] = 1 }\n'
        "__global__ void c(int *p) { p[0] = MIN(p[1], 2); }\n"
        "__global__ void d(int *p) {\n    if (p[0] == ) { p[1] = 2; }\n}\n"
    )
    text += "#ifdef __NVCC__\n__global__ void e(int *p) { p[0] = far; }\n#endif\n#ifndef __NVCC__\nnothing\n#endif\n"
    found = shown(check(tmp_path, text), text)
    assert found[:3] == [(2, "q", "UndefinedIdentifier"), (3, "}", "Expected"), (6, ")", "Expected")]
    assert found[3:] == [(9, "far", "UndefinedIdentifier")]


@pytest.mark.parametrize("standard", ["c99", "gnu11", "c++98", "gnu++17", "c++2a", "c++23", "c++26", "c++03"])
def test_any_standard_of_a_project_can_be_asked_for(tmp_path: Path, standard: str) -> None:
    unit = CompileUnit(str(tmp_path / "a.cu"), directory=str(tmp_path), standard=standard)
    text = "__global__ void k(int *p) { p[0] = q; }\n"
    found = shown(check(tmp_path, text, project(tmp_path, unit=unit)), text)
    assert found == [(1, "q", "UndefinedIdentifier")]


def test_host_functions_in_conditions_and_namespaces_leave_nothing_doubtful(tmp_path: Path) -> None:
    assert check(tmp_path, LEGAL["host functions under a condition"]).reason == ""


def test_a_doubtful_function_does_not_hide_the_faults_of_others(tmp_path: Path) -> None:
    text = f"{LEGAL['a name of a header that is not served']}\n__global__ void k(int *p) {{ *p = nosuch; }}\n"
    outcome = check(tmp_path, text)
    assert shown(outcome, text) == [(2, "nosuch", "UndefinedIdentifier")]
    assert outcome.reason


def test_a_slip_of_a_macros_name_is_a_fault_whatever_the_flags(tmp_path: Path) -> None:
    text = "#define TILE_SIZE 4\n__global__ void k(int *p) { *p = TILE_SIZ; }\n"
    assert shown(check(tmp_path, text), text) == [(2, "TILE_SIZ", "UndefinedIdentifier")]


def test_a_missing_header_makes_everything_uncertain_unless_it_is_not_compiled(tmp_path: Path) -> None:
    kernel = "__global__ void k(int *p) { *p = nosuch; }\n"
    outcome = check(tmp_path, f'#include "gone.h"\n{kernel}')
    assert outcome.findings == () and "gone.h" in outcome.reason
    text = f"#ifdef _WIN32\n#include <windows.h>\n#endif\n{kernel}"
    assert [code for *_, code in shown(check(tmp_path, text), text)] == ["UndefinedIdentifier"]


def test_headers_of_the_project_are_served_and_checked(tmp_path: Path) -> None:
    (tmp_path / "inc").mkdir()
    header = tmp_path / "inc" / "h.cuh"
    header.write_text(
        "#pragma once\n#include <vector>\nstd::vector<int> all();\n__device__ int f(int x) { return x; }\n"
    )
    text = '#include "h.cuh"\n__global__ void k(int *p) { *p = f(1); }\n'
    (tmp_path / "main.cu").write_text(text)
    at = project(tmp_path, unit=CompileUnit(str(tmp_path / "main.cu"), include_dirs=(str(tmp_path / "inc"),)))
    assert check(tmp_path, text, at, "main.cu").reason == ""
    broken = header.read_text().replace("return x", "return y")
    outcome = check(tmp_path / "inc", broken, at, "h.cuh")
    assert [(one.path, one.span.start_line) for one in outcome.findings] == [(str(header), 3)]
    alone = check(tmp_path / "inc", broken, name="h.cuh")
    assert alone.findings == () and alone.reason


def test_warnings_are_those_about_statements_of_device_code(tmp_path: Path) -> None:
    text = (
        "static __device__ int unused() { int local = 3; return 1; }\nstatic int host() { int other = 3; return 1; }\n"
    )
    outcome = check(tmp_path, text)
    warnings: list[Finding] = [one for one in outcome.findings if one.severity is Severity.WARNING]
    assert [one.message for one in warnings] == ['variable "local" was declared but never referenced']


def test_what_was_left_out_is_told_by_line(tmp_path: Path) -> None:
    outcome = check(tmp_path, "__global__ void k() {}\nint main() {\n    k<<<1, 1>>>();\n}\n")
    assert outcome.left_out == ((1, 3),)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\0",
        "__global__ void k(",
        "template <",
        '#include "',
        "{" * 3000,
        "__global__ void k() { k<<<",
        "\r\r\r",
        "é" * 99,
    ],
)
def test_half_typed_text_does_no_harm(tmp_path: Path, text: str) -> None:
    assert isinstance(check(tmp_path, text), Answer)


async def test_a_time_limit_holds(nvrtc: Nvrtc, tmp_path: Path) -> None:
    text = (
        "template <int N> struct S { static constexpr int v = S<N - 1>::v + S<N - 2>::v; };\n"
        "constexpr int slow(int n) { int s = 0; for (int i = 0; i < n; i++) s += i % 7; return s; }\n"
        "__device__ int a[slow(30000000) > 0 ? 1 : 2];\n"
    )
    settings = VerifierSettings(nvrtc=NvrtcSettings(timeout=0.2))
    outcome = await nvrtc.run(snapshot(tmp_path, text), project(tmp_path, settings=settings))
    assert outcome.status is Status.TIMED_OUT or outcome.ran
    assert outcome.seconds < 6


async def test_switched_off_it_says_so(nvrtc: Nvrtc, tmp_path: Path) -> None:
    settings = VerifierSettings(nvrtc=NvrtcSettings(enabled=False))
    outcome = await nvrtc.run(snapshot(tmp_path, HOST), project(tmp_path, settings=settings))
    assert outcome.status is Status.MISSING and "nvrtc.enabled" in outcome.message
