"""What a kernel reaches for is refused before, and while, Triton interprets it: no text of a file is ever run."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from triton_helpers import HEAD, needs_triton, project, snapshot

from signoff.verifiers.gpu.triton import triton_guard
from signoff.verifiers.gpu.triton.triton import Triton
from signoff.verifiers.gpu.triton.triton_resources import TritonResources
from signoff.verifiers.workers import WorkerPool

KERNEL = """
@triton.jit
def kernel(x_ptr, n, BLOCK: tl.constexpr = 16{parameter}):
    offs = tl.arange(0, BLOCK)
    {body}
    tl.store(x_ptr + offs, offs)


def launch(x: torch.Tensor):
    kernel[(1,)](x, 5)
"""
# Ways out of Triton's language, each of which runs a command if Triton is let loose on it.
WAYS = (
    "tl.core.os.system({command})",
    "tl.core.builtins.exec({code})",
    "tl.core.inspect.os.system({command})",
    "tl.core.inspect.sys.modules['os'].system({command})",
    "tl.math.core.builtins.__import__('os').system({command})",
    "getattr(tl.core, 'builtins').exec({code})",
    "tl.str_to_ty({layout}, None)",
    "triton.language.core.warn.__globals__['sys'].modules['os'].system({command})",
    "tl.load.__globals__['builtins'].eval({code})",
    "tl.constexpr(tl).value.core.inspect.os.system({command})",
    "triton.runtime.build.subprocess.run(['touch', {file}])",
    "triton.testing.os.system({command})",
    "helper.fn({command})",
    "helper.run({command})",
    "inspect.os.system({command})",
    "pick_module.exec({code})",
    "''.__class__.__mro__[1].__subclasses__()",
    "'{{0.__class__}}'.format(tl)",
    "os.system({command})",
    "eval({code})",
    "pick({command})",
)
HELPERS = """
import os
from triton.language.core import builtins as pick_module
from triton.language.core import inspect
from os import system as pick


@triton.jit
def helper(text):
    return os.system(text)

"""


@pytest.fixture
async def pool():
    pool = WorkerPool()
    yield pool
    await pool.close()


def ways(file: Path):
    code = f"__import__('os').system('touch {file}')"
    words = {"command": f"touch {file}", "code": code, "layout": f"[nvmma_shared_layout, {code}]", "file": str(file)}
    return [way.format(**{name: repr(word) for name, word in words.items()}) for way in WAYS]


def texts(file: Path):
    plain = HEAD + HELPERS + KERNEL.format(parameter="", body="pass")
    before, kernel = plain.rsplit("@triton.jit", 1)
    for code in ways(file):
        yield HEAD + HELPERS + KERNEL.format(parameter="", body=code)
        yield HEAD + HELPERS + KERNEL.format(parameter=f", P: tl.constexpr = {code}", body="pass")
        yield HEAD + HELPERS + KERNEL.format(parameter=f", P: {code} = 1", body="pass")
        yield HEAD + HELPERS + f"VALUE = {code}\n" + KERNEL.format(parameter="", body="x = VALUE")
        yield f"{before}@triton.jit(repr={code})\n{kernel}"
        yield f"{before}@{code}\n@triton.jit{kernel}"
        yield plain.replace("x, 5", f"x, {code}")


@pytest.mark.tool
@needs_triton
async def test_nothing_of_a_file_is_run(pool, tmp_path: Path):
    file = tmp_path / "touched"
    triton, resources = Triton(pool), TritonResources(pool)
    for text in texts(file):
        ast.parse(text)
        await triton.run(snapshot(text), project(str(tmp_path)))
        assert not file.exists(), text
    for way in ways(file)[:4]:
        text = HEAD + HELPERS + KERNEL.format(parameter="", body=way)
        await resources.run(snapshot(text), project(str(tmp_path)))
        assert not file.exists(), text


@pytest.mark.tool
@needs_triton
async def test_a_refused_kernel_is_no_verdict(pool, tmp_path: Path):
    text = HEAD + KERNEL.format(parameter="", body="tl.core.inspect.os.system('true')")
    outcome = await Triton(pool).run(snapshot(text), project(str(tmp_path)))
    assert not outcome.findings and not outcome.complete
    assert "inspect" in outcome.message


@pytest.mark.parametrize(
    "code", ("getattr(x, 'y')", "x.__class__", "''.format(x)", "eval('1')", "helper.fn(1)", "__import__('os')")
)
def test_texts_that_are_refused_unread(code):
    assert triton_guard.refusal(ast.parse(f"def f(x):\n    {code}"))


@pytest.mark.parametrize("code", ("tl.load(x).to(tl.float32)", "x.T", "x[:, None].dtype", "libdevice.tanh(x)"))
def test_texts_that_are_not(code):
    assert not triton_guard.refusal(ast.parse(f"def f(x):\n    {code}"))


class _Language:
    """Stands in for triton.language where Triton is not installed."""

    class constexpr:
        def __init__(self, value: object) -> None:
            self.value = value


class _Generator:
    def visit_Attribute(self, node: object) -> None: ...
    def call_Function(self, *arguments: object) -> None: ...


def test_the_guard_sees_through_constexpr():
    guard = triton_guard.Guard(_Generator, _Language, (), _Language)
    with pytest.raises(triton_guard.Refused):
        guard.check_attribute(_Language.constexpr(_Language.constexpr(ast)), "parse")
    with pytest.raises(triton_guard.Refused):
        guard.check_call(_Language.constexpr(exec))
    guard.check_attribute("text", "upper")
