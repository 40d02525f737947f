"""dim3 in all its forms, launches in all theirs, and the places of what they say."""

from __future__ import annotations

import pytest

from signoff.verifiers.finding import Span
from signoff.verifiers.gpu.facts import Extent, Form, Launch
from signoff.verifiers.gpu.values.analyse import analyse

PRELUDE = "__global__ void k(int n) {}\n"


def launches(text: str) -> tuple[Launch, ...]:
    """The launches of a text."""
    return analyse(text, "/w/a.cu").facts.launches


def one(body: str, before: str = "") -> Launch:
    """The one launch of a function's body."""
    (launch,) = launches(f"{PRELUDE}{before}\nvoid go(int n) {{\n{body}\n}}\n")
    return launch


GRIDS = {
    "a number": ("k<<<7, 1>>>(0);", (7, 1, 1)),
    "a call": ("k<<<dim3(2, 3, 4), 1>>>(0);", (2, 3, 4)),
    "braces": ("k<<<dim3{2, 3}, 1>>>(0);", (2, 3, 1)),
    "bare braces": ("dim3 g = {2, 3}; k<<<g, 1>>>(0);", (2, 3, 1)),
    "braces in the launch": ("int a = 3; k<<<{2, a}, {1}>>>(0);", (2, 3, 1)),
    "braces over lines": ("k<<<{\n2,\n3, 4 }, 1>>>(0);", (2, 3, 4)),
    "braces of a variable": ("dim3 h(2, 3); k<<<{h}, 1>>>(0);", (2, 3, 1)),
    "empty braces": ("k<<<{}, 1>>>(0);", (1, 1, 1)),
    "a comma's last": ("k<<<(2, 3), 1>>>(0);", (3, 1, 1)),
    "constructed": ("dim3 g(2, 3); k<<<g, 1>>>(0);", (2, 3, 1)),
    "constructed from names": ("int a = 2, b = 3; dim3 g(a, b); k<<<g, 1>>>(0);", (2, 3, 1)),
    "constructed from a product": ("int a = 2, b = 3; dim3 g(a * b); k<<<g, 1>>>(0);", (6, 1, 1)),
    "several in one declaration": ("int a = 2; dim3 t(a), g(a, a); k<<<g, 1>>>(0);", (2, 2, 1)),
    "from a number": ("dim3 g = 5; k<<<g, 1>>>(0);", (5, 1, 1)),
    "copied": ("dim3 h(2, 3); dim3 g = h; k<<<g, 1>>>(0);", (2, 3, 1)),
    "copy constructed": ("dim3 h(2, 3); dim3 g(h); k<<<g, 1>>>(0);", (2, 3, 1)),
    "auto": ("auto g = dim3(2, 3); k<<<g, 1>>>(0);", (2, 3, 1)),
    "const auto": ("const auto g = dim3{2, 3, 4}; k<<<g, 1>>>(0);", (2, 3, 4)),
    "members stored": ("dim3 g; g.x = 2; g.y = 3; k<<<g, 1>>>(0);", (2, 3, 1)),
    "a member stored over": ("dim3 g(2, 3); g.y = 9; k<<<g, 1>>>(0);", (2, 9, 1)),
    "assigned": ("dim3 g; g = dim3(2, 3); k<<<g, 1>>>(0);", (2, 3, 1)),
    "never set": ("dim3 g; k<<<g, 1>>>(0);", (1, 1, 1)),
    "make_uint3": ("uint3 g = make_uint3(2, 3, 4); k<<<g, 1>>>(0);", (2, 3, 4)),
    "members of another": ("dim3 b(16, 8); k<<<dim3(64 / b.x, 64 / b.y), 1>>>(0);", (4, 8, 1)),
    "a conditional": ("k<<<true ? dim3(2) : dim3(3), 1>>>(0);", (2, 1, 1)),
    "a function": ("k<<<square(4), 1>>>(0);", (4, 4, 1)),
    "a function's local": ("k<<<tall(4), 1>>>(0);", (4, 8, 1)),
    "partly known": ("k<<<dim3(n, 4), 1>>>(0);", (None, 4, 1)),
    "a negative": ("k<<<-1, 1>>>(0);", (4294967295, 1, 1)),
    "macro members": ("k<<<dim3(WIDE, TALL(2)), 1>>>(0);", (32, 4, 1)),
    # It may be "3, 4" there, or anything else.
    "an unknown macro": ("k<<<dim3(WIDE, MORE), 1>>>(0);", (None, None, None)),
    "a macro of two": ("dim3 g(BOTH); k<<<g, 1>>>(0);", (None, None, None)),
    "one member changed in a loop": (
        "dim3 g(2, 3); for (int i = 0; i < n; i++) { g.x = i; k<<<g, 1>>>(0); }",
        (None, 3, 1),
    ),
    "one member changed perhaps": ("dim3 g(2, 3); if (n) g.y = 8; k<<<g, 1>>>(0);", (2, None, 1)),
    "handed out": ("dim3 g(2, 3); plan(&g); k<<<g, 1>>>(0);", (None, None, None)),
    "referenced": ("dim3 g(2, 3); auto& h = g; h.x = 7; k<<<g, 1>>>(0);", (None, None, None)),
    "from who knows": ("auto g = grid(n); k<<<g, 1>>>(0);", (None, None, None)),
    "an unknown variable": ("k<<<g, 1>>>(0);", (None, None, None)),
    "an array's element": ("dim3 g[2] = {dim3(1), dim3(2, 3)}; k<<<g[1], 1>>>(0);", (2, 3, 1)),
    "a struct's member": ("Plan p = {dim3(2, 3), 64}; k<<<p.grid, p.block>>>(0);", (2, 3, 1)),
    "a comment inside": ("k<<</* grid */ dim3(2, /* rows */ 3), 1>>>(0);", (2, 3, 1)),
    "int2's members": ("int2 s = make_int2(2, 3); k<<<dim3(s.x, s.y), 1>>>(0);", (2, 3, 1)),
}
BEFORE = """
#define WIDE 32
#define TALL(n) ((n) * 2)
#define BOTH 2, 3
#ifdef HUGE
#define MORE 3
#else
#define MORE 4
#endif
dim3 square(int a) { return dim3(a, a); }
dim3 tall(int a) { int b = a; b *= 2; dim3 g(a, b); return g; }
struct Plan { dim3 grid; int block; };
"""


