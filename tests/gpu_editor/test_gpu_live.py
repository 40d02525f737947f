"""The real server over real pipes on CUDA and Triton: what an editor sees."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from client import Client

pytestmark = pytest.mark.tool

SERVE = [sys.executable, "-m", "signoff.lsp_server", "serve"]
Diagnostic = dict[str, Any]
SCALE = """#include <cuda_runtime.h>
__global__ void scale(float *x, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) x[i] *= 2.0f;
}
void go(float *x, int n) {
    scale<<<dim3(1, 70000), 256>>>(x, n);
}
"""
PYTHON = '''import cupy as cp
SRC = r"""
extern "C" __global__ void scale(float *x) { x[threadIdx.x] *= 2.0f; }
void go(float *x) { scale<<<1, 2048>>>(x); }
"""
kernel = cp.RawKernel(SRC, "scale")
'''
TRITON = """import triton
import triton.language as tl


@triton.jit
def copy(x_ptr, y_ptr, n, BLOCK: tl.constexpr):
    i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(y_ptr + i, tl.load(x_ptr + i, mask=i < n), mask=i < n)
"""


class Editor(Client):
    """The plain client with the capabilities that these tests need."""

    def shake(self, **options: Any) -> dict[str, Any]:
        folder = {"uri": self.root.as_uri(), "name": "w"}
        capabilities = {
            "workspace": {"codeLens": {"refreshSupport": True}},
            "textDocument": {"publishDiagnostics": {"versionSupport": True}, "hover": {"contentFormat": ["markdown"]}},
        }
        about = {"processId": None, "rootUri": folder["uri"], "workspaceFolders": [folder]}
        result = self.ask("initialize", {**about, "capabilities": capabilities, "initializationOptions": options})
        self.notify("initialized", {})
        return dict(result["capabilities"])

    def put(self, name: str, text: str, language: str) -> str:
        path = self.root / name
        path.write_text(text, encoding="utf-8")
        return self.open(path, language)

    def faults(self, uri: str, version: int, fits: Callable[[list[Diagnostic]], bool]) -> list[Diagnostic]:
        return [one for one in self.diagnostics(uri, fits, version, timeout=60)[1] if one["severity"] == 1]

    def hover(self, uri: str, line: int, character: int) -> str:
        where = {"textDocument": {"uri": uri}, "position": {"line": line, "character": character}}
        answer = self.ask("textDocument/hover", where, timeout=60)
        return answer["contents"]["value"] if answer else ""

    def lenses(self, uri: str) -> list[dict[str, Any]]:
        return self.ask("textDocument/codeLens", {"textDocument": {"uri": uri}}, timeout=60) or []

    def save(self, uri: str) -> None:
        self.notify("textDocument/didSave", {"textDocument": {"uri": uri}})

    def refreshed(self) -> None:
        self.wait(lambda message: message.get("method") == "workspace/codeLens/refresh", 90)


def coded(*codes: str) -> Callable[[list[Diagnostic]], bool]:
    return lambda found: set(codes) <= {one["code"] for one in found}


def without(code: str) -> Callable[[list[Diagnostic]], bool]:
    return lambda found: code not in {one["code"] for one in found}


@pytest.fixture
def editor(tmp_path: Path) -> Iterator[Editor]:
    with Editor(SERVE, tmp_path) as client:
        yield client


@pytest.mark.parametrize("language", ["cuda-cpp", "cuda", "cpp"])
def test_an_illegal_launch_is_shown_and_shown_gone(editor: Editor, language: str) -> None:
    editor.shake()
    uri = editor.put("scale.cu", SCALE, language)
    (fault,) = editor.faults(uri, 1, coded("GridTooLarge"))
    assert fault["range"]["start"] == {"line": 6, "character": 20} and "65535" in fault["message"]
    assert fault["data"]["category"] == "launch-geometry" and "signoff" in fault["source"]
    editor.edit(uri, 2, (6, 20, 6, 25), "60000")
    assert editor.faults(uri, 2, without("GridTooLarge")) == []


def test_hovers_explain_kernels_launches_and_terms(editor: Editor) -> None:
    editor.shake(verifiers={"cuda": {"architectures": ["sm_80"]}})
    uri = editor.put("scale.cu", SCALE, "cuda-cpp")
    assert "scale" in editor.hover(uri, 1, 18) and "Kernel" in editor.hover(uri, 1, 18)
    assert "Kernel" in editor.hover(uri, 6, 6), "the name at a launch is the kernel's"
    launch = editor.hover(uri, 6, 20)
    assert "70000" in launch and "65535" in launch
    assert "dim3" in editor.hover(uri, 6, 12) and "70000" not in editor.hover(uri, 6, 12)
    assert "1024" in editor.hover(uri, 2, 28), "blockDim"
    assert editor.hover(uri, 3, 4) == "" and editor.hover(uri, 6, 38) == ""
    other = editor.put("shared.cu", "__global__ void k() { extern __shared__ float s[]; s[0] = 1; }\n", "cuda-cpp")
    assert "extern __shared__" in editor.hover(other, 0, 24)
    assert editor.hover(other, 0, 24) == editor.hover(other, 0, 34)


def test_a_lens_tells_what_a_kernel_costs_once_it_is_compiled(editor: Editor) -> None:
    assert "codeLensProvider" in editor.shake(verifiers={"cuda": {"architectures": ["sm_80"]}})
    uri = editor.put("scale.cu", SCALE.replace("70000", "7"), "cuda-cpp")
    (lens,) = editor.lenses(uri)
    assert lens["range"]["start"] == {"line": 1, "character": 16}
    editor.save(uri)
    title = ""
    while "register" not in title:
        editor.refreshed()
        title = editor.lenses(uri)[0]["command"]["title"]
    assert "sm_80" in title and "occupancy" in title and "last compiled" not in title
    editor.edit(uri, 2, (0, 0, 0, 0), "\n\n// é😋\n")
    (lens,) = editor.lenses(uri)
    assert lens["range"]["start"]["line"] == 4 and "register" in lens["command"]["title"]
    assert "last compiled" in lens["command"]["title"] and "last compiled" in editor.hover(uri, 4, 18)
    assert lens["command"]["command"] == "signoff.checkDeep" and lens["command"]["arguments"] == [uri]


def test_cuda_in_a_python_string_is_checked_in_its_place(editor: Editor) -> None:
    editor.shake()
    uri = editor.put("k.py", PYTHON, "python")
    (fault,) = editor.faults(uri, 1, coded("BlockTooLarge"))
    assert fault["range"]["start"]["line"] == 3
    assert PYTHON.splitlines()[3][fault["range"]["start"]["character"] :].startswith(("1, 2048", "2048"))
    assert "scale" in editor.hover(uri, 2, 30)
    assert editor.lenses(uri)[0]["range"]["start"] == {"line": 2, "character": 27}
    assert editor.hover(uri, 5, 2) == ""
    editor.edit(uri, 2, (3, 31, 3, 35), "128")
    assert editor.faults(uri, 2, without("BlockTooLarge")) == []


def test_a_triton_kernel_has_its_lens_and_hovers(editor: Editor) -> None:
    editor.shake()
    uri = editor.put("t.py", TRITON, "python")
    (lens,) = editor.lenses(uri)
    assert lens["range"]["start"] == {"line": 5, "character": 4}
    assert "copy" in editor.hover(uri, 5, 5)
    assert "arange" in editor.hover(uri, 6, 40)


def test_other_python_is_left_alone(editor: Editor) -> None:
    editor.shake()
    uri = editor.put("plain.py", "def f(x):\n    return x + 1\n", "python")
    assert editor.lenses(uri) == [] and editor.hover(uri, 0, 4) == ""
    editor.edit(uri, 2, (0, 0, 0, 0), "import os\n")
    other = editor.put("scale.cu", SCALE, "cuda-cpp")
    seen: list[str] = []

    def watch(message: dict[str, Any]) -> bool:
        if message.get("method") == "textDocument/publishDiagnostics":
            seen.append(message["params"]["uri"])
        return other in seen

    editor.wait(watch, 60)
    assert uri not in seen
    complete = {"textDocument": {"uri": uri}, "position": {"line": 1, "character": 3}, "context": {"triggerKind": 1}}
    assert not (editor.ask("textDocument/completion", complete) or {}).get("items")


def test_an_unsaved_header_counts(editor: Editor) -> None:
    editor.shake()
    (editor.root / "sizes.cuh").write_text("#pragma once\nconstexpr int THREADS = 256;\n", encoding="utf-8")
    uri = editor.put(
        "main.cu", '#include "sizes.cuh"\n__global__ void k() {}\nvoid go() { k<<<1, THREADS>>>(); }\n', "cuda"
    )
    editor.faults(uri, 1, lambda found: True)
    header = editor.open(editor.root / "sizes.cuh", "cuda-cpp")
    editor.edit(header, 2, (1, 24, 1, 27), "4096")
    (fault,) = editor.faults(uri, 1, coded("BlockTooLarge"))
    assert fault["range"]["start"]["line"] == 2


def test_a_whole_file_is_compiled_on_demand(editor: Editor) -> None:
    editor.shake()
    uri = editor.put("scale.cu", SCALE.replace("70000", "7") + "int host() { return missing; }\n", "cuda-cpp")
    order = {"command": "signoff.compileUnit", "arguments": [uri]}
    answer = editor.ask("workspace/executeCommand", order, timeout=90)
    assert answer["ok"] is False and "nvcc" in answer["message"]
    editor.edit(uri, 2, (8, 20, 8, 27), "0      ")
    answer = editor.ask("workspace/executeCommand", order, timeout=90)
    assert answer["ok"] is True and "scale.cu is accepted" in answer["message"]


def test_torch_builds_nothing_in_a_workspace_that_is_not_trusted(editor: Editor) -> None:
    editor.shake(trusted=False)
    text = "from torch.utils.cpp_extension import load_inline\nload_inline('m', '', '__global__ void k() {}')\n"
    uri = editor.put("ext.py", text, "python")
    order = {"command": "signoff.buildExtension", "arguments": [uri]}
    answer = editor.ask("workspace/executeCommand", order, timeout=30)
    assert answer["ok"] is False and "trusted" in answer["message"]
    assert editor.ask("workspace/executeCommand", {"command": "signoff.buildExtension"})["ok"] is False


def test_half_typed_launches_and_python_hold_nothing_up(editor: Editor) -> None:
    editor.shake()
    uri = editor.put("scale.cu", SCALE, "cuda-cpp")
    python = editor.put("k.py", PYTHON, "python")
    version = 1
    for cut in range(0, len(SCALE), 9):
        version += 1
        change = {"contentChanges": [{"text": SCALE[:cut]}], "textDocument": {"uri": uri, "version": version}}
        editor.notify("textDocument/didChange", change)
        change = {"contentChanges": [{"text": PYTHON[:cut]}], "textDocument": {"uri": python, "version": version}}
        editor.notify("textDocument/didChange", change)
    for each, text in ((uri, SCALE), (python, PYTHON)):
        document = {"uri": each, "version": version + 1}
        editor.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [{"text": text}]})
    editor.faults(uri, version + 1, coded("GridTooLarge"))


def test_the_servers_start_imports_nothing_of_the_gpus_room() -> None:
    code = "import sys; from signoff.lsp_server import server; server.build(); print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True
    ).stdout.split()
    assert not [name for name in loaded if name.startswith(("signoff.verifiers.gpu", "tree_sitter", "triton"))]


def test_a_key_in_a_large_file_is_answered(editor: Editor) -> None:
    """How long it takes is for the benchmarks: here it must only come, and be right, for every version."""
    editor.shake()
    kernels = "".join(
        f"__global__ void k{n}(float *x) {{\n    x[threadIdx.x] = {n};\n}}\n"
        f"void go{n}(float *x) {{\n    dim3 grid({n + 1}, 7);\n    k{n}<<<grid, 256>>>(x);\n"
        "    cudaGetLastError();\n}\n\n"
        for n in range(110)
    )
    uri = editor.put("large.cu", kernels, "cuda-cpp")
    assert kernels.count("\n") > 950
    line = kernels.splitlines().index("    k100<<<grid, 256>>>(x);")
    length = 3
    for version, threads in enumerate(("2048", "128", "4096", "32"), 2):
        editor.edit(uri, version, (line, 17, line, 17 + length), threads)
        length = len(threads)
        found = editor.faults(uri, version, coded("BlockTooLarge") if len(threads) == 4 else without("BlockTooLarge"))
        assert [one["range"]["start"]["line"] for one in found] == [line] * (len(threads) == 4)
