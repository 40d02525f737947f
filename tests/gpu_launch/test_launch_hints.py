"""Hints: each where it is certain, and silence beside it."""

from __future__ import annotations

from signoff.verifiers.finding import Severity
from signoff.verifiers.gpu.checks.launch_engine import LaunchEngine
from signoff.verifiers.project import Project
from signoff.verifiers.settings import LaunchSettings, VerifierSettings
from signoff.verifiers.snapshot import Snapshot

ENGINE = LaunchEngine()
CHECK = """
#define CHECK(call) do { cudaError_t e = (call); if (e != cudaSuccess) exit(1); } while (0)
#define LAST() CHECK(cudaGetLastError())
static void report() { if (cudaPeekAtLastError() != cudaSuccess) exit(2); }
static void quiet() { printf("done\\n"); }
__global__ void k(float *x) { x[threadIdx.x] = 1; }
"""


def hints(text: str, path: str = "/project/a.cu", settings: VerifierSettings | None = None) -> list[tuple[str, str]]:
    project = Project("/project", settings=settings or VerifierSettings())
    found, _ = ENGINE.check(Snapshot(f"file://{path}", path, "cuda-cpp", 1, text), project)
    lines = text.splitlines()
    assert all(item.severity is Severity.HINT for item in found)
    return [(item.code, lines[item.span.start_line].strip()) for item in found]


def unchecked(body: str, before: str = "", path: str = "/project/a.cu") -> bool:
    text = f"{CHECK}{before}\nint main() {{ float *x; {body} return 0; }}\n"
    return "UncheckedLaunch" in [code for code, _ in hints(text, path)]


def test_one_setting_turns_them_off() -> None:
    text = CHECK + "int main() { k<<<200, 48>>>(nullptr); return 0; }\n"
    assert sorted(code for code, _ in hints(text)) == ["UncheckedLaunch", "WarpMultiple"]
    assert hints(text, settings=VerifierSettings(launch=LaunchSettings(hints=False))) == []


def test_blocks_of_part_warps() -> None:
    def block(launch: str) -> list[str]:
        return [code for code, _ in hints(f"{CHECK}int main() {{ {launch}(nullptr); LAST(); return 0; }}\n")]

    assert block("k<<<80, 48>>>") == ["WarpMultiple"]
    assert block("k<<<80, dim3(10, 10)>>>") == ["WarpMultiple"]
    assert block("k<<<80, 64>>>") == []
    assert block("k<<<80, dim3(8, 4)>>>") == []
    assert block("k<<<8000, 1>>>") == []  # serial on purpose
    assert block("k<<<1, 48>>>") == []  # the only block
    assert block("k<<<3, 5>>>") == []  # all threads would fit in one
    assert block("k<<<n, 48>>>") == ["WarpMultiple"]
    assert block("k<<<n, 90>>>") == ["WarpMultiple"]  # 6 of 96
    assert block("k<<<n, 255>>>") == []  # 1 of 256
    assert block("k<<<n, 1000>>>") == []  # 24 of 1024
    assert block("k<<<n, 31>>>") == []  # 1 of 32
    assert block("k<<<n, m>>>") == []


def test_errors_that_nobody_asks_for() -> None:
    assert unchecked("k<<<2, 32>>>(x);")
    assert unchecked("k<<<2, 32>>>(x); quiet(); cudaFree(x);")
    assert unchecked("k<<<2, 32>>>(x); cudaDeviceSynchronize();")
    assert unchecked('CHECK(cudaMalloc(&x, 4)); k<<<2, 32>>>(x); std::printf("%f", 1.0);')
    assert unchecked("k<<<2, 32>>>(x); cudaMemcpyAsync(x, x, 4, cudaMemcpyDefault); cublasSscal(h, 1, 0, x, 1);")


def test_helpers_that_are_called_like_the_api() -> None:
    own = "#define cudaCheckErrors(msg) do { cudaError_t e = cudaGetLastError(); if (e) exit(1); } while (0)\n"
    assert not unchecked('k<<<2, 32>>>(x); cudaCheckErrors("k"); cudaFree(x);', own)
    assert not unchecked("k<<<2, 32>>>(x); cudaFree(x);", own + "#define cudaFree(x) cudaCheckErrors(#x)\n")
    assert not unchecked("k<<<2, 32>>>(x); finish();", own + 'static void finish() { cudaCheckErrors("k"); }\n')
    assert not unchecked("k<<<2, 32>>>(x); cudaCheckError();")  # of a header that was not read
    assert not unchecked("k<<<2, 32>>>(x); cudaSafeCall(cudaFree(x));")
    assert not unchecked("k<<<2, 32>>>(x); checkCudaErrors(cudaFree(x));")
    assert not unchecked("k<<<2, 32>>>(x); cudaSync();")
    assert not unchecked("k<<<2, 32>>>(x); cuSafe();")
    assert unchecked("k<<<2, 32>>>(x); cudaNothing();", "static void cudaNothing() { quiet(); }\n")


def test_errors_that_somebody_asks_for() -> None:
    assert not unchecked("k<<<2, 32>>>(x); LAST();")
    assert not unchecked("k<<<2, 32>>>(x); CHECK(cudaDeviceSynchronize());")
    assert not unchecked("k<<<2, 32>>>(x); report();")
    assert not unchecked("k<<<2, 32>>>(x); cudaError_t e = cudaGetLastError();")
    assert not unchecked("for (int i = 0; i < 3; ++i) { report(); k<<<2, 32>>>(x); }")
    assert not unchecked("k<<<2, 32>>>(x); k<<<4, 32>>>(x); LAST();")