@pytest.mark.parametrize(("body", "expected"), GRIDS.values(), ids=GRIDS)
def test_grids(body: str, expected: tuple[int | None, ...]) -> None:
    assert one(body, BEFORE).grid == Extent(*expected)


def test_two_to_four_arguments() -> None:
    body = "k<<<1, 2>>>(0); k<<<1, 2, 3>>>(0); k<<<1, 2, 4 * sizeof(float), s>>>(0);"
    found = launches(f"{PRELUDE}void go(cudaStream_t s) {{ {body} }}")
    assert [launch.shared for launch in found] == [0, 3, 16]


def test_runtime_launches() -> None:
    body = """
  void* args[] = {&n}; dim3 g(8), b(32, 4);
  cudaLaunchKernel((const void*)k, g, b, args, 128, 0);
  CHECK(cudaLaunchKernel(reinterpret_cast<void*>(&k), dim3(3), 64, args));
  cudaLaunchCooperativeKernel((void*)k, 5, 6, args, 0, 0);
  cuLaunchKernel(f, 1, 2, 3, 4, 5, 6, 7, 0, args, 0);
"""
    found = launches(f"{PRELUDE}void go(int n, CUfunction f) {{{body}}}")
    assert [launch.form for launch in found] == [Form.RUNTIME, Form.RUNTIME, Form.COOPERATIVE, Form.DRIVER]
    assert [launch.kernel for launch in found] == ["k", "k", "k", ""]
    assert [launch.grid.volume for launch in found] == [8, 3, 5, 6]
    assert [launch.block.volume for launch in found] == [128, 64, 6, 120]
    assert [launch.shared for launch in found] == [128, 0, 0, 7]
    assert [launch.cooperative for launch in found] == [False, False, True, False]


