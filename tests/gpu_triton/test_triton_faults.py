"""Each kind of fault in a kernel: found at its place and called by its name; the same kernel put right says nothing."""

from __future__ import annotations

import pytest
from triton_helpers import HEAD, marked, needs_triton, project, snapshot

from signoff.verifiers.finding import Category, Severity, Status
from signoff.verifiers.gpu.triton.triton import Triton
from signoff.verifiers.workers import WorkerPool

pytestmark = [pytest.mark.tool, needs_triton]

KERNEL = """
@triton.jit
def kernel(x_ptr, y_ptr, n, BLOCK: tl.constexpr):
    offs = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offs < n
    x = tl.load(x_ptr + offs, mask=mask)
{body}
    tl.store(y_ptr + offs, x, mask=mask)


def launch(x: torch.Tensor, y: torch.Tensor):
    kernel[(triton.cdiv(x.numel(), 1024),)](x, y, x.numel(), BLOCK=1024)
"""
DOT = """
    a = tl.load(x_ptr + tl.arange(0, 16)[:, None] * 16 + tl.arange(0, {k})[None, :]).to(tl.float16)
    b = tl.load(x_ptr + tl.arange(0, {k})[:, None] * 16 + tl.arange(0, 16)[None, :]).to(tl.float16)
    c = {call}
    tl.store(y_ptr + tl.arange(0, 16)[:, None] * 16 + tl.arange(0, 16)[None, :], c)
"""
# name: (code, what the message says, the faulty lines with the place marked, the same lines put right)
CASES = {
    "undefined name": (
        "TritonName",
        "masked is not defined",
        "    x = tl.where(«masked», x, 0.0)",
        "    x = tl.where(mask, x, 0.0)",
    ),
    "no such member": ("TritonAttribute", "tl has no tanhh", "    x = tl.«tanhh»(x)", "    x = tl.sigmoid(x)"),
    "no such method": ("TritonAttribute", "tensor has no summ", "    x = x - x.«summ»(0)", "    x = x - x.sum(0)"),
    "no such keyword": (
        "TritonArgument",
        "'keepdims'",
        "    x = x - tl.max(x, axis=0, «keepdims»=True)",
        "    x = x - tl.max(x, axis=0, keep_dims=True)",
    ),
    "missing argument": ("TritonArgument", "'y'", "    x = «tl.where(mask, x)»", "    x = tl.where(mask, x, 0.0)"),
    "extent no power of two": (
        "TritonValue",
        "power of 2",
        "    x += tl.load(x_ptr + «tl.arange(0, 1000)»)",
        "    x += tl.load(x_ptr + tl.arange(0, 1024))",
    ),
    "extent at run time": (
        "TritonConstexpr",
        "constexpr",
        "    x += tl.load(x_ptr + «tl.arange(0, n)»)",
        "    x += tl.load(x_ptr + tl.arange(0, BLOCK))",
    ),
    "shapes differ": (
        "TritonValue",
        "incompatible",
        "    x = «x + tl.zeros((512,), tl.float32)»",
        "    x = x + tl.zeros((1024,), tl.float32)",
    ),
    "dot too small": (
        "TritonType",
        "K >= 16",
        DOT.format(k=8, call="«tl.dot(a, b)»"),
        DOT.format(k=16, call="tl.dot(a, b)"),
    ),
    "tensor as a condition": (
        "TritonUnsupported",
        "ambiguous",
        "    «if x > 0:»\n        x = x * 2",
        "    x = tl.where(x > 0, x * 2, x)",
    ),
    "loop changes a type": (
        "TritonType",
        "total",
        "    total = 0\n    «for i in range(n):»\n        total += x\n    x = total",
        "    total = x\n    for i in range(n):\n        total += x\n    x = total",
    ),
    "store through no pointer": (
        "TritonValue",
        "unsupported ptr type",
        "    «tl.store(offs, x)»",
        "    tl.store(y_ptr + offs, x)",
    ),
    "dict": ("TritonUnsupported", "a dict", "    x = «{0: x}»[0]", "    x = x"),
    "try": (
        "TritonUnsupported",
        "try/except",
        "    «try:»\n        x = x + 1\n    except ValueError:\n        pass",
        "    x = x + 1",
    ),
    "lambda": ("TritonUnsupported", "lambda", "    x = («lambda v: v + 1»)(x)", "    x = x + 1"),
    "nested function": (
        "TritonUnsupported",
        "nested function",
        "    «def add(v):»\n        return v + 1\n    x = add(x)",
        "    x = x + 1",
    ),
    "Python's own function": ("TritonName", "Python", "    x = x - «sum»(x)", "    x = x - tl.sum(x)"),
    "failed static_assert": (
        "TritonAssertion",
        "BLOCK is odd",
        '    «tl.static_assert(BLOCK % 2 == 1, "BLOCK is odd")»',
        "    tl.static_assert(BLOCK % 2 == 0)",
    ),
    "return in a loop": (
        "TritonUnsupported",
        "return",
        "    for i in range(n):\n        «if i > 3:»\n            return",
        "    if n > 3:\n        return",
    ),
    "attribute assignment": ("TritonUnsupported", "ttribute", "    «x.data = x»", "    x = x"),
}