def test_what_is_not_known_may_ask() -> None:
    assert not unchecked("k<<<2, 32>>>(x); C10_CUDA_KERNEL_LAUNCH_CHECK();")
    assert not unchecked("k<<<2, 32>>>(x); somebody_elses(x);")
    assert not unchecked("k<<<2, 32>>>(x); stream.synchronize();")
    assert not unchecked("DISPATCH(x, [&] { k<<<2, 32>>>(x); });")
    assert not unchecked("k<<<2, 32>>>(x); thrust::device_vector<float> v(3);")


def test_callers_count() -> None:
    launcher = "static void go(float *x) { k<<<2, 32>>>(x); }\n"
    assert unchecked("go(x);", launcher)
    assert not unchecked("go(x); LAST();", launcher)
    public = "void go(float *x) { k<<<2, 32>>>(x); }\n"
    assert not unchecked("", public)  # whoever calls it may ask
    assert unchecked("", public, path="/project/model.py")


def test_device_code_reports_to_the_host() -> None:
    assert hints(CHECK + "__global__ void parent(float *x) { k<<<2, 32>>>(x); }\n", "/project/model.py") == []


def test_one_hint_a_function_at_its_last_launch() -> None:
    text = f"{CHECK}int main() {{\n  k<<<2, 32>>>(0);\n  k<<<4, 32>>>(0);\n  return 0;\n}}\n"
    assert hints(text) == [("UncheckedLaunch", "k<<<4, 32>>>(0);")]


def kernel(body: str, launch: str = "dim3(32, 8)", parameters: str = "float *x, int n") -> list[tuple[str, str]]:
    run = f"int main(int n, char **) {{ k<<<4, {launch}>>>(0, n); return cudaGetLastError(); }}\n" if launch else ""
    return hints(f"__global__ void k({parameters}) {{\n{body}\n}}\n{run}")


def test_barriers_that_not_all_threads_reach() -> None:
    assert kernel("if (threadIdx.x == 0) { __syncthreads(); }") == [
        ("DivergentBarrier", "if (threadIdx.x == 0) { __syncthreads(); }")
    ]
    assert kernel("int tid = threadIdx.y * blockDim.x + threadIdx.x;\nif (tid < 64)\n  __syncthreads();")
    assert kernel("const int lane = threadIdx.x % 32;\nif (!(lane & 1)) __syncthreads();", launch="")
    assert kernel("if (threadIdx.x < 16 && n >= 0) {}\nif (threadIdx.x < 16) { x[0] = 1; __syncthreads(); }")


def test_barriers_that_all_threads_may_reach() -> None:
    for body in (
        "if (blockIdx.x == 0) __syncthreads();",
        "if (n > 3) __syncthreads();",
        "if (threadIdx.x < n) __syncthreads();",
        "int i = blockIdx.x * blockDim.x + threadIdx.x;\nif (i < n) __syncthreads();",
        "if (threadIdx.x < 32) __syncthreads();",  # the whole block
        "int t = threadIdx.x;\nt = n;\nif (t == 0) __syncthreads();",
        "if (threadIdx.x == 0) { x[0] = 1; __syncthreads(); } else { __syncthreads(); }",
        "if (threadIdx.x == 0) return;\n__syncthreads();",
        "for (int i = threadIdx.x; i < n; i += 32) __syncthreads();",
        "if (threadIdx.x == 0) __syncwarp();",
        "if (threadIdx.x == 0 && n > 0) __syncthreads();",
        "if (threadIdx.y == 8) __syncthreads();",
    ):
        assert kernel(body) == [], body
    assert kernel("if (threadIdx.x == 0) __syncthreads();", launch="1") == []


TILE = "constexpr int kTile = 32;\n#define PAD 0\n__shared__ float t[kTile][kTile + PAD];\n"


def test_columns_of_a_shared_array_are_one_bank() -> None:
    for access in (
        "x[0] = t[threadIdx.x][threadIdx.y];",
        "t[threadIdx.x][0] = 1;",
        "const int tx = threadIdx.x;\nfor (int j = 0; j < 32; j += 8) x[j] = t[tx][threadIdx.y + j];",
        "int w = blockIdx.x * 32 + threadIdx.x;\nif (w < n) x[w] = t[threadIdx.x][threadIdx.y];",
        "x[0] += t[31 - threadIdx.x][n];",
    ):
        assert [code for code, _ in kernel(TILE + access)] == ["BankConflict"], access


def test_accesses_that_are_spread_or_not_certain() -> None:
    for access in (
        "x[0] = t[threadIdx.y][threadIdx.x];",
        "x[0] = t[threadIdx.x][threadIdx.x];",
        "x[0] = t[threadIdx.x][(threadIdx.y + threadIdx.x) % 32];",
        "if (threadIdx.x == 0) x[0] = t[threadIdx.x][1];",
        "if (threadIdx.x < 4) x[0] = t[threadIdx.x][1];",
        "x[0] = t[threadIdx.x / 32][1];",
        "int c = 0;\nif (threadIdx.x > 3) c = threadIdx.x;\nx[0] = t[threadIdx.x][c];",
        "float *p = &t[threadIdx.x][0];\nx[0] = p[threadIdx.x];",
        "x[0] = t[threadIdx.x][(int)x[3]];",
    ):
        assert kernel(TILE + access) == [], access
    access = "x[0] = t[threadIdx.x][threadIdx.y];"
    assert kernel(TILE.replace("PAD 0", "PAD 1") + access) == []
    assert kernel(TILE.replace("float", "double") + access) == []
    assert kernel(TILE + access, launch="dim3(16, 16)") == []
    assert kernel(TILE + access, launch="dim3(n, 8)") == []
    assert kernel(TILE + access, launch="") == []
