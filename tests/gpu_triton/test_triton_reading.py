"""The parts that need no Triton: what is read of a module, with which types and constants its kernels are compiled."""

from __future__ import annotations

import ast

import pytest
from triton_helpers import HEAD

from signoff.verifiers.gpu.triton import triton_messages, triton_parse, triton_values
from signoff.verifiers.gpu.triton.triton_calls import sites
from signoff.verifiers.gpu.triton.triton_data import Source
from signoff.verifiers.gpu.triton.triton_extract import Constexpr, Dtype, read
from signoff.verifiers.gpu.triton.triton_findings import concerned
from signoff.verifiers.gpu.triton.triton_subject import Skipped, Subject


def test_a_file_without_kernels_costs_nothing():
    assert concerned(HEAD + "@triton.jit\ndef f(): ...")
    assert concerned("from triton import jit\n@jit\ndef f(): ...")
    assert not concerned("import numpy\n" * 1000)
    assert not concerned("import triton\n# see jit\n")


def test_half_typed_text_costs_only_its_own_statement():
    text = (
        HEAD
        + "@triton.jit\ndef a(x):\n    tl.store(x, 1)\n\ndef broken(:\n    pass\n\n@triton.jit\ndef b(x):\n    pass\n"
    )
    module = read("/w/k.py", text)
    assert [(item.name, item.node.lineno) for item in module.functions] == [("a", 7), ("b", 14)]
    assert [(item.line, item.start) for item in module.broken] == [(9, 9)]


@pytest.mark.parametrize(
    "text",
    (
        "(" * 5000,
        '"""',
        "\x00",
        "def f(:\n" * 200,
        "@",
        "@triton.jit\n",
        "x = 'ü\n",
        "\ufeffimport triton\n",
        "if 1:\n\tx\n        y",
    ),
)
def test_no_text_is_too_odd_to_be_read(text):
    read("/w/k.py", text)
    read("/w/k.py", HEAD + text + "\n@triton.jit\ndef f(x): pass\n")


@pytest.mark.parametrize(
    ("text", "value"),
    (
        ("2 * (3 + 4) // 2", 7),
        ("1 << 10", 1024),
        ("triton.cdiv(1000, 128)", 8),
        ("triton.next_power_of_2(1000)", 1024),
        ("max(16, min(64, 32))", 32),
        ("[i * 2 for i in range(3) if i]", [2, 4]),
        ("{'A': 1}['A']", 1),
        ("float('inf')", float("inf")),
        ("1 if N > 3 else 2", 1),
        ("not (True and False)", True),
        ("N ** 2", 16),
    ),
)
def test_values_of_expressions(text, value):
    assert triton_values.evaluate(ast.parse(text, mode="eval").body, {"N": 4}) == value


@pytest.mark.parametrize(
    "text",
    (
        "9 ** 9 ** 9",
        "1 << 10 ** 9",
        "'x' * 10 ** 9",
        "[0] * 10 ** 9",
        "unknown",
        "f(1)",
        "open('x')",
        "1 / 0",
        "range(10 ** 12)",
    ),
)
def test_values_that_stay_unknown(text):
    with pytest.raises(triton_values.Unknown):
        triton_values.evaluate(ast.parse(text, mode="eval").body, {})


def test_constants_of_a_module():
    module = read("/w/k.py", HEAD + "A = 4\nB = tl.constexpr(A * 2)\nC = tl.float16\nD = input()\nfor E in (): pass\n")
    assert module.constants == {"A": 4, "B": Constexpr(8), "C": Dtype("float16")}
    assert {"D", "E", "triton", "tl", "torch"} <= module.bound


def test_launches_and_their_arguments():
    module = read(
        "/w/k.py",
        HEAD + "@triton.jit\ndef k(x): pass\n\ndef go(x):\n    if x:\n        k[(1,)](x, *a, y=1, **b)\n    k[1](x)\n",
    )
    first, second = sites(module)
    assert (first.conditional, first.open, second.conditional, second.open) == (True, True, False, False)


KERNEL = """
{above}@triton.jit
def kernel({parameters}):
    offs = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    x = tl.load(x_ptr + offs * stride, mask=offs < n)
    tl.store(y_ptr + offs, x * scale)


def launch(x: torch.Tensor, n: int, scale: float):
    y = torch.empty(n, dtype=torch.float16)
    {launch}
"""
PARAMETERS = "x_ptr, y_ptr, n, stride, scale, BLOCK: tl.constexpr"


def variants(launch: str, parameters: str = PARAMETERS, above: str = ""):
    text = HEAD + KERNEL.format(above=above, parameters=parameters, launch=launch)
    subject = Subject(Source("/w/k.py", text, "/w"))
    ((function, use),) = subject.roots()
    return subject.variants(function, use)


