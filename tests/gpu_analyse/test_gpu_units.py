"""Units of several files, and texts that nobody would call programs."""

from __future__ import annotations

import random
import time

import pytest

from signoff.verifiers.gpu.facts import UnitFacts
from signoff.verifiers.gpu.values.analyse import analyse
from signoff.verifiers.gpu.values.unit import MOST_HEADERS

PROGRAM = """
#include "config.h"
#define CEIL(a, b) (((a) + (b) - 1) / (b))
template <typename T, int B> __global__ void __launch_bounds__(B) scale(T* data, int n) {
  __shared__ __align__(16) T tile[B][33];
  extern __shared__ float more[];
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) tile[threadIdx.x][0] = data[i] + more[0];
}
namespace ns {
enum { kWarp = 32 };
struct Plan { dim3 grid; int threads = 8 * kWarp; };
inline int up(int a, int b) { if (b == 0) return 0; return CEIL(a, b); }
}  // namespace ns
void run(float* data, int n, cudaStream_t stream) {
  ns::Plan plan = {dim3(ns::up(n, 256), 2), 256};
  for (int i = 0; i < 3; i++) {
    if (i > n) continue;
    scale<float, 256><<<plan.grid, plan.threads, 33 * sizeof(float), stream>>>(data, n);
  }
  cudaFuncSetAttribute(scale<float, 256>, cudaFuncAttributeMaxDynamicSharedMemorySize, 64 * 1024);
  cudaLaunchConfig_t config = {};
  config.gridDim = dim3(ROWS, 4);
  config.blockDim = {32, 8};
  cudaLaunchKernelEx(&config, scale<float, 256>, data, n);
  auto launch = [&](int more) { scale<float, 256><<<1, more ? 32 : 64>>>(data, n); };
  launch(3);
}
int main() { run(nullptr, 1 << 16, 0); return 0; }
"""


def facts(text: str, **headers: str) -> UnitFacts:
    """The facts of a text; headers by the name they are included with, a dot as an underscore."""

    def include(name: str, angled: bool, origin: str) -> tuple[str, str] | None:
        found = headers.get(name.replace(".", "_"))
        return (f"/w/{name}", found) if found is not None and not angled else None

    return analyse(text, "/w/a.cu", include=include).facts


def test_the_program() -> None:
    found = facts(PROGRAM, config_h="#pragma once\nconstexpr int ROWS = 70000;\n")
    (kernel,) = found.kernels
    assert (kernel.name, kernel.templated, kernel.dynamic_shared, kernel.static_shared) == ("scale", True, True, None)
    first, second, third = found.launches
    assert (first.grid.x, first.grid.y, first.block.x, first.shared, first.conditional) == (256, 2, 256, 132, True)
    assert (second.grid.x, second.grid.y, second.block.y, second.shared) == (70000, 4, 8, 0)
    assert (third.block.x, third.conditional) == (None, True)
    assert all(launch.opt_in is not None and launch.opt_in.bytes == 65536 for launch in found.launches)


def test_headers_bring_constants_macros_kernels_and_helpers() -> None:
    text = '#include "a.h"\nvoid go() { k<<<up(N, 32), THREADS>>>(); }'
    header = "#define N 100\nconst int THREADS = 64;\ninline int up(int a, int b) { return (a + b - 1) / b; }\n"
    found = facts(text, a_h=header + "__global__ void k() {}\n")
    assert (found.launches[0].grid.x, found.launches[0].block.x) == (4, 64)
    assert [(kernel.name, kernel.path) for kernel in found.kernels] == [("k", "/w/a.h")]
    assert [note.path for note in found.launches[0].notes] == ["/w/a.h"]
    assert facts(text).launches[0].grid.x is None


def test_a_header_that_changes_is_read_again() -> None:
    text = '#include "a.h"\n__global__ void k() {}\nvoid go() { k<<<1, N>>>(); }'
    assert [facts(text, a_h=f"#define N {n}\n").launches[0].block.x for n in (32, 64, 32)] == [32, 64, 32]


