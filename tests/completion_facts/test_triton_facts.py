from __future__ import annotations

import os
from pathlib import Path

import pytest
from facts_samples import far, near
from hypothesis import given, settings
from hypothesis import strategies as st

from signoff.completion.context import hole_at
from signoff.completion.facts.python_cursor import at, definitions
from signoff.completion.facts.questions import TritonQuestion
from signoff.completion.facts.triton import TritonFacts
from signoff.completion.facts.triton_api import signatures
from signoff.completion.facts.triton_engine import TritonFactsEngine
from signoff.completion.passage import Passage
from signoff.verifiers.gpu.triton.triton_data import Source
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import LineIndex
from signoff.verifiers.workers import WorkerPool

HELPERS = '''import triton
import triton.language as tl

@triton.jit
def blend(x, weight, EVEN: tl.constexpr = True):
    """Doc."""
    return x * weight

@triton.autotune(configs=[triton.Config({"BLOCK": 64, "STAGES": 2}, num_warps=4)], key=["n"])
@triton.jit
def tuned(x_ptr, n, BLOCK: tl.constexpr, STAGES: tl.constexpr):
    pass

def grid_of(n: int, *, block: int = 64) -> tuple[int]:
    return (n,)
'''
MAIN = """import torch
import triton
import triton.language as tl
from kernels.helpers import blend, tuned
from kernels import helpers as h

@triton.jit
def scale(x_ptr, out_ptr, n, BLOCK: tl.constexpr):
    pid = tl.program_id(0)
    %s

def run(x):
    n = x.numel()
    scale[(triton.cdiv(n, 64),)](x, x, n, BLOCK=64)
    %s
    return x
"""
# As the package lays it out; what is installed need not be there.
CORE = """
@builtin
def load(pointer, mask=None, other=None, *, cache_modifier="", _semantic=None):
    pass
@builtin
def program_id(axis, _semantic=None):
    pass
@builtin
def load_tensor(desc, _semantic=None, _generator=None):
    pass
def _hidden(): pass
"""


def workspace(folder: Path) -> str:
    package = folder / "kernels"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "helpers.py").write_text(HELPERS)
    language = folder / "site" / "triton" / "language"
    language.mkdir(parents=True)
    (language / "core.py").write_text(CORE)
    (folder / "site" / "triton" / "__init__.py").write_text("def cdiv(x: int, y: int):\n    pass\n")
    return str(folder / "site" / "triton")


def asked(folder: Path, text: str, engine: TritonFactsEngine | None = None) -> tuple[Passage, ...]:
    triton = str(folder / "site" / "triton") if (folder / "site").exists() else workspace(folder)
    engine = engine or TritonFactsEngine()
    prefix, _, suffix = text.partition("@@")
    question = TritonQuestion(Source(str(folder / "main.py"), prefix + suffix, str(folder)), prefix, suffix, triton)
    found = engine.passages(question)
    if found is None:
        engine.prepare(question)
        found = engine.passages(question)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("kernel", "host", "told"),
    [
        ("x = tl.load(@@", "", "tl.load(pointer, mask=None, other=None, *, cache_modifier='')"),
        ("y = blend(x, @@", "", "@triton.jit\ndef blend(x, weight, EVEN: tl.constexpr=True): ..."),
        ("y = h.blend(x, @@", "", "@triton.jit\ndef blend(x, weight, EVEN: tl.constexpr=True): ..."),
        ("", "tuned[(1,)](x, @@", "BLOCK: tl.constexpr, STAGES: tl.constexpr): ...  # tuned: BLOCK, STAGES"),
        ("", "g = h.grid_of(@@", "def grid_of(n: int, *, block: int=64): ..."),
        ("", "scale[lambda meta: (triton.cdiv(@@", "triton.cdiv(x: int, y: int)"),
        ("x = tl.load_t@@", "", "tl.load_tensor(desc)"),
    ],
)  # fmt: skip
def test_a_call_needs_its_signature(tmp_path: Path, kernel: str, host: str, told: str) -> None:
    assert told in near(asked(tmp_path, MAIN % (kernel, host)))


