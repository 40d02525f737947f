"""torch's extension builder on demand. The real one takes minutes: here a module of that name stands in for it."""

from __future__ import annotations

import json
import sys
import venv
from pathlib import Path

import pytest

from signoff.verifiers.finding import Outcome, Status
from signoff.verifiers.gpu.compile.toolkit import Toolkit
from signoff.verifiers.gpu.strings import torch_build
from signoff.verifiers.gpu.strings.torch_sources import inlines
from signoff.verifiers.project import Project
from signoff.verifiers.settings import TritonSettings, VerifierSettings
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import LineIndex

TEXT = '''from torch.utils.cpp_extension import load_inline
CUDA = r"""
__global__ void k(float *x) {
    x[0] = nope;
}
"""
FLAGS = ["-DN=4"]
m = load_inline("probe", ["void go();"], CUDA, functions=["go"], extra_cuda_cflags=FLAGS)
'''
# Writes what torch writes, says of each text that holds "nope" what nvcc would, and fails as torch does.
FAKE = """
CUDA_HOME = None
def load_inline(name, cpp_sources, cuda_sources, functions=None, build_directory=None, verbose=False, **more):
    import json, os, sys
    said = {"name": name, "cpp": cpp_sources, "functions": functions, "more": more, "toolkit": CUDA_HOME,
            "architectures": os.environ.get("TORCH_CUDA_ARCH_LIST"), "folder": build_directory}
    print("SAID " + json.dumps(said))
    path = os.path.join(build_directory, "cuda.cu")
    text = "\\n".join(["#include <torch/types.h>", "#include <cuda.h>", "#include <cuda_runtime.h>", *cuda_sources])
    open(path, "w").write(text)
    for number, line in enumerate(text.split("\\n"), 1):
        if "nope" in line:
            print(f'{path}({number}): error: identifier "nope" is undefined')
            print(f"  {line}\\n  {' ' * line.index('nope')}^\\n")
        if "unlinked" in line:
            print("/usr/bin/ld: cannot find -lc10_cuda: No such file or directory")
        if "strange" in line:
            raise OSError("the disk is full")
    if "nope" in text or "unlinked" in text:
        raise RuntimeError("Error building extension")
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter with a module torch.utils.cpp_extension of our own."""
    folder = tmp_path_factory.mktemp("interpreter")
    venv.create(folder, symlinks=True)
    (
        package := folder / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages/torch/utils"
    ).mkdir(parents=True)
    (package / "cpp_extension.py").write_text(FAKE, encoding="utf-8")
    return folder / "bin" / "python"


@pytest.fixture(autouse=True)
def no_toolkit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch_build, "toolkit", lambda settings: Toolkit(root="/opt/some-cuda"))


async def built(text: str, python: Path, *, trusted: bool = True) -> Outcome:
    settings = VerifierSettings(triton=TritonSettings(python=str(python)))
    project = Project("/w", trusted=trusted, settings=settings, architectures=("sm_80", "sm_120"))
    return await torch_build.build(Snapshot("file:///w/k.py", "/w/k.py", "python", 1, text), project)


async def test_an_error_is_at_its_place_in_the_file(python: Path) -> None:
    outcome = await built(TEXT, python)
    (finding,) = outcome.findings
    first, last = LineIndex(TEXT).offsets(finding.span)
    assert TEXT[first:last] == "nope" and finding.path == "/w/k.py" and finding.tool == "torch"
    assert outcome.judged and outcome.seconds > 0


async def test_what_builds_is_accepted(python: Path) -> None:
    outcome = await built(TEXT.replace("nope", "1"), python)
    assert outcome.judged and outcome.findings == ()


async def test_a_torch_without_cuda_compiles_and_does_not_link(python: Path) -> None:
    outcome = await built(TEXT.replace("nope", "unlinked"), python)
    assert outcome.ran and not outcome.judged and "without CUDA" in outcome.notice


async def test_another_failure_is_said_with_its_own_words(python: Path) -> None:
    outcome = await built(TEXT.replace("nope", "strange"), python)
    assert outcome.status is Status.CRASHED and "the disk is full" in outcome.message


async def test_torch_is_told_what_the_file_says(python: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outputs: list[str] = []
    kept = torch_build._outcome

    def listen(done: torch_build.Completed, *rest: object) -> Outcome:
        outputs.append(done.stdout.decode())
        return kept(done, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(torch_build, "_outcome", listen)
    await built(TEXT, python)
    said = json.loads(outputs[0].split("SAID ")[1].splitlines()[0])
    assert (said["name"], said["cpp"], said["functions"]) == ("probe", ["void go();"], ["go"])
    assert said["more"] == {"extra_cuda_cflags": ["-DN=4"]} and said["architectures"] == "8.0;12.0"
    assert said["toolkit"] == "/opt/some-cuda"
    assert not Path(said["folder"]).exists(), "nothing stays"  # noqa: ASYNC240


async def test_nothing_is_built_in_a_workspace_that_is_not_trusted(
    python: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: object, **__: object) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr(torch_build, "run", never)
    outcome = await built(TEXT, python, trusted=False)
    assert outcome.status is Status.MISSING and "trusted" in outcome.message


async def test_without_torch_the_way_to_one_is_said(tmp_path: Path) -> None:
    if await torch_build._interpreter(Project(str(tmp_path))):
        pytest.skip("torch is installed beside Signoff")
    outcome = await built(TEXT, tmp_path / "no-python")
    assert outcome.status is Status.MISSING and "triton.python" in outcome.message


async def test_arguments_that_cannot_be_followed_are_said(python: Path) -> None:
    outcome = await built(TEXT.replace('["go"]', "names()"), python)
    assert not outcome.judged and "line 8" in outcome.notice


def test_calls_are_read() -> None:
    (known,) = inlines(TEXT).known
    assert known.cpp.text == "void go();" and known.words["extra_cuda_cflags"] == ["-DN=4"]
    assert inlines(TEXT.replace("CUDA, ", "CUDA % 3, ")).unknown == (7,)
    assert inlines("x = 1") == inlines("__global__ load_inline(")
