"""The launch checks' case files as real programs: compiled with nvcc, run with every launch's answer written down."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from signoff.verifiers.gpu.compile.toolkit import Toolkit, toolkit
from signoff.verifiers.settings import VerifierSettings
from signoff.verifiers.snapshot import Snapshot

CASES = Path(__file__).resolve().parent.parent / "gpu_launch" / "cases"
LOG = Path(__file__).with_name("launch_log.cpp")
MARK = re.compile(r"^// (defines|architectures): (.+)$", re.MULTILINE)
ANSWER = re.compile(r"^launch (\w+)$", re.MULTILINE)
# What the runtime calls a launch that the hardware cannot take (driver_types.h of CUDA 13).
REFUSED = frozenset(
    {
        "cudaErrorInvalidConfiguration",
        "cudaErrorInvalidValue",
        "cudaErrorLaunchOutOfResources",
        "cudaErrorCooperativeLaunchTooLarge",
        "cudaErrorInvalidClusterSize",
    }
)


@dataclass(frozen=True, slots=True)
class Ran:
    """How a program ended and, in order, how the runtime answered its launches."""

    status: int
    answers: tuple[str, ...]
    said: str


def cases(kind: str) -> list[Path]:
    """The case files that are whole programs, "illegal" or "legal"."""
    return sorted(path for path in (CASES / kind).glob("*.cu") if "int main" in path.read_text(encoding="utf-8"))


def marks(path: Path) -> dict[str, tuple[str, ...]]:
    """What a case says of itself: its `defines` and the `architectures` that it is for."""
    return {key: tuple(value.split()) for key, value in MARK.findall(path.read_text(encoding="utf-8"))}


def snapshot(path: Path) -> Snapshot:
    """A case file as a document."""
    return Snapshot(path.as_uri(), str(path), "cuda-cpp", 0, path.read_text(encoding="utf-8"))


def runtime(tools: Toolkit) -> Path | None:
    """The shared runtime library of a toolkit: launches of a static one cannot be watched."""
    folders = (Path(tools.root) / name for name in ("lib", "lib64", "targets/x86_64-linux/lib"))
    return next((found for folder in folders for found in sorted(folder.glob("libcudart.so*"))), None)


def build(path: Path, architecture: str, folder: Path) -> Path:
    """The program of a case file. Raises CalledProcessError where nvcc refuses it."""
    tools = toolkit(VerifierSettings())
    library = runtime(tools)
    assert library is not None
    program = folder / path.stem
    defines = [f"-D{name}" for name in marks(path).get("defines", ())]
    link = ["-cudart", "none", f"-L{library.parent}", f"-l:{library.name}", "-Xlinker", f"-rpath,{library.parent}"]
    driver = ["-lcuda"] if "cuLaunch" in path.read_text(encoding="utf-8") else []
    argv = [*tools.nvcc, f"-arch={architecture}", *defines, str(path), "-o", str(program), *link, *driver]
    subprocess.run(argv, check=True, capture_output=True, timeout=300, env={**os.environ, **tools.env})
    return program


def recorder(folder: Path) -> Path:
    """The library that writes launches down, compiled."""
    target = folder / "launch_log.so"
    compiler = shutil.which("g++")
    assert compiler is not None
    headers = [f"-I{name}" for name in toolkit(VerifierSettings()).include_dirs]
    argv = [compiler, "-shared", "-fPIC", *headers, str(LOG), "-o", str(target), "-ldl"]
    subprocess.run(argv, check=True, capture_output=True, timeout=120)
    return target


def run(program: Path, log: Path) -> Ran:
    """Run a program to its end."""
    environment = {**os.environ, "LD_PRELOAD": str(log)}
    done = subprocess.run([str(program)], capture_output=True, text=True, env=environment, timeout=120, check=False)
    return Ran(done.returncode, tuple(ANSWER.findall(done.stderr)), done.stderr)