def test_a_kernel_being_written_gets_its_launch_and_what_it_uses(tmp_path: Path) -> None:
    found = asked(tmp_path, MAIN % ("x = blend(pid, 2)\n    @@", ""))
    assert "scale[(triton.cdiv(n, 64),)](x, x, n, BLOCK=64)" in far(found)
    assert "def blend(" in far(found) and "tl.program_id(axis)" in far(found)


def test_a_function_of_the_document_is_known_elsewhere_in_it(tmp_path: Path) -> None:
    found = asked(tmp_path, MAIN % ("", "scale[(1,)](@@"))
    assert "def scale(x_ptr, out_ptr, n, BLOCK: tl.constexpr): ..." in near(found)


@pytest.mark.parametrize("broken", ["x = tl.load(pid + (", "if pid:", 'text = """', "x = blend(pid,"])
def test_half_typed_code_costs_only_its_own_definition(tmp_path: Path, broken: str) -> None:
    found = asked(tmp_path, MAIN % (f"y = blend(pid, 1)\n    {broken}@@", ""))
    assert "def blend(" in far(found)


def test_a_keystroke_inside_a_name_leaves_the_bytes(tmp_path: Path) -> None:
    engine = TritonFactsEngine()
    texts = [MAIN % (f"x = blend(pid, {name}@@)", "") for name in ("a", "ab", "abc")]
    found = [asked(tmp_path, text, engine) for text in texts]
    assert found[0] == found[1] == found[2]


def test_a_changed_module_is_read_again(tmp_path: Path) -> None:
    engine = TritonFactsEngine()
    asked(tmp_path, MAIN % ("blend(@@", ""), engine)
    helpers = tmp_path / "kernels" / "helpers.py"
    helpers.write_text(HELPERS.replace("weight, EVEN", "amount, EVEN"))
    os.utime(helpers, ns=(1, 1))
    assert "amount" in near(asked(tmp_path, MAIN % ("blend(@@", ""), engine))


@pytest.mark.parametrize("text", ["@@", "import triton\n@@", "@@\r\nimport triton\r\n", "x = '😀'; @@", ")]}@@"])
def test_any_document_has_an_answer(tmp_path: Path, text: str) -> None:
    asked(tmp_path, text)


async def test_only_documents_with_triton_are_looked_at(tmp_path: Path) -> None:
    pool, project = WorkerPool(), Project(str(tmp_path))
    source = TritonFacts(pool)
    try:
        for text, there in (("import os\nx = 1\n", False), (MAIN % ("blend(", ""), True)):
            workspace(tmp_path) if there else None
            snapshot = Snapshot("file:///main.py", str(tmp_path / "main.py"), "python", 1, text)
            hole = hole_at(snapshot, *LineIndex(text).position(text.find("blend(") + 6 if there else len(text)))
            assert hole is not None
            assert await source.gather(snapshot, project, hole) == ()
            await source.settled()
            assert bool(await source.gather(snapshot, project, hole)) is there
    finally:
        await pool.close()


def test_hidden_parameters_stay_hidden(tmp_path: Path) -> None:
    found = signatures(workspace(tmp_path))
    assert found["triton.language.load_tensor"] == "(desc)"
    assert "triton.language._hidden" not in found


def test_definitions_with_their_decorators() -> None:
    found = list(definitions(HELPERS))
    assert [one.partition("\n")[0].partition("(")[0] for one in found] == [
        "@triton.jit",
        "@triton.autotune",
        "def grid_of",
    ]


@given(st.text(alphabet="ab(){}[]:,.=@#\"'\n \tdefclass😀", max_size=200), st.text(alphabet="ab():\n ", max_size=60))
@settings(max_examples=200, deadline=None)
def test_no_text_breaks_it(prefix: str, suffix: str) -> None:
    found = at(prefix, suffix)
    assert 0 <= found.start <= len(prefix) <= found.end <= len(prefix) + len(suffix)