def test_launch_configurations() -> None:
    body = """
  cudaLaunchConfig_t c = {0};
  c.gridDim = dim3(70000, 3); c.blockDim = 256; c.dynamicSmemBytes = 65536;
  cudaLaunchAttribute a[2];
  a[0].id = cudaLaunchAttributeClusterDimension;
  a[0].val.clusterDim.x = 4; a[0].val.clusterDim.y = 1; a[0].val.clusterDim.z = 1;
  a[1].id = cudaLaunchAttributeCooperative; a[1].val.cooperative = 1;
  c.attrs = a; c.numAttrs = 2;
  cudaLaunchKernelEx(&c, k, n);
  cudaLaunchConfig_t d = {.gridDim = dim3(2), .blockDim = {32, 2}, .dynamicSmemBytes = 128};
  cudaLaunchKernelExC(&d, (void*)k, 0);
  cudaLaunchConfig_t e{dim3(2), dim3(3), 4, 0};
  cudaLaunchKernelEx(&e, k, n);
  cudaLaunchConfig_t f = config(); cudaLaunchKernelEx(&f, k, n);
  if (n) e.blockDim = 5;
  cudaLaunchKernelEx(&e, k, n);
"""
    first, second, third, fourth, fifth = launches(f"{PRELUDE}void go(int n) {{{body}}}")
    assert (first.grid, first.block, first.shared) == (Extent(70000, 3, 1), Extent(256, 1, 1), 65536)
    assert (first.cluster, first.cooperative, first.form) == (Extent(4, 1, 1), True, Form.EXTENDED)
    assert (second.grid, second.block, second.shared) == (Extent(2, 1, 1), Extent(32, 2, 1), 128)
    assert (third.grid, third.block, third.shared, third.cluster) == (Extent(2, 1, 1), Extent(3, 1, 1), 4, None)
    assert (fourth.grid, fourth.block, fourth.shared) == (Extent(), Extent(), None)
    assert (fifth.grid, fifth.block) == (Extent(2, 1, 1), Extent(None, 1, 1))


def test_kernel_names() -> None:
    body = """
  ns::t<float, 4><<<1, 1>>>(); k<<<1, 1>>>(0);
  auto p = &k; p<<<1, 1>>>(0);
  auto q = n > 1 ? t<float> : t<int>; q<<<1, 1>>>();
  void (*r)(int) = n ? k : other; r<<<1, 1>>>(0);
  table[n]<<<1, 1>>>(0); (*f)<<<1, 1>>>(0); this->m<<<1, 1>>>(0);
"""
    found = launches(f"{PRELUDE}void go(int n, void (*f)(int)) {{{body}}}")
    assert [launch.kernel for launch in found] == ["t", "k", "k", "t", "", "", "", ""]
    assert found[0].template_arguments == ("float", "4")
    assert all(launch.function == "go" for launch in found)


def test_places() -> None:
    text = f"{PRELUDE}void go() {{\n  /* é */ dim3 g(70000, 2);\n  k<<<g, dim3(32, 64), 99>>>(0);\n}}\n"
    (launch,) = launches(text)
    lines = text.splitlines()

    def shown(span: Span | None) -> str:
        assert span is not None and span.start_line == span.end_line
        return lines[span.start_line][span.start_column : span.end_column]

    assert shown(launch.span) == "k<<<g, dim3(32, 64), 99>>>(0)"
    assert shown(launch.kernel_span) == "k"
    assert [shown(span) for span in (launch.grid_span, launch.block_span, launch.shared_span)] == [
        "g",
        "dim3(32, 64)",
        "99",
    ]
    assert [shown(span) if span else None for span in launch.axes] == ["70000", "2", None, "32", "64", None]


def test_places_in_braces() -> None:
    (launch,) = launches(f"{PRELUDE}void go() {{ k<<<{{70000, 2}}, {{32}}>>>(0); }}\n")
    columns = [(span.start_column, span.end_column) if span else None for span in launch.axes]
    assert columns == [(17, 22), (24, 25), None, (29, 31), None, None]
