"""Runs three Triton kernels on the GPU beside PyTorch's answer: a program of its own, as it needs both."""

from __future__ import annotations

import torch
import triton
import triton.language as tl


@triton.jit
def add_kernel(x_ptr, y_ptr, out_ptr, n, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < n
    total = tl.load(x_ptr + offsets, mask=mask) + tl.load(y_ptr + offsets, mask=mask)
    tl.store(out_ptr + offsets, total, mask=mask)


@triton.jit
def softmax_kernel(x_ptr, out_ptr, columns, BLOCK: tl.constexpr):
    offsets = tl.arange(0, BLOCK)
    mask = offsets < columns
    row = tl.load(x_ptr + tl.program_id(0) * columns + offsets, mask=mask, other=-float("inf"))
    shifted = tl.exp(row - tl.max(row, axis=0))
    tl.store(out_ptr + tl.program_id(0) * columns + offsets, shifted / tl.sum(shifted, axis=0), mask=mask)


@triton.jit
def matmul_kernel(a_ptr, b_ptr, out_ptr, N: tl.constexpr):
    rows = tl.arange(0, N)[:, None]
    columns = tl.arange(0, N)[None, :]
    a = tl.load(a_ptr + rows * N + columns)
    b = tl.load(b_ptr + rows * N + columns)
    tl.store(out_ptr + rows * N + columns, tl.dot(a, b))


def main() -> None:
    """Raises AssertionError where an answer differs."""
    torch.manual_seed(0)
    x, y = (torch.rand(98_432, device="cuda") for _ in range(2))
    out = torch.empty_like(x)
    add_kernel[(triton.cdiv(x.numel(), 1024),)](x, y, out, x.numel(), BLOCK=1024)
    torch.testing.assert_close(out, x + y)
    rows = torch.randn(128, 781, device="cuda")
    soft = torch.empty_like(rows)
    softmax_kernel[(128,)](rows, soft, 781, BLOCK=1024)
    torch.testing.assert_close(soft, torch.softmax(rows, 1))
    a, b = (torch.randn(64, 64, device="cuda", dtype=torch.float16) for _ in range(2))
    product = torch.empty(64, 64, device="cuda", dtype=torch.float32)
    matmul_kernel[(1,)](a, b, product, N=64)
    torch.testing.assert_close(product, a.float() @ b.float(), rtol=1e-2, atol=1e-2)
    print("3 kernels match")


if __name__ == "__main__":
    main()
