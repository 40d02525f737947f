"""Where vLLM is looked for, and what an environment says of itself."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from signoff.completion.serve import environment
from signoff.completion.serve.weights import ServeError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="vLLM does not run on Windows")


def python(folder: Path, answer: str) -> Path:
    """A program that answers any question with a line."""
    folder.mkdir(parents=True, exist_ok=True)
    script = folder / "python3"
    script.write_text(f"#!/bin/sh\necho 'a warning'\necho '{answer}'\n")
    script.chmod(0o755)
    return script


@pytest.fixture(autouse=True)
def nothing_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path / 'path'}:/usr/bin:/bin")
    monkeypatch.setattr(environment, "own_folder", lambda: tmp_path / "own")


async def test_the_script_on_path_names_its_python(tmp_path: Path) -> None:
    made = python(tmp_path / "env", '{"vllm": "0.33.0", "cpu": false, "ray": "2.50"}')
    script = tmp_path / "path" / "vllm"
    script.parent.mkdir()
    script.write_text(f"#!{made}\nimport sys\n")
    script.chmod(0o755)
    assert await environment.find() == environment.Environment(str(made), "0.33.0", False, "2.50")


async def test_the_environment_of_our_advice_is_found(tmp_path: Path) -> None:
    made = python(tmp_path / "own" / "bin", '{"vllm": "0.32.0", "cpu": true, "ray": ""}')
    made.rename(made.with_name("python"))
    assert (await environment.find(cpu=True)).cpu
    assert str(tmp_path / "own") in environment.advice(cpu=True)


@pytest.mark.parametrize(
    "first", ["", "#!/bin/sh", "#!/nonexistent/python", "\x7fELF\x00\x00", "#!/usr/bin/env python"]
)
async def test_a_script_that_names_no_python_is_passed_over(tmp_path: Path, first: str) -> None:
    script = tmp_path / "path" / "vllm"
    script.parent.mkdir()
    script.write_text(first + "\n")
    script.chmod(0o755)
    with pytest.raises(ServeError, match="pip install vllm"):
        await environment.find()


@pytest.mark.parametrize("answer", ["", "no json", "[1]", '{"python": 3}'])
async def test_a_python_that_answers_nonsense_is_said(tmp_path: Path, answer: str) -> None:
    made = python(tmp_path / "env", answer)
    with pytest.raises(ServeError, match="no Python that runs"):
        await environment.probe(str(made))


async def test_an_environment_without_vllm_says_so() -> None:
    with pytest.raises(ServeError, match="has no vLLM"):
        await environment.probe(sys.executable)
