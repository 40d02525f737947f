"""Ways in which a kernel knows its block, its thread or its neighbours by more than its text: none is rewritten."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from gpu_fix_helpers import document, fixes_for

from signoff.diagnostics.fixes.offer import FixCache, offers
from signoff.diagnostics.prove import baselines
from signoff.verifiers.finding import Severity
from signoff.verifiers.gpu.checks.launch import Launch
from signoff.verifiers.project import CompileUnit, Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.workers import WorkerPool

pytestmark = [pytest.mark.tool, pytest.mark.asyncio(loop_scope="module")]

TALL = "fill<<<dim3(4, 70000), 32>>>(out, 4);"
WIDE = "fill<<<(9999 + 2047) / 2048, 2048>>>(out, 9999);"
PLAIN = "out[blockIdx.y * n + blockIdx.x] = 1.0f;"
GLOBAL = "int i = blockIdx.x * blockDim.x + threadIdx.x; if (i < n) { out[i] = 1.0f; }"
TESTED = "int row = blockIdx.y; if (row < n) { out[row] = 1.0f; }"


def program(top: str = "", body: str = PLAIN, launch: str = TALL, end: str = "") -> str:
    kernel = f"__global__ void fill(float *out, int n)\n{{\n    {body}\n}}\n"
    return f"{top}\n{kernel}void run(float *out)\n{{\n    {launch}\n}}\n{end}\n"


def y_of(row: str) -> str:
    """A kernel that has its row from something else."""
    return f"out[{row} * n + blockIdx.x] = 1.0f;"


BLOCKS = {
    "a macro without parameters": program("#define ROW blockIdx.y", y_of("ROW")),
    "a macro of macros": program("#define B blockIdx\n#define ROW B.y", y_of("ROW")),
    "a macro defined in another kernel": program(
        "__global__ void other()\n{\n#define ROW blockIdx.y\n}", y_of("ROW"), end="#undef ROW"
    ),
    "a macro over two lines": program("#define ROW block\\\nIdx.y", y_of("ROW")),
    "tokens pasted": program("#define INDEX(a) block##Idx.a", y_of("INDEX(y)")),
    "tokens pasted by a macro's macro": program("#define CAT(a, b) a##b\n#define ROW CAT(block, Idx).y", y_of("ROW")),
    "blockIdx another variable": program("#define blockIdx threadIdx"),
    "a member another one": program("#define y x"),
    "a member by a macro": program("#define AXIS y", y_of("blockIdx.AXIS")),
    "a name over two lines": program(body="out[block\\\nIdx.y * n + blockIdx.x] = 1.0f;"),
    "a reference": program(body="auto &b = blockIdx; out[b.y * n + blockIdx.x] = 1.0f;"),
    "structured bindings": program(body="auto [bx, by, bz] = blockIdx; out[by * n + bx] = 1.0f;"),
    "a reference of the file": program("__device__ const auto &B = blockIdx;", y_of("B.y")),
    "a default argument": program("__device__ int row(int y = blockIdx.y) { return y; }", y_of("row()")),
    "a lambda of the file": program("constexpr auto row = [] { return blockIdx.y; };", y_of("row()")),
    "a trailing return type": program("__device__ auto row() -> int { return blockIdx.y; }", y_of("row()")),
    "a member's constructor": program(
        "struct A { int y; __device__ A() { y = blockIdx.y; } };\nstruct B { A a; };", "B b; " + y_of("b.a.y")
    ),
    "a device function by its address": program(
        "__device__ int row() { return blockIdx.y; }\n__device__ int ask(int (*f)()) { return f(); }", y_of("ask(row)")
    ),
    "a method made by a macro": program(
        "#define AT(name) __device__ int name()\nAT(row) { return blockIdx.y; }", y_of("row()")
    ),
    "a host's lambda": (
        "template <class F> __global__ void fill(F f) { f(blockIdx.x); }\n"
        "auto made(float *out) { return [=] __device__ (int x) { out[blockIdx.y] = x; }; }\n"
        "void run(float *out) {\n    fill<<<dim3(4, 70000), 32>>>(made(out));\n}\n"
    ),
    "assembly in a device function": program(
        '__device__ unsigned row() { unsigned y; asm("mov.u32 %0, %%ctaid.y;" : "=r"(y)); return y; }', y_of("row()")
    ),
    "a register's built-in name": program(body=y_of("__nvvm_read_ptx_sreg_ctaid_y()")),
    "cooperative groups by another name": program(
        "#include <cooperative_groups.h>\nnamespace c = cooperative_groups;",
        "auto g = c::this_grid(); out[g.block_index().y * n + blockIdx.x] = 1.0f;",
    ),
    "a library nobody has read": program("#include <rows/row.cuh>", y_of("ROW")),
    "a header named by a macro": program('#define ROWS "rows.cuh"\n#include ROWS', y_of("ROW")),
    "a function of nobody": program(body=y_of("row_of(n)")),
    "launched from a kernel": program(body=f"{PLAIN} if (!n) fill<<<1, 1>>>(out, n);"),
    "loaded by its name": program(end='void load() { cuModuleGetFunction(&f, module, "fill"); }'),
    "loaded by its mangled name": program(end='const char *name = "_Z4fillPfi";'),
    "given to a template": program(
        "template <class K> void go(K k, float *p) { k<<<dim3(1, 2), 32>>>(p, 1); }",
        end="void g(float *p) { go(fill, p); }",
    ),
    "named by a macro": program(end="#define FILL fill\nvoid g(float *p) { FILL<<<dim3(1, 2), 32>>>(p, 1); }"),
}
THREADS = {
    "a macro for the thread": program("#define T threadIdx.x", f"{GLOBAL} out[T] = 0;", WIDE),
    "a device function's thread": program(
        "__device__ int lane() { return threadIdx.x % 32; }", f"{GLOBAL} if (!lane()) out[0] = 1;", WIDE
    ),
    "a device function's shared memory": program(
        "__device__ float sum(float v) { __shared__ float s; s = v; __syncthreads(); return s; }",
        GLOBAL.replace("1.0f", "sum(1.0f)"),
        WIDE,
    ),
    "a macro that meets": program("#define MEET __syncthreads()", f"{GLOBAL} MEET;", WIDE),
    "a warp's exchange in a device function": program(
        "__device__ float sum(float v) { return __shfl_down_sync(~0u, v, 1); }",
        GLOBAL.replace("1.0f", "sum(1.0f)"),
        WIDE,
    ),
    "cub": program(
        "#include <cub/cub.cuh>", f"__shared__ int s; {GLOBAL} cub::BlockReduce<float, 2048>(s).Sum(1.0f);", WIDE
    ),
    "cub by another name": program(
        "#include <cub/cub.cuh>\nusing Reduce = cub::BlockReduce<float, 2048>;",
        f"{GLOBAL} float v = Reduce().Sum(1.0f);",
        WIDE,
    ),
    "a loop's body that meets": program(
        "__device__ void meet() { __syncthreads(); }", TESTED.replace("out[row] =", "meet(); out[row] ="), TALL
    ),
    "a warp's size": program(body=f"{GLOBAL} out[i / warpSize] = 1.0f;", launch=WIDE),
}
LOOP = "for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += blockDim.x * gridDim.x) {body}"
FEW = "fill<<<4, 2048>>>(out, 9999);"
ROW = "int row = blockIdx.y; if (row < n) {{ {} }}"
# What one thread does for several rows or elements: none of these is the same as several threads doing it.
ROUNDS = {
    "a sum that goes on": program(body="float sum = 1; " + ROW.format("sum += 1; out[row] = sum;")),
    "a pointer that goes on": program(body="float *at = out; " + ROW.format("at++; *at = row;")),
    "a parameter that goes on": program(body=ROW.format("out += row; out[0] = 1;")),
    "a counter in an index": program(body="int at = 0; " + ROW.format("out[at++] = row;")),
    "a local array": program(body="float sums[2] = {0, 0}; " + ROW.format("sums[0] += row; out[row] = sums[0];")),
    "a local structure": program(body="float4 v = {}; " + ROW.format("v.x += row; out[row] = v.x;")),
    "by reference": program(
        "__device__ void add(float &to, int n) { to += n; }",
        "float sum = 0; " + ROW.format("add(sum, row); out[row] = sum;"),
    ),
    "by address": program(
        "__device__ void add(float *to, int n) { *to += n; }",
        "float sum = 0; " + ROW.format("add(&sum, row); out[row] = sum;"),
    ),
    "by a macro": program(
        "#define ADD(to, n) to += n", "float sum = 0; " + ROW.format("ADD(sum, row); out[row] = sum;")
    ),
    "a loop that ends early": program(body=LOOP.format(body="{ if (out[i] > 1) break; out[i] = 1; }"), launch=FEW),
    "a loop that counts": program(body=f"int k = 0; {LOOP.format(body='out[i] = k++;')}", launch=FEW),
    "a loop and more": program(
        body=f"out[blockIdx.x * blockDim.x + threadIdx.x] = 0; {LOOP.format(body='out[i] += 1;')}", launch=FEW
    ),
    "the number of blocks": program(body=f"{GLOBAL} if (gridDim.x == 5) {{ out[0] = 3; }}", launch=WIDE),
    "the number of blocks as an argument": program(
        body=GLOBAL, launch="int b = (9999 + 2047) / 2048; fill<<<b, 2048>>>(out, b * 2048);"
    ),
    "an index of one byte": program(body=GLOBAL.replace("int i", "unsigned char i"), launch=WIDE),
    "another end than the grid's": program(body=GLOBAL, launch=WIDE.replace("out, 9999", "out, 20000")),
    "one more than the end": program(body=GLOBAL.replace("<", "<="), launch=WIDE),
    "an end that moves": program(body=f"n = n + 7; {GLOBAL}", launch=WIDE),
    "threads beyond the end": program(body="int i = blockIdx.x * blockDim.x + threadIdx.x; out[i] = 1;", launch=WIDE),
}


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def launch() -> AsyncIterator[Launch]:
    pool = WorkerPool()
    yield Launch(pool, "proof")
    await pool.close()


async def rules(launch: Launch, snapshot: Snapshot, project: Project) -> list[str]:
    known = await baselines(snapshot, project, (launch,))
    found = [one for one in known["launch"].findings if one.severity is Severity.ERROR]
    assert found, "nothing to mend: the case says nothing"
    return [fix.rule for fix in await offers(found, snapshot, project, (launch,), known, cache=FixCache())]


@pytest.mark.parametrize("name", BLOCKS)
async def test_a_hidden_block_is_not_renumbered(name: str, launch: Launch) -> None:
    assert await rules(launch, *document(BLOCKS[name])) == []


@pytest.mark.parametrize("name", THREADS)
async def test_a_block_of_threads_that_know_more_is_not_cut(name: str, launch: Launch) -> None:
    found = await rules(launch, *document(THREADS[name]))
    assert not {"block", "stride"} & set(found), found


@pytest.mark.parametrize("name", ROUNDS)
async def test_rounds_that_hang_together_are_not_given_to_one_thread(name: str, launch: Launch) -> None:
    found = await rules(launch, *document(ROUNDS[name]))
    assert not {"block", "stride"} & set(found), found


@pytest.mark.parametrize(("size", "fixes"), [("SIZE", []), ("300", ["bounds"])])
async def test_bounds_that_an_array_rests_on_are_not_raised(size: str, fixes: list[str], launch: Launch) -> None:
    top = f"#define SIZE 256\n__device__ float *room() {{ __shared__ float s[{size}]; return s; }}"
    text = program(top, "room()[threadIdx.x] = n;", "fill<<<4, 512>>>(out, 4);")
    text = text.replace("void fill", "void __launch_bounds__(SIZE) fill")
    assert await rules(launch, *document(text)) == fixes


@pytest.mark.parametrize("text", [program(body=LOOP.format(body="out[i] = 1;"), launch=FEW)])
async def test_the_title_says_who_does_the_rest(text: str, launch: Launch) -> None:
    _, fixes = await fixes_for(text, (launch,))
    assert [fix.title.split(": ", 1)[1].split(" (")[0] for fix in fixes] == ["'fill' loops over the rest"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (program(), {"grid"}),
        (program(body=GLOBAL, launch=WIDE), {"block"}),
        (program(body=TESTED), {"grid", "stride"}),
        (program(body="int k = 3; " + ROW.format("float sum = k; sum += n; out[row] = sum;")), {"grid", "stride"}),
        (program(body=LOOP.format(body="{ float v = out[i]; v += 1; out[i] = v; }"), launch=FEW), {"block"}),
        (program("#include <cstdio>\n#include <cub/cub.cuh>\nvoid host() { dim3 gridDim(3), blockDim(4); }"), {"grid"}),
        (program("__global__ void other() { __shared__ int s; __syncthreads(); }", GLOBAL, WIDE), {"block"}),
        (program("#define WIDTH 4\n__global__ void other(int *p) { *p = blockIdx.y; }"), {"grid"}),
    ],
)
async def test_what_hides_nothing_is_mended(text: str, expected: set[str], launch: Launch) -> None:
    assert set(await rules(launch, *document(text))) == expected


async def test_a_macro_of_the_command_line_may_be_the_block(launch: Launch) -> None:
    snapshot, project = document(program(body=y_of("ROW")))
    for defined, fixes in (("ROW=1", 2), ("ROW=blockIdx.y", 0), ("y=x", 0)):
        unit = CompileUnit(snapshot.path, defines=(defined,))
        assert len(await rules(launch, snapshot, replace(project, unit=unit))) == fixes


OTHERS = {
    "launch.cu": ("__global__ void fill(float *, int);\nvoid f(float *p) { fill<<<dim3(2, 3), 1>>>(p, 4); }", False),
    "again.cu": ("__global__ void fill(float *p) { *p = 1; }\nvoid f(float *p) { fill<<<1, 1>>>(p); }", True),
    "include.cu": ('#include "kernel.cu"', False),
    "load.py": ('module.get_function("fill")', False),
    "plot.py": ("ax.fill(x, y)", True),
    "load.cpp": ('cuModuleGetFunction(&f, m, "_Z4fillPfi");', False),
    "talk.cpp": ("// fill comes later", True),
}


@pytest.mark.parametrize("name", OTHERS)
async def test_other_files_of_the_project_may_launch_it(name: str, tmp_path: Path, launch: Launch) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / name).write_text(OTHERS[name][0])
    snapshot, project = document(program(), str(tmp_path / "kernel.cu"))
    assert bool(await rules(launch, snapshot, project)) is OTHERS[name][1]


@pytest.mark.parametrize(("header", "free"), [("#define ROW blockIdx.y", False), ("#define ROW 3", True)])
async def test_macros_of_headers_are_read(header: str, free: bool, tmp_path: Path, launch: Launch) -> None:
    (tmp_path / "rows.cuh").write_text(header)
    (tmp_path / "all.cuh").write_text('#include "rows.cuh"')
    for include in ('#include "all.cuh"', "#include <all.cuh>"):
        snapshot, project = document(program(include, y_of("ROW")), str(tmp_path / "kernel.cu"))
        project = replace(project, include_dirs=(str(tmp_path),))
        assert bool(await rules(launch, snapshot, project)) is free
