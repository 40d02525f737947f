"""Regions of sources: of every kind, by the grammar, in code points, and drawn the same for the same seed."""

from __future__ import annotations

from pathlib import Path

import pytest

from signoff.completion.measure.holes import Region, draw, regions

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
VERILOG = """module m(input clk, rst, input [3:0] a, output reg [3:0] y);
  wire [3:0] z;
  assign z = a + 4'd1; // Größe 𝔘
  always @(posedge clk) begin
    if (rst) y <= 4'd0;
    else
      case (a)
        4'd0: y <= z;
        default: y <= a ^ z;
      endcase
  end
  sub #(.W(4)) u (.clk(clk), .b(z));
endmodule
"""
CUDA = """__global__ void scale(float *a, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) {
    a[i] = a[i] * 2.0f;
  }
}
void run(float *a, int n) {
  scale<<<(n + 255) / 256, 256>>>(a, n);
  cudaDeviceSynchronize();
}
"""
PYTHON = '''import triton
import triton.language as tl
@triton.jit
def scale(x, n, B: tl.constexpr):
    """Größe"""
    at = tl.program_id(0) * B + tl.arange(0, B)
    if n > 0:
        tl.store(x + at, tl.load(x + at, mask=at < n) * 2, mask=at < n)
def run(x, n):
    scale[(n // 64,)](x, n, B=64)
'''


def texts(language: str, text: str) -> set[tuple[str, str]]:
    return {(one.kind, text[one.start : one.end]) for one in regions("f", language, text)}


def test_verilog_has_right_sides_bodies_case_items_and_port_lists() -> None:
    found = texts("verilog", VERILOG)
    assert ("assignment", "a + 4'd1;") in found
    assert ("assignment", "a ^ z;") in found
    assert ("case item", "4'd0: y <= z;") in found
    assert ("instance", ".clk(clk), .b(z));") in found
    (body,) = [text for kind, text in found if kind == "always block"]
    assert body.startswith("if (rst)") and body.endswith("endcase")


def test_cuda_has_statements_blocks_and_launches() -> None:
    found = texts("cuda-cpp", CUDA)
    assert ("launch", "scale<<<(n + 255) / 256, 256>>>(a, n);") in found
    assert ("statement", "cudaDeviceSynchronize();") in found
    assert ("kernel block", "a[i] = a[i] * 2.0f;") in found
    assert ("kernel right side", "a[i] * 2.0f;") in found


def test_c_has_statements_blocks_and_right_sides() -> None:
    text = "int f(int x)\n{\n    int y = x + 1;\n    if (x) {\n        g(y);\n    }\n    return y;\n}\n"
    found = texts("c", text)
    assert {("statement", "return y;"), ("block", "g(y);"), ("right side", "x + 1;")} <= found


def test_triton_has_the_statements_of_kernels_and_their_launches() -> None:
    found = texts("python", PYTHON)
    assert ("launch", "scale[(n // 64,)](x, n, B=64)") in found
    assert ("kernel statement", "at = tl.program_id(0) * B + tl.arange(0, B)") in found
    assert ("right side", "tl.program_id(0) * B + tl.arange(0, B)") in found
    assert any(kind == "block" and text.startswith("tl.store") for kind, text in found)


@pytest.mark.parametrize("text", ["", "module", "\x00", "int f( {", "def f(:", "assign y = ;", "𝔘" * 50])
@pytest.mark.parametrize("language", ["verilog", "c", "cuda-cpp", "python", "markdown"])
def test_what_is_no_program_has_none(language: str, text: str) -> None:
    assert regions("f", language, text) == ()


@pytest.mark.parametrize("name", ["uart_tx.v", "traffic_light.sv", "rmsnorm.cu", "softmax.py", "firmware/main.c"])
def test_real_files_have_some_and_they_lie_inside(name: str) -> None:
    path = EXAMPLES / name
    suffixes = {".v": "verilog", ".sv": "systemverilog", ".cu": "cuda-cpp", ".py": "python", ".c": "c"}
    text = path.read_text(encoding="utf-8")
    found = regions(str(path), suffixes[path.suffix], text)
    assert len(found) >= 5
    assert all(text[one.start : one.end].strip() == text[one.start : one.end] != "" for one in found)


def made(kinds: int, files: int, each: int) -> list[Region]:
    return [
        Region(f"{file}.v", "verilog", f"kind {kind}", 10 * at, 10 * at + 5)
        for kind in range(kinds)
        for file in range(files)
        for at in range(each)
    ]


def test_kinds_and_files_take_turns() -> None:
    chosen = draw(made(3, 4, 50), 24, seed=1)
    assert [sum(one.kind == f"kind {kind}" for one in chosen) for kind in range(3)] == [8, 8, 8]
    assert all(sum(one.kind == "kind 0" and one.path == f"{file}.v" for one in chosen) == 2 for file in range(4))


def test_the_same_seed_draws_the_same_and_another_one_others() -> None:
    rows = made(2, 3, 20)
    assert draw(rows, 10, 1) == draw(reversed(rows), 10, 1)
    assert draw(rows, 10, 1) != draw(rows, 10, 2)
    assert len(draw(rows, 1000, 1)) == len(rows)
    assert draw([], 5, 1) == ()
