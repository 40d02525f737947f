"""Triton as a verifier: whose Triton is used, and an outcome for everything that can go wrong."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from triton_helpers import HEAD, needs_triton, project, snapshot

from signoff.verifiers.finding import Status
from signoff.verifiers.gpu.triton import triton_python
from signoff.verifiers.gpu.triton.triton import Triton
from signoff.verifiers.gpu.triton.triton_resources import TritonResources
from signoff.verifiers.run import Completed
from signoff.verifiers.settings import VerifierSettings
from signoff.verifiers.verifier import Speed, Verifier
from signoff.verifiers.workers import WorkerPool

FAULTY = HEAD + "@triton.jit\ndef kernel(x_ptr):\n    tl.store(x_ptr, nowhere)\n"
# Triton unrolls this for as long as it is let.
ENDLESS = HEAD + (
    "@triton.jit\ndef kernel(x_ptr):\n    for i in tl.static_range(100000000):\n        tl.store(x_ptr + i, i)\n"
)


@pytest.fixture
async def pool():
    pool = WorkerPool()
    yield pool
    await pool.close()


@pytest.fixture
def no_triton(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(triton_python, "_own", triton_python.Interpreter)
    monkeypatch.setattr(triton_python, "_asked", {})


async def test_they_are_verifiers(pool):
    front: Verifier = Triton(pool)
    back: Verifier = TritonResources(pool)
    assert (front.name, front.speed, back.name, back.speed) == ("triton", Speed.QUICK, "triton resources", Speed.DEEP)
    assert front.languages == back.languages == {"python"}


async def test_a_file_without_kernels_starts_no_process(pool):
    text = "import numpy\n" * 20_000
    start = time.perf_counter()
    outcome = await Triton(pool).run(snapshot(text), project())
    assert time.perf_counter() - start < 0.05
    assert outcome.judged and not outcome.findings
    assert (await TritonResources(pool).run(snapshot(text), project())).judged
    assert pool.pids() == []


async def test_switched_off_is_said(pool):
    for verifier in (Triton(pool), TritonResources(pool)):
        outcome = await verifier.run(snapshot(FAULTY), project(enabled=False))
        assert (outcome.status, outcome.message) == (Status.MISSING, "switched off in the settings (triton.enabled)")


async def test_without_triton_it_is_said_how_to_get_it(pool, no_triton):
    assert "pip install triton" in Triton(pool).available(VerifierSettings()).reason
    for verifier in (Triton(pool), TritonResources(pool)):
        outcome = await verifier.run(snapshot(FAULTY), project())
        assert outcome.status is Status.MISSING and "pip install triton" in outcome.message


@pytest.mark.parametrize(
    ("python", "why"), (("/nowhere/python", "cannot be started"), ("/bin/sh", "no working Python"))
)
def test_a_setting_that_names_no_python(no_triton, python, why):
    settings = VerifierSettings(triton=replace(VerifierSettings().triton, python=python))
    found = triton_python.interpreter(settings)
    assert not found.version and why in found.reason and "pip install" in found.reason


def environment(root: Path, name: str = ".venv") -> Path:
    packages = root / name / "lib" / "python3.11" / "site-packages" / "triton"
    packages.mkdir(parents=True)
    (packages / "__init__.py").write_text("")
    python = root / name / "bin" / "python"
    python.parent.mkdir()
    python.write_text(f"#!/bin/sh\ntouch {root}/ran\nprintf '3.6.1\\n/there/triton/__init__.py\\nTrue\\n'\n")
    python.chmod(0o755)
    return python


def test_the_environment_of_a_workspace_counts_once_it_is_trusted(no_triton, tmp_path: Path):
    python = environment(tmp_path)
    found = triton_python.interpreter(VerifierSettings(), project(str(tmp_path)))
    assert not found.version and not (tmp_path / "ran").exists()
    found = triton_python.interpreter(VerifierSettings(), replace(project(str(tmp_path)), trusted=True))
    assert (found.python, found.version) == (str(python), "3.6.1")


def test_an_old_python_is_told(no_triton, monkeypatch: pytest.MonkeyPatch):
    said = Completed(0, b"3.4.0\n/there\nFalse\n", b"", False, 0.0)
    monkeypatch.setattr(triton_python, "run_blocking", lambda *arguments, **more: said)
    assert triton_python.ask("/old/python").reason == "is older than Python 3.10"


def test_an_old_triton_is_told(no_triton, monkeypatch: pytest.MonkeyPatch):
    said = Completed(0, b"3.4.0\n/there\nTrue\n", b"", False, 0.0)
    monkeypatch.setattr(triton_python, "run_blocking", lambda *arguments, **more: said)
    assert triton_python.ask("/python").reason == "has Triton 3.4.0, and 3.5 or newer is needed"


@pytest.mark.tool
@needs_triton
async def test_another_interpreter_works_as_our_own(pool, tmp_path: Path):
    settings = replace(project().settings.triton, python=sys.executable)
    place = replace(project(), settings=VerifierSettings(triton=settings))
    outcome = await Triton(pool).run(snapshot(FAULTY), place)
    assert [item.code for item in outcome.findings] == ["TritonName"], outcome.message
    again = await Triton(pool).run(snapshot(FAULTY), project())
    assert again.findings == outcome.findings
    assert len(pool.pids()) == 2


@pytest.mark.tool
@needs_triton
async def test_the_engine_needs_nothing_that_only_we_have():
    """It and what it imports run in a Python of the user's, where of signoff only the verifiers' folder is there."""
    from signoff.verifiers.run import run

    code = (
        "import sys, signoff.verifiers.gpu.triton.triton_engine as e\n"
        "print(*sorted(n for n in sys.modules if n.startswith('signoff.verifiers') and 'triton' not in n))"
    )
    done = await run((sys.executable, "-c", code), cwd="/", timeout=60)
    assert done.stdout.split() == [b"signoff.verifiers", b"signoff.verifiers.gpu"], done.stderr


@pytest.mark.tool
@needs_triton
async def test_an_endless_kernel_is_ended(pool):
    outcome = await Triton(pool).run(snapshot(ENDLESS), project(timeout=3.0))
    assert outcome.status is Status.TIMED_OUT and "3 s" in outcome.message
    assert (await Triton(pool).run(snapshot(FAULTY), project())).findings


@pytest.mark.tool
@needs_triton
async def test_half_typed_text_is_looked_at_as_far_as_it_goes(pool):
    text = FAULTY + "\n\ndef launch(x:\n    kernel[\n"
    outcome = await Triton(pool).run(snapshot(text), project())
    assert [item.code for item in outcome.findings] == ["TritonName"]
    assert not outcome.complete and "line 12 is no Python" in outcome.message


def everything(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*")]


@pytest.mark.tool
@needs_triton
async def test_nothing_is_left_in_the_home_folder_or_the_workspace(
    pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    text = HEAD + "@triton.jit\ndef kernel(x_ptr):\n    tl.store(x_ptr + tl.arange(0, 128), 1.0)\n"
    await Triton(pool).run(snapshot(text), project(str(tmp_path)))
    outcome = await TritonResources(pool).run(snapshot(text), project(str(tmp_path)))
    assert outcome.facts["kernels"]
    assert everything(tmp_path) == ["home"]