def test_types_from_a_launch():
    (one,) = variants("kernel[(1,)](x, y, n, 1, scale, BLOCK=1024, num_warps=8)")
    assert one.types == {
        "x_ptr": "*fp32", "y_ptr": "*fp16", "n": "i32", "stride": "constexpr", "scale": "fp32", "BLOCK": "constexpr",
    }  # fmt: skip
    assert one.constants == {"stride": 1, "BLOCK": 1024}
    assert one.options == {"num_warps": 8}
    assert (one.guessed_types, one.guessed_values) == ({"x_ptr"}, frozenset())


def test_literals_are_what_the_runtime_makes_of_them():
    (one,) = variants("kernel[(1,)](x, y, 1 << 40, 24, 2.5, BLOCK=1024)")
    assert (one.types["n"], one.types["stride"], one.types["scale"]) == ("i64", "i32", "fp32")
    assert one.odd == {"stride"}
    (one,) = variants("kernel[(1,)](x, None, True, 32, 2, BLOCK=1024)")
    assert one.constants["y_ptr"] is None
    assert (one.types["n"], one.odd) == ("i1", {"scale"})


def test_values_from_names_of_the_launching_function():
    (one,) = variants(
        "size = 256 * 2\n    half = y.to(torch.bfloat16)\n    kernel[(1,)](half, y, n, 2, scale, BLOCK=size)"
    )
    assert (one.constants["BLOCK"], one.types["x_ptr"]) == (512, "*bf16")
    (one,) = variants("size = 256\n    size = n\n    kernel[(1,)](x, y, n, 2, scale, BLOCK=size)")
    assert one.guessed_values == {"BLOCK"}


def test_annotations_and_comments():
    parameters = 'x_ptr: "*i8", y_ptr, n: tl.int64, stride: tl.constexpr, scale, BLOCK: tl.constexpr = 64'
    (one,) = variants("pass", parameters, "# signoff: y_ptr: *bf16, stride: 2\n# signoff: scale: fp32\n")
    assert one.types == {
        "x_ptr": "*i8", "y_ptr": "*bf16", "n": "i64", "stride": "constexpr", "scale": "fp32", "BLOCK": "constexpr",
    }  # fmt: skip
    assert one.constants == {"stride": 2, "BLOCK": 64}
    assert not one.guessed_types and not one.guessed_values


def test_configurations():
    above = (
        "@triton.autotune([triton.Config({'BLOCK': b}, num_warps=w) for b in (64, 128) for w in (4, 8)], key=['n'])\n"
        "@triton.heuristics({'stride': lambda args: args['BLOCK'] // 2})\n"
    )
    parameters = PARAMETERS.replace("stride", "stride: tl.constexpr")
    (one,) = variants("kernel[(1,)](x, y, n, scale=scale)", parameters, above)
    assert (one.constants["BLOCK"], one.constants["stride"], one.options) == (64, 32, {"num_warps": 4})


def test_what_is_told_by_use_is_a_guess():
    (one,) = variants("pass")
    assert (one.types["x_ptr"], one.types["y_ptr"], one.types["n"], one.types["scale"]) == (
        "*fp32",
        "*fp32",
        "i32",
        "fp32",
    )
    assert one.guessed_types == {"x_ptr", "y_ptr", "n", "stride", "scale"}
    assert one.guessed_values == {"BLOCK"}


def test_a_function_handed_in_cannot_be_guessed():
    text = HEAD + "@triton.jit\ndef kernel(x_ptr, F: tl.constexpr):\n    tl.store(x_ptr, F(1))\n"
    subject = Subject(Source("/w/k.py", text, "/w"))
    ((function, use),) = subject.roots()
    with pytest.raises(Skipped, match="F is a function"):
        subject.variants(function, use)


@pytest.mark.parametrize(
    ("kind", "message", "code", "shown"),
    (
        ("NameError", "x is not defined", "TritonName", "x is not defined"),
        ("NameError", "Cannot access global variable N from within", "TritonGlobal", "N = tl.constexpr(...)"),
        ("AttributeError", "module 'triton.language' has no attribute 'f'", "TritonAttribute", "tl has no f"),
        ("TypeError", "load() got an unexpected keyword argument 'm'", "TritonArgument", "'m'"),
        ("TypeError", "f() missing 1 required positional argument: 'y'", "TritonArgument", "'y'"),
        ("AssertionError", "Loop-carried variable x has", "TritonType", "Loop-carried"),
        ("UnsupportedLanguageConstruct", "unsupported AST node type: Try", "TritonUnsupported", "try/except"),
        ("CompileTimeAssertionFailure", "odd", "TritonAssertion", "static_assert fails: odd"),
        ("SystemError", "boom", "", "boom"),
    ),
)
def test_messages_and_codes(kind, message, code, shown):
    assert triton_messages.code(kind, message) == code
    assert shown.lower() in triton_messages.text(kind, message).lower()


def test_lines_are_those_of_python():
    assert triton_parse.lines("a\x0cb\r\nc\rd\ne") == ["a\x0cb\r\n", "c\r", "d\n", "e"]
