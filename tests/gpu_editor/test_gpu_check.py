"""`signoff check` and `signoff doctor` on CUDA and Triton."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.tool

ILLEGAL = """__global__ void k(float *x) { x[threadIdx.x] = 1.0f; }
void go(float *x) { k<<<1, dim3(64, 32)>>>(x); }
"""
OPT_IN = """#include <cuda_runtime.h>
__global__ void k(float *x) { extern __shared__ float s[]; s[threadIdx.x] = *x; *x = s[0]; }
void go(float *x) {
    cudaFuncSetAttribute(k, cudaFuncAttributeMaxDynamicSharedMemorySize, 200 * 1024);
    k<<<1, 128, 200 * 1024>>>(x);
    cudaGetLastError();
}
"""
EMBEDDED = "import cupy\nk = cupy.RawKernel('''\\n__global__ void k() {}\\nvoid go() { k<<<1, 4096>>>(); }''', 'k')\n"


def signoff(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "signoff.lsp_server", *args]
    return subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", timeout=120)


def findings(folder: Path, *args: str) -> list[tuple[str, int, str]]:
    done = signoff(folder, "check", "--format", "json", *args)
    told = json.loads(done.stdout)["findings"]
    return [(one["path"], one["line"], one["code"]) for one in told if one["severity"] == "error"]


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "bad.cu").write_text(ILLEGAL, encoding="utf-8")
    (tmp_path / "src" / "bad.cuh").write_text(ILLEGAL.replace("k", "h").replace("go", "gone"), encoding="utf-8")
    (tmp_path / "src" / "string.py").write_text(EMBEDDED, encoding="utf-8")
    (tmp_path / "src" / "plain.py").write_text("import numpy\nk = '<<<1, 4096>>>'\n", encoding="utf-8")
    (tmp_path / "src" / "notes.txt").write_text(ILLEGAL, encoding="utf-8")
    return tmp_path


def test_a_folder_is_checked_with_its_headers_and_its_python(sources: Path) -> None:
    expected = [("src/bad.cu", 2, "TooManyThreads"), ("src/bad.cuh", 2, "TooManyThreads")]
    assert findings(sources, "src") == [*expected, ("src/string.py", 2, "BlockTooLarge")]
    document = json.loads(signoff(sources, "check", "--format", "json", "src").stdout)
    assert document["summary"]["files"] == 2, "the header comes with those that include it, other Python is left out"


@pytest.mark.parametrize("name", ["bad.cu", "bad.cuh", "string.py"])
def test_a_file_that_is_named_is_checked(sources: Path, name: str) -> None:
    assert [path for path, _, _ in findings(sources, f"src/{name}")] == [f"src/{name}"]
    assert signoff(sources, "check", f"src/{name}").returncode == 1


def test_python_without_gpu_code_is_clean(sources: Path) -> None:
    done = signoff(sources, "check", "src/plain.py")
    assert done.returncode == 0 and "No errors, no warnings in 1 file" in done.stdout


@pytest.mark.parametrize("kind", ["text", "sarif", "github"])
def test_every_format_tells_it(sources: Path, kind: str) -> None:
    done = signoff(sources, "check", "--format", kind, "src/string.py")
    assert "4096" in done.stdout and "string.py" in done.stdout and done.returncode == 1
    if kind == "sarif":
        (result,) = [one for one in json.loads(done.stdout)["runs"][0]["results"] if one["level"] == "error"]
        assert result["properties"]["category"] == "launch-geometry"


def test_the_architectures_decide(tmp_path: Path) -> None:
    (tmp_path / "opt.cu").write_text(OPT_IN, encoding="utf-8")
    assert findings(tmp_path, "opt.cu") == [], "there are GPUs that give so much"
    assert {code for _, _, code in findings(tmp_path, "--arch", "sm_80", "opt.cu")} == {"SharedMemoryLimit"}
    assert findings(tmp_path, "--arch", "90", "opt.cu") == []
    done = signoff(tmp_path, "check", "--arch", "sm_80,sm_90", "opt.cu")
    assert "sm_80" in done.stdout and "warning" in done.stdout and done.returncode == 0


def test_a_nonsense_architecture_is_refused(tmp_path: Path) -> None:
    done = signoff(tmp_path, "check", "--arch", "ampere", "x.cu")
    assert done.returncode == 2 and "ampere is no GPU architecture" in done.stderr


def test_deep_checks_need_no_yosys_where_there_is_no_verilog(tmp_path: Path) -> None:
    (tmp_path / "k.cu").write_text(ILLEGAL.replace("64, 32", "64, 2").replace("= 1.0f", "= nope"), encoding="utf-8")
    done = signoff(tmp_path, "check", "--deep", "--arch", "sm_80", "k.cu")
    assert "nope" in done.stdout and "nvcc" in done.stdout and "Yosys" not in done.stdout + done.stderr


def test_a_file_is_compiled_entirely_only_where_asked(tmp_path: Path) -> None:
    # The host's compiler alone refuses this: CUDA's front end takes it for an attribute it need not know.
    (tmp_path / "k.cu").write_text(
        '__global__ void k() {}\nint go() { asm("no such instruction"); return 0; }\n', "utf-8"
    )
    assert findings(tmp_path, "--deep", "k.cu") == []
    done = signoff(tmp_path, "check", "--compile", "k.cu")
    assert done.returncode != 0 and "no such instruction" in done.stdout + done.stderr


def test_torch_is_asked_only_where_trusted(tmp_path: Path) -> None:
    text = "from torch.utils.cpp_extension import load_inline\nload_inline('m', '', '__global__ void k() {}')\n"
    (tmp_path / "ext.py").write_text(text, encoding="utf-8")
    done = signoff(tmp_path, "check", "--build", "ext.py")
    assert done.returncode == 2 and "trusted workspace" in done.stderr


def test_doctor_tells_toolkit_targets_and_units(sources: Path) -> None:
    (sources / "signoff.toml").write_text('[cuda]\narchitectures = ["sm_86"]\n', encoding="utf-8")
    done = signoff(sources, "doctor", "--json", ".")
    health = json.loads(done.stdout)
    rows = {row["name"]: row for row in health["gpu"]}
    assert rows["CUDA toolkit"]["ok"] and rows["CUDA toolkit"]["path"]
    assert "sm_86" in rows["GPU targets"]["state"] and "signoff.toml" in rows["GPU targets"]["state"]
    assert {"launch", "nvrtc", "nvcc", "triton"} <= {tool["name"] for tool in health["tools"]}
    assert any("bad.cu" in project for project in health["projects"])
    assert "GPU\n" in signoff(sources, "doctor", ".").stdout