@pytest.fixture
async def triton():
    pool = WorkerPool()
    yield Triton(pool)
    await pool.close()


async def test_each_fault_at_its_place_and_its_repair_clean(triton):
    wrong = []
    for name, (code, said, faulty, clean) in CASES.items():
        text, place = marked(HEAD + KERNEL.format(body=faulty))
        outcome = await triton.run(snapshot(text), project())
        found = [(item.code, _place(item), said in item.message) for item in outcome.findings]
        if found != [(code, place, True)]:
            wrong.append((name, place, outcome.findings, outcome.message))
        repaired = await triton.run(snapshot(HEAD + KERNEL.format(body=clean)), project())
        if repaired.findings or not repaired.judged:
            wrong.append((name, "repaired", repaired.findings, repaired.message))
    assert not wrong


def _place(finding):
    span = finding.span
    return span.start_line, span.start_column, span.end_line, span.end_column


async def test_what_a_finding_is(triton):
    text, _ = marked(HEAD + KERNEL.format(body="    x = tl.«tanhh»(x)"))
    (finding,) = (await triton.run(snapshot(text), project())).findings
    assert (finding.severity, finding.category, finding.tool) == (Severity.ERROR, Category.TRITON_API, "triton")
    assert ("kernel", "kernel") in finding.data


LAUNCHES = {
    "missing constexpr": ("gives no value for BLOCK", "    «kernel»[(1,)](x, y, 5)"),
    "unknown option": ("num_warp,", "    kernel[(1,)](x, y, 5, BLOCK=1024, «num_warp»=4)"),
    "too many": ("takes 4 arguments", "    kernel[(1,)](x, y, 5, 1024, «7»)"),
    "twice": ("given twice", "    kernel[(1,)](x, y, 5, 1024, «n»=7)"),
}


async def test_launches_that_do_not_fit_the_kernel(triton):
    for said, line in LAUNCHES.values():
        text, place = marked(f"{HEAD}{KERNEL.format(body='')}\n\ndef again(x, y):\n{line}\n")
        (finding,) = (await triton.run(snapshot(text), project())).findings
        assert (finding.code, _place(finding)) == ("TritonArgument", place)
        assert said in finding.message


async def test_launches_whose_arguments_are_hidden_say_nothing(triton):
    lines = (
        "kernel[(1,)](*a)",
        "kernel[(1,)](x, y, **a)",
        "kernel[(1,)](x, y, 5, BLOCK=1024, num_warps=4, grf_mode=2)",
    )
    for line in lines:
        text = f"{HEAD}{KERNEL.format(body='')}\n\ndef again(x, y, a):\n    {line}\n"
        assert not (await triton.run(snapshot(text), project())).findings


HELPER = """
@triton.jit
def inner(v):
    return «tl.zeros((100,), tl.float32)» + v


@triton.jit
def outer(v):
    return inner(v) + 1
"""


async def test_a_fault_in_a_helper_is_told_there_with_the_way_to_it(triton):
    text, place = marked(HEAD + HELPER + KERNEL.format(body="    x = outer(x)"))
    (finding,) = (await triton.run(snapshot(text), project())).findings
    assert _place(finding) == place
    assert [item.message for item in finding.related] == ["outer: called here", "kernel: called here"]


async def test_columns_count_characters(triton):
    text, place = marked(HEAD + KERNEL.format(body='    tl.static_print("äöü"); x = tl.«tanhh»(x)'))
    (finding,) = (await triton.run(snapshot(text), project())).findings
    assert _place(finding) == place


async def test_a_kernel_in_a_function_and_windows_line_ends(triton):
    body = "\n".join(f"    {line}" if line else "" for line in KERNEL.format(body="    x = tl.«tanhh»(x)").split("\n"))
    text, place = marked(HEAD + "def make():" + body)
    for ends in (text, text.replace("\n", "\r\n")):
        outcome = await triton.run(snapshot(ends), project())
        assert [_place(item) for item in outcome.findings] == [place]


async def test_the_kernels_without_a_fault_are_judged_beside_a_faulty_one(triton):
    text = HEAD + KERNEL.format(body="    x = nowhere") + KERNEL.replace("kernel", "other").format(body="")
    outcome = await triton.run(snapshot(text), project())
    assert (outcome.status, len(outcome.findings), outcome.judged) == (Status.FINDINGS, 1, True)