def test_headers_that_include_each_other() -> None:
    text = '#include "a.h"\n__global__ void k() {}\nvoid go() { k<<<A, B>>>(); }'
    found = facts(text, a_h='#include "b.h"\n#define A 2\n', b_h='#include "a.h"\n#define B 3\n')
    assert (found.launches[0].grid.x, found.launches[0].block.x) == (2, 3)


def test_a_header_under_a_condition_says_nothing_certain() -> None:
    text = '#ifdef BIG\n#include "a.h"\n#endif\n__global__ void k() {}\nvoid go() { k<<<1, N>>>(); }'
    assert facts(text, a_h="#define N 64\n").launches[0].block.x is None


def test_too_many_headers_are_told() -> None:
    headers = {f"h{n}_h": "" for n in range(MOST_HEADERS + 2)}
    text = "".join(f'#include "h{n}.h"\n' for n in range(MOST_HEADERS + 2))
    assert "not read" in facts(text, **headers).truncated


def test_an_attribute_in_a_header_may_concern_its_kernel() -> None:
    header = "cudaFuncSetAttribute(k, cudaFuncAttributeMaxDynamicSharedMemorySize, 99);"
    text = '__global__ void k() {}\n#include "a.h"\nvoid go() { k<<<1, 1, 65536>>>(); }'
    assert facts(text, a_h=f"inline void prepare() {{ {header} }}\n").launches[0].opt_in_unknown


def test_any_cut_of_a_program() -> None:
    for end in range(len(PROGRAM)):
        facts(PROGRAM[:end])


def test_noise_in_a_program() -> None:
    chance = random.Random(7)
    pieces = [
        "{",
        "}",
        "(",
        ")",
        "<<<",
        ">>>",
        '"',
        "'",
        "#if 0\n",
        "#else\n",
        "/*",
        "\\",
        "\0",
        "é",
        "\ud800",
        "dim3 x(",
        ";",
    ]
    for _ in range(400):
        start = chance.randrange(len(PROGRAM))
        end = start + chance.randrange(3)
        facts(PROGRAM[:start] + chance.choice(pieces) + PROGRAM[end:])


ODD = {
    "nothing": "",
    "one launch": "k<<<1,1>>>()",
    "deep parentheses": "void f() { k<<<" + "(" * 3000 + "1,1>>>(); }",
    "deep braces": "void f() {" + "{" * 3000 + "k<<<1,1>>>();",
    "deep conditions": "#if 1\n" * 3000 + "void f() { k<<<1,1>>>(); }",
    "a long sum": "void f() { k<<<1," + "1+" * 3000 + "1>>>(); }",
    "a macro of itself": "#define A A + 1\nvoid f() { k<<<1, A>>>(); }",
    "macros that double": "\n".join(f"#define A{n + 1} A{n} + A{n}" for n in range(40))
    + "\nvoid f() { k<<<1, A40>>>(); }",
    "variables that double": "void f() { int a0 = 1;"
    + "".join(f" int a{n + 1} = a{n} + a{n};" for n in range(200))
    + " k<<<1, a200>>>(); }",
    "functions that call each other": "int a(int n) { return b(n); } int b(int n) { return a(n); }"
    " void f() { k<<<1, a(1)>>>(); }",
    "types of themselves": "struct A { A a; }; using B = B; typedef C C;"
    " void f() { A a; k<<<1, sizeof(A) + sizeof(B)>>>(); }",
    "carriage returns": "__global__ void k() {}\r\nvoid f() {\r\n k<<<1, 2>>>();\r\n}\r\n",
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_odd_texts(text: str) -> None:
    start = time.process_time()
    facts(text)
    assert time.process_time() - start < 3


def test_a_generated_file_of_twenty_thousand_lines() -> None:
    function = "void f{0}(int a) {{\n int n{0} = {0} * 2;\n dim3 grid(n{0}, 1);\n k<<<grid, 64>>>(a);\n}}\n"
    text = "__global__ void k(int n) {}\n" + "".join(function.format(n) for n in range(4000))
    start = time.process_time()
    found = facts(text)
    assert time.process_time() - start < 10
    assert found.launches[3].grid.x == 6
    assert found.truncated or len(found.launches) == 4000
