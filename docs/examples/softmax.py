# Softmax of the rows of a matrix in Triton, one program a row.
# Faulty on purpose: Triton has no tl.arrange. Python would tell at the first launch on a GPU; Signoff has Triton's own
# front end say so while you type, without a GPU and without running this file.
import triton
import triton.language as tl


@triton.jit
def softmax(x_ptr, out_ptr, columns, stride, BLOCK: tl.constexpr):
    row = tl.program_id(0) * stride
    offsets = tl.arrange(0, BLOCK)
    inside = offsets < columns
    values = tl.load(x_ptr + row + offsets, mask=inside, other=-float("inf"))
    shares = tl.exp(values - tl.max(values, axis=0))
    tl.store(out_ptr + row + offsets, shares / tl.sum(shares, axis=0), mask=inside)


def launch(x, out):
    rows, columns = x.shape
    softmax[(rows,)](x, out, columns, x.stride(0), BLOCK=triton.next_power_of_2(columns))
